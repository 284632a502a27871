//! docs/reference/fields.md: configurations of class, Gateway and Service.

use std::sync::Arc;

use tributary_model::config::{
    ListenerConfiguration, LoadBalancerSettings, MergingMode, ProtocolPort, TargetGroupSettings,
};
use tributary_model::desired::{DesiredLoadBalancer, TargetId};
use tributary_model::elb::{IpAddressType, Scheme, TargetType};
use tributary_model::workload::IpFamily;
use tributary_model::{Kind, Resource};
use tributary_testkit::objects::{class_with_parameters, gateway, http, https, listener_set};
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{
    endpoints, health_check_path, load_balancer_configuration, node, service,
    target_group_configuration,
};

use super::{load_balancer, merged};

fn settings(name: &str, tags: &[(&str, &str)]) -> LoadBalancerSettings {
    LoadBalancerSettings {
        name: Some(name.to_owned()),
        tags: tags
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
        ..LoadBalancerSettings::default()
    }
}

fn world(mode: MergingMode) -> Vec<Resource> {
    let mut of_class = settings("class", &[("a", "class"), ("b", "class")]);
    of_class.scheme = Some(Scheme::InternetFacing);
    vec![
        class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/class")),
        load_balancer_configuration("infra/class", mode, of_class),
        load_balancer_configuration(
            "t/own",
            MergingMode::default(),
            settings("own", &[("b", "own"), ("c", "own")]),
        ),
        gateway("t/gw")
            .parameters("own")
            .allow_all()
            .listener(http("http", 80))
            .build(),
    ]
}

/// Name, scheme and tags of the load balancer.
fn check(mode: MergingMode, name: &str, tags: &str) {
    let merged = merged(world(mode));
    let settings = &load_balancer(&merged, "t/gw").settings;
    assert_eq!(settings.name.as_deref(), Some(name));
    assert_eq!(settings.scheme, Some(Scheme::InternetFacing));
    let found: Vec<String> = settings
        .tags
        .iter()
        .map(|(key, value)| format!("{key}={value}"))
        .collect();
    assert_eq!(found.join(" "), tags);
}

#[test]
fn by_default_the_classs_value_wins() {
    check(
        MergingMode::PreferGatewayClass,
        "class",
        "a=class b=class c=own",
    );
}

#[test]
fn prefer_gateway_lets_the_gateways_value_win() {
    check(MergingMode::PreferGateway, "own", "a=class b=own c=own");
}

#[test]
fn listener_settings_go_to_the_port_that_sets_share() {
    let mut objects = world(MergingMode::default());
    let port = ProtocolPort {
        protocol: Some("HTTPS".to_owned()),
        port: Some(443),
    };
    let policy = ListenerConfiguration {
        ssl_policy: Some("strict".to_owned()),
        ..ListenerConfiguration::default()
    };
    objects[2] = load_balancer_configuration(
        "t/own",
        MergingMode::default(),
        LoadBalancerSettings {
            listeners: [(port, policy)].into(),
            ..LoadBalancerSettings::default()
        },
    );
    objects.push(
        listener_set("u/s", "t/gw")
            .listener(https("https", 443, "a.x"))
            .build(),
    );
    let merged = merged(objects);
    let listeners = &load_balancer(&merged, "t/gw").listeners;
    assert_eq!(listeners[&443].ssl_policy.as_deref(), Some("strict"));
    assert_eq!(listeners[&80].ssl_policy, None);
}

/// A route to Service `t/web` with more objects.
fn served(more: Vec<Resource>) -> DesiredLoadBalancer {
    let mut objects = world(MergingMode::default());
    objects.extend([
        service("t/web", 80),
        endpoints("t/web", 8080, &["10.0.0.1", "fd00::1"]),
        http_route("t/r").to_gateway("t/gw").backend("web").build(),
    ]);
    objects.extend(more);
    load_balancer(&merged(objects), "t/gw").clone()
}

fn targets(load_balancer: &DesiredLoadBalancer) -> Vec<String> {
    load_balancer
        .target_groups
        .values()
        .flat_map(|group| &group.targets)
        .map(|target| format!("{}:{}", target.id, target.port))
        .collect()
}

#[test]
fn targets_are_ready_addresses_of_the_groups_family() {
    assert_eq!(targets(&served(vec![])), ["10.0.0.1:8080"]);
}

#[test]
fn endpoints_that_are_not_ready_or_terminate_are_no_targets() {
    for change in [
        |endpoint: &mut tributary_model::workload::Endpoint| endpoint.ready = false,
        |endpoint: &mut tributary_model::workload::Endpoint| endpoint.terminating = true,
    ] {
        let Resource::EndpointSlice(mut slice) = endpoints("t/web", 8080, &["10.0.0.1"]) else {
            unreachable!("it is a slice");
        };
        slice.endpoints.iter_mut().for_each(change);
        let slice = Resource::EndpointSlice(slice);
        assert_eq!(slice.kind(), Kind::EndpointSlice);
        assert!(targets(&served(vec![slice])).is_empty());
    }
}

#[test]
fn instances_are_reached_by_node_port() {
    let instance = TargetGroupSettings {
        target_type: Some(TargetType::Instance),
        ..TargetGroupSettings::default()
    };
    let load_balancer = served(vec![
        target_group_configuration("t/tgc", "web", instance),
        node("n1", "i-1"),
    ]);
    assert_eq!(targets(&load_balancer), ["i-1:30080"]);
    let group = load_balancer.target_groups.values().next().expect("one");
    assert!(
        group
            .targets
            .iter()
            .all(|target| matches!(target.id, TargetId::Instance(_)))
    );
}

#[test]
fn what_can_be_changed_in_place_is_no_identity() {
    let plain = served(vec![]);
    let checked = served(vec![target_group_configuration(
        "t/tgc",
        "web",
        health_check_path("/up"),
    )]);
    assert_eq!(
        plain.target_groups.keys().collect::<Vec<_>>(),
        checked.target_groups.keys().collect::<Vec<_>>()
    );
    let group: &Arc<_> = checked.target_groups.values().next().expect("one");
    assert_eq!(group.health_check.path.as_deref(), Some("/up"));
}

/// The primary family where the load balancer reaches it; IPv6 needs a dualstack one (ELBv2 `CreateTargetGroup`).
#[test]
fn a_target_groups_addresses_are_of_the_services_family() {
    use IpFamily::{Ipv4, Ipv6};
    let group_of = |families: &[IpFamily], addresses: IpAddressType| {
        let Resource::Service(mut web) = service("t/web", 80) else {
            panic!("a Service");
        };
        web.ip_families = families.to_vec();
        let settings = LoadBalancerSettings {
            ip_address_type: Some(addresses),
            ..LoadBalancerSettings::default()
        };
        let merged = merged(vec![
            class_with_parameters("alb", "gateway.k8s.aws/alb", None),
            load_balancer_configuration("t/own", MergingMode::default(), settings),
            gateway("t/gw")
                .parameters("own")
                .listener(http("http", 80))
                .build(),
            Resource::Service(web),
            endpoints("t/web", 8080, &["10.0.0.1", "fd00::1"]),
            http_route("t/r")
                .to_gateway("t/gw")
                .rule(rule().backend("web", 80))
                .build(),
        ]);
        let load_balancer = load_balancer(&merged, "t/gw").clone();
        targets(&load_balancer)
    };
    let cases: [(&[IpFamily], _, &[&str]); 8] = [
        (&[], IpAddressType::Dualstack, &["10.0.0.1:8080"]),
        (&[Ipv4], IpAddressType::Ipv4, &["10.0.0.1:8080"]),
        (&[Ipv4, Ipv6], IpAddressType::Dualstack, &["10.0.0.1:8080"]),
        (&[Ipv6, Ipv4], IpAddressType::Dualstack, &["fd00::1:8080"]),
        (&[Ipv6, Ipv4], IpAddressType::Ipv4, &["10.0.0.1:8080"]),
        (&[Ipv6], IpAddressType::Dualstack, &["fd00::1:8080"]),
        (
            &[Ipv6],
            IpAddressType::DualstackWithoutPublicIpv4,
            &["fd00::1:8080"],
        ),
        // Told as a backend that cannot be had.
        (&[Ipv6], IpAddressType::Ipv4, &[]),
    ];
    for (families, addresses, expected) in cases {
        assert_eq!(
            group_of(families, addresses),
            expected,
            "{families:?} behind {addresses:?}"
        );
    }
}
