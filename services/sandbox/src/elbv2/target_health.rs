//! The health of targets.
//!
//! Nothing is asked whether it is well: a target is `initial` for the provisioning time and
//! `healthy` after it, or, with reachability on, `unhealthy` where its security groups keep the
//! load balancer out.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::clock::later;
use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::instances::InstanceState;
use crate::resources::load_balancers::Kind;
use crate::resources::target_groups::{Target, TargetGroup, TargetKey, TargetType};
use crate::state::State;

use super::reachability::Reach;
use super::targets::{TargetArg, forget_drained, key_of};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct DescribeHealth {
    target_group_arn: String,
    #[serde(default)]
    targets: Vec<TargetArg>,
    /// Nothing here is anomalous or overridden, so that asking for more changes nothing.
    #[serde(default, rename = "Include")]
    _include: Vec<String>,
}

pub(crate) fn describe_health(state: &State, request: &Request) -> Answer {
    let asked: DescribeHealth = request.read()?;
    let group = state.target_group(&asked.target_group_arn)?;
    let mut present = group.targets.clone();
    forget_drained(&mut present, request.now);
    let reach = Reach::of(state, group, request.now);
    let described = |key: &TargetKey, target: Option<&Target>| {
        described(state, group, reach.as_ref(), key, target, request.now)
    };
    let descriptions: Vec<Value> = if asked.targets.is_empty() {
        present
            .iter()
            .map(|(key, target)| described(key, Some(target)))
            .collect()
    } else {
        asked
            .targets
            .iter()
            .map(|target| {
                let key = key_of(group, target)?;
                Ok(described(&key, present.get(&key)))
            })
            .collect::<Result<_, ApiError>>()?
    };
    Ok(json!({"TargetHealthDescriptions": descriptions}))
}

fn described(
    state: &State,
    group: &TargetGroup,
    reach: Option<&Reach<'_>>,
    key: &TargetKey,
    target: Option<&Target>,
    now: Timestamp,
) -> Value {
    json!({
        "Target": {
            "Id": key.id,
            "Port": key.port,
            "AvailabilityZone": target.and_then(|target| target.zone.as_ref()),
        },
        "HealthCheckPort": group.health_check.port_of(key).to_string(),
        "TargetHealth": health(state, group, reach, (key, target), now),
    })
}

fn health(
    state: &State,
    group: &TargetGroup,
    reach: Option<&Reach<'_>>,
    (key, target): (&TargetKey, Option<&Target>),
    now: Timestamp,
) -> Value {
    let Some(target) = target else {
        return json!({
            "State": "unused",
            "Reason": "Target.NotRegistered",
            "Description": "Target is not registered to the target group",
        });
    };
    if target.draining_until.is_some() {
        return json!({
            "State": "draining",
            "Reason": "Target.DeregistrationInProgress",
            "Description": "Target deregistration is in progress",
        });
    }
    let Some(attached_at) = group.attached_at else {
        return json!({
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target group is not configured to receive traffic from the load \
                            balancer",
        });
    };
    if is_terminated(state, group, key, now) {
        return json!({
            "State": "unused",
            "Reason": "Target.InvalidState",
            "Description": "Target is in the terminated state",
        });
    }
    if !in_enabled_zone(state, group, target) {
        return json!({
            "State": "unused",
            "Reason": "Target.NotInUse",
            "Description": "Target is in an Availability Zone that is not enabled for the load \
                            balancer",
        });
    }
    let since = target.registered_at.max(attached_at);
    if now < later(since, state.provisioning / 2) {
        return json!({
            "State": "initial",
            "Reason": "Elb.RegistrationInProgress",
            "Description": "Target registration is in progress",
        });
    }
    if now < later(since, state.provisioning) {
        return json!({
            "State": "initial",
            "Reason": "Elb.InitialHealthChecking",
            "Description": "Initial health checks in progress",
        });
    }
    match reach.filter(|reach| !reach.lets_in(key)) {
        None => json!({"State": "healthy"}),
        // `TargetHealth`: Target.Timeout is of ALBs, an NLB says that its checks failed.
        Some(reach) => match reach.load_balancer().kind {
            Kind::Application => json!({
                "State": "unhealthy",
                "Reason": "Target.Timeout",
                "Description": "Request timed out",
            }),
            Kind::Network => json!({
                "State": "unhealthy",
                "Reason": "Target.FailedHealthChecks",
                "Description": "Health checks failed",
            }),
        },
    }
}

fn is_terminated(state: &State, group: &TargetGroup, key: &TargetKey, now: Timestamp) -> bool {
    match group.target_type {
        TargetType::Instance => state
            .network
            .instances
            .get(&key.id)
            .is_none_or(|instance| instance.state(now) == InstanceState::Terminated),
        TargetType::Ip | TargetType::Alb => false,
    }
}

fn in_enabled_zone(state: &State, group: &TargetGroup, target: &Target) -> bool {
    let zone = match &target.zone {
        None => return true,
        Some(zone) if zone == "all" => return true,
        Some(zone) => zone,
    };
    group
        .load_balancer_arn
        .as_ref()
        .and_then(|arn| state.load_balancers.get(arn))
        .is_none_or(|lb| lb.zones.iter().any(|enabled| &enabled.name == zone))
}
