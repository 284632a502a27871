//! One port of a Gateway: its served listeners and what routes bring to them → one ELB listener.
//!
//! On an ALB all rules of a port share one list, so a request for one listener's host must be kept from
//! another's rules (spec/aws §4). The list goes by the listeners' hostnames, most specific first, and within
//! a listener by Gateway API's precedence. Then three things remain: a wildcard listener's route may name a
//! host that belongs to a more specific listener (such a host is left out of the rule: it could never be
//! served); a request for the more specific listener that no rule of its own matches would fall to the less
//! specific one's rules (a final 404 rule stops it); and where nothing could catch it, or a rule of its own
//! catches everything, that 404 rule is not made, since rules are scarce.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::desired::{
    DesiredAction, DesiredListener, DesiredRule, MemberListener, RuleId, TargetGroupId,
};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind};
use tributary_model::{Hostname, ListenerRef, ObjectRef};

use crate::hosts::{HostMap, HostRank};
use crate::l4::{self, Forward, ForwardOrder};
use crate::merged::Member;
use crate::route::Contribution;
use crate::rules::{PlacedRule, RuleOrder, host_condition};
use crate::target_groups::TargetGroupSpec;

/// What is remembered of a port.
#[derive(Clone, Debug, Default)]
pub(crate) struct Port {
    pub(crate) members: Vec<Member>,
    /// Hostnames of the members.
    hostnames: HostMap<HostRank>,
    /// ALB: by the listener's hostname, most specific first.
    sites: BTreeMap<(HostRank, Option<Hostname>), Site>,
    /// NLB.
    forwards: BTreeMap<ListenerRef, BTreeMap<ForwardOrder, Forward>>,
    /// NLB: target groups of the last decision, by listener.
    forwarding: Vec<(ListenerRef, Arc<TargetGroupSpec>)>,
}

/// The rules of one listener.
#[derive(Clone, Debug, Default)]
struct Site {
    rules: BTreeMap<RuleOrder, Held>,
    /// Hosts of the rules in effect; how many rules each.
    hosts: HostMap<usize>,
    /// Rules in effect that match every request for the listener's hostname.
    catch_all: usize,
}

#[derive(Clone, Debug)]
struct Held {
    placed: PlacedRule,
    /// Without the hosts that belong to a more specific listener; nothing if none is left.
    effective: Option<(Arc<DesiredRule>, Vec<Hostname>)>,
}

/// Who uses which target group: counted, so that the last user's leaving is noticed.
pub(crate) trait Users {
    fn enter(&mut self, spec: &Arc<TargetGroupSpec>, listener: &ListenerRef);
    fn leave(&mut self, group: &TargetGroupId, listener: &ListenerRef);
}

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
    pub(crate) fn set_members(&mut self, members: Vec<Member>, users: &mut impl Users) {
        fn hostnames(members: &[Member]) -> BTreeSet<Option<Hostname>> {
            members
                .iter()
                .map(|member| member.hostname.clone())
                .collect()
        }
        let old = hostnames(&self.members);
        let new = hostnames(&members);
        for gone in old.difference(&new) {
            self.hostnames.remove(gone.as_ref());
        }
        for come in new.difference(&old) {
            self.hostnames
                .insert(come.as_ref(), HostRank::of(come.as_ref()));
        }
        self.members = members;
        let changed: Vec<&Hostname> = old
            .symmetric_difference(&new)
            .filter_map(Option::as_ref)
            .collect();
        if changed.is_empty() {
            return;
        }
        let Self {
            hostnames, sites, ..
        } = self;
        for ((rank, hostname), site) in sites.iter_mut() {
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

    /// Takes in what a route brings to a listener.
    pub(crate) fn add(
        &mut self,
        listener: &ListenerRef,
        contribution: &Contribution,
        users: &mut impl Users,
    ) {
        match contribution {
            Contribution::Rules { hostname, rules } => {
                let key = (HostRank::of(hostname.as_ref()), hostname.clone());
                let site = self.sites.entry(key).or_default();
                for placed in rules {
                    let effective = effective(&self.hostnames, hostname.as_ref(), placed);
                    site.enter(hostname.as_ref(), effective.as_ref(), placed, users);
                    site.rules.insert(
                        placed.order.clone(),
                        Held {
                            placed: placed.clone(),
                            effective,
                        },
                    );
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
        users: &mut impl Users,
    ) {
        match contribution {
            Contribution::Rules { hostname, rules } => {
                let key = (HostRank::of(hostname.as_ref()), hostname.clone());
                let Some(site) = self.sites.get_mut(&key) else {
                    return;
                };
                for placed in rules {
                    if let Some(held) = site.rules.remove(&placed.order) {
                        site.leave(
                            hostname.as_ref(),
                            held.effective.as_ref(),
                            &held.placed,
                            users,
                        );
                    }
                }
                if site.rules.is_empty() {
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
        users: &mut impl Users,
    ) -> Assembled {
        match kind {
            LoadBalancerKind::Alb => self.assemble_alb(number),
            LoadBalancerKind::Nlb => self.assemble_nlb(number, users),
        }
    }

    fn assemble_alb(&self, number: u16) -> Assembled {
        let listener = self.members.first().map(|first| {
            let mut listener = listener(number, l4::elb_protocol(first.class), &self.members);
            listener.default_action = not_found();
            listener.rules = self.rules();
            listener
        });
        Assembled {
            listener,
            shadows: BTreeMap::new(),
        }
    }

    /// All rules in order, with the 404 rules that isolation needs.
    fn rules(&self) -> Vec<Arc<DesiredRule>> {
        let mut members: Vec<&Member> = self.members.iter().collect();
        members.sort_by_cached_key(|member| {
            (
                HostRank::of(member.hostname.as_ref()),
                member.hostname.clone(),
            )
        });
        let less_specific: HostMap<&Site> = self.less_specific();
        let mut rules = Vec::new();
        for member in members {
            let key = (
                HostRank::of(member.hostname.as_ref()),
                member.hostname.clone(),
            );
            let site = self.sites.get(&key);
            if let Some(site) = site {
                rules.extend(
                    site.rules
                        .values()
                        .filter_map(|held| held.effective.as_ref())
                        .map(|(rule, _)| Arc::clone(rule)),
                );
            }
            let Some(hostname) = &member.hostname else {
                continue;
            };
            let caught_below = less_specific
                .covering(Some(hostname))
                .any(|site| site.may_catch(hostname));
            if caught_below && site.is_none_or(|site| site.catch_all == 0) {
                rules.push(Arc::new(isolation(&member.listener, hostname)));
            }
        }
        rules
    }

    fn less_specific(&self) -> HostMap<&Site> {
        let mut sites = HostMap::default();
        for ((rank, hostname), site) in &self.sites {
            if *rank != HostRank::Exact {
                sites.insert(hostname.as_ref(), site);
            }
        }
        sites
    }

    fn assemble_nlb(&mut self, number: u16, users: &mut impl Users) -> Assembled {
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
                    .get(&member.listener)
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
                        .map(|spec| (member.listener.clone(), Arc::clone(spec))),
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
    pub(crate) fn release(&mut self, users: &mut impl Users) {
        for (listener, spec) in self.forwarding.drain(..) {
            users.leave(&spec.group.id, &listener);
        }
    }
}

impl Site {
    fn enter(
        &mut self,
        hostname: Option<&Hostname>,
        effective: Option<&(Arc<DesiredRule>, Vec<Hostname>)>,
        placed: &PlacedRule,
        users: &mut impl Users,
    ) {
        let Some((rule, hosts)) = effective else {
            return;
        };
        for spec in placed.groups.iter() {
            users.enter(spec, &rule.listener);
        }
        self.catch_all += usize::from(catches_all(rule, hosts, hostname));
        for host in keys(hosts) {
            let count = self.hosts.get(host).copied().unwrap_or_default();
            self.hosts.insert(host, count + 1);
        }
    }

    fn leave(
        &mut self,
        hostname: Option<&Hostname>,
        effective: Option<&(Arc<DesiredRule>, Vec<Hostname>)>,
        placed: &PlacedRule,
        users: &mut impl Users,
    ) {
        let Some((rule, hosts)) = effective else {
            return;
        };
        for spec in placed.groups.iter() {
            users.leave(&spec.group.id, &rule.listener);
        }
        self.catch_all -= usize::from(catches_all(rule, hosts, hostname));
        for host in keys(hosts) {
            match self.hosts.get(host).copied().unwrap_or_default() {
                0 | 1 => self.hosts.remove(host),
                count => self.hosts.insert(host, count - 1),
            }
        }
    }

    fn recapture(
        &mut self,
        hostnames: &HostMap<HostRank>,
        hostname: Option<&Hostname>,
        changed: &[&Hostname],
        users: &mut impl Users,
    ) {
        let reached: Vec<RuleOrder> = self
            .rules
            .iter()
            .filter(|(_, held)| {
                held.placed
                    .hosts
                    .iter()
                    .any(|host| changed.iter().any(|changed| changed.covers(host)))
            })
            .map(|(order, _)| order.clone())
            .collect();
        for order in reached {
            let Some(held) = self.rules.remove(&order) else {
                continue;
            };
            let Held { placed, effective } = held;
            self.leave(hostname, effective.as_ref(), &placed, users);
            let effective = self::effective(hostnames, hostname, &placed);
            self.enter(hostname, effective.as_ref(), &placed, users);
            self.rules.insert(order, Held { placed, effective });
        }
    }

    /// Whether a rule in effect could match a request for this hostname of a more specific listener. Rules
    /// whose hosts lie within it were left out, so only those that cover it remain.
    fn may_catch(&self, hostname: &Hostname) -> bool {
        self.hosts.covering(Some(hostname)).next().is_some()
    }
}

/// The keys that a rule's hosts are counted under.
fn keys(hosts: &[Hostname]) -> impl Iterator<Item = Option<&Hostname>> {
    let any = hosts.is_empty().then_some(None);
    hosts.iter().map(Some).chain(any)
}

/// Whether the rule matches whatever is asked of the listener's hostname.
fn catches_all(rule: &DesiredRule, hosts: &[Hostname], hostname: Option<&Hostname>) -> bool {
    let only_hosts = rule.conditions.len() == usize::from(!hosts.is_empty());
    only_hosts && (hosts.is_empty() || hosts.iter().any(|host| Some(host) == hostname))
}

/// The rule without hosts that belong to a more specific listener of the port.
fn effective(
    hostnames: &HostMap<HostRank>,
    hostname: Option<&Hostname>,
    placed: &PlacedRule,
) -> Option<(Arc<DesiredRule>, Vec<Hostname>)> {
    let own = HostRank::of(hostname);
    let captured = |host: &Hostname| {
        own != HostRank::Exact
            && hostnames
                .get(Some(host))
                .into_iter()
                .chain(hostnames.covering(Some(host)))
                .any(|rank| *rank < own)
    };
    if !placed.hosts.iter().any(captured) {
        return Some((Arc::clone(&placed.rule), placed.hosts.clone()));
    }
    let hosts: Vec<Hostname> = placed
        .hosts
        .iter()
        .filter(|host| !captured(host))
        .cloned()
        .collect();
    let condition = host_condition(&hosts)?;
    let mut rule = DesiredRule::clone(&placed.rule);
    // The host-header condition stands first wherever there are hosts.
    if let Some(first) = rule.conditions.first_mut() {
        *first = condition;
    }
    Some((Arc::new(rule), hosts))
}

/// The 404 for what none of a listener's own rules matched.
fn isolation(listener: &ListenerRef, hostname: &Hostname) -> DesiredRule {
    let owner = &listener.owner;
    let id = format!(
        "{}/{}/{}/{}/isolation",
        owner.kind.kind(),
        owner.key.namespace,
        owner.key.name,
        listener.name
    );
    DesiredRule {
        id: RuleId(id.into()),
        listener: listener.clone(),
        origin: None,
        conditions: host_condition(std::slice::from_ref(hostname))
            .into_iter()
            .collect(),
        authenticate: None,
        action: not_found(),
        transforms: Vec::new(),
        tags: BTreeMap::new(),
    }
}

fn not_found() -> DesiredAction {
    DesiredAction::FixedResponse {
        status_code: 404,
        content_type: None,
        body: None,
    }
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
        .flat_map(|member| member.certificates.iter().cloned())
        .collect();
    DesiredListener {
        port,
        protocol,
        members: members
            .into_iter()
            .map(|member| MemberListener {
                listener: member.listener.clone(),
                rank: member.rank,
                hostname: member.hostname.clone(),
                revision: member.revision,
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
