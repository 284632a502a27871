//! What operations carry.

use std::collections::BTreeSet;

use litemap::LiteMap;
use tributary_model::ObjectKey;
use tributary_model::config::{AuthenticateAction, HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{RuleCondition, RuleTransform};
use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetProtocol, TargetType,
};

use super::Handle;
use crate::values::tags::Tags;

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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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

impl IngressTraffic {
    /// Whether some traffic is both.
    pub(crate) fn overlaps(self, other: Self) -> bool {
        match (self, other) {
            (Self::Tcp(from, to), Self::Tcp(first, last))
            | (Self::Udp(from, to), Self::Udp(first, last)) => from <= last && first <= to,
            (one, other) => one == other,
        }
    }
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
        targets: LiteMap<T, u32>,
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

impl<T> Action<T> {
    /// The target groups it forwards to.
    pub fn target_groups(&self) -> impl Iterator<Item = &T> {
        let targets = match self {
            Self::Forward { targets, .. } => Some(targets),
            Self::Redirect { .. } | Self::FixedResponse { .. } | Self::Foreign(_) => None,
        };
        targets.into_iter().flat_map(LiteMap::keys)
    }

    /// The same with other names for its target groups, in the order of [`Action::target_groups`].
    #[must_use]
    pub fn with_target_groups<U: Ord>(&self, groups: impl IntoIterator<Item = U>) -> Action<U> {
        match self {
            Self::Forward {
                targets,
                stickiness_seconds,
            } => Action::Forward {
                targets: groups.into_iter().zip(targets.values().copied()).collect(),
                stickiness_seconds: *stickiness_seconds,
            },
            Self::Redirect {
                protocol,
                host,
                path,
                port,
                query,
                status_code,
            } => Action::Redirect {
                protocol: protocol.clone(),
                host: host.clone(),
                path: path.clone(),
                port: *port,
                query: query.clone(),
                status_code: *status_code,
            },
            Self::FixedResponse {
                status_code,
                content_type,
                body,
            } => Action::FixedResponse {
                status_code: *status_code,
                content_type: content_type.clone(),
                body: body.clone(),
            },
            Self::Foreign(kind) => Action::Foreign(kind.clone()),
        }
    }
}

#[cfg(test)]
mod tests;
