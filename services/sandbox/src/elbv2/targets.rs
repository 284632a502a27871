//! Targets: which a target group has, and which AWS accepts. Their health is in `target_health`.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::json;

use crate::clock::later;
use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::instances::InstanceState;
use crate::resources::target_groups::{
    Target, TargetAddressType, TargetGroup, TargetKey, TargetType, serving,
};
use crate::state::State;

use super::references;

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(super) struct TargetArg {
    pub(super) id: String,
    port: Option<i64>,
    availability_zone: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Change {
    target_group_arn: String,
    targets: Vec<TargetArg>,
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
        let zone = check_target(state, group, &target, request.now)?;
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

pub(super) fn forget_drained(targets: &mut BTreeMap<TargetKey, Target>, now: Timestamp) {
    targets.retain(|_, target| target.draining_until.is_none_or(|until| now < until));
}

pub(super) fn key_of(group: &TargetGroup, target: &TargetArg) -> Result<TargetKey, ApiError> {
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
    now: Timestamp,
) -> Result<Option<String>, ApiError> {
    match group.target_type {
        TargetType::Ip => check_ip_target(state, group, target),
        TargetType::Instance | TargetType::Alb if target.availability_zone.is_some() => {
            Err(ApiError::validation(
                "An Availability Zone can be specified for targets of type 'ip' only",
            ))
        }
        TargetType::Instance => match state.network.instances.get(&target.id) {
            None => Err(not_running(&target.id)),
            Some(instance) if instance.state(now) != InstanceState::Running => {
                Err(not_running(&target.id))
            }
            Some(instance) if instance.vpc_id != group.vpc_id => Err(invalid_target(format!(
                "The target '{}' is not in VPC '{}'",
                target.id, group.vpc_id
            ))),
            Some(instance) => Ok(Some(instance.zone.clone())),
        },
        TargetType::Alb => {
            state.load_balancer(&target.id)?;
            let listens = state
                .listeners_of(&target.id)
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
/// zone itself (`TargetDescription`). What an interface of the VPC has is in one of its ranges,
/// whichever was seeded.
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
    if given.is_none() || !outside_allowed(address) {
        let mut interfaces = state.network.interfaces.values();
        let holder = interfaces.find(|interface| {
            interface.vpc_id == group.vpc_id && interface.addresses.holds(address)
        });
        if let Some(interface) = holder {
            return Ok(Some(given.unwrap_or(&interface.zone).to_owned()));
        }
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

fn not_running(id: &str) -> ApiError {
    invalid_target(format!(
        "The following targets are not in a running state and cannot be registered: '{id}'"
    ))
}

fn invalid_target(message: String) -> ApiError {
    ApiError::new("InvalidTarget", message)
}
