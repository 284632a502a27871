//! Namespace, Service, EndpointSlice and Node.

use std::collections::BTreeMap;
use std::net::IpAddr;

use k8s_openapi::api::core::v1::{NodeCondition, NodeSpec, ObjectReference, ServiceSpec};
use k8s_openapi::api::discovery::v1::{Endpoint as SliceEndpoint, EndpointPort as SlicePort};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
use serde_json::Value;
use tributary_model::workload::{
    Endpoint, EndpointPod, EndpointPort, EndpointSlice, IpFamily, L4Protocol, Namespace, Node,
    Service, ServicePort, ServiceType,
};
use tributary_model::{Kind, Meta, Name};

use crate::check;
use crate::envelope::Envelope;
use crate::fault::{Fault, Path, Warning};
use crate::read::{read, read_quietly, required};

/// The label by which a Namespace can be selected by name; the API server sets it on every one.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";
/// The label that ties an EndpointSlice to its Service.
const SERVICE_NAME: &str = "kubernetes.io/service-name";
/// The label that takes a Node out of load balancing.
const EXCLUDED_NODE: &str = "node.kubernetes.io/exclude-from-external-load-balancers";

/// A Namespace that exists because objects are in it, though nobody gave it.
pub fn implied_namespace(meta: Meta) -> Namespace {
    labelled_namespace(meta, BTreeMap::new())
}

pub(crate) fn namespace(envelope: Envelope<'_>) -> Namespace {
    labelled_namespace(envelope.meta, envelope.labels)
}

fn labelled_namespace(meta: Meta, mut labels: BTreeMap<String, String>) -> Namespace {
    labels.insert(NAMESPACE_NAME.to_owned(), meta.key.name.to_string());
    Namespace { meta, labels }
}

pub(crate) fn service(
    envelope: Envelope<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Service, Fault> {
    let spec_path = Path::root("spec");
    let spec: ServiceSpec = match envelope.object.get("spec") {
        None | Some(Value::Null) => ServiceSpec::default(),
        Some(spec) => read(&spec_path, spec, warnings)?,
    };
    let service_type = match spec.type_.as_deref() {
        None | Some("ClusterIP") => ServiceType::ClusterIp,
        Some("NodePort") => ServiceType::NodePort,
        Some("LoadBalancer") => ServiceType::LoadBalancer,
        Some("ExternalName") => ServiceType::ExternalName,
        Some(other) => {
            return Err(spec_path.field("type").fault(format!(
                "{other:?} is none of ClusterIP, NodePort, LoadBalancer, ExternalName"
            )));
        }
    };
    let families_path = spec_path.field("ipFamilies");
    let families = spec.ip_families.unwrap_or_default().into_iter().enumerate();
    let ip_families = families
        .map(|(index, family)| match family.as_str() {
            "IPv4" => Ok(IpFamily::Ipv4),
            "IPv6" => Ok(IpFamily::Ipv6),
            other => Err(families_path
                .index(index)
                .fault(format!("{other:?} is none of IPv4, IPv6"))),
        })
        .collect::<Result<_, Fault>>()?;
    let ports_path = spec_path.field("ports");
    let ports: Vec<ServicePort> = spec
        .ports
        .unwrap_or_default()
        .into_iter()
        .enumerate()
        .map(|(index, port)| {
            let at = ports_path.index(index);
            let number = check::port(&at.field("port"), port.port)?;
            let (target_port, target_port_name) = match port.target_port {
                // Absent and 0 both stand for the port itself.
                None | Some(IntOrString::Int(0)) => (Some(number), None),
                Some(IntOrString::Int(target)) => {
                    (Some(check::port(&at.field("targetPort"), target)?), None)
                }
                Some(IntOrString::String(name)) => {
                    (None, (!name.is_empty()).then(|| Name::from(name)))
                }
            };
            Ok(ServicePort {
                name: port.name.unwrap_or_default().into(),
                port: number,
                target_port,
                target_port_name,
                protocol: protocol(&at.field("protocol"), port.protocol.as_deref())?,
                // Zero asks the API server to choose one.
                node_port: check::optional_port(
                    &at.field("nodePort"),
                    port.node_port.filter(|port| *port != 0),
                )?,
                app_protocol: port.app_protocol,
            })
        })
        .collect::<Result<_, Fault>>()?;
    check_service_ports(&ports_path, &ports)?;
    Ok(Service {
        meta: envelope.meta,
        ports,
        service_type,
        ip_families,
        selector: spec.selector.unwrap_or_default(),
    })
}

fn check_service_ports(at: &Path<'_>, ports: &[ServicePort]) -> Result<(), Fault> {
    if ports.len() > 1
        && let Some(unnamed) = ports.iter().position(|port| port.name.is_empty())
    {
        return Err(at
            .index(unnamed)
            .field("name")
            .fault("is required where there is more than one port"));
    }
    if let Some(index) = check::first_duplicate(ports.iter().map(|port| &port.name)) {
        return Err(at
            .index(index)
            .field("name")
            .fault("an earlier port has the same name"));
    }
    let places = ports.iter().map(|port| (port.port, port.protocol));
    match check::first_duplicate(places) {
        None => Ok(()),
        Some(index) => Err(at
            .index(index)
            .fault("an earlier port has the same port and protocol")),
    }
}

pub(crate) fn endpoint_slice(
    envelope: Envelope<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<EndpointSlice, Fault> {
    let document = Path::document();
    let type_path = Path::root("addressType");
    let address_type = required(envelope.object, &document, "addressType")?;
    let family = match address_type.as_str() {
        Some("IPv4") => Some(AddressFamily::V4),
        Some("IPv6") => Some(AddressFamily::V6),
        // Names cannot be targets: such a slice is valid and has no endpoint for us.
        Some("FQDN") => None,
        _ => {
            return Err(type_path.fault(format!("{address_type} is none of IPv4, IPv6, FQDN")));
        }
    };
    let ports_path = Path::root("ports");
    let ports = list::<SlicePort>(envelope.object, "ports", warnings)?
        .into_iter()
        .enumerate()
        .filter_map(|(index, port)| endpoint_port(&ports_path.index(index), port).transpose())
        .collect::<Result<_, _>>()?;
    let endpoints_path = Path::root("endpoints");
    let entries = list::<SliceEndpoint>(envelope.object, "endpoints", warnings)?;
    let endpoints = match family {
        None => Vec::new(),
        Some(family) => entries
            .into_iter()
            .enumerate()
            .map(|(index, entry)| endpoint(&endpoints_path.index(index), entry, family))
            .collect::<Result<_, _>>()?,
    };
    // A slice without the label belongs to no Service: no Service has the empty name.
    let service: Name = envelope
        .labels
        .get(SERVICE_NAME)
        .map_or_else(|| Name::from(""), |name| name.as_str().into());
    Ok(EndpointSlice {
        meta: envelope.meta,
        service,
        ports,
        endpoints,
    })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum AddressFamily {
    V4,
    V6,
}

/// A port without a number stands for all ports, which no target group can hold.
fn endpoint_port(at: &Path<'_>, port: SlicePort) -> Result<Option<EndpointPort>, Fault> {
    let Some(number) = port.port else {
        return Ok(None);
    };
    Ok(Some(EndpointPort {
        name: port.name.unwrap_or_default().into(),
        port: check::port(&at.field("port"), number)?,
        protocol: protocol(&at.field("protocol"), port.protocol.as_deref())?,
    }))
}

fn endpoint(at: &Path<'_>, entry: SliceEndpoint, family: AddressFamily) -> Result<Endpoint, Fault> {
    let addresses_path = at.field("addresses");
    let Some(address) = entry.addresses.first() else {
        return Err(addresses_path.fault("must not be empty"));
    };
    let address_path = addresses_path.index(0);
    let address: IpAddr = address
        .parse()
        .map_err(|_| address_path.fault(format!("{address:?} is not an IP address")))?;
    let of_family = match family {
        AddressFamily::V4 => address.is_ipv4(),
        AddressFamily::V6 => address.is_ipv6(),
    };
    if !of_family {
        return Err(address_path.fault(format!("{address} is not of the slice's addressType")));
    }
    let conditions = entry.conditions.unwrap_or_default();
    let ready = conditions.ready.unwrap_or(true);
    let terminating = conditions.terminating.unwrap_or(false);
    // A Service that publishes addresses which are not ready has its endpoints ready, whatever their pods are.
    let serving = conditions.serving.unwrap_or(ready);
    let target = entry.target_ref.filter(|_| !serving && !terminating);
    Ok(Endpoint {
        address,
        ready,
        terminating,
        zone: entry.zone,
        node_name: entry.node_name.map(Name::from),
        pod: target.and_then(endpoint_pod),
    })
}

fn endpoint_pod(target: ObjectReference) -> Option<EndpointPod> {
    let is_pod = target.kind.as_deref() == Some(Kind::Pod.as_str());
    let name = target.name.filter(|name| is_pod && !name.is_empty())?;
    Some(EndpointPod {
        name: name.into(),
        uid: target.uid.filter(|uid| !uid.is_empty()).map(Name::from),
    })
}

fn protocol(at: &Path<'_>, value: Option<&str>) -> Result<L4Protocol, Fault> {
    match value {
        None | Some("TCP") => Ok(L4Protocol::Tcp),
        Some("UDP") => Ok(L4Protocol::Udp),
        Some("SCTP") => Ok(L4Protocol::Sctp),
        Some(other) => Err(at.fault(format!("{other:?} is none of TCP, UDP, SCTP"))),
    }
}

/// A list at the top of the document; Kubernetes writes an empty one as null too.
fn list<T: serde::de::DeserializeOwned>(
    object: &Value,
    field: &str,
    warnings: &mut Vec<Warning>,
) -> Result<Vec<T>, Fault> {
    match object.get(field) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(entries) => read(&Path::root(field), entries, warnings),
    }
}

pub(crate) fn node(envelope: Envelope<'_>, warnings: &mut Vec<Warning>) -> Result<Node, Fault> {
    let spec: NodeSpec = match envelope.object.get("spec") {
        None | Some(Value::Null) => NodeSpec::default(),
        Some(spec) => read(&Path::root("spec"), spec, warnings)?,
    };
    let conditions_path = Path::root("status.conditions");
    let conditions: Vec<NodeCondition> = match envelope.object.pointer("/status/conditions") {
        None | Some(Value::Null) => Vec::new(),
        Some(conditions) => read_quietly(&conditions_path, conditions)?,
    };
    let ready = conditions
        .iter()
        .any(|condition| condition.type_ == "Ready" && condition.status == "True");
    Ok(Node {
        instance_id: spec.provider_id.as_deref().and_then(instance_id),
        ready: ready && !envelope.labels.contains_key(EXCLUDED_NODE),
        labels: envelope.labels,
        meta: envelope.meta,
    })
}

/// `aws:///us-east-1a/i-0abc` is an EC2 instance; Fargate's nodes have other ids and cannot be targets.
fn instance_id(provider_id: &str) -> Option<String> {
    let (_, id) = provider_id.strip_prefix("aws://")?.rsplit_once('/')?;
    id.starts_with("i-").then(|| id.to_owned())
}
