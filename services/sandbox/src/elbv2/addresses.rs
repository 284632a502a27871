//! The addresses that a load balancer has in its subnets.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::resources::load_balancers::{
    IpAddressType, Kind, LoadBalancer, Prefixes, Scheme, SubnetMapping, Zone,
};
use crate::resources::network::Subnet;
use crate::state::State;

pub(super) fn check(
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

/// An Elastic IP address serves one load balancer, and a private one a single interface.
pub(super) fn free(state: &State, mappings: &[SubnetMapping]) -> Result<(), ApiError> {
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
    let private = mappings.iter().filter_map(|m| m.private_ipv4_address);
    for address in private {
        if state.network.is_taken(address.into()) {
            return Err(ApiError::new(
                "ResourceInUse",
                format!("The private IPv4 address {address} is in use"),
            ));
        }
    }
    Ok(())
}

/// A network load balancer can gain and lose zones, but an address of a zone that it keeps stays.
pub(super) fn kept(before: &[Zone], mut after: Vec<Zone>) -> Result<Vec<Zone>, ApiError> {
    for old in before {
        let Some(new) = after.iter_mut().find(|zone| zone.name == old.name) else {
            continue;
        };
        let unnamed = SubnetMapping {
            subnet_id: old.mapping.subnet_id.clone(),
            ..SubnetMapping::default()
        };
        // The prefix for source NAT alone may change.
        let fixed = |mapping: &SubnetMapping| SubnetMapping {
            source_nat_ipv6_prefix: None,
            ..mapping.clone()
        };
        if fixed(&new.mapping) != fixed(&old.mapping) && fixed(&new.mapping) != unnamed {
            return Err(ApiError::configuration(
                "The subnet or address of an enabled Availability Zone of a network load \
                 balancer cannot be changed",
            ));
        }
        let prefix = new.mapping.source_nat_ipv6_prefix.take();
        *new = old.clone();
        new.mapping.source_nat_ipv6_prefix = prefix;
    }
    Ok(after)
}

/// Whether new subnets have room for a load balancer: eight free addresses for an ALB, which grows
/// ("Subnets for your load balancer"), one for an NLB.
pub(super) fn room(
    state: &State,
    kind: Kind,
    mappings: &[SubnetMapping],
    present: &[Zone],
) -> Result<(), ApiError> {
    let needed = match kind {
        Kind::Application => 8,
        Kind::Network => 1,
    };
    for SubnetMapping { subnet_id, .. } in mappings {
        let mut zones = present.iter();
        if zones.any(|zone| zone.mapping.subnet_id == *subnet_id) {
            continue;
        }
        let subnet = state.network.subnets.get(subnet_id);
        if subnet.is_some_and(|subnet| state.network.count_free(subnet) < needed) {
            return Err(ApiError::new(
                "InvalidSubnet",
                format!(
                    "Not enough IP space available in {subnet_id}. ELB requires at least \
                     {needed} free IP addresses in each subnet."
                ),
            ));
        }
    }
    Ok(())
}

/// The zones as `DescribeLoadBalancers` shows them.
pub(crate) fn shown(load_balancer: &LoadBalancer) -> Vec<Value> {
    let prefixes = &load_balancer.source_nat_prefixes;
    let zones = load_balancer.zones.iter();
    zones.map(|zone| zone_shown(zone, prefixes)).collect()
}

fn zone_shown(zone: &Zone, prefixes: &Prefixes) -> Value {
    let SubnetMapping {
        subnet_id,
        allocation_id,
        private_ipv4_address,
        ipv6_address,
        source_nat_ipv6_prefix: _,
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
    let prefix = prefixes.get(subnet_id).map(|prefix| [prefix]);
    json!({
        "ZoneName": zone.name,
        "SubnetId": subnet_id,
        "LoadBalancerAddresses": addresses,
        "SourceNatIpv6Prefixes": prefix,
    })
}
