//! Operations on AWS, and plans made of them.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::{AuthenticateAction, HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{DesiredTarget, RuleCondition, RuleOrigin, RuleTransform};
use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetProtocol, TargetType,
};
use tributary_model::report::LoadBalancerReport;
use tributary_model::{ListenerRef, ObjectKey};

use crate::observed::Tags;

pub(crate) mod handles;
mod text;

/// What to do, and what is true before it is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// A directed acyclic graph, in one valid order: a step only names steps before it.
    pub steps: Vec<Step>,
    /// True as of the observation, given that the steps are still to come.
    pub report: LoadBalancerReport,
    /// What no step can hurry: provisioning, deletion protection, a partial observation. Look again later.
    pub waiting: Vec<String>,
}

/// Number of a step within its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// One operation with its place in the plan. Steps that do not name each other may run at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Its number: its index in [`Plan::steps`].
    pub id: StepId,
    /// One AWS call.
    pub op: Op,
    /// Must have succeeded: when one of them fails, this one is not tried.
    pub after: BTreeSet<StepId>,
    /// Must be over, however it ended. Deletions wait this way for other tenants' creations, so that
    /// one tenant's refused rule never keeps another's old rule alive.
    pub following: BTreeSet<StepId>,
    /// The listeners that pay when it fails; empty means the whole load balancer.
    pub owners: BTreeSet<ListenerRef>,
    /// The route rule that pays, in place of its listener.
    pub origin: Option<RuleOrigin>,
}

/// Something that exists, or will once an earlier step has run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Handle {
    /// Its ARN, or id for a security group.
    Existing(String),
    /// What a step creates: its ARN or id is that step's answer.
    Created {
        /// The creating step; always one of `after`.
        step: StepId,
        /// Its name, for texts: the same in every plan that creates it.
        name: String,
    },
}

/// One AWS call.
///
/// Its `Display` is one line with everything in it but step numbers: equal text means the same request. A programmer
/// can so remember what AWS refused for good (see [`Plan::without`]).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Op {
    /// EC2 `CreateSecurityGroup` with tags; answers its id. Ingress is a step of its own.
    CreateSecurityGroup(SecurityGroupSpec),
    /// EC2 `AuthorizeSecurityGroupIngress`.
    AuthorizeIngress {
        /// The group.
        group: Handle,
        /// To add.
        rules: BTreeSet<IngressRule>,
    },
    /// EC2 `RevokeSecurityGroupIngress`.
    RevokeIngress {
        /// The group.
        group: String,
        /// To take away.
        rules: BTreeSet<IngressRule>,
    },
    /// EC2 `DeleteSecurityGroup`. Answers `DependencyViolation` for a while after its load balancer is gone.
    DeleteSecurityGroup {
        /// Id.
        group: String,
    },
    /// ACM `ImportCertificate` from a Secret that the programmer reads; answers its ARN. What it reads must
    /// have this fingerprint, else the step fails and the next desired state brings the newer one.
    ImportCertificate {
        /// The Secret.
        secret: ObjectKey,
        /// What it must contain.
        fingerprint: String,
        /// Import again to this ARN. ACM takes no tags then: an [`Op::AddTags`] follows.
        existing: Option<String>,
        /// Tags of a new certificate; empty with `existing`.
        tags: Tags,
    },
    /// ACM `DeleteCertificate`. Answers `ResourceInUse` for a while after the last listener let go.
    DeleteCertificate {
        /// ARN.
        certificate: String,
    },
    /// `CreateTargetGroup` with tags; answers its ARN.
    CreateTargetGroup(Box<TargetGroupSpec>),
    /// `ModifyTargetGroup`: every given field.
    ModifyTargetGroup {
        /// ARN.
        target_group: String,
        /// Whether gRPC or HTTP codes are meant follows from which one is given.
        health_check: HealthCheckSettings,
    },
    /// `ModifyTargetGroupAttributes`.
    ModifyTargetGroupAttributes {
        /// Which.
        target_group: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `RegisterTargets`, at most [`TARGETS_PER_CALL`].
    RegisterTargets {
        /// Which.
        target_group: Handle,
        /// To add.
        targets: BTreeSet<DesiredTarget>,
    },
    /// `DeregisterTargets`, at most [`TARGETS_PER_CALL`].
    DeregisterTargets {
        /// ARN.
        target_group: String,
        /// To take away.
        targets: BTreeSet<DesiredTarget>,
    },
    /// `DeleteTargetGroup`. Answers `ResourceInUse` for a while after the last action let go.
    DeleteTargetGroup {
        /// ARN.
        target_group: String,
    },
    /// `CreateLoadBalancer` with tags; answers its ARN.
    CreateLoadBalancer(Box<LoadBalancerSpec>),
    /// `SetSubnets`: the whole set; on an NLB with `IpAddressType`.
    SetSubnets {
        /// ARN.
        load_balancer: String,
        /// All of them.
        subnets: Vec<SubnetMapping>,
    },
    /// `SetSecurityGroups`: the whole set.
    SetSecurityGroups {
        /// ARN.
        load_balancer: String,
        /// All of them.
        security_groups: BTreeSet<Handle>,
    },
    /// `SetIpAddressType`.
    SetIpAddressType {
        /// ARN.
        load_balancer: String,
        /// The new one.
        ip_address_type: IpAddressType,
    },
    /// `ModifyLoadBalancerAttributes`.
    ModifyLoadBalancerAttributes {
        /// Which.
        load_balancer: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `DeleteLoadBalancer`. AWS removes its listeners and rules with it.
    DeleteLoadBalancer {
        /// ARN.
        load_balancer: String,
    },
    /// `CreateListener` with tags; answers its ARN.
    CreateListener {
        /// On which.
        load_balancer: Handle,
        /// What.
        spec: Box<ListenerSpec>,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyListener`: every field of the spec.
    ModifyListener {
        /// ARN.
        listener: String,
        /// What it becomes; its port stays.
        spec: Box<ListenerSpec>,
    },
    /// `ModifyListenerAttributes`.
    ModifyListenerAttributes {
        /// Which.
        listener: Handle,
        /// To set.
        attributes: BTreeMap<String, String>,
    },
    /// `DeleteListener`. AWS removes its rules with it.
    DeleteListener {
        /// ARN.
        listener: String,
    },
    /// `AddListenerCertificates` with one certificate.
    AddListenerCertificate {
        /// Which.
        listener: Handle,
        /// To serve by SNI.
        certificate: Handle,
    },
    /// `RemoveListenerCertificates` with one certificate, never the default one's default entry.
    RemoveListenerCertificate {
        /// ARN.
        listener: String,
        /// ARN.
        certificate: String,
    },
    /// `CreateRule` with tags; answers its ARN.
    CreateRule {
        /// On which ELB listener.
        listener: Handle,
        /// 1..50000, free when the step may run.
        priority: u32,
        /// What.
        spec: Box<RuleSpec>,
        /// Tags.
        tags: Tags,
    },
    /// `ModifyRule`: conditions, actions and transforms, all of them (none of the last: `ResetTransforms`).
    ModifyRule {
        /// ARN.
        rule: String,
        /// What it becomes.
        spec: Box<RuleSpec>,
    },
    /// `SetRulePriorities`: all moves of one ELB listener in one call, swaps included.
    SetRulePriorities {
        /// ARN of the ELB listener, for texts.
        listener: String,
        /// Rule ARN to its new priority; never empty.
        priorities: BTreeMap<String, u32>,
    },
    /// `DeleteRule`.
    DeleteRule {
        /// ARN.
        rule: String,
    },
    /// `AddTags` of the resource's own service.
    AddTags {
        /// Which.
        resource: Taggable,
        /// To set.
        tags: Tags,
    },
    /// `RemoveTags` of the resource's own service.
    RemoveTags {
        /// Which.
        resource: Taggable,
        /// Tags as they are now (EC2's and ACM's calls take the values too).
        tags: Tags,
    },
}

/// A resource with tags, and so the API that sets them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Taggable {
    /// ELBv2: ARN of a load balancer, listener, rule or target group.
    Elb(String),
    /// ACM: ARN.
    Certificate(String),
    /// EC2: id.
    SecurityGroup(String),
}

/// A security group to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroupSpec {
    /// `GroupName`: unique in its VPC.
    pub name: String,
    /// `GroupDescription`.
    pub description: String,
    /// `VpcId`.
    pub vpc: String,
    /// Tags.
    pub tags: Tags,
}

/// One ingress permission with one source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IngressRule {
    /// What.
    pub traffic: IngressTraffic,
    /// From where.
    pub source: IngressSource,
}

/// `IpProtocol` with its ports.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IngressTraffic {
    /// First and last port.
    Tcp(u16, u16),
    /// First and last port.
    Udp(u16, u16),
    /// Type 3 code 4, which path MTU discovery needs (AWS: "destination unreachable: fragmentation needed").
    Icmp,
    /// The same for IPv6: type 2 code 0, "packet too big".
    Icmpv6,
    /// Anything else that somebody put into our group; never wanted. The index tells several apart.
    Other(u16),
}

/// Source of an ingress permission.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IngressSource {
    /// IPv4 CIDR.
    Ipv4(String),
    /// IPv6 CIDR.
    Ipv6(String),
    /// Prefix list id.
    PrefixList(String),
    /// Another security group's id; never wanted.
    Group(String),
}

/// A target group to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetGroupSpec {
    /// At most 32 characters.
    pub name: String,
    /// `VpcId`.
    pub vpc: String,
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
    /// Given fields are sent.
    pub health_check: HealthCheckSettings,
    /// Tags.
    pub tags: Tags,
}

/// A load balancer to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadBalancerSpec {
    /// At most 32 characters.
    pub name: String,
    /// `Type`.
    pub kind: LoadBalancerKind,
    /// `Scheme`.
    pub scheme: Scheme,
    /// `IpAddressType`.
    pub ip_address_type: IpAddressType,
    /// `SubnetMappings` where addresses are given, else `Subnets`.
    pub subnets: Vec<SubnetMapping>,
    /// `SecurityGroups`; empty on an NLB means without.
    pub security_groups: BTreeSet<Handle>,
    /// `CustomerOwnedIpv4Pool`.
    pub customer_owned_ipv4_pool: Option<String>,
    /// `IpamPools.Ipv4IpamPoolId`.
    pub ipv4_ipam_pool: Option<String>,
    /// Tags.
    pub tags: Tags,
}

/// `SubnetMapping`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SubnetMapping {
    /// `SubnetId`.
    pub subnet: String,
    /// `AllocationId` (NLB, internet-facing).
    pub eip_allocation: Option<String>,
    /// `PrivateIPv4Address` (NLB, internal).
    pub private_ipv4: Option<String>,
    /// `IPv6Address` (NLB, dualstack).
    pub ipv6: Option<String>,
    /// `SourceNatIpv6Prefix` (NLB, dualstack with UDP).
    pub source_nat_ipv6_prefix: Option<String>,
}

/// What an ELB listener is, but for its SNI certificates, attributes, tags and rules.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListenerSpec {
    /// `Port`.
    pub port: u16,
    /// `Protocol`.
    pub protocol: ElbProtocol,
    /// `DefaultActions`.
    pub default_action: Action<Handle>,
    /// `Certificates`: the default one; only with TLS termination.
    pub certificate: Option<Handle>,
    /// `SslPolicy`; absent leaves AWS's choice.
    pub ssl_policy: Option<String>,
    /// `AlpnPolicy`.
    pub alpn_policy: Option<String>,
    /// `MutualAuthentication`; `trust_store` is a name or an ARN.
    pub mutual_authentication: Option<MutualAuthentication>,
}

/// What an ALB rule is, but for its priority and tags.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSpec {
    /// Conditions.
    pub conditions: Vec<RuleCondition>,
    /// Authentication before the action.
    pub authenticate: Option<Authentication>,
    /// What happens.
    pub action: Action<Handle>,
    /// Transforms.
    pub transforms: Vec<RuleTransform>,
}

/// An authenticating action and where its client secret lives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Authentication {
    /// The action.
    pub action: AuthenticateAction,
    /// For OIDC: the Secret with `clientID` and `clientSecret`, which the programmer reads.
    pub client_secret: Option<ObjectKey>,
    /// Its fingerprint, if the programmer knew it when it asked for the plan.
    pub client_secret_fingerprint: Option<String>,
}

/// ELBv2 `Action` without authentication; `T` names a target group.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action<T> {
    /// `forward`.
    Forward {
        /// Target groups and their weights.
        targets: BTreeMap<T, u32>,
        /// Stickiness between them, in seconds; absent means off.
        stickiness_seconds: Option<u32>,
    },
    /// `redirect`. Absent parts keep the request's: AWS shows them as `#{host}`, `/#{path}` and so on.
    Redirect {
        /// `HTTP` or `HTTPS`.
        protocol: Option<String>,
        /// Host.
        host: Option<String>,
        /// Path.
        path: Option<String>,
        /// Port.
        port: Option<u16>,
        /// Query.
        query: Option<String>,
        /// 301 or 302.
        status_code: u16,
    },
    /// `fixed-response`.
    FixedResponse {
        /// 2XX, 4XX, 5XX.
        status_code: u16,
        /// Content type.
        content_type: Option<String>,
        /// Body.
        body: Option<String>,
    },
    /// An action that we never ask for; somebody else changed it. Its `Type`.
    Foreign(String),
}

/// Register and deregister calls carry at most this many (spec/aws.md §3: safe everywhere).
pub const TARGETS_PER_CALL: usize = 100;

impl Op {
    /// Whether something is gone, or serves less, afterwards: never done on a partial observation.
    pub fn removes(&self) -> bool {
        match self {
            Self::RevokeIngress { .. }
            | Self::DeleteSecurityGroup { .. }
            | Self::DeleteCertificate { .. }
            | Self::DeregisterTargets { .. }
            | Self::DeleteTargetGroup { .. }
            | Self::DeleteLoadBalancer { .. }
            | Self::DeleteListener { .. }
            | Self::RemoveListenerCertificate { .. }
            | Self::DeleteRule { .. }
            | Self::RemoveTags { .. } => true,
            Self::CreateSecurityGroup(_)
            | Self::AuthorizeIngress { .. }
            | Self::ImportCertificate { .. }
            | Self::CreateTargetGroup(_)
            | Self::ModifyTargetGroup { .. }
            | Self::ModifyTargetGroupAttributes { .. }
            | Self::RegisterTargets { .. }
            | Self::CreateLoadBalancer(_)
            | Self::SetSubnets { .. }
            | Self::SetSecurityGroups { .. }
            | Self::SetIpAddressType { .. }
            | Self::ModifyLoadBalancerAttributes { .. }
            | Self::CreateListener { .. }
            | Self::ModifyListener { .. }
            | Self::ModifyListenerAttributes { .. }
            | Self::AddListenerCertificate { .. }
            | Self::CreateRule { .. }
            | Self::ModifyRule { .. }
            | Self::SetRulePriorities { .. }
            | Self::AddTags { .. } => false,
        }
    }

    /// Whether something exists afterwards that an incomplete look might have missed: its double would stay.
    pub fn creates(&self) -> bool {
        match self {
            Self::CreateSecurityGroup(_)
            | Self::CreateTargetGroup(_)
            | Self::CreateLoadBalancer(_)
            | Self::CreateListener { .. }
            | Self::CreateRule { .. } => true,
            Self::ImportCertificate { existing, .. } => existing.is_none(),
            _ => false,
        }
    }
}

impl<T> Action<T> {
    /// The target groups it forwards to.
    pub fn target_groups(&self) -> impl Iterator<Item = &T> {
        let targets = match self {
            Self::Forward { targets, .. } => Some(targets),
            Self::Redirect { .. } | Self::FixedResponse { .. } | Self::Foreign(_) => None,
        };
        targets.into_iter().flat_map(BTreeMap::keys)
    }
}
