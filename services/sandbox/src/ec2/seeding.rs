//! What a cluster brings along before anybody calls: its security group, its nodes and its pods.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use ipnet::IpNet;
use jiff::Timestamp;

use crate::error::ApiError;
use crate::options::{SeedInterface, SeedOptions, SeededInterface};
use crate::resources::interfaces::{Addresses, Holder, NetworkInterface};
use crate::resources::network::Subnet;
use crate::state::State;

use super::{groups, instances, interface_calls, security_groups};

/// Who has which address, so that a whole cluster is seeded without looking through it for each pod.
#[derive(Default)]
struct Held {
    addresses: BTreeMap<IpAddr, String>,
    prefixes: Vec<(IpNet, String)>,
}

/// The world before the first call, once there are security groups.
pub(crate) fn seed(state: &mut State, options: &SeedOptions, now: Timestamp) {
    if let Some(cluster) = &options.cluster {
        let vpc_id = default_vpc(state);
        // As EKS makes one for each cluster ("Amazon EKS security group requirements").
        let name = format!("eks-cluster-sg-{cluster}-{}", state.ids.digits());
        let description = "EKS created security group applied to ENI that is attached to EKS \
                           Control Plane master nodes, as well as any managed workloads.";
        let mut group = security_groups::closed(state, name, description, vpc_id);
        let tag = format!("kubernetes.io/cluster/{cluster}");
        group.tags.insert(tag, "owned".to_owned());
        state.seed_group = Some(group.id.clone());
        state.security_groups.insert(group.id.clone(), group);
    }
    for instance in &options.instances {
        let seed = SeedInterface {
            instance_id: Some(instance.id.clone()),
            ..SeedInterface::of(instance.private_ip.into())
        };
        // An instance whose address is in no subnet has no place in the VPC.
        if let Some(subnet) = state.network.subnet_of(seed.address).cloned() {
            let groups = default_groups(state, &subnet.vpc_id);
            put(state, &seed, &subnet, groups, None, now);
        }
    }
}

/// Makes these interfaces be there, and changes those that are there already. Nothing is changed
/// if any of them is refused.
pub(crate) fn interfaces(
    state: &mut State,
    seeds: &[SeedInterface],
    now: Timestamp,
) -> Result<Vec<SeededInterface>, ApiError> {
    state.network.forget_gone(now);
    check(state, seeds)?;
    let mut present: BTreeMap<IpAddr, String> = first_addresses(state);
    let mut held = Held::default();
    for interface in state.network.interfaces.values() {
        held.add(interface);
    }
    let mut made = Vec::new();
    for seed in seeds {
        let there = present.get(&seed.address).cloned();
        if there.is_none()
            && let Some(holding) = held.holding(state, seed.address)
        {
            // A pod on a secondary address or in a prefix of its node's interface.
            made.push(shown(seed.address, holding));
            continue;
        }
        let subnet = subnet_for(state, seed)?;
        let groups = groups_of(state, seed, &subnet.vpc_id);
        let id = put(state, seed, &subnet, groups, there.as_deref(), now);
        if let Some(interface) = state.network.interfaces.get(&id) {
            made.push(shown(seed.address, interface));
            held.add(interface);
        }
        present.insert(seed.address, id);
    }
    Ok(made)
}

/// Takes interfaces away by their first addresses, and instances with their last one. Interfaces
/// of load balancers stay.
pub(crate) fn remove(state: &mut State, addresses: &[IpAddr]) {
    let present = first_addresses(state);
    let network = &mut state.network;
    for id in addresses.iter().filter_map(|address| present.get(address)) {
        let removed = network.interfaces.remove(id);
        let instance = removed.as_ref().and_then(NetworkInterface::instance);
        if let Some((instance, _)) = instance
            && network.of_instance(instance).is_empty()
        {
            network.instances.remove(instance);
        }
    }
}

fn check(state: &State, seeds: &[SeedInterface]) -> Result<(), ApiError> {
    let of_load_balancers: BTreeSet<IpAddr> = state
        .network
        .interfaces
        .values()
        .filter(|interface| interface.load_balancer().is_some())
        .flat_map(|interface| all_addresses(&interface.addresses))
        .collect();
    let mut seen = BTreeSet::new();
    for seed in seeds {
        let address = seed.address;
        if !seen.insert(address) {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!("The address {address} is given twice"),
            ));
        }
        if of_load_balancers.contains(&address) {
            return Err(ApiError::new(
                "InvalidIPAddress.InUse",
                format!("The address {address} is a load balancer's"),
            ));
        }
        if !seed.groups.is_empty() && seed.group_name.is_some() {
            return Err(ApiError::new(
                "InvalidParameterCombination",
                format!("The interface {address} has both groups and groupName"),
            ));
        }
        for id in &seed.groups {
            groups::find(state, id)?;
        }
    }
    Ok(())
}

/// Makes an interface, or gives one that is there what the seed says.
fn put(
    state: &mut State,
    seed: &SeedInterface,
    subnet: &Subnet,
    groups: Vec<String>,
    there: Option<&str>,
    now: Timestamp,
) -> String {
    let present = there.and_then(|id| state.network.interfaces.get(id).cloned());
    let mut interface = present.unwrap_or_else(|| {
        interface_calls::new(state, subnet, Vec::new(), Addresses::default(), now)
    });
    interface.groups = groups;
    interface.addresses = Addresses {
        prefixes: seed.prefixes.clone(),
        ..Addresses::default()
    };
    match seed.address {
        IpAddr::V4(address) => interface.addresses.primary = Some(address),
        IpAddr::V6(address) => interface.addresses.ipv6.push(address),
    }
    for address in &seed.secondary_addresses {
        match address {
            IpAddr::V4(address) => interface.addresses.secondary.push(*address),
            IpAddr::V6(address) => interface.addresses.ipv6.push(*address),
        }
    }
    interface.holder = holder(state, seed, &interface, subnet, now);
    let id = interface.id.clone();
    state.network.interfaces.insert(id.clone(), interface);
    id
}

/// The first interface of an instance is its primary one. An instance that is not there is made.
fn holder(
    state: &mut State,
    seed: &SeedInterface,
    interface: &NetworkInterface,
    subnet: &Subnet,
    now: Timestamp,
) -> Holder {
    let Some(id) = &seed.instance_id else {
        return Holder::Nobody;
    };
    let network = &mut state.network;
    let instance = network.instances.entry(id.clone());
    instance
        .and_modify(|instance| instance.terminated_at = None)
        .or_insert_with(|| instances::new(id.clone(), subnet, now));
    let device_index = match interface.instance() {
        Some((of, index)) if of == id => index,
        Some(_) | None => {
            let indexes = network.of_instance(id).into_iter();
            let last = indexes.rev().find_map(|other| other.instance());
            last.map_or(0, |(_, index)| index + 1)
        }
    };
    Holder::Instance {
        id: id.clone(),
        device_index,
        delete_on_termination: true,
    }
}

/// Where an address is, or, as with a range besides the VPC's own, where its instance is or the
/// first private subnet.
fn subnet_for(state: &State, seed: &SeedInterface) -> Result<Subnet, ApiError> {
    let network = &state.network;
    let instance = seed.instance_id.as_ref();
    let of_instance = instance
        .and_then(|id| network.instances.get(id))
        .and_then(|instance| network.subnets.get(&instance.subnet_id));
    let first_private = || {
        let subnets = network.subnets.values().filter(|subnet| !subnet.public);
        subnets.min_by_key(|subnet| &subnet.zone)
    };
    network
        .subnet_of(seed.address)
        .or(of_instance)
        .or_else(first_private)
        .cloned()
        .ok_or_else(|| ApiError::new("InvalidSubnetID.NotFound", "There is no subnet"))
}

fn groups_of(state: &mut State, seed: &SeedInterface, vpc_id: &str) -> Vec<String> {
    let Some(name) = &seed.group_name else {
        if seed.groups.is_empty() {
            return default_groups(state, vpc_id);
        }
        return seed.groups.clone();
    };
    let mut groups = state.security_groups.values();
    if let Some(group) = groups.find(|group| &group.name == name && group.vpc_id == vpc_id) {
        return vec![group.id.clone()];
    }
    let group = security_groups::closed(state, name.clone(), "seeded", vpc_id.to_owned());
    let id = group.id.clone();
    state.security_groups.insert(id.clone(), group);
    vec![id]
}

/// The cluster's group if there is one, else the VPC's default one.
fn default_groups(state: &State, vpc_id: &str) -> Vec<String> {
    let of_cluster = state.seed_group.clone();
    of_cluster
        .filter(|id| state.security_groups.contains_key(id))
        .or_else(|| groups::default_of(state, vpc_id))
        .into_iter()
        .collect()
}

/// Interfaces by their first addresses; those of load balancers are nobody else's to change.
fn first_addresses(state: &State) -> BTreeMap<IpAddr, String> {
    let interfaces = state.network.interfaces.values();
    interfaces
        .filter(|interface| interface.load_balancer().is_none())
        .filter_map(|interface| {
            let address = first_address(&interface.addresses)?;
            Some((address, interface.id.clone()))
        })
        .collect()
}

fn first_address(addresses: &Addresses) -> Option<IpAddr> {
    let v6 = || addresses.ipv6.first().copied().map(IpAddr::V6);
    addresses.primary.map(IpAddr::V4).or_else(v6)
}

fn all_addresses(addresses: &Addresses) -> impl Iterator<Item = IpAddr> {
    let v6 = addresses.ipv6.iter().copied().map(IpAddr::V6);
    addresses.ipv4().map(IpAddr::V4).chain(v6)
}

impl Held {
    fn add(&mut self, interface: &NetworkInterface) {
        let NetworkInterface { id, addresses, .. } = interface;
        for address in all_addresses(addresses) {
            self.addresses.insert(address, id.clone());
        }
        let prefixes = addresses.prefixes.iter();
        self.prefixes
            .extend(prefixes.map(|prefix| (*prefix, id.clone())));
    }

    /// The interface that has an address now: what was added may have other ones since.
    fn holding<'a>(&self, state: &'a State, address: IpAddr) -> Option<&'a NetworkInterface> {
        let single = self.addresses.get(&address).into_iter();
        let prefixes = self.prefixes.iter();
        let with_it = prefixes.filter(|(prefix, _)| prefix.contains(&address));
        single
            .chain(with_it.map(|(_, id)| id))
            .filter_map(|id| state.network.interfaces.get(id))
            .find(|interface| interface.addresses.holds(address))
    }
}

fn shown(address: IpAddr, interface: &NetworkInterface) -> SeededInterface {
    SeededInterface {
        address,
        network_interface_id: interface.id.clone(),
        groups: interface.groups.clone(),
    }
}

fn default_vpc(state: &State) -> String {
    let mut vpcs = state.network.vpcs.keys();
    vpcs.next().cloned().unwrap_or_default()
}
