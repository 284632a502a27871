//! Steps on what load balancers share: the backend group, and rules of their targets' security groups.
//!
//! Each looks before it writes, since others, in this process and elsewhere, work on the same things: what was made meanwhile is
//! used, and what was claimed meanwhile stays. Between look and write lie some milliseconds in which a claim can still be
//! missed; its owner finds out at its next look and makes the rule again. Who gives up a claim looks once more, since what
//! nobody claims any more is in nobody's plan.

use std::collections::BTreeSet;

use tokio::time::Instant;
use tributary_plan::effect::Effect;
use tributary_plan::observed::{BackendGroup, Opening};
use tributary_plan::op::{NO_ROOM, RULES_FULL, SecurityGroupSpec};
use tributary_plan::tags::{CLUSTER, INSTALLATION, SHARED_RESOURCE, Tags, claims};

use super::other;
use crate::Aws;
use crate::ec2::{Ec2, RuleFilter, SecurityGroupFilter, SharedRule};
use crate::elbv2::{Answer, Found};
use crate::error::{AwsError, Class};

/// A rule of a target's security group, and whose claim it is about.
pub(super) struct Claimed<'a> {
    pub(super) group: &'a str,
    pub(super) opening: Opening,
    pub(super) claim: &'a str,
}

pub(super) async fn create_group(ec2: &dyn Ec2, spec: &SecurityGroupSpec) -> Answer<Effect> {
    let (id, tags) = match ec2.create_security_group(spec).await {
        Ok(id) => (id, spec.tags.clone()),
        Err(error) if is_duplicate(&error) => join_group(ec2, spec).await?.ok_or(error)?,
        Err(error) => return Err(error),
    };
    let group = BackendGroup {
        vpc: spec.vpc.clone(),
        tags,
    };
    Ok(Effect::CreatedBackendGroup(id, group))
}

/// The group that somebody else made under the same name, with our claim if it is of this installation.
async fn join_group(ec2: &dyn Ec2, spec: &SecurityGroupSpec) -> Answer<Option<(String, Tags)>> {
    let shared = [CLUSTER, SHARED_RESOURCE].into_iter();
    let shared = shared.filter_map(|key| Some((key.to_owned(), spec.tags.get(key)?.clone())));
    let filter = SecurityGroupFilter::Tags(shared.collect());
    let found = ec2.security_groups(&filter).await?.into_iter();
    let first = found
        .filter(|(_, group)| group.vpc == spec.vpc)
        .min_by(|one, other| one.0.cmp(&other.0));
    let Some((id, group)) = first else {
        return Ok(None);
    };
    let mut tags = group.tags;
    if tags.get(INSTALLATION) == spec.tags.get(INSTALLATION) {
        let ours: BTreeSet<&str> = claims(&spec.tags).collect();
        let claim = spec
            .tags
            .iter()
            .filter(|(key, _)| ours.contains(key.as_str()));
        let claim: Tags = claim
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        ec2.add_tags(&id, &claim).await?;
        tags.extend(claim);
    }
    Ok(Some((id, tags)))
}

pub(super) async fn leave_group(ec2: &dyn Ec2, group: &str, claim: &str) -> Answer<Effect> {
    let filter = SecurityGroupFilter::Ids(BTreeSet::from([group.to_owned()]));
    let is_shared = async || {
        let found = ec2.security_groups(&filter).await?;
        let tags = found.get(group).map(|found| &found.tags);
        let others = tags.is_some_and(|tags| claims(tags).any(|it| it != claim));
        Ok::<_, AwsError>(others)
    };
    let left = || Effect::LeftBackendGroup {
        group: group.to_owned(),
        claim: claim.to_owned(),
    };
    if is_shared().await? {
        other::gone(ec2.remove_tag(group, claim).await)?;
        // As with rules: who looks last finds none.
        if is_shared().await? {
            return Ok(left());
        }
    }
    match other::gone(ec2.delete_security_group(group).await) {
        Ok(()) => return Ok(Effect::Removed(group.to_owned())),
        Err(error) if !is_let_in(ec2, group, &error).await? => return Err(error),
        // It goes with those who made these rules, or its next user claims it.
        Err(_) => {}
    }
    other::gone(ec2.remove_tag(group, claim).await)?;
    Ok(left())
}

/// Whether the group is in use by rules, which are not ours: ours are gone by now.
async fn is_let_in(ec2: &dyn Ec2, group: &str, error: &AwsError) -> Answer<bool> {
    if error.code.as_deref() != Some("DependencyViolation") {
        return Ok(false);
    }
    let filter = SecurityGroupFilter::LettingIn(group.to_owned());
    Ok(!ec2.security_groups(&filter).await?.is_empty())
}

/// `spare` rules are to be left free. Where there is no room for them, or none at all, it is planned again from a look, as a
/// range perhaps.
pub(super) async fn open(
    aws: &Aws,
    rule: Claimed<'_>,
    tags: &Tags,
    spare: usize,
) -> Answer<Effect> {
    let Claimed {
        group,
        opening,
        claim,
    } = rule;
    let ec2 = &*aws.ec2;
    let looked = Instant::now();
    let rules = of_group(ec2, group).await?;
    let seen = rules.len();
    let mut there = rules.into_iter().find(|(_, rule)| rule.opening == opening);
    if there.is_none() {
        let Some(place) = aws.index.slots.take(group, seen, looked, spare) else {
            let text = format!("security group {group} has {seen} rules and {NO_ROOM}");
            return Err(AwsError::new(Class::NeedsReobserve, "room for rules", text));
        };
        let opened = ec2.open(group, &opening, tags).await;
        drop(place);
        match opened {
            Ok(()) => return Ok(known_rule(group, opening, Some(tags.clone()))),
            Err(error) if is_duplicate(&error) => {
                there = Some(find(ec2, group, &opening).await?.ok_or(error)?);
            }
            Err(mut error) => {
                if spare > 0 && error.code.as_deref() == Some(RULES_FULL) {
                    error.class = Class::NeedsReobserve;
                }
                return Err(error);
            }
        }
    }
    let mut seen = Tags::new();
    if let Some((id, rule)) = there {
        seen = rule.tags;
        let is_ours = seen.get(INSTALLATION) == tags.get(INSTALLATION);
        if is_ours && !seen.contains_key(claim) {
            let value = tags.get(claim).cloned().unwrap_or_default();
            let claim = Tags::from_iter([(claim.to_owned(), value)]);
            ec2.add_tags(&id, &claim).await?;
            seen.extend(claim);
        }
    }
    Ok(known_rule(group, opening, Some(seen)))
}

pub(super) async fn close(ec2: &dyn Ec2, rule: Claimed<'_>) -> Answer<Effect> {
    let Claimed {
        group,
        opening,
        claim,
    } = rule;
    let Some((id, rule)) = find(ec2, group, &opening).await? else {
        return Ok(known_rule(group, opening, None));
    };
    let mut seen = rule.tags;
    if !is_last(&seen, claim) && seen.contains_key(claim) {
        other::gone(ec2.remove_tag(&id, claim).await)?;
        // Of several who let go at once each has seen the others' claims; who looks last finds none.
        let Some((_, rule)) = find(ec2, group, &opening).await? else {
            return Ok(known_rule(group, opening, None));
        };
        seen = rule.tags;
    }
    if is_last(&seen, claim) {
        other::gone(ec2.revoke_rule(group, &id).await)?;
        return Ok(known_rule(group, opening, None));
    }
    Ok(known_rule(group, opening, Some(seen)))
}

/// Whether a rule of ours is nobody else's.
fn is_last(tags: &Tags, claim: &str) -> bool {
    tags.contains_key(INSTALLATION) && claims(tags).all(|it| it == claim)
}

async fn find(
    ec2: &dyn Ec2,
    group: &str,
    opening: &Opening,
) -> Answer<Option<(String, SharedRule)>> {
    let mut rules = of_group(ec2, group).await?.into_iter();
    Ok(rules.find(|(_, rule)| rule.opening == *opening))
}

async fn of_group(ec2: &dyn Ec2, group: &str) -> Answer<Found<SharedRule>> {
    let filter = RuleFilter::Group(group.to_owned());
    ec2.shared_rules(&filter).await
}

/// The rule is there with these tags, or it is not there.
fn known_rule(group: &str, opening: Opening, tags: Option<Tags>) -> Effect {
    Effect::Door {
        group: group.to_owned(),
        opening,
        tags,
    }
}

fn is_duplicate(error: &AwsError) -> bool {
    let code = error.code.as_deref();
    code.is_some_and(|code| {
        ["InvalidGroup.Duplicate", "InvalidPermission.Duplicate"].contains(&code)
    })
}
