//! docs/rules/conflicts.md: order, distinctness, conflict.

use tributary_model::Kind::{Gateway, ListenerSet};
use tributary_model::listener::TlsMode;
use tributary_model::{Kind, Resource};
use tributary_testkit::objects::{
    GatewayBuilder, ListenerBuilder, class, gateway, http, https, listener, listener_set,
};

use super::{merged, outcomes};

/// What becomes of the listeners of a Gateway and of sets `t/s0`, `t/s1` … created one second apart.
fn check(gateway: GatewayBuilder, sets: &[&[ListenerBuilder]], expected: &[(Kind, &str, &[&str])]) {
    let mut objects = classes();
    objects.push(gateway.allow_all().build());
    for (index, listeners) in sets.iter().enumerate() {
        let set = listener_set(&format!("t/s{index}"), "infra/gw")
            .created(i64::try_from(index).expect("few"));
        objects.push(
            listeners
                .iter()
                .cloned()
                .fold(
                    set,
                    tributary_testkit::objects::ListenerSetBuilder::listener,
                )
                .build(),
        );
    }
    let merged = merged(objects);
    for (kind, name, listeners) in expected {
        assert_eq!(outcomes(&merged, *kind, name), *listeners, "{kind} {name}");
    }
}

fn classes() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        class("nlb", "gateway.k8s.aws/nlb"),
        class("elb", "gateway.tributary.dev/elb"),
    ]
}

fn alb() -> GatewayBuilder {
    gateway("infra/gw").class("alb")
}

fn nlb() -> GatewayBuilder {
    gateway("infra/gw").class("nlb")
}

fn tls(name: &str, mode: TlsMode, host: &str) -> ListenerBuilder {
    listener(name, 443, "TLS").tls(mode).host(host)
}

#[test]
fn the_gateway_comes_before_its_sets() {
    check(
        alb().listener(http("a", 80)).created(100),
        &[&[http("b", 80)]],
        &[
            (Gateway, "infra/gw", &["a: won"]),
            (
                ListenerSet,
                "t/s0",
                &["b: hostname with the parent's Gateway infra/gw/a"],
            ),
        ],
    );
}

#[test]
fn oldest_listener_set_keeps_the_port() {
    check(
        alb(),
        &[&[http("a", 80)], &[http("b", 80)]],
        &[
            (ListenerSet, "t/s0", &["a: won"]),
            (
                ListenerSet,
                "t/s1",
                &["b: hostname with an older set's ListenerSet t/s0/a"],
            ),
        ],
    );
}

#[test]
fn sets_of_one_second_go_by_the_joined_namespace_and_name() {
    let mut objects = classes();
    objects.push(alb().allow_all().build());
    objects.push(
        listener_set("a/z", "infra/gw")
            .listener(http("x", 80))
            .build(),
    );
    objects.push(
        listener_set("a-b/c", "infra/gw")
            .listener(http("x", 80))
            .build(),
    );
    let merged = merged(objects);
    assert_eq!(outcomes(&merged, ListenerSet, "a-b/c"), ["x: won"]);
    assert_eq!(
        outcomes(&merged, ListenerSet, "a/z"),
        ["x: hostname with a set's of the same second ListenerSet a-b/c/x"]
    );
}

#[test]
fn different_hostnames_share_a_port() {
    check(
        alb().listener(https("a", 443, "a.x")),
        &[
            &[https("b", 443, "b.x")],
            &[https("c", 443, "*.x"), listener("d", 443, "HTTPS")],
        ],
        &[
            (ListenerSet, "t/s0", &["b: won"]),
            (ListenerSet, "t/s1", &["c: won", "d: won"]),
        ],
    );
}

#[test]
fn absent_hostname_equals_only_absent() {
    check(
        alb().listener(http("a", 80)),
        &[&[http("b", 80).host("b.x")], &[http("c", 80)]],
        &[
            (ListenerSet, "t/s0", &["b: won"]),
            (
                ListenerSet,
                "t/s1",
                &["c: hostname with the parent's Gateway infra/gw/a"],
            ),
        ],
    );
}

#[test]
fn tls_settings_never_discriminate() {
    check(
        alb().listener(https("a", 443, "a.x").certificate("one")),
        &[&[https("b", 443, "a.x").certificate("two")]],
        &[(
            ListenerSet,
            "t/s0",
            &["b: hostname with the parent's Gateway infra/gw/a"],
        )],
    );
}

#[test]
fn http_and_https_on_one_port_are_a_protocol_conflict() {
    check(
        alb().listener(http("a", 443)),
        &[&[https("b", 443, "b.x")]],
        &[(
            ListenerSet,
            "t/s0",
            &["b: protocol with the parent's Gateway infra/gw/a"],
        )],
    );
}

#[test]
fn a_protocol_conflict_beats_a_hostname_conflict() {
    check(
        nlb(),
        &[
            &[listener("a", 53, "TCP")],
            &[tls("b", TlsMode::Terminate, "x.y")],
            &[listener("c", 443, "TCP")],
        ],
        &[(
            ListenerSet,
            "t/s2",
            &["c: protocol with an older set's ListenerSet t/s1/b"],
        )],
    );
}

#[test]
fn tcp_never_shares_with_tcp_and_always_with_udp() {
    check(
        nlb().listener(listener("a", 53, "TCP")),
        &[
            &[listener("b", 53, "UDP")],
            &[listener("c", 53, "TCP")],
            &[listener("d", 53, "UDP")],
        ],
        &[
            (ListenerSet, "t/s0", &["b: won"]),
            (
                ListenerSet,
                "t/s1",
                &["c: hostname with the parent's Gateway infra/gw/a"],
            ),
            (
                ListenerSet,
                "t/s2",
                &["d: hostname with an older set's ListenerSet t/s0/b"],
            ),
        ],
    );
}

#[test]
fn tls_and_tcp_on_one_port_are_a_protocol_conflict() {
    check(
        nlb().listener(listener("a", 443, "TCP")),
        &[&[tls("b", TlsMode::Passthrough, "b.x")]],
        &[(
            ListenerSet,
            "t/s0",
            &["b: protocol with the parent's Gateway infra/gw/a"],
        )],
    );
}

#[test]
fn terminate_and_passthrough_in_one_resource_lose_both() {
    check(
        nlb()
            .listener(tls("a", TlsMode::Terminate, "a.x"))
            .listener(tls("b", TlsMode::Passthrough, "b.x")),
        &[],
        &[(
            Gateway,
            "infra/gw",
            &[
                "a: protocol with its own Gateway infra/gw/b",
                "b: protocol with its own Gateway infra/gw/a",
            ],
        )],
    );
}

#[test]
fn terminate_and_passthrough_across_resources_cost_the_lower_one() {
    check(
        nlb().listener(tls("a", TlsMode::Terminate, "a.x")),
        &[&[tls("b", TlsMode::Passthrough, "b.x")]],
        &[
            (Gateway, "infra/gw", &["a: won"]),
            (
                ListenerSet,
                "t/s0",
                &["b: protocol with the parent's Gateway infra/gw/a"],
            ),
        ],
    );
}

#[test]
fn inside_one_resource_nobody_wins() {
    check(
        alb(),
        &[&[http("a", 80), http("b", 80), http("c", 80).host("c.x")]],
        &[(
            ListenerSet,
            "t/s0",
            &[
                "a: hostname with its own ListenerSet t/s0/b",
                "b: hostname with its own ListenerSet t/s0/a",
                "c: won",
            ],
        )],
    );
}

#[test]
fn what_a_resource_contests_within_itself_is_taken_for_others() {
    check(
        alb(),
        &[&[http("a", 80), http("b", 80)], &[http("c", 80)]],
        &[(
            ListenerSet,
            "t/s1",
            &["c: hostname with an older set's ListenerSet t/s0/a"],
        )],
    );
}

#[test]
fn cross_resource_losers_leave_before_the_rule_inside_one_resource() {
    // Were `b` still there, it would drag `c` down with it.
    check(
        alb().listener(http("a", 80).host("a.x")),
        &[&[https("b", 80, "b.x"), http("c", 80).host("c.x")]],
        &[(
            ListenerSet,
            "t/s0",
            &["b: protocol with the parent's Gateway infra/gw/a", "c: won"],
        )],
    );
}

#[test]
fn a_loser_blocks_nobody() {
    check(
        alb().listener(http("a", 80)),
        &[&[https("b", 80, "b.x")], &[http("c", 80).host("b.x")]],
        &[
            (
                ListenerSet,
                "t/s0",
                &["b: protocol with the parent's Gateway infra/gw/a"],
            ),
            (ListenerSet, "t/s1", &["c: won"]),
        ],
    );
}

#[test]
fn an_invalid_listener_takes_no_part() {
    check(
        alb(),
        &[
            &[
                listener("a", 80, "example.com/own"),
                http("b", 81).route_kind("TCPRoute"),
                http("c", 82).tls(TlsMode::Terminate),
            ],
            &[http("a", 80), http("b", 81), http("c", 82)],
        ],
        &[
            (
                ListenerSet,
                "t/s0",
                &[
                    "a: unsupported protocol",
                    "b: invalid allowedRoutes.kinds",
                    "c: invalid tls",
                ],
            ),
            (ListenerSet, "t/s1", &["a: won", "b: won", "c: won"]),
        ],
    );
}

#[test]
fn a_hostname_that_no_elb_compares_makes_a_listener_invalid() {
    // More than 128 characters as they stand, and more than that as a regular expression.
    let label = "a".repeat(40);
    let long = format!("{label}.{label}.{label}.{label}.com");
    check(
        alb(),
        &[&[
            http("a", 80).host(&long),
            http("b", 80).host(&label),
            https("c", 443, &long),
            http("d", 80).host("shop"),
            http("e", 80).host("*.xn--p1ai"),
        ]],
        &[(
            ListenerSet,
            "t/s0",
            &[
                "a: invalid hostname",
                "b: invalid hostname",
                "c: invalid hostname",
                "d: won",
                "e: won",
            ],
        )],
    );
}

#[test]
fn a_listener_without_its_certificate_still_holds_its_port_and_hostname() {
    check(
        alb(),
        &[
            &[https("a", 443, "a.x").certificate("missing")],
            &[https("b", 443, "a.x")],
        ],
        &[
            (ListenerSet, "t/s0", &["a: won"]),
            (
                ListenerSet,
                "t/s1",
                &["b: hostname with an older set's ListenerSet t/s0/a"],
            ),
        ],
    );
}

#[test]
fn what_this_load_balancer_cannot_serve_conflicts_with_a_winner_above_it() {
    check(
        alb().listener(http("a", 80)),
        &[&[listener("b", 80, "TCP"), listener("c", 81, "TCP")]],
        &[(
            ListenerSet,
            "t/s0",
            &[
                "b: protocol with the parent's Gateway infra/gw/a",
                "c: unsupported protocol",
            ],
        )],
    );
}

#[test]
fn what_this_load_balancer_cannot_serve_conflicts_within_its_own_resource_in_any_order() {
    check(
        alb()
            .listener(listener("a", 80, "TCP"))
            .listener(http("b", 80)),
        &[],
        &[(
            Gateway,
            "infra/gw",
            &["a: protocol with its own Gateway infra/gw/b", "b: won"],
        )],
    );
}

#[test]
fn what_this_load_balancer_cannot_serve_never_contests() {
    check(
        alb(),
        &[
            &[listener("a", 80, "TCP"), listener("b", 80, "TCP")],
            &[http("c", 80)],
        ],
        &[
            (
                ListenerSet,
                "t/s0",
                &["a: unsupported protocol", "b: unsupported protocol"],
            ),
            (ListenerSet, "t/s1", &["c: won"]),
        ],
    );
}

#[test]
fn by_protocol_the_first_distinct_listener_of_the_gateway_decides_the_kind() {
    let own = gateway("infra/gw").class("elb");
    check(
        own.listener(listener("a", 80, "TCP"))
            .listener(http("b", 80))
            .listener(listener("c", 53, "UDP")),
        &[&[listener("d", 99, "TCP"), http("e", 98)]],
        &[
            (
                Gateway,
                "infra/gw",
                &[
                    "a: won",
                    "b: protocol with its own Gateway infra/gw/a",
                    "c: won",
                ],
            ),
            (ListenerSet, "t/s0", &["d: won", "e: unsupported protocol"]),
        ],
    );
}

#[test]
fn names_repeat_freely_between_owners() {
    check(
        alb().listener(http("x", 80)),
        &[&[http("x", 81)], &[http("x", 82)]],
        &[
            (Gateway, "infra/gw", &["x: won"]),
            (ListenerSet, "t/s0", &["x: won"]),
            (ListenerSet, "t/s1", &["x: won"]),
        ],
    );
}

#[test]
fn of_two_listeners_with_one_name_in_a_resource_the_first_counts() {
    check(
        alb().listener(http("x", 80)).listener(http("x", 81)),
        &[],
        &[(Gateway, "infra/gw", &["x: won", "x: invalid name"])],
    );
}

#[test]
fn more_than_64_listeners_are_merged() {
    let many: Vec<Vec<ListenerBuilder>> = (0..3)
        .map(|set| {
            (0..40)
                .map(|port| http(&format!("l{port}"), 1000 + set * 100 + port))
                .collect()
        })
        .collect();
    let sets: Vec<&[ListenerBuilder]> = many.iter().map(Vec::as_slice).collect();
    let won: Vec<String> = (0..40).map(|port| format!("l{port}: won")).collect();
    let won: Vec<&str> = won.iter().map(String::as_str).collect();
    check(alb(), &sets, &[(ListenerSet, "t/s2", &won)]);
}

#[test]
fn a_deleting_set_no_longer_contributes() {
    let mut objects = classes();
    objects.push(alb().allow_all().build());
    objects.push(
        listener_set("t/old", "infra/gw")
            .listener(http("a", 80))
            .deleting()
            .build(),
    );
    objects.push(
        listener_set("t/new", "infra/gw")
            .created(1)
            .listener(http("a", 80))
            .build(),
    );
    assert_eq!(outcomes(&merged(objects), ListenerSet, "t/new"), ["a: won"]);
}
