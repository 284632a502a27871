//! One Gateway's load balancer: its ELB listeners, and its whole desired state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::config::{ListenerConfiguration, LoadBalancerSettings};
use tributary_model::desired::{
    DesiredListener, DesiredLoadBalancer, DesiredTargetGroup, LoadBalancerKey, OrdMap,
    TargetGroupId,
};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::{Kind, ListenerRef, ObjectKey, ObjectRef};

use crate::engine::gateway_state::{GatewayState, Shadows};
use crate::index::port::{Assembled, MemberChange};
use crate::values::facts::GatewayFacts;

/// What is different in a load balancer.
#[derive(Default)]
pub(crate) struct Differences {
    /// Only those that differ.
    pub(crate) listeners: BTreeMap<u16, Option<Arc<DesiredListener>>>,
    pub(crate) groups: BTreeMap<TargetGroupId, Option<Arc<DesiredTargetGroup>>>,
}

impl GatewayState {
    /// The ELB listener of a port as it is now, and whose standing changed.
    pub(crate) fn assemble_port(
        &mut self,
        number: u16,
        gateway: Option<&GatewayFacts>,
    ) -> AssembledPort {
        let old = self
            .desired
            .as_ref()
            .and_then(|desired| desired.listeners.get(&number))
            .cloned();
        let Self { ports, uses, .. } = self;
        let assembled = match (ports.get_mut(&number), gateway) {
            (Some(port), Some(gateway)) if !port.is_empty() => {
                port.assemble(number, gateway.kind, uses)
            }
            (Some(port), _) => {
                port.release(uses);
                ports.remove(&number);
                gone(old.as_deref())
            }
            (None, _) => gone(old.as_deref()),
        };
        let Assembled {
            listener,
            differs,
            members,
            left_out,
            shadows,
        } = assembled;
        let judge = self.note_members(number, members);
        let turned = self.replace_left_out(number, left_out);
        let reshadowed = self.replace_shadows(number, shadows);
        let listener = listener.map(|mut listener| {
            if let Some(gateway) = gateway {
                configure(&mut listener, &gateway.settings);
            }
            listener
        });
        let starts_anew = self.starts_anew(gateway);
        let is_same = match (&old, &listener) {
            (None, None) => true,
            (Some(old), Some(new)) => !starts_anew && !differs && same_but_for_contents(old, new),
            (Some(_), None) | (None, Some(_)) => false,
        };
        AssembledPort {
            listener: if is_same { old } else { listener.map(Arc::new) },
            is_same,
            judge,
            turned,
            reshadowed,
        }
    }

    /// Notes what a report must echo for the port's listeners. Returns the owners of those that ask for
    /// something else than before.
    fn note_members(&mut self, number: u16, members: Vec<MemberChange>) -> BTreeSet<ObjectRef> {
        let mut asked_anew = BTreeSet::new();
        let mut come = Vec::new();
        for (old, new) in members {
            let before = old
                .as_ref()
                .map(|member| (&member.listener, member.revision));
            let now = new
                .as_ref()
                .map(|member| (&member.listener, member.revision));
            if before == now {
                continue;
            }
            for (listener, _) in before.into_iter().chain(now) {
                asked_anew.insert(listener.owner.object());
            }
            if let Some(old) = old {
                // It may have moved to another port meanwhile.
                if self
                    .revisions
                    .get(&old.listener)
                    .is_some_and(|(port, _)| *port == number)
                {
                    self.revisions.remove(&old.listener);
                }
            }
            come.extend(new);
        }
        // Afterwards: it may have moved to another place in its owner.
        for member in come {
            self.revisions
                .insert(member.listener.clone(), (number, member.revision));
        }
        asked_anew
    }

    /// Returns the listeners that are left out now and were not, or the other way round.
    fn replace_left_out(
        &mut self,
        number: u16,
        left_out: BTreeSet<ListenerRef>,
    ) -> BTreeSet<ListenerRef> {
        let before = self.left_out.remove(&number).unwrap_or_default();
        let changed = before.symmetric_difference(&left_out).cloned().collect();
        if !left_out.is_empty() {
            self.left_out.insert(number, left_out);
        }
        changed
    }

    /// Whether the next desired state has no earlier one to start from: there is none, or of another kind.
    pub(crate) fn starts_anew(&self, gateway: Option<&GatewayFacts>) -> bool {
        let kind = self.desired.as_ref().map(|desired| desired.key.kind);
        kind != gateway.map(|gateway| gateway.kind)
    }

    /// Takes in what is different, and says whether that made another desired state.
    pub(crate) fn assemble(
        &mut self,
        gateway: &ObjectKey,
        facts: Option<&GatewayFacts>,
        differences: Differences,
        unread: &BTreeSet<Kind>,
    ) -> LoadBalancerChange {
        let Differences { listeners, groups } = differences;
        let old = self.desired.take();
        let mut changed = false;
        let next = facts.map(|facts| {
            let kept = old.as_ref().filter(|old| old.key.kind == facts.kind);
            let mut next = match kept {
                Some(old) => DesiredLoadBalancer::clone(old),
                None => DesiredLoadBalancer {
                    key: key(gateway, facts.kind),
                    settings: facts.settings.clone(),
                    listeners: BTreeMap::new(),
                    target_groups: OrdMap::default(),
                    unread: unread.clone(),
                },
            };
            if next.unread != *unread {
                next.unread.clone_from(unread);
                changed = true;
            }
            if next.settings != facts.settings {
                next.settings = facts.settings.clone();
                changed = true;
            }
            for (port, listener) in listeners {
                changed = true;
                match listener {
                    Some(listener) => next.listeners.insert(port, listener),
                    None => next.listeners.remove(&port),
                };
            }
            for (id, group) in groups {
                changed |= replace(&mut next.target_groups, id, group);
            }
            next
        });
        // Nothing to listen on, no load balancer: see the crate's `judge` for what status says then.
        let next = next.filter(|next| !next.listeners.is_empty());
        let same = match (&old, &next) {
            (None, None) => true,
            (Some(old), Some(next)) => !changed && old.key == next.key,
            (None, Some(_)) | (Some(_), None) => false,
        };
        if same {
            self.desired = old;
            return LoadBalancerChange::None;
        }
        self.desired = next.map(Arc::new);
        LoadBalancerChange::Now {
            old: old.map(|old| old.key.clone()),
            new: self.desired.clone(),
        }
    }

    fn replace_shadows(&mut self, number: u16, shadows: Shadows) -> BTreeSet<ObjectRef> {
        let old = self.shadows.remove(&number).unwrap_or_default();
        let changed = old
            .iter()
            .filter(|(key, winner)| shadows.get(*key) != Some(*winner))
            .chain(
                shadows
                    .iter()
                    .filter(|(key, winner)| old.get(*key) != Some(*winner)),
            )
            .map(|((_, route), _)| route.clone())
            .collect();
        if !shadows.is_empty() {
            self.shadows.insert(number, shadows);
        }
        changed
    }
}

/// What became of a load balancer.
pub(crate) enum LoadBalancerChange {
    None,
    Now {
        old: Option<LoadBalancerKey>,
        new: Option<Arc<DesiredLoadBalancer>>,
    },
}

/// What became of a port.
pub(crate) struct AssembledPort {
    pub(crate) listener: Option<Arc<DesiredListener>>,
    /// As it was in the last desired state.
    pub(crate) is_same: bool,
    /// Owners of listeners that ask for something else.
    pub(crate) judge: BTreeSet<ObjectRef>,
    /// Listeners that are left out now and were not, or the other way round.
    pub(crate) turned: BTreeSet<ListenerRef>,
    /// Routes that have their traffic now and had not, or the other way round.
    pub(crate) reshadowed: BTreeSet<ObjectRef>,
}

/// A port of which nothing is left.
fn gone(old: Option<&DesiredListener>) -> Assembled {
    let members = old.into_iter().flat_map(|old| old.members.values());
    Assembled {
        members: members
            .map(|member| (Some(Arc::clone(member)), None))
            .collect(),
        ..Assembled::default()
    }
}

/// Whether two versions of a listener differ in members and rules only, whose differences are known.
fn same_but_for_contents(old: &DesiredListener, new: &DesiredListener) -> bool {
    let DesiredListener {
        port,
        protocol,
        members: _,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
        attributes,
        default_action,
        routes,
        rules: _,
        tags,
    } = new;
    old.port == *port
        && old.protocol == *protocol
        && old.ssl_policy == *ssl_policy
        && old.alpn_policy == *alpn_policy
        && old.mutual_authentication == *mutual_authentication
        && old.attributes == *attributes
        && old.default_action == *default_action
        && old.routes == *routes
        && old.tags == *tags
}

/// Returns whether anything is different.
fn replace<K: Ord + Clone, V: PartialEq>(
    map: &mut OrdMap<K, Arc<V>>,
    key: K,
    value: Option<Arc<V>>,
) -> bool {
    match value {
        None => map.remove_mut(&key),
        Some(value) if map.get(&key).is_some_and(|known| **known == *value) => false,
        Some(value) => {
            map.insert_mut(key, value);
            true
        }
    }
}

/// `listenerConfigurations` for the port. A `TCP_UDP` listener also takes what was written for TCP, or UDP,
/// before the other joined: a tenant's listener must not switch the platform's settings off.
fn configure(listener: &mut DesiredListener, settings: &LoadBalancerSettings) {
    let Some((
        _,
        ListenerConfiguration {
            // Certificates belong to the listeners that have none of their own: see `certificates`.
            default_certificate: _,
            certificates: _,
            ssl_policy,
            alpn_policy,
            target_group_stickiness: _,
            mutual_authentication,
            attributes,
            quic_enabled: _,
        },
    )) = settings.elb_listener(listener.protocol, listener.port)
    else {
        return;
    };
    let ends_tls = matches!(listener.protocol, ElbProtocol::Https | ElbProtocol::Tls);
    if ends_tls {
        listener.ssl_policy.clone_from(ssl_policy);
    }
    if listener.protocol == ElbProtocol::Tls {
        listener.alpn_policy.clone_from(alpn_policy);
    }
    if listener.protocol == ElbProtocol::Https {
        listener
            .mutual_authentication
            .clone_from(mutual_authentication);
    }
    listener.attributes.clone_from(attributes);
}

/// The load balancer that a Gateway has or would have.
pub(crate) fn key(gateway: &ObjectKey, kind: LoadBalancerKind) -> LoadBalancerKey {
    LoadBalancerKey {
        kind,
        gateway: gateway.clone(),
    }
}
