//! Target groups: create, modify, delete, describe, attributes.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::page::{page, page_size};
use crate::resources::protocols::{Protocol, ProtocolVersion};
use crate::resources::target_groups::{
    HealthCheck, Matcher, TargetAddressType, TargetGroup, TargetType,
};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag};

use super::attributes::{self, Attribute};
use super::health::{self, HealthCheckArgs};
use super::{names, stickiness};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Create {
    name: String,
    protocol: Option<Protocol>,
    protocol_version: Option<ProtocolVersion>,
    port: Option<i64>,
    vpc_id: Option<String>,
    health_check_protocol: Option<Protocol>,
    health_check_port: Option<String>,
    health_check_enabled: Option<bool>,
    health_check_path: Option<String>,
    health_check_interval_seconds: Option<i64>,
    health_check_timeout_seconds: Option<i64>,
    healthy_threshold_count: Option<i64>,
    unhealthy_threshold_count: Option<i64>,
    matcher: Option<Matcher>,
    target_type: Option<TargetType>,
    target_control_port: Option<i64>,
    #[serde(default)]
    tags: Vec<Tag>,
    ip_address_type: Option<TargetAddressType>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Modify {
    target_group_arn: String,
    health_check_protocol: Option<Protocol>,
    health_check_port: Option<String>,
    health_check_enabled: Option<bool>,
    health_check_path: Option<String>,
    health_check_interval_seconds: Option<i64>,
    health_check_timeout_seconds: Option<i64>,
    healthy_threshold_count: Option<i64>,
    unhealthy_threshold_count: Option<i64>,
    matcher: Option<Matcher>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ByArn {
    target_group_arn: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    load_balancer_arn: Option<String>,
    #[serde(default)]
    target_group_arns: Vec<String>,
    #[serde(default)]
    names: Vec<String>,
    marker: Option<String>,
    page_size: Option<i64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct ModifyAttributes {
    target_group_arn: String,
    attributes: Vec<Attribute>,
}

pub(crate) fn create(state: &mut State, request: &Request) -> Answer {
    let asked: Create = request.read()?;
    names::check("target group", &asked.name)?;
    let Some(protocol) = asked.protocol else {
        return Err(ApiError::validation("A protocol must be specified"));
    };
    let port = match asked.port.map(u16::try_from) {
        Some(Ok(port)) if port > 0 => port,
        Some(_) => {
            return Err(ApiError::validation(
                "Target group ports must be between 1 and 65535",
            ));
        }
        None => return Err(ApiError::validation("A port must be specified")),
    };
    let Some(vpc_id) = asked.vpc_id else {
        return Err(ApiError::validation("A VPC ID must be specified"));
    };
    if !state.network.vpcs.contains_key(&vpc_id) {
        return Err(ApiError::validation(format!(
            "The VPC ID '{vpc_id}' is not found"
        )));
    }
    let protocol_version = check_version(protocol, asked.protocol_version)?;
    let target_type = asked.target_type.unwrap_or(TargetType::Instance);
    if target_type == TargetType::Alb && protocol != Protocol::Tcp {
        return Err(ApiError::configuration(
            "A target group of type 'alb' must have the protocol TCP",
        ));
    }
    let control_port = check_control_port(protocol, asked.target_control_port)?;
    let ip_address_type = asked.ip_address_type.unwrap_or(TargetAddressType::Ipv4);
    let health_check = health::checked(
        protocol,
        health::defaults(protocol, protocol_version, target_type),
        HealthCheckArgs {
            protocol: asked.health_check_protocol,
            port: asked.health_check_port,
            enabled: asked.health_check_enabled,
            path: asked.health_check_path,
            interval_seconds: asked.health_check_interval_seconds,
            timeout_seconds: asked.health_check_timeout_seconds,
            healthy_threshold: asked.healthy_threshold_count,
            unhealthy_threshold: asked.unhealthy_threshold_count,
            matcher: asked.matcher,
        },
    )?;
    let tags = tags::of_new(Service::Elbv2, &asked.tags, state.quotas.tags_per_resource)?;
    if let Some(present) = state
        .target_group_names
        .get(&asked.name)
        .and_then(|arn| state.target_groups.get(arn))
    {
        let same = present.protocol == protocol
            && present.protocol_version == protocol_version
            && present.port == port
            && present.control_port == control_port
            && present.vpc_id == vpc_id
            && present.target_type == target_type
            && present.ip_address_type == ip_address_type
            && present.health_check == health_check
            && present.tags == tags;
        if same {
            return Ok(json!({"TargetGroups": [shown(present)]}));
        }
        return Err(ApiError::new(
            "DuplicateTargetGroupName",
            format!(
                "A target group with the same name '{}' exists, but with different settings",
                asked.name
            ),
        ));
    }
    let limit = state.quotas.target_groups;
    if state.target_groups.len() >= limit as usize {
        return Err(ApiError::new(
            "TooManyTargetGroups",
            format!("The maximum number of target groups has been reached: '{limit}'"),
        ));
    }
    let id = state.ids.hex16();
    let arn = state.elb_arn(&format!("targetgroup/{}/{id}", asked.name));
    let group = TargetGroup {
        arn: arn.clone(),
        name: asked.name.clone(),
        protocol,
        protocol_version,
        port,
        control_port,
        vpc_id,
        target_type,
        ip_address_type,
        health_check,
        attributes: attributes::defaults(&attributes::of_target_group(protocol, target_type)),
        tags,
        load_balancer_arn: None,
        attached_at: None,
        in_use_until: None,
        targets: BTreeMap::new(),
    };
    let answer = json!({"TargetGroups": [shown(&group)]});
    state.target_group_names.insert(asked.name, arn.clone());
    state.target_groups.insert(arn, group);
    Ok(answer)
}

pub(crate) fn modify(state: &mut State, request: &Request) -> Answer {
    let asked: Modify = request.read()?;
    let group = state.target_group_mut(&asked.target_group_arn)?;
    group.health_check = health::checked(
        group.protocol,
        group.health_check.clone(),
        HealthCheckArgs {
            protocol: asked.health_check_protocol,
            port: asked.health_check_port,
            enabled: asked.health_check_enabled,
            path: asked.health_check_path,
            interval_seconds: asked.health_check_interval_seconds,
            timeout_seconds: asked.health_check_timeout_seconds,
            healthy_threshold: asked.healthy_threshold_count,
            unhealthy_threshold: asked.unhealthy_threshold_count,
            matcher: asked.matcher,
        },
    )?;
    Ok(json!({"TargetGroups": [shown(group)]}))
}

/// Deleting one that is gone is no error: AWS's delete has no `TargetGroupNotFound`.
pub(crate) fn delete(state: &mut State, request: &Request) -> Answer {
    let ByArn { target_group_arn } = request.read()?;
    let group = match state.target_group(&target_group_arn) {
        Ok(group) => group,
        Err(error) if error.code == "TargetGroupNotFound" => return Ok(json!({})),
        Err(error) => return Err(error),
    };
    let lags = group.in_use_until.is_some_and(|until| request.now < until);
    if group.load_balancer_arn.is_some() || lags {
        return Err(ApiError::new(
            "ResourceInUse",
            format!(
                "Target group '{target_group_arn}' is currently in use by a listener or a rule"
            ),
        ));
    }
    let name = group.name.clone();
    state.target_group_names.remove(&name);
    state.target_groups.remove(&target_group_arn);
    Ok(json!({}))
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    let ways = [
        asked.load_balancer_arn.is_some(),
        !asked.target_group_arns.is_empty(),
        !asked.names.is_empty(),
    ];
    if ways.iter().filter(|way| **way).count() > 1 {
        return Err(ApiError::validation(
            "Target groups can be described by load balancer, by ARNs or by names, not by more \
             than one of them",
        ));
    }
    if let Some(arn) = &asked.load_balancer_arn {
        state.load_balancer(arn)?;
    }
    for arn in &asked.target_group_arns {
        state.target_group(arn)?;
    }
    for name in &asked.names {
        if !state.target_group_names.contains_key(name) {
            return Err(names::no_target_group(name));
        }
    }
    let arns: BTreeSet<&String> = asked.target_group_arns.iter().collect();
    let names: BTreeSet<&String> = asked.names.iter().collect();
    let size = page_size(asked.page_size)?;
    let wanted = state
        .target_groups
        .values()
        .filter(|group| {
            asked.load_balancer_arn.is_none() || group.load_balancer_arn == asked.load_balancer_arn
        })
        .filter(|group| arns.is_empty() || arns.contains(&group.arn))
        .filter(|group| names.is_empty() || names.contains(&group.name))
        .map(|group| (group.arn.as_str(), group));
    let page = page(wanted, asked.marker.as_deref(), size);
    let groups: Vec<Value> = page.items.into_iter().map(shown).collect();
    Ok(json!({"TargetGroups": groups, "NextMarker": page.next}))
}

pub(crate) fn modify_attributes(state: &mut State, request: &Request) -> Answer {
    let asked: ModifyAttributes = request.read()?;
    let group = state.target_group(&asked.target_group_arn)?;
    let known = attributes::of_target_group(group.protocol, group.target_type);
    let next = attributes::changed(&known, &group.attributes, &asked.attributes)?;
    attributes::check_target_group(&next)?;
    stickiness::check_attributes(state, &asked.target_group_arn, &next)?;
    let group = state.target_group_mut(&asked.target_group_arn)?;
    group.attributes = next;
    Ok(json!({"Attributes": attributes::listed(&group.attributes)}))
}

pub(crate) fn describe_attributes(state: &State, request: &Request) -> Answer {
    let ByArn { target_group_arn } = request.read()?;
    let group = state.target_group(&target_group_arn)?;
    Ok(json!({"Attributes": attributes::listed(&group.attributes)}))
}

/// A target group as `DescribeTargetGroups` shows it.
fn shown(group: &TargetGroup) -> Value {
    let HealthCheck {
        protocol,
        port,
        enabled,
        path,
        interval_seconds,
        timeout_seconds,
        healthy_threshold,
        unhealthy_threshold,
        matcher,
    } = &group.health_check;
    let load_balancers: Vec<&String> = group.load_balancer_arn.iter().collect();
    json!({
        "TargetGroupArn": group.arn,
        "TargetGroupName": group.name,
        "Protocol": group.protocol,
        "ProtocolVersion": group.protocol_version,
        "Port": group.port,
        "VpcId": group.vpc_id,
        "HealthCheckProtocol": protocol,
        "HealthCheckPort": port,
        "HealthCheckEnabled": enabled,
        "HealthCheckPath": path,
        "HealthCheckIntervalSeconds": interval_seconds,
        "HealthCheckTimeoutSeconds": timeout_seconds,
        "HealthyThresholdCount": healthy_threshold,
        "UnhealthyThresholdCount": unhealthy_threshold,
        "Matcher": matcher,
        "LoadBalancerArns": load_balancers,
        "TargetType": group.target_type,
        "TargetControlPort": group.control_port,
        "IpAddressType": group.ip_address_type,
    })
}

/// `TargetControlPort`, which target groups of ALBs have.
fn check_control_port(protocol: Protocol, port: Option<i64>) -> Result<Option<u16>, ApiError> {
    let Some(port) = port else {
        return Ok(None);
    };
    match protocol {
        Protocol::Http | Protocol::Https => {}
        Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => {
            return Err(ApiError::configuration(
                "A target control port is for target groups of the protocols HTTP and HTTPS only",
            ));
        }
    }
    match u16::try_from(port) {
        Ok(port) if port > 0 => Ok(Some(port)),
        Ok(_) | Err(_) => Err(ApiError::validation(
            "Target control ports must be between 1 and 65535",
        )),
    }
}

fn check_version(
    protocol: Protocol,
    version: Option<ProtocolVersion>,
) -> Result<Option<ProtocolVersion>, ApiError> {
    match protocol {
        Protocol::Http | Protocol::Https => Ok(Some(version.unwrap_or(ProtocolVersion::Http1))),
        Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => match version {
            None => Ok(None),
            Some(_) => Err(ApiError::configuration(format!(
                "A protocol version cannot be specified for the protocol '{}'",
                protocol.name()
            ))),
        },
    }
}
