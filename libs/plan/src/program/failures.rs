//! What became of steps that did not succeed: who pays, and what is still worth trying.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::report::{LoadBalancerReport, ProgrammedState, RuleProblem, RuleState};

use crate::parts::builder::in_order;
use crate::program::narrow::{Narrowed, narrow};
use crate::program::served;
use crate::values::limits::Failure;
use crate::values::op::{Blame, Op, OpKey, RuleOwner, Step, StepId};
use crate::values::plan::Plan;

impl Plan {
    /// The plan in the light of what earlier attempts brought.
    ///
    /// A refused request for many things is narrowed to those that are not known to be bad. What is left of a refused one
    /// is left out with everything that needs it, and the report names those who pay: the routes of
    /// rules, else the listeners, else the load balancer. A listener that is served stays Programmed,
    /// with a note. A plan with nothing left to try is settled.
    #[must_use]
    pub(crate) fn with_setbacks(mut self, failures: &BTreeMap<OpKey, Failure>) -> Self {
        if failures.is_empty() {
            return self;
        }
        let held_back = served::release(&mut self.report);
        let known = |op: &Op| match failures.get(&op.key()) {
            Some(Failure::Refused(text) | Failure::Impossible(text)) => Some(text.as_str()),
            Some(Failure::Retrying(_)) | None => None,
        };
        let unasked: BTreeSet<&str> = failures
            .values()
            .filter_map(|failure| match failure {
                Failure::Impossible(text) => Some(text.as_str()),
                Failure::Refused(_) | Failure::Retrying(_) => None,
            })
            .collect();
        let state = |text: &str| {
            if unasked.contains(text) {
                ProgrammedState::Impossible(text.to_owned())
            } else {
                ProgrammedState::Refused(text.to_owned())
            }
        };
        // Step to AWS's words, and whether the first refused step already cost the whole load balancer.
        let mut lost: BTreeMap<StepId, (String, bool)> = BTreeMap::new();
        // What is left of a step, beside its first part.
        let mut parts: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
        let mut next = u32::try_from(self.steps.len()).unwrap_or(u32::MAX);
        let mut steps = Vec::with_capacity(self.steps.len());
        // A step only names earlier ones, so one pass sees every cause before its consequences.
        for mut step in self.steps {
            let is_everybodys = step.blame == Blame::LoadBalancer;
            let cause = step.after.iter().find_map(|earlier| lost.get(earlier));
            if let Some((text, was_everybodys)) = cause.cloned() {
                // What is done to a target group before its rules is told by the rules.
                let is_told = matches!(
                    (&step.blame, &step.op),
                    (Blame::Listeners(_), _)
                        | (
                            Blame::Rules(_),
                            Op::CreateRule { .. } | Op::ModifyRule { .. }
                        )
                );
                if is_told && !was_everybodys {
                    refused(&mut self.report, &step, &state(&text), &text);
                }
                lost.insert(step.id, (text, was_everybodys));
                continue;
            }
            if let Some(Failure::Retrying(text)) = failures.get(&step.op.key()) {
                retrying(&mut self.report, &step.blame, text);
            }
            step.following.retain(|earlier| !lost.contains_key(earlier));
            for waits in [&mut step.after, &mut step.following] {
                let more = waits.iter().filter_map(|earlier| parts.get(earlier));
                let more: Vec<StepId> = more.flatten().copied().collect();
                waits.extend(more);
            }
            let Narrowed { ops, refused: bad } = narrow(step.op.clone(), &known);
            let mut findings = None;
            for (element, text) in bad {
                let listeners = state(&text);
                let text = match element.as_str() {
                    "" => text,
                    element => format!("{element}: {text}"),
                };
                refused(&mut self.report, &step, &listeners, &text);
                findings = Some(text);
            }
            if let (true, Some(text)) = (ops.is_empty(), findings) {
                lost.insert(step.id, (text, is_everybodys));
                continue;
            }
            for (index, op) in ops.into_iter().enumerate() {
                let mut part = Step { op, ..step.clone() };
                if index > 0 {
                    part.id = StepId(next);
                    next = next.saturating_add(1);
                    parts.entry(step.id).or_default().push(part.id);
                }
                steps.push(part);
            }
        }
        self.steps = in_order(steps);
        // Whose rules are all refused waits for none; the report names its routes.
        let awaited = served::awaited(&self.steps, &self.waits, held_back);
        served::hold_back(&mut self.report, &awaited);
        self.report.settled =
            self.steps.is_empty() && self.waiting.is_empty() && self.waits.is_empty();
        self
    }
}

/// It may succeed later: nothing is refused, but whoever waits learns for what.
fn retrying(report: &mut LoadBalancerReport, blame: &Blame, text: &str) {
    match blame {
        Blame::LoadBalancer => everybody(report, text),
        Blame::Listeners(listeners) => {
            let state = ProgrammedState::Pending(text.to_owned());
            set_states(report, Some(listeners), &state, text);
        }
        Blame::Rules(_) => {}
    }
}

/// `state` is that of listeners that pay for it.
fn refused(report: &mut LoadBalancerReport, step: &Step, state: &ProgrammedState, text: &str) {
    match &step.blame {
        Blame::LoadBalancer => everybody(report, text),
        Blame::Listeners(listeners) => {
            set_states(report, Some(listeners), state, text);
        }
        Blame::Rules(rules) => {
            let state = match &step.op {
                Op::CreateRule { .. } => RuleState::NotServed,
                // The rules that need it tell it, each as it concerns them.
                Op::CreateTargetGroup(_) => return,
                _ => RuleState::Degraded,
            };
            for RuleOwner { listener, origin } in rules {
                let problem = RuleProblem {
                    origin: origin.clone(),
                    listener: listener.clone(),
                    message: text.to_owned(),
                    state,
                };
                if !report.rules.contains(&problem) {
                    report.rules.push(problem);
                }
            }
        }
    }
}

fn everybody(report: &mut LoadBalancerReport, text: &str) {
    // Nobody is served by a load balancer that cannot be made; nobody in particular is to blame.
    let is_there = report.arn.is_some();
    if !report.problems.iter().any(|problem| problem == text) {
        let at = if is_there || report.blocked {
            report.problems.len()
        } else {
            0
        };
        report.problems.insert(at, text.to_owned());
    }
    if !is_there {
        report.blocked = true;
        let pending = ProgrammedState::Pending(text.to_owned());
        set_states(report, None, &pending, text);
    }
}

fn set_states(
    report: &mut LoadBalancerReport,
    owners: Option<&BTreeSet<ListenerRef>>,
    state: &ProgrammedState,
    text: &str,
) {
    for listener in &mut report.listeners {
        if owners.is_some_and(|owners| !owners.contains(&listener.listener)) {
            continue;
        }
        match listener.state {
            ProgrammedState::Pending(_) => listener.state = state.clone(),
            ProgrammedState::Programmed => {
                if !listener.notes.iter().any(|note| note == text) {
                    listener.notes.push(text.to_owned());
                }
            }
            ProgrammedState::TooManyListeners(_)
            | ProgrammedState::NoCertificate(_)
            | ProgrammedState::Refused(_)
            | ProgrammedState::Impossible(_)
            | ProgrammedState::PortUnavailable(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
