//! The three configuration kinds of group `gateway.k8s.aws`, as users of the AWS Load Balancer
//! Controller write them (docs/reference/fields.md). Field names follow the CRDs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::elb::{
    ElbProtocol, IpAddressType, ProtocolVersion, Scheme, TargetIpAddressType, TargetProtocol,
    TargetType,
};
use crate::fault::FieldFault;
use crate::key::{Name, RouteKind};
use crate::meta::Meta;
use crate::selector::LabelSelector;

/// LoadBalancerConfiguration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct LoadBalancerConfiguration {
    /// Identity.
    pub meta: Meta,
    /// How it meets the other one; read from the class's object only.
    pub merging_mode: MergingMode,
    /// What it asks for.
    pub settings: LoadBalancerSettings,
    /// Lists that it gives and that are empty. Where class and Gateway both have a configuration, that is another wish
    /// than to give none.
    pub emptied: BTreeSet<ListField>,
    /// What of it is refused, by field.
    pub faults: Vec<FieldFault>,
}

/// The lists of a LoadBalancerConfiguration that are taken from one object as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListField {
    /// `loadBalancerSubnets`.
    Subnets,
    /// `loadBalancerSubnetsSelector`.
    SubnetsSelector,
    /// `securityGroups`.
    SecurityGroups,
    /// `securityGroupPrefixes`.
    SecurityGroupPrefixes,
    /// `sourceRanges`.
    SourceRanges,
}

/// `mergingMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MergingMode {
    /// The Gateway's value wins.
    PreferGateway,
    /// The class's value wins.
    #[default]
    PreferGatewayClass,
}

/// `LoadBalancerConfiguration.spec`; every absent field keeps AWS's or our default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct LoadBalancerSettings {
    /// `loadBalancerName`.
    pub name: Option<String>,
    /// `scheme`.
    pub scheme: Option<Scheme>,
    /// `ipAddressType`.
    pub ip_address_type: Option<IpAddressType>,
    /// `enforceSecurityGroupInboundRulesOnPrivateLinkTraffic` (NLB): `on` or `off`.
    pub enforce_private_link_rules: Option<String>,
    /// `customerOwnedIpv4Pool`.
    pub customer_owned_ipv4_pool: Option<String>,
    /// `ipv4IPAMPoolId`.
    pub ipv4_ipam_pool: Option<String>,
    /// `loadBalancerSubnets`.
    pub subnets: Vec<SubnetConfiguration>,
    /// `loadBalancerSubnetsSelector`: tag to wanted values; empty values mean any.
    pub subnets_selector: BTreeMap<String, Vec<String>>,
    /// `listenerConfigurations`, by `protocolPort`.
    pub listeners: BTreeMap<ProtocolPort, ListenerConfiguration>,
    /// `disableSecurityGroup`.
    pub disable_security_group: Option<bool>,
    /// `securityGroups`: ids or Name tags.
    pub security_groups: Vec<String>,
    /// `securityGroupPrefixes`: prefix list ids.
    pub security_group_prefixes: Vec<String>,
    /// `sourceRanges`: CIDRs.
    pub source_ranges: Vec<String>,
    /// `manageBackendSecurityGroupRules`.
    pub manage_backend_security_group_rules: Option<bool>,
    /// `enableICMP`.
    pub enable_icmp: Option<bool>,
    /// `loadBalancerAttributes`.
    pub attributes: BTreeMap<String, String>,
    /// `tags`.
    pub tags: BTreeMap<String, String>,
    /// `minimumLoadBalancerCapacity.capacityUnits`.
    pub minimum_capacity_units: Option<u32>,
    /// `wafV2.webACL`: ARN.
    pub web_acl: Option<String>,
    /// `shieldConfiguration.enabled`.
    pub shield_advanced: Option<bool>,
    /// `defaultTargetGroupConfiguration.name`, in the configuration's namespace.
    pub default_target_group_configuration: Option<Name>,
}

/// One entry of `loadBalancerSubnets`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct SubnetConfiguration {
    /// Subnet id or Name tag. Empty: the next of those that are found by their tags.
    pub identifier: String,
    /// `eipAllocation`.
    pub eip_allocation: Option<String>,
    /// `privateIPv4Allocation`.
    pub private_ipv4: Option<String>,
    /// `ipv6Allocation`.
    pub ipv6: Option<String>,
    /// `sourceNatIPv6Prefix`.
    pub source_nat_ipv6_prefix: Option<String>,
}

/// `protocolPort`, for example `HTTPS:443`, `:443` or `HTTPS:`. One of the two is given at least.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProtocolPort {
    /// Upper case: HTTP, HTTPS, TCP, UDP, TLS or `TCP_UDP`. Absent: any.
    pub protocol: Option<String>,
    /// 1..65535. Absent: any.
    pub port: Option<u16>,
}

/// One entry of `listenerConfigurations`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct ListenerConfiguration {
    /// `defaultCertificate`: ARN.
    pub default_certificate: Option<String>,
    /// `certificates`: ARNs, served by SNI.
    pub certificates: Vec<String>,
    /// `sslPolicy`.
    pub ssl_policy: Option<String>,
    /// `alpnPolicy`: one of AWS's policy names.
    pub alpn_policy: Option<String>,
    /// `targetGroupStickiness`.
    pub target_group_stickiness: Option<bool>,
    /// `mutualAuthentication`.
    pub mutual_authentication: Option<MutualAuthentication>,
    /// `listenerAttributes`.
    pub attributes: BTreeMap<String, String>,
    /// `quicEnabled`.
    pub quic_enabled: Option<bool>,
}

/// `mutualAuthentication`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MutualAuthentication {
    /// `mode`.
    pub mode: MutualAuthenticationMode,
    /// `trustStore`: name or ARN, for `verify`. Absent there: what was asked for is refused, and nobody is let in.
    pub trust_store: Option<String>,
    /// `advertiseTrustStoreCaNames`: `on` or `off`.
    pub advertise_ca_names: Option<String>,
    /// `ignoreClientCertificateExpiry`.
    pub ignore_client_certificate_expiry: Option<bool>,
}

/// `mutualAuthentication.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MutualAuthenticationMode {
    /// No client certificates.
    Off,
    /// Passed to the target in headers.
    Passthrough,
    /// Verified against a trust store.
    Verify,
}

/// TargetGroupConfiguration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TargetGroupConfiguration {
    /// Identity.
    pub meta: Meta,
    /// `targetReference`: the Service (same namespace) it is for; absent when it is a default only.
    pub target_reference: Option<TargetReference>,
    /// `defaultConfiguration`.
    pub default: TargetGroupSettings,
    /// `routeConfigurations`, matched `kind:ns:name` before `kind:ns` before `kind`.
    pub routes: Vec<RouteTargetGroupSettings>,
    /// What of it is refused, by field.
    pub faults: Vec<FieldFault>,
}

/// `targetReference`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TargetReference {
    /// Defaults to core.
    pub group: String,
    /// Defaults to `Service`.
    pub kind: String,
    /// Name.
    pub name: Name,
}

/// One entry of `routeConfigurations`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RouteTargetGroupSettings {
    /// `routeIdentifier.kind`.
    pub kind: RouteKind,
    /// `routeIdentifier.namespace`.
    pub namespace: Option<Name>,
    /// `routeIdentifier.name`; only with a namespace.
    pub name: Option<Name>,
    /// `targetGroupProps`.
    pub settings: TargetGroupSettings,
}

/// `TargetGroupProps`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct TargetGroupSettings {
    /// `targetGroupName`.
    pub name: Option<String>,
    /// `ipAddressType`.
    pub ip_address_type: Option<TargetIpAddressType>,
    /// `healthCheckConfig`.
    pub health_check: HealthCheckSettings,
    /// `nodeSelector`, for instances.
    pub node_selector: Option<LabelSelector>,
    /// `targetGroupAttributes`.
    pub attributes: BTreeMap<String, String>,
    /// `targetType`.
    pub target_type: Option<TargetType>,
    /// `protocol`.
    pub protocol: Option<TargetProtocol>,
    /// `protocolVersion`.
    pub protocol_version: Option<ProtocolVersion>,
    /// `enableMultiCluster`.
    pub multi_cluster: Option<bool>,
    /// `tags`.
    pub tags: BTreeMap<String, String>,
}

/// `healthCheckConfig`.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HealthCheckSettings {
    /// 2..10.
    pub healthy_threshold: Option<u32>,
    /// Seconds, 5..300.
    pub interval_seconds: Option<u32>,
    /// For HTTP and HTTPS.
    pub path: Option<String>,
    /// A number, `traffic-port`, or the name of one of the Service's ports.
    pub port: Option<String>,
    /// HTTP, HTTPS or TCP.
    pub protocol: Option<TargetProtocol>,
    /// Seconds, 2..120.
    pub timeout_seconds: Option<u32>,
    /// 2..10.
    pub unhealthy_threshold: Option<u32>,
    /// `matcher.httpCode`, for example `200-399`.
    pub http_codes: Option<String>,
    /// `matcher.grpcCode`, for example `0-99`.
    pub grpc_codes: Option<String>,
}

/// ListenerRuleConfiguration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerRuleConfiguration {
    /// Identity.
    pub meta: Meta,
    /// At most one of the authenticating actions.
    pub authenticate: Option<AuthenticateAction>,
    /// At most one of forward, redirect, fixed-response.
    pub routing: Option<RoutingAction>,
    /// `source-ip` conditions.
    pub source_ip: Vec<SourceIpCondition>,
    /// `tags`.
    pub tags: BTreeMap<String, String>,
    /// An action or a condition is among the faults: a rule without it would let in whom it should not, or send requests
    /// where they were not meant to go.
    pub incomplete: bool,
    /// What of it is refused, by field.
    pub faults: Vec<FieldFault>,
}

/// `authenticate-oidc`, `authenticate-cognito`, `jwt-validation`: HTTPS listeners only.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AuthenticateAction {
    /// `authenticate-oidc`. Client id and secret live in a Secret that the programmer reads.
    Oidc {
        /// Issuer, endpoints and options, by ELBv2's field name.
        fields: BTreeMap<String, String>,
        /// `authenticationRequestExtraParams`.
        extra_params: BTreeMap<String, String>,
        /// Secret with `clientID` (or `clientId`) and `clientSecret`, in the route's namespace.
        secret: Name,
    },
    /// `authenticate-cognito`.
    Cognito {
        /// Pool, client, domain and options, by ELBv2's field name.
        fields: BTreeMap<String, String>,
        /// `authenticationRequestExtraParams`.
        extra_params: BTreeMap<String, String>,
    },
    /// `jwt-validation`.
    Jwt {
        /// `jwksEndpoint`.
        jwks_endpoint: String,
        /// `issuer`.
        issuer: String,
        /// `additionalClaims`: name, format, values.
        claims: Vec<JwtClaim>,
    },
}

/// An additional claim of `jwt-validation`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JwtClaim {
    /// Claim name.
    pub name: String,
    /// `single-string`, `string-array` or `space-separated-values`.
    pub format: String,
    /// Accepted values.
    pub values: Vec<String>,
}

/// What a ListenerRuleConfiguration says about where the request goes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RoutingAction {
    /// `forward`: stickiness between target groups, in seconds 1..604800.
    Forward {
        /// Absent switches stickiness off.
        stickiness_seconds: Option<u32>,
    },
    /// `redirect`: only the query, the rest comes from the route's filter.
    Redirect {
        /// With ELB's placeholders.
        query: Option<String>,
    },
    /// `fixed-response`.
    FixedResponse {
        /// 2XX, 4XX or 5XX.
        status_code: u16,
        /// `text/plain` and the like.
        content_type: Option<String>,
        /// At most 1024 characters.
        message_body: Option<String>,
    },
}

/// `source-ip` condition.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceIpCondition {
    /// CIDRs.
    pub values: Vec<String>,
    /// `matchIndexes`: which of the rule's matches; empty means all.
    pub match_indexes: Vec<usize>,
}

impl LoadBalancerSettings {
    /// The entry of `listenerConfigurations` for a listener that goes by one of these protocols: one that names protocol
    /// and port before one that names the port only, and that before one that names the protocol only.
    pub fn listener(
        &self,
        protocols: &[&str],
        port: u16,
    ) -> Option<(&ProtocolPort, &ListenerConfiguration)> {
        let named = |port: Option<u16>| {
            protocols.iter().map(move |protocol| ProtocolPort {
                protocol: Some((*protocol).to_owned()),
                port,
            })
        };
        let any = ProtocolPort {
            protocol: None,
            port: Some(port),
        };
        named(Some(port))
            .chain([any])
            .chain(named(None))
            .find_map(|place| self.listeners.get_key_value(&place))
    }

    /// The entry of `listenerConfigurations` for an ELB listener.
    pub fn elb_listener(
        &self,
        protocol: ElbProtocol,
        port: u16,
    ) -> Option<(&ProtocolPort, &ListenerConfiguration)> {
        let names: &[&str] = match protocol {
            ElbProtocol::TcpUdp => &["TCP_UDP", "TCP", "UDP"],
            ElbProtocol::Http => &["HTTP"],
            ElbProtocol::Https => &["HTTPS"],
            // Passed through, a TLS listener is a TCP listener to AWS.
            ElbProtocol::Tcp => &["TCP", "TLS"],
            ElbProtocol::Udp => &["UDP"],
            ElbProtocol::Tls => &["TLS"],
        };
        self.listener(names, port)
    }
}

impl fmt::Display for ProtocolPort {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { protocol, port } = self;
        write!(f, "{}:", protocol.as_deref().unwrap_or_default())?;
        match port {
            Some(port) => write!(f, "{port}"),
            None => Ok(()),
        }
    }
}
