//! Which rules are served, one by one.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Precedence;
use tributary_model::desired::{DesiredRule, TargetGroupId};
use tributary_model::report::{RuleProblem, RuleState};

use super::incumbents::Incumbents;
use super::targets::Groups;
use super::{Admission, AdmittedPort, AdmittedRule, AsIs, has_room, quota, target_groups_of};
use crate::input::PlanInput;
use crate::values::tags::identity;

/// A rule in the queue.
struct Candidate<'a> {
    /// Rules that are there go first, then precedence decides, and within a listener the order of its rules.
    order: (IsNew, &'a Precedence, u16, usize),
    rule: &'a DesiredRule,
    groups: BTreeSet<&'a TargetGroupId>,
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum IsNew {
    No,
    Yes,
}

/// Fills the ports with the rules of their members.
pub(super) fn admit<'a>(
    input: &PlanInput<'a>,
    incumbents: &Incumbents<'a>,
    groups: &mut Groups<'_, 'a>,
    admission: &mut Admission<'a>,
) {
    let mut queue = queue(input, incumbents, admission);
    queue.sort_by_key(|candidate| candidate.order);
    let used = incumbents.foreign.rules;
    // A rule that stays as it is holds places that its change would have given up, so others may have to stay, too.
    let mut as_is: BTreeSet<usize> = BTreeSet::new();
    let (answers, decided) = loop {
        let mut decided = groups.clone();
        let answers = round(&queue, &as_is, used, input.limits().rules, &mut decided);
        let before = as_is.len();
        let failed = answers.iter().zip(&queue).enumerate();
        let failed = failed.filter(|(_, (answer, it))| answer.is_err() && it.order.0 == IsNew::No);
        as_is.extend(failed.map(|(index, _)| index));
        if as_is.len() == before {
            break (answers, decided);
        }
    };
    *groups = decided;
    let mut admitted: BTreeMap<(u16, usize), AsIs> = BTreeMap::new();
    for (candidate, answer) in queue.iter().zip(answers) {
        let (is_new, _, port, index) = candidate.order;
        let as_is = match (answer, is_new) {
            (Ok(()), _) => AsIs::No,
            (Err(why), IsNew::No) => {
                let why = format!("its change is not made: {why}");
                tell(candidate.rule, why, RuleState::Degraded, admission);
                AsIs::Yes
            }
            (Err(why), IsNew::Yes) => {
                tell(candidate.rule, why, RuleState::NotServed, admission);
                continue;
            }
        };
        admitted.insert((port, index), as_is);
    }
    for port in admission.ports.values_mut() {
        port.rules = rules(port, &admitted);
    }
}

/// Asks all in turn, those that are there first; these are known to stay as they are.
fn round<'a>(
    queue: &[Candidate<'a>],
    as_is: &BTreeSet<usize>,
    mut used: usize,
    limit: u32,
    groups: &mut Groups<'_, 'a>,
) -> Vec<Result<(), String>> {
    for (index, candidate) in queue.iter().enumerate() {
        if candidate.order.0 == IsNew::No {
            used += 1;
            if as_is.contains(&index) {
                groups.hold(candidate.order.2, candidate.rule);
            } else {
                groups.keep(&candidate.groups);
            }
        }
    }
    let mut answers = Vec::with_capacity(queue.len());
    for (index, candidate) in queue.iter().enumerate() {
        answers.push(match candidate.order.0 {
            IsNew::No if as_is.contains(&index) => Err(groups.full()),
            IsNew::Yes if !has_room(limit, used) => Err(quota(limit, "rules")),
            IsNew::Yes | IsNew::No => {
                let answer = groups.admit(&candidate.groups);
                used += usize::from(candidate.order.0 == IsNew::Yes && answer.is_ok());
                answer
            }
        });
    }
    answers
}

/// Those of the members that are served, without those whose target groups the desired state does not have.
fn queue<'a>(
    input: &PlanInput<'a>,
    incumbents: &Incumbents<'a>,
    admission: &mut Admission<'a>,
) -> Vec<Candidate<'a>> {
    let mut queue = Vec::new();
    let mut dangling = Vec::new();
    for (number, port) in &admission.ports {
        let members: BTreeMap<_, _> = port
            .members
            .iter()
            .map(|member| (&member.listener, &member.precedence))
            .collect();
        for (index, rule) in port.listener.rules.iter().enumerate() {
            let Some(precedence) = members.get(&rule.listener) else {
                continue;
            };
            let groups: BTreeSet<_> = target_groups_of(&rule.action).collect();
            let known = |group: &&TargetGroupId| input.desired.target_groups.contains_key(*group);
            if !groups.iter().all(known) {
                dangling.push(rule.as_ref());
                continue;
            }
            let is_there = incumbents.rules.contains_key(&(*number, &*identity(rule)));
            let is_new = if is_there { IsNew::No } else { IsNew::Yes };
            queue.push(Candidate {
                order: (is_new, precedence, *number, index),
                rule,
                groups,
            });
        }
    }
    for rule in dangling {
        let why = "it forwards to a target group that the desired state does not have";
        tell(rule, why.to_owned(), RuleState::NotServed, admission);
    }
    queue
}

fn rules<'a>(
    port: &AdmittedPort<'a>,
    admitted: &BTreeMap<(u16, usize), AsIs>,
) -> Vec<AdmittedRule<'a>> {
    let rules = port.listener.rules.iter().enumerate();
    rules
        .filter_map(|(index, rule)| {
            let as_is = *admitted.get(&(port.listener.port, index))?;
            Some(AdmittedRule { rule, as_is })
        })
        .collect()
}

/// Told by the route, or by the listener of a rule that keeps its hostname apart from others'.
fn tell<'a>(
    rule: &'a DesiredRule,
    message: String,
    state: RuleState,
    admission: &mut Admission<'a>,
) {
    if let Some(origin) = &rule.origin {
        admission.rule_problems.push(RuleProblem {
            origin: origin.clone(),
            listener: rule.listener.clone(),
            message,
            state,
        });
        return;
    }
    let note = format!("the rule that keeps its requests from other listeners: {message}");
    let notes = admission.notes.entry(&rule.listener).or_default();
    if !notes.contains(&note) {
        notes.push(note);
    }
}
