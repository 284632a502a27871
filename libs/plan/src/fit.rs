//! Who is served: certificates decide which listeners can be, quotas how many.
//!
//! Listeners are admitted one by one in their order of precedence, each with everything that it needs or not at all.
//! So the ones left out are those of lowest precedence that do not fit, and a small one may
//! still fit where a big one before it did not.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::desired::{
    CertificateSource, DesiredAction, DesiredListener, DesiredRule, MemberListener, TargetGroupId,
};
use tributary_model::elb::ElbProtocol;
use tributary_model::report::{ProgrammedState, RuleProblem};

use crate::certificates::{self, CertificateId, Wanted};
use crate::observed::Completeness;
use crate::scope::Scope;

/// What is going to be served.
#[derive(Debug, Default)]
pub(crate) struct Fit<'a> {
    /// ELB listeners with at least one admitted member.
    pub(crate) ports: BTreeMap<u16, FitPort<'a>>,
    /// Listeners that are left out, and why.
    pub(crate) refused: BTreeMap<&'a ListenerRef, ProgrammedState>,
    /// What did not work out of listeners that are served all the same.
    pub(crate) notes: BTreeMap<&'a ListenerRef, Vec<String>>,
    /// Rules that are left out although their listener is served.
    pub(crate) rule_problems: Vec<RuleProblem>,
    /// Target groups that are used, and by whom.
    pub(crate) target_groups: BTreeMap<&'a TargetGroupId, BTreeSet<ListenerRef>>,
}

/// One ELB listener, without what is left out.
#[derive(Debug)]
pub(crate) struct FitPort<'a> {
    pub(crate) listener: &'a DesiredListener,
    pub(crate) members: Vec<&'a MemberListener>,
    /// Highest precedence first.
    pub(crate) rules: Vec<&'a DesiredRule>,
    /// The default one first.
    pub(crate) certificates: Vec<CertificateId>,
    pub(crate) wanted: BTreeMap<CertificateId, Wanted<'a>>,
}

/// What one member needs.
struct Demand<'a> {
    rules: Vec<&'a DesiredRule>,
    certificates: Vec<(CertificateId, Option<&'a str>)>,
    target_groups: BTreeSet<&'a TargetGroupId>,
}

/// What is taken so far.
#[derive(Default)]
struct Usage<'a> {
    listeners: usize,
    rules: usize,
    certificates: usize,
    target_groups: BTreeSet<&'a TargetGroupId>,
    targets: usize,
}

/// One listener's share of a port, looked up once for all members.
#[derive(Default)]
struct Share<'a> {
    rules: Vec<&'a DesiredRule>,
    sources: Vec<&'a CertificateSource>,
}

/// Decides who is served.
pub(crate) fn fit<'a>(scope: &Scope<'a>) -> Fit<'a> {
    let mut fit = Fit::default();
    let mut usage = foreign_usage(scope);
    let mut admitted: BTreeSet<&ListenerRef> = BTreeSet::new();
    let shares = shares(scope);
    let mut members: Vec<(u16, &MemberListener)> = scope
        .desired
        .listeners
        .values()
        .flat_map(|listener| {
            listener
                .members
                .values()
                .map(|member| (listener.port, &**member))
        })
        .collect();
    members.sort_by_key(|(port, member)| (&member.precedence, *port));
    let nothing = Share::default();
    for (port, member) in members {
        let Some(listener) = scope.desired.listeners.get(&port) else {
            continue;
        };
        let share = shares.get(&(port, &member.listener)).unwrap_or(&nothing);
        match admit(scope, listener, member, share, &mut usage, &mut fit) {
            Ok(()) => {
                admitted.insert(&member.listener);
            }
            Err(state) => {
                fit.refused.insert(&member.listener, state);
            }
        }
    }
    for port in fit.ports.values_mut() {
        // As the whole port is ordered, not as its members were admitted.
        port.rules = port
            .listener
            .rules
            .iter()
            .map(std::convert::AsRef::as_ref)
            .filter(|rule: &&DesiredRule| {
                admitted.contains(&rule.listener) && has_target_groups(scope, rule)
            })
            .collect();
        port.certificates = in_precedence(scope, port);
    }
    fit
}

fn admit<'a>(
    scope: &Scope<'a>,
    listener: &'a DesiredListener,
    member: &'a MemberListener,
    share: &Share<'a>,
    usage: &mut Usage<'a>,
    fit: &mut Fit<'a>,
) -> Result<(), ProgrammedState> {
    if let Some(arn) = held_by_others(scope, listener.port) {
        return Err(ProgrammedState::PortUnavailable(format!(
            "port {} of the load balancer is held by listener {arn}, which is not ours",
            listener.port
        )));
    }
    let demand = demand(scope, listener, member, share, fit)?;
    let more = increment(scope, listener, &demand, usage, fit);
    within_quotas(scope, usage, &more)?;
    usage.add(more);
    let port = fit.ports.entry(listener.port).or_insert_with(|| FitPort {
        listener,
        members: Vec::new(),
        rules: Vec::new(),
        certificates: Vec::new(),
        wanted: BTreeMap::new(),
    });
    port.members.push(member);
    for (id, fingerprint) in demand.certificates {
        port.wanted
            .entry(id)
            .or_insert_with(|| Wanted {
                fingerprint,
                wanted_by: BTreeSet::new(),
            })
            .wanted_by
            .insert(member.listener.clone());
    }
    for group in demand.target_groups {
        fit.target_groups
            .entry(group)
            .or_default()
            .insert(member.listener.clone());
    }
    Ok(())
}

fn demand<'a>(
    scope: &Scope<'a>,
    listener: &'a DesiredListener,
    member: &'a MemberListener,
    share: &Share<'a>,
    fit: &mut Fit<'a>,
) -> Result<Demand<'a>, ProgrammedState> {
    let mut certificates = Vec::new();
    let mut notes = Vec::new();
    for source in &share.sources {
        match certificates::usable(scope, source) {
            Ok(usable) => {
                let fingerprint = match source {
                    CertificateSource::Secret { fingerprint, .. } => Some(fingerprint.as_str()),
                    CertificateSource::Arn(_) | CertificateSource::Discovered { .. } => None,
                };
                notes.extend(usable.note);
                certificates.push((usable.id, fingerprint));
            }
            Err(reason) => notes.push(reason),
        }
    }
    if terminates_tls(listener.protocol) && certificates.is_empty() {
        if let Completeness::Partial(gaps) = &scope.observed.completeness {
            // What was not seen may be there: that is no refusal.
            let text = format!("AWS could not be looked at: {}", gaps.join("; "));
            return Err(ProgrammedState::Pending(text));
        }
        let reason = if notes.is_empty() {
            "it names no certificate and has no hostname to look one up".to_owned()
        } else {
            notes.join("; ")
        };
        return Err(ProgrammedState::NoCertificate(reason));
    }
    if !notes.is_empty() {
        fit.notes.insert(&member.listener, notes);
    }
    let (rules, dangling): (Vec<&DesiredRule>, Vec<&DesiredRule>) = share
        .rules
        .iter()
        .partition(|rule| has_target_groups(scope, rule));
    fit.rule_problems
        .extend(dangling.into_iter().filter_map(|rule| {
            Some(RuleProblem {
                origin: rule.origin.clone()?,
                listener: rule.listener.clone(),
                message: "it forwards to a target group that the desired state does not have"
                    .to_owned(),
            })
        }));
    let target_groups = rules
        .iter()
        .map(|rule| &rule.action)
        .chain([&listener.default_action])
        .flat_map(target_groups_of)
        .filter(|group| scope.desired.target_groups.contains_key(group))
        .collect();
    Ok(Demand {
        rules,
        certificates,
        target_groups,
    })
}

/// What admitting a member adds to what is in use.
fn increment<'a>(
    scope: &Scope<'a>,
    listener: &DesiredListener,
    demand: &Demand<'a>,
    usage: &Usage<'a>,
    fit: &Fit<'a>,
) -> Usage<'a> {
    let port = fit.ports.get(&listener.port);
    let known = |id: &CertificateId| port.is_some_and(|port| port.wanted.contains_key(id));
    let certificates: BTreeSet<&CertificateId> = demand
        .certificates
        .iter()
        .map(|(id, _)| id)
        .filter(|id| !known(id))
        .collect();
    // The first certificate of an ELB listener is its default one, which the quota does not count.
    let free = usize::from(port.is_none_or(|port| port.wanted.is_empty()));
    let target_groups: BTreeSet<&TargetGroupId> = demand
        .target_groups
        .difference(&usage.target_groups)
        .copied()
        .collect();
    let targets = target_groups
        .iter()
        .filter_map(|group| scope.desired.target_groups.get(*group))
        .map(|group| group.targets.len())
        .sum();
    Usage {
        listeners: usize::from(port.is_none()),
        rules: demand.rules.len(),
        certificates: certificates.len().saturating_sub(free),
        target_groups,
        targets,
    }
}

fn within_quotas(scope: &Scope, usage: &Usage, more: &Usage) -> Result<(), ProgrammedState> {
    let limits = scope.limits();
    let checks = [
        (
            "listeners",
            limits.listeners,
            usage.listeners,
            more.listeners,
        ),
        ("rules", limits.rules, usage.rules, more.rules),
        (
            "certificates besides the default ones",
            limits.certificates,
            usage.certificates,
            more.certificates,
        ),
        (
            "target groups",
            limits.target_groups,
            usage.target_groups.len(),
            more.target_groups.len(),
        ),
        ("targets", limits.targets, usage.targets, more.targets),
    ];
    for (what, limit, used, more) in checks {
        // Who needs nothing of what is full is not refused for it.
        if more == 0 || u32::try_from(used + more).is_ok_and(|sum| sum <= limit) {
            continue;
        }
        return Err(ProgrammedState::TooManyListeners(format!(
            "the load balancer may have {limit} {what}: {used} are in use, this listener needs {more} more"
        )));
    }
    Ok(())
}

impl<'a> Usage<'a> {
    fn add(&mut self, more: Usage<'a>) {
        let Usage {
            listeners,
            rules,
            certificates,
            target_groups,
            targets,
        } = more;
        self.listeners += listeners;
        self.rules += rules;
        self.certificates += certificates;
        self.target_groups.extend(target_groups);
        self.targets += targets;
    }
}

/// What others put onto our load balancer counts too.
fn foreign_usage<'a>(scope: &Scope) -> Usage<'a> {
    let mut usage = Usage::default();
    let Some(current) = scope.current else {
        return usage;
    };
    for listener in current.load_balancer.listeners.values() {
        let ours = scope.ownership.owns(&listener.tags);
        usage.listeners += usize::from(!ours);
        usage.certificates += if ours { 0 } else { listener.certificates.len() };
        usage.rules += listener
            .rules
            .values()
            .filter(|rule| !ours || !scope.ownership.owns(&rule.tags))
            .count();
    }
    usage
}

fn held_by_others<'a>(scope: &Scope<'a>, port: u16) -> Option<&'a str> {
    scope
        .current?
        .load_balancer
        .listeners
        .iter()
        .find(|(_, listener)| listener.port == port && !scope.ownership.owns(&listener.tags))
        .map(|(arn, _)| arn.as_str())
}

fn shares<'a>(scope: &Scope<'a>) -> BTreeMap<(u16, &'a ListenerRef), Share<'a>> {
    let mut shares: BTreeMap<(u16, &ListenerRef), Share> = BTreeMap::new();
    for listener in scope.desired.listeners.values() {
        for rule in &listener.rules {
            let share = shares.entry((listener.port, &rule.listener)).or_default();
            share.rules.push(rule);
        }
        if !terminates_tls(listener.protocol) {
            continue;
        }
        for (wanted_by, source) in listener.certificates() {
            let share = shares.entry((listener.port, wanted_by)).or_default();
            share.sources.push(source);
        }
    }
    shares
}

/// The port's certificates in the order in which its listeners stand: the first one is the default.
fn in_precedence(scope: &Scope, port: &FitPort) -> Vec<CertificateId> {
    let mut ordered: Vec<CertificateId> = Vec::new();
    for (wanted_by, source) in port.listener.certificates() {
        let Ok(usable) = certificates::usable(scope, source) else {
            continue;
        };
        let wanted = port
            .wanted
            .get(&usable.id)
            .is_some_and(|wanted| wanted.wanted_by.contains(wanted_by));
        if wanted && !ordered.contains(&usable.id) {
            ordered.push(usable.id);
        }
    }
    ordered
}

/// Whether an ELB listener of this protocol has certificates.
pub(crate) fn terminates_tls(protocol: ElbProtocol) -> bool {
    match protocol {
        ElbProtocol::Https | ElbProtocol::Tls => true,
        ElbProtocol::Http | ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp => false,
    }
}

/// The target groups that an action forwards to.
pub(crate) fn target_groups_of(action: &DesiredAction) -> impl Iterator<Item = &TargetGroupId> {
    let targets = match action {
        DesiredAction::Forward { targets, .. } => targets.as_slice(),
        DesiredAction::Redirect { .. } | DesiredAction::FixedResponse { .. } => &[],
    };
    targets.iter().map(|target| &target.target_group)
}

fn has_target_groups(scope: &Scope, rule: &DesiredRule) -> bool {
    target_groups_of(&rule.action).all(|group| scope.desired.target_groups.contains_key(group))
}
