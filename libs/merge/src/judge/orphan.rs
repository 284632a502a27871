//! Objects that are not ours any more but still carry what we wrote.
//!
//! What an object once was is no input of the merge, whose answer depends on the objects alone. It is
//! written on the object itself: its present status. So these two functions take it.

use tributary_model::judgement::{ListenerSetJudgement, LoadBalancerJudgement, RouteJudgement};
use tributary_model::resolved::ListenerSetAcceptance;
use tributary_model::status::Status;
use tributary_model::{Kind, ObjectRef};

use crate::class;
use crate::merge::Merge;

/// A ListenerSet that is not in the merge but was judged once: its parent Gateway is gone. Nothing when its
/// parent never was ours, or is another controller's now, which then writes the status.
///
/// A ListenerSet's status names no controller. That somebody judged it shows in `observedGeneration`, which
/// the CRD's default conditions lack; that it was us shows in that nobody else's Gateway is there.
pub fn judge_orphan(
    merge: &Merge,
    object: &ObjectRef,
    current: &Status,
) -> Option<ListenerSetJudgement> {
    if merge.resolved(object).is_some() || parents_are_unread(merge) {
        return None;
    }
    let set = merge.store.listener_set(&object.key)?;
    let parent = set.parent_ref.gateway()?;
    let foreign = merge
        .store
        .gateway_object(parent)
        .is_some_and(|gateway| !merge.facts.classes.contains_key(&gateway.class_name));
    let judged = match current {
        Status::ListenerSet(status) => status.conditions.iter().any(|condition| {
            condition.condition_type == "Accepted" && condition.observed_generation.is_some()
        }),
        Status::GatewayClass(_) | Status::Gateway(_) | Status::Route(_) => false,
    };
    if foreign || !judged {
        return None;
    }
    Some(ListenerSetJudgement {
        key: object.key.clone(),
        generation: set.meta.generation,
        acceptance: ListenerSetAcceptance::ParentGone,
        load_balancer: LoadBalancerJudgement::Pending("the parent Gateway is gone".to_owned()),
        listeners: Vec::new(),
    })
}

/// A parent that is not known may be there all the same: what was written stands.
fn parents_are_unread(merge: &Merge) -> bool {
    [Kind::GatewayClass, Kind::Gateway, Kind::ListenerSet]
        .iter()
        .any(|kind| merge.unread().contains(kind))
}

/// A route without a parent of ours whose status still has entries of our controllers: a judgement with no
/// parents, so that they are taken out.
pub fn judge_orphan_route(
    merge: &Merge,
    object: &ObjectRef,
    current: &Status,
) -> Option<RouteJudgement> {
    if object.kind == Kind::ListenerSet
        || merge.resolved(object).is_some()
        || parents_are_unread(merge)
    {
        return None;
    }
    let route = merge.store.route(object)?;
    let ours = match current {
        Status::Route(status) => status
            .parents
            .iter()
            .any(|parent| class::is_ours(&parent.controller_name)),
        Status::GatewayClass(_) | Status::Gateway(_) | Status::ListenerSet(_) => false,
    };
    ours.then(|| RouteJudgement {
        route: object.clone(),
        generation: route.meta.generation,
        parents: Vec::new(),
    })
}
