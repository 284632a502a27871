//! Targets that come and go at the quota of targets: as few as needed go before their successors come, and the last one of a
//! group only where AWS leaves no other way.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredTarget;

use crate::input::PlanInput;
use crate::parts::builder::PlanBuilder;
use crate::values::op::{Op, StepId};

/// Makes room for so many targets: the deregistrations that come first, of which none waits for a registration any more.
pub(crate) fn make_room(
    input: &PlanInput,
    mut needed: usize,
    builder: &mut PlanBuilder,
) -> BTreeSet<StepId> {
    let mut spare = spare(input, builder);
    let mut first = BTreeSet::new();
    for keep_one in [true, false] {
        let leaving: Vec<(StepId, String, usize)> = deregistrations(builder)
            .filter(|(step, _, _)| !first.contains(step))
            .map(|(step, group, targets)| (step, group.to_owned(), targets.len()))
            .collect();
        for (step, group, count) in leaving {
            let spare = spare.entry(group).or_default();
            let most = if keep_one { *spare } else { count };
            let taken = count.min(needed).min(most);
            if taken == 0 {
                continue;
            }
            *spare = spare.saturating_sub(taken);
            needed -= taken;
            builder.divide_deregistration(step, taken);
            first.insert(step);
        }
    }
    let registers = |op: &Op| matches!(op, Op::RegisterTargets { .. });
    let steps = builder.steps().iter().filter(|step| registers(&step.op));
    let registrations: BTreeSet<StepId> = steps.map(|step| step.id).collect();
    for step in &first {
        for registration in &registrations {
            builder.not_after(*step, *registration);
        }
    }
    for registration in &registrations {
        for step in &first {
            builder.after(*registration, *step);
        }
    }
    first
}

fn deregistrations(
    builder: &PlanBuilder,
) -> impl Iterator<Item = (StepId, &str, &BTreeSet<DesiredTarget>)> {
    builder.steps().iter().filter_map(|step| match &step.op {
        Op::DeregisterTargets {
            target_group,
            targets,
        } => Some((step.id, target_group.as_str(), targets)),
        _ => None,
    })
}

/// Targets that a group can lose and still have one, by ARN.
fn spare(input: &PlanInput, builder: &PlanBuilder) -> BTreeMap<String, usize> {
    let groups: BTreeSet<&str> = deregistrations(builder)
        .map(|(_, group, _)| group)
        .collect();
    let registered = |arn: &str| {
        let group = input.observed.target_groups.get(arn);
        let states = group.into_iter().flat_map(|it| it.targets.values());
        states.filter(|it| it.is_registered()).count()
    };
    groups
        .into_iter()
        .map(|arn| (arn.to_owned(), registered(arn).saturating_sub(1)))
        .collect()
}
