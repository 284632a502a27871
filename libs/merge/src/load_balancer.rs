//! Everything that is remembered of one Gateway's load balancer, and its whole desired state.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::config::{ListenerConfiguration, LoadBalancerSettings, ProtocolPort};
use tributary_model::desired::{
    DesiredListener, DesiredLoadBalancer, DesiredTargetGroup, LoadBalancerKey, TargetGroupId,
};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::{ListenerOwner, ListenerRef, ObjectKey, ObjectRef, OwnerKind, Revision};

use crate::facts::{GatewayFacts, MergedOwner, OwnerFacts};
use crate::order::Age;
use crate::port::{Assembled, Port};
use crate::uses::Uses;

/// The state of one Gateway.
#[derive(Clone, Debug, Default)]
pub(crate) struct State {
    /// Its own listeners.
    pub(crate) own: Option<Merging>,
    /// Its merged sets, highest precedence first.
    pub(crate) sets: BTreeMap<Age, Merging>,
    /// Sets with at least one good listener, before any programmer's word.
    pub(crate) attached_sets: u32,
    pub(crate) ports: BTreeMap<u16, Port>,
    pub(crate) uses: Uses,
    /// The NLB routes that have others' traffic, by port.
    pub(crate) shadows: BTreeMap<u16, Shadows>,
    /// What a report must echo for a listener, with its port.
    pub(crate) revisions: BTreeMap<ListenerRef, (u16, Revision)>,
    /// By port, listeners that hold it but that its one ELB listener cannot serve beside the others.
    pub(crate) left_out: BTreeMap<u16, BTreeSet<ListenerRef>>,
    pub(crate) desired: Option<Arc<DesiredLoadBalancer>>,
}

/// An owner among those whose listeners are merged.
#[derive(Clone, Debug)]
pub(crate) struct Merging {
    pub(crate) owner: ListenerOwner,
    pub(crate) facts: Arc<OwnerFacts>,
    /// Of the last time.
    pub(crate) merged: Arc<MergedOwner>,
}

/// By listener and shadowed route: the route that has the traffic.
pub(crate) type Shadows = BTreeMap<(ListenerRef, ObjectRef), ObjectRef>;

/// What is different in a load balancer.
#[derive(Default)]
pub(crate) struct Differences {
    pub(crate) listeners: BTreeMap<u16, Option<Arc<DesiredListener>>>,
    pub(crate) groups: BTreeMap<TargetGroupId, Option<Arc<DesiredTargetGroup>>>,
}

impl State {
    /// Whether nothing is left to remember.
    pub(crate) fn is_empty(&self) -> bool {
        self.own.is_none()
            && self.sets.is_empty()
            && self.ports.is_empty()
            && self.uses.groups.is_empty()
            && self.desired.is_none()
    }

    /// The ELB listener of a port as it is now, and the routes whose standing changed.
    pub(crate) fn assemble_port(
        &mut self,
        number: u16,
        gateway: Option<&GatewayFacts>,
    ) -> (Option<Arc<DesiredListener>>, BTreeSet<ObjectRef>) {
        let Self { ports, uses, .. } = self;
        let assembled = match (ports.get_mut(&number), gateway) {
            (Some(port), Some(gateway)) if !port.is_empty() => {
                port.assemble(number, gateway.kind, uses)
            }
            (Some(port), _) => {
                port.release(uses);
                ports.remove(&number);
                Assembled::nothing()
            }
            (None, _) => Assembled::nothing(),
        };
        let Assembled { listener, shadows } = assembled;
        let changed = self.replace_shadows(number, shadows);
        let listener = listener.map(|mut listener| {
            if let Some(gateway) = gateway {
                configure(&mut listener, &gateway.settings);
            }
            Arc::new(listener)
        });
        (listener, changed)
    }

    /// Notes what a report must echo for the port's listeners. Returns the owners of those that ask for
    /// something else than before. Call it before [`Self::assemble`].
    pub(crate) fn note_members(
        &mut self,
        number: u16,
        listener: Option<&DesiredListener>,
    ) -> BTreeSet<ObjectRef> {
        let old = self
            .desired
            .as_ref()
            .and_then(|desired| desired.listeners.get(&number))
            .map(|listener| listener.members.as_slice())
            .unwrap_or_default();
        let new = listener
            .map(|listener| listener.members.as_slice())
            .unwrap_or_default();
        let held = self
            .ports
            .get(&number)
            .map(|port| port.members.as_slice())
            .unwrap_or_default();
        let mut asked_anew = BTreeSet::new();
        let left_out = held.iter().filter(|held| {
            new.iter()
                .all(|member| member.listener != held.core.listener)
        });
        // Only an NLB port of two protocols leaves members out; equal lengths say that nobody is.
        if held.len() != new.len() || self.left_out.contains_key(&number) {
            let left_out: BTreeSet<ListenerRef> = left_out
                .map(|member| member.core.listener.clone())
                .collect();
            let before = self.left_out.remove(&number).unwrap_or_default();
            asked_anew.extend(
                before
                    .symmetric_difference(&left_out)
                    .map(|listener| listener.owner.object()),
            );
            if !left_out.is_empty() {
                self.left_out.insert(number, left_out);
            }
        }
        if old == new {
            return asked_anew;
        }
        // Usually one of thousands came, went or changed.
        let start = old
            .iter()
            .zip(new)
            .take_while(|(old, new)| old == new)
            .count();
        let (old, new) = (&old[start..], &new[start..]);
        let mut gone: BTreeMap<&ListenerRef, Revision> = old
            .iter()
            .map(|member| (&member.listener, member.revision))
            .collect();
        for member in new {
            let same = gone.remove(&member.listener) == Some(member.revision);
            if !same {
                asked_anew.insert(member.listener.owner.object());
            }
            self.revisions
                .insert(member.listener.clone(), (number, member.revision));
        }
        for listener in gone.into_keys() {
            asked_anew.insert(listener.owner.object());
            // It may have moved to another port meanwhile.
            if self
                .revisions
                .get(listener)
                .is_some_and(|(port, _)| *port == number)
            {
                self.revisions.remove(listener);
            }
        }
        asked_anew
    }

    /// Owners whose listeners are merged, highest precedence first.
    pub(crate) fn merging(&self) -> impl Iterator<Item = &Merging> {
        self.own.iter().chain(self.sets.values())
    }

    /// The same, to be changed.
    pub(crate) fn merging_mut(&mut self) -> impl Iterator<Item = &mut Merging> {
        self.own.iter_mut().chain(self.sets.values_mut())
    }

    /// Puts an owner where its age says.
    pub(crate) fn enter(&mut self, owner: &ListenerOwner, facts: &Arc<OwnerFacts>) {
        let before = self.leave(owner, facts);
        let merging = Merging {
            owner: owner.clone(),
            facts: Arc::clone(facts),
            merged: before.map(|before| before.merged).unwrap_or_default(),
        };
        match owner.kind {
            OwnerKind::Gateway => self.own = Some(merging),
            OwnerKind::ListenerSet => {
                self.sets.insert(facts.age(owner), merging);
            }
        }
    }

    /// Takes an owner out, which has its place by these facts.
    pub(crate) fn leave(&mut self, owner: &ListenerOwner, facts: &OwnerFacts) -> Option<Merging> {
        match owner.kind {
            OwnerKind::Gateway => self.own.take(),
            OwnerKind::ListenerSet => self.sets.remove(&facts.age(owner)),
        }
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
    ) -> Change {
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
                    target_groups: BTreeMap::new(),
                },
            };
            if next.settings != facts.settings {
                next.settings = facts.settings.clone();
                changed = true;
            }
            for (port, listener) in listeners {
                changed |= replace(&mut next.listeners, port, listener);
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
            return Change::None;
        }
        self.desired = next.map(Arc::new);
        Change::Now {
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
pub(crate) enum Change {
    None,
    Now {
        old: Option<LoadBalancerKey>,
        new: Option<Arc<DesiredLoadBalancer>>,
    },
}

impl Assembled {
    fn nothing() -> Self {
        Self {
            listener: None,
            shadows: BTreeMap::new(),
        }
    }
}

/// Returns whether anything is different. What is equal stays the same Arc, so that others may compare by
/// pointer.
fn replace<K: Ord, V: PartialEq>(
    map: &mut BTreeMap<K, Arc<V>>,
    key: K,
    value: Option<Arc<V>>,
) -> bool {
    match value {
        None => map.remove(&key).is_some(),
        Some(value) if map.get(&key).is_some_and(|known| **known == *value) => false,
        Some(value) => {
            map.insert(key, value);
            true
        }
    }
}

/// `listenerConfigurations` for the port. A `TCP_UDP` listener also takes what was written for TCP, or UDP,
/// before the other joined: a tenant's listener must not switch the platform's settings off.
fn configure(listener: &mut DesiredListener, settings: &LoadBalancerSettings) {
    let names: &[ElbProtocol] = match listener.protocol {
        ElbProtocol::TcpUdp => &[ElbProtocol::TcpUdp, ElbProtocol::Tcp, ElbProtocol::Udp],
        ElbProtocol::Http => &[ElbProtocol::Http],
        ElbProtocol::Https => &[ElbProtocol::Https],
        // Passed through, a TLS listener is a TCP listener to AWS.
        ElbProtocol::Tcp => &[ElbProtocol::Tcp, ElbProtocol::Tls],
        ElbProtocol::Udp => &[ElbProtocol::Udp],
        ElbProtocol::Tls => &[ElbProtocol::Tls],
    };
    let configuration = names.iter().find_map(|protocol| {
        settings.listeners.get(&ProtocolPort {
            protocol: protocol.as_str().to_owned(),
            port: listener.port,
        })
    });
    let Some(ListenerConfiguration {
        // Certificates belong to the listeners that have none of their own: see `certificates`.
        default_certificate: _,
        certificates: _,
        ssl_policy,
        alpn_policy,
        target_group_stickiness: _,
        mutual_authentication,
        attributes,
        quic_enabled: _,
    }) = configuration
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
