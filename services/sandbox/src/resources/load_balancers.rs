//! Load balancers and their place in the network.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use ipnet::Ipv6Net;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// Which kind of load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Kind {
    Application,
    Network,
}

/// Who can reach it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Scheme {
    InternetFacing,
    Internal,
}

/// Which addresses it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum IpAddressType {
    Ipv4,
    Dualstack,
    DualstackWithoutPublicIpv4,
}

/// `on` or `off`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Switch {
    On,
    Off,
}

/// Where an ALB's addresses come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct IpamPools {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ipv4_ipam_pool_id: Option<String>,
}

/// A load balancer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LoadBalancer {
    pub(crate) arn: String,
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) kind: Kind,
    pub(crate) scheme: Scheme,
    pub(crate) vpc_id: String,
    pub(crate) dns_name: String,
    pub(crate) created_at: Timestamp,
    pub(crate) active_at: Timestamp,
    pub(crate) zones: Vec<Zone>,
    pub(crate) security_groups: Vec<String>,
    pub(crate) ip_address_type: IpAddressType,
    pub(crate) customer_owned_ipv4_pool: Option<String>,
    pub(crate) enforce_private_link_rules: Option<Switch>,
    pub(crate) prefix_for_ipv6_source_nat: Option<Switch>,
    pub(crate) source_nat_prefixes: Prefixes,
    pub(crate) ipam_pools: Option<IpamPools>,
    pub(crate) attributes: BTreeMap<String, String>,
    pub(crate) capacity_units: Option<u32>,
    pub(crate) capacity_modified_at: Option<Timestamp>,
    pub(crate) tags: Tags,
    /// Target groups that its actions name, each with the number of listeners and rules that do.
    pub(crate) target_groups: BTreeMap<String, u32>,
    /// Rules of all listeners, default rules not counted.
    pub(crate) rule_count: usize,
    /// Targets of all those target groups, draining ones not counted.
    pub(crate) target_count: usize,
}

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

/// By subnet.
pub(crate) type Prefixes = BTreeMap<String, Ipv6Net>;
