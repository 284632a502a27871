//! Names and ARNs of ELBv2, and the errors that say that one is not there.

use crate::error::ApiError;
use crate::resources::listeners::Listener;
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::resources::rules::Rule;
use crate::resources::target_groups::TargetGroup;
use crate::state::State;

/// Checks a load balancer's or target group's name: at most 32 letters, digits and hyphens, no
/// hyphen at either end, and not the prefix that AWS keeps for internal DNS names.
pub(crate) fn check(what: &str, name: &str) -> Result<(), ApiError> {
    let wrong = if name.is_empty() {
        "must not be empty"
    } else if name.len() > 32 {
        "cannot be longer than '32' characters"
    } else if !name
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    {
        "can only contain characters that are alphanumeric characters and hyphens(-)"
    } else if name.starts_with('-') || name.ends_with('-') {
        "cannot begin or end with a hyphen(-)"
    } else if what == "load balancer" && name.starts_with("internal-") {
        "cannot begin with 'internal-'"
    } else {
        return Ok(());
    };
    Err(ApiError::validation(format!(
        "The {what} name '{name}' {wrong}"
    )))
}

impl State {
    /// `arn:aws:elasticloadbalancing:REGION:ACCOUNT:` and the resource.
    pub(crate) fn elb_arn(&self, resource: &str) -> String {
        let Self {
            region, account, ..
        } = self;
        format!("arn:aws:elasticloadbalancing:{region}:{account}:{resource}")
    }

    pub(crate) fn load_balancer(&self, arn: &str) -> Result<&LoadBalancer, ApiError> {
        check_arn(arn, "loadbalancer/")?;
        self.load_balancers
            .get(arn)
            .ok_or_else(|| no_load_balancer(arn))
    }

    pub(crate) fn load_balancer_mut(&mut self, arn: &str) -> Result<&mut LoadBalancer, ApiError> {
        check_arn(arn, "loadbalancer/")?;
        self.load_balancers
            .get_mut(arn)
            .ok_or_else(|| no_load_balancer(arn))
    }

    pub(crate) fn listener(&self, arn: &str) -> Result<&Listener, ApiError> {
        check_arn(arn, "listener/")?;
        self.listeners.get(arn).ok_or_else(|| no_listener(arn))
    }

    pub(crate) fn listener_mut(&mut self, arn: &str) -> Result<&mut Listener, ApiError> {
        check_arn(arn, "listener/")?;
        self.listeners.get_mut(arn).ok_or_else(|| no_listener(arn))
    }

    /// The listeners of a load balancer.
    pub(crate) fn listeners_of<'a>(
        &'a self,
        load_balancer: &'a str,
    ) -> impl Iterator<Item = &'a Listener> {
        self.listeners
            .values()
            .filter(move |listener| listener.load_balancer_arn == load_balancer)
    }

    pub(crate) fn rule(&self, arn: &str) -> Result<&Rule, ApiError> {
        check_arn(arn, "listener-rule/")?;
        self.rules.get(arn).ok_or_else(|| no_rule(arn))
    }

    pub(crate) fn rule_mut(&mut self, arn: &str) -> Result<&mut Rule, ApiError> {
        check_arn(arn, "listener-rule/")?;
        self.rules.get_mut(arn).ok_or_else(|| no_rule(arn))
    }

    pub(crate) fn target_group(&self, arn: &str) -> Result<&TargetGroup, ApiError> {
        check_arn(arn, "targetgroup/")?;
        self.target_groups
            .get(arn)
            .ok_or_else(|| no_target_group(arn))
    }

    pub(crate) fn target_group_mut(&mut self, arn: &str) -> Result<&mut TargetGroup, ApiError> {
        check_arn(arn, "targetgroup/")?;
        self.target_groups
            .get_mut(arn)
            .ok_or_else(|| no_target_group(arn))
    }
}

/// The resource type's words in error messages.
fn check_arn(arn: &str, resource: &str) -> Result<(), ApiError> {
    let what = match resource {
        "loadbalancer/" => "load balancer",
        "listener/" => "listener",
        "listener-rule/" => "listener rule",
        _ => "target group",
    };
    let found = arn
        .strip_prefix("arn:aws:elasticloadbalancing:")
        .and_then(|rest| rest.splitn(3, ':').nth(2));
    if found.is_some_and(|found| found.starts_with(resource)) {
        return Ok(());
    }
    Err(ApiError::validation(format!(
        "'{arn}' is not a valid {what} ARN"
    )))
}

pub(crate) fn no_load_balancer(which: &str) -> ApiError {
    ApiError::new(
        "LoadBalancerNotFound",
        format!("Load balancers '[{which}]' not found"),
    )
}

pub(crate) fn no_listener(arn: &str) -> ApiError {
    ApiError::new(
        "ListenerNotFound",
        format!("One or more listeners not found: '{arn}'"),
    )
}

pub(crate) fn no_rule(arn: &str) -> ApiError {
    ApiError::new(
        "RuleNotFound",
        format!("One or more rules not found: '{arn}'"),
    )
}

pub(crate) fn no_target_group(which: &str) -> ApiError {
    ApiError::new(
        "TargetGroupNotFound",
        format!("Target groups '{which}' not found"),
    )
}

/// `app` or `net`, as ARNs say it.
pub(crate) fn arn_part(kind: Kind) -> &'static str {
    match kind {
        Kind::Application => "app",
        Kind::Network => "net",
    }
}
