//! Which step may run when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tributary_plan::op::{Step, StepId};

use super::Outcome;

#[cfg(test)]
mod tests;

/// Progress of a plan.
#[derive(Debug)]
pub(super) struct Schedule<'a> {
    waiting: BTreeMap<StepId, Waiting<'a>>,
    ready: BTreeMap<StepId, &'a Step>,
    /// Steps that wait for a step, one way or the other.
    dependents: BTreeMap<StepId, Vec<StepId>>,
    dropped: Vec<(&'a Step, Outcome)>,
}

#[derive(Debug)]
struct Waiting<'a> {
    step: &'a Step,
    /// Steps that are not over yet.
    on: BTreeSet<StepId>,
}

impl<'a> Schedule<'a> {
    pub(super) fn new(steps: &'a [Step]) -> Self {
        let known: BTreeSet<StepId> = steps.iter().map(|step| step.id).collect();
        let mut schedule = Self {
            waiting: BTreeMap::new(),
            ready: BTreeMap::new(),
            dependents: BTreeMap::new(),
            dropped: Vec::new(),
        };
        for step in steps {
            let on: BTreeSet<StepId> = step
                .after
                .union(&step.following)
                .copied()
                .filter(|id| known.contains(id))
                .collect();
            for id in &on {
                schedule.dependents.entry(*id).or_default().push(step.id);
            }
            if on.is_empty() {
                schedule.ready.insert(step.id, step);
            } else {
                schedule.waiting.insert(step.id, Waiting { step, on });
            }
        }
        schedule
    }

    /// The next step that may run, in the plan's order.
    pub(super) fn next(&mut self) -> Option<&'a Step> {
        self.ready.pop_first().map(|(_, step)| step)
    }

    pub(super) fn done(&mut self, id: StepId) {
        for dependent in self.dependents.remove(&id).unwrap_or_default() {
            self.release(dependent, id);
        }
    }

    /// Those that need it are dropped, and those that need them.
    pub(super) fn failed(&mut self, id: StepId) {
        let mut over = VecDeque::from([id]);
        while let Some(id) = over.pop_front() {
            for dependent in self.dependents.remove(&id).unwrap_or_default() {
                let needs = self
                    .waiting
                    .get(&dependent)
                    .is_some_and(|waiting| waiting.step.after.contains(&id));
                if !needs {
                    self.release(dependent, id);
                    continue;
                }
                if let Some(waiting) = self.waiting.remove(&dependent) {
                    self.dropped.push((waiting.step, Outcome::Skipped(id)));
                    over.push_back(dependent);
                }
            }
        }
    }

    fn release(&mut self, dependent: StepId, over: StepId) {
        let Some(waiting) = self.waiting.get_mut(&dependent) else {
            return;
        };
        waiting.on.remove(&over);
        if waiting.on.is_empty()
            && let Some(waiting) = self.waiting.remove(&dependent)
        {
            self.ready.insert(dependent, waiting.step);
        }
    }

    /// Steps that will not run, each told once.
    pub(super) fn take_dropped(&mut self) -> Vec<(&'a Step, Outcome)> {
        std::mem::take(&mut self.dropped)
    }

    pub(super) fn has_dropped(&self) -> bool {
        !self.dropped.is_empty()
    }

    /// Everything that has not begun, and never will.
    pub(super) fn stop(&mut self) -> Vec<&'a Step> {
        let ready = std::mem::take(&mut self.ready).into_values();
        let waiting = std::mem::take(&mut self.waiting).into_values();
        ready.chain(waiting.map(|it| it.step)).collect()
    }
}
