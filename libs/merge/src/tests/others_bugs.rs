//! Bugs that other implementations had: rules that they broke, as far as they are the merge's.

use std::collections::BTreeMap;
use std::sync::Arc;

use tributary_model::Change::{Apply, Delete};
use tributary_model::desired::{
    DesiredListener, DesiredLoadBalancer, MemberListener, TargetGroupId,
};
use tributary_model::route::{PathMatch, RouteFilter};
use tributary_model::{Kind, ObjectRef, Resource};
use tributary_testkit::objects::{class, gateway, http, https, key, listener_set};
use tributary_testkit::routes::{RuleBuilder, http_route, rule};
use tributary_testkit::workloads::{endpoints, secret, service};

use super::{load_balancer, merged, rules};
use crate::Merge;
use crate::Options;

fn world() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        listener_set("good/s", "infra/gw")
            .listener(https("https", 443, "good.x").certificate("cert"))
            .build(),
        secret("good/cert", "1"),
        service("good/web", 80),
        endpoints("good/web", 8080, &["10.0.0.1"]),
        http_route("good/r").to_set("good/s").backend("web").build(),
    ]
}

fn merged_of(objects: Vec<Resource>) -> Merge {
    let mut merge = Merge::new(Options::default());
    for object in objects {
        merge.apply(Apply(Arc::new(object)));
    }
    merge.propagate();
    merge
}

/// A bad neighbour on the same port leaves the good tenant's rules, certificate and target group alone.
fn check_bad_neighbour(bad: Vec<Resource>) {
    let of_good = |load_balancer: &DesiredLoadBalancer| {
        let listener = &load_balancer.listeners[&443];
        (
            listener
                .rules
                .iter()
                .find(|rule| rule.listener.owner.key == key("good/s"))
                .cloned(),
            listener
                .certificates()
                .next()
                .map(|(wants, source)| (wants.clone(), source.clone())),
            load_balancer
                .target_groups
                .get(&TargetGroupId(
                    "service/good/web/80/HTTP/HTTP1/ip/ipv4".into(),
                ))
                .cloned(),
        )
    };
    let alone = merged(world());
    let mut objects = world();
    objects.push(service("bad/web", 80));
    objects.extend(bad);
    let together = merged(objects);
    let expected = of_good(load_balancer(&alone, "infra/gw"));
    assert!(expected.0.is_some() && expected.1.is_some() && expected.2.is_some());
    assert_eq!(of_good(load_balancer(&together, "infra/gw")), expected);
}

fn bad_rule(rule: RuleBuilder) -> Vec<Resource> {
    vec![
        listener_set("bad/s", "infra/gw")
            .created(1)
            .listener(https("https", 443, "bad.x"))
            .build(),
        http_route("bad/r").to_set("bad/s").rule(rule).build(),
    ]
}

#[test]
fn a_missing_certificate_costs_its_listener_only() {
    check_bad_neighbour(vec![
        listener_set("bad/s", "infra/gw")
            .created(1)
            .listener(https("https", 443, "bad.x").certificate("none"))
            .build(),
    ]);
}

#[test]
fn a_bad_regex_costs_its_rule_only() {
    check_bad_neighbour(bad_rule(
        rule()
            .path(PathMatch::Regex("(".to_owned()))
            .backend("web", 80),
    ));
}

#[test]
fn a_weight_out_of_range_costs_its_rule_only() {
    check_bad_neighbour(bad_rule(rule().prefix("/").weighted("web", 80, 1000)));
}

#[test]
fn an_unsupported_filter_costs_its_rule_only() {
    check_bad_neighbour(bad_rule(
        rule()
            .prefix("/")
            .backend("web", 80)
            .filter(RouteFilter::Unsupported("RequestMirror".to_owned())),
    ));
}

#[test]
fn the_other_rules_of_a_route_with_a_bad_one_are_served() {
    let mut objects = world();
    objects.push(
        http_route("good/mixed")
            .to_set("good/s")
            .rule(rule().prefix("/bad").weighted("web", 80, 1000))
            .rule(rule().prefix("/good").backend("web", 80))
            .build(),
    );
    assert_eq!(
        rules(load_balancer(&merged(objects), "infra/gw"), 443),
        [
            "host good.x & path /good|/good/* -> service/good/web/80/HTTP/HTTP1/ip/ipv4*1",
            "host good.x -> service/good/web/80/HTTP/HTTP1/ip/ipv4*1",
        ]
    );
}

#[test]
fn an_irrelevant_object_costs_nothing() {
    let mut merge = merged_of(world());
    for object in [
        class("foreign", "example.com/other"),
        service("other/web", 80),
        endpoints("other/web", 8080, &["10.0.0.9"]),
        secret("other/cert", "9"),
        gateway("other/gw")
            .class("foreign")
            .listener(http("x", 80))
            .build(),
        listener_set("other/s", "other/gw")
            .listener(http("x", 80))
            .build(),
        http_route("other/r")
            .to_gateway("other/gw")
            .backend("web")
            .build(),
    ] {
        let itself = object.object_ref();
        merge.apply(Apply(Arc::new(object)));
        let crate::Outcome {
            objects,
            load_balancers,
            judge,
        } = merge.propagate();
        assert_eq!((objects.len(), load_balancers.len()), (0, 0), "{itself}");
        // What it carries itself may be ours.
        assert!(judge.iter().all(|object| *object == itself), "{judge:?}");
    }
}

#[test]
fn an_endpoint_touches_the_target_groups_of_its_service_only() {
    let mut merge = merged_of(world());
    let before = merge.load_balancers().clone();
    merge.apply(Apply(Arc::new(endpoints(
        "good/web",
        8080,
        &["10.0.0.1", "10.0.0.2"],
    ))));
    let outcome = merge.propagate();
    assert_eq!(outcome.objects, BTreeMap::new());
    assert_eq!(outcome.load_balancers.len(), 1);
    for (key, new) in merge.load_balancers() {
        for (port, listener) in &new.listeners {
            assert!(
                Arc::ptr_eq(listener, &before[key].listeners[port]),
                "{port}"
            );
        }
    }
}

#[test]
fn a_rotated_secret_asks_for_the_listener_anew() {
    let mut merge = merged_of(world());
    merge.apply(Apply(Arc::new(secret("good/cert", "2"))));
    let outcome = merge.propagate();
    // The decision stands, but what is programmed is not what is wanted any more.
    assert!(outcome.objects.is_empty());
    assert!(
        outcome
            .judge
            .contains(&ObjectRef::new(Kind::ListenerSet, key("good/s")))
    );
    assert_eq!(outcome.load_balancers.len(), 1);
}

#[test]
fn when_a_winner_leaves_the_next_takes_over_and_the_listener_stays() {
    let mut objects = world();
    objects.push(
        listener_set("next/s", "infra/gw")
            .created(5)
            .listener(https("https", 443, "good.x"))
            .build(),
    );
    let mut merge = merged_of(objects);
    merge.apply(Delete(ObjectRef::new(Kind::ListenerSet, key("good/s"))));
    let outcome = merge.propagate();
    let (_, desired) = outcome
        .load_balancers
        .into_iter()
        .next()
        .expect("one changed");
    let listener = desired.expect("it stays").listeners[&443].clone();
    assert_eq!(listener.members.size(), 1);
    assert_eq!(
        member(&listener).listener.to_string(),
        "ListenerSet next/s/https"
    );
}

/// The member of highest precedence.
fn member(listener: &DesiredListener) -> &MemberListener {
    listener.members.first().expect("never empty").1
}

#[test]
fn a_new_route_does_not_make_its_listener_look_unprogrammed() {
    let mut merge = merged_of(world());
    let revision = |merge: &Merge| {
        let desired = merge.load_balancers().values().next().expect("one");
        member(&desired.listeners[&443]).revision
    };
    let before = revision(&merge);
    merge.apply(Apply(Arc::new(
        http_route("good/more")
            .to_set("good/s")
            .backend("web")
            .build(),
    )));
    merge.propagate();
    assert_eq!(revision(&merge), before);
}

#[test]
fn reparenting_moves_a_set_from_one_load_balancer_to_the_other() {
    let mut objects = world();
    objects.push(
        gateway("infra/other")
            .allow_all()
            .listener(http("http", 80))
            .build(),
    );
    let mut merge = merged_of(objects);
    merge.apply(Apply(Arc::new(
        listener_set("good/s", "infra/other")
            .listener(https("https", 443, "good.x").certificate("cert"))
            .build(),
    )));
    let outcome = merge.propagate();
    let ports: BTreeMap<String, Vec<u16>> = outcome
        .load_balancers
        .iter()
        .map(|(key, desired)| {
            let ports = desired
                .as_ref()
                .map(|desired| desired.listeners.keys().copied().collect())
                .unwrap_or_default();
            (key.to_string(), ports)
        })
        .collect();
    assert_eq!(
        ports,
        BTreeMap::from([
            ("alb infra/gw".to_owned(), vec![80]),
            ("alb infra/other".to_owned(), vec![80, 443]),
        ])
    );
}

#[test]
fn a_gateway_that_goes_takes_its_load_balancer_along_while_routes_are_attached() {
    let mut merge = merged_of(world());
    merge.apply(Delete(ObjectRef::new(Kind::Gateway, key("infra/gw"))));
    let outcome = merge.propagate();
    assert_eq!(outcome.load_balancers.values().collect::<Vec<_>>(), [&None]);
    assert!(merge.load_balancers().is_empty());
    assert_eq!(
        outcome.objects[&ObjectRef::new(Kind::HttpRoute, key("good/r"))],
        None
    );
}

#[test]
fn a_gateway_whose_class_changes_kind_gets_another_load_balancer() {
    let mut objects = world();
    objects.push(class("nlb", "gateway.k8s.aws/nlb"));
    let mut merge = merged_of(objects);
    merge.apply(Apply(Arc::new(
        gateway("infra/gw")
            .class("nlb")
            .allow_all()
            .listener(tributary_testkit::objects::listener("tcp", 99, "TCP"))
            .build(),
    )));
    let outcome = merge.propagate();
    let kinds: Vec<(String, bool)> = outcome
        .load_balancers
        .iter()
        .map(|(key, desired)| (key.to_string(), desired.is_some()))
        .collect();
    assert_eq!(
        kinds,
        [
            ("alb infra/gw".to_owned(), false),
            ("nlb infra/gw".to_owned(), true)
        ]
    );
}
