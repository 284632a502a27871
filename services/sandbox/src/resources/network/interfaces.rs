//! The interfaces of a network: who has which address, and which are free.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::{IpNet, Ipv4Net};
use jiff::Timestamp;

use crate::resources::interfaces::{Addresses, NetworkInterface};

use super::{Network, Subnet};

/// Addresses that AWS keeps at the start of every subnet; it keeps the last one, too ("Subnet
/// sizing").
const RESERVED: u32 = 4;

/// Where automatic IPv6 addresses begin in a subnet, so that `::1` and the like stay free.
const FIRST_IPV6: u128 = 0x1000;

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
