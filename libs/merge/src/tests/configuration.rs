//! docs/reference/fields.md: configurations of class, Gateway and Service.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::config::{
    ListField, ListenerConfiguration, LoadBalancerSettings, MergingMode, MutualAuthentication,
    MutualAuthenticationMode, ProtocolPort, TargetGroupSettings,
};
use tributary_model::desired::{DesiredLoadBalancer, TargetId};
use tributary_model::elb::{IpAddressType, Scheme, TargetType};
use tributary_model::listener::TlsMode;
use tributary_model::resolved::{GatewayAcceptance, Resolved};
use tributary_model::resource::ParametersRef;
use tributary_model::workload::IpFamily;
use tributary_model::{Kind, ObjectRef, Resource};
use tributary_testkit::objects::{
    class_with_parameters, gateway, http, https, key, listener, listener_set,
};
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{
    endpoints, health_check_path, load_balancer_configuration, node, secret, service,
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

#[test]
fn a_reference_to_another_group_or_kind_names_no_configuration() {
    let (group, kind) = ("gateway.k8s.aws", "LoadBalancerConfiguration");
    for (group, kind, accepted) in [
        (group, kind, true),
        ("example.com", kind, false),
        (group, "Other", false),
    ] {
        let mut objects = world(MergingMode::default());
        let Resource::Gateway(gateway) = &mut objects[3] else {
            unreachable!("it is one");
        };
        gateway.parameters_ref = Some(ParametersRef {
            group: group.to_owned(),
            kind: kind.to_owned(),
            namespace: None,
            name: "own".into(),
        });
        let merged = merged(objects);
        let gateway = ObjectRef::new(Kind::Gateway, key("t/gw"));
        let Some(Resolved::Gateway(resolved)) = merged.merge.resolved(&gateway).map(AsRef::as_ref)
        else {
            panic!("it is ours");
        };
        let is_accepted = resolved.acceptance == GatewayAcceptance::Accepted;
        assert_eq!(is_accepted, accepted, "{kind} of {group}");
    }
}

/// Who stands in for a list or selector of the preferred configuration: nobody, where it is given and empty.
#[test]
fn what_is_given_and_empty_is_not_taken_from_the_other_configuration() {
    let selector = |value: &str| BTreeMap::from([("zone".to_owned(), vec![value.to_owned()])]);
    let subnets_of = |own: &[&str], emptied: &[ListField]| {
        let mut objects = world(MergingMode::PreferGateway);
        for (place, values) in [(1, &["class"][..]), (2, own)] {
            let Resource::LoadBalancerConfiguration(configuration) = &mut objects[place] else {
                unreachable!("it is one");
            };
            configuration.settings.subnets_selector =
                values.iter().flat_map(|value| selector(value)).collect();
            configuration.settings.source_ranges =
                values.iter().map(|value| (*value).to_owned()).collect();
            if place == 2 {
                configuration.emptied = emptied.iter().copied().collect();
            }
        }
        let merged = merged(objects);
        let settings = &load_balancer(&merged, "t/gw").settings;
        let selected: Vec<String> = settings
            .subnets_selector
            .values()
            .flatten()
            .cloned()
            .collect();
        (selected.join(" "), settings.source_ranges.join(" "))
    };
    let both = |selector: &str, ranges: &str| (selector.to_owned(), ranges.to_owned());
    assert_eq!(subnets_of(&["own"], &[]), both("own", "own"));
    assert_eq!(subnets_of(&[], &[]), both("class", "class"));
    assert_eq!(
        subnets_of(&[], &[ListField::SubnetsSelector]),
        both("", "class")
    );
    assert_eq!(
        subnets_of(&[], &[ListField::SourceRanges]),
        both("class", "")
    );
}

#[test]
fn a_port_has_of_its_configuration_what_its_protocol_has() {
    let port = |protocol: &str, port: u16| ProtocolPort {
        protocol: Some(protocol.to_owned()),
        port: Some(port),
    };
    let all = || ListenerConfiguration {
        ssl_policy: Some("strict".to_owned()),
        alpn_policy: Some("HTTP2Only".to_owned()),
        mutual_authentication: Some(MutualAuthentication {
            mode: MutualAuthenticationMode::Passthrough,
            trust_store: None,
            advertise_ca_names: None,
            ignore_client_certificate_expiry: None,
        }),
        attributes: [("a".to_owned(), "b".to_owned())].into(),
        ..ListenerConfiguration::default()
    };
    let ports = [("HTTP", 80), ("HTTPS", 443), ("TLS", 444), ("TCP", 90)];
    let settings = || LoadBalancerSettings {
        listeners: ports
            .iter()
            .map(|(protocol, number)| (port(protocol, *number), all()))
            .collect(),
        ..LoadBalancerSettings::default()
    };
    for (class, listeners, expected) in [
        (
            "gateway.k8s.aws/alb",
            [http("a", 80), https("b", 443, "a.x").certificate("good")],
            ["80 attributes", "443 policy mutual attributes"],
        ),
        (
            "gateway.k8s.aws/nlb",
            [
                listener("a", 90, "TCP"),
                listener("b", 444, "TLS")
                    .tls(TlsMode::Terminate)
                    .certificate("good"),
            ],
            ["90 attributes", "444 policy alpn attributes"],
        ),
    ] {
        let [first, second] = listeners;
        let merged = merged([
            class_with_parameters("alb", class, None),
            load_balancer_configuration("t/own", MergingMode::default(), settings()),
            secret("t/good", "f00d"),
            gateway("t/gw")
                .parameters("own")
                .listener(first)
                .listener(second)
                .build(),
        ]);
        let found: Vec<String> = load_balancer(&merged, "t/gw")
            .listeners
            .values()
            .map(|listener| {
                let mut words = vec![listener.port.to_string()];
                for (word, is_there) in [
                    ("policy", listener.ssl_policy.is_some()),
                    ("alpn", listener.alpn_policy.is_some()),
                    ("mutual", listener.mutual_authentication.is_some()),
                    ("attributes", !listener.attributes.is_empty()),
                ] {
                    if is_there {
                        words.push(word.to_owned());
                    }
                }
                words.join(" ")
            })
            .collect();
        assert_eq!(found, expected);
    }
}
