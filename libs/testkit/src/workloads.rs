//! Namespaces, Services and their endpoints, Nodes, Secrets, ReferenceGrants, configurations.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::{
    HealthCheckSettings, ListenerRuleConfiguration, LoadBalancerConfiguration,
    LoadBalancerSettings, MergingMode, TargetGroupConfiguration, TargetGroupSettings,
    TargetReference,
};
use tributary_model::workload::{
    CertificateFacts, Endpoint, EndpointPod, EndpointPort, EndpointSlice, GrantFrom, GrantTo,
    L4Protocol, Namespace, Node, Pod, ReferenceGrant, Service, ServicePort, ServiceType, TlsSecret,
};
use tributary_model::{Installation, Kind, Resource, Timestamp};

use crate::objects::{key, meta};

/// A Namespace with labels besides its name's.
pub fn namespace(name: &str, labels: &[(&str, &str)]) -> Resource {
    let own = ("kubernetes.io/metadata.name", name);
    Resource::Namespace(Namespace {
        meta: meta(name),
        labels: labelled(labels.iter().copied().chain([own])),
    })
}

/// A Service with one TCP port, which has node port 30000 + port.
pub fn service(name: &str, port: u16) -> Resource {
    service_with_ports(name, &[("", port, L4Protocol::Tcp)])
}

/// A Service with named ports.
pub fn service_with_ports(name: &str, ports: &[(&str, u16, L4Protocol)]) -> Resource {
    Resource::Service(Service {
        meta: meta(name),
        ports: ports
            .iter()
            .map(|(name, port, protocol)| ServicePort {
                name: (*name).into(),
                port: *port,
                target_port: Some(*port),
                target_port_name: None,
                protocol: *protocol,
                node_port: Some(30_000_u16.saturating_add(*port)),
                app_protocol: None,
            })
            .collect(),
        service_type: ServiceType::NodePort,
        ip_families: Vec::new(),
        selector: BTreeMap::new(),
    })
}

/// An EndpointSlice named `<service>-1` with ready endpoints on one TCP port.
pub fn endpoints(service: &str, port: u16, addresses: &[&str]) -> Resource {
    endpoints_with_ports(service, &[("", port, L4Protocol::Tcp)], addresses)
}

/// An EndpointSlice named `<service>-1` with ready endpoints. What is no IP address is left out.
pub fn endpoints_with_ports(
    service: &str,
    ports: &[(&str, u16, L4Protocol)],
    addresses: &[&str],
) -> Resource {
    Resource::EndpointSlice(EndpointSlice {
        meta: meta(&format!("{service}-1")),
        service: key(service).name,
        ports: ports
            .iter()
            .map(|(name, port, protocol)| EndpointPort {
                name: (*name).into(),
                port: *port,
                protocol: *protocol,
            })
            .collect(),
        endpoints: addresses
            .iter()
            .filter_map(|address| address.parse().ok())
            .map(|address| Endpoint {
                address,
                ready: true,
                terminating: false,
                zone: None,
                node_name: None,
                pod: None,
            })
            .collect(),
    })
}

/// An EndpointSlice named `<service>-1` with endpoints that are not ready, each of a pod, on one TCP port.
pub fn unready_endpoints(service: &str, port: u16, pods: &[(&str, &str)]) -> Resource {
    let addresses: Vec<&str> = pods.iter().map(|(address, _)| *address).collect();
    let mut resource = endpoints(service, port, &addresses);
    if let Resource::EndpointSlice(slice) = &mut resource {
        for (endpoint, (_, pod)) in slice.endpoints.iter_mut().zip(pods) {
            endpoint.ready = false;
            endpoint.pod = Some(EndpointPod {
                name: (*pod).into(),
                uid: Some(format!("uid-of-{pod}").into()),
            });
        }
    }
    resource
}

/// A Pod that waits for nothing but its target's health, by a gate of ours.
pub fn waiting_pod(name: &str) -> Resource {
    Resource::Pod(Pod {
        meta: meta(name),
        uid: Some(format!("uid-of-{}", key(name).name).into()),
        awaits_health: true,
        closed_gates: BTreeSet::from([Installation::default().gate()]),
    })
}

/// A ready Node.
pub fn node(name: &str, instance_id: &str) -> Resource {
    Resource::Node(Node {
        meta: meta(name),
        labels: BTreeMap::new(),
        instance_id: Some(instance_id.to_owned()),
        ready: true,
    })
}

/// A good TLS Secret; its fingerprint stands for certificate and key.
pub fn secret(name: &str, fingerprint: &str) -> Resource {
    secret_for(name, fingerprint, &[])
}

/// A good TLS Secret whose certificate has these names.
pub fn secret_for(name: &str, fingerprint: &str, names: &[&str]) -> Resource {
    Resource::Secret(TlsSecret {
        meta: meta(name),
        certificate: Ok(CertificateFacts {
            fingerprint: fingerprint.to_owned(),
            dns_names: names.iter().map(ToString::to_string).collect(),
            not_after: Timestamp(i64::MAX),
        }),
    })
}

/// A TLS Secret that cannot be used.
pub fn malformed_secret(name: &str) -> Resource {
    Resource::Secret(TlsSecret {
        meta: meta(name),
        certificate: Err("tls.crt holds no PEM certificate".to_owned()),
    })
}

/// A grant for objects of one kind and namespace to refer to every object of another kind.
pub fn grant(name: &str, from: (Kind, &str), to: Kind) -> Resource {
    Resource::ReferenceGrant(ReferenceGrant {
        meta: meta(name),
        from: vec![GrantFrom {
            group: from.0.group().to_owned(),
            kind: from.0.as_str().to_owned(),
            namespace: from.1.into(),
        }],
        to: vec![GrantTo {
            group: to.group().to_owned(),
            kind: to.as_str().to_owned(),
            name: None,
        }],
    })
}

/// A LoadBalancerConfiguration.
pub fn load_balancer_configuration(
    name: &str,
    merging_mode: MergingMode,
    settings: LoadBalancerSettings,
) -> Resource {
    Resource::LoadBalancerConfiguration(Box::new(LoadBalancerConfiguration {
        meta: meta(name),
        merging_mode,
        settings,
        emptied: BTreeSet::new(),
        faults: Vec::new(),
    }))
}

/// A TargetGroupConfiguration for a Service of its namespace.
pub fn target_group_configuration(
    name: &str,
    service: &str,
    settings: TargetGroupSettings,
) -> Resource {
    Resource::TargetGroupConfiguration(Box::new(TargetGroupConfiguration {
        meta: meta(name),
        target_reference: Some(TargetReference {
            group: String::new(),
            kind: Kind::Service.as_str().to_owned(),
            name: service.into(),
        }),
        default: settings,
        routes: Vec::new(),
        faults: Vec::new(),
    }))
}

/// Target group settings that ask for a health check path.
pub fn health_check_path(path: &str) -> TargetGroupSettings {
    TargetGroupSettings {
        health_check: HealthCheckSettings {
            path: Some(path.to_owned()),
            ..HealthCheckSettings::default()
        },
        ..TargetGroupSettings::default()
    }
}

/// A ListenerRuleConfiguration that asks for nothing yet.
pub fn rule_configuration(name: &str) -> ListenerRuleConfiguration {
    ListenerRuleConfiguration {
        meta: meta(name),
        authenticate: None,
        routing: None,
        source_ip: Vec::new(),
        tags: BTreeMap::new(),
        incomplete: false,
        faults: Vec::new(),
    }
}

fn labelled<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> BTreeMap<String, String> {
    labels
        .into_iter()
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .collect()
}
