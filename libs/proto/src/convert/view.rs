//! `view.proto`: what queries answer.

use tributary_model::view::{
    DesiredCounts, Explanation, ListenerState, ListenerView, LoadBalancerView, ObjectView,
    Rejection,
};

use super::ConvertError;
use super::codec::{enumeration, label_map, list, message, one_of, optional, required, same};
use crate::types;

impl From<&ListenerView> for types::ListenerView {
    fn from(view: &ListenerView) -> Self {
        let (state, reason) = view.state();
        let ListenerView {
            resolved,
            load_balancer,
            dns_name,
            elb_listener,
            programmed,
            explanation,
            withheld_routes,
            labels,
        } = view;
        Self {
            resolved: required::write(resolved),
            load_balancer: required::write(load_balancer),
            dns_name: same::write(dns_name),
            elb_listener: same::write(elb_listener),
            programmed: optional::write(programmed),
            explanation: required::write(explanation),
            withheld_routes: same::write(withheld_routes),
            labels: label_map::write(labels),
            state: one_of::write(&state),
            reason,
        }
    }
}

impl TryFrom<types::ListenerView> for ListenerView {
    type Error = ConvertError;

    fn try_from(message: types::ListenerView) -> Result<Self, Self::Error> {
        let types::ListenerView {
            resolved,
            load_balancer,
            dns_name,
            elb_listener,
            programmed,
            explanation,
            withheld_routes,
            labels,
            // They follow from the rest, and are for those who do not know how.
            state: _,
            reason: _,
        } = message;
        Ok(Self {
            resolved: required::read("resolved", resolved)?,
            load_balancer: required::read("load_balancer", load_balancer)?,
            dns_name: same::read("dns_name", dns_name)?,
            elb_listener: same::read("elb_listener", elb_listener)?,
            programmed: optional::read("programmed", programmed)?,
            explanation: required::read("explanation", explanation)?,
            withheld_routes: same::read("withheld_routes", withheld_routes)?,
            labels: label_map::read("labels", labels)?,
        })
    }
}

enumeration!(
    ListenerState = types::ListenerState {
        Programmed,
        Pending,
        Conflicted,
        UnresolvedRefs,
        NotServed,
        NoCertificate,
        TooManyListeners,
        Refused,
        UnsupportedProtocol,
        Invalid,
    }
);
message!(
    Explanation = types::Explanation {
        subject: same,
        decision: same,
        rule: same,
        rival: optional,
        because: same,
        would_change: same,
    }
);
message!(
    ObjectView = types::ObjectView {
        judgement: required,
        gateways: list,
        labels: label_map,
    }
);
message!(
    LoadBalancerView = types::LoadBalancerView {
        key: required,
        desired_generation: same,
        reported_generation: same,
        desired_counts: required,
        phase: one_of,
        report: optional,
    }
);
message!(
    DesiredCounts = types::DesiredCounts {
        listeners: same,
        rules: same,
        certificates: same,
        target_groups: same,
        targets: same,
    }
);
message!(
    Rejection = types::Rejection {
        source: same,
        object: same,
        field: same,
        reason: same,
        last_good_kept: same,
        object_ref: optional,
    }
);
