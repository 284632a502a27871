//! Objects that are not ours any more but still carry what we wrote.
//!
//! What an object once was is no input of the merge, whose answer depends on the objects alone. It is
//! written on the object itself: its present status, and who wrote that. So these functions take it.

use tributary_model::judgement::{
    GatewayJudgement, Judgement, ListenerSetJudgement, LoadBalancerJudgement, RouteJudgement,
};
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance};
use tributary_model::resource::{Author, CarriedStatus};
use tributary_model::route::{ParentRef, Route};
use tributary_model::status::{RouteParentStatus, Status};
use tributary_model::{Kind, ObjectRef};

use crate::engine::merge::Merge;
use crate::read::reader::Reader;
use crate::rules::attachment;
use crate::values::facts::LeftAlone;

use super::held;

/// The judgement of an object that is not in the merge and carries what we wrote: what that has to become, or that it
/// stays. Nothing when it never was ours, or when its parents cannot be read.
pub fn judge_orphan(
    merge: &Merge,
    object: &ObjectRef,
    carried: &CarriedStatus,
) -> Option<Judgement> {
    if merge.resolved(object).is_some() || parents_are_unread(merge) {
        return None;
    }
    match object.kind {
        Kind::Gateway => gateway(merge, object, carried.author).map(Judgement::Gateway),
        Kind::ListenerSet => {
            listener_set(merge, object, carried.author).map(Judgement::ListenerSet)
        }
        Kind::HttpRoute | Kind::GrpcRoute | Kind::TcpRoute | Kind::UdpRoute | Kind::TlsRoute => {
            route(merge, object, carried).map(Judgement::Route)
        }
        Kind::GatewayClass
        | Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => None,
    }
}

/// A parent that is not known may be there all the same: what was written stands.
fn parents_are_unread(merge: &Merge) -> bool {
    [Kind::GatewayClass, Kind::Gateway, Kind::ListenerSet]
        .iter()
        .any(|kind| merge.unread().contains(kind))
}

/// A Gateway that was ours and whose class is not there. Its load balancer stays, and so does what is written of that.
fn gateway(merge: &Merge, object: &ObjectRef, author: Author) -> Option<GatewayJudgement> {
    let gateway = merge.store.gateway_object(&object.key)?;
    let us = &merge.options.installation;
    let is_held = gateway.holders.iter().any(|holder| holder.is(us));
    let is_theirs = gateway.holders.iter().any(|holder| !holder.is(us));
    let was_ours = (author == Author::Us || is_held) && !is_theirs;
    match merge.facts.left_alone.get(&object.key)? {
        LeftAlone::ClassMissing(class) if was_ours => {
            let acceptance = GatewayAcceptance::ClassMissing(class.to_string());
            held::undecided(merge, &object.key, acceptance)
        }
        LeftAlone::ClassMissing(_) | LeftAlone::Held(_) | LeftAlone::ClassServed { .. } => None,
    }
}

/// A ListenerSet that was judged by us: its parent Gateway is gone, another controller's, or left alone.
fn listener_set(merge: &Merge, object: &ObjectRef, author: Author) -> Option<ListenerSetJudgement> {
    let set = merge.store.listener_set(&object.key)?;
    match author {
        Author::Us => {}
        Author::Other | Author::Unknown => return None,
    }
    let parent = set.parent_ref.gateway();
    let is_left_alone = parent.is_some_and(|gateway| merge.facts.left_alone.contains_key(gateway));
    let (acceptance, load_balancer) = if is_left_alone {
        (
            ListenerSetAcceptance::LeftAlone,
            LoadBalancerJudgement::Unknown,
        )
    } else {
        (
            ListenerSetAcceptance::ParentGone,
            LoadBalancerJudgement::Pending("the parent Gateway is gone".to_owned()),
        )
    };
    Some(ListenerSetJudgement {
        key: object.key.clone(),
        generation: set.meta.generation,
        acceptance,
        load_balancer,
        listeners: Vec::new(),
    })
}

/// A route without a parent of ours whose status still has entries of our controllers: a judgement with no
/// parents, so that they are taken out. An entry says itself whose it is, but for those of parents that are left alone:
/// another program has our `controllerName`s, too. Those stay.
fn route(
    merge: &Merge,
    object: &ObjectRef,
    CarriedStatus { status, author }: &CarriedStatus,
) -> Option<RouteJudgement> {
    let route = merge.store.route(object)?;
    let left_alone = left_alone(merge, route);
    let Status::Route(status) = status else {
        return None;
    };
    let stays = |parent: &RouteParentStatus| {
        left_alone.iter().any(|left_alone| {
            parent
                .parent_ref
                .names_same(left_alone, &object.key.namespace)
        })
    };
    let us = &merge.options.installation;
    let mut ours = status
        .parents
        .iter()
        .filter(|parent| us.has_controller(&parent.controller_name));
    // A status that is ours as a whole is kept by a judgement: a status folder forgets what nobody judges.
    let is_judged = match author {
        Author::Us => ours.next().is_some(),
        Author::Other | Author::Unknown => ours.any(|parent| !stays(parent)),
    };
    is_judged.then(|| RouteJudgement {
        route: object.clone(),
        generation: route.meta.generation,
        installation: us.clone(),
        parents: Vec::new(),
        left_alone,
    })
}

/// Whatever this reads makes the route be judged again when it changes: the route's facts read the same.
fn left_alone(merge: &Merge, route: &Route) -> Vec<ParentRef> {
    let mut reader = Reader::new(&merge.store, &merge.facts);
    route
        .parent_refs
        .iter()
        .filter(|parent_ref| attachment::is_left_alone(&mut reader, route, parent_ref))
        .map(|parent_ref| ParentRef::clone(parent_ref))
        .collect()
}

#[cfg(test)]
mod tests;
