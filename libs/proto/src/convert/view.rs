//! `view.proto`: what queries answer.

use tributary_model::view::{
    DesiredCounts, Explanation, ListenerView, LoadBalancerView, ObjectView, Rejection,
};

use super::codec::{list, message, one_of, optional, required, same};
use crate::types;

message!(
    ListenerView = types::ListenerView {
        resolved: required,
        load_balancer: required,
        dns_name: same,
        elb_listener: same,
        programmed: optional,
        explanation: required,
        withheld_routes: same,
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
