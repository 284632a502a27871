//! Security groups and their rules.

use ipnet::{Ipv4Net, Ipv6Net};
use serde::Serialize;

use crate::tags::Tags;

/// A security group.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SecurityGroup {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) vpc_id: String,
    pub(crate) tags: Tags,
    pub(crate) ingress: Vec<SecurityGroupRule>,
    pub(crate) egress: Vec<SecurityGroupRule>,
}

/// One rule: one protocol, one range of ports, one peer.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct SecurityGroupRule {
    pub(crate) id: String,
    pub(crate) permission: Permission,
    pub(crate) description: Option<String>,
    pub(crate) tags: Tags,
}

/// What a rule allows; two rules of a group never allow the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Permission {
    /// `tcp`, `udp`, `icmp`, `icmpv6`, `-1` for all, or a number.
    pub(crate) protocol: String,
    /// First and last port, or ICMP's type and code.
    pub(crate) ports: Option<(i32, i32)>,
    pub(crate) peer: Peer,
}

/// The other end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Peer {
    Ipv4(Ipv4Net),
    Ipv6(Ipv6Net),
    PrefixList(String),
    Group(String),
}
