//! Who is served: certificates decide which listeners can be, quotas how much.
//!
//! Quotas refuse the smallest unit. An ELB listener, a certificate, a target group, a rule and a target are admitted one by
//! one, and what does not fit is named in its own listener's or route's status.
//!
//! **Incumbents first.** What is programmed already and still asked for keeps its place, also when a quota was lowered.
//! What is new queues by precedence for what is free. So objects that one owner adds never push out what another has; a
//! thing gives up its place only by its owner's change. From nothing everything queues by precedence. (Conflicts are
//! another matter: the merge decides them by precedence alone.) The plan stays a pure function: what is programmed is
//! one of its inputs, not something it remembers.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::{
    DesiredAction, DesiredListener, DesiredRule, DesiredTarget, DesiredTargetGroup, MemberListener,
    TargetGroupId,
};
use tributary_model::report::{ProgrammedState, QuotaUse, Quotas, RuleProblem};
use tributary_model::{ListenerRef, Precedence};

use crate::input::PlanInput;
use crate::input::certificates::{CertificateId, Wanted};
use crate::values::limits::LoadBalancerLimits;
use crate::values::op::{Blame, RuleOwner};

mod certificates;
mod incumbents;
mod rules;
mod targets;

use certificates::Usable;
use incumbents::{Incumbents, Usage};

/// What is going to be served.
#[derive(Debug, Default)]
pub(crate) struct Admission<'a> {
    /// ELB listeners with at least one admitted member.
    pub(crate) ports: BTreeMap<u16, AdmittedPort<'a>>,
    /// Listeners that are left out, and why.
    pub(crate) refused: BTreeMap<&'a ListenerRef, ProgrammedState>,
    /// What did not work out of listeners that are served all the same.
    pub(crate) notes: BTreeMap<&'a ListenerRef, Vec<String>>,
    /// Listeners that may have a certificate which could not be looked at.
    pub(crate) unread: BTreeSet<&'a ListenerRef>,
    /// What is left out of routes whose listener is served.
    pub(crate) rule_problems: Vec<RuleProblem>,
    /// Target groups that are used.
    pub(crate) target_groups: BTreeMap<&'a TargetGroupId, AdmittedTargetGroup<'a>>,
    /// What that takes.
    pub(crate) quotas: Quotas,
}

/// One ELB listener, without what is left out.
#[derive(Debug)]
pub(crate) struct AdmittedPort<'a> {
    pub(crate) listener: &'a DesiredListener,
    pub(crate) members: Vec<&'a MemberListener>,
    /// Highest precedence first.
    pub(crate) rules: Vec<AdmittedRule<'a>>,
    /// The default one first.
    pub(crate) certificates: Vec<CertificateId>,
    pub(crate) wanted: BTreeMap<CertificateId, Wanted<'a>>,
}

/// A rule that is served.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AdmittedRule<'a> {
    pub(crate) rule: &'a DesiredRule,
    pub(crate) as_is: AsIs,
}

/// Whether a rule becomes what is desired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AsIs {
    /// It does.
    No,
    /// What it would need does not fit: it goes on doing what it does.
    Yes,
}

/// A target group that something served uses.
#[derive(Debug)]
pub(crate) struct AdmittedTargetGroup<'a> {
    pub(crate) desired: &'a DesiredTargetGroup,
    /// The listeners whose default action it is.
    pub(crate) listeners: BTreeSet<ListenerRef>,
    /// The route rules that forward to it.
    pub(crate) rules: BTreeSet<RuleOwner>,
    /// Those that have its traffic by a default action, which is their listeners' to pay for.
    pub(crate) routes: BTreeSet<RuleOwner>,
    /// Targets that do not fit.
    pub(crate) left_out: BTreeSet<&'a DesiredTarget>,
}

impl AdmittedTargetGroup<'_> {
    /// Those that are registered, or are to be.
    pub(crate) fn targets(&self) -> impl Iterator<Item = &DesiredTarget> {
        let all = self.desired.targets.iter();
        all.filter(|target| !self.left_out.contains(*target))
    }

    /// Whether this is one of them.
    pub(crate) fn has(&self, target: &DesiredTarget) -> bool {
        self.desired.targets.contains(target) && !self.left_out.contains(target)
    }

    /// Who pays when something of it is refused.
    pub(crate) fn blame(&self) -> Blame {
        if self.rules.is_empty() {
            Blame::Listeners(self.listeners.clone())
        } else {
            Blame::Rules(self.rules.clone())
        }
    }
}

/// Decides what is served.
pub(crate) fn admit<'a>(input: &PlanInput<'a>) -> Admission<'a> {
    let incumbents = Incumbents::of(input);
    let mut admission = Admission::default();
    let mut groups = targets::Groups::new(input, &incumbents);
    let usable = certificates::look_up(input, &mut admission);
    admit_ports(input, &incumbents, &usable, &mut groups, &mut admission);
    certificates::admit(input, &incumbents, usable, &mut admission);
    rules::admit(input, &incumbents, &mut groups, &mut admission);
    groups.finish(&mut admission);
    admission.quotas = quotas(input, &incumbents, &admission);
    admission
}

/// What is going to be served takes its places, and so does what others put onto our load balancer.
fn quotas(input: &PlanInput, incumbents: &Incumbents, admission: &Admission) -> Quotas {
    let Usage {
        listeners,
        rules,
        certificates,
    } = incumbents.foreign;
    let LoadBalancerLimits {
        listeners: most_listeners,
        rules: most_rules,
        certificates: most_certificates,
        target_groups: most_target_groups,
        targets: most_targets,
    } = *input.limits();
    let taken = |used: usize, limit| QuotaUse {
        used: u32::try_from(used).unwrap_or(u32::MAX),
        limit,
    };
    let of_ports =
        |count: fn(&AdmittedPort) -> usize| admission.ports.values().map(count).sum::<usize>();
    let targets = admission
        .target_groups
        .values()
        .map(|it| it.targets().count());
    Quotas {
        listeners: taken(listeners + admission.ports.len(), most_listeners),
        rules: taken(rules + of_ports(|port| port.rules.len()), most_rules),
        certificates: taken(
            // The default one of each port is not counted.
            certificates + of_ports(|port| port.certificates.len().saturating_sub(1)),
            most_certificates,
        ),
        target_groups: taken(admission.target_groups.len(), most_target_groups),
        targets: taken(targets.sum(), most_targets),
    }
}

/// ELB listeners, each with what its default action forwards to; those that are there first.
fn admit_ports<'a>(
    input: &PlanInput<'a>,
    incumbents: &Incumbents<'a>,
    usable: &BTreeMap<u16, Vec<Usable<'a>>>,
    groups: &mut targets::Groups<'_, 'a>,
    admission: &mut Admission<'a>,
) {
    let limit = input.limits().listeners;
    let mut used = incumbents.foreign.listeners;
    let mut ports: Vec<(bool, &'a Precedence, &'a DesiredListener)> = Vec::new();
    for listener in input.desired.listeners.values() {
        if let Some(arn) = held_by_others(input, listener.port) {
            let state = ProgrammedState::PortUnavailable(format!(
                "port {} of the load balancer is held by listener {arn}, which is not ours",
                listener.port
            ));
            refuse(input, listener, Some(&state), usable, admission);
            continue;
        }
        let first = match usable.get(&listener.port) {
            Some(usable) => usable.first().map(|it| &it.member.precedence),
            None => listener.members.keys().next(),
        };
        if let Some(first) = first {
            let is_new = !incumbents.ports.contains(&listener.port);
            ports.push((is_new, first, listener));
        } else {
            refuse(input, listener, None, usable, admission);
        }
    }
    ports.sort_by_key(|(is_new, first, listener)| (*is_new, *first, listener.port));
    for (is_new, _, listener) in ports {
        let needed: BTreeSet<&TargetGroupId> = target_groups_of(&listener.default_action).collect();
        if !is_new {
            groups.keep(&needed);
        }
        let has_place = !is_new || has_room(limit, used);
        let admitted = if has_place {
            groups.admit(&needed)
        } else {
            Err(quota(limit, "listeners"))
        };
        if let Err(why) = admitted {
            let state = ProgrammedState::TooManyListeners(why);
            refuse(input, listener, Some(&state), usable, admission);
            continue;
        }
        used += 1;
        let port = AdmittedPort {
            listener,
            members: listener.members.values().map(AsRef::as_ref).collect(),
            rules: Vec::new(),
            certificates: Vec::new(),
            wanted: BTreeMap::new(),
        };
        admission.ports.insert(listener.port, port);
    }
}

/// Nobody on this port is served: who has no certificate for that reason, the others for this one.
fn refuse<'a>(
    input: &PlanInput,
    listener: &'a DesiredListener,
    state: Option<&ProgrammedState>,
    usable: &BTreeMap<u16, Vec<Usable<'a>>>,
    admission: &mut Admission<'a>,
) {
    let usable = usable.get(&listener.port);
    for member in listener.members.values() {
        let notes = admission.notes.remove(&member.listener).unwrap_or_default();
        let is_usable = |it: &Usable| it.member.listener == member.listener;
        let state = match state {
            Some(state) if usable.is_none_or(|usable| usable.iter().any(is_usable)) => {
                state.clone()
            }
            Some(_) | None => {
                let is_unread = admission.unread.contains(&member.listener);
                certificates::none_usable(input, &notes, is_unread)
            }
        };
        admission.refused.insert(&member.listener, state);
    }
}

/// Whether one more fits.
fn has_room(limit: u32, used: usize) -> bool {
    u32::try_from(used).is_ok_and(|used| used < limit)
}

/// The same words for everybody who does not fit, whoever else comes and goes.
fn quota(limit: u32, what: &str) -> String {
    format!("it does not fit: the load balancer may have {limit} {what}")
}

fn held_by_others<'a>(input: &PlanInput<'a>, port: u16) -> Option<&'a str> {
    input
        .current?
        .load_balancer
        .listeners
        .iter()
        .find(|(_, listener)| listener.port == port && !listener.is_of(input.ownership))
        .map(|(arn, _)| arn.as_str())
}

/// The target groups that an action forwards to.
pub(crate) fn target_groups_of(action: &DesiredAction) -> impl Iterator<Item = &TargetGroupId> {
    let targets = match action {
        DesiredAction::Forward { targets, .. } => targets.as_slice(),
        DesiredAction::Redirect { .. } | DesiredAction::FixedResponse { .. } => &[],
    };
    targets.iter().map(|target| &target.target_group)
}
