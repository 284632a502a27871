//! The published decision on one object, put together from the layers.

use std::sync::Arc;

use tributary_model::resolved::{
    ClassMark, Resolved, ResolvedGateway, ResolvedGatewayClass, ResolvedListener,
    ResolvedListenerSet, ResolvedParent,
};
use tributary_model::{Kind, ListenerOwner, Name, ObjectKey, ObjectRef};

use crate::engine::gateway_state::GatewayState;
use crate::engine::merge::Merge;
use crate::rules::notes;
use crate::rules::route::RouteFacts;
use crate::values::facts::{GatewayFacts, MergedOwner, OwnerFacts};

/// The decision on an object; nothing if it is not ours.
pub(crate) fn resolved(merge: &Merge, object: &ObjectRef) -> Option<Arc<Resolved>> {
    let key = &object.key;
    let resolved = match object.kind {
        Kind::GatewayClass => {
            let class = merge.facts.classes.get(&key.name)?;
            Resolved::GatewayClass(ResolvedGatewayClass {
                key: key.clone(),
                generation: class.generation,
                controller_name: class.controller_name.clone(),
                invalid_parameters: class.parameters.as_ref().err().cloned(),
                problems: class.problems.clone(),
                mark: mark(merge, key)?,
                left_alone: merge
                    .store
                    .other_controller(&class.controller_name)
                    .is_some(),
            })
        }
        Kind::Gateway => {
            let gateway = merge.facts.gateways.get(key)?;
            let owner = ListenerOwner::gateway(key.clone());
            let facts = merge.facts.owners.get(&owner)?;
            Resolved::Gateway(ResolvedGateway {
                key: key.clone(),
                generation: facts.generation,
                kind: gateway.kind,
                acceptance: gateway.acceptance.clone(),
                problems: gateway_problems(merge, key, gateway),
                listeners: listeners(merge, &owner, facts),
                attached_listener_sets: merge
                    .states
                    .get(key)
                    .map(|state| state.attached_sets)
                    .unwrap_or_default(),
            })
        }
        Kind::ListenerSet => {
            let owner = ListenerOwner::listener_set(key.clone());
            let facts = merge.facts.owners.get(&owner)?;
            Resolved::ListenerSet(ResolvedListenerSet {
                key: key.clone(),
                generation: facts.generation,
                gateway: facts.gateway.clone(),
                acceptance: facts.acceptance.clone(),
                listeners: listeners(merge, &owner, facts),
            })
        }
        Kind::HttpRoute | Kind::GrpcRoute | Kind::TcpRoute | Kind::UdpRoute | Kind::TlsRoute => {
            let facts = merge.routes.get(object)?;
            let shadows: Vec<Option<ObjectRef>> = facts
                .parents()
                .iter()
                .map(|parent| shadowed_by(merge, facts, object, parent))
                .collect();
            if shadows.iter().all(Option::is_none) {
                return Some(Arc::clone(&facts.resolved));
            }
            let Resolved::Route(mut route) = Resolved::clone(&facts.resolved) else {
                return None;
            };
            for (parent, shadow) in route.parents.iter_mut().zip(shadows) {
                parent.shadowed_by = shadow;
            }
            Resolved::Route(route)
        }
        Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => return None,
    };
    Some(Arc::new(resolved))
}

/// What is asked for as a whole and not done, as far as that shows without AWS.
fn gateway_problems(merge: &Merge, key: &ObjectKey, gateway: &GatewayFacts) -> Vec<String> {
    let mut problems = gateway.problems.clone();
    // By the thousand, and most Gateways name none of their ports.
    let listeners = || {
        let owners = merge
            .states
            .get(key)
            .into_iter()
            .flat_map(GatewayState::merging);
        let entries = owners.flat_map(|owner| &owner.facts.entries);
        entries.map(|entry| &entry.listener)
    };
    problems.extend(notes::unused(gateway, listeners));
    problems
}

/// What the finalizer of a class should become. It is Gateway API's, and whoever has a Gateway of the class may have put it
/// there: we add it for ours, and remove it when there is none at all. None can be added to one that is being deleted.
fn mark(merge: &Merge, class: &ObjectKey) -> Option<ClassMark> {
    let object = merge.store.class_object(class)?;
    let users = merge.facts.users.get(&class.name);
    let is_ours = users.is_some_and(|users| users.values().any(|is_ours| *is_ours));
    let may_be_used = users.is_some() || merge.unread().contains(&Kind::Gateway);
    Some(
        if is_ours && !object.marked_in_use && !object.meta.deleting {
            ClassMark::Missing
        } else if object.marked_in_use && !may_be_used {
            ClassMark::Obsolete
        } else {
            ClassMark::Stands
        },
    )
}

fn listeners(merge: &Merge, owner: &ListenerOwner, facts: &OwnerFacts) -> Vec<ResolvedListener> {
    let unmerged = MergedOwner::default();
    let merged = merge
        .facts
        .merged
        .get(owner)
        .map_or(&unmerged, |merged| merged.as_ref());
    facts
        .entries
        .iter()
        .zip(&merged.listeners)
        .map(|(entry, merged)| {
            let listener = owner.listener(Name::clone(&entry.listener.name));
            ResolvedListener {
                gateway: facts.gateway.clone(),
                precedence: merged.precedence.clone(),
                port: entry.listener.port,
                protocol: entry.listener.protocol.clone(),
                hostname: entry.listener.hostname.clone(),
                outcome: merged.outcome.clone(),
                supported_kinds: entry.supported_kinds.clone(),
                unresolved_refs: entry.unresolved_refs.clone(),
                unusable_refs: entry.unusable_refs,
                overlapping_tls: merged.overlapping_tls.clone(),
                notes: entry.notes.clone(),
                certificates: entry.certificates.clone(),
                attached_routes: merge.attached.get(&listener).cloned().unwrap_or_default(),
                listener,
            }
        })
        .collect()
}

/// The route that has the traffic, if this one is served on none of the parent's listeners for that reason.
fn shadowed_by(
    merge: &Merge,
    facts: &RouteFacts,
    route: &ObjectRef,
    parent: &ResolvedParent,
) -> Option<ObjectRef> {
    let mut shadow = None;
    let placements = facts
        .contributions
        .iter()
        .map(|(placement, _)| placement)
        .filter(|placement| parent.listeners.contains(&placement.listener));
    for placement in placements {
        let winner = merge
            .states
            .get(&placement.gateway)?
            .shadows
            .get(&placement.port)?
            .get(&(placement.listener.clone(), route.clone()))?;
        shadow.get_or_insert_with(|| winner.clone());
    }
    shadow
}
