//! Where a load balancer stands: subnets, addresses, security groups, address family.

use serde::Deserialize;
use serde_json::json;

use crate::ec2::groups::default_of;
use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::resources::load_balancers::{IpAddressType, Kind, Scheme, SubnetMapping, Switch, Zone};
use crate::state::State;

use super::{addresses, interfaces, source_nat};

/// Subnets that passed all checks.
pub(crate) struct Placed {
    pub(crate) vpc_id: String,
    /// By zone name, so that the same subnets in another order are the same.
    pub(crate) zones: Vec<Zone>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetSubnets {
    load_balancer_arn: String,
    #[serde(default)]
    subnets: Vec<String>,
    #[serde(default)]
    subnet_mappings: Vec<SubnetMapping>,
    ip_address_type: Option<IpAddressType>,
    enable_prefix_for_ipv6_source_nat: Option<Switch>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetSecurityGroups {
    load_balancer_arn: String,
    security_groups: Vec<String>,
    enforce_security_group_inbound_rules_on_private_link_traffic: Option<Switch>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct SetIpAddressType {
    load_balancer_arn: String,
    ip_address_type: IpAddressType,
}

pub(crate) fn set_subnets(state: &mut State, request: &Request) -> Answer {
    let asked: SetSubnets = request.read()?;
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    let kind = load_balancer.kind;
    if kind == Kind::Application && asked.enable_prefix_for_ipv6_source_nat.is_some() {
        return Err(ApiError::configuration(
            "Source NAT with IPv6 prefixes is for network load balancers only",
        ));
    }
    let ip_address_type = asked
        .ip_address_type
        .unwrap_or(load_balancer.ip_address_type);
    let mappings = mappings(asked.subnets, asked.subnet_mappings)?;
    let placed = place(
        state,
        kind,
        load_balancer.scheme,
        ip_address_type,
        &mappings,
        Some(&load_balancer.vpc_id),
    )?;
    addresses::room(state, kind, &mappings, &load_balancer.zones)?;
    let zones = match kind {
        Kind::Application => placed.zones,
        Kind::Network => addresses::kept(&load_balancer.zones, placed.zones)?,
    };
    let switch = asked
        .enable_prefix_for_ipv6_source_nat
        .or(load_balancer.prefix_for_ipv6_source_nat);
    let source_nat_prefixes = source_nat::prefixes(
        state,
        switch.unwrap_or(Switch::Off),
        ip_address_type,
        &mappings,
        Some(load_balancer),
    )?;
    source_nat::check_listeners(state, load_balancer, ip_address_type, switch)?;
    let taken_elsewhere: Vec<SubnetMapping> = mappings
        .into_iter()
        .filter(|mapping| {
            !load_balancer.zones.iter().any(|zone| {
                let present = &zone.mapping;
                present.allocation_id == mapping.allocation_id
                    && present.private_ipv4_address == mapping.private_ipv4_address
            })
        })
        .collect();
    addresses::free(state, &taken_elsewhere)?;
    let load_balancer = state.load_balancer_mut(&asked.load_balancer_arn)?;
    load_balancer.zones = zones;
    load_balancer.ip_address_type = ip_address_type;
    load_balancer.prefix_for_ipv6_source_nat = switch;
    load_balancer.source_nat_prefixes = source_nat_prefixes;
    interfaces::follow(state, &asked.load_balancer_arn, request.now);
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    Ok(json!({
        "AvailabilityZones": addresses::shown(load_balancer),
        "IpAddressType": load_balancer.ip_address_type,
        "EnablePrefixForIpv6SourceNat": load_balancer.prefix_for_ipv6_source_nat,
    }))
}

pub(crate) fn set_security_groups(state: &mut State, request: &Request) -> Answer {
    let asked: SetSecurityGroups = request.read()?;
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    let kind = load_balancer.kind;
    if kind == Kind::Network && load_balancer.security_groups.is_empty() {
        return Err(ApiError::configuration(
            "You cannot set security groups on a Network Load Balancer that was created without \
             them",
        ));
    }
    if asked.security_groups.is_empty() {
        return Err(ApiError::configuration(
            "A load balancer must have at least one security group",
        ));
    }
    let switch = asked.enforce_security_group_inbound_rules_on_private_link_traffic;
    if kind == Kind::Application && switch.is_some() {
        return Err(ApiError::configuration(
            "Rules for PrivateLink traffic are for network load balancers only",
        ));
    }
    let vpc_id = load_balancer.vpc_id.clone();
    let groups = security_groups(state, kind, &vpc_id, asked.security_groups)?;
    let load_balancer = state.load_balancer_mut(&asked.load_balancer_arn)?;
    load_balancer.security_groups = groups;
    if switch.is_some() {
        load_balancer.enforce_private_link_rules = switch;
    }
    interfaces::follow(state, &asked.load_balancer_arn, request.now);
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    Ok(json!({
        "SecurityGroupIds": load_balancer.security_groups,
        "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic":
            load_balancer.enforce_private_link_rules,
    }))
}

pub(crate) fn set_ip_address_type(state: &mut State, request: &Request) -> Answer {
    let asked: SetIpAddressType = request.read()?;
    let load_balancer = state.load_balancer(&asked.load_balancer_arn)?;
    let mappings: Vec<SubnetMapping> = load_balancer
        .zones
        .iter()
        .map(|zone| zone.mapping.clone())
        .collect();
    place(
        state,
        load_balancer.kind,
        load_balancer.scheme,
        asked.ip_address_type,
        &mappings,
        None,
    )?;
    let switch = load_balancer.prefix_for_ipv6_source_nat;
    source_nat::check_listeners(state, load_balancer, asked.ip_address_type, switch)?;
    source_nat::prefixes(
        state,
        switch.unwrap_or(Switch::Off),
        asked.ip_address_type,
        &mappings,
        Some(load_balancer),
    )?;
    state
        .load_balancer_mut(&asked.load_balancer_arn)?
        .ip_address_type = asked.ip_address_type;
    interfaces::follow(state, &asked.load_balancer_arn, request.now);
    Ok(json!({"IpAddressType": asked.ip_address_type}))
}

/// One list out of the two ways to name subnets.
pub(crate) fn mappings(
    subnets: Vec<String>,
    mappings: Vec<SubnetMapping>,
) -> Result<Vec<SubnetMapping>, ApiError> {
    match (subnets.is_empty(), mappings.is_empty()) {
        (true, true) => Err(ApiError::validation(
            "You must specify either subnets or subnet mappings",
        )),
        (false, false) => Err(ApiError::validation(
            "You cannot specify both subnets and subnet mappings",
        )),
        (true, false) => Ok(mappings),
        (false, true) => Ok(subnets
            .into_iter()
            .map(|subnet_id| SubnetMapping {
                subnet_id,
                ..SubnetMapping::default()
            })
            .collect()),
    }
}

/// Checks subnets and addresses against each other and the load balancer's kind.
pub(crate) fn place(
    state: &State,
    kind: Kind,
    scheme: Scheme,
    ip_address_type: IpAddressType,
    mappings: &[SubnetMapping],
    vpc_id: Option<&str>,
) -> Result<Placed, ApiError> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut vpc_id = vpc_id.map(str::to_owned);
    for mapping in mappings {
        let subnet = state
            .network
            .subnets
            .get(&mapping.subnet_id)
            .ok_or_else(|| {
                ApiError::new(
                    "SubnetNotFound",
                    format!("The subnet ID '{}' does not exist", mapping.subnet_id),
                )
            })?;
        if vpc_id.get_or_insert_with(|| subnet.vpc_id.clone()) != &subnet.vpc_id {
            return Err(ApiError::new(
                "InvalidSubnet",
                "All subnets must belong to the same VPC",
            ));
        }
        if zones.iter().any(|zone| zone.name == subnet.zone) {
            return Err(ApiError::configuration(
                "A load balancer cannot be attached to multiple subnets in the same \
                 Availability Zone",
            ));
        }
        addresses::check(kind, scheme, ip_address_type, mapping, subnet)?;
        let public_ip = match &mapping.allocation_id {
            None => None,
            Some(id) => Some(state.network.address(id)?.public_ip),
        };
        zones.push(Zone {
            name: subnet.zone.clone(),
            mapping: mapping.clone(),
            public_ip,
        });
    }
    let vpc_id = vpc_id.unwrap_or_default();
    if kind == Kind::Application && zones.len() < 2 {
        return Err(ApiError::validation(
            "At least two subnets in two different Availability Zones must be specified",
        ));
    }
    if scheme == Scheme::InternetFacing && !state.network.has_internet_gateway(&vpc_id) {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!("VPC {vpc_id} has no internet gateway"),
        ));
    }
    if ip_address_type == IpAddressType::DualstackWithoutPublicIpv4
        && (kind, scheme) != (Kind::Application, Scheme::InternetFacing)
    {
        return Err(ApiError::configuration(
            "The IP address type dualstack-without-public-ipv4 is for internet-facing \
             application load balancers only",
        ));
    }
    zones.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(Placed { vpc_id, zones })
}

/// The security groups that a load balancer gets: an ALB without any gets the VPC's default.
pub(crate) fn security_groups(
    state: &State,
    kind: Kind,
    vpc_id: &str,
    asked: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    for id in &asked {
        let group = state.security_groups.get(id).ok_or_else(|| {
            ApiError::new(
                "InvalidSecurityGroup",
                format!("The security group '{id}' does not exist"),
            )
        })?;
        if group.vpc_id != vpc_id {
            return Err(ApiError::new(
                "InvalidSecurityGroup",
                format!("The security group '{id}' does not belong to VPC '{vpc_id}'"),
            ));
        }
    }
    let mut groups: Vec<String> = Vec::new();
    for id in asked {
        if !groups.contains(&id) {
            groups.push(id);
        }
    }
    let limit = state.quotas.security_groups_per_interface;
    if groups.len() > limit as usize {
        return Err(ApiError::configuration(format!(
            "A load balancer can have at most {limit} security groups"
        )));
    }
    if groups.is_empty() && kind == Kind::Application {
        groups.extend(default_of(state, vpc_id));
    }
    Ok(groups)
}
