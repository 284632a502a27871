//! TargetGroupConfiguration.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Attribute, ConfigurationStatus};

/// What the target groups of a Service are to be like.
#[derive(CustomResource, KubeSchema, Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[kube(
    group = "gateway.k8s.aws",
    version = "v1",
    kind = "TargetGroupConfiguration",
    plural = "targetgroupconfigurations",
    namespaced,
    status = "ConfigurationStatus",
    doc = "Settings of a Service's target groups",
    printcolumn(
        name = "Service",
        type_ = "string",
        json_path = ".spec.targetReference.name"
    ),
    printcolumn(
        name = "Age",
        type_ = "date",
        json_path = ".metadata.creationTimestamp"
    )
)]
#[serde(rename_all = "camelCase")]
pub struct TargetGroupConfigurationSpec {
    /// The Service, in the same namespace. Without one, it serves as a LoadBalancerConfiguration's default only.
    pub target_reference: Option<TargetReference>,
    /// For every route to the Service.
    pub default_configuration: Option<TargetGroupProps>,
    /// For some routes: kind, namespace and name go before kind and namespace, these before kind.
    pub route_configurations: Option<Vec<RouteConfiguration>>,
}

/// What the settings are for.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct TargetReference {
    /// API group. Default: core.
    pub group: Option<String>,
    /// Kind. Default: Service.
    pub kind: Option<String>,
    /// Name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Settings for some routes.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RouteConfiguration {
    /// Which routes.
    pub route_identifier: RouteIdentifier,
    /// Settings.
    pub target_group_props: TargetGroupProps,
}

/// Routes of a kind, of a namespace, or one route.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub struct RouteIdentifier {
    /// Kind of route.
    pub kind: RouteIdentifierKind,
    /// Namespace.
    pub namespace: Option<String>,
    /// Name; only with a namespace.
    pub name: Option<String>,
}

/// The route kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
pub enum RouteIdentifierKind {
    /// HTTPRoute.
    #[serde(rename = "HTTPRoute")]
    Http,
    /// GRPCRoute.
    #[serde(rename = "GRPCRoute")]
    Grpc,
    /// TCPRoute.
    #[serde(rename = "TCPRoute")]
    Tcp,
    /// UDPRoute.
    #[serde(rename = "UDPRoute")]
    Udp,
    /// TLSRoute.
    #[serde(rename = "TLSRoute")]
    Tls,
}

/// Settings of a target group.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TargetGroupProps {
    /// Name of the target group; one is made up if absent.
    pub target_group_name: Option<String>,
    /// IPv4 or IPv6 targets.
    pub ip_address_type: Option<TargetIpAddressType>,
    /// Health checks.
    pub health_check_config: Option<HealthCheckConfig>,
    /// For targetType instance: only these Nodes.
    pub node_selector: Option<LabelSelector>,
    /// ELBv2 attributes of the target group.
    pub target_group_attributes: Option<Vec<Attribute>>,
    /// Node ports of instances, or addresses of pods.
    pub target_type: Option<TargetType>,
    /// Protocol to the targets.
    pub protocol: Option<TargetProtocol>,
    /// ALB: version of HTTP to the targets.
    pub protocol_version: Option<ProtocolVersion>,
    /// ALB: port of the target that says how many requests it can take. Not programmed by this version.
    pub target_control_port: Option<i32>,
    /// Whether other clusters register targets too.
    pub enable_multi_cluster: Option<bool>,
    /// AWS tags.
    pub tags: Option<BTreeMap<String, String>>,
}

/// Health checks; ELBv2's ranges.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckConfig {
    /// Successes until a target is healthy.
    #[schemars(range(min = 2, max = 10))]
    pub healthy_threshold_count: Option<i32>,
    /// Seconds between checks.
    #[schemars(range(min = 5, max = 300))]
    pub health_check_interval: Option<i32>,
    /// HTTP and HTTPS: path.
    pub health_check_path: Option<String>,
    /// Port number, traffic-port, or the name of one of the Service's ports.
    pub health_check_port: Option<String>,
    /// Protocol of the checks.
    pub health_check_protocol: Option<HealthCheckProtocol>,
    /// Seconds without an answer that make a failure.
    #[schemars(range(min = 2, max = 120))]
    pub health_check_timeout: Option<i32>,
    /// Failures until a target is unhealthy.
    #[schemars(range(min = 2, max = 10))]
    pub unhealthy_threshold_count: Option<i32>,
    /// Codes of a good answer.
    pub matcher: Option<HealthCheckMatcher>,
}

/// Codes of a good answer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HealthCheckMatcher {
    /// HTTP status codes, for example 200-399.
    pub http_code: Option<String>,
    /// gRPC codes, for example 0-99.
    pub grpc_code: Option<String>,
}

/// `healthCheckProtocol`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum HealthCheckProtocol {
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
    /// TCP.
    Tcp,
}

/// `ipAddressType` of a target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetIpAddressType {
    /// IPv4.
    Ipv4,
    /// IPv6.
    Ipv6,
}

/// `targetType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum TargetType {
    /// EC2 instances, by node port.
    Instance,
    /// Addresses of pods.
    Ip,
}

/// `protocol` of a target group.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum TargetProtocol {
    /// HTTP.
    Http,
    /// HTTPS.
    Https,
    /// TCP.
    Tcp,
    /// TLS.
    Tls,
    /// UDP.
    Udp,
    /// TCP and UDP.
    TcpUdp,
}

/// `protocolVersion`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum ProtocolVersion {
    /// HTTP/1.1.
    Http1,
    /// HTTP/2.
    Http2,
    /// gRPC.
    Grpc,
}
