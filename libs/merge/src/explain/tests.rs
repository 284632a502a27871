//! Decisions in words: rivals are named, and what would change it is said.

use tributary_model::{Kind, ObjectRef};
use tributary_testkit::objects::{class, gateway, http, key, listener_set};
use tributary_testkit::routes::http_route;

use crate::tests::merged;

/// Decisions about an object, or one of its listeners, with rivals.
fn check(kind: Kind, name: &str, listener: Option<&str>, expected: &[(&str, &str, Option<&str>)]) {
    let merged = merged([
        class("alb", "gateway.k8s.aws/alb"),
        class("foreign", "example.com/other"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        gateway("infra/closed").listener(http("http", 80)).build(),
        gateway("infra/foreign").class("foreign").build(),
        listener_set("t/s", "infra/gw")
            .listener(http("lost", 80))
            .listener(http("won", 81))
            .build(),
        listener_set("t/refused", "infra/closed")
            .listener(http("x", 82))
            .build(),
        http_route("t/r")
            .to_set("t/s")
            .section("nope")
            .backend("web")
            .build(),
    ]);
    let explained = merged
        .merge
        .explain(&ObjectRef::new(kind, key(name)), listener);
    let found: Vec<(&str, &str, Option<String>)> = explained
        .iter()
        .map(|one| {
            assert!(!one.rule.is_empty() && !one.because.is_empty());
            (
                one.subject.as_str(),
                one.decision.as_str(),
                one.rival.as_ref().map(ToString::to_string),
            )
        })
        .collect();
    let expected: Vec<(&str, &str, Option<String>)> = expected
        .iter()
        .map(|(subject, decision, rival)| (*subject, *decision, rival.map(str::to_owned)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_loser_learns_its_rival() {
    check(
        Kind::ListenerSet,
        "t/s",
        Some("lost"),
        &[(
            "ListenerSet t/s/lost",
            "not served: hostname conflict with Gateway infra/gw/http",
            Some("Gateway infra/gw/http"),
        )],
    );
}

#[test]
fn an_object_is_explained_with_all_its_listeners() {
    check(
        Kind::Gateway,
        "infra/gw",
        None,
        &[
            ("Gateway infra/gw", "accepted", None),
            ("Gateway infra/gw/http", "holds its port and hostname", None),
        ],
    );
}

#[test]
fn a_set_that_is_not_allowed_is_told_so() {
    check(
        Kind::ListenerSet,
        "t/refused",
        None,
        &[("ListenerSet t/refused", "not allowed", None)],
    );
}

#[test]
fn a_route_is_explained_by_parent() {
    check(
        Kind::HttpRoute,
        "t/r",
        None,
        &[(
            "HTTPRoute t/r at ListenerSet t/s sectionName nope",
            "not accepted: NoMatchingParent",
            None,
        )],
    );
}

#[test]
fn what_is_not_ours_is_said_to_be() {
    check(
        Kind::Gateway,
        "infra/foreign",
        None,
        &[("Gateway infra/foreign", "not ours", None)],
    );
}

#[test]
fn of_what_was_not_read_nothing_is_said() {
    check(Kind::Gateway, "infra/missing", None, &[]);
    check(Kind::Gateway, "infra/missing", Some("http"), &[]);
}
