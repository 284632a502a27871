//! Who names which target group. Kept as counts, so that a load balancer with tens of thousands
//! of rules is not searched on every write.

use jiff::Timestamp;

use crate::error::ApiError;
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::resources::target_groups;
use crate::resources::target_groups::TargetType;
use crate::state::State;

/// Refuses what would pass a quota of the load balancer, or take a target group from another one.
/// `before` are the target groups that the listener or rule names now and `after` those that it
/// will.
pub(crate) fn check(
    state: &State,
    load_balancer: &LoadBalancer,
    before: &[String],
    after: &[String],
) -> Result<(), ApiError> {
    let mut unique = load_balancer.target_groups.len();
    let mut targets = load_balancer.target_count;
    let mut adds = false;
    for arn in before {
        if load_balancer.target_groups.get(arn) == Some(&1) && !after.contains(arn) {
            unique -= 1;
            targets -= serving_in(state, arn);
        }
    }
    for arn in after {
        let group = state.target_group(arn)?;
        if let Some(other) = group
            .load_balancer_arn
            .as_ref()
            .filter(|other| **other != load_balancer.arn)
        {
            return Err(ApiError::new(
                "TargetGroupAssociationLimit",
                format!(
                    "The following target groups cannot be associated with more than one load \
                     balancer: {arn} (in use by {other})"
                ),
            ));
        }
        if !load_balancer.target_groups.contains_key(arn) {
            unique += 1;
            targets += serving_in(state, arn);
            adds = true;
        }
    }
    if !adds {
        return Ok(());
    }
    let limit = state.quotas.target_groups_per_application_load_balancer as usize;
    if load_balancer.kind == Kind::Application && unique > limit {
        return Err(ApiError::new(
            "TooManyUniqueTargetGroupsPerLoadBalancer",
            format!(
                "The maximum number of unique target groups associated with a load balancer has \
                 been reached: '{limit}'"
            ),
        ));
    }
    check_targets(state, load_balancer, targets)
}

/// Refuses more targets than may stand behind a load balancer.
pub(crate) fn check_targets(
    state: &State,
    load_balancer: &LoadBalancer,
    targets: usize,
) -> Result<(), ApiError> {
    let limit = match load_balancer.kind {
        Kind::Application => state.quotas.targets_per_application_load_balancer,
        Kind::Network => state.quotas.targets_per_network_load_balancer,
    };
    if targets > limit as usize {
        return Err(ApiError::new(
            "TooManyTargets",
            format!("The maximum number of targets per load balancer has been reached: '{limit}'"),
        ));
    }
    Ok(())
}

/// Counts one more listener or rule for every target group of `arns`.
pub(crate) fn attach(state: &mut State, load_balancer: &str, arns: &[String], now: Timestamp) {
    for arn in arns {
        let targets = serving_in(state, arn);
        if let Some(load_balancer) = state.load_balancers.get_mut(load_balancer) {
            let count = load_balancer.target_groups.entry(arn.clone()).or_default();
            *count += 1;
            if *count == 1 {
                load_balancer.target_count += targets;
            }
        }
        if let Some(group) = state.target_groups.get_mut(arn)
            && group.load_balancer_arn.is_none()
        {
            group.load_balancer_arn = Some(load_balancer.to_owned());
            group.attached_at = Some(now);
        }
    }
}

/// Counts one listener or rule less for every target group of `arns`.
pub(crate) fn detach(state: &mut State, load_balancer: &str, arns: &[String]) {
    for arn in arns {
        let targets = serving_in(state, arn);
        let Some(holder) = state.load_balancers.get_mut(load_balancer) else {
            continue;
        };
        let Some(count) = holder.target_groups.get_mut(arn) else {
            continue;
        };
        *count -= 1;
        if *count > 0 {
            continue;
        }
        holder.target_groups.remove(arn);
        holder.target_count -= targets;
        if let Some(group) = state.target_groups.get_mut(arn) {
            group.load_balancer_arn = None;
            group.attached_at = None;
        }
    }
}

/// Targets of a group that count against quotas.
fn serving_in(state: &State, arn: &str) -> usize {
    let group = state.target_groups.get(arn);
    group.map_or(0, |group| target_groups::serving(&group.targets))
}

/// The target group of type `alb` that an ALB is a target of.
pub(crate) fn alb_target_of<'a>(state: &'a State, load_balancer: &str) -> Option<&'a str> {
    state
        .target_groups
        .values()
        .filter(|group| group.target_type == TargetType::Alb)
        .find(|group| group.targets.keys().any(|key| key.id == load_balancer))
        .map(|group| group.arn.as_str())
}
