//! Stickiness of targets under rules with several target groups: a client that came back to
//! another group would lose its target.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::resources::actions::ForwardConfig;
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::state::State;

/// What AWS says of a forward action whose target groups are sticky and which is not.
pub(super) fn check_action(
    state: &State,
    load_balancer: &LoadBalancer,
    config: &ForwardConfig,
) -> Result<(), ApiError> {
    let sticky = config.target_groups.iter().any(|weighted| {
        let group = state.target_groups.get(&weighted.target_group_arn);
        group.is_some_and(|group| is_sticky(&group.attributes))
    });
    if load_balancer.kind == Kind::Application && sticky && splits(config) {
        return Err(ApiError::new(
            "InvalidLoadBalancerAction",
            "You must enable group stickiness on a rule if you enabled target stickiness on one \
             of its target groups",
        ));
    }
    Ok(())
}

/// What AWS says when a target group that is named by such an action becomes sticky.
pub(super) fn check_attributes(
    state: &State,
    group_arn: &str,
    next: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let holder = state
        .target_groups
        .get(group_arn)
        .filter(|group| !is_sticky(&group.attributes) && is_sticky(next))
        .and_then(|group| group.load_balancer_arn.as_ref());
    let load_balancer = holder.and_then(|arn| state.load_balancers.get(arn));
    let Some(load_balancer) = load_balancer.filter(|holder| holder.kind == Kind::Application)
    else {
        return Ok(());
    };
    let rules = state.rules.values();
    let splitting = rules
        .filter(|rule| rule.load_balancer_arn == load_balancer.arn)
        .flat_map(|rule| &rule.actions)
        .filter_map(|action| action.forward_config.as_ref())
        .any(|config| {
            let mut groups = config.target_groups.iter();
            splits(config) && groups.any(|weighted| weighted.target_group_arn == group_arn)
        });
    if splitting {
        return Err(ApiError::configuration(format!(
            "This target group appears behind a rule with group stickiness disabled \
             ({group_arn}). You must enable group stickiness before enabling target stickiness"
        )));
    }
    Ok(())
}

/// Whether a client may come to another group each time.
fn splits(config: &ForwardConfig) -> bool {
    let stays = config.target_group_stickiness_config.as_ref();
    config.target_groups.len() > 1 && !stays.is_some_and(|stickiness| stickiness.enabled)
}

fn is_sticky(attributes: &BTreeMap<String, String>) -> bool {
    let enabled = attributes.get("stickiness.enabled");
    enabled.is_some_and(|enabled| enabled == "true")
}
