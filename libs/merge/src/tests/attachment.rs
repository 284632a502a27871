//! docs/rules/routes.md.

use tributary_model::resolved::{RefCause, Resolved, ResolvedRoute, RouteAcceptance};
use tributary_model::selector::FromNamespaces;
use tributary_model::{Kind, ObjectRef, Resource, RouteKind};
use tributary_testkit::objects::{class, gateway, http, key, listener, listener_set, selecting};
use tributary_testkit::routes::{RouteBuilder, http_route, route, rule};
use tributary_testkit::workloads::{grant, namespace, service};

use super::{listeners, load_balancer, merged, outcomes, rules};

/// A Gateway with listeners on 80 and 81 (the latter for every namespace), a set in namespace `t` with one
/// on 8080 for its own namespace, another on 8081 for `*.x.com`.
fn objects() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("own", 80))
            .listener(http("all", 81).routes_from(FromNamespaces::All))
            .build(),
        listener_set("t/s", "infra/gw")
            .listener(http("own", 8080))
            .listener(http("wild", 8081).host("*.x.com"))
            .build(),
        service("t/web", 80),
        service("infra/web", 80),
    ]
}

fn resolved(objects: Vec<Resource>, kind: RouteKind, name: &str) -> Option<ResolvedRoute> {
    let merged = merged(objects);
    match merged
        .merge
        .resolved(&ObjectRef::new(kind.kind(), key(name)))?
        .as_ref()
    {
        Resolved::Route(route) => Some(route.clone()),
        other => panic!("{other:?}"),
    }
}

/// Acceptance and reached listeners of each parent of ours.
fn check(route: RouteBuilder, expected: &[(RouteAcceptance, &[&str])]) {
    let mut objects = objects();
    let route = route.backend("web").build();
    let name = route.meta().key.to_string();
    objects.push(route);
    let resolved = resolved(objects, RouteKind::Http, &name);
    let parents: Vec<_> = resolved
        .map(|resolved| resolved.parents)
        .unwrap_or_default()
        .into_iter()
        .map(|parent| {
            let listeners: Vec<String> = parent.listeners.iter().map(ToString::to_string).collect();
            (parent.acceptance, listeners)
        })
        .collect();
    let expected: Vec<_> = expected
        .iter()
        .map(|(acceptance, listeners)| {
            let listeners: Vec<String> = listeners.iter().map(ToString::to_string).collect();
            (acceptance.clone(), listeners)
        })
        .collect();
    assert_eq!(parents, expected);
}

#[test]
fn a_gateway_parent_reaches_the_gateways_own_listeners_only() {
    check(
        http_route("infra/r").to_gateway("infra/gw"),
        &[(
            RouteAcceptance::Accepted,
            &["Gateway infra/gw/own", "Gateway infra/gw/all"],
        )],
    );
}

#[test]
fn a_set_parent_reaches_that_sets_listeners_only() {
    check(
        http_route("t/r").to_set("t/s"),
        &[(
            RouteAcceptance::Accepted,
            &["ListenerSet t/s/own", "ListenerSet t/s/wild"],
        )],
    );
}

#[test]
fn each_parent_is_judged_by_itself_and_none_is_added() {
    check(
        http_route("t/r")
            .to_set("t/s")
            .section("own")
            .to_gateway("infra/gw")
            .section("own"),
        &[
            (RouteAcceptance::Accepted, &["ListenerSet t/s/own"]),
            (RouteAcceptance::NotAllowedByListeners, &[]),
        ],
    );
}

#[test]
fn a_section_name_is_looked_up_in_that_parent_only() {
    check(
        http_route("t/r").to_set("t/s").section("all"),
        &[(RouteAcceptance::NoMatchingParent, &[])],
    );
}

#[test]
fn a_port_that_matches_no_listener_is_no_matching_parent() {
    check(
        http_route("t/r").to_set("t/s").port(80),
        &[(RouteAcceptance::NoMatchingParent, &[])],
    );
}

#[test]
fn section_name_and_port_must_both_match() {
    check(
        http_route("t/r").to_set("t/s").section("own").port(8081),
        &[(RouteAcceptance::NoMatchingParent, &[])],
    );
    check(
        http_route("t/r").to_set("t/s").section("wild").port(8081),
        &[(RouteAcceptance::Accepted, &["ListenerSet t/s/wild"])],
    );
}

#[test]
fn a_parent_without_namespace_is_in_the_routes() {
    let mut parent = tributary_testkit::routes::parent("ListenerSet", "t/s");
    parent.namespace = None;
    check(
        http_route("t/r").to(parent),
        &[(
            RouteAcceptance::Accepted,
            &["ListenerSet t/s/own", "ListenerSet t/s/wild"],
        )],
    );
}

#[test]
fn same_means_the_sets_namespace_not_its_gateways() {
    check(
        http_route("infra/r").to_set("t/s"),
        &[(RouteAcceptance::NotAllowedByListeners, &[])],
    );
}

#[test]
fn other_parents_get_no_entry() {
    check(http_route("t/r").to_gateway("t/unknown"), &[]);
    check(
        http_route("t/r").to(tributary_testkit::routes::parent("Service", "t/web")),
        &[],
    );
}

#[test]
fn no_hostname_in_common() {
    check(
        http_route("t/r")
            .to_set("t/s")
            .section("wild")
            .host("a.y.com"),
        &[(RouteAcceptance::NoMatchingListenerHostname, &[])],
    );
}

#[test]
fn a_selector_is_evaluated_on_the_routes_namespace() {
    let mut objects = objects();
    objects[2] = listener_set("t/s", "infra/gw")
        .listener(http("own", 8080).routes_from(selecting("team", "u")))
        .build();
    objects.push(namespace("u", &[("team", "u")]));
    objects.push(http_route("u/r").to_set("t/s").backend("web").build());
    objects.push(http_route("t/r").to_set("t/s").backend("web").build());
    let of = |name| {
        resolved(objects.clone(), RouteKind::Http, name)
            .map(|route| route.parents[0].acceptance.clone())
    };
    assert_eq!(of("u/r"), Some(RouteAcceptance::Accepted));
    assert_eq!(of("t/r"), Some(RouteAcceptance::NotAllowedByListeners));
}

#[test]
fn a_kind_that_the_listener_does_not_carry_is_not_allowed() {
    let mut objects = objects();
    objects.push(
        route(RouteKind::Tcp, "t/r")
            .to_set("t/s")
            .rule(rule().backend("web", 80))
            .build(),
    );
    let resolved = resolved(objects, RouteKind::Tcp, "t/r").expect("a parent is ours");
    assert_eq!(
        resolved.parents[0].acceptance,
        RouteAcceptance::NotAllowedByListeners
    );
}

#[test]
fn a_route_to_a_conflicted_listener_is_accepted_counted_and_not_served() {
    let mut objects = objects();
    objects.push(
        listener_set("t/loser", "infra/gw")
            .created(9)
            .listener(http("x", 8080))
            .build(),
    );
    objects.push(http_route("t/r").to_set("t/loser").backend("web").build());
    let merged = merged(objects);
    let loser = listeners(&merged, Kind::ListenerSet, "t/loser");
    assert_eq!(loser[0].attached_routes.len(), 1);
    assert!(rules(load_balancer(&merged, "infra/gw"), 8080).is_empty());
}

#[test]
fn a_route_to_a_set_that_is_not_allowed_is_never_served() {
    let mut objects = objects();
    objects[1] = gateway("infra/gw").listener(http("own", 80)).build();
    objects.push(http_route("t/r").to_set("t/s").backend("web").build());
    let route = resolved(objects, RouteKind::Http, "t/r").expect("its Gateway is ours");
    assert_eq!(
        route.parents[0].acceptance,
        RouteAcceptance::NoMatchingParent
    );
}

#[test]
fn hostnames_do_not_leak_between_listeners_of_a_port() {
    let mut objects = objects();
    objects[2] = listener_set("t/s", "infra/gw")
        .listener(http("a", 8080).host("a.x.com"))
        .listener(http("b", 8080).host("b.x.com"))
        .build();
    objects.push(
        http_route("t/r")
            .to_set("t/s")
            .section("a")
            .host("a.x.com")
            .host("b.x.com")
            .backend("web")
            .build(),
    );
    assert_eq!(
        rules(load_balancer(&merged(objects), "infra/gw"), 8080),
        ["host a.x.com -> service/t/web/80/HTTP/HTTP1/ip/ipv4*1"]
    );
}

#[test]
fn a_route_counts_once_on_a_listener_that_two_parents_reach() {
    let mut objects = objects();
    objects.push(
        http_route("t/r")
            .to_set("t/s")
            .to_set("t/s")
            .section("own")
            .backend("web")
            .build(),
    );
    let merged = merged(objects);
    assert_eq!(
        listeners(&merged, Kind::ListenerSet, "t/s")[0]
            .attached_routes
            .len(),
        1
    );
    assert_eq!(rules(load_balancer(&merged, "infra/gw"), 8080).len(), 1);
}

/// Causes of what does not resolve, and the rules on port 8080.
fn check_backends(
    route: RouteBuilder,
    more: Vec<Resource>,
    causes: &[RefCause],
    expected: &[&str],
) {
    let mut objects = objects();
    objects.extend(more);
    objects.push(route.to_set("t/s").section("own").build());
    let merged = merged(objects);
    let Some(Resolved::Route(route)) = merged
        .merge
        .resolved(&ObjectRef::new(Kind::HttpRoute, key("t/r")))
        .map(AsRef::as_ref)
    else {
        panic!("the route is ours");
    };
    let found: Vec<RefCause> = route.parents[0]
        .unresolved_refs
        .iter()
        .map(|unresolved| unresolved.cause)
        .collect();
    assert_eq!(found, causes);
    assert_eq!(route.parents[0].acceptance, RouteAcceptance::Accepted);
    assert_eq!(rules(load_balancer(&merged, "infra/gw"), 8080), expected);
}

#[test]
fn a_missing_service_gives_500() {
    check_backends(
        http_route("t/r").backend("missing"),
        vec![],
        &[RefCause::BackendNotFound],
        &["path /* -> 500"],
    );
}

#[test]
fn a_missing_port_is_a_missing_backend() {
    check_backends(
        http_route("t/r").rule(rule().prefix("/").backend("web", 81)),
        vec![],
        &[RefCause::BackendNotFound],
        &["path /* -> 500"],
    );
}

#[test]
fn a_backend_of_another_kind_gives_500() {
    check_backends(
        http_route("t/r").rule(
            rule()
                .prefix("/")
                .backend_of_kind("x.io", "Bucket", "b", 80, 1),
        ),
        vec![],
        &[RefCause::InvalidKind],
        &["path /* -> 500"],
    );
}

#[test]
fn another_namespace_needs_a_grant_which_is_judged_before_existence() {
    check_backends(
        http_route("t/r").backend("infra/missing"),
        vec![],
        &[RefCause::RefNotPermitted],
        &["path /* -> 500"],
    );
    check_backends(
        http_route("t/r").backend("infra/missing"),
        vec![grant("infra/g", (Kind::HttpRoute, "t"), Kind::Service)],
        &[RefCause::BackendNotFound],
        &["path /* -> 500"],
    );
    check_backends(
        http_route("t/r").backend("infra/web"),
        vec![grant("infra/g", (Kind::HttpRoute, "t"), Kind::Service)],
        &[],
        &["path /* -> service/infra/web/80/HTTP/HTTP1/ip/ipv4*1"],
    );
}

#[test]
fn a_grant_for_another_kind_or_namespace_grants_nothing() {
    for grant in [
        grant("infra/g", (Kind::GrpcRoute, "t"), Kind::Service),
        grant("infra/g", (Kind::HttpRoute, "u"), Kind::Service),
        grant("infra/g", (Kind::HttpRoute, "t"), Kind::Secret),
        grant("t/g", (Kind::HttpRoute, "t"), Kind::Service),
    ] {
        check_backends(
            http_route("t/r").backend("infra/web"),
            vec![grant],
            &[RefCause::RefNotPermitted],
            &["path /* -> 500"],
        );
    }
}

#[test]
fn an_invalid_backend_keeps_its_weights_share() {
    check_backends(
        http_route("t/r").rule(
            rule()
                .prefix("/")
                .weighted("web", 80, 3)
                .weighted("missing", 80, 1),
        ),
        vec![],
        &[RefCause::BackendNotFound],
        &["path /* -> service/t/web/80/HTTP/HTTP1/ip/ipv4*3 + empty/HTTP*1"],
    );
}

#[test]
fn no_backend_and_no_weight_give_500() {
    check_backends(
        http_route("t/r").rule(rule().prefix("/")),
        vec![],
        &[],
        &["path /* -> 500"],
    );
    check_backends(
        http_route("t/r").rule(rule().prefix("/").weighted("web", 80, 0)),
        vec![],
        &[],
        &["path /* -> 500"],
    );
}

#[test]
fn an_unknown_protocol_carries_no_route() {
    let mut objects = objects();
    objects[2] = listener_set("t/s", "infra/gw")
        .listener(listener("own", 8080, "example.com/own"))
        .build();
    objects.push(http_route("t/r").to_set("t/s").backend("web").build());
    let route = resolved(objects, RouteKind::Http, "t/r").expect("its Gateway is ours");
    assert_eq!(
        route.parents[0].acceptance,
        RouteAcceptance::NotAllowedByListeners
    );
}

/// What an HTTP listener that declares these kinds supports, and how many of them it cannot carry.
fn check_kinds(declared: &[&str], outcome: &str, supported: &[&str], unresolved: usize) {
    let mut http = http("http", 80);
    for kind in declared {
        http = http.route_kind(kind);
    }
    let merged = merged([
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").listener(http).build(),
    ]);
    let listener = &listeners(&merged, Kind::Gateway, "t/gw")[0];
    let found: Vec<&str> = listener
        .supported_kinds
        .iter()
        .map(|kind| kind.kind.as_str())
        .collect();
    assert_eq!(found, supported);
    assert_eq!(listener.unresolved_refs.len(), unresolved);
    assert_eq!(
        outcomes(&merged, Kind::Gateway, "t/gw"),
        [format!("http: {outcome}")]
    );
}

#[test]
fn kinds_that_a_listener_carries_are_supported_once_and_the_others_are_told() {
    check_kinds(&[], "won", &["HTTPRoute", "GRPCRoute"], 0);
    check_kinds(
        &["HTTPRoute", "GRPCRoute", "HTTPRoute"],
        "won",
        &["HTTPRoute", "GRPCRoute"],
        0,
    );
    check_kinds(&["HTTPRoute", "TCPRoute"], "won", &["HTTPRoute"], 1);
    check_kinds(&["TCPRoute"], "invalid allowedRoutes.kinds", &[], 1);
}

#[test]
fn a_backend_of_another_group_or_kind_is_no_service() {
    for (group, kind) in [("example.com", "Service"), ("", "ConfigMap")] {
        let mut route = http_route("t/r")
            .to_set("t/s")
            .rule(rule().prefix("/").backend("web", 80))
            .build();
        let Resource::Route(of_route) = &mut route else {
            unreachable!("it is one");
        };
        let backend = &mut of_route.rules[0].backend_refs[0];
        backend.group = group.to_owned();
        backend.kind = kind.to_owned();
        let mut objects = objects();
        objects.push(route);
        let resolved = resolved(objects, RouteKind::Http, "t/r").expect("it is ours");
        let causes: Vec<RefCause> = resolved.parents[0]
            .unresolved_refs
            .iter()
            .map(|unresolved| unresolved.cause)
            .collect();
        assert_eq!(causes, [RefCause::InvalidKind], "{kind} of {group:?}");
    }
}
