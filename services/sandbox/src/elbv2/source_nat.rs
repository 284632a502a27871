//! Source NAT with IPv6 prefixes, without which a dualstack NLB takes no UDP
//! (`EnablePrefixForIpv6SourceNat`, `SourceNatIpv6Prefix`).

use ipnet::Ipv6Net;

use crate::error::ApiError;
use crate::resources::load_balancers::{
    IpAddressType, Kind, LoadBalancer, Prefixes, SubnetMapping, Switch,
};
use crate::resources::network::Subnet;
use crate::resources::protocols::Protocol;
use crate::state::State;

/// The prefixes that a load balancer has with these settings, if AWS accepts them. `present` is
/// the load balancer that there is already.
pub(super) fn prefixes(
    state: &State,
    switch: Switch,
    ip_address_type: IpAddressType,
    mappings: &[SubnetMapping],
    present: Option<&LoadBalancer>,
) -> Result<Prefixes, ApiError> {
    match switch {
        Switch::Off if mappings.iter().any(|m| m.source_nat_ipv6_prefix.is_some()) => {
            return Err(ApiError::configuration(
                "An IPv6 prefix for source NAT can be specified only where prefixes for source \
                 NAT are enabled",
            ));
        }
        Switch::Off => return Ok(Prefixes::new()),
        Switch::On => {}
    }
    if ip_address_type != IpAddressType::Dualstack {
        return Err(ApiError::configuration(
            "Prefixes for source NAT need the IP address type dualstack",
        ));
    }
    let mut chosen = Prefixes::new();
    for mapping in mappings {
        let Some(subnet) = state.network.subnets.get(&mapping.subnet_id) else {
            continue;
        };
        let kept = present.and_then(|present| present.source_nat_prefixes.get(&subnet.id));
        let prefix = match mapping.source_nat_ipv6_prefix.as_deref() {
            None | Some("auto_assigned") => match kept {
                Some(kept) => *kept,
                None => free(state, subnet)?,
            },
            Some(text) => named(subnet, text)?,
        };
        chosen.insert(subnet.id.clone(), prefix);
    }
    Ok(chosen)
}

/// Whether a load balancer with these settings takes such a listener.
pub(super) fn check_listener(
    kind: Kind,
    ip_address_type: IpAddressType,
    switch: Option<Switch>,
    protocol: Protocol,
) -> Result<(), ApiError> {
    let udp = match protocol {
        Protocol::Udp | Protocol::TcpUdp => true,
        Protocol::Http | Protocol::Https | Protocol::Tcp | Protocol::Tls => false,
    };
    let dualstack = kind == Kind::Network && ip_address_type == IpAddressType::Dualstack;
    if udp && dualstack && switch != Some(Switch::On) {
        return Err(ApiError::configuration(format!(
            "The protocol {} on a dualstack Network Load Balancer needs prefixes for IPv6 source \
             NAT to be enabled",
            protocol.name()
        )));
    }
    Ok(())
}

/// Whether the listeners that are there stay possible with other settings.
pub(super) fn check_listeners(
    state: &State,
    load_balancer: &LoadBalancer,
    ip_address_type: IpAddressType,
    switch: Option<Switch>,
) -> Result<(), ApiError> {
    state
        .listeners_of(&load_balancer.arn)
        .try_for_each(|listener| {
            check_listener(
                load_balancer.kind,
                ip_address_type,
                switch,
                listener.protocol,
            )
        })
}

/// "An IPv6 prefix (/80 netmask) from the subnet CIDR block".
fn named(subnet: &Subnet, text: &str) -> Result<Ipv6Net, ApiError> {
    let prefix: Option<Ipv6Net> = text.parse().ok();
    let whole = prefix.filter(|prefix| prefix.prefix_len() == 80 && prefix.trunc() == *prefix);
    let Some(prefix) = whole else {
        return Err(ApiError::validation(format!(
            "The source NAT prefix '{text}' must be an IPv6 prefix with /80 netmask or \
             'auto_assigned'"
        )));
    };
    if subnet.ipv6_cidr.is_some_and(|cidr| cidr.contains(&prefix)) {
        return Ok(prefix);
    }
    Err(ApiError::configuration(format!(
        "The source NAT prefix '{text}' is not from the subnet '{}'",
        subnet.id
    )))
}

/// A prefix of the subnet that no load balancer has. The first one holds single addresses.
fn free(state: &State, subnet: &Subnet) -> Result<Ipv6Net, ApiError> {
    let taken: Vec<&Ipv6Net> = state
        .load_balancers
        .values()
        .filter_map(|other| other.source_nat_prefixes.get(&subnet.id))
        .collect();
    let cidr = subnet.ipv6_cidr.iter();
    let mut candidates = cidr.flat_map(|cidr| cidr.subnets(80).into_iter().flatten().skip(1));
    candidates
        .find(|candidate| !taken.contains(&candidate))
        .ok_or_else(|| {
            ApiError::new(
                "InvalidSubnet",
                format!("The subnet '{}' has no free /80 prefix", subnet.id),
            )
        })
}
