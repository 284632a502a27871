//! The way from load balancers to their targets, as EC2 has it.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::TargetId;

use crate::values::op::IngressTraffic;
use crate::values::tags::Tags;

/// Who has which security group, and what those of the targets let in from load balancers.
///
/// Only looked at where backend groups are wanted. What of it cannot be read concerns its targets alone: it makes no
/// observation partial.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backend {
    /// By id: the cluster's shared groups, one in each VPC, or the one that was named.
    pub groups: Seen<BTreeMap<String, BackendGroup>>,
    /// By target: the network interfaces with its address, or the first one of the instance, in whatever VPC.
    pub interfaces: BTreeMap<TargetId, Seen<Vec<ObservedInterface>>>,
    /// By id: security groups of these interfaces, and those that have a rule of ours.
    pub doors: BTreeMap<String, Seen<Door>>,
    /// Why rules of ours could not be looked for; then every rule seems to be somebody else's.
    pub unread_rules: Option<String>,
}

/// What was looked at, and whether it could be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Seen<T> {
    /// It is so.
    Known(T),
    /// It could not be read; why.
    Unknown(String),
}

/// A security group that load balancers carry so that targets let them in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackendGroup {
    /// `VpcId`.
    pub vpc: String,
    /// Tags.
    pub tags: Tags,
}

/// `NetworkInterface`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ObservedInterface {
    /// `NetworkInterfaceId`.
    pub id: String,
    /// `VpcId`.
    pub vpc: String,
    /// `Groups`.
    pub groups: BTreeSet<String>,
}

/// The security group of a target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Door {
    /// Tags.
    pub tags: Tags,
    /// What it lets in from other groups, with the tags of the rule; none where the rule is not ours.
    pub rules: BTreeMap<Opening, Tags>,
}

/// An ingress rule with a security group as its source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Opening {
    /// Id of the group.
    pub source: String,
    /// What it lets in.
    pub traffic: IngressTraffic,
}

impl<T: Default> Default for Seen<T> {
    fn default() -> Self {
        Self::Known(T::default())
    }
}

impl<T> Seen<T> {
    /// What could be read.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }

    /// The same, to be changed.
    pub fn known_mut(&mut self) -> Option<&mut T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Unknown(_) => None,
        }
    }
}
