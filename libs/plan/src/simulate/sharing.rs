//! Backend groups and the rules of targets' groups: what others share.

use super::World;
use super::parts::{Refusal, required};
use crate::values::observed::{BackendGroup, Door, Opening};
use crate::values::op::{Op, SecurityGroupSpec};
use crate::values::tags;

/// Somebody may have been faster: then it is theirs.
pub(super) fn create_group(world: &mut World, spec: &SecurityGroupSpec) -> Result<String, Refusal> {
    let groups = world.observed.backend.groups.known_mut();
    let groups = groups.ok_or("UnauthorizedOperation")?;
    let id = format!("sg-{}-{}", spec.name, spec.vpc);
    let group = BackendGroup {
        vpc: spec.vpc.clone(),
        tags: spec.tags.clone(),
    };
    if groups.insert(id.clone(), group).is_some() {
        return Err("InvalidGroup.Duplicate");
    }
    Ok(id)
}

pub(super) fn leave_group(world: &mut World, group: &str, claim: &str) -> Result<(), Refusal> {
    let mut carriers = world.observed.load_balancers.values();
    let is_carried = carriers.any(|it| it.security_groups.contains(group));
    let backend = &mut world.observed.backend;
    let mut rules = backend.doors.values().filter_map(|door| door.known());
    let is_source = rules.any(|door| door.rules.keys().any(|it| it.source == group));
    let groups = backend.groups.known_mut().ok_or("no such group")?;
    let known = groups.get_mut(group).ok_or("no such group")?;
    known.tags.remove(claim);
    if is_source || tags::claims(&known.tags).next().is_some() {
        return Ok(());
    }
    if is_carried {
        return Err("DependencyViolation");
    }
    groups.remove(group);
    Ok(())
}

pub(super) fn open(world: &mut World, op: &Op) -> Result<(), Refusal> {
    let Op::OpenTargets {
        group,
        source,
        traffic,
        tags,
        claim,
    } = op
    else {
        return Err("not an opening");
    };
    let opening = Opening {
        source: required(world, source)?,
        traffic: *traffic,
    };
    let installation = world.ownership.installation;
    let rules = &mut door(world, group)?.rules;
    match rules.get_mut(&opening) {
        None => {
            rules.insert(opening, tags.clone());
        }
        Some(rule) if tags::is_shared_of(installation, rule) => {
            rule.extend(tags.get(claim).map(|value| (claim.clone(), value.clone())));
        }
        Some(_) => {}
    }
    Ok(())
}

pub(super) fn close(
    world: &mut World,
    group: &str,
    opening: &Opening,
    claim: &str,
) -> Result<(), Refusal> {
    let installation = world.ownership.installation;
    let rules = &mut door(world, group)?.rules;
    let rule = rules.get_mut(opening).ok_or("no such rule")?;
    if !tags::is_shared_of(installation, rule) {
        return Err("the rule is not ours");
    }
    rule.remove(claim);
    if tags::claims(rule).next().is_none() {
        rules.remove(opening);
    }
    Ok(())
}

fn door<'w>(world: &'w mut World, group: &str) -> Result<&'w mut Door, Refusal> {
    let door = world.observed.backend.doors.get_mut(group);
    door.and_then(|door| door.known_mut())
        .ok_or("no such security group")
}
