//! A new pod gets a gate where somebody will open it, and nowhere else.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::config::TargetGroupSettings;
use tributary_model::elb::{LoadBalancerKind, TargetType};
use tributary_model::gate::{Gating, NewPod};
use tributary_model::holder::Holder;
use tributary_model::other_controller::OtherController;
use tributary_model::resource::Unread;
use tributary_model::workload::L4Protocol;
use tributary_model::{Kind, Resource, RouteKind};
use tributary_testkit::objects::{class, gateway, http, key, listener};
use tributary_testkit::routes::{http_route, route};
use tributary_testkit::workloads::{service, target_group_configuration};

use super::merged;
use crate::Options;
use crate::merge;

const OURS: &str = "gateway.tributary.dev/target-health";
const THEIRS: &str = "target-health.elbv2.k8s.aws/k8s-t-web";

fn selecting(service: Resource, labels: &[(&str, &str)]) -> Resource {
    let Resource::Service(mut service) = service else {
        unreachable!("it is a Service");
    };
    service.selector = owned(labels);
    Resource::Service(service)
}

fn owned(labels: &[(&str, &str)]) -> BTreeMap<String, String> {
    let pairs = labels.iter();
    pairs
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// `t/web` is behind a route of a Gateway's listener, `t/other` behind none.
fn world() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").listener(http("http", 80)).build(),
        http_route("t/r").to_gateway("t/gw").backend("web").build(),
        selecting(service("t/web", 80), &[("app", "web")]),
        selecting(service("t/other", 80), &[("app", "other")]),
    ]
}

/// With something in place of what has its name, or beside it.
fn with(more: impl IntoIterator<Item = Resource>) -> Vec<Resource> {
    let mut objects = world();
    for one in more {
        objects.retain(|it| it.object_ref() != one.object_ref());
        objects.push(one);
    }
    objects
}

fn pod() -> NewPod {
    NewPod {
        namespace: "t".into(),
        labels: owned(&[("app", "web"), ("pod-template-hash", "a1")]),
        named_ports: BTreeSet::new(),
        gates: BTreeSet::new(),
    }
}

fn labelled(labels: &[(&str, &str)]) -> NewPod {
    NewPod {
        labels: owned(labels),
        ..pod()
    }
}

fn gated(gates: &[&str]) -> NewPod {
    NewPod {
        gates: gates.iter().map(ToString::to_string).collect(),
        ..pod()
    }
}

fn with_port(name: &str, protocol: L4Protocol) -> NewPod {
    NewPod {
        named_ports: BTreeSet::from([(name.into(), protocol)]),
        ..pod()
    }
}

fn lbc() -> Resource {
    let lease = key("kube-system/aws-load-balancer-controller-leader");
    Resource::OtherController(OtherController::by(lease))
}

const BOTH: [LoadBalancerKind; 2] = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb];

fn check(objects: Vec<Resource>, pod: &NewPod, expected: Gating) {
    let merge = merged(objects).merge;
    assert_eq!(merge.gating(pod, &BOTH.into()), expected, "{pod:?}");
}

#[test]
fn a_pod_behind_a_service_of_a_served_route_gets_a_gate() {
    check(world(), &pod(), Gating::Added);
}

#[test]
fn a_pod_that_is_no_target_gets_none() {
    for labels in [
        &[("app", "other")][..],
        &[("app", "Web")],
        &[("tier", "web")],
        &[],
    ] {
        check(world(), &labelled(labels), Gating::NoTarget);
    }
    let elsewhere = NewPod {
        namespace: "other".into(),
        ..pod()
    };
    check(world(), &elsewhere, Gating::NoTarget);
    // Somebody else writes its endpoints.
    let by_hand = with([service("t/web", 80)]);
    for labels in [&[("app", "web")][..], &[]] {
        check(by_hand.clone(), &labelled(labels), Gating::NoTarget);
    }
}

#[test]
fn a_pod_whose_route_is_not_served_gets_none() {
    let without = |kind: Kind| {
        let mut objects = world();
        objects.retain(|it| it.kind() != kind);
        objects
    };
    for kind in [
        Kind::GatewayClass,
        Kind::Gateway,
        Kind::HttpRoute,
        Kind::Service,
    ] {
        check(without(kind), &pod(), Gating::NoTarget);
    }
    let refused = http_route("t/r")
        .to_gateway("t/gw")
        .section("https")
        .backend("web")
        .build();
    check(with([refused]), &pod(), Gating::NoTarget);
    let another = class("alb", "example.com/alb");
    check(with([another]), &pod(), Gating::NoTarget);
}

#[test]
fn a_load_balancer_of_another_program_opens_no_gate() {
    let held = gateway("t/gw")
        .listener(http("http", 80))
        .held_by(Holder::AwsLoadBalancerController(LoadBalancerKind::Alb))
        .build();
    check(with([held]), &pod(), Gating::NoTarget);
    // Its class is that program's while it runs.
    check(with([lbc()]), &pod(), Gating::NoTarget);
}

#[test]
fn a_pod_behind_targets_that_are_nodes_gets_none() {
    let objects = merge(
        &world().into_iter().collect(),
        Options {
            default_target_type: TargetType::Instance,
            ..Options::default()
        },
    );
    let gating = objects.merge.gating(&pod(), &BOTH.into());
    assert_eq!(gating, Gating::NoTarget);
    let instances = TargetGroupSettings {
        target_type: Some(TargetType::Instance),
        ..TargetGroupSettings::default()
    };
    let nodes = target_group_configuration("t/c", "web", instances);
    check(with([nodes.clone()]), &pod(), Gating::NoTarget);
    // Behind a second Service it is a target by its address.
    let second = [
        nodes,
        selecting(service("t/also", 80), &[("app", "web")]),
        http_route("t/q")
            .to_gateway("t/gw")
            .host("q.x")
            .backend("also")
            .build(),
    ];
    check(with(second), &pod(), Gating::Added);
}

#[test]
fn a_named_target_port_is_one_of_the_pods_containers() {
    let named = |target: Option<&str>| {
        let Resource::Service(mut web) = selecting(service("t/web", 80), &[("app", "web")]) else {
            unreachable!("it is a Service");
        };
        web.ports[0].target_port = None;
        web.ports[0].target_port_name = target.map(Into::into);
        with([Resource::Service(web)])
    };
    let tcp = L4Protocol::Tcp;
    for (target, pod, expected) in [
        (Some("http"), with_port("http", tcp), Gating::Added),
        (
            Some("http"),
            with_port("http", L4Protocol::Udp),
            Gating::NoTarget,
        ),
        (Some("http"), with_port("web", tcp), Gating::NoTarget),
        (Some("http"), pod(), Gating::NoTarget),
        // A watcher of an earlier version does not say which.
        (None, with_port("http", tcp), Gating::NoTarget),
    ] {
        check(named(target), &pod, expected);
    }
}

#[test]
fn a_pod_never_gets_a_second_gate_for_the_same() {
    let carried = [OURS, "gateway.tributary.dev/target-health-web", THEIRS];
    for gate in carried {
        check(
            world(),
            &gated(&["example.com/warm", gate]),
            Gating::Carried,
        );
    }
    for gate in [
        "example.com/warm",
        "gateway.tributary.dev/west.target-health",
        "target-health.elbv2.k8s.aws/",
    ] {
        check(world(), &gated(&[gate]), Gating::Added);
    }
    // While that program runs its gate speaks of its own target groups.
    let mut objects = with([lbc()]);
    objects.extend([
        class("elb", "gateway.tributary.dev/elb"),
        gateway("t/gv")
            .class("elb")
            .listener(http("http", 80))
            .build(),
        http_route("t/q").to_gateway("t/gv").backend("web").build(),
    ]);
    check(objects, &gated(&[THEIRS]), Gating::Added);
}

#[test]
fn nobody_opens_a_gate_for_what_nobody_programs() {
    let merge = merged(with([
        class("nlb", "gateway.k8s.aws/nlb"),
        gateway("t/nlb")
            .class("nlb")
            .listener(listener("tcp", 53, "TCP"))
            .build(),
        route(RouteKind::Tcp, "t/tcp")
            .to_gateway("t/nlb")
            .backend("other")
            .build(),
    ]))
    .merge;
    let other = labelled(&[("app", "other")]);
    for (programmed, web, dns) in [
        (&BOTH[..], Gating::Added, Gating::Added),
        (&BOTH[..1], Gating::Added, Gating::NoTarget),
        (&BOTH[1..], Gating::NoTarget, Gating::Added),
        (&[], Gating::NoTarget, Gating::NoTarget),
    ] {
        let programmed: BTreeSet<_> = programmed.iter().copied().collect();
        let gating = [pod(), other.clone()].map(|pod| merge.gating(&pod, &programmed));
        assert_eq!(gating, [web, dns], "{programmed:?}");
    }
}

#[test]
fn without_pods_services_or_endpoints_nobody_knows_when_to_open_one() {
    for kind in [Kind::Pod, Kind::Service, Kind::EndpointSlice] {
        let unread = Resource::Unread(Unread::of(kind));
        check(with([unread]), &pod(), Gating::Unread);
    }
    let policies = Resource::Unread(Unread::of(Kind::BackendTlsPolicy));
    check(with([policies]), &pod(), Gating::Added);
}
