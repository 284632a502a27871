//! Pods whose readiness gates are to be opened: every target that waits for it is healthy.

use tributary_model::judgement::PodJudgement;
use tributary_model::{ObjectRef, controller};

use super::Reports;
use crate::engine::merge::Merge;
use crate::read::input::{Input, Reading};
use crate::rules::target_groups::gated;

/// Nothing while something is missing, and when nothing is to be opened. A gate is never closed again: whether a target that
/// has served once is healthy is the load balancer's business, and the pod serves others, too.
pub(super) fn judge_pod(
    merge: &Merge,
    object: &ObjectRef,
    reports: &Reports,
) -> Option<PodJudgement> {
    let pod = merge.store.pod(&object.key)?;
    let other = merge.store.other_controller(controller::ALB);
    let gates = pod.gates_to_open(&merge.options.installation, other);
    if gates.is_empty() {
        return None;
    }
    let waiting = gated(pod);
    let mut is_awaited = false;
    for reading in merge.reads.readers(&Input::Object(object.clone())) {
        let Reading::TargetGroup(gateway, id) = reading else {
            continue;
        };
        let key = merge.load_balancer_key(gateway);
        let desired = key.as_ref().and_then(|key| merge.load_balancers().get(key));
        let Some(desired) = desired else { continue };
        let group = desired.target_groups.get(id);
        let waits = group.is_some_and(|group| group.awaited.iter().any(|it| it.pod == waiting));
        if !waits {
            continue;
        }
        is_awaited = true;
        let report = reports.get(&desired.key);
        if !report.is_some_and(|report| report.healthy.contains(&waiting)) {
            return None;
        }
    }
    is_awaited.then(|| PodJudgement {
        key: object.key.clone(),
        generation: pod.meta.generation,
        uid: waiting.uid,
        gates: gates.into_iter().map(str::to_owned).collect(),
    })
}
