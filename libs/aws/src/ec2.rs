//! EC2: subnets to choose from and security groups of ours.

use std::collections::BTreeSet;
use std::fmt::Debug;

use async_trait::async_trait;
use ipnet::IpNet;
use tributary_plan::observed::{ObservedSecurityGroup, ObservedSubnet, Tags};
use tributary_plan::op::{IngressRule, SecurityGroupSpec};

use crate::elbv2::{Answer, Found};

/// The calls. Describes page through everything and use filters, so that what does not exist is absent, not an error.
#[async_trait]
pub trait Ec2: Debug + Send + Sync {
    /// `DescribeSubnets` in state `available`.
    async fn subnets(&self, vpc: Option<&str>) -> Answer<Found<ObservedSubnet>>;
    /// `DescribeVpcs`: the address blocks of every VPC, IPv4 and IPv6.
    async fn vpc_blocks(&self) -> Answer<Found<Vec<IpNet>>>;
    /// `DescribeSecurityGroups`.
    async fn security_groups(
        &self,
        which: &SecurityGroupFilter,
    ) -> Answer<Found<ObservedSecurityGroup>>;
    /// `CreateSecurityGroup`: its id.
    async fn create_security_group(&self, spec: &SecurityGroupSpec) -> Answer<String>;
    /// `AuthorizeSecurityGroupIngress`.
    async fn authorize_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()>;
    /// `RevokeSecurityGroupIngress`.
    async fn revoke_ingress(&self, group: &str, rules: &BTreeSet<IngressRule>) -> Answer<()>;
    /// `DeleteSecurityGroup`.
    async fn delete_security_group(&self, id: &str) -> Answer<()>;
    /// `CreateTags`.
    async fn add_tags(&self, id: &str, tags: &Tags) -> Answer<()>;
    /// `DeleteTags`, keys with their values.
    async fn remove_tags(&self, id: &str, tags: &Tags) -> Answer<()>;
}

/// Which security groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityGroupFilter {
    /// All of these tags.
    Tags(Tags),
    /// Any of these ids.
    Ids(BTreeSet<String>),
    /// Any of these values of the tag `Name`.
    Names(BTreeSet<String>),
}
