use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;
use tributary_model::workload::{
    BackendTlsPolicy, CertificateFacts, Endpoint, EndpointPod, EndpointPort, EndpointSlice,
    GrantFrom, GrantTo, IpFamily, L4Protocol, Namespace, Node, Pod, PolicyTarget, ReferenceGrant,
    Service, ServicePort, ServiceType, TlsSecret,
};
use tributary_model::{Kind, Resource, Timestamp};

use super::{
    NAMESPACES, SERVICES, cluster, few, listeners, meta, mostly, name, named, one_of, rarely,
    seldom, text,
};

const PODS: [&str; 2] = ["p", "q"];
const NODES: [&str; 2] = ["n", "m"];

pub(super) fn grant() -> impl Strategy<Value = Resource> {
    const FROM: [Kind; 4] = [
        Kind::Gateway,
        Kind::ListenerSet,
        Kind::HttpRoute,
        Kind::TcpRoute,
    ];
    const TO: [Kind; 2] = [Kind::Secret, Kind::Service];
    let from = (one_of(&FROM), name(&NAMESPACES)).prop_map(|(kind, namespace)| GrantFrom {
        group: kind.group().to_owned(),
        kind: kind.as_str().to_owned(),
        namespace,
    });
    let to =
        (one_of(&TO), seldom(name(&["cert", "svc", "dns"]))).prop_map(|(kind, name)| GrantTo {
            group: kind.group().to_owned(),
            kind: kind.as_str().to_owned(),
            name,
        });
    (
        meta(named(&["grant"])),
        prop::collection::vec(from, 1..3),
        prop::collection::vec(to, 1..3),
    )
        .prop_map(|(meta, from, to)| Resource::ReferenceGrant(ReferenceGrant { meta, from, to }))
}

pub(super) fn backend_tls_policy() -> impl Strategy<Value = Resource> {
    let target = (
        mostly(""),
        mostly("Service"),
        name(&SERVICES),
        seldom(name(&["", "tcp"])),
    )
        .prop_map(|(group, kind, name, section_name)| PolicyTarget {
            group,
            kind,
            name,
            section_name,
        });
    (
        meta(named(&["policy"])),
        prop::collection::vec(target, 1..3),
    )
        .prop_map(|(meta, targets)| Resource::BackendTlsPolicy(BackendTlsPolicy { meta, targets }))
}

pub(super) fn namespace() -> impl Strategy<Value = Resource> {
    (meta(cluster(&NAMESPACES)), any::<bool>()).prop_map(|(meta, labelled)| {
        Resource::Namespace(Namespace {
            meta,
            labels: listeners::labels(labelled),
        })
    })
}

pub(super) fn service() -> impl Strategy<Value = Resource> {
    const TYPES: [ServiceType; 6] = [
        ServiceType::NodePort,
        ServiceType::NodePort,
        ServiceType::ClusterIp,
        ServiceType::ClusterIp,
        ServiceType::LoadBalancer,
        ServiceType::ExternalName,
    ];
    let families = [
        vec![],
        vec![],
        vec![IpFamily::Ipv4],
        vec![IpFamily::Ipv6],
        vec![IpFamily::Ipv4, IpFamily::Ipv6],
    ];
    (
        meta(named(&SERVICES)),
        prop::collection::vec(service_port(), 1..3),
        one_of(&TYPES),
        prop::sample::select(families.to_vec()),
        any::<bool>(),
    )
        .prop_map(|(meta, ports, service_type, ip_families, selects)| {
            Resource::Service(Service {
                meta,
                ports,
                service_type,
                ip_families,
                selector: listeners::labels(selects),
            })
        })
}

fn protocol() -> impl Strategy<Value = L4Protocol> {
    prop_oneof![
        6 => Just(L4Protocol::Tcp),
        2 => Just(L4Protocol::Udp),
        1 => Just(L4Protocol::Sctp),
    ]
}

fn service_port() -> impl Strategy<Value = ServicePort> {
    (
        name(&["", "", "", "tcp", "udp"]),
        one_of(&[53_u16, 53, 80]),
        prop::option::weighted(0.8, one_of(&[53_u16, 8053])),
        seldom(name(&["web"])),
        protocol(),
        prop::option::weighted(0.8, one_of(&[30_053_u16, 30_080])),
        seldom(text(&["kubernetes.io/h2c", "https", "grpc"])),
    )
        .prop_map(
            |(name, port, target_port, target_port_name, protocol, node_port, app_protocol)| {
                ServicePort {
                    name,
                    port,
                    target_port,
                    target_port_name,
                    protocol,
                    node_port,
                    app_protocol,
                }
            },
        )
}

pub(super) fn endpoint_slice() -> impl Strategy<Value = Resource> {
    let port = (
        name(&["", "", "", "tcp", "udp"]),
        one_of(&[53_u16, 8053]),
        protocol(),
    )
        .prop_map(|(name, port, protocol)| EndpointPort {
            name,
            port,
            protocol,
        });
    (
        meta(named(&["svc-1", "svc-1", "svc-2", "dns-1"])),
        name(&SERVICES),
        prop::collection::vec(port, 1..3),
        prop::collection::vec(endpoint(), 0..3),
    )
        .prop_map(|(meta, service, ports, endpoints)| {
            Resource::EndpointSlice(EndpointSlice {
                meta,
                service,
                ports,
                endpoints,
            })
        })
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    const ADDRESSES: [IpAddr; 3] = [
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)),
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, 1)),
        IpAddr::V6(Ipv6Addr::new(0xfd00, 0, 0, 0, 0, 0, 0, 1)),
    ];
    let pod = (name(&PODS), uid()).prop_map(|(name, uid)| EndpointPod { name, uid });
    (
        one_of(&ADDRESSES),
        prop::bool::weighted(0.6),
        rarely(),
        seldom(text(&["eu-central-1a"])),
        seldom(name(&NODES)),
        prop::option::of(pod),
    )
        .prop_map(
            |(address, ready, terminating, zone, node_name, pod)| Endpoint {
                address,
                ready,
                terminating,
                zone,
                node_name,
                pod,
            },
        )
}

/// Mostly the same: of a pod of that name there is one.
fn uid() -> impl Strategy<Value = Option<tributary_model::Name>> {
    prop_oneof![
        6 => Just(Some("uid-of-p".into())),
        1 => Just(Some("another".into())),
        1 => Just(None),
    ]
}

pub(super) fn node() -> impl Strategy<Value = Resource> {
    (
        meta(cluster(&NODES)),
        any::<bool>(),
        prop::option::weighted(0.8, text(&["i-1", "i-2"])),
        prop::bool::weighted(0.8),
    )
        .prop_map(|(meta, labelled, instance_id, ready)| {
            Resource::Node(Node {
                meta,
                labels: listeners::labels(labelled),
                instance_id,
                ready,
            })
        })
}

pub(super) fn pod() -> impl Strategy<Value = Resource> {
    let gates = vec![
        "gateway.tributary.dev/target-health".to_owned(),
        "gateway.tributary.dev/other.target-health".to_owned(),
        "target-health.elbv2.k8s.aws/k8s-a".to_owned(),
    ];
    (
        meta(named(&PODS)),
        uid(),
        prop::bool::weighted(0.8),
        prop::sample::subsequence(gates, 0..=3),
    )
        .prop_map(|(meta, uid, awaits_health, closed_gates)| {
            Resource::Pod(Pod {
                meta,
                uid,
                awaits_health,
                closed_gates: closed_gates.into_iter().collect(),
            })
        })
}

pub(super) fn secret() -> impl Strategy<Value = Resource> {
    let facts = (
        text(&["aa", "bb"]),
        few(text(&["a.x.com", "*.x.com"])),
        0..3_i64,
    )
        .prop_map(|(fingerprint, dns_names, not_after)| CertificateFacts {
            fingerprint,
            dns_names,
            not_after: Timestamp(not_after),
        });
    let certificate = prop_oneof![
        3 => facts.prop_map(Ok),
        1 => text(&["tls.crt holds no PEM certificate"]).prop_map(Err),
    ];
    (meta(named(&["cert"])), certificate)
        .prop_map(|(meta, certificate)| Resource::Secret(TlsSecret { meta, certificate }))
}
