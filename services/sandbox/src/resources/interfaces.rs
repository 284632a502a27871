//! Network interfaces: what has an address in the VPC, and the security groups that let others in
//! there.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use ipnet::IpNet;
use jiff::Timestamp;
use serde::Serialize;

use crate::tags::Tags;

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
