//! Decisions in words: rivals are named, and what would change it is said.

use tributary_model::selector::FromNamespaces;
use tributary_model::view::Sight;
use tributary_model::{Kind, ObjectKey, ObjectRef, Resource, Rule};
use tributary_testkit::objects::{
    class, class_with_parameters, gateway, http, https, key, listener_set,
};
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

#[test]
fn a_class_is_explained_by_its_controller_or_by_its_parameters() {
    let sight = &Sight::Everything;
    let explained = |objects: Vec<Resource>| {
        let merge = merged(objects).merge;
        let class = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("alb"));
        let mut explained = merge.explain(&class, None, sight);
        assert_eq!(explained.len(), 1);
        explained.remove(0)
    };
    let accepted = explained(vec![class("alb", "gateway.k8s.aws/alb")]);
    assert_eq!(accepted.subject, "GatewayClass alb");
    assert_eq!(accepted.decision, "accepted");
    assert_eq!(accepted.rule, Rule::GatewayClass.to_string());
    assert_eq!(
        accepted.because,
        ["its controllerName is gateway.k8s.aws/alb"]
    );
    assert_eq!(accepted.would_change, [""; 0]);
    let refused = explained(vec![class_with_parameters(
        "alb",
        "gateway.k8s.aws/alb",
        Some("infra/none"),
    )]);
    assert_eq!(refused.subject, "GatewayClass alb");
    assert_eq!(refused.decision, "not accepted: InvalidParameters");
    assert_eq!(refused.rule, Rule::ParametersRef.to_string());
    assert_eq!(refused.because.len(), 1);
    assert!(refused.because[0].contains("infra/none"));
    assert_eq!(
        refused.would_change,
        ["a parametersRef that resolves, or none"]
    );
}

#[test]
fn what_is_not_ours_says_whose_it_is() {
    let said = |objects: Vec<Resource>, kind, name: &str| {
        let merge = merged(objects).merge;
        let object = match kind {
            Kind::GatewayClass => ObjectRef::new(kind, ObjectKey::cluster(name)),
            _ => ObjectRef::new(kind, key(name)),
        };
        let mut explained = merge.explain(&object, None, &Sight::Everything);
        explained.remove(0).because
    };
    let foreign = class("foreign", "example.com/other");
    let of_foreign = gateway("infra/gw").class("foreign").build();
    assert_eq!(
        said(vec![foreign.clone()], Kind::GatewayClass, "foreign"),
        ["its controllerName is another controller's"]
    );
    assert_eq!(
        said(vec![foreign, of_foreign], Kind::Gateway, "infra/gw"),
        ["its GatewayClass foreign is of another controller"]
    );
    assert_eq!(
        said(
            vec![listener_set("t/s", "infra/none").build()],
            Kind::ListenerSet,
            "t/s"
        ),
        ["its parent Gateway infra/none is missing, left alone or of another controller"]
    );
}

/// What a listener or a route lacks is said with what would mend it.
#[test]
fn a_reference_that_does_not_resolve_says_what_would() {
    let objects = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw")
            .listener(https("https", 443, "a.x").certificate("none"))
            .listener(https("granted", 443, "b.x").certificate("infra/none"))
            .build(),
    ];
    let merge = merged(objects).merge;
    let object = ObjectRef::new(Kind::Gateway, key("t/gw"));
    let would_change = |listener| {
        let explained = merge.explain(&object, Some(listener), &Sight::Everything);
        explained[0].would_change.join("; ")
    };
    assert!(would_change("https").contains("a kubernetes.io/tls Secret with a certificate"));
    assert!(would_change("granted").contains("a ReferenceGrant in the target's namespace"));
}

#[test]
fn an_older_sets_age_is_said_to_who_lost_to_it() {
    let why = told(two_teams(), Kind::ListenerSet, "t/s", &Sight::Everything).join("\n");
    assert!(why.contains("ListenerSet rival/set (created "), "{why}");
    assert!(why.contains("ListenerSet t/s (created "), "{why}");
    assert!(!why.contains("Gateway infra/gw (created "), "{why}");
}

#[test]
fn a_route_hears_which_of_its_listeners_serve_nothing_of_it() {
    let objects = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("first", 80))
            .build(),
        listener_set("t/s", "infra/gw")
            .listener(http("lost", 80))
            .listener(http("won", 81))
            .build(),
        http_route("t/r").to_set("t/s").backend("web").build(),
    ];
    let said = told(objects, Kind::HttpRoute, "t/r", &Sight::Everything);
    for line in [
        "it is attached to ListenerSet t/s/lost, which serves nothing of it",
        "it is attached to ListenerSet t/s/won",
    ] {
        assert!(said.iter().any(|it| it == line), "{line}: {said:#?}");
    }
}

#[test]
fn a_listener_that_a_route_names_itself_is_no_secret_to_it() {
    let route = |section: Option<&str>| {
        let route = http_route("t/r").to_gateway("infra/gw");
        match section {
            Some(section) => route.section(section),
            None => route,
        }
        .backend("web")
        .build()
    };
    let own = Sight::Namespace("t".into());
    let attached = |section| {
        let mut objects = two_teams();
        objects[4] = route(section);
        let said = told(objects, Kind::HttpRoute, "t/r", &own);
        let mut attached = said
            .into_iter()
            .filter(|it| it.starts_with("it is attached"));
        attached.next().expect("it is attached")
    };
    assert_eq!(
        attached(Some("hidden")),
        "it is attached to Gateway infra/gw/hidden"
    );
    assert_eq!(
        attached(None),
        "it is attached to a listener of Gateway infra/gw"
    );
}

#[test]
fn a_gateways_age_is_no_claim_and_is_not_said() {
    let why = told(two_teams(), Kind::Gateway, "infra/gw", &Sight::Everything).join("\n");
    assert!(
        why.contains("it is number 1 in Gateway infra/gw, whose"),
        "{why}"
    );
}
