//! docs/reference/fields.md: TargetGroupConfiguration; which port and which targets a target group has.

use std::collections::BTreeMap;

use tributary_model::RouteKind;
use tributary_model::config::{
    RouteTargetGroupSettings, TargetGroupConfiguration, TargetGroupSettings, TargetReference,
};
use tributary_model::desired::DesiredTargetGroup;
use tributary_model::elb::{TargetProtocol, TargetType};
use tributary_model::resolved::{Resolved, ResolvedParent};
use tributary_model::workload::L4Protocol::{self, Tcp, Udp};
use tributary_model::{Kind, ObjectRef, Resource};
use tributary_testkit::objects::{class, gateway, http, key, listener};
use tributary_testkit::routes::{route, rule};
use tributary_testkit::workloads::{
    endpoints_with_ports, node, service, service_with_ports, target_group_configuration,
};

use super::{load_balancer, merged};
use crate::Merged;

fn settings(tags: &[(&str, &str)]) -> TargetGroupSettings {
    let tags: BTreeMap<String, String> = tags
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    TargetGroupSettings {
        attributes: tags.clone(),
        tags,
        ..TargetGroupSettings::default()
    }
}

/// HTTPRoute `t/r` to `t/web`, which this is the configuration of.
fn configured(change: impl FnOnce(&mut TargetGroupConfiguration)) -> Merged {
    let Resource::TargetGroupConfiguration(mut configuration) =
        target_group_configuration("t/tgc", "web", TargetGroupSettings::default())
    else {
        unreachable!("it is one");
    };
    change(&mut configuration);
    merged([
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").listener(http("http", 80)).build(),
        service("t/web", 80),
        node("n", "i-1"),
        Resource::TargetGroupConfiguration(configuration),
        to("t/gw", "t/r", RouteKind::Http, "web", 80),
    ])
}

fn to(gateway: &str, name: &str, kind: RouteKind, service: &str, port: u16) -> Resource {
    route(kind, name)
        .to_gateway(gateway)
        .rule(rule().backend(service, port))
        .build()
}

fn group(merged: &Merged) -> &DesiredTargetGroup {
    let groups = &load_balancer(merged, "t/gw").target_groups;
    assert_eq!(groups.values().count(), 1);
    groups.values().next().expect("there is one")
}

fn parent(merged: &Merged, kind: Kind, name: &str) -> ResolvedParent {
    match merged
        .merge
        .resolved(&ObjectRef::new(kind, key(name)))
        .map(AsRef::as_ref)
    {
        Some(Resolved::Route(route)) => route.parents[0].clone(),
        other => panic!("{other:?}"),
    }
}

/// What a `routeConfigurations` entry for this kind, namespace and name does to the group of HTTPRoute `t/r`.
fn check_entry(kind: RouteKind, namespace: Option<&str>, name: Option<&str>, id: Option<&str>) {
    let merged = configured(|it| {
        it.default = settings(&[("a", "default"), ("b", "default")]);
        it.routes.push(RouteTargetGroupSettings {
            kind,
            namespace: namespace.map(Into::into),
            name: name.map(Into::into),
            settings: settings(&[("b", "route"), ("c", "route")]),
        });
    });
    let group = group(&merged);
    let shown = |values: &BTreeMap<String, String>| -> String {
        let pairs: Vec<String> = values.iter().map(|(k, v)| format!("{k}={v}")).collect();
        pairs.join(" ")
    };
    let expected = match id {
        Some(_) => "a=default b=route c=route",
        None => "a=default b=default",
    };
    assert_eq!(shown(&group.tags), expected);
    assert_eq!(shown(&group.attributes), expected);
    assert_eq!(
        group.id.to_string(),
        format!(
            "service/t/web/80/HTTP/HTTP1/ip/ipv4{}",
            id.unwrap_or_default()
        )
    );
}

#[test]
fn a_route_configuration_is_for_the_routes_that_it_names_and_their_group_is_their_own() {
    use RouteKind::{Grpc, Http};
    check_entry(Http, None, None, Some("/HTTPRoute"));
    check_entry(Http, Some("t"), None, Some("/HTTPRoute/t"));
    check_entry(Http, Some("t"), Some("r"), Some("/HTTPRoute/t/r"));
    check_entry(Grpc, None, None, None);
    check_entry(Grpc, Some("t"), Some("r"), None);
    check_entry(Http, Some("u"), None, None);
    check_entry(Http, Some("u"), Some("r"), None);
    check_entry(Http, Some("t"), Some("q"), None);
}

#[test]
fn the_route_configuration_that_says_more_of_the_route_counts() {
    let merged = configured(|it| {
        for (namespace, name) in [(None, None), (Some("t"), Some("r")), (Some("t"), None)] {
            it.routes.push(RouteTargetGroupSettings {
                kind: RouteKind::Http,
                namespace: namespace.map(Into::into),
                name: name.map(Into::into),
                settings: settings(&[("by", name.or(namespace).unwrap_or("kind"))]),
            });
        }
    });
    assert_eq!(group(&merged).tags["by"], "r");
}

#[test]
fn a_target_group_is_of_several_clusters_where_that_is_asked_for() {
    for (asked, expected) in [(None, false), (Some(false), false), (Some(true), true)] {
        let merged = configured(|it| it.default.multi_cluster = asked);
        assert_eq!(group(&merged).multi_cluster, expected, "{asked:?}");
    }
}

#[test]
fn instances_need_a_node_port_and_addresses_do_not() {
    for (target_type, node_port, is_resolved) in [
        (TargetType::Instance, None, false),
        (TargetType::Instance, Some(30_080), true),
        (TargetType::Ip, None, true),
    ] {
        let Resource::Service(mut web) = service("t/web", 80) else {
            unreachable!("it is one");
        };
        web.ports[0].node_port = node_port;
        let settings = TargetGroupSettings {
            target_type: Some(target_type),
            ..TargetGroupSettings::default()
        };
        let merged = merged([
            class("alb", "gateway.k8s.aws/alb"),
            gateway("t/gw").listener(http("http", 80)).build(),
            Resource::Service(web),
            target_group_configuration("t/tgc", "web", settings),
            to("t/gw", "t/r", RouteKind::Http, "web", 80),
        ]);
        let unresolved = parent(&merged, Kind::HttpRoute, "t/r").unresolved_refs;
        assert_eq!(unresolved.is_empty(), is_resolved, "{target_type:?}");
        if !is_resolved {
            assert!(unresolved[0].message.contains("no node port for port 80"));
        }
    }
}

/// A Gateway with a UDP listener and UDPRoute `t/r` to port 53 of `t/dns`, which has these ports and endpoints.
fn dns(ports: &[(&str, u16, L4Protocol)], endpoints: &[(&str, u16, L4Protocol)]) -> Merged {
    merged([
        class("nlb", "gateway.k8s.aws/nlb"),
        gateway("t/gw")
            .class("nlb")
            .listener(listener("udp", 53, "UDP"))
            .build(),
        service_with_ports("t/dns", ports),
        endpoints_with_ports("t/dns", endpoints, &["10.0.0.1"]),
        to("t/gw", "t/r", RouteKind::Udp, "dns", 53),
    ])
}

fn target_ports(merged: &Merged) -> Vec<u16> {
    let targets = group(merged).targets.iter();
    targets.map(|target| target.port).collect()
}

#[test]
fn a_group_for_both_protocols_has_the_targets_of_the_tcp_port() {
    let both = dns(
        &[("other", 54, Tcp), ("dns", 53, Udp), ("dns-tcp", 53, Tcp)],
        &[
            ("other", 5400, Tcp),
            ("dns", 5353, Udp),
            ("dns-tcp", 5354, Tcp),
        ],
    );
    assert_eq!(group(&both).protocol, TargetProtocol::TcpUdp);
    assert_eq!(target_ports(&both), [5354]);
}

#[test]
fn a_group_for_one_protocol_has_the_targets_of_its_own_port() {
    let alone = dns(
        &[("dns", 53, Udp), ("other", 54, Tcp)],
        &[("dns", 5353, Udp), ("other", 5400, Tcp)],
    );
    assert_eq!(group(&alone).protocol, TargetProtocol::Udp);
    assert_eq!(target_ports(&alone), [5353]);
}

#[test]
fn an_endpoints_port_has_the_name_and_the_protocol_of_the_services() {
    let named = dns(
        &[("dns", 53, Udp)],
        &[("dns", 1, Tcp), ("other", 2, Udp), ("dns", 5353, Udp)],
    );
    assert_eq!(target_ports(&named), [5353]);
}

#[test]
fn what_a_group_for_both_protocols_carries_is_done_and_what_it_does_not_is_told() {
    for (asked, is_told) in [
        (TargetProtocol::Tcp, false),
        (TargetProtocol::Udp, false),
        (TargetProtocol::TcpUdp, false),
        (TargetProtocol::Tls, true),
    ] {
        let settings = TargetGroupSettings {
            protocol: Some(asked),
            ..TargetGroupSettings::default()
        };
        let merged = merged([
            class("nlb", "gateway.k8s.aws/nlb"),
            gateway("t/gw")
                .class("nlb")
                .listener(listener("udp", 53, "UDP"))
                .build(),
            service_with_ports("t/dns", &[("dns", 53, Udp), ("dns-tcp", 53, Tcp)]),
            target_group_configuration("t/tgc", "dns", settings),
            to("t/gw", "t/r", RouteKind::Udp, "dns", 53),
        ]);
        let told = parent(&merged, Kind::UdpRoute, "t/r").degraded_rules;
        assert_eq!(told.is_empty(), !is_told, "{asked:?}: {told:?}");
    }
}

#[test]
fn a_configuration_is_for_the_service_that_its_reference_names() {
    for (of, kind, name, is_for) in [
        ("", "Service", "web", true),
        ("example.com", "Service", "web", false),
        ("", "Other", "web", false),
        ("", "Service", "other", false),
    ] {
        let merged = configured(|it| {
            it.default = settings(&[("a", "b")]);
            it.target_reference = Some(TargetReference {
                group: of.to_owned(),
                kind: kind.to_owned(),
                name: name.into(),
            });
        });
        let is_configured = !group(&merged).tags.is_empty();
        assert_eq!(is_configured, is_for, "{kind} {name} of {of:?}");
    }
}

#[test]
fn a_node_that_is_being_deleted_is_no_target() {
    let targets = |leaving: bool| {
        let Resource::Node(mut node) = node("n", "i-1") else {
            unreachable!("it is one");
        };
        node.meta.deleting = leaving;
        let instance = TargetGroupSettings {
            target_type: Some(TargetType::Instance),
            ..TargetGroupSettings::default()
        };
        let merged = merged([
            class("alb", "gateway.k8s.aws/alb"),
            gateway("t/gw").listener(http("http", 80)).build(),
            service("t/web", 80),
            Resource::Node(node),
            target_group_configuration("t/tgc", "web", instance),
            to("t/gw", "t/r", RouteKind::Http, "web", 80),
        ]);
        group(&merged).targets.len()
    };
    assert_eq!(targets(false), 1);
    assert_eq!(targets(true), 0);
}
