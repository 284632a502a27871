//! What people are told: the merge's decisions joined with reports. What of it who sees one namespace is not told is decided
//! here alone, for every RPC.

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::Arc;

use tributary_merge::Merge;
use tributary_merge::judge::{Reports, programmed};
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::resolved::{ListenerOutcome, Resolved, ResolvedListener};
use tributary_model::view::{ListenerView, Sight};
use tributary_model::{AttachedRoutes, Hostname, Kind, Labels, ListenerRef, ObjectKey, ObjectRef};

use tributary_proto::call::{ListenerFilter, ListenerPlace, ObjectFilter};

pub(crate) fn listener_passes(filter: &ListenerFilter, view: &ListenerView, sight: &Sight) -> bool {
    let ListenerFilter {
        gateway,
        states,
        hostname,
        labels,
        namespace: _,
        owner: _,
    } = filter;
    let ResolvedListener {
        listener,
        gateway: on,
        hostname: declared,
        ..
    } = &view.resolved;
    let declared = declared.as_ref().map_or("", Hostname::as_str);
    owner_passes(filter, listener, sight)
        && gateway.as_ref().is_none_or(|gateway| gateway == on)
        && hostname
            .as_ref()
            .is_none_or(|hostname| hostname == declared)
        && (labels.as_ref()).is_none_or(|selector| selector.selects(&view.labels))
        && (states.is_empty() || states.contains(&view.state().0))
}

/// As far as a listener's name tells, which labels do not: of one that does not pass, nothing is ever told to who asks with this filter.
pub(crate) fn owner_passes(filter: &ListenerFilter, listener: &ListenerRef, sight: &Sight) -> bool {
    let ListenerFilter {
        namespace,
        owner,
        gateway: _,
        states: _,
        hostname: _,
        labels: _,
    } = filter;
    sight.reaches(&listener.owner.key.namespace)
        && namespace
            .as_ref()
            .is_none_or(|namespace| *namespace == listener.owner.key.namespace)
        && owner.as_ref().is_none_or(|owner| *owner == listener.owner)
}

/// The page of a whole list that is in order, and the place behind which the next one begins.
pub(crate) fn page(
    mut listeners: Vec<Arc<ListenerView>>,
    page_size: Option<NonZeroU32>,
    after: Option<&ListenerPlace>,
) -> (Vec<Arc<ListenerView>>, Option<ListenerPlace>) {
    if let Some(after) = after {
        let read = listeners.partition_point(|view| ListenerPlace::of(view) <= *after);
        listeners.drain(..read);
    }
    let size = page_size.map_or(usize::MAX, |size| size.get() as usize);
    if listeners.len() <= size {
        return (listeners, None);
    }
    listeners.truncate(size);
    let next = listeners.last().map(|last| ListenerPlace::of(last));
    (listeners, next)
}

/// But for its labels: see [`has_labels`].
pub(crate) fn object_passes(filter: &ObjectFilter, object: &ObjectRef, sight: &Sight) -> bool {
    let ObjectFilter {
        kind,
        namespace,
        labels: _,
    } = filter;
    sight.reaches(&object.key.namespace)
        && kind.is_none_or(|kind| kind == object.kind)
        && namespace
            .as_ref()
            .is_none_or(|namespace| *namespace == object.key.namespace)
}

pub(crate) fn has_labels(filter: &ObjectFilter, labels: &Labels) -> bool {
    let wanted = filter.labels.as_ref();
    wanted.is_none_or(|selector| selector.selects(labels))
}

/// The listeners of one object, which has these labels; empty unless it is a Gateway of ours or an admitted set.
pub(crate) fn listeners(
    merge: &Merge,
    object: &ObjectRef,
    reports: &Reports,
    labels: &Labels,
) -> Vec<ListenerView> {
    let Some(resolved) = merge.resolved(object) else {
        return Vec::new();
    };
    let listeners = match &**resolved {
        Resolved::Gateway(gateway) => &gateway.listeners,
        Resolved::ListenerSet(set) => &set.listeners,
        Resolved::GatewayClass(_) | Resolved::Route(_) => return Vec::new(),
    };
    listeners
        .iter()
        .filter_map(|listener| view(merge, listener, reports, labels))
        .collect()
}

fn view(
    merge: &Merge,
    resolved: &ResolvedListener,
    reports: &Reports,
    labels: &Labels,
) -> Option<ListenerView> {
    let load_balancer = merge.load_balancer_key(&resolved.gateway)?;
    let reported = reports.listener(&load_balancer, &resolved.listener);
    let object = resolved.listener.owner.object();
    Some(ListenerView {
        dns_name: reports
            .get(&load_balancer)
            .and_then(|report| report.dns_name.clone()),
        elb_listener: reported.and_then(|report| report.elb_listener.clone()),
        programmed: match resolved.outcome {
            ListenerOutcome::Won => programmed(merge, Some(&load_balancer), resolved, reports),
            ListenerOutcome::Conflicted { .. }
            | ListenerOutcome::UnsupportedProtocol
            | ListenerOutcome::Invalid { .. } => None,
        },
        explanation: merge
            .explain(&object, Some(&resolved.listener.name), &Sight::Everything)
            .into_iter()
            .next()
            .unwrap_or_default(),
        resolved: resolved.clone(),
        load_balancer,
        withheld_routes: 0,
        labels: labels.clone(),
    })
}

/// A listener as its owner's namespace may read it: no name of another one, but for the Gateway's, which the owner names
/// itself.
pub(crate) fn apart(merge: &Merge, view: &ListenerView) -> ListenerView {
    let owner = &view.resolved.listener.owner;
    let sight = Sight::Namespace(owner.key.namespace.clone());
    let mut apart = view.clone();
    let resolved = &mut apart.resolved;
    match &mut resolved.outcome {
        ListenerOutcome::Conflicted {
            conflict: _,
            rival,
            // Which is what a status says, too.
            rival_class: _,
        } => rival.take_if(|rival| sight.listener(rival).is_none()),
        ListenerOutcome::Won
        | ListenerOutcome::UnsupportedProtocol
        | ListenerOutcome::Invalid { .. } => None,
    };
    resolved
        .overlapping_tls
        .take_if(|other| sight.listener(other).is_none());
    let routes = &resolved.attached_routes;
    let seen = routes
        .iter()
        .filter(|route| sight.reaches(&route.key.namespace));
    let seen: AttachedRoutes = seen.cloned().collect();
    let withheld = routes.len() - seen.len();
    resolved.attached_routes = seen;
    apart.withheld_routes = u32::try_from(withheld).unwrap_or(u32::MAX);
    apart.explanation = merge
        .explain(&owner.object(), Some(&view.resolved.listener.name), &sight)
        .into_iter()
        .next()
        .unwrap_or_default();
    apart
}

/// The Gateways that an object is about, as a reader may know them: itself, its parent, its parents' Gateways.
pub(crate) fn gateways(merge: &Merge, object: &ObjectRef, sight: &Sight) -> BTreeSet<ObjectKey> {
    let Some(resolved) = merge.resolved(object) else {
        return BTreeSet::new();
    };
    match &**resolved {
        Resolved::GatewayClass(_) => BTreeSet::new(),
        Resolved::Gateway(gateway) => [gateway.key.clone()].into(),
        Resolved::ListenerSet(set) => [set.gateway.clone()].into(),
        Resolved::Route(route) => {
            let namespace = &route.route.key.namespace;
            let parents = route
                .parents
                .iter()
                .map(|parent| &parent.parent_ref)
                .filter(|parent| parent.group == GATEWAY_GROUP);
            parents
                .filter_map(|parent| {
                    let kind = Kind::parse(&parent.kind)?;
                    let key = ObjectKey::new(
                        parent.namespace.as_ref().unwrap_or(namespace).clone(),
                        parent.name.clone(),
                    );
                    match &**merge.resolved(&ObjectRef::new(kind, key))? {
                        Resolved::Gateway(gateway) => Some(gateway.key.clone()),
                        // A route names the set, and only who sees the set knows its parent.
                        Resolved::ListenerSet(set) => sight
                            .reaches(&set.key.namespace)
                            .then(|| set.gateway.clone()),
                        Resolved::GatewayClass(_) | Resolved::Route(_) => None,
                    }
                })
                .collect()
        }
    }
}

#[cfg(test)]
mod tests;
