//! The default VPC and what is in it. Its subnets, gateways and routes are never created by a call:
//! a controller of load balancers finds its network, it does not make it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Serialize;

use crate::error::ApiError;
use crate::ids::Ids;
use crate::options::SeedOptions;
use crate::tags::Tags;

use super::instances::Instance;
use super::interfaces::NetworkInterface;
use super::prefix_lists::PrefixList;

mod interfaces;

/// Networks of a region, by identifier.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Network {
    pub(crate) vpcs: BTreeMap<String, Vpc>,
    pub(crate) zones: Vec<AvailabilityZone>,
    pub(crate) subnets: BTreeMap<String, Subnet>,
    pub(crate) internet_gateways: BTreeMap<String, InternetGateway>,
    pub(crate) route_tables: BTreeMap<String, RouteTable>,
    pub(crate) addresses: BTreeMap<String, Address>,
    pub(crate) instances: BTreeMap<String, Instance>,
    pub(crate) interfaces: BTreeMap<String, NetworkInterface>,
    pub(crate) prefix_lists: BTreeMap<String, PrefixList>,
    /// What calls with a client token made.
    made: BTreeMap<String, Vec<String>>,
}

/// A virtual private cloud.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Vpc {
    pub(crate) id: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) ipv6_cidr: Ipv6Net,
    pub(crate) tags: Tags,
}

/// An availability zone.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct AvailabilityZone {
    pub(crate) name: String,
    pub(crate) id: String,
}

/// A subnet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Subnet {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) zone: String,
    pub(crate) zone_id: String,
    pub(crate) cidr: Ipv4Net,
    pub(crate) ipv6_cidr: Option<Ipv6Net>,
    pub(crate) public: bool,
    pub(crate) tags: Tags,
}

/// The way from a VPC to the internet.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct InternetGateway {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) tags: Tags,
}

/// A route table: everything local, and everything else to the gateway if there is one.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct RouteTable {
    pub(crate) id: String,
    pub(crate) vpc_id: String,
    pub(crate) main: bool,
    pub(crate) gateway: Option<String>,
    pub(crate) subnets: Vec<String>,
    pub(crate) tags: Tags,
}

/// An Elastic IP address.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Address {
    pub(crate) id: String,
    pub(crate) public_ip: Ipv4Addr,
    pub(crate) tags: Tags,
}

/// AWS's default VPC.
const VPC_CIDR: Ipv4Net = Ipv4Net::new_assert(Ipv4Addr::new(172, 31, 0, 0), 16);
/// From the range for documentation, since no packet ever goes there.
const VPC_IPV6: Ipv6Net = Ipv6Net::new_assert(
    std::net::Ipv6Addr::new(0x2001, 0xdb8, 0x1234, 0x1a00, 0, 0, 0, 0),
    56,
);

impl Network {
    /// One VPC, three zones with a public and a private subnet each.
    pub(crate) fn seeded(region: &str, seed: &SeedOptions, ids: &mut Ids) -> Self {
        let mut network = Self::default();
        let vpc_id = ids.ec2("vpc");
        let gateway_id = ids.ec2("igw");
        network.vpcs.insert(
            vpc_id.clone(),
            Vpc {
                id: vpc_id.clone(),
                cidr: VPC_CIDR,
                ipv6_cidr: VPC_IPV6,
                tags: tagged("Name", "default"),
            },
        );
        network.internet_gateways.insert(
            gateway_id.clone(),
            InternetGateway {
                id: gateway_id.clone(),
                vpc_id: vpc_id.clone(),
                tags: Tags::new(),
            },
        );
        // 172.31.0.0/20 and its successors: six blocks of 4,096 addresses in the VPC's sixteen.
        let mut blocks = VPC_CIDR.subnets(20).into_iter().flatten();
        let mut blocks6 = VPC_IPV6.subnets(64).into_iter().flatten();
        let mut public = Vec::new();
        let mut private = Vec::new();
        for (index, letter) in ["a", "b", "c"].into_iter().enumerate() {
            let zone = AvailabilityZone {
                name: format!("{region}{letter}"),
                id: format!("{}-az{}", short(region), index + 1),
            };
            for (subnets, open, role) in [
                (&mut public, true, "kubernetes.io/role/elb"),
                (&mut private, false, "kubernetes.io/role/internal-elb"),
            ] {
                let id = ids.ec2("subnet");
                let kind = if open { "public" } else { "private" };
                let mut tags = tagged(role, "1");
                tags.insert("Name".to_owned(), format!("default-{kind}-{}", zone.name));
                let Some(cidr) = blocks.next() else { continue };
                subnets.push(id.clone());
                network.subnets.insert(
                    id.clone(),
                    Subnet {
                        id,
                        vpc_id: vpc_id.clone(),
                        zone: zone.name.clone(),
                        zone_id: zone.id.clone(),
                        cidr,
                        ipv6_cidr: blocks6.next(),
                        public: open,
                        tags,
                    },
                );
            }
            network.zones.push(zone);
        }
        for (main, gateway, subnets) in [(true, None, private), (false, Some(gateway_id), public)] {
            let id = ids.ec2("rtb");
            network.route_tables.insert(
                id.clone(),
                RouteTable {
                    id,
                    vpc_id: vpc_id.clone(),
                    main,
                    gateway,
                    subnets,
                    tags: Tags::new(),
                },
            );
        }
        for number in 0..seed.elastic_ips {
            let id = ids.ec2("eipalloc");
            let address = Address {
                id: id.clone(),
                // TEST-NET-3, the range for documentation.
                public_ip: Ipv4Addr::new(203, 0, 113, number),
                tags: Tags::new(),
            };
            network.addresses.insert(id, address);
        }
        network
    }

    /// What an earlier call with this client token made; a call that is sent twice makes nothing
    /// twice ("Ensuring idempotency").
    pub(crate) fn made_by(&self, token: Option<&str>) -> &[String] {
        token
            .and_then(|token| self.made.get(token))
            .map_or(&[], Vec::as_slice)
    }

    pub(crate) fn remember(&mut self, token: Option<String>, made: Vec<String>) {
        if let Some(token) = token {
            self.made.insert(token, made);
        }
    }

    /// The subnet that holds an address.
    pub(crate) fn subnet_of(&self, address: IpAddr) -> Option<&Subnet> {
        let mut subnets = self.subnets.values();
        subnets.find(|subnet| subnet.holds(address))
    }

    pub(crate) fn has_internet_gateway(&self, vpc_id: &str) -> bool {
        self.internet_gateways
            .values()
            .any(|gateway| gateway.vpc_id == vpc_id)
    }

    pub(crate) fn has_zone(&self, name: &str) -> bool {
        self.zones.iter().any(|zone| zone.name == name)
    }

    /// The Elastic IP address of an allocation, in ELBv2's words if it is not there.
    pub(crate) fn address(&self, id: &str) -> Result<&Address, ApiError> {
        self.addresses.get(id).ok_or_else(|| {
            ApiError::new(
                "AllocationIdNotFound",
                format!("The allocation IDs '[{id}]' do not exist"),
            )
        })
    }
}

impl Subnet {
    pub(crate) fn holds(&self, address: IpAddr) -> bool {
        match address {
            IpAddr::V4(address) => self.cidr.contains(&address),
            IpAddr::V6(address) => self.ipv6_cidr.is_some_and(|cidr| cidr.contains(&address)),
        }
    }
}

fn tagged(key: &str, value: &str) -> Tags {
    Tags::from([(key.to_owned(), value.to_owned())])
}

/// `us-west-2` is `usw2` in the identifiers of zones.
fn short(region: &str) -> String {
    let mut parts = region.split('-');
    let mut short = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        short.extend(part.chars().next());
    }
    short
}
