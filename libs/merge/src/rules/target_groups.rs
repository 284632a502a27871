//! Target groups: settings, identity and targets.
//!
//! A target group belongs to one load balancer and is shared by all of its listeners that want the same.
//! Its identity holds everything that AWS cannot change in place, the Service and port it stands for, and
//! the route configuration that it was made for, so that equal identity means equal settings.
//!
//! **TCP beside UDP** (rule tcp-and-udp). A `TCP_UDP` ELB listener forwards to `TCP_UDP` target groups
//! only, while TCP and UDP listeners forward to those as well as to their own kind. Whether a port becomes
//! `TCP_UDP` depends on other tenants' listeners; a target group's protocol cannot change. So the protocol
//! here depends on the Service alone: `TCP_UDP` when the Service has the backend's port number for both
//! protocols, else the route's own. A UDP listener that joins later finds the target group ready and
//! replaces nothing. Where the Services differ one ELB listener cannot serve both, whatever the target
//! groups are (see `l4`).

mod endpoints;
mod settings;

pub(crate) use endpoints::gated;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::config::{HealthCheckSettings, LoadBalancerSettings, TargetGroupSettings};
use tributary_model::desired::{DesiredTarget, DesiredTargetGroup, TargetGroupId, TargetId};
use tributary_model::elb::{
    IpAddressType, ProtocolVersion, TargetIpAddressType, TargetProtocol, TargetType,
};
use tributary_model::route::Route;
use tributary_model::workload::{IpFamily, L4Protocol, Service, ServicePort};
use tributary_model::{Installation, ListenerRef, Name, ObjectKey};

use self::settings::Asked;
use crate::read::reader::Reader;
use crate::rules::unmet::Unmet;
use crate::values::facts::GatewayFacts;
use crate::values::target_group::{TargetGroupTemplate, TargetSource};

/// ELBv2's word for the port that a target is registered with.
const TRAFFIC_PORT: &str = "traffic-port";

/// What the listener in front of a target group speaks to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Family {
    Http,
    Grpc,
    Tcp,
    Udp,
    /// Behind a listener that ends TLS.
    Tls,
    /// Behind a listener that passes TLS through: TCP that never shares its port with UDP.
    Passthrough,
}

impl Family {
    pub(crate) fn transport(self) -> L4Protocol {
        match self {
            Self::Http | Self::Grpc | Self::Tcp | Self::Tls | Self::Passthrough => L4Protocol::Tcp,
            Self::Udp => L4Protocol::Udp,
        }
    }
}

/// The target group for a Service's port.
pub(crate) fn spec(
    reader: &mut Reader<'_>,
    gateway: &GatewayFacts,
    route: &Route,
    family: Family,
    (service, port): (&Service, &ServicePort),
    default_type: TargetType,
) -> (TargetGroupTemplate, Vec<String>) {
    let key = &service.meta.key;
    let Asked {
        settings,
        scope,
        refused: mut degraded,
    } = settings::settings(reader, gateway, route, key);
    let TargetGroupSettings {
        name,
        ip_address_type,
        mut health_check,
        node_selector,
        attributes,
        target_type,
        protocol,
        protocol_version,
        multi_cluster,
        tags,
    } = settings;
    let asked = protocol;
    let protocol = target_protocol(family, asked, service, port);
    if let Some(asked) = asked.filter(|asked| *asked != protocol && !carries(protocol, *asked)) {
        degraded.push(Unmet::Protocol(asked, protocol).to_string());
    }
    let policies = policies(reader, key, port);
    degraded.extend(policies.map(|policy| Unmet::BackendTls(policy, key, protocol).to_string()));
    let protocol_version = protocol_version_of(family, protocol_version, port);
    // One group for both protocols has one source, whichever route asks: the Service's TCP port.
    let port = if protocol == TargetProtocol::TcpUdp {
        tcp_port(service, port)
    } else {
        port
    };
    let target_type = target_type.unwrap_or(default_type);
    if let Some(name) = health_check.port.take() {
        match health_check_port(&name, service, target_type) {
            Ok(port) => health_check.port = Some(port),
            Err(unmet) => degraded.push(unmet.to_string()),
        }
    }
    let ip_address_type =
        ip_address_type.unwrap_or_else(|| address_family(service, &gateway.settings));
    let id = format!(
        "service/{}/{}/{}/{}/{}/{}/{}{scope}",
        key.namespace,
        key.name,
        port.port,
        protocol.as_str(),
        protocol_version.map_or("-", version_name),
        target_type.as_str(),
        match ip_address_type {
            TargetIpAddressType::Ipv4 => "ipv4",
            TargetIpAddressType::Ipv6 => "ipv6",
        },
    );
    let spec = TargetGroupTemplate {
        group: DesiredTargetGroup {
            id: TargetGroupId(id.into()),
            listeners: BTreeSet::new(),
            service: Some(key.clone()),
            name,
            protocol,
            protocol_version,
            // Every target is registered with its own port, so this one only has to be stable.
            port: port.port,
            target_type,
            ip_address_type,
            health_check,
            attributes,
            tags,
            targets: BTreeSet::new(),
            awaited: BTreeSet::new(),
            multi_cluster: multi_cluster == Some(true),
        },
        source: Some(TargetSource {
            service: key.clone(),
            port_name: Name::clone(&port.name),
            protocol: port.protocol,
            node_port: port.node_port,
            node_selector,
        }),
    };
    (spec, degraded)
}

/// BackendTLSPolicies for a Service's port.
fn policies<'a>(
    reader: &mut Reader<'a>,
    service: &ObjectKey,
    port: &ServicePort,
) -> impl Iterator<Item = &'a ObjectKey> {
    let policies = reader.policies_of(service).into_iter();
    policies
        .filter(|policy| {
            let mut targets = policy.services();
            targets.any(|(target, section)| {
                target == *service && section.is_none_or(|section| *section == port.name)
            })
        })
        .map(|policy| &policy.meta.key)
}

/// The port that targets are checked at, as AWS takes it. Absent there is none to name.
fn health_check_port<'a>(
    asked: &'a str,
    service: &'a Service,
    target_type: TargetType,
) -> Result<String, Unmet<'a>> {
    if asked == TRAFFIC_PORT || asked.parse::<u16>().is_ok() {
        return Ok(asked.to_owned());
    }
    let key = &service.meta.key;
    let Some(port) = service.ports.iter().find(|port| *port.name == *asked) else {
        return Err(Unmet::NoHealthCheckPort(asked, key));
    };
    let number = match target_type {
        TargetType::Ip => port.target_port,
        TargetType::Instance => port.node_port,
    };
    match number {
        Some(number) => Ok(number.to_string()),
        None => Err(Unmet::NamedTargetPort(asked, key)),
    }
}

/// A target group that never has targets: the share of backends that do not resolve, and the default of an
/// NLB listener without routes, which must forward somewhere.
pub(crate) fn empty(protocol: TargetProtocol) -> TargetGroupTemplate {
    let protocol_version = match protocol {
        TargetProtocol::Http | TargetProtocol::Https => Some(ProtocolVersion::Http1),
        TargetProtocol::Tcp
        | TargetProtocol::Udp
        | TargetProtocol::Tls
        | TargetProtocol::TcpUdp => None,
    };
    TargetGroupTemplate {
        group: DesiredTargetGroup {
            id: TargetGroupId(format!("empty/{}", protocol.as_str()).into()),
            listeners: BTreeSet::new(),
            service: None,
            name: None,
            protocol,
            protocol_version,
            port: 80,
            target_type: TargetType::Ip,
            ip_address_type: TargetIpAddressType::Ipv4,
            health_check: HealthCheckSettings::default(),
            attributes: BTreeMap::new(),
            tags: BTreeMap::new(),
            targets: BTreeSet::new(),
            awaited: BTreeSet::new(),
            multi_cluster: false,
        },
        source: None,
    }
}

/// The targets that are there now, and those of them that pods wait for.
fn targets(
    reader: &mut Reader<'_>,
    us: &Installation,
    group: &mut DesiredTargetGroup,
    source: &TargetSource,
) {
    match group.target_type {
        TargetType::Ip => endpoints::addresses(reader, us, source, group),
        TargetType::Instance => group.targets = instances(reader, source),
    }
}

fn instances(reader: &mut Reader<'_>, source: &TargetSource) -> BTreeSet<DesiredTarget> {
    let Some(port) = source.node_port else {
        return BTreeSet::new();
    };
    reader
        .nodes()
        .into_iter()
        .filter(|node| node.ready)
        .filter(|node| {
            source
                .node_selector
                .as_ref()
                .is_none_or(|selector| selector.matches(&node.labels))
        })
        .filter_map(|node| node.instance_id.clone())
        .map(|instance| DesiredTarget {
            id: TargetId::Instance(instance),
            port,
        })
        .collect()
}

/// Whether targets can be had at all: instances need a node port.
pub(crate) fn lacks_node_port(spec: &TargetGroupTemplate) -> bool {
    spec.group.target_type == TargetType::Instance
        && spec
            .source
            .as_ref()
            .is_some_and(|source| source.node_port.is_none())
}

/// The Service's primary family. Only a dualstack load balancer reaches IPv6, so behind another one a Service of both
/// families is reached by IPv4.
fn address_family(service: &Service, settings: &LoadBalancerSettings) -> TargetIpAddressType {
    let reaches_ipv6 = reaches_ipv6(settings);
    match service.ip_families.first() {
        Some(IpFamily::Ipv6) if reaches_ipv6 || !service.ip_families.contains(&IpFamily::Ipv4) => {
            TargetIpAddressType::Ipv6
        }
        Some(IpFamily::Ipv4 | IpFamily::Ipv6) | None => TargetIpAddressType::Ipv4,
    }
}

fn reaches_ipv6(settings: &LoadBalancerSettings) -> bool {
    match settings.ip_address_type.unwrap_or_default() {
        IpAddressType::Ipv4 => false,
        IpAddressType::Dualstack | IpAddressType::DualstackWithoutPublicIpv4 => true,
    }
}

/// Whether the load balancer can reach targets of this kind (ELBv2 `CreateTargetGroup`, `IpAddressType`).
pub(crate) fn is_out_of_reach(spec: &TargetGroupTemplate, gateway: &GatewayFacts) -> bool {
    spec.group.ip_address_type == TargetIpAddressType::Ipv6 && !reaches_ipv6(&gateway.settings)
}

fn target_protocol(
    family: Family,
    asked: Option<TargetProtocol>,
    service: &Service,
    port: &ServicePort,
) -> TargetProtocol {
    let on_both = service
        .ports
        .iter()
        .any(|other| other.port == port.port && other.protocol != port.protocol);
    match (family, asked) {
        (Family::Http | Family::Grpc, Some(TargetProtocol::Https)) => TargetProtocol::Https,
        (Family::Http | Family::Grpc, Some(TargetProtocol::Http)) => TargetProtocol::Http,
        (Family::Http | Family::Grpc, _) => match port.app_protocol.as_deref() {
            Some("https" | "kubernetes.io/wss") => TargetProtocol::Https,
            Some(_) | None => TargetProtocol::Http,
        },
        (Family::Tcp | Family::Udp, Some(TargetProtocol::TcpUdp)) => TargetProtocol::TcpUdp,
        (Family::Tcp | Family::Udp, _) if on_both => TargetProtocol::TcpUdp,
        (Family::Udp, _) => TargetProtocol::Udp,
        (Family::Tls, Some(TargetProtocol::Tls)) => TargetProtocol::Tls,
        (Family::Tcp | Family::Tls | Family::Passthrough, _) => TargetProtocol::Tcp,
    }
}

/// Whether a target group of this protocol is one of the asked one, too.
fn carries(protocol: TargetProtocol, asked: TargetProtocol) -> bool {
    protocol == TargetProtocol::TcpUdp && matches!(asked, TargetProtocol::Tcp | TargetProtocol::Udp)
}

fn tcp_port<'a>(service: &'a Service, port: &'a ServicePort) -> &'a ServicePort {
    service
        .ports
        .iter()
        .find(|other| other.port == port.port && other.protocol == L4Protocol::Tcp)
        .unwrap_or(port)
}

fn protocol_version_of(
    family: Family,
    asked: Option<ProtocolVersion>,
    port: &ServicePort,
) -> Option<ProtocolVersion> {
    match family {
        Family::Tcp | Family::Udp | Family::Tls | Family::Passthrough => None,
        Family::Grpc => Some(asked.unwrap_or(ProtocolVersion::Grpc)),
        Family::Http => Some(asked.unwrap_or(match port.app_protocol.as_deref() {
            Some("kubernetes.io/h2c") => ProtocolVersion::Http2,
            Some(_) | None => ProtocolVersion::Http1,
        })),
    }
}

fn version_name(version: ProtocolVersion) -> &'static str {
    match version {
        ProtocolVersion::Http1 => "HTTP1",
        ProtocolVersion::Http2 => "HTTP2",
        ProtocolVersion::Grpc => "GRPC",
    }
}

/// The finished target group.
pub(crate) fn desired(
    reader: &mut Reader<'_>,
    us: &Installation,
    spec: &TargetGroupTemplate,
    listeners: BTreeSet<ListenerRef>,
) -> Arc<DesiredTargetGroup> {
    let mut group = spec.group.clone();
    group.listeners = listeners;
    if let Some(source) = &spec.source {
        targets(reader, us, &mut group, source);
    }
    Arc::new(group)
}
