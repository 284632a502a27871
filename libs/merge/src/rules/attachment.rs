//! Which listeners a parentRef reaches (rules route-parents, section-name).

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::key::GATEWAY_GROUP;
use tributary_model::resolved::RouteAcceptance;
use tributary_model::route::{ParentRef, Route};
use tributary_model::{Hostname, Kind, ListenerOwner, ListenerRef, Name, ObjectKey, OwnerKind};

use crate::read::reader::Reader;
use crate::rules::allowed;
use crate::rules::kinds;
use crate::values::facts::{GatewayFacts, ListenerFacts, OwnerFacts};
use crate::values::host_map;

/// One parentRef of ours.
pub(crate) struct Parent<'a> {
    pub(crate) gateway: &'a ObjectKey,
    pub(crate) facts: &'a Arc<GatewayFacts>,
    /// [`RouteAcceptance::Accepted`] exactly when there are attachments.
    pub(crate) acceptance: RouteAcceptance,
    pub(crate) attachments: Vec<Attachment<'a>>,
}

/// One listener that a parentRef reaches.
pub(crate) struct Attachment<'a> {
    pub(crate) listener: ListenerRef,
    pub(crate) entry: &'a ListenerFacts,
    /// What the route and the listener share; `None` stands for every host. Never empty.
    pub(crate) hosts: BTreeSet<Option<Hostname>>,
    pub(crate) served: bool,
}

/// The owner that a parentRef names, if it is of a kind that owns listeners.
pub(crate) fn owner(route: &Route, parent: &ParentRef) -> Option<ListenerOwner> {
    if parent.group != GATEWAY_GROUP {
        return None;
    }
    let namespace = parent
        .namespace
        .as_ref()
        .unwrap_or(&route.meta.key.namespace);
    let key = ObjectKey::new(Name::clone(namespace), Name::clone(&parent.name));
    if parent.kind == Kind::Gateway.as_str() {
        Some(ListenerOwner::gateway(key))
    } else if parent.kind == Kind::ListenerSet.as_str() {
        Some(ListenerOwner::listener_set(key))
    } else {
        None
    }
}

/// Judges one parentRef by itself; nothing if the parent is not ours.
///
/// A Gateway is looked up for its own listeners only and a ListenerSet for its own only, since each is an
/// owner of its own: nothing has to be filtered out.
pub(crate) fn attach<'a>(
    reader: &mut Reader<'a>,
    route: &Route,
    parent: &ParentRef,
) -> Option<Parent<'a>> {
    let owner = owner(route, parent)?;
    let facts = reader.owner(&owner)?;
    let gateway = reader.gateway(&facts.gateway)?;
    let mut judged = Parent {
        gateway: &facts.gateway,
        facts: gateway,
        acceptance: RouteAcceptance::NoMatchingParent,
        attachments: Vec::new(),
    };
    // A set that is not allowed has no entries: no parent matches.
    for (index, entry) in named(facts, parent) {
        let refusal = refusal(reader, route, &owner, entry);
        let hosts = host_map::intersection(entry.listener.hostname.as_ref(), &route.hostnames);
        let acceptance = match refusal {
            Some(refusal) => refusal,
            None if hosts.is_empty() => RouteAcceptance::NoMatchingListenerHostname,
            None => RouteAcceptance::Accepted,
        };
        if acceptance == RouteAcceptance::Accepted {
            judged.attachments.push(Attachment {
                listener: owner.listener(Name::clone(&entry.listener.name)),
                entry,
                hosts,
                served: reader.is_served(&owner, index),
            });
        }
        judged.acceptance = nearer(judged.acceptance, acceptance);
    }
    Some(judged)
}

/// Whether a parentRef names a Gateway that is left alone, or a ListenerSet of one.
pub(crate) fn is_left_alone(reader: &mut Reader<'_>, route: &Route, parent: &ParentRef) -> bool {
    let Some(owner) = owner(route, parent) else {
        return false;
    };
    let gateway = match owner.kind {
        OwnerKind::Gateway => Some(&owner.key),
        OwnerKind::ListenerSet => reader
            .listener_set(&owner.key)
            .and_then(|set| set.parent_ref.gateway()),
    };
    gateway.is_some_and(|gateway| reader.is_left_alone(gateway))
}

/// The listeners that sectionName and port leave. Of two with one name (only a file can hold them) the
/// first is meant.
fn named<'a>(
    facts: &'a OwnerFacts,
    parent: &ParentRef,
) -> impl Iterator<Item = (usize, &'a ListenerFacts)> {
    let section = parent.section_name.clone();
    let port = parent.port;
    let mut names = BTreeSet::new();
    facts
        .entries
        .iter()
        .enumerate()
        .filter(move |(_, entry)| names.insert(Name::clone(&entry.listener.name)))
        .filter(move |(_, entry)| {
            section
                .as_ref()
                .is_none_or(|section| *section == entry.listener.name)
                && port.is_none_or(|port| port == entry.listener.port)
        })
}

fn refusal(
    reader: &mut Reader<'_>,
    route: &Route,
    owner: &ListenerOwner,
    entry: &ListenerFacts,
) -> Option<RouteAcceptance> {
    if !entry
        .supported_kinds
        .contains(&kinds::group_kind(route.kind))
    {
        return Some(RouteAcceptance::NotAllowedByListeners);
    }
    // `Same` means the owner's namespace: the ListenerSet's, not its Gateway's.
    allowed::refusal(
        reader,
        &entry.listener.allowed_routes.namespaces,
        &owner.key.namespace,
        &route.meta.key.namespace,
    )
    .map(|_| RouteAcceptance::NotAllowedByListeners)
}

/// Of several listeners' answers the one that came furthest: a route says what its best listener lacked.
fn nearer(left: RouteAcceptance, right: RouteAcceptance) -> RouteAcceptance {
    fn distance(acceptance: &RouteAcceptance) -> u8 {
        match acceptance {
            RouteAcceptance::Accepted => 0,
            RouteAcceptance::UnsupportedValue | RouteAcceptance::IncompatibleFilters => 1,
            RouteAcceptance::NoMatchingListenerHostname => 2,
            RouteAcceptance::NotAllowedByListeners => 3,
            RouteAcceptance::NoMatchingParent => 4,
        }
    }
    if distance(&right) < distance(&left) {
        right
    } else {
        left
    }
}
