//! Rule listener-isolation: listeners of one port share a list of rules and must not see each other's requests.

use tributary_model::Resource;
use tributary_testkit::objects::{class, gateway, http, listener_set};
use tributary_testkit::routes::{RouteBuilder, http_route, rule};
use tributary_testkit::workloads::service;

use super::{load_balancer, merged, rules};

/// A Gateway whose sets hold, on port 80: `a.x` (set `t/exact`), `*.x` (`t/wild`), any host (`t/any`).
fn check(routes: &[RouteBuilder], expected: &[&str]) {
    let mut objects: Vec<Resource> = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw").allow_all().build(),
        listener_set("t/any", "infra/gw")
            .listener(http("l", 80))
            .build(),
        listener_set("t/wild", "infra/gw")
            .listener(http("l", 80).host("*.x"))
            .build(),
        listener_set("t/exact", "infra/gw")
            .listener(http("l", 80).host("a.x"))
            .build(),
        service("t/web", 80),
    ];
    objects.extend(routes.iter().cloned().map(RouteBuilder::build));
    let lines: Vec<String> = rules(load_balancer(&merged(objects), "infra/gw"), 80)
        .iter()
        .map(|line| line.replace("service/t/web/80/HTTP/HTTP1/ip/ipv4*1", "web"))
        .collect();
    assert_eq!(lines, expected);
}

fn to(set: &str, path: &str) -> RouteBuilder {
    http_route(&format!("t/{set}-route"))
        .to_set(&format!("t/{set}"))
        .rule(rule().prefix(path).backend("web", 80))
}

#[test]
fn without_routes_there_are_no_rules() {
    check(&[], &[]);
}

#[test]
fn where_the_default_says_the_same_there_is_no_404_rule() {
    check(&[to("exact", "/p")], &["host a.x & path /p|/p/* -> web"]);
}

#[test]
fn a_less_specific_listeners_rule_is_kept_from_more_specific_hosts() {
    check(
        &[to("wild", "/p")],
        &["host a.x -> 404", "host *.x & path /p|/p/* -> web"],
    );
}

#[test]
fn a_listeners_rules_come_before_its_404() {
    check(
        &[to("exact", "/p"), to("any", "/")],
        &[
            "host a.x & path /p|/p/* -> web",
            "host a.x -> 404",
            "host *.x -> 404",
            "path /* -> web",
        ],
    );
}

#[test]
fn a_rule_that_catches_everything_needs_no_404_behind_it() {
    check(
        &[to("exact", "/"), to("wild", "/p")],
        &["host a.x -> web", "host *.x & path /p|/p/* -> web"],
    );
}

#[test]
fn a_host_that_belongs_to_a_more_specific_listener_is_left_out() {
    check(
        &[to("wild", "/").host("a.x").host("b.x")],
        &["host b.x -> web"],
    );
}

#[test]
fn a_rule_whose_hosts_all_belong_to_others_is_left_out() {
    check(&[to("any", "/").host("a.x").host("*.x").host("*.b.x")], &[]);
}

#[test]
fn a_narrower_rule_that_cannot_catch_the_host_needs_no_404() {
    check(&[to("wild", "/").host("b.x")], &["host b.x -> web"]);
}

#[test]
fn more_specific_hosts_of_one_listener_come_first() {
    check(
        &[to("any", "/")
            .host("*.y")
            .host("*.a.y")
            .host("b.y")
            .host("c.y")],
        &[
            "host b.y|c.y -> web",
            "host *.a.y -> web",
            "host *.y -> web",
        ],
    );
}

#[test]
fn hostnames_that_aws_refuses_as_values_are_isolated_too() {
    let set = |name: &str, host: Option<&str>| {
        let listener = http("l", 80);
        listener_set(&format!("t/{name}"), "infra/gw")
            .listener(match host {
                Some(host) => listener.host(host),
                None => listener,
            })
            .build()
    };
    let merged = merged([
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw").allow_all().build(),
        set("any", None),
        set("wild", Some("*.7")),
        set("exact", Some("1.7")),
        service("t/web", 80),
        to("any", "/p").build(),
        to("wild", "/p").build(),
    ]);
    let lines: Vec<String> = rules(load_balancer(&merged, "infra/gw"), 80)
        .iter()
        .map(|line| line.replace("service/t/web/80/HTTP/HTTP1/ip/ipv4*1", "web"))
        .collect();
    assert_eq!(
        lines,
        [
            r"host ~^1\.7(:[0-9]+)?$ -> 404",
            r"host ~^.+\.7(:[0-9]+)?$ & path /p|/p/* -> web",
            r"host ~^.+\.7(:[0-9]+)?$ -> 404",
            "path /p|/p/* -> web",
        ]
    );
}
