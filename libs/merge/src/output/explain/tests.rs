//! Decisions in words: rivals are named, and what would change it is said.

use tributary_model::selector::FromNamespaces;
use tributary_model::view::Sight;
use tributary_model::{Kind, ObjectRef, Resource, Rule};
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
    let explained = merged.merge.explain(
        &ObjectRef::new(kind, key(name)),
        listener,
        &Sight::Everything,
    );
    let found: Vec<(&str, &str, Option<String>)> = explained
        .iter()
        .map(|one| {
            assert!(Rule::of_anchor(&one.rule).is_some(), "{}", one.rule);
            assert!(!one.because.is_empty());
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

/// What a namespace reads of an object in it: every line.
fn told(objects: Vec<Resource>, kind: Kind, name: &str, sight: &Sight) -> Vec<String> {
    let explained = merged(objects).merge;
    let explained = explained.explain(&ObjectRef::new(kind, key(name)), None, sight);
    let lines = explained.into_iter().flat_map(|one| {
        let rival = one.rival.map(|rival| rival.to_string());
        [one.subject, one.decision, one.rule]
            .into_iter()
            .chain(one.because)
            .chain(one.would_change)
            .chain(rival)
    });
    lines.collect()
}

fn two_teams() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("hidden", 80).routes_from(FromNamespaces::All))
            .build(),
        listener_set("rival/set", "infra/gw")
            .created(1)
            .listener(http("theirs", 81))
            .build(),
        listener_set("t/s", "infra/gw")
            .created(2)
            .listener(http("lost", 81))
            .build(),
        http_route("t/r")
            .to_gateway("infra/gw")
            .backend("web")
            .build(),
    ]
}

#[test]
fn who_sees_one_namespace_reads_no_name_of_another_but_of_its_parents() {
    let own = Sight::Namespace("t".into());
    for (kind, name) in [(Kind::ListenerSet, "t/s"), (Kind::HttpRoute, "t/r")] {
        let read = told(two_teams(), kind, name, &own).join("\n");
        assert!(
            !read.contains("rival") && !read.contains("theirs"),
            "{read}"
        );
        assert!(!read.contains("hidden"), "{read}");
        assert!(read.contains("infra/gw"), "{read}");
    }
    let set = told(two_teams(), Kind::ListenerSet, "t/s", &own).join("\n");
    assert!(
        set.contains("not served: hostname conflict with a listener of another namespace"),
        "{set}"
    );
    assert!(set.contains("its owner is older"), "{set}");
    let all = told(two_teams(), Kind::ListenerSet, "t/s", &Sight::Everything).join("\n");
    assert!(all.contains("ListenerSet rival/set/theirs"), "{all}");
}
