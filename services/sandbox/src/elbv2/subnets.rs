//! Where a load balancer stands: subnets, addresses, security groups, address family.

use std::collections::BTreeSet;
use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::ec2::network::Subnet;
use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::state::State;

use super::load_balancers::{IpAddressType, Kind, Scheme, Switch};

/// What a caller asks for one subnet.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct SubnetMapping {
    pub(crate) subnet_id: String,
    pub(crate) allocation_id: Option<String>,
    #[serde(rename = "PrivateIPv4Address")]
    pub(crate) private_ipv4_address: Option<Ipv4Addr>,
    #[serde(rename = "IPv6Address")]
    pub(crate) ipv6_address: Option<std::net::Ipv6Addr>,
    pub(crate) source_nat_ipv6_prefix: Option<String>,
}

/// One zone that a load balancer stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Zone {
    pub(crate) name: String,
    pub(crate) mapping: SubnetMapping,
    /// The address of `mapping.allocation_id`.
    pub(crate) public_ip: Option<Ipv4Addr>,
}

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
    if kind == Kind::Network {
        keeps_addresses(&load_balancer.zones, &placed.zones)?;
    }
    let taken_elsewhere: Vec<SubnetMapping> = mappings
        .into_iter()
        .filter(|mapping| {
            !load_balancer
                .zones
                .iter()
                .any(|zone| zone.mapping.allocation_id == mapping.allocation_id)
        })
        .collect();
    addresses_free(state, &taken_elsewhere)?;
    let load_balancer = state.load_balancer_mut(&asked.load_balancer_arn)?;
    load_balancer.zones = placed.zones;
    load_balancer.ip_address_type = ip_address_type;
    if let Some(switch) = asked.enable_prefix_for_ipv6_source_nat {
        load_balancer.prefix_for_ipv6_source_nat = Some(switch);
    }
    let zones: Vec<Value> = load_balancer.zones.iter().map(shown).collect();
    Ok(json!({
        "AvailabilityZones": zones,
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
    state
        .load_balancer_mut(&asked.load_balancer_arn)?
        .ip_address_type = asked.ip_address_type;
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
        check_addresses(kind, scheme, ip_address_type, mapping, subnet)?;
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

fn check_addresses(
    kind: Kind,
    scheme: Scheme,
    ip_address_type: IpAddressType,
    mapping: &SubnetMapping,
    subnet: &Subnet,
) -> Result<(), ApiError> {
    let SubnetMapping {
        subnet_id,
        allocation_id,
        private_ipv4_address,
        ipv6_address,
        source_nat_ipv6_prefix,
    } = mapping;
    let any = allocation_id.is_some()
        || private_ipv4_address.is_some()
        || ipv6_address.is_some()
        || source_nat_ipv6_prefix.is_some();
    if kind == Kind::Application && any {
        return Err(ApiError::configuration(
            "You cannot specify addresses for the subnets of an application load balancer",
        ));
    }
    if ip_address_type != IpAddressType::Ipv4 && subnet.ipv6_cidr.is_none() {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!("The subnet '{subnet_id}' has no associated IPv6 CIDR block"),
        ));
    }
    if allocation_id.is_some() && scheme == Scheme::Internal {
        return Err(ApiError::configuration(
            "An Elastic IP address can be specified for an internet-facing load balancer only",
        ));
    }
    if let Some(address) = private_ipv4_address {
        if scheme == Scheme::InternetFacing {
            return Err(ApiError::configuration(
                "A private IPv4 address can be specified for an internal load balancer only",
            ));
        }
        if !subnet.cidr.contains(address) {
            return Err(ApiError::new(
                "InvalidSubnet",
                format!("The address {address} is not in the subnet '{subnet_id}'"),
            ));
        }
    }
    if let Some(address) = ipv6_address
        && (ip_address_type == IpAddressType::Ipv4
            || !subnet.ipv6_cidr.is_some_and(|cidr| cidr.contains(address)))
    {
        return Err(ApiError::new(
            "InvalidSubnet",
            format!("The address {address} is not one of the subnet '{subnet_id}'"),
        ));
    }
    Ok(())
}

/// An Elastic IP address serves one load balancer.
pub(crate) fn addresses_free(state: &State, mappings: &[SubnetMapping]) -> Result<(), ApiError> {
    let mut taken: BTreeSet<&str> = state
        .load_balancers
        .values()
        .flat_map(|lb| &lb.zones)
        .filter_map(|zone| zone.mapping.allocation_id.as_deref())
        .collect();
    for id in mappings.iter().filter_map(|m| m.allocation_id.as_deref()) {
        if !taken.insert(id) {
            return Err(ApiError::new(
                "ResourceInUse",
                format!("The allocation IDs '[{id}]' are in use"),
            ));
        }
    }
    Ok(())
}

/// A network load balancer can gain and lose zones, but an address of a zone that it keeps stays.
fn keeps_addresses(before: &[Zone], after: &[Zone]) -> Result<(), ApiError> {
    for old in before {
        let Some(new) = after.iter().find(|zone| zone.name == old.name) else {
            continue;
        };
        let unnamed = SubnetMapping {
            subnet_id: old.mapping.subnet_id.clone(),
            ..SubnetMapping::default()
        };
        if new.mapping != old.mapping && new.mapping != unnamed {
            return Err(ApiError::configuration(
                "The subnet or address of an enabled Availability Zone of a network load \
                 balancer cannot be changed",
            ));
        }
    }
    Ok(())
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
    if groups.is_empty() && kind == Kind::Application {
        groups.extend(
            state
                .security_groups
                .values()
                .find(|group| group.vpc_id == vpc_id && group.name == "default")
                .map(|group| group.id.clone()),
        );
    }
    Ok(groups)
}

/// A zone as `DescribeLoadBalancers` shows it.
pub(crate) fn shown(zone: &Zone) -> Value {
    let SubnetMapping {
        subnet_id,
        allocation_id,
        private_ipv4_address,
        ipv6_address,
        source_nat_ipv6_prefix,
    } = &zone.mapping;
    let mut addresses = Vec::new();
    if zone.public_ip.is_some() || private_ipv4_address.is_some() || ipv6_address.is_some() {
        addresses.push(json!({
            "IpAddress": zone.public_ip,
            "AllocationId": allocation_id,
            "PrivateIPv4Address": private_ipv4_address,
            "IPv6Address": ipv6_address,
        }));
    }
    let prefixes: Vec<&String> = source_nat_ipv6_prefix.iter().collect();
    json!({
        "ZoneName": zone.name,
        "SubnetId": subnet_id,
        "LoadBalancerAddresses": addresses,
        "SourceNatIpv6Prefixes": (!prefixes.is_empty()).then_some(prefixes),
    })
}
