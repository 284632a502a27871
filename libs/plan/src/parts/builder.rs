//! A plan in the making.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use tributary_model::ListenerRef;

use crate::values::op::{Blame, Handle, Op, Step, StepId, Taggable, handles};
use crate::values::tags::{self, Tags};
use crate::values::waits::Waiting;

/// Steps in the order in which they were thought of, and what was found out on the way.
#[derive(Debug, Default)]
pub(crate) struct PlanBuilder {
    steps: Vec<Step>,
    /// What no step can hurry.
    pub(crate) waiting: Vec<String>,
    /// What is waited for, for a while.
    pub(crate) waits: Vec<Waiting>,
    /// ARNs of target groups that are used until something that is waited for has come.
    pub(crate) held: BTreeSet<String>,
    /// What is wrong with the load balancer as a whole.
    pub(crate) problems: Vec<String>,
    /// ARN of an observed rule or ELB listener to the step after which it no longer uses what it used.
    pub(crate) released: BTreeMap<String, StepId>,
    /// ARN of an observed ELB listener and of a certificate to the step after which they have parted.
    pub(crate) parted: BTreeMap<(String, String), StepId>,
    /// Listeners with routes, none of whose rules is in place.
    pub(crate) unserved: BTreeSet<ListenerRef>,
}

/// Places under a quota, taken by creations and given back by deletions.
///
/// The n-th creation beyond what is free waits for a deletion of its own, so whatever order the steps
/// run in, there are never more than the quota allows.
#[derive(Debug)]
pub(crate) struct QuotaBudget {
    free: i64,
    given_back: VecDeque<StepId>,
    /// Deletions that must come first because the quota is passed already.
    overdue: BTreeSet<StepId>,
    /// Deletions that some creation waits for.
    used: BTreeSet<StepId>,
}

impl PlanBuilder {
    /// One more step, after those that create what it refers to.
    pub(crate) fn add(&mut self, mut op: Op, blame: Blame) -> StepId {
        let id = StepId(u32::try_from(self.steps.len()).unwrap_or(u32::MAX));
        let after = handles::created_by(&mut op);
        self.steps.push(Step {
            id,
            op,
            after,
            following: BTreeSet::new(),
            blame,
        });
        id
    }

    /// One more step, and what it creates.
    pub(crate) fn create(&mut self, op: Op, name: impl Into<String>, blame: Blame) -> Handle {
        let step = self.add(op, blame);
        Handle::Created {
            step,
            name: name.into(),
        }
    }

    /// `step` is tried only when `earlier` has succeeded.
    pub(crate) fn after(&mut self, step: StepId, earlier: StepId) {
        if let Some(step) = self.steps.get_mut(step.0 as usize) {
            step.after.insert(earlier);
        }
    }

    /// `step` is tried only when `earlier` is over.
    pub(crate) fn following(&mut self, step: StepId, earlier: StepId) {
        if let Some(step) = self.steps.get_mut(step.0 as usize) {
            step.following.insert(earlier);
        }
    }

    /// `step` does not wait for `earlier` any more.
    pub(crate) fn not_after(&mut self, step: StepId, earlier: StepId) {
        if let Some(step) = self.steps.get_mut(step.0 as usize) {
            step.after.remove(&earlier);
        }
    }

    /// Leaves a deregistration so many of its targets; another step, which waits as it did, has the rest.
    pub(crate) fn divide_deregistration(&mut self, step: StepId, count: usize) {
        let Some(divided) = self.steps.get_mut(step.0 as usize) else {
            return;
        };
        let mut rest = divided.clone();
        if let (
            Op::DeregisterTargets { targets, .. },
            Op::DeregisterTargets { targets: later, .. },
        ) = (&mut divided.op, &mut rest.op)
        {
            let kept: BTreeSet<_> = targets.iter().take(count).cloned().collect();
            later.retain(|target| !kept.contains(target));
            *targets = kept;
            if !later.is_empty() {
                let Step {
                    id: _,
                    op,
                    after,
                    following,
                    blame,
                } = rest;
                let id = self.add(op, blame);
                for earlier in after {
                    self.after(id, earlier);
                }
                for earlier in following {
                    self.following(id, earlier);
                }
            }
        }
    }

    /// In the order in which they were thought of.
    pub(crate) fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// `step` waits for nobody's end any more.
    pub(crate) fn unfollow(&mut self, step: StepId) {
        if let Some(step) = self.steps.get_mut(step.0 as usize) {
            step.following.clear();
        }
    }

    /// No step waits for this one any more.
    pub(crate) fn nobody_after(&mut self, earlier: StepId) {
        for step in &mut self.steps {
            step.after.remove(&earlier);
            step.following.remove(&earlier);
        }
    }

    /// Leaves out the steps that are not wanted, and all that cannot be done without them.
    pub(crate) fn retain(&mut self, wanted: impl Fn(&Op) -> bool) {
        self.steps = retain(std::mem::take(&mut self.steps), |step| wanted(&step.op)).0;
    }

    /// Leaves out these steps, and all that were to come after them: what they would have made room for as well.
    pub(crate) fn withhold(&mut self, these: impl Fn(&Op) -> bool) {
        let before = |step: &Step| step.after.union(&step.following).copied().collect();
        self.steps = split(
            std::mem::take(&mut self.steps),
            |step| !these(&step.op),
            before,
        )
        .0;
    }

    /// The steps in an order in which each only names earlier ones, numbered by it.
    pub(crate) fn finish(self) -> Vec<Step> {
        in_order(self.steps)
    }
}

/// Sets and removes tags so that they become what is wanted.
pub(crate) fn retag(
    resource: Taggable,
    wanted: &Tags,
    observed: &Tags,
    blame: &Blame,
    builder: &mut PlanBuilder,
) -> Vec<StepId> {
    let (set, remove) = tags::difference(wanted, observed);
    let mut steps = Vec::new();
    if !set.is_empty() {
        let op = Op::AddTags {
            resource: resource.clone(),
            tags: set,
        };
        steps.push(builder.add(op, blame.clone()));
    }
    if !remove.is_empty() {
        let op = Op::RemoveTags {
            resource,
            tags: remove,
        };
        steps.push(builder.add(op, blame.clone()));
    }
    steps
}

/// Splits steps into those that are wanted and can be done, and the rest. Numbers stay.
pub(crate) fn retain(steps: Vec<Step>, wanted: impl Fn(&Step) -> bool) -> (Vec<Step>, Vec<Step>) {
    split(steps, wanted, |step| step.after.clone())
}

/// `needs` are the steps without which a step cannot be done either.
fn split(
    steps: Vec<Step>,
    wanted: impl Fn(&Step) -> bool,
    needs: impl Fn(&Step) -> BTreeSet<StepId>,
) -> (Vec<Step>, Vec<Step>) {
    let mut dropped: BTreeSet<StepId> = steps
        .iter()
        .filter(|step| !wanted(step))
        .map(|step| step.id)
        .collect();
    loop {
        let before = dropped.len();
        let dependents: Vec<StepId> = steps
            .iter()
            .filter(|step| !needs(step).is_disjoint(&dropped))
            .map(|step| step.id)
            .collect();
        dropped.extend(dependents);
        if dropped.len() == before {
            break;
        }
    }
    let (mut kept, gone): (Vec<Step>, Vec<Step>) = steps
        .into_iter()
        .partition(|step| !dropped.contains(&step.id));
    for step in &mut kept {
        step.following.retain(|earlier| !dropped.contains(earlier));
    }
    (kept, gone)
}

/// Kahn's algorithm; of the steps that may run, the one thought of first comes first.
pub(crate) fn in_order(steps: Vec<Step>) -> Vec<Step> {
    let mut waits: BTreeMap<StepId, usize> = BTreeMap::new();
    let mut dependents: BTreeMap<StepId, Vec<StepId>> = BTreeMap::new();
    for step in &steps {
        let earlier: BTreeSet<StepId> = step.after.union(&step.following).copied().collect();
        waits.insert(step.id, earlier.len());
        for on in earlier {
            dependents.entry(on).or_default().push(step.id);
        }
    }
    let mut ready: BTreeSet<StepId> = waits
        .iter()
        .filter(|(_, count)| **count == 0)
        .map(|(id, _)| *id)
        .collect();
    let mut numbers: BTreeMap<StepId, StepId> = BTreeMap::new();
    while let Some(id) = ready.pop_first() {
        let number = StepId(u32::try_from(numbers.len()).unwrap_or(u32::MAX));
        numbers.insert(id, number);
        for dependent in dependents.get(&id).into_iter().flatten() {
            if let Some(count) = waits.get_mut(dependent) {
                *count -= 1;
                if *count == 0 {
                    ready.insert(*dependent);
                }
            }
        }
    }
    let mut ordered: Vec<Step> = steps
        .into_iter()
        .filter_map(|step| renumbered(step, &numbers))
        .collect();
    ordered.sort_by_key(|step| step.id);
    ordered
}

/// A step under its new number. One that stands in a circle never got a number and is left out with the circle.
fn renumbered(mut step: Step, numbers: &BTreeMap<StepId, StepId>) -> Option<Step> {
    step.id = *numbers.get(&step.id)?;
    let renumber = |ids: BTreeSet<StepId>| {
        ids.iter()
            .filter_map(|id| numbers.get(id).copied())
            .collect()
    };
    step.after = renumber(step.after);
    step.following = renumber(step.following);
    handles::map(&mut step.op, &mut |handle| {
        if let Handle::Created { step, .. } = handle
            && let Some(number) = numbers.get(step)
        {
            *step = *number;
        }
    });
    Some(step)
}

impl QuotaBudget {
    /// `used` of `limit` places are taken now.
    pub(crate) fn new(limit: u32, used: usize) -> Self {
        Self {
            free: i64::from(limit) - i64::try_from(used).unwrap_or(i64::MAX),
            given_back: VecDeque::new(),
            overdue: BTreeSet::new(),
            used: BTreeSet::new(),
        }
    }

    /// The step frees so many places.
    pub(crate) fn give_back(&mut self, step: StepId, places: usize) {
        for _ in 0..places {
            if self.free < 0 {
                self.free += 1;
                self.overdue.insert(step);
            } else {
                self.given_back.push_back(step);
            }
        }
    }

    /// One place: the steps that must have succeeded before it is there.
    pub(crate) fn take(&mut self) -> BTreeSet<StepId> {
        let mut waits = self.overdue.clone();
        if self.free > 0 {
            self.free -= 1;
        } else if let Some(step) = self.given_back.pop_front() {
            waits.insert(step);
        }
        self.used.extend(waits.iter().copied());
        waits
    }

    /// Whether some creation waits for this deletion.
    pub(crate) fn needs(&self, step: StepId) -> bool {
        self.used.contains(&step)
    }
}
