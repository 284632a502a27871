//! One port of a Gateway: its served listeners and what routes bring to them → one ELB listener.
//!
//! On an ALB all rules of a port share one list, so a request for one listener's host must be kept from
//! another's rules (spec/aws §4). The list goes by the listeners' hostnames, most specific first, and within
//! a listener by Gateway API's precedence. Then three things remain: a wildcard listener's route may name a
//! host that belongs to a more specific listener (such a host is left out of the rule: it could never be
//! served); a request for the more specific listener that no rule of its own matches would fall to the less
//! specific one's rules (a final 404 rule stops it); and where nothing could catch it, or a rule of its own
//! catches everything, that 404 rule is not made, since rules are scarce.

mod site;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{DesiredListener, DesiredRule, MemberListener};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::{Hostname, ListenerRef, ObjectRef};

use self::site::{Hostnames, Site, not_found};
use crate::conflict::WireClass;
use crate::hosts::{HostMap, HostRank};
use crate::l4::{self, Forward, ForwardOrder};
use crate::merged::Member;
use crate::route::Contribution;
use crate::target_groups::TargetGroupSpec;
use crate::uses::Uses;

/// What is remembered of a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Port {
    pub(crate) members: Vec<Member>,
    /// ALB: hostnames of the members.
    hostnames: Hostnames,
    /// ALB: by the listener's hostname, most specific first. A site has a member, rules, or both.
    sites: BTreeMap<SiteKey, Site>,
    /// NLB.
    forwards: BTreeMap<ListenerRef, BTreeMap<ForwardOrder, Forward>>,
    /// NLB: target groups of the last decision, by listener.
    forwarding: Vec<(ListenerRef, Arc<TargetGroupSpec>)>,
}

type SiteKey = (HostRank, Option<Hostname>);

/// A port's result.
pub(crate) struct Assembled {
    /// Nothing without members.
    pub(crate) listener: Option<DesiredListener>,
    /// NLB: the route that has each shadowed route's traffic, by listener and shadowed route.
    pub(crate) shadows: BTreeMap<(ListenerRef, ObjectRef), ObjectRef>,
}

impl Port {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty() && self.sites.is_empty() && self.forwards.is_empty()
    }

    /// Replaces the members. Rules whose hosts a hostname that came or went may capture are looked at again.
    pub(crate) fn set_members(&mut self, members: Vec<Member>, users: &mut Uses) {
        let before = std::mem::take(&mut self.members);
        let (old, new) = differing(&before, &members);
        let changed = self.set_hostnames(old, new);
        self.members = members;
        let Self {
            hostnames, sites, ..
        } = self;
        if changed.is_empty() {
            return;
        }
        for ((rank, hostname), site) in sites.range_mut(wildcards()..) {
            let reached = changed.iter().any(|changed| {
                HostRank::of(Some(changed)) < *rank
                    && hostname
                        .as_ref()
                        .is_none_or(|hostname| hostname.covers(changed))
            });
            if reached {
                site.recapture(hostnames, hostname.as_ref(), &changed, users);
            }
        }
    }

    /// Notes which listener has which hostname; returns the hostnames that came or went.
    fn set_hostnames(&mut self, old: &[Member], new: &[Member]) -> Vec<Hostname> {
        let gone = by_hostname(old);
        let come = by_hostname(new);
        for hostname in gone.keys().filter(|hostname| !come.contains_key(*hostname)) {
            self.hostnames.remove(hostname.as_ref());
            let key = site_key(hostname.as_ref());
            if let Some(site) = self.sites.get_mut(&key) {
                site.member = None;
                if site.is_empty() {
                    self.sites.remove(&key);
                }
            }
        }
        for (hostname, listener) in &come {
            self.hostnames
                .insert(hostname.as_ref(), HostRank::of(hostname.as_ref()));
            let site = self.sites.entry(site_key(hostname.as_ref())).or_default();
            site.member = Some((*listener).clone());
        }
        let (gone, come): (BTreeSet<_>, BTreeSet<_>) =
            (gone.into_keys().collect(), come.into_keys().collect());
        gone.symmetric_difference(&come)
            .filter_map(|hostname| (*hostname).clone())
            .collect()
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
                let site = self.sites.entry(site_key(hostname)).or_default();
                for placed in rules {
                    site.add(&self.hostnames, hostname, placed, users);
                }
            }
            Contribution::Forward(forward) => {
                self.forwards
                    .entry(listener.clone())
                    .or_default()
                    .insert(forward.order.clone(), forward.clone());
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
                let key = site_key(hostname.as_ref());
                let Some(site) = self.sites.get_mut(&key) else {
                    return;
                };
                for placed in rules {
                    site.remove(hostname.as_ref(), placed, users);
                }
                if site.is_empty() {
                    self.sites.remove(&key);
                }
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

    /// The ELB listener as it is now.
    pub(crate) fn assemble(
        &mut self,
        number: u16,
        kind: LoadBalancerKind,
        users: &mut Uses,
    ) -> Assembled {
        match kind {
            LoadBalancerKind::Alb => {
                // What it forwarded to while the Gateway had an NLB.
                self.release(users);
                self.assemble_alb(number)
            }
            LoadBalancerKind::Nlb => self.assemble_nlb(number, users),
        }
    }

    fn assemble_alb(&mut self, number: u16) -> Assembled {
        let rules = self.rules();
        let listener = self.members.first().map(|first| {
            let protocol = l4::elb_protocol(first.class);
            let mut listener = listener(number, protocol, &self.members);
            listener.rules = rules;
            listener
        });
        Assembled {
            listener,
            shadows: BTreeMap::new(),
        }
    }

    /// All rules in order, with the 404 rules that isolation needs.
    fn rules(&mut self) -> Vec<Arc<DesiredRule>> {
        let isolated = self.isolated();
        let mut rules = Vec::new();
        for ((_, hostname), site) in &mut self.sites {
            rules.extend_from_slice(site.in_effect());
            if let Some(hostname) = hostname
                .as_ref()
                .filter(|hostname| isolated.contains(*hostname))
            {
                rules.extend(site.isolation(hostname));
            }
        }
        rules
    }

    /// Hostnames of members whose unmatched requests a less specific listener's rule could catch.
    fn isolated(&self) -> BTreeSet<Hostname> {
        let mut catching: HostMap<&Site> = HostMap::default();
        for ((_, hostname), site) in self.sites.range(wildcards()..) {
            if site.has_rules() {
                catching.insert(hostname.as_ref(), site);
            }
        }
        if catching.is_empty() {
            return BTreeSet::new();
        }
        self.sites
            .iter()
            .filter(|(_, site)| site.member.is_some() && !site.catches_all())
            .filter_map(|((_, hostname), _)| hostname.as_ref())
            .filter(|hostname| {
                catching
                    .covering(Some(hostname))
                    .any(|site| site.may_catch(hostname))
            })
            .cloned()
            .collect()
    }

    fn assemble_nlb(&mut self, number: u16, users: &mut Uses) -> Assembled {
        let Self {
            members,
            forwards,
            forwarding,
            ..
        } = self;
        let contenders: Vec<(&Member, Option<&Forward>)> = members
            .iter()
            .map(|member| {
                let strongest = forwards
                    .get(&member.core.listener)
                    .and_then(|forwards| forwards.values().next());
                (member, strongest)
            })
            .collect();
        let mut shadows = BTreeMap::new();
        let mut used = Vec::new();
        let decided = l4::decide(&contenders);
        let listener = decided.as_ref().map(|decision| {
            for (listener, forwards) in forwards.iter() {
                for (place, forward) in forwards.values().enumerate() {
                    let served = l4::is_served(decision, listener, place == 0, forward);
                    if let (false, Some(winner)) = (served, decision.served) {
                        shadows.insert(
                            (listener.clone(), forward.route.clone()),
                            winner.route.clone(),
                        );
                    }
                }
            }
            for member in &decision.members {
                used.extend(
                    decision
                        .groups
                        .iter()
                        .map(|spec| (member.core.listener.clone(), Arc::clone(spec))),
                );
            }
            let mut listener =
                listener(number, decision.protocol, decision.members.iter().copied());
            listener.default_action = decision.action.clone();
            listener
        });
        for (listener, spec) in &used {
            users.enter(spec, listener);
        }
        for (listener, spec) in forwarding.iter() {
            users.leave(&spec.group.id, listener);
        }
        *forwarding = used;
        Assembled { listener, shadows }
    }

    /// Gives up every target group, before the port is forgotten.
    pub(crate) fn release(&mut self, users: &mut Uses) {
        for (listener, spec) in self.forwarding.drain(..) {
            users.leave(&spec.group.id, &listener);
        }
    }
}

/// The members that differ: without those that both begin and end with.
fn differing<'a>(old: &'a [Member], new: &'a [Member]) -> (&'a [Member], &'a [Member]) {
    fn same((left, right): &(&Member, &Member)) -> bool {
        left.class == right.class && left.core == right.core
    }
    let start = old.iter().zip(new).take_while(same).count();
    let (old, new) = (&old[start..], &new[start..]);
    let end = old
        .iter()
        .rev()
        .zip(new.iter().rev())
        .take_while(same)
        .count();
    (&old[..old.len() - end], &new[..new.len() - end])
}

/// Listeners of an ALB by hostname, which distinctness makes unique on a port. An NLB does not route by it.
fn by_hostname(members: &[Member]) -> BTreeMap<Option<Hostname>, &ListenerRef> {
    members
        .iter()
        .filter(|member| matches!(member.class, WireClass::Http | WireClass::Https))
        .map(|member| (member.core.hostname.clone(), &member.core.listener))
        .collect()
}

fn site_key(hostname: Option<&Hostname>) -> SiteKey {
    (HostRank::of(hostname), hostname.cloned())
}

/// Where the sites of wildcards begin; that of no hostname comes last.
fn wildcards() -> SiteKey {
    (HostRank::Wildcard(Reverse(usize::MAX)), None)
}

/// A listener without settings, rules and action.
fn listener<'a>(
    port: u16,
    protocol: ElbProtocol,
    members: impl IntoIterator<Item = &'a Member> + Clone,
) -> DesiredListener {
    let certificates = members
        .clone()
        .into_iter()
        .flat_map(|member| member.core.certificates.iter().cloned())
        .collect();
    DesiredListener {
        port,
        protocol,
        members: members
            .into_iter()
            .map(|member| MemberListener {
                listener: member.core.listener.clone(),
                rank: member.rank,
                hostname: member.core.hostname.clone(),
                revision: member.core.revision,
            })
            .collect(),
        certificates,
        ssl_policy: None,
        alpn_policy: None,
        mutual_authentication: None,
        attributes: BTreeMap::new(),
        default_action: not_found(),
        rules: Vec::new(),
        tags: BTreeMap::new(),
    }
}
