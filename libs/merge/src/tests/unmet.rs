//! What is asked for and not done is told to whoever asks: issue 11 §1.

use tributary_model::config::{
    HealthCheckSettings, ListField, ListenerConfiguration, LoadBalancerConfiguration,
    LoadBalancerSettings, MergingMode, MutualAuthentication, MutualAuthenticationMode,
    ProtocolPort, SourceIpCondition, TargetGroupConfiguration, TargetGroupSettings,
};
use tributary_model::elb::{TargetProtocol, TargetType};
use tributary_model::listener::FrontendValidation;
use tributary_model::resolved::{GatewayAcceptance, RefCause, Resolved, ResolvedParent};
use tributary_model::resource::{Gateway, Refused};
use tributary_model::route::RouteFilter;
use tributary_model::view::Sight;
use tributary_model::workload::{BackendTlsPolicy, L4Protocol, PolicyTarget};
use tributary_model::{FieldFault, Kind, ObjectKey, ObjectRef, Resource};
use tributary_testkit::objects::{
    class, class_with_parameters, gateway, http, https, key, listener_set, meta,
};
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{
    load_balancer_configuration, rule_configuration, service, service_with_ports,
    target_group_configuration,
};

use super::{listeners, load_balancer, merged, rules};
use crate::Merged;

fn fault(field: &str, reason: &str) -> FieldFault {
    FieldFault {
        field: field.to_owned(),
        reason: reason.to_owned(),
    }
}

fn refused(kind: Kind, name: &str) -> Resource {
    let object = ObjectRef::new(kind, key(name));
    Resource::Refused(Refused::of(&object, fault("spec.x", "is no y")).expect("it is told"))
}

/// A Gateway with configuration `t/own`, a set, and a route of the set to `t/web`.
fn world(more: Vec<Resource>) -> Merged {
    let mut objects = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw")
            .parameters("own")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        listener_set("t/s", "t/gw")
            .listener(https("https", 443, "a.x"))
            .build(),
        configuration(|_| {}),
        service("t/web", 80),
        http_route("t/r")
            .to_gateway("t/gw")
            .rule(rule().prefix("/").backend("web", 80).filter(extension()))
            .build(),
        Resource::ListenerRuleConfiguration(Box::new(rule_configuration("t/conf"))),
    ];
    objects.extend(more);
    merged(objects)
}

fn extension() -> RouteFilter {
    RouteFilter::ExtensionRef {
        group: "gateway.k8s.aws".to_owned(),
        kind: "ListenerRuleConfiguration".to_owned(),
        name: "conf".into(),
    }
}

fn configuration(change: impl FnOnce(&mut LoadBalancerConfiguration)) -> Resource {
    let mut configuration = LoadBalancerConfiguration {
        meta: meta("t/own"),
        merging_mode: MergingMode::PreferGateway,
        settings: LoadBalancerSettings::default(),
        emptied: [].into(),
        faults: Vec::new(),
    };
    change(&mut configuration);
    Resource::LoadBalancerConfiguration(Box::new(configuration))
}

fn listener_configuration(
    place: (Option<&str>, Option<u16>),
    change: impl FnOnce(&mut ListenerConfiguration),
) -> Resource {
    let mut listener = ListenerConfiguration::default();
    change(&mut listener);
    let place = ProtocolPort {
        protocol: place.0.map(str::to_owned),
        port: place.1,
    };
    configuration(|configuration| {
        configuration.settings.listeners.insert(place, listener);
    })
}

fn target_groups(
    name: &str,
    service: Option<&str>,
    change: impl FnOnce(&mut TargetGroupConfiguration),
) -> Resource {
    let settings = TargetGroupSettings::default();
    let Resource::TargetGroupConfiguration(mut configuration) =
        target_group_configuration(name, service.unwrap_or("none"), settings)
    else {
        unreachable!("it is one");
    };
    configuration.target_reference = configuration.target_reference.filter(|_| service.is_some());
    change(&mut configuration);
    Resource::TargetGroupConfiguration(configuration)
}

fn rule_with(
    change: impl FnOnce(&mut tributary_model::config::ListenerRuleConfiguration),
) -> Resource {
    let mut configuration = rule_configuration("t/conf");
    change(&mut configuration);
    Resource::ListenerRuleConfiguration(Box::new(configuration))
}

fn resolved(merged: &Merged, kind: Kind, name: &str) -> Resolved {
    let object = ObjectRef::new(kind, key(name));
    let resolved = merged.merge.resolved(&object).expect("it is ours");
    Resolved::clone(resolved)
}

fn acceptance(merged: &Merged) -> GatewayAcceptance {
    match resolved(merged, Kind::Gateway, "t/gw") {
        Resolved::Gateway(gateway) => gateway.acceptance,
        other => panic!("{other:?}"),
    }
}

fn problems(merged: &Merged) -> Vec<String> {
    assert_eq!(acceptance(merged), GatewayAcceptance::Accepted);
    match resolved(merged, Kind::Gateway, "t/gw") {
        Resolved::Gateway(gateway) => gateway.problems,
        other => panic!("{other:?}"),
    }
}

fn route(merged: &Merged) -> ResolvedParent {
    match resolved(merged, Kind::HttpRoute, "t/r") {
        Resolved::Route(route) => route.parents[0].clone(),
        other => panic!("{other:?}"),
    }
}

/// What the route is told of rule 0.
fn degraded(merged: &Merged) -> Vec<String> {
    let told = route(merged).degraded_rules;
    assert!(told.iter().all(|(rule, _)| *rule == 0));
    told.into_iter().map(|(_, what)| what).collect()
}

/// Notes of the Gateway's listener, then of the set's.
fn notes(merged: &Merged) -> [Vec<String>; 2] {
    [(Kind::Gateway, "t/gw"), (Kind::ListenerSet, "t/s")]
        .map(|(kind, name)| listeners(merged, kind, name)[0].notes.clone())
}

#[test]
fn nothing_is_told_where_everything_is_done() {
    let merged = world(vec![]);
    assert_eq!(problems(&merged), Vec::<String>::new());
    assert_eq!(degraded(&merged), Vec::<String>::new());
    assert_eq!(notes(&merged), [vec![], Vec::<String>::new()]);
    assert_eq!(route(&merged).dropped_rules, []);
}

#[test]
fn a_refused_configuration_is_never_called_missing() {
    let merged = world(vec![refused(Kind::LoadBalancerConfiguration, "t/own")]);
    let expected = "spec.infrastructure.parametersRef: LoadBalancerConfiguration t/own is refused: spec.x: is no y";
    assert_eq!(
        acceptance(&merged),
        GatewayAcceptance::InvalidParameters(expected.to_owned())
    );
}

#[test]
fn a_refused_rule_configuration_answers_500_and_is_named() {
    let merged = world(vec![refused(Kind::ListenerRuleConfiguration, "t/conf")]);
    let dropped = route(&merged).dropped_rules;
    assert_eq!(
        dropped[0].message,
        "ListenerRuleConfiguration t/conf is refused: spec.x: is no y; the rule answers with 500 until it is there"
    );
    assert_eq!(
        rules(load_balancer(&merged, "t/gw"), 80),
        ["path /* -> 500"]
    );
}

#[test]
fn a_refused_service_is_never_called_missing() {
    let merged = world(vec![refused(Kind::Service, "t/web")]);
    let unresolved = route(&merged).unresolved_refs;
    assert_eq!(
        (unresolved[0].cause, unresolved[0].message.as_str()),
        (
            RefCause::BackendNotFound,
            "Service t/web is refused: spec.x: is no y"
        )
    );
}

#[test]
fn a_refused_object_that_is_right_again_counts() {
    let mut merged = world(vec![refused(Kind::LoadBalancerConfiguration, "t/own")]);
    let right = configuration(|it| it.settings.name = Some("web".to_owned()));
    merged
        .merge
        .apply(tributary_model::Change::Apply(right.into()));
    merged.merge.propagate();
    assert_eq!(acceptance(&merged), GatewayAcceptance::Accepted);
}

#[test]
fn a_bad_field_of_a_load_balancer_configuration_is_told_and_the_rest_holds() {
    let merged = world(vec![configuration(|it| {
        it.settings.name = Some("web".to_owned());
        it.faults.push(fault("spec.tags.a", "invalid type"));
    })]);
    assert_eq!(
        problems(&merged),
        ["LoadBalancerConfiguration t/own: spec.tags.a: invalid type"]
    );
    let settings = &load_balancer(&merged, "t/gw").settings;
    assert_eq!(settings.name.as_deref(), Some("web"));
}

#[test]
fn a_bad_field_of_the_classs_configuration_is_told_on_the_gateway() {
    let Resource::LoadBalancerConfiguration(mut of_class) = configuration(|_| {}) else {
        unreachable!("it is one");
    };
    of_class.meta = meta("infra/class");
    of_class.faults.push(fault("spec.tags.a", "invalid type"));
    let merged = world(vec![
        class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/class")),
        Resource::LoadBalancerConfiguration(of_class),
    ]);
    assert_eq!(
        problems(&merged),
        ["LoadBalancerConfiguration infra/class: spec.tags.a: invalid type"]
    );
}

/// What a class is told of its parameters.
fn class_problems(merged: &Merged) -> Vec<String> {
    let object = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("alb"));
    match merged.merge.resolved(&object).map(AsRef::as_ref) {
        Some(Resolved::GatewayClass(class)) => {
            assert_eq!(class.invalid_parameters, None);
            class.problems.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_bad_field_of_the_classs_configuration_is_told_on_the_class() {
    let Resource::LoadBalancerConfiguration(mut of_class) = configuration(|it| {
        it.settings.default_target_group_configuration = Some("default".into());
        it.faults.push(fault("spec.tags.a", "invalid type"));
    }) else {
        unreachable!("it is one");
    };
    of_class.meta = meta("infra/class");
    let default = target_groups("infra/default", None, |it| {
        it.faults.push(fault("spec.defaultConfiguration.x", "no"));
    });
    let class = class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/class"));
    let mut right = of_class.clone();
    right.faults.clear();
    let mut merged = world(vec![
        class,
        Resource::LoadBalancerConfiguration(of_class),
        default,
    ]);
    let of_default = "TargetGroupConfiguration infra/default: spec.defaultConfiguration.x: no";
    assert_eq!(
        class_problems(&merged),
        [
            "LoadBalancerConfiguration infra/class: spec.tags.a: invalid type",
            of_default
        ]
    );
    let right = Resource::LoadBalancerConfiguration(right);
    merged
        .merge
        .apply(tributary_model::Change::Apply(right.into()));
    merged.merge.propagate();
    assert_eq!(class_problems(&merged), [of_default]);
}

#[test]
fn what_only_a_gateways_own_configuration_has_wrong_is_not_told_on_the_class() {
    let merged = world(vec![configuration(|it| {
        it.faults.push(fault("spec.tags.a", "invalid type"));
    })]);
    assert_eq!(class_problems(&merged), Vec::<String>::new());
}

#[test]
fn an_entry_for_a_listener_that_nobody_has_is_told() {
    for (protocol, port, place) in [
        (Some("HTTPS"), Some(8443), Some("HTTPS:8443")),
        (Some("HTTPS"), Some(80), Some("HTTPS:80")),
        (None, Some(81), Some(":81")),
        (Some("TCP"), None, Some("TCP:")),
        // The Gateway's listener, and its set's.
        (Some("HTTP"), Some(80), None),
        (None, Some(443), None),
        (Some("HTTPS"), None, None),
    ] {
        let merged = world(vec![listener_configuration((protocol, port), |_| {})]);
        let told = place.map(|place| {
            format!("listenerConfigurations[{place}]: neither the Gateway nor its ListenerSets have such a listener")
        });
        let told: Vec<String> = told.into_iter().collect();
        assert_eq!(problems(&merged), told, "{protocol:?}:{port:?}");
    }
}

#[test]
fn an_entry_is_told_until_a_set_brings_its_listener() {
    let mut merged = world(vec![listener_configuration(
        (Some("HTTPS"), Some(8443)),
        |_| {},
    )]);
    assert_eq!(problems(&merged).len(), 1);
    let set = listener_set("t/later", "t/gw")
        .listener(https("https", 8443, "b.x"))
        .build();
    let gone = set.object_ref();
    merged
        .merge
        .apply(tributary_model::Change::Apply(set.into()));
    merged.merge.propagate();
    assert_eq!(problems(&merged), Vec::<String>::new());
    merged.merge.apply(tributary_model::Change::Delete(gone));
    merged.merge.propagate();
    assert_eq!(problems(&merged).len(), 1);
}

/// It is for many Gateways, and none has to have every port.
#[test]
fn an_entry_of_the_classs_configuration_is_not_told_to_a_gateway_without_its_listener() {
    let Resource::LoadBalancerConfiguration(mut of_class) =
        listener_configuration((Some("HTTPS"), Some(8443)), |_| {})
    else {
        unreachable!("it is one");
    };
    of_class.meta = meta("infra/class");
    let merged = world(vec![
        class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/class")),
        Resource::LoadBalancerConfiguration(of_class),
    ]);
    assert_eq!(problems(&merged), Vec::<String>::new());
}

#[test]
fn a_bad_field_of_a_target_group_configuration_is_told_on_the_routes_to_the_service() {
    let configuration = target_groups("t/tgc", Some("web"), |it| {
        it.default.target_type = Some(TargetType::Instance);
        it.faults
            .push(fault("spec.defaultConfiguration.targetControlPort", "no"));
    });
    let merged = world(vec![configuration]);
    assert_eq!(
        degraded(&merged),
        ["TargetGroupConfiguration t/tgc: spec.defaultConfiguration.targetControlPort: no"]
    );
    let groups = &load_balancer(&merged, "t/gw").target_groups;
    let types: Vec<TargetType> = groups.values().map(|group| group.target_type).collect();
    assert_eq!(types, [TargetType::Instance]);
}

#[test]
fn a_bad_field_beside_a_rules_actions_is_told_and_the_rule_is_served() {
    let merged = world(vec![rule_with(|it| {
        it.faults.push(fault("spec.tags.a", "invalid type"));
    })]);
    assert_eq!(
        degraded(&merged),
        ["ListenerRuleConfiguration t/conf: spec.tags.a: invalid type"]
    );
    assert_eq!(route(&merged).dropped_rules, []);
}

/// A rule without its source addresses, or without its sign-in, would let in everybody.
#[test]
fn a_bad_action_or_condition_closes_the_rule() {
    let merged = world(vec![rule_with(|it| {
        it.incomplete = true;
        it.faults.push(fault("spec.conditions[0]", "is no CIDR"));
    })]);
    assert_eq!(
        rules(load_balancer(&merged, "t/gw"), 80),
        ["path /* -> 500"]
    );
    assert_eq!(
        route(&merged).dropped_rules[0].message,
        "ListenerRuleConfiguration t/conf: spec.conditions[0]: is no CIDR; the rule answers with 500 until it is right"
    );
}

/// The rule of this world has one match.
#[test]
fn match_indexes_out_of_range_are_told() {
    let with = |indexes: Vec<usize>| {
        world(vec![rule_with(|it| {
            it.source_ip.push(SourceIpCondition {
                values: vec!["10.0.0.0/8".to_owned()],
                match_indexes: indexes,
            });
        })])
    };
    let surplus = with(vec![0, 3]);
    assert_eq!(
        degraded(&surplus),
        ["ListenerRuleConfiguration t/conf: matchIndexes names 3, and the rule has 1 match"]
    );
    assert_eq!(
        rules(load_balancer(&surplus, "t/gw"), 80)[0]
            .split(" -> ")
            .next(),
        Some("from 10.0.0.0/8")
    );
    // It would restrict nobody.
    let none = with(vec![3]);
    assert_eq!(rules(load_balancer(&none, "t/gw"), 80), ["path /* -> 500"]);
    assert!(
        route(&none).dropped_rules[0]
            .message
            .contains("matchIndexes names 3")
    );
}

fn with_default(name: &str) -> Resource {
    configuration(|it| it.settings.default_target_group_configuration = Some(name.into()))
}

#[test]
fn a_default_that_is_not_there_is_an_invalid_parameter() {
    let said = |more: Vec<Resource>| match acceptance(&world(more)) {
        GatewayAcceptance::InvalidParameters(why) => why,
        other => panic!("{other:?}"),
    };
    let start = "spec.infrastructure.parametersRef: LoadBalancerConfiguration t/own: spec.defaultTargetGroupConfiguration: TargetGroupConfiguration t/tgc";
    assert_eq!(
        said(vec![with_default("tgc")]),
        format!("{start} not found")
    );
    assert_eq!(
        said(vec![
            with_default("tgc"),
            refused(Kind::TargetGroupConfiguration, "t/tgc")
        ]),
        format!("{start} is refused: spec.x: is no y")
    );
    assert_eq!(
        said(vec![
            with_default("tgc"),
            target_groups("t/tgc", Some("web"), |_| {})
        ]),
        format!("{start} has a targetReference, so it is for that Service only")
    );
    let good = world(vec![
        with_default("tgc"),
        target_groups("t/tgc", None, |_| {}),
    ]);
    assert_eq!(acceptance(&good), GatewayAcceptance::Accepted);
}

/// LBC's documentation of TargetGroupConfiguration: healthCheckConfig is one field, taken whole.
#[test]
fn a_health_check_is_taken_whole_from_the_stronger_configuration() {
    let default = target_groups("t/tgc", None, |it| {
        it.default.protocol = Some(TargetProtocol::Https);
        it.default.health_check = HealthCheckSettings {
            path: Some("/healthz".to_owned()),
            interval_seconds: Some(20),
            ..HealthCheckSettings::default()
        };
    });
    let own = target_groups("t/web", Some("web"), |it| {
        it.default.health_check.path = Some("/own".to_owned());
    });
    let merged = world(vec![with_default("tgc"), default, own]);
    let group = load_balancer(&merged, "t/gw")
        .target_groups
        .values()
        .next()
        .expect("one");
    let expected = HealthCheckSettings {
        path: Some("/own".to_owned()),
        ..HealthCheckSettings::default()
    };
    assert_eq!(group.health_check, expected);
    assert_eq!(group.protocol, TargetProtocol::Https);
}

fn checked_at(port: &str, target_type: TargetType) -> Resource {
    target_groups("t/tgc", Some("web"), |it| {
        it.default.health_check.port = Some(port.to_owned());
        it.default.target_type = Some(target_type);
    })
}

fn service_with_admin_port(target_port: Option<u16>) -> Resource {
    let ports = [
        ("http", 80, L4Protocol::Tcp),
        ("admin", 9000, L4Protocol::Tcp),
    ];
    let Resource::Service(mut service) = service_with_ports("t/web", &ports) else {
        unreachable!("it is one");
    };
    service.ports[1].target_port = target_port;
    Resource::Service(service)
}

fn check_port(
    target_port: Option<u16>,
    asked: &str,
    by: TargetType,
    port: Option<&str>,
    told: &[&str],
) {
    let merged = world(vec![
        service_with_admin_port(target_port),
        checked_at(asked, by),
    ]);
    let groups = &load_balancer(&merged, "t/gw").target_groups;
    let ports: Vec<Option<&str>> = groups
        .values()
        .map(|group| group.health_check.port.as_deref())
        .collect();
    assert_eq!(ports, [port]);
    assert_eq!(degraded(&merged), told);
}

#[test]
fn a_health_check_port_may_be_the_name_of_a_port_of_the_service() {
    check_port(Some(9090), "admin", TargetType::Ip, Some("9090"), &[]);
    check_port(
        Some(9090),
        "admin",
        TargetType::Instance,
        Some("39000"),
        &[],
    );
    check_port(Some(9090), "8081", TargetType::Ip, Some("8081"), &[]);
    check_port(
        Some(9090),
        "traffic-port",
        TargetType::Ip,
        Some("traffic-port"),
        &[],
    );
    check_port(
        Some(9090),
        "metrics",
        TargetType::Ip,
        None,
        &[
            "healthCheckPort: Service t/web has no port named metrics, so targets are checked at their own port",
        ],
    );
    check_port(
        None,
        "admin",
        TargetType::Ip,
        None,
        &[
            "healthCheckPort: the targetPort of port admin of Service t/web is a name, and so may differ from pod to pod; targets are checked at their own port",
        ],
    );
}

#[test]
fn a_protocol_that_the_listener_cannot_forward_by_is_told() {
    let merged = world(vec![target_groups("t/tgc", Some("web"), |it| {
        it.default.protocol = Some(TargetProtocol::Tcp);
    })]);
    assert_eq!(
        degraded(&merged),
        ["protocol TCP is not one that the listener can forward by, so HTTP is used"]
    );
}

fn policy(section: Option<&str>, service: &str) -> Resource {
    Resource::BackendTlsPolicy(BackendTlsPolicy {
        meta: meta("t/secure"),
        targets: vec![PolicyTarget {
            group: String::new(),
            kind: "Service".to_owned(),
            name: service.into(),
            section_name: section.map(Into::into),
        }],
    })
}

#[test]
fn a_backend_tls_policy_is_never_silently_plain_http() {
    let plain = "BackendTLSPolicy t/secure is not done, an ELB checks no certificate of its targets: requests reach Service t/web as they are, without TLS";
    assert_eq!(degraded(&world(vec![policy(None, "web")])), [plain]);
    let encrypted = world(vec![
        policy(None, "web"),
        target_groups("t/tgc", Some("web"), |it| {
            it.default.protocol = Some(TargetProtocol::Https);
        }),
    ]);
    assert_eq!(degraded(&encrypted).len(), 1);
    assert!(degraded(&encrypted)[0].ends_with("reach Service t/web encrypted, by whoever answers"));
    // Another Service's, or another port's.
    assert_eq!(
        degraded(&world(vec![policy(None, "other")])),
        Vec::<String>::new()
    );
    let other_port = world(vec![
        policy(Some("admin"), "web"),
        service_with_admin_port(None),
    ]);
    assert_eq!(degraded(&other_port), Vec::<String>::new());
}

#[test]
fn a_policy_that_comes_and_goes_is_told_and_forgotten() {
    let mut merged = world(vec![policy(None, "web")]);
    let object = ObjectRef::new(Kind::BackendTlsPolicy, key("t/secure"));
    merged.merge.apply(tributary_model::Change::Delete(object));
    merged.merge.propagate();
    assert_eq!(degraded(&merged), Vec::<String>::new());
}

fn gateway_with(change: impl FnOnce(&mut Gateway)) -> Resource {
    let built = gateway("t/gw")
        .parameters("own")
        .allow_all()
        .listener(http("http", 80))
        .build();
    let Resource::Gateway(mut object) = built else {
        unreachable!("it is one");
    };
    change(&mut object);
    Resource::Gateway(object)
}

#[test]
fn fields_of_the_gateway_that_no_elb_can_do_are_told() {
    let merged = world(vec![gateway_with(|it| {
        it.unsupported = vec!["infrastructure.labels".to_owned(), "tls.backend".to_owned()];
    })]);
    assert_eq!(
        problems(&merged),
        [
            "spec.infrastructure.labels is not acted on by this version",
            "spec.tls.backend is not acted on by this version",
        ]
    );
}

fn verified(it: &mut ListenerConfiguration) {
    it.mutual_authentication = Some(MutualAuthentication {
        mode: MutualAuthenticationMode::Verify,
        trust_store: Some("ts".to_owned()),
        advertise_ca_names: None,
        ignore_client_certificate_expiry: None,
    });
}

#[test]
fn an_insecure_fallback_is_told_on_the_gateway_and_its_https_listeners() {
    let merged = world(vec![
        listener_configuration((Some("HTTPS"), Some(443)), verified),
        gateway_with(|it| {
            it.frontend_tls.default = Some(FrontendValidation {
                ca_certificate_refs: Vec::new(),
                allow_insecure_fallback: true,
            });
        }),
    ]);
    let told = "spec.tls.frontend: mode AllowInsecureFallback is not done, clients without a valid certificate are refused";
    assert_eq!(problems(&merged), [told]);
    assert_eq!(notes(&merged), [vec![], vec![told.to_owned()]]);
}

#[test]
fn tls_options_are_told_on_their_listener() {
    let mut listener = https("https", 443, "a.x").build();
    listener.tls = Some(tributary_model::listener::ListenerTls {
        mode: tributary_model::listener::TlsMode::Terminate,
        certificate_refs: Vec::new(),
        options: [("example.com/ciphers".to_owned(), "all".to_owned())].into(),
    });
    let Resource::ListenerSet(mut set) = listener_set("t/s", "t/gw").build() else {
        unreachable!("it is one");
    };
    set.listeners.push(listener);
    let merged = world(vec![Resource::ListenerSet(set)]);
    assert_eq!(
        notes(&merged)[1],
        ["tls.options[example.com/ciphers] is not acted on by this version"]
    );
}

#[test]
fn settings_of_tls_on_a_port_without_it_are_told() {
    let merged = world(vec![listener_configuration(
        (Some("HTTP"), Some(80)),
        |it| {
            it.ssl_policy = Some("strict".to_owned());
            it.alpn_policy = Some("HTTP2Only".to_owned());
        },
    )]);
    let told = ["sslPolicy", "alpnPolicy"].map(|field| {
        format!(
            "listenerConfigurations[HTTP:80].{field} is for listeners that it can apply to, and one of protocol HTTP is none"
        )
    });
    assert_eq!(problems(&merged), told);
    assert_eq!(notes(&merged), [told.to_vec(), vec![]]);
}

/// Where the entry names no protocol, only the listener knows.
#[test]
fn an_alpn_policy_is_for_tls_listeners() {
    let merged = world(vec![listener_configuration((None, Some(443)), |it| {
        it.alpn_policy = Some("HTTP2Only".to_owned());
    })]);
    assert_eq!(problems(&merged), Vec::<String>::new());
    assert_eq!(notes(&merged)[1].len(), 1);
    // LBC's CRD fills this in.
    let none = world(vec![listener_configuration((None, Some(443)), |it| {
        it.alpn_policy = Some("None".to_owned());
    })]);
    assert_eq!(notes(&none), [vec![], Vec::<String>::new()]);
}

#[test]
fn what_nobody_programs_of_a_listener_is_told_to_those_on_its_port() {
    let merged = world(vec![listener_configuration((Some("HTTPS"), None), |it| {
        it.quic_enabled = Some(true);
        it.target_group_stickiness = Some(true);
    })]);
    let told = ["targetGroupStickiness", "quicEnabled"].map(|field| {
        format!("listenerConfigurations[HTTPS:].{field} is not programmed by this version")
    });
    assert_eq!(notes(&merged), [vec![], told.to_vec()]);
}

#[test]
fn of_two_entries_for_a_listener_the_more_specific_counts() {
    let policies = |places: &[(Option<&str>, Option<u16>)]| {
        let merged = world(vec![configuration(|it| {
            for (protocol, port) in places {
                let place = ProtocolPort {
                    protocol: protocol.map(str::to_owned),
                    port: *port,
                };
                let listener = ListenerConfiguration {
                    ssl_policy: Some(place.to_string()),
                    ..ListenerConfiguration::default()
                };
                it.settings.listeners.insert(place, listener);
            }
        })]);
        load_balancer(&merged, "t/gw").listeners[&443]
            .ssl_policy
            .clone()
    };
    let (both, port, protocol) = (
        (Some("HTTPS"), Some(443)),
        (None, Some(443)),
        (Some("HTTPS"), None),
    );
    assert_eq!(
        policies(&[protocol, port, both]).as_deref(),
        Some("HTTPS:443")
    );
    assert_eq!(policies(&[protocol, port]).as_deref(), Some(":443"));
    assert_eq!(policies(&[protocol]).as_deref(), Some("HTTPS:"));
    assert_eq!(policies(&[(Some("TLS"), None), (None, Some(80))]), None);
}

/// Normalized so where a part of it is refused.
#[test]
fn client_certificates_asked_for_in_a_bad_way_let_nobody_in() {
    let merged = world(vec![listener_configuration(
        (Some("HTTPS"), Some(443)),
        |it| {
            verified(it);
            if let Some(mutual) = &mut it.mutual_authentication {
                mutual.trust_store = None;
            }
        },
    )]);
    let listener = &listeners(&merged, Kind::ListenerSet, "t/s")[0];
    assert!(listener.unusable_refs);
    assert_eq!(
        (
            listener.unresolved_refs[0].cause,
            listener.unresolved_refs[0].field.as_str()
        ),
        (
            RefCause::InvalidCaCertificateRef,
            "listenerConfigurations[HTTPS:443].mutualAuthentication"
        )
    );
    assert!(!load_balancer(&merged, "t/gw").listeners.contains_key(&443));
}

#[test]
fn a_list_that_is_given_and_empty_wins_over_the_other_configuration() {
    let of_class = LoadBalancerSettings {
        security_groups: vec!["sg".to_owned()],
        source_ranges: vec!["10.0.0.0/8".to_owned()],
        ..LoadBalancerSettings::default()
    };
    let Resource::LoadBalancerConfiguration(mut of_class) =
        load_balancer_configuration("infra/class", MergingMode::PreferGateway, of_class)
    else {
        unreachable!("it is one");
    };
    of_class.meta.key = ObjectKey::new("infra", "class");
    let merged = world(vec![
        class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/class")),
        Resource::LoadBalancerConfiguration(of_class),
        configuration(|it| it.emptied = [ListField::SecurityGroups].into()),
    ]);
    let settings = &load_balancer(&merged, "t/gw").settings;
    assert_eq!(settings.security_groups, Vec::<String>::new());
    assert_eq!(settings.source_ranges, ["10.0.0.0/8"]);
}

#[test]
fn what_a_status_tells_is_explained_too() {
    let merged = world(vec![
        policy(None, "web"),
        configuration(|it| it.faults.push(fault("spec.tags.a", "invalid type"))),
    ]);
    let explained = |kind, name| {
        let object = ObjectRef::new(kind, key(name));
        merged.merge.explain(&object, None, &Sight::Everything)[0]
            .because
            .clone()
    };
    let problem = problems(&merged).remove(0);
    assert!(explained(Kind::Gateway, "t/gw").contains(&problem));
    let told = format!("rules[0]: {}", degraded(&merged)[0]);
    assert!(explained(Kind::HttpRoute, "t/r").contains(&told));
}

#[test]
fn what_rules_have_in_common_is_told_at_the_first_that_is_served() {
    let extended = rule().prefix("/").backend("web", 80).filter(extension());
    let merged = world(vec![
        policy(None, "web"),
        refused(Kind::ListenerRuleConfiguration, "t/conf"),
        http_route("t/r")
            .to_gateway("t/gw")
            .rule(extended)
            .rule(rule().prefix("/a").backend("web", 80))
            .rule(rule().prefix("/b").backend("web", 80))
            .build(),
    ]);
    let told = route(&merged).degraded_rules;
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].0, 1);
}

#[test]
fn mutual_authentication_where_it_cannot_be_is_told_unless_it_is_off() {
    for (mode, is_told) in [
        (MutualAuthenticationMode::Off, false),
        (MutualAuthenticationMode::Passthrough, true),
        (MutualAuthenticationMode::Verify, true),
    ] {
        let merged = world(vec![listener_configuration(
            (Some("HTTP"), Some(80)),
            |it| {
                verified(it);
                it.mutual_authentication.as_mut().expect("it is there").mode = mode;
            },
        )]);
        let told = notes(&merged)[0]
            .iter()
            .any(|note| note.contains("mutualAuthentication"));
        assert_eq!(told, is_told, "{mode:?}: {:?}", notes(&merged));
    }
}
