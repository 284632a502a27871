//! A listener is Programmed when requests for it are answered as its routes want, not before.
//!
//! On a shared port an ELB listener is there as soon as anybody's is, and a team that reads Programmed sends traffic. So
//! a listener with routes, none of whose rules is in place, waits for them. One that is served is not held back: a new
//! route must not make it look unserved. Neither must the first route of one that was served without any: whoever
//! remembers that says so ([`LoadBalancerReport::keep_served`]).

use std::collections::BTreeSet;

use tributary_model::ListenerRef;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};

use crate::values::op::{Blame, Op, Step};
use crate::values::waits::Waiting;

const WAITS: &str = "the rules of its routes are being created";

/// Takes Programmed back from these.
pub(crate) fn hold_back(report: &mut LoadBalancerReport, unserved: &BTreeSet<ListenerRef>) {
    for listener in &mut report.listeners {
        if listener.state == ProgrammedState::Programmed && unserved.contains(&listener.listener) {
            listener.state = ProgrammedState::Pending(WAITS.to_owned());
            listener.awaits_rules = true;
        }
    }
}

/// Gives it back to all; returns those that waited.
pub(crate) fn release(report: &mut LoadBalancerReport) -> BTreeSet<ListenerRef> {
    let waiting = report.listeners.iter_mut().filter(|it| it.awaits_rules);
    waiting
        .map(|listener| {
            listener.go_on();
            listener.listener.clone()
        })
        .collect()
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

#[cfg(test)]
mod tests;
