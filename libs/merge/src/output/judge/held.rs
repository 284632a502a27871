//! A Gateway of one of our classes that is another program's.

use tributary_model::judgement::{GatewayJudgement, LoadBalancerJudgement};
use tributary_model::resolved::GatewayAcceptance;
use tributary_model::{Kind, ObjectKey, ObjectRef};

use crate::engine::merge::Merge;
use crate::values::facts::LeftAlone;

/// That it is left alone, which its owner should read; nothing when it is nobody else's.
pub(super) fn judge_held(merge: &Merge, object: &ObjectRef) -> Option<GatewayJudgement> {
    if object.kind != Kind::Gateway {
        return None;
    }
    let left_alone = merge.facts.left_alone.get(&object.key)?;
    match left_alone {
        LeftAlone::Held(_) => undecided(
            merge,
            &object.key,
            GatewayAcceptance::LeftAlone(left_alone.to_string()),
        ),
        LeftAlone::ClassServed { .. } => undecided(
            merge,
            &object.key,
            GatewayAcceptance::ClassServed(left_alone.to_string()),
        ),
        // Whether that is ours to tell shows in what it carries.
        LeftAlone::ClassMissing(_) => None,
    }
}

/// The judgement of a Gateway of which nothing is decided: all else stays as it was written.
pub(super) fn undecided(
    merge: &Merge,
    gateway: &ObjectKey,
    acceptance: GatewayAcceptance,
) -> Option<GatewayJudgement> {
    Some(GatewayJudgement {
        key: gateway.clone(),
        generation: merge.store.gateway_object(gateway)?.meta.generation,
        acceptance,
        load_balancer: LoadBalancerJudgement::Unknown,
        unheard: false,
        problems: Vec::new(),
        addresses: Vec::new(),
        listeners: Vec::new(),
        attached_listener_sets: 0,
    })
}
