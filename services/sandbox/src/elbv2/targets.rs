//! Targets and their health.
//!
//! Nothing is asked whether it is well: a target is `initial` for the provisioning time and
//! `healthy` after it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::state::{State, later};

use super::references;
use super::target_groups::{TargetAddressType, TargetGroup, TargetType};

/// What makes a target another one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct TargetKey {
    pub(crate) id: String,
    pub(crate) port: u16,
}

/// What is known of a target.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Target {
    pub(crate) zone: Option<String>,
    pub(crate) registered_at: Timestamp,
    /// Deregistered, and gone at this moment.
    pub(crate) draining_until: Option<Timestamp>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TargetArg {
    id: String,
    port: Option<i64>,
    availability_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    target_group_arn: String,
    targets: Vec<TargetArg>,
}

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

pub(crate) fn register(state: &mut State, request: &Request) -> Answer {
    let asked: Change = request.read()?;
    let group = state.target_group(&asked.target_group_arn)?;
    if asked.targets.is_empty() {
        return Err(ApiError::validation(
            "At least one target must be specified",
        ));
    }
    let mut next = group.targets.clone();
    forget_drained(&mut next, request.now);
    for target in asked.targets {
        let key = key_of(group, &target)?;
        let zone = check_target(state, group, &target)?;
        match next.get_mut(&key) {
            Some(present) if present.draining_until.is_none() => {
                if zone.is_some() {
                    present.zone = zone;
                }
            }
            Some(_) | None => {
                let target = Target {
                    zone,
                    registered_at: request.now,
                    draining_until: None,
                };
                next.insert(key, target);
            }
        }
    }
    let count = serving(&next);
    let limit = state.quotas.targets_per_target_group;
    if count > limit as usize {
        return Err(ApiError::new(
            "TooManyTargets",
            format!("The maximum number of targets per target group has been reached: '{limit}'"),
        ));
    }
    if let Some(arn) = &group.load_balancer_arn {
        let load_balancer = state.load_balancer(arn)?;
        let others = load_balancer.target_count - serving(&group.targets);
        references::check_targets(state, load_balancer, others + count)?;
    }
    set_targets(state, &asked.target_group_arn, next)?;
    Ok(json!({}))
}

/// A target without a port means every registration of its id.
pub(crate) fn deregister(state: &mut State, request: &Request) -> Answer {
    let asked: Change = request.read()?;
    let group = state.target_group(&asked.target_group_arn)?;
    if asked.targets.is_empty() {
        return Err(ApiError::validation(
            "At least one target must be specified",
        ));
    }
    let mut leaving = Vec::new();
    for target in &asked.targets {
        let found: Vec<TargetKey> = group
            .targets
            .iter()
            .filter(|(key, present)| {
                key.id == target.id
                    && target.port.is_none_or(|port| port == i64::from(key.port))
                    && present.draining_until.is_none()
            })
            .map(|(key, _)| key.clone())
            .collect();
        if found.is_empty() && group.target_type == TargetType::Ip {
            check_address(group, &target.id)?;
        }
        leaving.extend(found);
    }
    let delay = group
        .attributes
        .get("deregistration_delay.timeout_seconds")
        .and_then(|seconds| seconds.parse().ok())
        .unwrap_or(300);
    let drains = group.load_balancer_arn.is_some() && delay > 0;
    let until = later(request.now, Duration::from_secs(delay));
    let mut next = group.targets.clone();
    forget_drained(&mut next, request.now);
    for key in leaving {
        if !drains {
            next.remove(&key);
        } else if let Some(target) = next.get_mut(&key) {
            target.draining_until = Some(until);
        }
    }
    set_targets(state, &asked.target_group_arn, next)?;
    Ok(json!({}))
}

/// Replaces the targets of a group and keeps the count of its load balancer right.
fn set_targets(
    state: &mut State,
    arn: &str,
    next: BTreeMap<TargetKey, Target>,
) -> Result<(), ApiError> {
    let group = state.target_group_mut(arn)?;
    let before = serving(&group.targets);
    let after = serving(&next);
    group.targets = next;
    let holder = group.load_balancer_arn.clone();
    if let Some(holder) = holder.and_then(|arn| state.load_balancers.get_mut(&arn)) {
        holder.target_count = holder.target_count - before + after;
    }
    Ok(())
}

pub(crate) fn describe_health(state: &State, request: &Request) -> Answer {
    let asked: DescribeHealth = request.read()?;
    let group = state.target_group(&asked.target_group_arn)?;
    let mut present = group.targets.clone();
    forget_drained(&mut present, request.now);
    let descriptions: Vec<Value> = if asked.targets.is_empty() {
        present
            .iter()
            .map(|(key, target)| described(state, group, key, Some(target), request.now))
            .collect()
    } else {
        asked
            .targets
            .iter()
            .map(|target| {
                let key = key_of(group, target)?;
                Ok(described(
                    state,
                    group,
                    &key,
                    present.get(&key),
                    request.now,
                ))
            })
            .collect::<Result<_, ApiError>>()?
    };
    Ok(json!({"TargetHealthDescriptions": descriptions}))
}

/// Targets that count against quotas: those that drain do not.
pub(crate) fn serving(targets: &BTreeMap<TargetKey, Target>) -> usize {
    targets
        .values()
        .filter(|target| target.draining_until.is_none())
        .count()
}

/// As a list, since JSON's keys are text.
pub(crate) fn as_list<S: Serializer>(
    targets: &BTreeMap<TargetKey, Target>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(targets.iter())
}

fn described(
    state: &State,
    group: &TargetGroup,
    key: &TargetKey,
    target: Option<&Target>,
    now: Timestamp,
) -> Value {
    let check_port = match group.health_check.port.as_str() {
        "traffic-port" => key.port.to_string(),
        port => port.to_owned(),
    };
    json!({
        "Target": {
            "Id": key.id,
            "Port": key.port,
            "AvailabilityZone": target.and_then(|target| target.zone.as_ref()),
        },
        "HealthCheckPort": check_port,
        "TargetHealth": health(state, group, target, now),
    })
}

fn health(state: &State, group: &TargetGroup, target: Option<&Target>, now: Timestamp) -> Value {
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
    json!({"State": "healthy"})
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

fn forget_drained(targets: &mut BTreeMap<TargetKey, Target>, now: Timestamp) {
    targets.retain(|_, target| target.draining_until.is_none_or(|until| now < until));
}

fn key_of(group: &TargetGroup, target: &TargetArg) -> Result<TargetKey, ApiError> {
    let port = match target.port {
        None => group.port,
        Some(port) => u16::try_from(port)
            .ok()
            .filter(|port| *port > 0)
            .ok_or_else(|| ApiError::validation("Target ports must be between 1 and 65535"))?,
    };
    Ok(TargetKey {
        id: target.id.clone(),
        port,
    })
}

/// The zone that the target is in, if AWS accepts the target.
fn check_target(
    state: &State,
    group: &TargetGroup,
    target: &TargetArg,
) -> Result<Option<String>, ApiError> {
    match group.target_type {
        TargetType::Ip => check_ip_target(state, group, target),
        TargetType::Instance | TargetType::Alb if target.availability_zone.is_some() => {
            Err(ApiError::validation(
                "An Availability Zone can be specified for targets of type 'ip' only",
            ))
        }
        TargetType::Instance => match state.network.instances.get(&target.id) {
            None => Err(invalid_target(format!(
                "The following targets are not in a running state and cannot be registered: '{}'",
                target.id
            ))),
            Some(instance) if instance.vpc_id != group.vpc_id => Err(invalid_target(format!(
                "The target '{}' is not in VPC '{}'",
                target.id, group.vpc_id
            ))),
            Some(instance) => Ok(Some(instance.zone.clone())),
        },
        TargetType::Alb => {
            state.load_balancer(&target.id)?;
            let listens = super::listeners::of_load_balancer(state, &target.id)
                .any(|listener| listener.port == group.port);
            if !listens {
                return Err(invalid_target(format!(
                    "The load balancer '{}' has no listener on port {}",
                    target.id, group.port
                )));
            }
            Ok(None)
        }
    }
}

/// An address of the VPC is in its subnet's zone; one outside must be private and say `all` or a
/// zone itself (`TargetDescription`).
fn check_ip_target(
    state: &State,
    group: &TargetGroup,
    target: &TargetArg,
) -> Result<Option<String>, ApiError> {
    let address = check_address(group, &target.id)?;
    let subnet = state
        .network
        .subnets
        .values()
        .find(|subnet| subnet.vpc_id == group.vpc_id && subnet.holds(address));
    let given = target.availability_zone.as_deref();
    if let Some(subnet) = subnet {
        return match given {
            None => Ok(Some(subnet.zone.clone())),
            Some("all") => Ok(Some("all".to_owned())),
            Some(zone) if zone == subnet.zone => Ok(Some(zone.to_owned())),
            Some(zone) => Err(invalid_target(format!(
                "The IP address '{address}' is not in the Availability Zone '{zone}'"
            ))),
        };
    }
    if !outside_allowed(address) {
        return Err(invalid_target(format!(
            "The IP address '{address}' is neither in the VPC nor in a private range"
        )));
    }
    match given {
        None => Err(ApiError::validation(format!(
            "You must specify an Availability Zone for the IP address '{address}' because it is \
             outside of the VPC; 'all' is allowed"
        ))),
        Some(zone) if zone == "all" || state.network.has_zone(zone) => Ok(Some(zone.to_owned())),
        Some(zone) => Err(ApiError::validation(format!(
            "'{zone}' is not a valid Availability Zone"
        ))),
    }
}

fn check_address(group: &TargetGroup, id: &str) -> Result<IpAddr, ApiError> {
    let address: IpAddr = id.parse().map_err(|_| {
        ApiError::validation(format!("The IP address '{id}' is not a valid IP address"))
    })?;
    let fits = match group.ip_address_type {
        TargetAddressType::Ipv4 => address.is_ipv4(),
        TargetAddressType::Ipv6 => address.is_ipv6(),
    };
    if fits {
        return Ok(address);
    }
    Err(ApiError::validation(format!(
        "The IP address '{id}' is not of the IP address type of the target group"
    )))
}

/// RFC 1918 and RFC 6598, the only ranges outside the VPC that may hold targets.
fn outside_allowed(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => {
            let shared = u32::from(address) >> 22 == u32::from(Ipv4Addr::new(100, 64, 0, 0)) >> 22;
            address.is_private() || shared
        }
        IpAddr::V6(_) => false,
    }
}

fn invalid_target(message: String) -> ApiError {
    ApiError::new("InvalidTarget", message)
}
