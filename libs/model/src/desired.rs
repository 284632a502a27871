//! What one load balancer should be. Whole desired state, never operations.
//!
//! One [`DesiredLoadBalancer`] per Gateway: its ELB listeners (one per distinct port of the winning
//! listeners), their rules and certificates, and the target groups those use. The merge writes it, the
//! programmers plan from it. Everything carries the listeners that want it, so that a quota or an AWS
//! refusal costs the right tenant and nobody else.
//!
//! Whatever there can be thousands of is held in persistent maps ([`OrdMap`]): a load balancer with 40,000
//! rules of which one changed is a new value that shares all the rest with the old one, and making it costs
//! the same as with ten.

pub mod rules;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;

use self::rules::Rules;
use crate::config::{
    AuthenticateAction, HealthCheckSettings, LoadBalancerSettings, MutualAuthentication,
};
use crate::elb::{
    ElbProtocol, LoadBalancerKind, ProtocolVersion, TargetIpAddressType, TargetProtocol, TargetType,
};
use crate::hostname::Hostname;
use crate::key::{Kind, ListenerRef, Name, ObjectKey, ObjectRef};
use crate::precedence::Precedence;
use crate::revision::Revision;

/// A map in the order of its keys whose clones share what neither of them changes.
pub type OrdMap<K, V> = rpds::RedBlackTreeMapSync<K, V>;

/// A load balancer's identity: its kind and its Gateway.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerKey {
    /// ALB or NLB. A Gateway whose class changes kind gets a new load balancer.
    pub kind: LoadBalancerKind,
    /// The Gateway.
    pub gateway: ObjectKey,
}

/// Everything one load balancer should be.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DesiredLoadBalancer {
    /// Identity.
    pub key: LoadBalancerKey,
    /// Class's and Gateway's configuration, merged.
    pub settings: LoadBalancerSettings,
    /// By port.
    pub listeners: BTreeMap<u16, Arc<DesiredListener>>,
    /// By identity. Every target group is used by a rule or default action.
    pub target_groups: OrdMap<TargetGroupId, Arc<DesiredTargetGroup>>,
    /// Kinds that cannot be read (see [`crate::resource::Unread`]): while there are any, something may be missing here
    /// that is wanted, so nothing that exists is changed or removed.
    pub unread: BTreeSet<Kind>,
}

/// A route whose first rule a listener serves by its default action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServedRoute {
    /// The Gateway API listener.
    pub listener: ListenerRef,
    /// The route.
    pub route: ObjectRef,
}

/// One ELB listener: everything that is served on one port.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DesiredListener {
    /// 1..65535.
    pub port: u16,
    /// One protocol per ELB listener.
    pub protocol: ElbProtocol,
    /// The winning listeners on this port, highest precedence first. Never empty.
    pub members: OrdMap<Precedence, Arc<MemberListener>>,
    /// `sslPolicy`.
    pub ssl_policy: Option<String>,
    /// `alpnPolicy`.
    pub alpn_policy: Option<String>,
    /// `mutualAuthentication`.
    pub mutual_authentication: Option<MutualAuthentication>,
    /// Listener attributes that were asked for.
    pub attributes: BTreeMap<String, String>,
    /// When no rule matches. ALB: 404. NLB: the oldest route's target groups, or an empty one.
    pub default_action: DesiredAction,
    /// NLB only: whose traffic the default action takes.
    pub routes: BTreeSet<ServedRoute>,
    /// ALB only: highest precedence first. Priorities are the plan's business.
    pub rules: Rules,
    /// `infrastructure` tags and the like for the listener.
    pub tags: BTreeMap<String, String>,
}

/// A Gateway API listener behind an ELB listener.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemberListener {
    /// Which one.
    pub listener: ListenerRef,
    /// Place among all listeners of the Gateway.
    pub precedence: Precedence,
    /// Absent means every host.
    pub hostname: Option<Hostname>,
    /// Fingerprint of what this listener itself asks for: port, protocol, hostname, certificates; not
    /// its routes, so that a new route does not make it look unprogrammed.
    pub revision: Revision,
    /// Its certificates, in its own order; empty for protocols without TLS termination. The first one that
    /// can be had of all members' is the port's default.
    pub certificates: Vec<CertificateSource>,
}

/// The three sources of rule certificate-sources.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CertificateSource {
    /// A `kubernetes.io/tls` Secret, imported to ACM by the programmer.
    Secret {
        /// The Secret.
        secret: ObjectKey,
        /// Hex SHA-256 over certificate and key; a change means: import again to the same ARN.
        fingerprint: String,
    },
    /// What was imported of this Secret before, as long as that is there. The Secret itself is away, or holds nothing that
    /// can be served now: that takes nothing down, and is no reason to import anything.
    Retained {
        /// The Secret.
        secret: ObjectKey,
    },
    /// An ARN from LoadBalancerConfiguration.
    Arn(String),
    /// ACM discovery: ISSUED, exact name before one-label wildcard, newest.
    Discovered {
        /// The listener's hostname.
        hostname: Hostname,
    },
}

impl DesiredListener {
    /// All members' certificates and who wants them, highest precedence first.
    pub fn certificates(&self) -> impl Iterator<Item = (&ListenerRef, &CertificateSource)> {
        self.members.values().flat_map(|member| {
            member
                .certificates
                .iter()
                .map(|source| (&member.listener, source))
        })
    }
}

/// One ALB rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DesiredRule {
    /// Identity within its ELB listener; never holds the priority.
    pub id: RuleId,
    /// The listener it serves.
    pub listener: ListenerRef,
    /// Where it comes from; absent for an isolation rule.
    pub origin: Option<RuleOrigin>,
    /// All must hold.
    pub conditions: Vec<RuleCondition>,
    /// An optional authentication, then what happens.
    pub authenticate: Option<AuthenticateAction>,
    /// What happens.
    pub action: DesiredAction,
    /// URL and host rewrites.
    pub transforms: Vec<RuleTransform>,
    /// Tags from ListenerRuleConfiguration.
    pub tags: BTreeMap<String, String>,
}

/// Identity of a rule within its ELB listener: stable while its origin is, whatever its priority.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub Name);

/// The route rule behind an ALB rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleOrigin {
    /// The route.
    pub route: ObjectRef,
    /// Index in `spec.rules`.
    pub rule: usize,
    /// Index in `matches`.
    pub matched: usize,
}

/// ELBv2 `RuleCondition`. At most five values in all conditions of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleCondition {
    /// `host-header`.
    HostHeader(Patterns),
    /// `path-pattern`.
    PathPattern(Patterns),
    /// `http-header`.
    HttpHeader {
        /// Header name.
        name: String,
        /// Values.
        patterns: Patterns,
    },
    /// `query-string`: alternatives of key and value. Compared without case.
    QueryString(Vec<(Option<String>, String)>),
    /// `http-request-method`.
    Method(Vec<String>),
    /// `source-ip`: CIDRs.
    SourceIp(Vec<String>),
}

/// `Values` (with `*` and `?`) or `RegexValues`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Patterns {
    /// Wildcards.
    Wildcard(Vec<String>),
    /// Regular expressions.
    Regex(Vec<String>),
}

/// ELBv2 `Action`, without authentication.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DesiredAction {
    /// `forward`.
    Forward {
        /// At most five; weights 0..999.
        targets: Vec<WeightedTargetGroup>,
        /// Stickiness between the groups, in seconds.
        stickiness_seconds: Option<u32>,
    },
    /// `redirect`. Absent parts keep the request's.
    Redirect {
        /// `HTTP` or `HTTPS`.
        protocol: Option<String>,
        /// Host, with placeholders.
        host: Option<String>,
        /// Path with leading `/`, with placeholders.
        path: Option<String>,
        /// Port.
        port: Option<u16>,
        /// Query without `?`, with placeholders.
        query: Option<String>,
        /// 301 or 302.
        status_code: u16,
    },
    /// `fixed-response`.
    FixedResponse {
        /// 2XX, 4XX, 5XX.
        status_code: u16,
        /// `text/plain` and the like.
        content_type: Option<String>,
        /// Body.
        body: Option<String>,
    },
}

/// A target group in a forward action.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct WeightedTargetGroup {
    /// Which.
    pub target_group: TargetGroupId,
    /// 0..999.
    pub weight: u32,
}

/// ELBv2 `RuleTransform`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleTransform {
    /// `url-rewrite`.
    UrlRewrite {
        /// Matches path and query.
        regex: String,
        /// With `$1` …
        replace: String,
    },
    /// `host-header-rewrite`.
    HostHeaderRewrite {
        /// Matches the Host header.
        regex: String,
        /// With `$1` …
        replace: String,
    },
}

/// Identity of a target group within its load balancer: everything that AWS cannot change in place and
/// what it stands for. Its text joins with `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetGroupId(pub Name);

/// One target group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DesiredTargetGroup {
    /// Identity.
    pub id: TargetGroupId,
    /// Listeners whose traffic reaches it; when all are refused it goes too.
    pub listeners: BTreeSet<ListenerRef>,
    /// The Service; absent for an empty group.
    pub service: Option<ObjectKey>,
    /// `targetGroupName`, if asked for.
    pub name: Option<String>,
    /// Not changeable in place.
    pub protocol: TargetProtocol,
    /// ALB only; not changeable in place.
    pub protocol_version: Option<ProtocolVersion>,
    /// Default port of targets; not changeable in place.
    pub port: u16,
    /// Not changeable in place.
    pub target_type: TargetType,
    /// Not changeable in place.
    pub ip_address_type: TargetIpAddressType,
    /// What was asked for; absent fields keep AWS's default.
    pub health_check: HealthCheckSettings,
    /// Attributes that were asked for.
    pub attributes: BTreeMap<String, String>,
    /// Tags that were asked for.
    pub tags: BTreeMap<String, String>,
    /// Ready endpoints, and those that wait for nothing but their health.
    pub targets: BTreeSet<DesiredTarget>,
    /// Those of the targets whose pods wait to hear that they are healthy.
    pub awaited: BTreeSet<AwaitedTarget>,
    /// `enableMultiCluster`: other clusters register targets, too, which stay.
    pub multi_cluster: bool,
}

/// One target.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DesiredTarget {
    /// Who gets the traffic.
    pub id: TargetId,
    /// Its port.
    pub port: u16,
}

/// A target whose pod waits to hear that it is healthy.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AwaitedTarget {
    /// The target.
    pub target: DesiredTarget,
    /// Its pod.
    pub pod: GatedPod,
}

/// A pod with a readiness gate that we are to open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GatedPod {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `metadata.uid`, where the source has it: one that is made again waits anew.
    pub uid: Option<Name>,
}

/// `Id` of a target description.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TargetId {
    /// A pod.
    Ip(IpAddr),
    /// A node: EC2 instance id.
    Instance(String),
}

impl fmt::Display for LoadBalancerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.kind.as_str(), self.gateway)
    }
}

impl fmt::Display for DesiredTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            TargetId::Ip(IpAddr::V6(address)) => write!(f, "[{address}]:{}", self.port),
            id @ (TargetId::Ip(IpAddr::V4(_)) | TargetId::Instance(_)) => {
                write!(f, "{id}:{}", self.port)
            }
        }
    }
}

impl fmt::Display for TargetId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ip(address) => write!(f, "{address}"),
            Self::Instance(instance) => f.write_str(instance),
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Display for TargetGroupId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
