//! Which step may run when.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use tributary_model::ObjectKey;
use tributary_plan::op::{Blame, Step, StepId};

use super::{Outcome, claims};
use crate::pace::Group;

#[cfg(test)]
mod tests;

/// Progress of a plan.
#[derive(Debug, Default)]
pub(super) struct Schedule {
    waiting: BTreeMap<StepId, Waiting>,
    ready: BTreeMap<Line, BTreeMap<StepId, Arc<Step>>>,
    /// Steps that have begun, by who asks for them.
    begun: BTreeMap<Option<ObjectKey>, usize>,
    /// Steps that wait for a step, one way or the other.
    dependents: BTreeMap<StepId, Vec<StepId>>,
    dropped: VecDeque<(Arc<Step>, Outcome)>,
}

/// Where a step stands until it may begin: its group of operations, and who asks for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Line {
    group: Group,
    /// The route of a rule, else the Gateway or ListenerSet of the first listener; nobody for what is everybody's.
    of: Option<ObjectKey>,
}

#[derive(Debug)]
struct Waiting {
    step: Arc<Step>,
    /// Steps that are not over yet.
    on: BTreeSet<StepId>,
}

impl Line {
    fn of(step: &Step) -> Self {
        let of = match &step.blame {
            Blame::LoadBalancer => None,
            Blame::Listeners(listeners) => listeners.first().map(|it| it.owner.key.clone()),
            Blame::Rules(rules) => rules.first().map(|it| it.origin.route.key.clone()),
        };
        Self {
            group: claims::group(&step.op),
            of,
        }
    }
}

impl Schedule {
    pub(super) fn new(steps: &[Step]) -> Self {
        let known: BTreeSet<StepId> = steps.iter().map(|step| step.id).collect();
        let mut schedule = Self::default();
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
            let step = Arc::new(step.clone());
            if on.is_empty() {
                schedule.get_ready(step);
            } else {
                schedule.waiting.insert(step.id, Waiting { step, on });
            }
        }
        schedule
    }

    fn get_ready(&mut self, step: Arc<Step>) {
        let line = self.ready.entry(Line::of(&step)).or_default();
        line.insert(step.id, step);
    }

    /// The next step that may run, if its group has room: of whoever had the fewest so far, in the plan's order.
    pub(super) fn next(&mut self, has_room: impl Fn(Group) -> bool) -> Option<Arc<Step>> {
        let begun = |line: &Line| self.begun.get(&line.of).copied().unwrap_or_default();
        let (line, id) = self
            .ready
            .iter()
            .filter(|(line, _)| has_room(line.group))
            .filter_map(|(line, steps)| Some((line, *steps.first_key_value()?.0)))
            .min_by_key(|(line, first)| (begun(line), *first))
            .map(|(line, first)| (line.clone(), first))?;
        let step = self.take_ready(&line, id)?;
        *self.begun.entry(line.of).or_default() += 1;
        Some(step)
    }

    fn take_ready(&mut self, line: &Line, id: StepId) -> Option<Arc<Step>> {
        let steps = self.ready.get_mut(line)?;
        let step = steps.remove(&id);
        if steps.is_empty() {
            self.ready.remove(line);
        }
        step
    }

    pub(super) fn done(&mut self, id: StepId) {
        for dependent in self.dependents.remove(&id).unwrap_or_default() {
            self.release(dependent, id);
        }
    }

    /// Those that need it are dropped, and those that need them; those that only follow go on.
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
                    self.drop_for(waiting.step, id);
                    over.push_back(dependent);
                }
            }
        }
    }

    /// It is not over, and a later plan has it: with it all are dropped that need or follow it, and those that need or
    /// follow them.
    pub(super) fn hold(&mut self, id: StepId) {
        self.leave_out(id);
        let mut held = VecDeque::from([id]);
        while let Some(id) = held.pop_front() {
            for dependent in self.dependents.remove(&id).unwrap_or_default() {
                if let Some(waiting) = self.waiting.remove(&dependent) {
                    self.drop_for(waiting.step, id);
                    held.push_back(dependent);
                }
            }
        }
    }

    /// As if it had failed.
    pub(super) fn skip(&mut self, id: StepId) {
        if self.leave_out(id) {
            self.failed(id);
        }
    }

    /// Whether it had not begun.
    fn leave_out(&mut self, id: StepId) -> bool {
        if self.waiting.remove(&id).is_some() {
            return true;
        }
        let line = self
            .ready
            .iter()
            .find(|(_, steps)| steps.contains_key(&id))
            .map(|(line, _)| line.clone());
        line.is_some_and(|line| self.take_ready(&line, id).is_some())
    }

    fn drop_for(&mut self, step: Arc<Step>, cause: StepId) {
        self.dropped.push_back((step, Outcome::Skipped(cause)));
    }

    fn release(&mut self, dependent: StepId, over: StepId) {
        let Some(waiting) = self.waiting.get_mut(&dependent) else {
            return;
        };
        waiting.on.remove(&over);
        if waiting.on.is_empty()
            && let Some(waiting) = self.waiting.remove(&dependent)
        {
            self.get_ready(waiting.step);
        }
    }

    /// A step that will not run, each told once.
    pub(super) fn next_dropped(&mut self) -> Option<(Arc<Step>, Outcome)> {
        self.dropped.pop_front()
    }

    /// Whether no step may begin unless one that has begun ends, and no other is to be told of.
    pub(super) fn is_idle(&self) -> bool {
        self.ready.is_empty() && self.dropped.is_empty()
    }

    /// Drops everything that has not begun.
    pub(super) fn stop(&mut self) {
        let ready = std::mem::take(&mut self.ready).into_values().flatten();
        let waiting = std::mem::take(&mut self.waiting).into_values();
        let mut steps: Vec<Arc<Step>> = ready.map(|(_, step)| step).collect();
        steps.extend(waiting.map(|it| it.step));
        steps.sort_by_key(|step| step.id);
        let stopped = steps.into_iter().map(|step| (step, Outcome::Stopped));
        self.dropped.extend(stopped);
    }
}
