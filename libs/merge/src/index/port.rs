//! One port of a Gateway: its served listeners and what routes bring to them → one ELB listener.
//!
//! On an ALB all rules of a port share one list, so a request for one listener's host must be kept from
//! another's rules (rule listener-isolation). The list goes by the listeners' hostnames, most specific first, and within
//! a listener by Gateway API's precedence. Then three things remain: a wildcard listener's route may name a
//! host that belongs to a more specific listener (such a host is left out of the rule: it could never be
//! served); a request for the more specific listener that no rule of its own matches would fall to the less
//! specific one's rules (a final 404 rule stops it); and where nothing could catch it, or a rule of its own
//! catches everything, that 404 rule is not made, since rules are scarce.

mod host_rules;
mod hosts;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::rules::Rules;
use tributary_model::desired::{DesiredListener, MemberListener, OrdMap, ServedRoute};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::hostname::HostRank;
use tributary_model::{Hostname, ListenerRef, ObjectRef, Precedence};

use self::host_rules::{Hostnames, not_found};
use self::hosts::Hosts;
use crate::index::uses::Uses;
use crate::rules::nlb::{self, Forward, ForwardOrder};
use crate::rules::route::Contribution;
use crate::values::facts::Member;
use crate::values::target_group::TargetGroupTemplate;
use crate::values::wire::WireClass;

/// What is remembered of a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct PortState {
    /// Highest precedence first.
    members: BTreeMap<Precedence, Member>,
    /// ALB: hostnames of the members.
    hostnames: Hostnames,
    /// ALB.
    hosts: Hosts,
    /// NLB.
    forwards: BTreeMap<ListenerRef, BTreeMap<ForwardOrder, Forward>>,
    /// NLB: target groups of the last decision, by listener.
    forwarding: Vec<(ListenerRef, Arc<TargetGroupTemplate>)>,
    published: Published,
}

/// What a port last became, and what is different since.
#[derive(Clone, Debug, Default)]
struct Published {
    kind: Option<LoadBalancerKind>,
    members: OrdMap<Precedence, Arc<MemberListener>>,
    rules: Rules,
    /// Members that came, went or changed.
    changed_members: BTreeSet<Precedence>,
}

/// A member as it was and as it is.
pub(crate) type MemberChange = (Option<Arc<MemberListener>>, Option<Arc<MemberListener>>);

/// A port's result.
#[derive(Default)]
pub(crate) struct Assembled {
    /// Nothing without members.
    pub(crate) listener: Option<DesiredListener>,
    /// Whether members or rules differ from the last time.
    pub(crate) differs: bool,
    /// Members that differ.
    pub(crate) members: Vec<MemberChange>,
    /// NLB: members that hold the port but that its one ELB listener cannot serve beside the others.
    pub(crate) left_out: BTreeSet<ListenerRef>,
    /// NLB: the route that has each shadowed route's traffic, by listener and shadowed route.
    pub(crate) shadows: BTreeMap<(ListenerRef, ObjectRef), ObjectRef>,
}

impl PortState {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.hosts.is_empty() && self.forwards.is_empty()
    }

    /// Replaces some members; none means that the listener is not served. Returns whether that made any
    /// difference. Rules whose hosts a hostname that came or went may capture are looked at again.
    pub(crate) fn change_members(
        &mut self,
        changes: Vec<(Precedence, Option<Member>)>,
        users: &mut Uses,
    ) -> bool {
        let (mut old, mut new) = (Vec::new(), Vec::new());
        for (place, member) in changes {
            if self.members.get(&place) == member.as_ref() {
                continue;
            }
            old.extend(self.members.remove(&place));
            if let Some(member) = member {
                self.members.insert(place.clone(), member.clone());
                new.push(member);
            }
            self.published.changed_members.insert(place);
        }
        let hostnames = self.set_hostnames(&old, &new);
        if !hostnames.is_empty() {
            self.recapture(&hostnames, users);
        }
        !old.is_empty() || !new.is_empty()
    }

    /// Notes which listener has which hostname; returns the hostnames that came or went.
    fn set_hostnames(&mut self, old: &[Member], new: &[Member]) -> Vec<Hostname> {
        let gone = by_hostname(old);
        let come = by_hostname(new);
        for hostname in gone.keys().filter(|hostname| !come.contains_key(*hostname)) {
            self.hostnames.remove(hostname.as_ref());
            self.hosts
                .edit(hostname.as_ref(), |host_rules| host_rules.member = None);
        }
        for (hostname, listener) in &come {
            self.hostnames
                .insert(hostname.as_ref(), HostRank::of(hostname.as_ref()));
            self.hosts.edit(hostname.as_ref(), |host_rules| {
                host_rules.member = Some((*listener).clone());
            });
        }
        let (gone, come): (BTreeSet<_>, BTreeSet<_>) =
            (gone.into_keys().collect(), come.into_keys().collect());
        gone.symmetric_difference(&come)
            .filter_map(|hostname| (*hostname).clone())
            .collect()
    }

    /// Looks again at the rules of less specific hosts whose hosts a changed hostname covers.
    fn recapture(&mut self, changed: &[Hostname], users: &mut Uses) {
        let Self {
            hostnames, hosts, ..
        } = self;
        for host in hosts.covering(changed) {
            hosts.edit(host.hostname(), |host_rules| {
                host_rules.recapture(hostnames, host.hostname(), changed, users);
            });
        }
    }

    /// Takes in what a route brings to a listener.
    pub(crate) fn add(
        &mut self,
        listener: &ListenerRef,
        contribution: &Contribution,
        users: &mut Uses,
    ) {
        match contribution {
            Contribution::Rules { hostname, rules } => {
                let hostname = hostname.as_ref();
                let Self {
                    hostnames, hosts, ..
                } = self;
                hosts.edit(hostname, |host_rules| {
                    for placed in rules {
                        host_rules.add(hostnames, hostname, placed, users);
                    }
                });
            }
            Contribution::Forward(forward) => {
                self.forwards
                    .entry(listener.clone())
                    .or_default()
                    .insert(forward.order.clone(), Forward::clone(forward));
            }
        }
    }

    /// Takes out what a route brought to a listener.
    pub(crate) fn remove(
        &mut self,
        listener: &ListenerRef,
        contribution: &Contribution,
        users: &mut Uses,
    ) {
        match contribution {
            Contribution::Rules { hostname, rules } => {
                let hostname = hostname.as_ref();
                self.hosts.edit(hostname, |host_rules| {
                    for placed in rules {
                        host_rules.remove(hostname, placed, users);
                    }
                });
            }
            Contribution::Forward(forward) => {
                let Some(forwards) = self.forwards.get_mut(listener) else {
                    return;
                };
                forwards.remove(&forward.order);
                if forwards.is_empty() {
                    self.forwards.remove(listener);
                }
            }
        }
    }

    /// The ELB listener as it is now, and what of it is different.
    pub(crate) fn assemble(
        &mut self,
        number: u16,
        kind: LoadBalancerKind,
        users: &mut Uses,
    ) -> Assembled {
        if self.published.kind != Some(kind) {
            // Nothing is carried over from one kind of load balancer to another.
            self.release(users);
            self.hosts.change_all();
            let Published {
                kind: published,
                members,
                rules,
                changed_members,
            } = &mut self.published;
            *published = Some(kind);
            *rules = Rules::default();
            changed_members.extend(members.keys().chain(self.members.keys()).cloned());
        }
        match kind {
            LoadBalancerKind::Alb => self.assemble_alb(number),
            LoadBalancerKind::Nlb => self.assemble_nlb(number, users),
        }
    }

    fn assemble_alb(&mut self, number: u16) -> Assembled {
        let differs = self.hosts.publish(&mut self.published.rules);
        let members = self.publish_members(|_| true);
        let listener = self.members.values().next().map(|first| DesiredListener {
            rules: self.published.rules.clone(),
            ..listener(
                number,
                nlb::elb_protocol(first.class),
                self.published.members.clone(),
            )
        });
        Assembled {
            listener,
            differs: differs || !members.is_empty(),
            members,
            ..Assembled::default()
        }
    }

    /// Takes over what changed of the members that the ELB listener serves; returns what differs.
    fn publish_members(&mut self, serves: impl Fn(&Member) -> bool) -> Vec<MemberChange> {
        let mut differing = Vec::new();
        for place in std::mem::take(&mut self.published.changed_members) {
            let member = self.members.get(&place).filter(|member| serves(member));
            let new = member.map(|member| Arc::new(member_listener(&place, member)));
            let known = &mut self.published.members;
            let old = known.get(&place).cloned();
            if old == new {
                continue;
            }
            match new.clone() {
                Some(new) => known.insert_mut(place, new),
                None => {
                    known.remove_mut(&place);
                }
            }
            differing.push((old, new));
        }
        differing
    }

    fn assemble_nlb(&mut self, number: u16, users: &mut Uses) -> Assembled {
        let Self {
            members,
            forwards,
            forwarding,
            published,
            ..
        } = self;
        let candidates: Vec<(&Member, Option<&Forward>)> = members
            .values()
            .map(|member| {
                let strongest = forwards
                    .get(&member.core.listener)
                    .and_then(|forwards| forwards.values().next());
                (member, strongest)
            })
            .collect();
        let mut assembled = Assembled::default();
        let mut used = Vec::new();
        let mut served: BTreeSet<&ListenerRef> = BTreeSet::new();
        if let Some(decision) = nlb::decide(&candidates) {
            let mut routes = BTreeSet::new();
            for (listener, forwards) in forwards.iter() {
                for (place, forward) in forwards.values().enumerate() {
                    let is_served = nlb::is_served(&decision, listener, place == 0, forward);
                    if is_served {
                        routes.insert(ServedRoute {
                            listener: listener.clone(),
                            route: forward.route.clone(),
                        });
                    }
                    if let (false, Some(winner)) = (is_served, decision.served) {
                        assembled.shadows.insert(
                            (listener.clone(), forward.route.clone()),
                            winner.route.clone(),
                        );
                    }
                }
            }
            served = decision
                .members
                .iter()
                .map(|member| &member.core.listener)
                .collect();
            for listener in &served {
                let groups = decision.groups.iter();
                used.extend(groups.map(|spec| ((*listener).clone(), Arc::clone(spec))));
            }
            assembled.listener = Some(DesiredListener {
                default_action: decision.action.clone(),
                routes,
                ..listener(number, decision.protocol, OrdMap::default())
            });
        }
        for (listener, spec) in &used {
            users.enter(spec, listener);
        }
        for (listener, spec) in forwarding.iter() {
            users.leave(&spec.group.id, listener);
        }
        *forwarding = used;
        // One route's coming may change which of the two protocols is served.
        published.changed_members.extend(members.keys().cloned());
        let served: BTreeSet<ListenerRef> = served.into_iter().cloned().collect();
        assembled.left_out = members
            .values()
            .map(|member| &member.core.listener)
            .filter(|listener| !served.contains(*listener))
            .cloned()
            .collect();
        assembled.members = self.publish_members(|member| served.contains(&member.core.listener));
        assembled.differs = !assembled.members.is_empty();
        if let Some(listener) = &mut assembled.listener {
            listener.members = self.published.members.clone();
        }
        assembled
    }

    /// Gives up every target group, before the port is forgotten.
    pub(crate) fn release(&mut self, users: &mut Uses) {
        for (listener, spec) in self.forwarding.drain(..) {
            users.leave(&spec.group.id, &listener);
        }
    }
}

/// Listeners of an ALB by hostname, which distinctness makes unique on a port. An NLB does not route by it.
fn by_hostname(members: &[Member]) -> BTreeMap<Option<Hostname>, &ListenerRef> {
    members
        .iter()
        .filter(|member| matches!(member.class, WireClass::Http | WireClass::Https))
        .map(|member| (member.core.hostname.clone(), &member.core.listener))
        .collect()
}

fn member_listener(place: &Precedence, member: &Member) -> MemberListener {
    let Member { core, class: _ } = member;
    MemberListener {
        precedence: place.clone(),
        listener: core.listener.clone(),
        hostname: core.hostname.clone(),
        revision: core.revision,
        certificates: core.certificates.clone(),
    }
}

/// A listener without settings, rules and action.
fn listener(
    port: u16,
    protocol: ElbProtocol,
    members: OrdMap<Precedence, Arc<MemberListener>>,
) -> DesiredListener {
    DesiredListener {
        port,
        protocol,
        members,
        ssl_policy: None,
        alpn_policy: None,
        mutual_authentication: None,
        attributes: BTreeMap::new(),
        default_action: not_found(),
        routes: BTreeSet::new(),
        rules: Rules::default(),
        tags: BTreeMap::new(),
    }
}
