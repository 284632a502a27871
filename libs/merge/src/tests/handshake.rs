//! docs/rules/attachment.md: who may attach, and what the objects as a whole are told.

use tributary_model::resolved::{
    GatewayAcceptance, ListenerSetAcceptance, NotAllowedCause, Resolved,
};
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};
use tributary_model::{Kind, ObjectRef, Resource};
use tributary_testkit::objects::{
    class, class_with_parameters, gateway, http, key, listener_set, selecting,
};
use tributary_testkit::workloads::namespace;

use super::{listeners, merged};

fn objects(from: FromNamespaces) -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow(from)
            .listener(http("a", 80))
            .build(),
        listener_set("infra/s", "infra/gw")
            .listener(http("b", 81))
            .build(),
        listener_set("t/s", "infra/gw")
            .listener(http("c", 82))
            .build(),
        namespace("infra", &[("team", "infra"), ("tier", "1")]),
        namespace("t", &[("team", "t")]),
    ]
}

fn acceptance(objects: Vec<Resource>, set: &str) -> Option<ListenerSetAcceptance> {
    let merged = merged(objects);
    match merged
        .merge
        .resolved(&ObjectRef::new(Kind::ListenerSet, key(set)))?
        .as_ref()
    {
        Resolved::ListenerSet(set) => Some(set.acceptance.clone()),
        other => panic!("{other:?}"),
    }
}

fn gateway_of(objects: Vec<Resource>) -> tributary_model::resolved::ResolvedGateway {
    match merged(objects)
        .merge
        .resolved(&ObjectRef::new(Kind::Gateway, key("infra/gw")))
        .map(AsRef::as_ref)
    {
        Some(Resolved::Gateway(gateway)) => gateway.clone(),
        other => panic!("{other:?}"),
    }
}

/// Own namespace's set, other namespace's set.
fn check(from: &FromNamespaces, own: Option<NotAllowedCause>, other: Option<NotAllowedCause>) {
    for (set, cause) in [("infra/s", own), ("t/s", other)] {
        let expected = match cause {
            None => ListenerSetAcceptance::Admitted,
            Some(cause) => ListenerSetAcceptance::NotAllowed(cause),
        };
        assert_eq!(
            acceptance(objects(from.clone()), set),
            Some(expected),
            "{set}"
        );
    }
}

fn requiring(key: &str, operator: LabelOperator, values: &[&str]) -> FromNamespaces {
    FromNamespaces::Selector(Some(LabelSelector {
        match_labels: [].into(),
        match_expressions: vec![LabelRequirement {
            key: key.to_owned(),
            operator,
            values: values.iter().map(|value| (*value).to_owned()).collect(),
        }],
    }))
}

#[test]
fn by_default_no_set_may_attach() {
    check(
        &FromNamespaces::None,
        Some(NotAllowedCause::NoneAllowed),
        Some(NotAllowedCause::NoneAllowed),
    );
}

#[test]
fn same_lets_the_gateways_own_namespace_in() {
    check(
        &FromNamespaces::Same,
        None,
        Some(NotAllowedCause::OtherNamespace),
    );
}

#[test]
fn all_lets_every_namespace_in() {
    check(&FromNamespaces::All, None, None);
}

#[test]
fn selector_evaluates_match_labels() {
    check(
        &selecting("team", "t"),
        Some(NotAllowedCause::SelectorMiss),
        None,
    );
}

#[test]
fn selector_evaluates_match_expressions() {
    check(
        &requiring("tier", LabelOperator::Exists, &[]),
        None,
        Some(NotAllowedCause::SelectorMiss),
    );
    check(
        &requiring("team", LabelOperator::NotIn, &["infra"]),
        Some(NotAllowedCause::SelectorMiss),
        None,
    );
}

#[test]
fn a_missing_selector_allows_nobody() {
    check(
        &FromNamespaces::Selector(None),
        Some(NotAllowedCause::SelectorMissing),
        Some(NotAllowedCause::SelectorMissing),
    );
}

#[test]
fn a_namespace_without_labels_meets_no_label() {
    let mut objects = objects(selecting("team", "t"));
    objects.retain(|object| object.kind() != Kind::Namespace);
    assert_eq!(
        acceptance(objects, "t/s"),
        Some(ListenerSetAcceptance::NotAllowed(
            NotAllowedCause::SelectorMiss
        ))
    );
}

#[test]
fn a_set_that_is_not_allowed_has_no_listeners_and_is_not_counted() {
    let objects = objects(FromNamespaces::None);
    assert!(listeners(&merged(objects.clone()), Kind::ListenerSet, "t/s").is_empty());
    assert_eq!(gateway_of(objects).attached_listener_sets, 0);
}

#[test]
fn attached_listener_sets_counts_those_with_a_good_listener() {
    let mut objects = objects(FromNamespaces::All);
    // One loser only; one loser and one winner.
    objects.push(
        listener_set("t/none", "infra/gw")
            .created(1)
            .listener(http("x", 80))
            .build(),
    );
    objects.push(
        listener_set("t/some", "infra/gw")
            .created(1)
            .listener(http("x", 80))
            .listener(http("y", 90))
            .build(),
    );
    assert_eq!(gateway_of(objects).attached_listener_sets, 3);
}

#[test]
fn a_gateways_status_never_holds_a_sets_listener() {
    let gateway = gateway_of(objects(FromNamespaces::All));
    assert_eq!(gateway.listeners.len(), 1);
    assert_eq!(&*gateway.listeners[0].listener.name, "a");
}

#[test]
fn a_gateway_that_is_not_accepted_admits_nobody() {
    let mut objects = objects(FromNamespaces::All);
    objects[1] = gateway("infra/gw")
        .allow_all()
        .parameters("missing")
        .listener(http("a", 80))
        .build();
    assert_eq!(
        acceptance(objects.clone(), "t/s"),
        Some(ListenerSetAcceptance::ParentNotAccepted)
    );
    assert!(merged(objects.clone()).merge.load_balancers().is_empty());
    let gateway = gateway_of(objects);
    assert_eq!(
        gateway.acceptance,
        GatewayAcceptance::InvalidParameters(
            "spec.infrastructure.parametersRef: LoadBalancerConfiguration infra/missing not found"
                .to_owned()
        )
    );
    assert_eq!(gateway.attached_listener_sets, 0);
}

#[test]
fn a_class_whose_parameters_do_not_resolve_makes_its_gateways_invalid() {
    let mut objects = objects(FromNamespaces::All);
    objects[0] = class_with_parameters("alb", "gateway.k8s.aws/alb", Some("infra/missing"));
    assert!(matches!(
        gateway_of(objects).acceptance,
        GatewayAcceptance::InvalidParameters(_)
    ));
}

#[test]
fn addresses_cannot_be_asked_for() {
    let mut objects = objects(FromNamespaces::All);
    objects[1] = gateway("infra/gw").requesting_addresses().build();
    assert_eq!(
        gateway_of(objects).acceptance,
        GatewayAcceptance::UnsupportedAddress
    );
}

#[test]
fn a_parent_that_never_was_ours_gives_no_decision() {
    let mut foreign = objects(FromNamespaces::All);
    foreign[0] = class("alb", "example.com/other");
    assert_eq!(acceptance(foreign, "t/s"), None);
    let mut missing = objects(FromNamespaces::All);
    missing.remove(1);
    assert_eq!(acceptance(missing, "t/s"), None);
}

#[test]
fn another_kind_of_parent_is_not_ours() {
    let mut objects = objects(FromNamespaces::All);
    objects[3] = listener_set("t/s", "infra/gw")
        .parent_kind("Mesh")
        .listener(http("c", 82))
        .build();
    assert_eq!(acceptance(objects, "t/s"), None);
}
