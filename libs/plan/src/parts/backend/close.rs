//! Giving up what the load balancer needs no longer; with the last who needs it, it goes.

use std::collections::{BTreeMap, BTreeSet};

use super::needs::Port;
use super::{Carried, Opened, View, all_target_groups_go, is_carried_on};
use crate::parts::builder::PlanBuilder;
use crate::parts::cleanup::Deleted;
use crate::values::observed::Opening;
use crate::values::op::{Blame, Handle, Op, StepId};
use crate::values::tags::{self, Tags};

/// Rules and groups that a load balancer which stays needs no longer.
pub(crate) fn close(
    view: View,
    carried: &Carried,
    opened: &Opened,
    regrouped: Option<StepId>,
    deleted: &Deleted,
    builder: &mut PlanBuilder,
) {
    let keeps = match carried {
        Carried::Unknown => return,
        // Whose door is not known may need any rule.
        Carried::Group(_) if opened.needs.is_uncertain => return,
        Carried::Group(Handle::Existing(group)) => Some(group.as_str()),
        Carried::Group(Handle::Created { .. }) | Carried::Nothing => None,
    };
    let mut closed: BTreeSet<StepId> = BTreeSet::new();
    for (group, opening) in held(view) {
        if opened.wanted.contains(&(group.clone(), opening.clone())) {
            continue;
        }
        let is_left = Some(opening.source.as_str()) != keeps;
        if is_left && regrouped.is_none() && is_carried_on(view, &opening.source, deleted) {
            continue;
        }
        let mut after: BTreeSet<StepId> = BTreeSet::new();
        // Traffic goes through the new rules by then, …
        let opens = opened.steps.get(group).into_iter().flatten();
        after.extend(opens.map(|(_, step)| *step));
        // … or there is none, …
        let ends = opened.needs.ends.iter();
        let ends = ends.filter(|((of, port), _)| of == group && port_in(*port, opening));
        after.extend(ends.flat_map(|(_, steps)| steps));
        // … or it comes through another backend group.
        if is_left {
            after.extend(regrouped);
            after.extend(deleted.values());
        }
        closed.insert(close_one(view, group, opening, after, builder));
    }
    leave(view, keeps, regrouped, deleted, &closed, builder);
}

/// All that is claimed for a load balancer that is to be gone, once nothing is left of it that needs it.
pub(crate) fn remove(view: View, deleted: &Deleted, builder: &mut PlanBuilder) {
    let stays = crate::input::ours::load_balancers(view.observed, view.ownership)
        .any(|it| !deleted.contains_key(it.arn));
    if stays || !all_target_groups_go(view, builder) {
        return;
    }
    let ends = builder.steps().iter().filter(|step| {
        matches!(
            step.op,
            Op::DeleteTargetGroup { .. } | Op::DeleteLoadBalancer { .. }
        )
    });
    let ends: BTreeSet<StepId> = ends.map(|step| step.id).collect();
    let mut closed: BTreeSet<StepId> = BTreeSet::new();
    for (group, opening) in held(view) {
        closed.insert(close_one(view, group, opening, ends.clone(), builder));
    }
    leave(view, None, None, deleted, &closed, builder);
}

/// Whether anything is still claimed for the load balancer that has to be given up before it counts as gone. A backend group
/// is not among it: AWS keeps it as long as anybody carries it, and the others remove it with theirs.
pub(crate) fn holds_any(view: View) -> bool {
    held(view).next().is_some()
}

/// Rules of this installation that this load balancer claims.
fn held(view: View<'_>) -> impl Iterator<Item = (&String, &Opening)> {
    let doors = view.observed.backend.doors.iter();
    let rules = doors.flat_map(|(group, door)| {
        let rules = door.known().map(|door| &door.rules);
        rules.into_iter().flatten().map(move |rule| (group, rule))
    });
    rules
        .filter(move |(_, (_, tags))| is_held(view, tags))
        .map(|(group, (opening, _))| (group, opening))
}

fn is_held(view: View, tags: &Tags) -> bool {
    let installation = &view.context.installation;
    let (claim, _) = tags::claim(installation, view.ownership.key);
    tags::is_shared_of(installation, tags) && tags.contains_key(&claim)
}

fn port_in(port: Port, opening: &Opening) -> bool {
    port.is_in(opening.traffic)
}

fn close_one(
    view: View,
    group: &str,
    opening: &Opening,
    after: BTreeSet<StepId>,
    builder: &mut PlanBuilder,
) -> StepId {
    let (claim, _) = tags::claim(&view.context.installation, view.ownership.key);
    let op = Op::CloseTargets {
        group: group.to_owned(),
        source: opening.source.clone(),
        traffic: opening.traffic,
        claim,
    };
    let step = builder.add(op, Blame::LoadBalancer);
    for earlier in after {
        builder.after(step, earlier);
    }
    step
}

/// Backend groups that it carries no longer.
fn leave(
    view: View,
    keeps: Option<&str>,
    regrouped: Option<StepId>,
    deleted: &Deleted,
    closed: &BTreeSet<StepId>,
    builder: &mut PlanBuilder,
) {
    let none = BTreeMap::new();
    let groups = view.observed.backend.groups.known().unwrap_or(&none);
    for (id, group) in groups {
        let is_kept =
            keeps == Some(id.as_str()) || regrouped.is_none() && is_carried_on(view, id, deleted);
        if is_kept || !is_held(view, &group.tags) {
            continue;
        }
        let (claim, _) = tags::claim(&view.context.installation, view.ownership.key);
        let op = Op::LeaveBackendGroup {
            group: id.clone(),
            claim,
        };
        let step = builder.add(op, Blame::LoadBalancer);
        let earlier = closed.iter().chain(&regrouped).chain(deleted.values());
        let earlier: BTreeSet<StepId> = earlier.copied().collect();
        for earlier in earlier {
            builder.after(step, earlier);
        }
    }
}
