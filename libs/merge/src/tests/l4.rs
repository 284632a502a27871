//! NLB: rules oldest-l4-route and tcp-and-udp.

use tributary_model::config::TargetGroupSettings;
use tributary_model::elb::{ElbProtocol, TargetProtocol};
use tributary_model::judgement::{Judgement, Standing};
use tributary_model::listener::TlsMode;
use tributary_model::resolved::{Resolved, RouteAcceptance};
use tributary_model::workload::L4Protocol;
use tributary_model::{Kind, ObjectRef, Resource, RouteKind};
use tributary_testkit::objects::{class, gateway, key, listener, listener_set};
use tributary_testkit::routes::{RouteBuilder, route, rule};
use tributary_testkit::workloads::{
    secret, service, service_with_ports, target_group_configuration,
};

use super::{action, listeners, load_balancer, merged};
use crate::Merged;
use crate::output::judge::{Reports, judge};

/// Gateway with TCP on 53, set `t/s` with UDP on 53; Services `t/tcp`, `t/udp` and `t/dns` (both).
fn world(routes: Vec<RouteBuilder>) -> Vec<Resource> {
    let mut objects = vec![
        class("nlb", "gateway.k8s.aws/nlb"),
        gateway("t/gw")
            .class("nlb")
            .allow_all()
            .listener(listener("tcp", 53, "TCP"))
            .build(),
        listener_set("t/s", "t/gw")
            .listener(listener("udp", 53, "UDP"))
            .build(),
        service("t/tcp", 53),
        service_with_ports("t/udp", &[("", 53, L4Protocol::Udp)]),
        service_with_ports(
            "t/dns",
            &[
                ("dns-tcp", 53, L4Protocol::Tcp),
                ("dns", 53, L4Protocol::Udp),
            ],
        ),
    ];
    objects.extend(routes.into_iter().map(RouteBuilder::build));
    objects
}

fn tcp(name: &str, service: &str) -> RouteBuilder {
    route(RouteKind::Tcp, &format!("t/{name}"))
        .to_gateway("t/gw")
        .rule(rule().backend(service, 53))
}

fn udp(name: &str, service: &str) -> RouteBuilder {
    route(RouteKind::Udp, &format!("t/{name}"))
        .to_set("t/s")
        .rule(rule().backend(service, 53))
}

/// Protocol, number of members and default action of port 53.
fn check(
    objects: Vec<Resource>,
    protocol: ElbProtocol,
    members: usize,
    default_action: &str,
) -> Merged {
    let merged = merged(objects);
    let listener = &load_balancer(&merged, "t/gw").listeners[&53];
    assert_eq!(listener.protocol, protocol);
    assert_eq!(listener.members.size(), members);
    assert_eq!(action(&listener.default_action), default_action);
    merged
}

fn shadow(merged: &Merged, kind: Kind, name: &str) -> Option<String> {
    match merged
        .merge
        .resolved(&ObjectRef::new(kind, key(name)))
        .map(AsRef::as_ref)
    {
        Some(Resolved::Route(route)) => {
            assert_eq!(route.parents[0].acceptance, RouteAcceptance::Accepted);
            route.parents[0]
                .shadowed_by
                .as_ref()
                .map(ToString::to_string)
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn without_routes_tcp_and_udp_are_one_listener_that_forwards_nowhere() {
    check(world(vec![]), ElbProtocol::TcpUdp, 2, "empty/TCP_UDP*1");
}

#[test]
fn one_service_with_both_protocols_serves_both() {
    let merged = check(
        world(vec![tcp("r", "dns"), udp("r", "dns")]),
        ElbProtocol::TcpUdp,
        2,
        "service/t/dns/53/TCP_UDP/-/ip/ipv4*1",
    );
    assert_eq!(shadow(&merged, Kind::TcpRoute, "t/r"), None);
    assert_eq!(shadow(&merged, Kind::UdpRoute, "t/r"), None);
}

#[test]
fn adding_udp_beside_tcp_does_not_replace_the_tcp_target_group() {
    for service in ["tcp", "dns"] {
        let mut alone = world(vec![tcp("r", service)]);
        alone.remove(2);
        let before = merged(alone);
        let after = merged(world(vec![tcp("r", service), udp("r", "udp")]));
        let groups = |merged: &Merged| -> Vec<String> {
            load_balancer(merged, "t/gw")
                .target_groups
                .keys()
                .map(ToString::to_string)
                .collect()
        };
        assert_eq!(groups(&before), groups(&after), "{service}");
    }
}

#[test]
fn a_service_of_one_protocol_keeps_the_port_to_itself() {
    let merged = check(
        world(vec![tcp("r", "tcp"), udp("r", "udp")]),
        ElbProtocol::Tcp,
        1,
        "service/t/tcp/53/TCP/-/ip/ipv4*1",
    );
    assert_eq!(
        shadow(&merged, Kind::UdpRoute, "t/r").as_deref(),
        Some("TCPRoute t/r")
    );
    check_port_unavailable(&merged, "t/s");
}

/// The only listener of a set conflicts with nobody, is told that its port is another's, and leaves its set attached.
fn check_port_unavailable(merged: &Merged, set: &str) {
    assert_eq!(
        super::outcomes(merged, Kind::ListenerSet, set),
        ["udp: won"]
    );
    let judged = |kind, name| {
        judge(
            &merged.merge,
            &ObjectRef::new(kind, key(name)),
            &Reports::default(),
        )
    };
    let Some(Judgement::ListenerSet(judged_set)) = judged(Kind::ListenerSet, set) else {
        panic!("the set is ours");
    };
    assert_eq!(
        judged_set.listeners[0].standing(),
        Standing::PortUnavailable
    );
    let Some(Judgement::Gateway(judged_gateway)) = judged(Kind::Gateway, "t/gw") else {
        panic!("the Gateway is ours");
    };
    assert_eq!(judged_gateway.listeners[0].standing(), Standing::Awaited);
    assert_eq!(judged_gateway.attached_listener_sets, 1);
}

#[test]
fn a_higher_listener_keeps_its_port_also_before_a_route_comes_to_it() {
    let merged = check(
        world(vec![udp("r", "udp")]),
        ElbProtocol::Tcp,
        1,
        "empty/TCP*1",
    );
    check_port_unavailable(&merged, "t/s");
    assert_eq!(shadow(&merged, Kind::UdpRoute, "t/r"), None);
}

#[test]
fn precedence_decides_which_protocol_keeps_the_port() {
    // The same as above, the other way round: the Gateway has UDP, the set has TCP and a route.
    let mut objects = world(vec![]);
    objects[1] = gateway("t/gw")
        .class("nlb")
        .allow_all()
        .listener(listener("udp", 53, "UDP"))
        .build();
    objects[2] = listener_set("t/s", "t/gw")
        .listener(listener("udp", 53, "TCP"))
        .build();
    objects.push(
        route(RouteKind::Tcp, "t/r")
            .to_set("t/s")
            .rule(rule().backend("tcp", 53))
            .build(),
    );
    let merged = check(objects, ElbProtocol::Udp, 1, "empty/UDP*1");
    check_port_unavailable(&merged, "t/s");
}

#[test]
fn one_route_to_a_service_with_both_protocols_serves_both() {
    for routes in [vec![tcp("r", "dns")], vec![udp("r", "dns")]] {
        check(
            world(routes),
            ElbProtocol::TcpUdp,
            2,
            "service/t/dns/53/TCP_UDP/-/ip/ipv4*1",
        );
    }
}

#[test]
fn a_listener_is_not_served_with_what_its_own_route_does_not_name() {
    let merged = check(
        world(vec![tcp("r", "dns"), udp("r", "udp")]),
        ElbProtocol::Tcp,
        1,
        "service/t/dns/53/TCP_UDP/-/ip/ipv4*1",
    );
    check_port_unavailable(&merged, "t/s");
}

#[test]
fn of_two_routes_on_one_listener_the_oldest_gets_the_traffic() {
    let merged = check(
        world(vec![tcp("b", "tcp").created(1), tcp("a", "dns").created(2)]),
        ElbProtocol::Tcp,
        1,
        "service/t/tcp/53/TCP/-/ip/ipv4*1",
    );
    assert_eq!(
        shadow(&merged, Kind::TcpRoute, "t/a").as_deref(),
        Some("TCPRoute t/b")
    );
    assert_eq!(
        listeners(&merged, Kind::Gateway, "t/gw")[0]
            .attached_routes
            .len(),
        2
    );
}

#[test]
fn one_tls_route_for_each_port_serves() {
    let tls = |name: &str, host: &str| {
        listener(name, 443, "TLS")
            .tls(TlsMode::Passthrough)
            .host(host)
    };
    let tls_route = |name: &str, section: &str, service: &str| {
        route(RouteKind::Tls, name)
            .to_gateway("t/gw")
            .section(section)
            .rule(rule().backend(service, 53))
            .build()
    };
    let merged = merged([
        class("nlb", "gateway.k8s.aws/nlb"),
        gateway("t/gw")
            .class("nlb")
            .listener(tls("a", "a.x"))
            .listener(tls("b", "b.x"))
            .build(),
        service("t/one", 53),
        service("t/two", 53),
        tls_route("t/second", "b", "two"),
        tls_route("t/first", "a", "one"),
    ]);
    let listener = &load_balancer(&merged, "t/gw").listeners[&443];
    assert_eq!(listener.protocol, ElbProtocol::Tcp);
    assert_eq!(
        action(&listener.default_action),
        "service/t/one/53/TCP/-/ip/ipv4*1"
    );
    assert_eq!(
        shadow(&merged, Kind::TlsRoute, "t/second").as_deref(),
        Some("TLSRoute t/first")
    );
    assert_eq!(shadow(&merged, Kind::TlsRoute, "t/first"), None);
}

#[test]
fn weights_are_kept_on_an_nlb() {
    let mut objects = world(vec![]);
    objects.push(
        route(RouteKind::Tcp, "t/r")
            .to_gateway("t/gw")
            .rule(rule().weighted("tcp", 53, 9).weighted("dns", 53, 1))
            .build(),
    );
    objects.remove(2);
    check(
        objects,
        ElbProtocol::Tcp,
        1,
        "service/t/tcp/53/TCP/-/ip/ipv4*9 + service/t/dns/53/TCP_UDP/-/ip/ipv4*1",
    );
}

#[test]
fn a_tls_listener_that_terminates_may_encrypt_again_and_one_that_passes_on_does_not() {
    for (mode, protocol) in [(TlsMode::Terminate, "TLS"), (TlsMode::Passthrough, "TCP")] {
        let settings = TargetGroupSettings {
            protocol: Some(TargetProtocol::Tls),
            ..TargetGroupSettings::default()
        };
        let merged = merged([
            class("nlb", "gateway.k8s.aws/nlb"),
            gateway("t/gw")
                .class("nlb")
                .listener(listener("tls", 443, "TLS").tls(mode).certificate("good"))
                .build(),
            secret("t/good", "f00d"),
            service("t/web", 443),
            target_group_configuration("t/tgc", "web", settings),
            route(RouteKind::Tls, "t/r")
                .to_gateway("t/gw")
                .rule(rule().backend("web", 443))
                .build(),
        ]);
        assert_eq!(
            action(&load_balancer(&merged, "t/gw").listeners[&443].default_action),
            format!("service/t/web/443/{protocol}/-/ip/ipv4*1")
        );
    }
}

#[test]
fn a_port_of_one_protocol_stays_so_whatever_its_service_could_do() {
    for (keeps, route, protocol) in [
        (1, tcp("r", "dns"), ElbProtocol::Tcp),
        (2, udp("r", "dns"), ElbProtocol::Udp),
    ] {
        let mut objects = world(vec![route]);
        if keeps == 1 {
            objects.remove(2);
        } else {
            objects[1] = gateway("t/gw").class("nlb").allow_all().build();
        }
        check(objects, protocol, 1, "service/t/dns/53/TCP_UDP/-/ip/ipv4*1");
    }
}

#[test]
fn a_listener_names_the_routes_that_have_its_traffic() {
    let served = |routes: Vec<RouteBuilder>| -> Vec<String> {
        let merged = merged(world(routes));
        let listener = &load_balancer(&merged, "t/gw").listeners[&53];
        let routes = listener.routes.iter();
        routes
            .map(|served| format!("{} by {}", served.route, served.listener))
            .collect()
    };
    assert_eq!(
        served(vec![tcp("r", "tcp"), udp("r", "udp")]),
        ["TCPRoute t/r by Gateway t/gw/tcp"]
    );
    assert_eq!(
        served(vec![tcp("r", "dns"), udp("r", "dns")]),
        [
            "TCPRoute t/r by Gateway t/gw/tcp",
            "UDPRoute t/r by ListenerSet t/s/udp"
        ]
    );
    assert_eq!(
        served(vec![tcp("b", "tcp").created(1), tcp("a", "dns").created(2)]),
        ["TCPRoute t/b by Gateway t/gw/tcp"]
    );
}
