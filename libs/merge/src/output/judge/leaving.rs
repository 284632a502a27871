//! A Gateway that is being deleted, while its load balancer cannot be removed: it is in the merge no longer, and
//! whoever waits for it to go should read why it stays.

use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::judgement::{GatewayJudgement, LoadBalancerJudgement};
use tributary_model::report::LoadBalancerPhase;
use tributary_model::resolved::GatewayAcceptance;
use tributary_model::{Kind, ObjectKey, ObjectRef};

use super::Reports;
use crate::engine::merge::Merge;

/// The judgement of a Gateway that is being deleted; nothing while its removal meets no obstacle.
pub(super) fn judge_leaving(
    merge: &Merge,
    object: &ObjectRef,
    reports: &Reports,
) -> Option<GatewayJudgement> {
    let meta = merge.store.any(object)?.meta();
    if object.kind != Kind::Gateway || !meta.deleting {
        return None;
    }
    let obstacles = obstacles(&object.key, reports);
    if obstacles.is_empty() {
        return None;
    }
    Some(GatewayJudgement {
        key: object.key.clone(),
        generation: meta.generation,
        acceptance: GatewayAcceptance::Accepted,
        load_balancer: LoadBalancerJudgement::Leaving(obstacles.join("; ")),
        unheard: false,
        problems: Vec::new(),
        addresses: Vec::new(),
        // It has neither any more.
        listeners: Vec::new(),
        attached_listener_sets: 0,
    })
}

/// Of whichever load balancer it had: its class may be gone by now.
fn obstacles(gateway: &ObjectKey, reports: &Reports) -> Vec<String> {
    [LoadBalancerKind::Alb, LoadBalancerKind::Nlb]
        .into_iter()
        .filter_map(|kind| {
            reports.get(&LoadBalancerKey {
                kind,
                gateway: gateway.clone(),
            })
        })
        .filter(|report| report.phase == LoadBalancerPhase::Deleting)
        .flat_map(|report| report.problems.iter().cloned())
        .collect()
}
