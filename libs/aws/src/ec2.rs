//! EC2: subnets to choose from, security groups, and how targets are reached.

use std::collections::BTreeSet;
use std::fmt::Debug;
use std::net::IpAddr;

use async_trait::async_trait;
use ipnet::IpNet;
use tributary_plan::observed::{ObservedInterface, ObservedSecurityGroup, ObservedSubnet, Opening};
use tributary_plan::op::{IngressRule, SecurityGroupSpec};
use tributary_plan::tags::Tags;

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
    /// `DeleteTags`, whatever the value.
    async fn remove_tag(&self, id: &str, key: &str) -> Answer<()>;
    /// `DescribeNetworkInterfaces`, of one VPC or of all.
    async fn interfaces(
        &self,
        which: &InterfaceFilter,
        vpc: Option<&str>,
    ) -> Answer<Vec<Interface>>;
    /// `DescribeSecurityGroupRules`: ingress rules with a security group as their source, by id.
    async fn shared_rules(&self, which: &RuleFilter) -> Answer<Found<SharedRule>>;
    /// `AuthorizeSecurityGroupIngress` of one rule with tags.
    async fn open(&self, group: &str, opening: &Opening, tags: &Tags) -> Answer<()>;
    /// `RevokeSecurityGroupIngress` of one rule by its id.
    async fn revoke_rule(&self, group: &str, id: &str) -> Answer<()>;
}

/// Which network interfaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InterfaceFilter {
    /// With any of these private addresses.
    Addresses(BTreeSet<IpAddr>),
    /// The first one of each of these instances.
    Instances(BTreeSet<String>),
    /// All that are attached to something: AWS has no filter for the prefixes that are delegated to one.
    Attached,
}

/// `NetworkInterface` with what it is found by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Interface {
    /// What a plan looks at.
    pub observed: ObservedInterface,
    /// Private addresses, primary and secondary.
    pub addresses: BTreeSet<IpAddr>,
    /// Prefixes that are delegated to it.
    pub prefixes: Vec<IpNet>,
    /// The instance that it is attached to.
    pub instance: Option<String>,
}

/// Which rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleFilter {
    /// Of this group.
    Group(String),
    /// With all of these tags.
    Tags(Tags),
}

/// An ingress rule of a group with another one as its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharedRule {
    /// The group that it is of.
    pub group: String,
    /// What it lets in.
    pub opening: Opening,
    /// Tags.
    pub tags: Tags,
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
    /// Those with an ingress rule whose source is this group.
    LettingIn(String),
}
