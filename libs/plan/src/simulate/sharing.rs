//! Backend groups and the rules of targets' groups: what others share.

use super::World;
use super::parts::{Refusal, required};
use crate::values::effect::Effect;
use crate::values::observed::{BackendGroup, Door, Opening};
use crate::values::op::{Op, SecurityGroupSpec};
use crate::values::tags;

/// Somebody may have been faster: then it is theirs.
pub(super) fn create_group(world: &World, spec: &SecurityGroupSpec) -> Result<Effect, Refusal> {
    let groups = world.observed.backend.groups.known();
    let groups = groups.ok_or("UnauthorizedOperation")?;
    let id = format!("sg-{}-{}", spec.name, spec.vpc);
    if groups.contains_key(&id) {
        return Err("InvalidGroup.Duplicate");
    }
    let group = BackendGroup {
        vpc: spec.vpc.clone(),
        tags: spec.tags.clone(),
    };
    Ok(Effect::CreatedBackendGroup(id, group))
}

pub(super) fn leave_group(world: &World, group: &str, claim: &str) -> Result<Effect, Refusal> {
    let mut carriers = world.observed.load_balancers.values();
    let is_carried = carriers.any(|it| it.security_groups.contains(group));
    let backend = &world.observed.backend;
    let mut rules = backend.doors.values().filter_map(|door| door.known());
    let is_source = rules.any(|door| door.rules.keys().any(|it| it.source == group));
    let groups = backend.groups.known().ok_or("no such group")?;
    let known = groups.get(group).ok_or("no such group")?;
    let is_claimed = tags::claims(&known.tags).any(|it| it != claim);
    if is_source || is_claimed {
        return Ok(Effect::LeftBackendGroup {
            group: group.to_owned(),
            claim: claim.to_owned(),
        });
    }
    if is_carried {
        return Err("DependencyViolation");
    }
    Ok(Effect::Removed(group.to_owned()))
}

pub(super) fn open(world: &World, op: &Op) -> Result<Effect, Refusal> {
    let Op::OpenTargets {
        group,
        source,
        traffic,
        tags,
        claim,
        spare: _,
    } = op
    else {
        return Err("not an opening");
    };
    let opening = Opening {
        source: required(world, source)?,
        traffic: *traffic,
    };
    let tags = match door(world, group)?.rules.get(&opening) {
        None => tags.clone(),
        Some(rule) => {
            let mut rule = rule.clone();
            if tags::is_shared_of(world.ownership.installation, &rule) {
                rule.extend(tags.get(claim).map(|value| (claim.clone(), value.clone())));
            }
            rule
        }
    };
    Ok(Effect::Door {
        group: group.clone(),
        opening,
        tags: Some(tags),
    })
}

pub(super) fn close(
    world: &World,
    group: &str,
    opening: Opening,
    claim: &str,
) -> Result<Effect, Refusal> {
    let rule = door(world, group)?.rules.get(&opening);
    let mut tags = rule.ok_or("no such rule")?.clone();
    if !tags::is_shared_of(world.ownership.installation, &tags) {
        return Err("the rule is not ours");
    }
    tags.remove(claim);
    let is_claimed = tags::claims(&tags).next().is_some();
    Ok(Effect::Door {
        group: group.to_owned(),
        opening,
        tags: is_claimed.then_some(tags),
    })
}

fn door<'w>(world: &'w World, group: &str) -> Result<&'w Door, Refusal> {
    let door = world.observed.backend.doors.get(group);
    door.and_then(|door| door.known())
        .ok_or("no such security group")
}
