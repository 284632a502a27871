//! Whether a load balancer's packets reach a target: what the security groups of the target's
//! interface let in.

use std::collections::BTreeMap;
use std::net::IpAddr;

use jiff::Timestamp;

use crate::options::Reachability;
use crate::resources::interfaces::NetworkInterface;
use crate::resources::load_balancers::{Kind, LoadBalancer};
use crate::resources::protocols::Protocol;
use crate::resources::security_groups::{Peer, Permission};
use crate::resources::target_groups::{TargetAddressType, TargetGroup, TargetKey, TargetType};
use crate::state::State;

/// What is looked at once for all targets of a group.
pub(super) struct Reach<'a> {
    state: &'a State,
    group: &'a TargetGroup,
    load_balancer: &'a LoadBalancer,
    /// Addresses of the load balancer's interfaces, of the family that the targets have.
    sources: Vec<IpAddr>,
    /// Interfaces by each of their single addresses.
    by_address: BTreeMap<IpAddr, &'a NetworkInterface>,
    with_prefixes: Vec<&'a NetworkInterface>,
}

/// Whose packets.
#[derive(Clone, Copy)]
enum Sender {
    HealthCheck,
    Client,
}

impl<'a> Reach<'a> {
    /// `None` where nobody asks: reachability is off, the group is in no use, or its target is an
    /// ALB, whose health is its own targets'.
    pub(super) fn of(state: &'a State, group: &'a TargetGroup, now: Timestamp) -> Option<Self> {
        match (state.reachability, group.target_type) {
            (Reachability::Everything, _) | (_, TargetType::Alb) => return None,
            (Reachability::BySecurityGroups, TargetType::Instance | TargetType::Ip) => {}
        }
        let arn = group.load_balancer_arn.as_ref()?;
        let load_balancer = state.load_balancers.get(arn)?;
        let mut reach = Self {
            state,
            group,
            load_balancer,
            sources: Vec::new(),
            by_address: BTreeMap::new(),
            with_prefixes: Vec::new(),
        };
        for interface in state.network.interfaces_at(now) {
            let addresses = &interface.addresses;
            let v4 = addresses.ipv4().map(IpAddr::V4);
            let v6 = addresses.ipv6.iter().copied().map(IpAddr::V6);
            if interface.load_balancer() == Some(arn) {
                match group.ip_address_type {
                    TargetAddressType::Ipv4 => reach.sources.extend(v4.clone()),
                    TargetAddressType::Ipv6 => reach.sources.extend(v6.clone()),
                }
            }
            let all = v4.chain(v6).map(|address| (address, interface));
            reach.by_address.extend(all);
            if !addresses.prefixes.is_empty() {
                reach.with_prefixes.push(interface);
            }
        }
        Some(reach)
    }

    pub(super) fn load_balancer(&self) -> &LoadBalancer {
        self.load_balancer
    }

    /// Whether traffic and health checks arrive. What no interface has, nothing reaches.
    pub(super) fn lets_in(&self, target: &TargetKey) -> bool {
        let Some(interface) = self.interface(target) else {
            return false;
        };
        let traffic: &[&str] = match self.group.protocol {
            Protocol::Http | Protocol::Https | Protocol::Tcp | Protocol::Tls => &["tcp"],
            Protocol::Udp => &["udp"],
            Protocol::TcpUdp => &["tcp", "udp"],
        };
        let check_port = self.group.health_check.port_of(target);
        traffic
            .iter()
            .all(|protocol| self.is_open(interface, (protocol, target.port), Sender::Client))
            // All kinds of health checks are made over TCP.
            && self.is_open(interface, ("tcp", check_port), Sender::HealthCheck)
    }

    fn interface(&self, target: &TargetKey) -> Option<&'a NetworkInterface> {
        match self.group.target_type {
            TargetType::Instance => {
                let interfaces = self.state.network.of_instance(&target.id);
                interfaces.first().copied()
            }
            TargetType::Ip => {
                let address: IpAddr = target.id.parse().ok()?;
                let by_prefix = || {
                    let mut interfaces = self.with_prefixes.iter().copied();
                    interfaces.find(|interface| interface.addresses.holds(address))
                };
                self.by_address.get(&address).copied().or_else(by_prefix)
            }
            TargetType::Alb => None,
        }
    }

    fn is_open(
        &self,
        interface: &NetworkInterface,
        (protocol, port): (&str, u16),
        sender: Sender,
    ) -> bool {
        let groups = interface.groups.iter();
        let peers: Vec<&Peer> = groups
            .filter_map(|id| self.state.security_groups.get(id))
            .flat_map(|group| &group.ingress)
            .map(|rule| &rule.permission)
            .filter(|permission| is_for(permission, protocol, port))
            .map(|permission| &permission.peer)
            .collect();
        let named = |peer: &&Peer| match peer {
            Peer::Group(id) => self.load_balancer.security_groups.contains(id),
            Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::PrefixList(_) => false,
        };
        if peers.iter().any(named) {
            return true;
        }
        match sender {
            Sender::Client if self.shows_clients() => peers.iter().any(|peer| self.has_range(peer)),
            Sender::Client | Sender::HealthCheck => {
                !self.sources.is_empty()
                    && self
                        .sources
                        .iter()
                        .all(|source| peers.iter().any(|peer| self.holds(peer, *source)))
            }
        }
    }

    /// Packets that an NLB passes on have their clients' addresses ("Client IP preservation"); one
    /// with groups is let in by those all the same.
    fn shows_clients(&self) -> bool {
        let preserved = self.group.attributes.get("preserve_client_ip.enabled");
        self.load_balancer.kind == Kind::Network
            && self.load_balancer.security_groups.is_empty()
            && preserved.is_some_and(|value| value == "true")
    }

    /// Whether a peer is a range of addresses that clients may have.
    fn has_range(&self, peer: &Peer) -> bool {
        match (peer, self.group.ip_address_type) {
            (Peer::Ipv4(_), TargetAddressType::Ipv4)
            | (Peer::Ipv6(_), TargetAddressType::Ipv6)
            | (Peer::PrefixList(_), _) => true,
            (Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::Group(_), _) => false,
        }
    }

    fn holds(&self, peer: &Peer, source: IpAddr) -> bool {
        match (peer, source) {
            (Peer::Ipv4(range), IpAddr::V4(source)) => range.contains(&source),
            (Peer::Ipv6(range), IpAddr::V6(source)) => range.contains(&source),
            (Peer::PrefixList(id), source) => {
                let list = self.state.network.prefix_lists.get(id);
                let mut entries = list.into_iter().flat_map(|list| &list.entries);
                entries.any(|entry| entry.cidr.contains(&source))
            }
            (Peer::Ipv4(_) | Peer::Ipv6(_) | Peer::Group(_), _) => false,
        }
    }
}

fn is_for(permission: &Permission, protocol: &str, port: u16) -> bool {
    let port = i32::from(port);
    (permission.protocol == "-1" || permission.protocol == protocol)
        && permission
            .ports
            .is_none_or(|(from, to)| (from..=to).contains(&port))
}
