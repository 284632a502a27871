use std::collections::BTreeMap;

use rstest::rstest;
use tributary_model::workload::{
    Endpoint, EndpointPod, EndpointPort, EndpointSlice, GrantFrom, GrantTo, L4Protocol, Namespace,
    Node, ReferenceGrant, Service, ServicePort, ServiceType,
};

use super::*;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

#[test]
fn a_namespace_can_always_be_selected_by_its_name() {
    let namespace = resource_of(
        "{apiVersion: v1, kind: Namespace, metadata: {name: team-a, labels: {team: a, kubernetes.io/metadata.name: wrong}}}",
    );
    let cluster_meta = Meta {
        key: ObjectKey::cluster("team-a"),
        ..meta("", "")
    };
    let expected = Namespace {
        meta: cluster_meta.clone(),
        labels: labels(&[("team", "a"), ("kubernetes.io/metadata.name", "team-a")]),
    };
    assert_eq!(namespace, Resource::Namespace(expected));
    assert_eq!(
        implied_namespace(cluster_meta).labels,
        labels(&[("kubernetes.io/metadata.name", "team-a")])
    );
}

fn service_yaml(spec: &str) -> String {
    format!("{{apiVersion: v1, kind: Service, metadata: {{name: app}}, spec: {spec}}}")
}

fn port(name: &str, port: u16) -> ServicePort {
    ServicePort {
        name: name.into(),
        port,
        target_port: Some(port),
        target_port_name: None,
        protocol: L4Protocol::Tcp,
        node_port: None,
        app_protocol: None,
    }
}

#[rstest]
#[case::headless("{clusterIP: None}", ServiceType::ClusterIp, vec![])]
#[case::tcp_is_the_default("{ports: [{port: 80}]}", ServiceType::ClusterIp, vec![port("", 80)])]
#[case::node_port(
    "{type: NodePort, ports: [{port: 80, targetPort: http, nodePort: 30080, appProtocol: kubernetes.io/h2c}]}",
    ServiceType::NodePort,
    vec![ServicePort {
        target_port: None,
        target_port_name: Some("http".into()),
        node_port: Some(30080),
        app_protocol: Some("kubernetes.io/h2c".to_owned()),
        ..port("", 80)
    }]
)]
#[case::target_port(
    "{ports: [{port: 80, targetPort: 8080}]}",
    ServiceType::ClusterIp,
    vec![ServicePort { target_port: Some(8080), ..port("", 80) }]
)]
#[case::same_number_for_tcp_and_udp(
    "{type: LoadBalancer, ports: [{name: t, port: 53}, {name: u, port: 53, protocol: UDP, nodePort: 0}]}",
    ServiceType::LoadBalancer,
    vec![port("t", 53), ServicePort { protocol: L4Protocol::Udp, ..port("u", 53) }]
)]
#[case::external_name("{type: ExternalName, externalName: a.com}", ServiceType::ExternalName, vec![])]
fn services(
    #[case] spec: &str,
    #[case] service_type: ServiceType,
    #[case] ports: Vec<ServicePort>,
) {
    let expected = Service {
        meta: meta("default", "app"),
        ports,
        service_type,
        ip_families: Vec::new(),
        selector: BTreeMap::new(),
    };
    assert_eq!(
        resource_of(&service_yaml(spec)),
        Resource::Service(expected)
    );
}

/// Kubernetes, Services without selectors: an absent or empty one selects nothing, other than a LabelSelector.
#[rstest]
#[case::both("{selector: {app: web, tier: a}}", &[("app", "web"), ("tier", "a"), ("more", "b")], true)]
#[case::one_differs("{selector: {app: web, tier: a}}", &[("app", "web"), ("tier", "b")], false)]
#[case::one_is_missing("{selector: {app: web, tier: a}}", &[("app", "web")], false)]
#[case::empty("{selector: {}}", &[("app", "web")], false)]
#[case::none("{}", &[("app", "web")], false)]
#[case::none_of_a_pod_without_labels("{}", &[], false)]
fn a_service_selects_pods(
    #[case] spec: &str,
    #[case] pod: &[(&str, &str)],
    #[case] expected: bool,
) {
    let Resource::Service(service) = resource_of(&service_yaml(spec)) else {
        panic!("it is a Service");
    };
    assert_eq!(service.selects(&labels(pod)), expected);
}

#[rstest]
#[case::type_("{type: Magic}", "spec.type", "none of ClusterIP")]
#[case::port("{ports: [{port: 0}]}", "spec.ports[0].port", "must be 1 to 65535")]
#[case::node_port(
    "{ports: [{port: 1, nodePort: 70000}]}",
    "spec.ports[0].nodePort",
    "must be 1 to 65535"
)]
#[case::ip_family(
    "{ipFamilies: [IPv4, IPX]}",
    "spec.ipFamilies[1]",
    "none of IPv4, IPv6"
)]
#[case::protocol(
    "{ports: [{port: 1, protocol: ICMP}]}",
    "spec.ports[0].protocol",
    "none of TCP, UDP, SCTP"
)]
#[case::unnamed_port(
    "{ports: [{port: 1, name: a}, {port: 2}]}",
    "spec.ports[1].name",
    "more than one port"
)]
#[case::same_name(
    "{ports: [{port: 1, name: a}, {port: 2, name: a}]}",
    "spec.ports[1].name",
    "same name"
)]
#[case::same_port(
    "{ports: [{port: 1, name: a}, {port: 1, name: b}]}",
    "spec.ports[1]",
    "same port and protocol"
)]
#[case::ports_is_a_map("{ports: {}}", "spec.ports", "invalid type: map")]
fn bad_services(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&service_yaml(spec), field, reason);
}

fn slice_yaml(content: &str) -> String {
    format!(
        "
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {{name: app-1, labels: {{kubernetes.io/service-name: app}}}}
{content}
"
    )
}

fn slice(ports: Vec<EndpointPort>, endpoints: Vec<Endpoint>) -> Resource {
    Resource::EndpointSlice(EndpointSlice {
        meta: meta("default", "app-1"),
        service: "app".into(),
        ports,
        endpoints,
    })
}

fn endpoint(address: &str) -> Endpoint {
    Endpoint {
        address: address.parse().unwrap(),
        ready: true,
        terminating: false,
        zone: None,
        node_name: None,
        pod: None,
    }
}

#[test]
fn a_slice_has_its_endpoints() {
    let text = slice_yaml(
        "
addressType: IPv4
ports: [{name: http, port: 8080}, {name: dns, port: 53, protocol: UDP}, {name: any}]
endpoints:
- addresses: [10.0.0.1, 10.0.0.9]
- addresses: [10.0.0.2]
  conditions: {ready: false, serving: true, terminating: true}
  zone: us-west-2a
  nodeName: node-1
",
    );
    let ports = vec![
        EndpointPort {
            name: "http".into(),
            port: 8080,
            protocol: L4Protocol::Tcp,
        },
        EndpointPort {
            name: "dns".into(),
            port: 53,
            protocol: L4Protocol::Udp,
        },
    ];
    let endpoints = vec![
        endpoint("10.0.0.1"),
        Endpoint {
            ready: false,
            terminating: true,
            zone: Some("us-west-2a".to_owned()),
            node_name: Some("node-1".into()),
            ..endpoint("10.0.0.2")
        },
    ];
    assert_eq!(resource_of(&text), slice(ports, endpoints));
}

#[rstest]
#[case::null_lists("addressType: IPv4\nports: null\nendpoints: null", vec![])]
#[case::ipv6("addressType: IPv6\nendpoints: [{addresses: ['2001:db8::1']}]", vec![endpoint("2001:db8::1")])]
#[case::names_are_no_targets("addressType: FQDN\nendpoints: [{addresses: [a.com]}]", vec![])]
fn slices(#[case] content: &str, #[case] endpoints: Vec<Endpoint>) {
    assert_eq!(resource_of(&slice_yaml(content)), slice(vec![], endpoints));
}

#[test]
fn a_slice_without_the_label_belongs_to_no_service() {
    let text = slice_yaml("addressType: IPv4").replace("{kubernetes.io/service-name: app}", "{}");
    let Resource::EndpointSlice(slice) = resource_of(&text) else {
        panic!("not a slice");
    };
    assert_eq!(&*slice.service, "");
}

#[rstest]
#[case::no_type("endpoints: []", "addressType", "is required")]
#[case::unknown_type("addressType: MAC", "addressType", "none of IPv4, IPv6, FQDN")]
#[case::no_address(
    "addressType: IPv4\nendpoints: [{addresses: []}]",
    "endpoints[0].addresses",
    "must not be empty"
)]
#[case::bad_address(
    "addressType: IPv4\nendpoints: [{addresses: [x]}]",
    "endpoints[0].addresses[0]",
    "is not an IP address"
)]
#[case::other_family(
    "addressType: IPv6\nendpoints: [{addresses: [10.0.0.1]}]",
    "endpoints[0].addresses[0]",
    "not of the slice's addressType"
)]
#[case::port(
    "addressType: IPv4\nports: [{port: 0}]",
    "ports[0].port",
    "must be 1 to 65535"
)]
fn bad_slices(#[case] content: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&slice_yaml(content), field, reason);
}

#[rstest]
#[case::instance(
    "{}",
    "{providerID: aws:///us-west-2a/i-0abc}",
    "[{type: MemoryPressure, status: 'False'}, {type: Ready, status: 'True'}]",
    Some("i-0abc"),
    true
)]
#[case::not_ready(
    "{}",
    "{providerID: aws:///us-west-2a/i-0abc}",
    "[{type: Ready, status: Unknown}]",
    Some("i-0abc"),
    false
)]
#[case::fargate(
    "{}",
    "{providerID: aws:///us-west-2a/4fa-1/fargate-ip-10-0-0-1}",
    "[{type: Ready, status: 'True'}]",
    None,
    true
)]
#[case::other_cloud(
    "{}",
    "{providerID: gce://p/z/i-1}",
    "[{type: Ready, status: 'True'}]",
    None,
    true
)]
#[case::excluded(
    "{node.kubernetes.io/exclude-from-external-load-balancers: ''}",
    "{}",
    "[{type: Ready, status: 'True'}]",
    None,
    false
)]
#[case::no_conditions("{}", "{}", "null", None, false)]
fn nodes(
    #[case] node_labels: &str,
    #[case] spec: &str,
    #[case] conditions: &str,
    #[case] instance_id: Option<&str>,
    #[case] ready: bool,
) {
    let text = format!(
        "{{apiVersion: v1, kind: Node, metadata: {{name: node-1, labels: {node_labels}}}, spec: {spec}, status: {{conditions: {conditions}}}}}"
    );
    let Resource::Node(Node {
        instance_id: actual,
        ready: is_ready,
        ..
    }) = resource_of(&text)
    else {
        panic!("not a Node");
    };
    assert_eq!((actual.as_deref(), is_ready), (instance_id, ready));
}

fn grant_yaml(version: &str, spec: &str) -> String {
    format!(
        "{{apiVersion: gateway.networking.k8s.io/{version}, kind: ReferenceGrant, metadata: {{name: g, namespace: pki}}, spec: {spec}}}"
    )
}

#[rstest]
#[case("v1")]
#[case("v1beta1")]
fn grants(#[case] version: &str) {
    let spec = "{from: [{group: gateway.networking.k8s.io, kind: ListenerSet, namespace: team-a}], to: [{group: '', kind: Secret}, {group: '', kind: Secret, name: tls}]}";
    let expected = ReferenceGrant {
        meta: meta("pki", "g"),
        from: vec![GrantFrom {
            group: "gateway.networking.k8s.io".to_owned(),
            kind: "ListenerSet".to_owned(),
            namespace: "team-a".into(),
        }],
        to: vec![
            GrantTo {
                group: String::new(),
                kind: "Secret".to_owned(),
                name: None,
            },
            GrantTo {
                group: String::new(),
                kind: "Secret".to_owned(),
                name: Some("tls".into()),
            },
        ],
    };
    assert_eq!(
        resource_of(&grant_yaml(version, spec)),
        Resource::ReferenceGrant(expected)
    );
}

#[rstest]
#[case::from_nobody("{from: [], to: [{group: '', kind: Secret}]}", "spec.from", "1 to 16")]
#[case::to_nothing(
    "{from: [{group: '', kind: A, namespace: b}], to: []}",
    "spec.to",
    "1 to 16"
)]
#[case::no_group(
    "{from: [{kind: A, namespace: b}], to: []}",
    "spec.from[0].group",
    "is required"
)]
#[case::bad_namespace(
    "{from: [{group: '', kind: A, namespace: B}], to: [{group: '', kind: Secret}]}",
    "spec.from[0].namespace",
    "is not a DNS label"
)]
fn bad_grants(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&grant_yaml("v1", spec), field, reason);
}

#[rstest]
#[case::not_ready("{ready: false}", "{kind: Pod, name: p, uid: u}", Some(("p", Some("u"))))]
#[case::written_by_hand("{ready: false}", "{kind: Pod, name: p}", Some(("p", None)))]
#[case::published_although_it_is_not_ready(
    "{ready: true, serving: false}",
    "{kind: Pod, name: p, uid: u}",
    Some(("p", Some("u")))
)]
#[case::of_a_ready_one_nobody_asks("{ready: true}", "{kind: Pod, name: p, uid: u}", None)]
#[case::of_one_that_terminates_neither(
    "{ready: false, terminating: true}",
    "{kind: Pod, name: p, uid: u}",
    None
)]
#[case::no_pod("{ready: false}", "{kind: VirtualMachine, name: p, uid: u}", None)]
fn an_endpoint_that_is_not_ready_names_its_pod(
    #[case] conditions: &str,
    #[case] target: &str,
    #[case] pod: Option<(&str, Option<&str>)>,
) {
    let text = slice_yaml(&format!(
        "addressType: IPv4\nendpoints: [{{addresses: [10.0.0.1], conditions: {conditions}, targetRef: {target}}}]"
    ));
    let Resource::EndpointSlice(slice) = resource_of(&text) else {
        panic!("not a slice");
    };
    let pod = pod.map(|(name, uid)| EndpointPod {
        name: name.into(),
        uid: uid.map(Into::into),
    });
    assert_eq!(slice.endpoints[0].pod, pod);
}
