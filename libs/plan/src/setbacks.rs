//! What became of steps that did not succeed: who pays, and what is still worth trying.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::report::{LoadBalancerReport, ProgrammedState, RuleProblem};

use crate::draft::in_order;
use crate::op::{Plan, Step, StepId};
use crate::served;

/// Why a step did not succeed. The text is AWS's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setback {
    /// AWS refuses this very request: asking again, without a change, is no use.
    Refused(String),
    /// It may succeed later: throttling, a resource still in use, AWS being unwell.
    Retrying(String),
}

impl Plan {
    /// The plan in the light of what earlier attempts brought, by the text of the operation.
    ///
    /// Refused operations are left out with everything that needs them, and the report names those who pay: the route of
    /// a rule, else the listeners, else the load balancer. A listener that is served stays Programmed,
    /// with a note. A plan with nothing left to try is settled.
    #[must_use]
    pub fn with_setbacks(mut self, setbacks: &BTreeMap<String, Setback>) -> Self {
        let held_back = std::mem::take(&mut self.held_back);
        served::release(&mut self.report, &held_back);
        // Step to AWS's words, and whether the first refused step already cost the whole load balancer.
        let mut lost: BTreeMap<StepId, (String, bool)> = BTreeMap::new();
        // A step only names earlier ones, so one pass sees every cause before its consequences.
        for step in &self.steps {
            match setbacks.get(&step.op.to_string()) {
                Some(setback @ Setback::Retrying(_)) => blame(&mut self.report, step, setback),
                Some(setback @ Setback::Refused(text)) => {
                    blame(&mut self.report, step, setback);
                    lost.insert(step.id, (text.clone(), step.owners.is_empty()));
                    continue;
                }
                None => {}
            }
            let cause = step.after.iter().find_map(|earlier| lost.get(earlier));
            if let Some((text, is_everybodys)) = cause.cloned() {
                if !is_everybodys {
                    blame(&mut self.report, step, &Setback::Refused(text.clone()));
                }
                lost.insert(step.id, (text, is_everybodys));
            }
        }
        let mut steps: Vec<Step> = self
            .steps
            .into_iter()
            .filter(|step| !lost.contains_key(&step.id))
            .collect();
        for step in &mut steps {
            step.following.retain(|earlier| !lost.contains_key(earlier));
        }
        self.steps = in_order(steps);
        // Whose rules are all refused waits for none; the report names its routes.
        let awaited = served::awaited(&self.steps, held_back);
        self.held_back = served::hold_back(&mut self.report, &awaited);
        self.report.settled = self.steps.is_empty() && self.waiting.is_empty();
        self
    }
}

fn blame(report: &mut LoadBalancerReport, step: &Step, setback: &Setback) {
    if let Some(origin) = &step.origin {
        let Setback::Refused(text) = setback else {
            return;
        };
        for listener in &step.owners {
            let problem = RuleProblem {
                origin: origin.clone(),
                listener: listener.clone(),
                message: text.clone(),
            };
            if !report.rules.contains(&problem) {
                report.rules.push(problem);
            }
        }
        return;
    }
    let (Setback::Refused(text) | Setback::Retrying(text)) = setback;
    if step.owners.is_empty() {
        if !report.problems.contains(text) {
            report.problems.push(text.clone());
        }
        // Nobody is served by a load balancer that cannot be made; nobody in particular is to blame.
        if report.arn.is_none() {
            let pending = ProgrammedState::Pending(text.clone());
            set_states(report, None, &pending, text);
        }
        return;
    }
    let state = match setback {
        Setback::Refused(text) => ProgrammedState::Refused(text.clone()),
        Setback::Retrying(text) => ProgrammedState::Pending(text.clone()),
    };
    set_states(report, Some(&step.owners), &state, text);
}

fn set_states(
    report: &mut LoadBalancerReport,
    owners: Option<&BTreeSet<ListenerRef>>,
    state: &ProgrammedState,
    text: &String,
) {
    for listener in &mut report.listeners {
        if owners.is_some_and(|owners| !owners.contains(&listener.listener)) {
            continue;
        }
        match listener.state {
            ProgrammedState::Pending(_) => listener.state = state.clone(),
            ProgrammedState::Programmed => {
                if !listener.notes.contains(text) {
                    listener.notes.push(text.clone());
                }
            }
            ProgrammedState::TooManyListeners(_)
            | ProgrammedState::NoCertificate(_)
            | ProgrammedState::Refused(_)
            | ProgrammedState::PortUnavailable(_) => {}
        }
    }
}

#[cfg(test)]
mod tests;
