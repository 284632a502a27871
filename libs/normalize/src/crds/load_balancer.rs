//! LoadBalancerConfiguration.

use std::collections::BTreeMap;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What a Gateway's load balancer is to be like. A Gateway names one in spec.infrastructure.parametersRef,
/// a GatewayClass in spec.parametersRef.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "gateway.k8s.aws",
    version = "v1",
    kind = "LoadBalancerConfiguration",
    plural = "loadbalancerconfigurations",
    namespaced,
    status = "ConfigurationStatus",
    doc = "Settings of a Gateway's load balancer",
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct LoadBalancerConfigurationSpec {
    /// Which of two configurations wins where both the Gateway and its class have one; read from the
    /// class's only. Default: prefer-gateway-class.
    pub merging_mode: Option<MergingMode>,
    /// Name of the load balancer; one is made up if absent.
    #[schemars(length(min = 1, max = 32))]
    pub load_balancer_name: Option<String>,
    /// Private or public addresses. Default: internal.
    pub scheme: Option<Scheme>,
    /// Kinds of addresses. Default: ipv4.
    pub ip_address_type: Option<IpAddressType>,
    /// NLB: whether security groups also filter traffic that comes through PrivateLink.
    pub enforce_security_group_inbound_rules_on_private_link_traffic: Option<OnOff>,
    /// ALB on Outposts: id of the customer-owned address pool.
    pub customer_owned_ipv4_pool: Option<String>,
    /// ALB: id of the IPAM pool that public IPv4 addresses come from.
    #[serde(rename = "ipv4IPAMPoolId")]
    pub ipv4_ipam_pool_id: Option<String>,
    /// The subnets, by id or Name tag; goes before loadBalancerSubnetsSelector.
    pub load_balancer_subnets: Option<Vec<SubnetConfiguration>>,
    /// Tags that a subnet must have, each with one of the values.
    pub load_balancer_subnets_selector: Option<BTreeMap<String, Vec<String>>>,
    /// Settings of ELB listeners, by protocol and port.
    pub listener_configurations: Option<Vec<ListenerConfiguration>>,
    /// NLB: no security group at all.
    pub disable_security_group: Option<bool>,
    /// Security groups, by id or Name tag, instead of a managed one.
    pub security_groups: Option<Vec<String>>,
    /// Managed prefix lists that may reach the load balancer.
    pub security_group_prefixes: Option<Vec<String>>,
    /// CIDRs that may reach the load balancer. Default: everybody.
    pub source_ranges: Option<Vec<String>>,
    /// Whether rules from the load balancer to the targets are kept even with securityGroups given.
    pub manage_backend_security_group_rules: Option<bool>,
    /// NLB: whether ICMP for path MTU discovery is let in.
    #[serde(rename = "enableICMP")]
    pub enable_icmp: Option<bool>,
    /// ELBv2 attributes of the load balancer.
    pub load_balancer_attributes: Option<Vec<Attribute>>,
    /// AWS tags on everything that is made for the Gateway.
    pub tags: Option<BTreeMap<String, String>>,
    /// Reserved capacity.
    pub minimum_load_balancer_capacity: Option<MinimumCapacity>,
    /// ALB: web ACL.
    #[serde(rename = "wafV2")]
    pub waf_v2: Option<WafV2>,
    /// ALB: Shield Advanced.
    pub shield_configuration: Option<Shield>,
    /// A TargetGroupConfiguration of the same namespace with defaults for every target group.
    pub default_target_group_configuration: Option<LocalReference>,
}

/// What the AWS Load Balancer Controller notes on its configurations. Kept in the schema so that a move to
/// or from it prunes nothing; never written here.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ConfigurationStatus {
    /// Generation of the configuration that a Gateway uses.
    pub observed_gateway_configuration_generation: Option<i64>,
    /// Generation of the configuration that a GatewayClass uses.
    pub observed_gateway_class_configuration_generation: Option<i64>,
}

/// `mergingMode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MergingMode {
    /// The Gateway's value wins.
    PreferGateway,
    /// The class's value wins.
    PreferGatewayClass,
}

/// `scheme`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Scheme {
    /// Private addresses.
    Internal,
    /// Public addresses.
    InternetFacing,
}

/// `ipAddressType` of a load balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum IpAddressType {
    /// IPv4 only.
    Ipv4,
    /// Both.
    Dualstack,
    /// Both, IPv4 private only.
    DualstackWithoutPublicIpv4,
}

/// A switch that ELBv2 spells as a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OnOff {
    /// On.
    On,
    /// Off.
    Off,
}

/// One subnet of a load balancer.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SubnetConfiguration {
    /// Subnet id or Name tag. Where no entry has one, the addresses go to the subnets that are found by their tags, in the order of their ids.
    #[serde(default)]
    pub identifier: String,
    /// NLB: allocation id or Name tag of an Elastic IP.
    pub eip_allocation: Option<String>,
    /// NLB, internal: the private IPv4 address.
    #[serde(rename = "privateIPv4Allocation")]
    pub private_ipv4_allocation: Option<String>,
    /// NLB: the IPv6 address.
    pub ipv6_allocation: Option<String>,
    /// NLB: IPv6 prefix for source NAT, or auto_assigned.
    #[serde(rename = "sourceNatIPv6Prefix")]
    pub source_nat_ipv6_prefix: Option<String>,
}

/// Settings of one ELB listener.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ListenerConfiguration {
    /// Which listener: protocol, colon, port, for example HTTPS:443. Without a protocol every one on the port is meant, without a port every one of the protocol.
    #[schemars(regex(
        pattern = r"^((HTTP|HTTPS|TLS|TCP|UDP|TCP_UDP):(6553[0-5]|655[0-2]\d|65[0-4]\d{2}|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3})?|:(6553[0-5]|655[0-2]\d|65[0-4]\d{2}|6[0-4]\d{3}|[1-5]\d{4}|[1-9]\d{0,3}))$"
    ))]
    pub protocol_port: String,
    /// ARN of the certificate for clients without SNI.
    pub default_certificate: Option<String>,
    /// ARNs of certificates chosen by SNI.
    pub certificates: Option<Vec<String>>,
    /// Security policy: protocols and ciphers.
    pub ssl_policy: Option<String>,
    /// NLB with TLS: how HTTP versions are negotiated.
    pub alpn_policy: Option<AlpnPolicy>,
    /// NLB: whether a client stays with its target group.
    pub target_group_stickiness: Option<bool>,
    /// Client certificates.
    pub mutual_authentication: Option<MutualAuthentication>,
    /// ELBv2 attributes of the listener.
    pub listener_attributes: Option<Vec<Attribute>>,
    /// NLB with UDP: QUIC.
    pub quic_enabled: Option<bool>,
}

/// `alpnPolicy`: AWS's policy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum AlpnPolicy {
    /// No negotiation.
    None,
    /// HTTP/1 only.
    #[serde(rename = "HTTP1Only")]
    Http1Only,
    /// HTTP/2 only.
    #[serde(rename = "HTTP2Only")]
    Http2Only,
    /// HTTP/1 before HTTP/2.
    #[serde(rename = "HTTP2Optional")]
    Http2Optional,
    /// HTTP/2 before HTTP/1.
    #[serde(rename = "HTTP2Preferred")]
    Http2Preferred,
}

/// Client certificates on a listener.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, KubeSchema)]
#[x_kube(
    validation = Rule::new("self.mode == 'verify' ? has(self.trustStore) : !has(self.trustStore)")
        .message("trustStore must be given for mode verify, and for no other"),
    validation = Rule::new("self.mode == 'verify' || !has(self.advertiseTrustStoreCaNames)")
        .message("advertiseTrustStoreCaNames is for mode verify only"),
    validation = Rule::new("self.mode == 'verify' || !has(self.ignoreClientCertificateExpiry)")
        .message("ignoreClientCertificateExpiry is for mode verify only")
)]
#[serde(rename_all = "camelCase")]
pub struct MutualAuthentication {
    /// What happens with them.
    pub mode: MutualAuthenticationMode,
    /// Trust store, by name or ARN.
    pub trust_store: Option<String>,
    /// Whether clients are told the names of the accepted CAs.
    pub advertise_trust_store_ca_names: Option<OnOff>,
    /// Whether expired client certificates pass.
    pub ignore_client_certificate_expiry: Option<bool>,
}

/// `mutualAuthentication.mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MutualAuthenticationMode {
    /// None are asked for.
    Off,
    /// Passed on to the target.
    Passthrough,
    /// Verified here.
    Verify,
}

/// An ELBv2 attribute.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Attribute {
    /// Key.
    pub key: String,
    /// Value.
    pub value: String,
}

/// Reserved capacity.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MinimumCapacity {
    /// Load balancer capacity units.
    #[schemars(range(min = 0))]
    pub capacity_units: i32,
}

/// Web ACL.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct WafV2 {
    /// ARN of the web ACL.
    #[serde(rename = "webACL")]
    pub web_acl: String,
}

/// Shield Advanced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct Shield {
    /// Whether the load balancer is protected by it.
    #[serde(default)]
    pub enabled: bool,
}

/// An object of the same namespace.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct LocalReference {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}
