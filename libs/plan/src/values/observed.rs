//! What AWS says is there, in the words that desired state uses.
//!
//! `libs/aws` fills it from describe calls, the simulation from operations. Everything that carries this
//! Gateway's tags is in it, half-made things included, and so is what the plan must look at without
//! owning it: subnets, named security groups, certificates to discover.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::config::{AuthenticateAction, HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{DesiredTarget, RuleCondition, RuleTransform};
use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetProtocol, TargetType,
};

use crate::values::op::{Action, IngressRule, SubnetMapping};
use crate::values::tags::{Ownership, Tags};

mod backend;
mod relate;

pub use backend::{Backend, BackendGroup, Door, ObservedInterface, Opening, Seen};

/// Everything about one Gateway's load balancer that AWS knows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observed {
    /// Whether absence means anything.
    pub completeness: Completeness,
    /// Where it means nothing although the rest is complete.
    pub unread: Unread,
    /// By ARN: every load balancer tagged as this Gateway's; more than one while one replaces another.
    pub load_balancers: BTreeMap<String, ObservedLoadBalancer>,
    /// By ARN: every target group tagged as this Gateway's, attached or not.
    pub target_groups: BTreeMap<String, ObservedTargetGroup>,
    /// By id: those tagged as this Gateway's, and those that the settings name by id or Name tag.
    pub security_groups: BTreeMap<String, ObservedSecurityGroup>,
    /// By ARN: those tagged as this Gateway's, those that the listeners name by ARN, and, when a listener asks for
    /// discovery, every certificate of the account and region that is no import of a Secret.
    pub certificates: BTreeMap<String, ObservedCertificate>,
    /// ARNs that were asked for and that ACM says do not exist.
    pub missing_certificates: BTreeSet<String>,
    /// ARNs that listeners name and that ACM was asked about in vain, with why: ELB decides whether they can be had.
    pub unread_certificates: BTreeMap<String, String>,
    /// Where a load balancer could go.
    pub network: Network,
    /// The way from it to its targets.
    pub backend: Backend,
}

/// Whether everything could be looked at.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Completeness {
    /// What is not in the observation does not exist.
    #[default]
    Complete,
    /// Something could not be read; absence means nothing. One line per gap, lower case.
    Partial(Vec<String>),
}

/// What could not be read, and what only that depends on waits for; the rest goes on. One line each, lower case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unread {
    /// The account's certificates, which listeners may discover.
    pub discovery: Option<String>,
    /// Certificates by ARN, imports of ours perhaps.
    pub certificates: Option<String>,
    /// Subnets.
    pub subnets: Option<String>,
    /// Security groups: ours, and those that are named.
    pub security_groups: Option<String>,
}

impl Unread {
    /// What to say of it; nothing where all was read.
    pub fn lines(&self) -> impl Iterator<Item = &String> {
        let Self {
            discovery,
            certificates,
            subnets,
            security_groups,
        } = self;
        [discovery, certificates, subnets, security_groups]
            .into_iter()
            .flatten()
    }
}

impl Observed {
    /// Whether there is nothing to look at again for.
    pub fn is_whole(&self) -> bool {
        self.completeness == Completeness::Complete && self.unread.lines().next().is_none()
    }
}

/// `LoadBalancer`, with attributes, tags and listeners.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedLoadBalancer {
    /// `LoadBalancerName`.
    pub name: String,
    /// `Type`.
    pub kind: LoadBalancerKind,
    /// `DNSName`.
    pub dns_name: String,
    /// `CanonicalHostedZoneId`.
    pub hosted_zone: Option<String>,
    /// `State`.
    pub state: LoadBalancerState,
    /// `Scheme`.
    pub scheme: Scheme,
    /// `IpAddressType`.
    pub ip_address_type: IpAddressType,
    /// `VpcId`.
    pub vpc: String,
    /// `AvailabilityZones[].SubnetId` with the addresses that were given to it, by subnet id.
    pub subnets: BTreeMap<String, SubnetMapping>,
    /// `CustomerOwnedIpv4Pool`.
    pub customer_owned_ipv4_pool: Option<String>,
    /// `IpamPools.Ipv4IpamPoolId`.
    pub ipv4_ipam_pool: Option<String>,
    /// `SecurityGroups`.
    pub security_groups: BTreeSet<String>,
    /// `DescribeLoadBalancerAttributes`, all keys.
    pub attributes: BTreeMap<String, String>,
    /// Tags.
    pub tags: Tags,
    /// By ARN.
    pub listeners: BTreeMap<String, ObservedListener>,
}

/// `LoadBalancerState.Code`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadBalancerState {
    /// Being set up.
    Provisioning,
    /// Serving.
    Active,
    /// Serving, but AWS cannot scale it.
    ActiveImpaired,
    /// Could not be set up; AWS's reason.
    Failed(String),
}

impl LoadBalancerState {
    /// Whether it serves.
    pub fn serves(&self) -> bool {
        match self {
            Self::Active | Self::ActiveImpaired => true,
            Self::Provisioning | Self::Failed(_) => false,
        }
    }
}

/// `Listener`, with certificates, attributes, tags and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedListener {
    /// `Port`.
    pub port: u16,
    /// `Protocol`; absent when it is one that we do not program (QUIC and the like), so it is not ours.
    pub protocol: Option<ElbProtocol>,
    /// The one default action, target groups by ARN.
    pub default_action: Action<String>,
    /// The certificate of `DescribeListenerCertificates` with `IsDefault`.
    pub default_certificate: Option<String>,
    /// Those without `IsDefault`. AWS may list the default one here a second time; then it is here too.
    pub certificates: BTreeSet<String>,
    /// `SslPolicy`.
    pub ssl_policy: Option<String>,
    /// `AlpnPolicy[0]`.
    pub alpn_policy: Option<String>,
    /// `MutualAuthentication`, trust store by ARN; absent when off.
    pub mutual_authentication: Option<MutualAuthentication>,
    /// `DescribeListenerAttributes`, all keys; empty where no tag says that any was ever asked for.
    pub attributes: BTreeMap<String, String>,
    /// Tags.
    pub tags: Tags,
    /// By ARN, the default rule not among them.
    pub rules: BTreeMap<String, ObservedRule>,
}

impl ObservedListener {
    /// Whether it is ours: also one with our tags is not, if somebody gave it a protocol that we never would.
    pub fn is_of(&self, ownership: Ownership) -> bool {
        self.protocol.is_some() && ownership.owns(&self.tags)
    }
}

/// `Rule`, with tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedRule {
    /// 1..50000.
    pub priority: u32,
    /// Conditions.
    pub conditions: Vec<RuleCondition>,
    /// Authentication; an OIDC client secret is never returned, so `secret` is empty and `ClientId` is one of `fields`.
    pub authenticate: Option<AuthenticateAction>,
    /// The routing action, target groups by ARN.
    pub action: Action<String>,
    /// Transforms.
    pub transforms: Vec<RuleTransform>,
    /// Tags.
    pub tags: Tags,
}

/// `TargetGroup`, with attributes, tags and targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedTargetGroup {
    /// `TargetGroupName`.
    pub name: String,
    /// `Protocol`.
    pub protocol: TargetProtocol,
    /// `ProtocolVersion`; absent on NLB.
    pub protocol_version: Option<ProtocolVersion>,
    /// `Port`.
    pub port: u16,
    /// `TargetType`.
    pub target_type: TargetType,
    /// `IpAddressType`.
    pub ip_address_type: TargetIpAddressType,
    /// `VpcId`.
    pub vpc: String,
    /// All that AWS tells.
    pub health_check: HealthCheckSettings,
    /// `DescribeTargetGroupAttributes`, all keys; empty where no tag says that any was ever asked for.
    pub attributes: BTreeMap<String, String>,
    /// Tags.
    pub tags: Tags,
    /// `LoadBalancerArns`: at most one.
    pub load_balancers: BTreeSet<String>,
    /// `DescribeTargetHealth`.
    pub targets: BTreeMap<DesiredTarget, TargetState>,
}

impl ObservedTargetGroup {
    /// Whether the target is registered and not on its way out.
    pub fn has_registered(&self, target: &DesiredTarget) -> bool {
        let state = self.targets.get(target);
        state.is_some_and(TargetState::is_registered)
    }

    /// What it means for its targets, before AWS is asked, that these were the group's load balancers before.
    pub fn relate_targets(&mut self, before: &BTreeSet<String>) {
        if before.is_empty() == self.load_balancers.is_empty() {
            return;
        }
        let health = if before.is_empty() {
            Health::Initial
        } else {
            Health::Unused(NOT_IN_USE.to_owned())
        };
        for state in self.targets.values_mut() {
            if state.is_registered() {
                *state = TargetState::Registered(health.clone());
            }
        }
    }
}

/// AWS's reason for targets of a group that no load balancer uses.
const NOT_IN_USE: &str = "Target.NotInUse";

/// Whether a target is registered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetState {
    /// Any state but draining.
    Registered(Health),
    /// Deregistered, still shown.
    Draining,
}

/// `TargetHealth` of a registered target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Health {
    /// `healthy`, or `unavailable`: nobody checks it.
    Healthy,
    /// `initial`, or only just registered.
    Initial,
    /// `unhealthy`, with AWS's reason code.
    Unhealthy(String),
    /// `unused`, with AWS's reason code: no load balancer uses its group, or not in its zone.
    Unused(String),
}

impl TargetState {
    /// Whether it is not on its way out.
    pub fn is_registered(&self) -> bool {
        self.health().is_some()
    }

    /// Of a target that is registered.
    pub fn health(&self) -> Option<&Health> {
        match self {
            Self::Registered(health) => Some(health),
            Self::Draining => None,
        }
    }
}

/// `SecurityGroup`, ingress only: we leave egress as AWS creates it, open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedSecurityGroup {
    /// `GroupName`.
    pub name: String,
    /// `VpcId`.
    pub vpc: String,
    /// Tags.
    pub tags: Tags,
    /// One entry per source.
    pub ingress: BTreeSet<IngressRule>,
}

/// An ACM certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedCertificate {
    /// Domain name and subject alternative names, lower case.
    pub names: BTreeSet<String>,
    /// `Status`.
    pub status: CertificateStatus,
    /// `IssuedAt`, else `ImportedAt`, else `CreatedAt`.
    pub issued: Timestamp,
    /// Tags.
    pub tags: Tags,
    /// `InUseBy`: load balancer ARNs and others'.
    pub in_use_by: BTreeSet<String>,
}

/// `Status` of a certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CertificateStatus {
    /// `ISSUED`: can be used.
    Issued,
    /// Any other, by AWS's word.
    Other(String),
}

/// Where a load balancer could go.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Network {
    /// The VPC of the cluster, if known; else it follows from the subnets.
    pub vpc: Option<String>,
    /// Subnets by id: of the VPC, or those that the settings name by id or Name tag.
    pub subnets: BTreeMap<String, ObservedSubnet>,
}

/// `Subnet`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObservedSubnet {
    /// `AvailabilityZone`.
    pub zone: String,
    /// `VpcId`.
    pub vpc: String,
    /// `AvailableIpAddressCount`.
    pub available_addresses: u32,
    /// Tags.
    pub tags: Tags,
}

#[cfg(test)]
mod tests;
