//! Prefix lists: AWS's own and those that an account makes.

use ipnet::IpNet;
use serde::{Deserialize, Serialize};

use crate::tags::Tags;

/// A prefix list.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct PrefixList {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) family: Family,
    /// What it counts in a security group: of AWS's own lists, their weight.
    pub(crate) max_entries: u32,
    pub(crate) entries: Vec<Entry>,
    pub(crate) owner: Owner,
    pub(crate) tags: Tags,
}

/// Which addresses it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Family {
    #[serde(rename = "IPv4")]
    Ipv4,
    #[serde(rename = "IPv6")]
    Ipv6,
}

/// Who made it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Owner {
    Aws,
    Account,
}

/// One range.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Entry {
    pub(crate) cidr: IpNet,
    pub(crate) description: Option<String>,
}
