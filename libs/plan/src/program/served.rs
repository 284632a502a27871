//! A listener is Programmed when requests for it are answered as its routes want, not before.
//!
//! On a shared port an ELB listener is there as soon as anybody's is, and a team that reads Programmed sends traffic. So
//! a listener with routes, none of whose rules is in place, waits for them. One that is served is not held back: a new
//! route must not make it look unserved, and neither must the first route of one that was served without any.

use std::collections::BTreeSet;

use tributary_model::ListenerRef;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};

use crate::values::op::{Blame, Op, Step};
use crate::values::plan::Plan;
use crate::values::waits::Waiting;

const WAITS: &str = "the rules of its routes are being created";

/// Takes Programmed back from these; returns those that had it.
pub(crate) fn hold_back(
    report: &mut LoadBalancerReport,
    unserved: &BTreeSet<ListenerRef>,
) -> BTreeSet<ListenerRef> {
    let mut held_back = BTreeSet::new();
    for listener in &mut report.listeners {
        if listener.state == ProgrammedState::Programmed && unserved.contains(&listener.listener) {
            listener.state = ProgrammedState::Pending(WAITS.to_owned());
            held_back.insert(listener.listener.clone());
        }
    }
    held_back
}

/// Gives it back to these.
pub(crate) fn release(report: &mut LoadBalancerReport, held_back: &BTreeSet<ListenerRef>) {
    for listener in &mut report.listeners {
        if held_back.contains(&listener.listener) {
            listener.state = ProgrammedState::Programmed;
        }
    }
}

/// Those for which a step creates a rule, or puts one that waited in its place, or for whose rule something is waited.
pub(crate) fn awaited(
    steps: &[Step],
    waits: &[Waiting],
    mut listeners: BTreeSet<ListenerRef>,
) -> BTreeSet<ListenerRef> {
    if !listeners.is_empty() {
        let creations = steps
            .iter()
            .filter(|step| matches!(step.op, Op::CreateRule { .. } | Op::ModifyRule { .. }));
        let waits = waits.iter().filter_map(|it| it.owner.as_ref());
        let mut owners: BTreeSet<&ListenerRef> = waits.map(|it| &it.listener).collect();
        for step in creations {
            match &step.blame {
                Blame::LoadBalancer => {}
                Blame::Listeners(listeners) => owners.extend(listeners),
                Blame::Rules(rules) => owners.extend(rules.iter().map(|rule| &rule.listener)),
            }
        }
        listeners.retain(|listener| owners.contains(listener));
    }
    listeners
}

impl Plan {
    /// The plan in the light of the last report: a listener that was Programmed as it is now stays so while the rules
    /// of its first routes are created.
    #[must_use]
    pub fn with_served(mut self, last: &LoadBalancerReport) -> Self {
        let programmed: BTreeSet<_> = last
            .listeners
            .iter()
            .filter(|listener| listener.state == ProgrammedState::Programmed)
            .map(|listener| (&listener.listener, listener.revision))
            .collect();
        let listeners = self.report.listeners.iter();
        let stay: BTreeSet<ListenerRef> = listeners
            .filter(|listener| programmed.contains(&(&listener.listener, listener.revision)))
            .map(|listener| listener.listener.clone())
            .filter(|listener| self.held_back.contains(listener))
            .collect();
        release(&mut self.report, &stay);
        self.held_back.retain(|listener| !stay.contains(listener));
        self
    }
}

#[cfg(test)]
mod tests;
