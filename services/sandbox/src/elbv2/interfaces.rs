//! The network interfaces of load balancers: one in each zone that they stand in.

use std::net::Ipv6Addr;

use jiff::Timestamp;

use crate::clock::later;
use crate::ec2::interface_calls;
use crate::resources::interfaces::{Addresses, Holder, NetworkInterface};
use crate::resources::load_balancers::{IpAddressType, Kind, LoadBalancer, Zone};
use crate::state::State;

use super::names::arn_part;

/// Makes the interfaces what the load balancer's zones, groups and address type say.
pub(super) fn follow(state: &mut State, arn: &str, now: Timestamp) {
    state.network.forget_gone(now);
    let Some(load_balancer) = state.load_balancers.get(arn).cloned() else {
        return;
    };
    let stays = |interface: &NetworkInterface| {
        let zones = load_balancer.zones.iter();
        let mut subnets = zones.map(|zone| &zone.mapping.subnet_id);
        subnets.any(|subnet| *subnet == interface.subnet_id)
    };
    state
        .network
        .interfaces
        .retain(|_, interface| interface.load_balancer() != Some(arn) || stays(interface));
    for zone in &load_balancer.zones {
        let subnet_id = &zone.mapping.subnet_id;
        let mut interfaces = state.network.interfaces.values();
        let present = interfaces.find(|interface| {
            interface.load_balancer() == Some(arn) && interface.subnet_id == *subnet_id
        });
        let present = present.cloned();
        let Some(mut interface) =
            present.or_else(|| made(state, &load_balancer, zone, subnet_id, now))
        else {
            continue;
        };
        interface.groups.clone_from(&load_balancer.security_groups);
        interface.addresses.ipv6 = ipv6(state, &load_balancer, zone, &interface);
        interface.addresses.elastic = zone.mapping.allocation_id.clone().zip(zone.public_ip);
        let interfaces = &mut state.network.interfaces;
        interfaces.insert(interface.id.clone(), interface);
    }
}

/// What becomes of the interfaces and target groups of a load balancer that is deleted: with
/// lagging deletes they stay in use for a while.
pub(super) fn leave(state: &mut State, load_balancer: &LoadBalancer, now: Timestamp) {
    if state.lagging_deletes.is_zero() {
        let interfaces = &mut state.network.interfaces;
        interfaces
            .retain(|_, interface| interface.load_balancer() != Some(load_balancer.arn.as_str()));
        return;
    }
    let until = later(now, state.lagging_deletes);
    for interface in state.network.interfaces.values_mut() {
        if interface.load_balancer() == Some(load_balancer.arn.as_str()) {
            interface.gone_at.get_or_insert(until);
        }
    }
    for arn in load_balancer.target_groups.keys() {
        if let Some(group) = state.target_groups.get_mut(arn) {
            group.in_use_until = Some(until);
        }
    }
}

/// A new interface in a subnet of the load balancer.
fn made(
    state: &mut State,
    load_balancer: &LoadBalancer,
    zone: &Zone,
    subnet_id: &str,
    now: Timestamp,
) -> Option<NetworkInterface> {
    let subnet = state.network.subnets.get(subnet_id)?.clone();
    let asked = zone.mapping.private_ipv4_address;
    let addresses = Addresses {
        // There is one: a subnet without free addresses has been refused before.
        primary: asked.or_else(|| state.network.free_ipv4(&subnet).next()),
        ..Addresses::default()
    };
    let LoadBalancer { arn, name, id, .. } = load_balancer;
    let mut interface = interface_calls::new(state, &subnet, Vec::new(), addresses, now);
    interface.description = format!("ELB {}/{name}/{id}", arn_part(load_balancer.kind));
    interface.holder = match load_balancer.kind {
        Kind::Application => Holder::ApplicationLoadBalancer(arn.clone()),
        Kind::Network => Holder::NetworkLoadBalancer(arn.clone()),
    };
    // Packets that are passed on are not its own.
    interface.source_dest_check = false;
    Some(interface)
}

fn ipv6(
    state: &State,
    load_balancer: &LoadBalancer,
    zone: &Zone,
    interface: &NetworkInterface,
) -> Vec<Ipv6Addr> {
    match load_balancer.ip_address_type {
        IpAddressType::Ipv4 => return Vec::new(),
        IpAddressType::Dualstack | IpAddressType::DualstackWithoutPublicIpv4 => {}
    }
    if let Some(address) = zone.mapping.ipv6_address {
        return vec![address];
    }
    if !interface.addresses.ipv6.is_empty() {
        return interface.addresses.ipv6.clone();
    }
    let subnet = state.network.subnets.get(&interface.subnet_id);
    let free = subnet.and_then(|subnet| state.network.free_ipv6(subnet).next());
    free.into_iter().collect()
}
