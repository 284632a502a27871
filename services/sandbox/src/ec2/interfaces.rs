//! Network interfaces: what has an address in the VPC, and the security groups that let others in
//! there.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;
use serde::Serialize;

use crate::error::ApiError;
use crate::state::State;
use crate::tags::Tags;

use super::network::{Network, Subnet};
use super::security_groups;

/// Addresses that AWS keeps at the start of every subnet; it keeps the last one, too ("Subnet
/// sizing").
const RESERVED: u32 = 4;

/// Where automatic IPv6 addresses begin in a subnet, so that `::1` and the like stay free.
const FIRST_IPV6: u128 = 0x1000;

/// A network interface.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NetworkInterface {
    pub(crate) id: String,
    pub(crate) subnet_id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) description: String,
    pub(crate) groups: Vec<String>,
    pub(crate) addresses: Addresses,
    pub(crate) holder: Holder,
    pub(crate) source_dest_check: bool,
    pub(crate) created_at: Timestamp,
    /// What it belonged to is deleted, and it goes at this moment.
    pub(crate) gone_at: Option<Timestamp>,
    pub(crate) tags: Tags,
}

/// Everything that an interface is reached by.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Addresses {
    /// Absent where there is IPv6 alone.
    pub(crate) primary: Option<Ipv4Addr>,
    pub(crate) secondary: Vec<Ipv4Addr>,
    pub(crate) prefixes: Vec<IpNet>,
    pub(crate) ipv6: Vec<Ipv6Addr>,
    /// An Elastic IP address: its allocation and itself.
    pub(crate) elastic: Option<(String, Ipv4Addr)>,
}

/// What an interface is attached to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Holder {
    Nobody,
    Instance {
        id: String,
        device_index: u32,
        delete_on_termination: bool,
    },
    ApplicationLoadBalancer(String),
    NetworkLoadBalancer(String),
}

impl Addresses {
    /// Whether a packet to this address arrives here.
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        let own = match address {
            IpAddr::V4(address) => {
                self.primary == Some(address) || self.secondary.contains(&address)
            }
            IpAddr::V6(address) => self.ipv6.contains(&address),
        };
        own || self.prefixes.iter().any(|prefix| prefix.contains(&address))
    }

    /// The single addresses of IPv4.
    pub(crate) fn ipv4(&self) -> impl Iterator<Item = Ipv4Addr> + Clone {
        self.primary.iter().chain(&self.secondary).copied()
    }
}

impl NetworkInterface {
    pub(crate) fn is_there(&self, now: Timestamp) -> bool {
        self.gone_at.is_none_or(|gone_at| now < gone_at)
    }

    /// The instance that it is attached to, and as which device.
    pub(crate) fn instance(&self) -> Option<(&str, u32)> {
        match &self.holder {
            Holder::Instance {
                id, device_index, ..
            } => Some((id, *device_index)),
            Holder::Nobody
            | Holder::ApplicationLoadBalancer(_)
            | Holder::NetworkLoadBalancer(_) => None,
        }
    }

    /// The load balancer that it belongs to.
    pub(crate) fn load_balancer(&self) -> Option<&str> {
        match &self.holder {
            Holder::ApplicationLoadBalancer(arn) | Holder::NetworkLoadBalancer(arn) => Some(arn),
            Holder::Nobody | Holder::Instance { .. } => None,
        }
    }
}

impl Network {
    /// Interfaces that are there at this moment.
    pub(crate) fn interfaces_at(&self, now: Timestamp) -> impl Iterator<Item = &NetworkInterface> {
        self.interfaces
            .values()
            .filter(move |interface| interface.is_there(now))
    }

    /// The interfaces of an instance, the primary one first.
    pub(crate) fn of_instance(&self, id: &str) -> Vec<&NetworkInterface> {
        let mut own: Vec<(u32, &NetworkInterface)> = self
            .interfaces
            .values()
            .filter_map(|interface| match interface.instance() {
                Some((instance, index)) if instance == id => Some((index, interface)),
                Some(_) | None => None,
            })
            .collect();
        own.sort_by_key(|(index, _)| *index);
        own.into_iter().map(|(_, interface)| interface).collect()
    }

    /// Takes out what is gone by now.
    pub(crate) fn forget_gone(&mut self, now: Timestamp) {
        self.interfaces
            .retain(|_, interface| interface.is_there(now));
    }

    /// Whether some interface has this address already.
    pub(crate) fn is_taken(&self, address: IpAddr) -> bool {
        self.interfaces
            .values()
            .any(|interface| interface.addresses.holds(address))
    }

    /// Addresses of the subnet that no interface has. From the end, as people write down the first
    /// ones.
    pub(crate) fn free_ipv4(&self, subnet: &Subnet) -> impl Iterator<Item = Ipv4Addr> + use<> {
        let (taken, prefixes) = self.taken_in(subnet);
        let first = u32::from(subnet.cidr.network()) + RESERVED;
        let end = u32::from(subnet.cidr.broadcast());
        let all = (first..end).rev().map(Ipv4Addr::from);
        all.filter(move |address| {
            let mut prefixes = prefixes.iter();
            !taken.contains(address) && !prefixes.any(|prefix| prefix.contains(address))
        })
    }

    /// How many addresses of the subnet no interface has.
    pub(crate) fn count_free(&self, subnet: &Subnet) -> usize {
        let (taken, prefixes) = self.taken_in(subnet);
        let first = u32::from(subnet.cidr.network()) + RESERVED;
        let all = u32::from(subnet.cidr.broadcast()).saturating_sub(first);
        let in_prefixes: usize = prefixes
            .iter()
            .map(|prefix| 1 << (32 - prefix.prefix_len()))
            .sum();
        usize::try_from(all)
            .unwrap_or(usize::MAX)
            .saturating_sub(taken.len() + in_prefixes)
    }

    /// The /28 of the subnet of which no interface has anything.
    pub(crate) fn free_prefixes(&self, subnet: &Subnet) -> impl Iterator<Item = IpNet> + use<> {
        let (taken, prefixes) = self.taken_in(subnet);
        // The first one holds the addresses that AWS keeps.
        let all = subnet.cidr.subnets(28).into_iter().flatten().skip(1);
        let free = all.filter(move |candidate| {
            let mut taken = taken.iter();
            !prefixes.contains(candidate) && !taken.any(|address| candidate.contains(address))
        });
        free.map(IpNet::V4)
    }

    pub(crate) fn free_ipv6(&self, subnet: &Subnet) -> impl Iterator<Item = Ipv6Addr> + use<> {
        let taken: BTreeSet<Ipv6Addr> = self
            .interfaces
            .values()
            .flat_map(|interface| interface.addresses.ipv6.iter().copied())
            .collect();
        let ranges = subnet.ipv6_cidr.into_iter().map(|cidr| {
            let first = u128::from(cidr.network()) + FIRST_IPV6;
            first..=u128::from(cidr.broadcast())
        });
        let all = ranges.flatten().map(Ipv6Addr::from);
        all.filter(move |address| !taken.contains(address))
    }

    fn taken_in(&self, subnet: &Subnet) -> (BTreeSet<Ipv4Addr>, BTreeSet<Ipv4Net>) {
        let mut taken = BTreeSet::new();
        let mut prefixes = BTreeSet::new();
        for interface in self.interfaces.values() {
            let Addresses {
                prefixes: ranges, ..
            } = &interface.addresses;
            let own = interface.addresses.ipv4();
            taken.extend(own.filter(|address| subnet.cidr.contains(address)));
            prefixes.extend(ranges.iter().filter_map(|range| match range {
                IpNet::V4(range) if subnet.cidr.contains(range) => Some(*range),
                IpNet::V4(_) | IpNet::V6(_) => None,
            }));
        }
        (taken, prefixes)
    }
}

/// The groups that a new or changed interface gets; without any, the VPC's default one.
pub(crate) fn checked_groups(
    state: &State,
    vpc_id: &str,
    asked: Vec<String>,
) -> Result<Vec<String>, ApiError> {
    let mut groups: Vec<String> = Vec::new();
    for id in asked {
        let group = security_groups::find(state, &id)?;
        if group.vpc_id != vpc_id {
            return Err(ApiError::new(
                "InvalidGroup.NotFound",
                format!("The security group '{id}' is not in VPC '{vpc_id}'"),
            ));
        }
        if !groups.contains(&id) {
            groups.push(id);
        }
    }
    if groups.is_empty() {
        groups.extend(security_groups::default_of(state, vpc_id));
    }
    if groups.len() > state.quotas.security_groups_per_interface as usize {
        return Err(ApiError::new(
            "SecurityGroupsPerInterfaceLimitExceeded",
            "The maximum number of security groups per interface has been reached.",
        ));
    }
    Ok(groups)
}
