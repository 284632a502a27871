//! Resource Groups Tagging: finding what is ours without describing the account.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use tributary_plan::tags::Tags;

use crate::elbv2::{Answer, Found};

/// The one call.
#[async_trait]
pub trait Tagging: Debug + Send + Sync {
    /// `GetResources`: ARN to tags. It lags behind the services: what it names may be gone, what is seconds
    /// old may be missing.
    async fn resources(&self, filter: &TagFilter) -> Answer<Found<Tags>>;
}

/// Which resources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TagFilter {
    /// All of these tags.
    pub tags: Tags,
    /// All of these keys, with any value.
    pub keys: BTreeSet<&'static str>,
    /// Any of these types.
    pub types: BTreeSet<ResourceType>,
}

/// Types of resources that carry our tags and are found by them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ResourceType {
    /// `elasticloadbalancing:loadbalancer`.
    LoadBalancer,
    /// `elasticloadbalancing:targetgroup`.
    TargetGroup,
    /// `ec2:security-group`.
    SecurityGroup,
    /// `acm:certificate`.
    Certificate,
}

impl ResourceType {
    /// Every type, in a fixed order.
    pub const ALL: [Self; 4] = [
        Self::LoadBalancer,
        Self::TargetGroup,
        Self::SecurityGroup,
        Self::Certificate,
    ];

    /// The API's spelling.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::LoadBalancer => "elasticloadbalancing:loadbalancer",
            Self::TargetGroup => "elasticloadbalancing:targetgroup",
            Self::SecurityGroup => "ec2:security-group",
            Self::Certificate => "acm:certificate",
        }
    }
}

/// The account behind the credentials.
#[async_trait]
pub trait Sts: Debug + Send + Sync {
    /// `GetCallerIdentity`: the account number.
    async fn account(&self) -> Answer<String>;
}
