//! Kinds that cannot be read: what is said of them, and what must not follow.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::resolved::{ListenerSetAcceptance, NotAllowedCause, Resolved};
use tributary_model::resource::Unread;
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};
use tributary_model::{Change, Kind, ObjectRef, Resource};
use tributary_testkit::objects::{class, gateway, http, https, key, listener_set};
use tributary_testkit::routes::http_route;
use tributary_testkit::workloads::{secret, service};

use super::{listeners, load_balancer, merged};

fn unread(kind: Kind) -> Resource {
    Resource::Unread(Unread::of(kind))
}

fn objects() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("a", 80))
            .build(),
        gateway("infra/empty").allow_all().build(),
        listener_set("t/s", "infra/gw")
            .listener(https("b", 443, "b.x.com").certificate("cert"))
            .build(),
        secret("t/cert", "f00d"),
        http_route("t/r").to_set("t/s").backend("svc").build(),
        service("t/svc", 80),
    ]
}

fn without(kind: Kind) -> Vec<Resource> {
    let mut objects = objects();
    objects.retain(|object| object.kind() != kind);
    objects.push(unread(kind));
    objects
}

#[test]
fn every_load_balancer_says_what_cannot_be_read_as_long_as_it_cannot() {
    let mut merge = merged(objects()).merge;
    let before = merge.load_balancers().clone();
    merge.apply(Change::Apply(Arc::new(unread(Kind::Node))));
    merge.apply(Change::Apply(Arc::new(unread(Kind::TcpRoute))));
    let outcome = merge.propagate();
    assert_eq!(outcome.load_balancers.len(), before.len());
    for desired in outcome.load_balancers.values() {
        let unread = &desired.as_ref().unwrap().unread;
        assert_eq!(*unread, BTreeSet::from([Kind::TcpRoute, Kind::Node]));
    }
    merge.apply(Change::Delete(unread(Kind::Node).object_ref()));
    merge.apply(Change::Delete(unread(Kind::TcpRoute).object_ref()));
    assert_eq!(merge.propagate().load_balancers.len(), before.len());
    assert_eq!(*merge.load_balancers(), before);
    assert!(
        load_balancer(&merged(objects()), "infra/gw")
            .unread
            .is_empty()
    );
}

#[test]
fn nothing_is_said_to_be_missing_that_is_only_not_known() {
    let unresolved = |objects| {
        let listeners = listeners(&merged(objects), Kind::ListenerSet, "t/s");
        listeners[0].unresolved_refs[0].message.clone()
    };
    assert_eq!(unresolved(without(Kind::Secret)), "Secrets cannot be read");
    let mut gone = objects();
    gone.retain(|object| object.kind() != Kind::Secret);
    assert_eq!(
        unresolved(gone),
        "no Secret t/cert of type kubernetes.io/tls"
    );

    let merged = merged(without(Kind::Service));
    let route = ObjectRef::new(Kind::HttpRoute, key("t/r"));
    let Some(Resolved::Route(route)) = merged.merge.resolved(&route).map(AsRef::as_ref) else {
        panic!("the route is not ours");
    };
    let said = format!("{:?}", route.parents);
    assert!(said.contains("Services cannot be read"), "{said}");
}

#[test]
fn a_selector_lets_in_nobody_whose_labels_are_not_known() {
    let selector = LabelSelector {
        match_labels: [].into(),
        match_expressions: vec![LabelRequirement {
            key: "team".to_owned(),
            operator: LabelOperator::DoesNotExist,
            values: Vec::new(),
        }],
    };
    let objects = |more: Vec<Resource>| {
        let gateway = gateway("infra/gw").allow(FromNamespaces::Selector(Some(selector.clone())));
        let mut objects = vec![
            class("alb", "gateway.k8s.aws/alb"),
            gateway.build(),
            listener_set("t/s", "infra/gw")
                .listener(http("b", 81))
                .build(),
        ];
        objects.extend(more);
        objects
    };
    let acceptance = |objects| {
        let set = ObjectRef::new(Kind::ListenerSet, key("t/s"));
        match merged(objects).merge.resolved(&set).map(AsRef::as_ref) {
            Some(Resolved::ListenerSet(set)) => set.acceptance.clone(),
            other => panic!("{other:?}"),
        }
    };
    let admitted = ListenerSetAcceptance::Admitted;
    assert_eq!(acceptance(objects(Vec::new())), admitted);
    let refused = ListenerSetAcceptance::NotAllowed(NotAllowedCause::SelectorMiss);
    let unknown = objects(vec![unread(Kind::Namespace)]);
    assert_eq!(acceptance(unknown), refused);
}

#[test]
fn nobody_says_of_a_gateway_that_it_wants_no_load_balancer_who_cannot_know() {
    let may_want = |objects, gateway| merged(objects).merge.may_want(&key(gateway));
    assert!(!may_want(objects(), "infra/empty"));
    // All of its listeners may be ListenerSets'.
    assert!(may_want(without(Kind::ListenerSet), "infra/empty"));
    assert!(!may_want(without(Kind::ListenerSet), "infra/gone"));
    assert!(may_want(without(Kind::Gateway), "infra/gone"));
    assert!(may_want(without(Kind::GatewayClass), "infra/gw"));
    assert!(!may_want(without(Kind::GatewayClass), "infra/gone"));
}
