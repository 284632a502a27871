//! `view.proto`: what queries answer.

use tributary_model::view::{
    DesiredCounts, Explanation, ListenerView, LoadBalancerView, ObjectView, PrecedenceClass,
    Rejection,
};

use super::ConvertError;
use super::codec::{absent, list, message, one_of, optional, required, same, timestamp};
use crate::types;
use crate::types::precedence::Class;

message!(
    ListenerView = types::ListenerView {
        resolved: required,
        precedence: required,
        load_balancer: required,
        dns_name: same,
        elb_listener: same,
        programmed: optional,
        explanation: required,
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
        gateways: list
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

impl From<&PrecedenceClass> for types::Precedence {
    fn from(value: &PrecedenceClass) -> Self {
        let class = match value {
            PrecedenceClass::Gateway => Class::Gateway(types::GatewayPrecedence {}),
            PrecedenceClass::ListenerSet { created } => {
                Class::ListenerSet(types::ListenerSetPrecedence {
                    created: timestamp::write(created),
                })
            }
        };
        Self { class: Some(class) }
    }
}

impl TryFrom<types::Precedence> for PrecedenceClass {
    type Error = ConvertError;

    fn try_from(message: types::Precedence) -> Result<Self, Self::Error> {
        Ok(match message.class.ok_or_else(absent)? {
            Class::Gateway(types::GatewayPrecedence {}) => Self::Gateway,
            Class::ListenerSet(types::ListenerSetPrecedence { created }) => Self::ListenerSet {
                created: timestamp::read("listener_set.created", created)?,
            },
        })
    }
}
