//! Target groups and targets that a load balancer may have, on the way from what it has to what it gets.
//!
//! What is wanted in the end fits (see `admission`), and so does what is there. In between both may meet: a
//! rule that moves to another target group adds one before the last user of the former lets go. Here the steps that
//! add wait for the steps that let go, where the quota leaves no other way.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::elb::LoadBalancerKind;

use crate::input::PlanInput;
use crate::input::ours::Current;
use crate::parts::builder::PlanBuilder;
use crate::parts::rollout;
use crate::values::observed::ObservedLoadBalancer;
use crate::values::op::{Action, Handle, Op, Step, StepId};

/// Who adds and who lets go of each target group.
#[derive(Default)]
struct Changes {
    added: BTreeMap<Handle, BTreeSet<StepId>>,
    dropped: BTreeMap<Handle, BTreeSet<StepId>>,
    /// In use now.
    before: BTreeSet<Handle>,
    /// Who takes up a group of `before` that all of its present users let go of.
    again: BTreeSet<StepId>,
}

/// Steps that let go, each with the one after which nobody is served by the group any more: itself, or what
/// answers 503 in front of it.
type Gone = BTreeMap<StepId, StepId>;

/// Orders the steps so that neither quota is passed on the way.
pub(crate) fn order(input: &PlanInput, builder: &mut PlanBuilder) {
    let Some(current) = input.current else {
        return;
    };
    let changes = changes(current.load_balancer, builder);
    let mut gone = Gone::new();
    if input.key().kind == LoadBalancerKind::Alb {
        order_target_groups(input, current, &changes, &mut gone, builder);
    }
    order_targets(input, current, &changes, &mut gone, builder);
    order_again(input, current, &changes, &mut gone, builder);
}

fn changes(load_balancer: &ObservedLoadBalancer, builder: &PlanBuilder) -> Changes {
    let mut users = users(load_balancer);
    let mut changes = Changes {
        before: users.values().flatten().cloned().collect(),
        ..Changes::default()
    };
    let mut after: BTreeSet<Handle> = BTreeSet::new();
    let mut kept: BTreeSet<Handle> = BTreeSet::new();
    let mut dropping: Vec<(Handle, StepId)> = Vec::new();
    let mut adding: Vec<(Handle, StepId)> = Vec::new();
    for step in builder.steps() {
        let (gone, next) = match &step.op {
            Op::CreateRule { spec, .. } => (Vec::new(), targets(&spec.action)),
            Op::ModifyRule { rule, spec } => (vec![rule], targets(&spec.action)),
            Op::CreateListener { spec, .. } => (Vec::new(), targets(&spec.default_action)),
            Op::ModifyListener { listener, spec } => {
                (vec![listener], targets(&spec.default_action))
            }
            Op::DeleteRule { rule } => (vec![rule], BTreeSet::new()),
            Op::DeleteListener { listener } => {
                let rules = load_balancer.listeners.get(listener);
                let rules = rules.into_iter().flat_map(|it| it.rules.keys());
                (rules.chain([listener]).collect(), BTreeSet::new())
            }
            _ => continue,
        };
        for user in gone {
            let former = users.remove(user.as_str()).unwrap_or_default();
            kept.extend(former.intersection(&next).cloned());
            dropping.extend(former.difference(&next).map(|it| (it.clone(), step.id)));
        }
        adding.extend(next.iter().map(|it| (it.clone(), step.id)));
        after.extend(next);
    }
    kept.extend(users.into_values().flatten());
    after.extend(kept.iter().cloned());
    for (group, step) in adding {
        if !changes.before.contains(&group) {
            changes.added.entry(group).or_default().insert(step);
        } else if !kept.contains(&group) {
            changes.again.insert(step);
        }
    }
    for (group, step) in dropping {
        if !after.contains(&group) {
            changes.dropped.entry(group).or_default().insert(step);
        }
    }
    changes
}

fn users(load_balancer: &ObservedLoadBalancer) -> BTreeMap<&str, BTreeSet<Handle>> {
    let existing = |action: &Action<String>| {
        action
            .target_groups()
            .cloned()
            .map(Handle::Existing)
            .collect()
    };
    let mut users: BTreeMap<&str, BTreeSet<Handle>> = BTreeMap::new();
    for (arn, listener) in &load_balancer.listeners {
        users.insert(arn, existing(&listener.default_action));
        for (arn, rule) in &listener.rules {
            users.insert(arn, existing(&rule.action));
        }
    }
    users
}

fn targets(action: &Action<Handle>) -> BTreeSet<Handle> {
    action.target_groups().cloned().collect()
}

fn order_target_groups(
    input: &PlanInput,
    current: Current,
    changes: &Changes,
    gone: &mut Gone,
    builder: &mut PlanBuilder,
) {
    let limit = input.limits().target_groups as usize;
    let free = limit.saturating_sub(changes.before.len());
    // A quota that was lowered may be passed already: so many must go before anything is added.
    let overdue = changes.before.len().saturating_sub(limit);
    if changes.added.len() <= free {
        return;
    }
    let mut dropped = changes.dropped.clone();
    let mut waiting: Vec<&BTreeSet<StepId>> = Vec::new();
    // First those that give their own place on: one step that lets go of one group and takes the other.
    for added in changes.added.values() {
        let swap = dropped.iter().find_map(|(group, steps)| {
            let only = steps.first().filter(|_| steps.len() == 1)?;
            (overdue == 0 && added.len() == 1 && added.contains(only)).then(|| group.clone())
        });
        match swap {
            Some(group) => {
                dropped.remove(&group);
            }
            None => waiting.push(added),
        }
    }
    let mut leaving = dropped.values();
    let mut first = Vec::new();
    for steps in leaving.by_ref().take(overdue) {
        first.extend(let_go(current, steps, gone, builder));
    }
    for added in waiting.into_iter().skip(free) {
        let mut before = first.clone();
        if let Some(steps) = leaving.next() {
            before.extend(let_go(current, steps, gone, builder));
        }
        for step in added {
            for earlier in &before {
                builder.after(*step, *earlier);
            }
        }
    }
}

/// The steps after which nobody uses a group any more, with nothing before them: deletions as they are, and in front
/// of changes one that answers 503 for a moment. AWS leaves no other way when every place is taken.
fn let_go(
    current: Current,
    leaving: &BTreeSet<StepId>,
    gone: &mut Gone,
    builder: &mut PlanBuilder,
) -> Vec<StepId> {
    let steps: Vec<Step> = builder
        .steps()
        .iter()
        .filter(|step| leaving.contains(&step.id) && !gone.contains_key(&step.id))
        .cloned()
        .collect();
    for step in steps {
        let Some(op) = suspended(current, &step.op) else {
            builder.unfollow(step.id);
            gone.insert(step.id, step.id);
            continue;
        };
        let suspension = builder.add(op, step.blame);
        builder.after(step.id, suspension);
        gone.insert(step.id, suspension);
    }
    leaving
        .iter()
        .filter_map(|step| gone.get(step))
        .copied()
        .collect()
}

/// A quota that was lowered may be passed already. A group whose users all let go of it is then free for a moment, and
/// whoever takes it up again waits until all that goes is gone.
fn order_again(
    input: &PlanInput,
    current: Current,
    changes: &Changes,
    gone: &mut Gone,
    builder: &mut PlanBuilder,
) {
    let limits = input.limits();
    let is_overdue = changes.before.len() > limits.target_groups as usize
        || registered(input, changes) > limits.targets as usize;
    if !is_overdue || changes.again.is_empty() {
        return;
    }
    for steps in changes.dropped.values() {
        for earlier in let_go(current, steps, gone, builder) {
            for step in changes.again.iter().filter(|step| **step != earlier) {
                builder.after(*step, earlier);
            }
        }
    }
}

fn suspended(current: Current, op: &Op) -> Option<Op> {
    let unavailable = Action::FixedResponse {
        status_code: 503,
        content_type: None,
        body: None,
    };
    match op {
        Op::ModifyRule { rule, spec } => {
            let mut spec = spec.clone();
            spec.action = unavailable;
            Some(Op::ModifyRule {
                rule: rule.clone(),
                spec,
            })
        }
        Op::ModifyListener { listener, spec } => {
            let observed = current.load_balancer.listeners.get(listener)?;
            let mut spec = spec.clone();
            spec.default_action = unavailable;
            spec.protocol = observed.protocol?;
            spec.certificate = observed.default_certificate.clone().map(Handle::Existing);
            Some(Op::ModifyListener {
                listener: listener.clone(),
                spec,
            })
        }
        _ => None,
    }
}

/// Targets of the groups in use.
fn registered(input: &PlanInput, changes: &Changes) -> usize {
    changes
        .before
        .iter()
        .filter_map(|group| match group {
            Handle::Existing(arn) => input.observed.target_groups.get(arn),
            Handle::Created { .. } => None,
        })
        .flat_map(|group| group.targets.values())
        .filter(|state| state.is_registered())
        .count()
}

/// A group that is taken up brings the targets that are registered with it already.
fn brought(input: &PlanInput, changes: &Changes) -> (usize, BTreeSet<StepId>) {
    let mut targets = 0;
    let mut steps = BTreeSet::new();
    for (group, users) in &changes.added {
        let of = match group {
            Handle::Existing(arn) => input.observed.target_groups.get(arn),
            Handle::Created { .. } => None,
        };
        let states = of.into_iter().flat_map(|it| it.targets.values());
        let registered = states.filter(|it| it.is_registered()).count();
        if registered > 0 {
            targets += registered;
            steps.extend(users);
        }
    }
    (targets, steps)
}

fn order_targets(
    input: &PlanInput,
    current: Current,
    changes: &Changes,
    gone: &mut Gone,
    builder: &mut PlanBuilder,
) {
    let registered = registered(input, changes);
    let (brought, taking) = brought(input, changes);
    let mut registrations = Vec::new();
    let mut deregistrations = BTreeSet::new();
    let mut more = brought;
    for step in builder.steps() {
        match &step.op {
            Op::RegisterTargets { targets, .. } => {
                registrations.push(step.id);
                more += targets.len();
            }
            Op::DeregisterTargets { .. } => {
                deregistrations.insert(step.id);
            }
            _ => {}
        }
    }
    if registered + more <= input.limits().targets as usize {
        return;
    }
    if changes.dropped.is_empty() && taking.is_empty() {
        let needed = registered + more - input.limits().targets as usize;
        rollout::make_room(input, needed, builder);
        return;
    }
    let mut first: BTreeSet<StepId> = changes.dropped.values().flatten().copied().collect();
    first.extend(&deregistrations);
    // Too many for both at once: everything lets go first, and nothing waits for a registration.
    for step in registrations {
        builder.nobody_after(step);
        for earlier in &first {
            builder.after(step, *earlier);
        }
    }
    if taking.is_empty() {
        return;
    }
    for steps in changes.dropped.values() {
        for earlier in let_go(current, steps, gone, builder) {
            for step in taking.iter().filter(|step| **step != earlier) {
                builder.after(*step, earlier);
            }
        }
    }
    for step in taking {
        for earlier in &deregistrations {
            builder.after(step, *earlier);
        }
    }
}
