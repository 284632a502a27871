//! What stays of a load balancer that is not desired any more.

use tributary_model::elb::LoadBalancerKind::{self, Alb, Nlb};
use tributary_model::holder::Holder;
use tributary_model::{Installation, Labels, Resource, controller};
use tributary_runtime::Context;
use tributary_testkit::objects::{GatewayBuilder, class, gateway, http, key, listener_set};
use tributary_testkit::random::object;

use super::*;
use crate::shared::Shared;

/// A merger that has read these objects and nothing else.
fn started(objects: Vec<Resource>) -> Shared {
    let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
    let mut state = shared.lock().unwrap();
    state.reset(
        objects
            .into_iter()
            .map(|resource| Arc::new(source(resource))),
    );
    state.mark_complete();
    state.propagate();
    drop(state);
    shared
}

fn source(resource: Resource) -> SourceObject {
    SourceObject {
        resource: Arc::new(resource),
        status: None,
        resource_version: None,
        labels: Labels::default(),
    }
}

fn becomes(shared: &Shared, resource: Resource) {
    let mut state = shared.lock().unwrap();
    state.apply(Arc::new(source(resource)));
    state.propagate();
}

fn goes(shared: &Shared, kind: Kind, name: &str) {
    let mut state = shared.lock().unwrap();
    state.delete(object(kind, name));
    state.propagate();
}

fn web() -> GatewayBuilder {
    gateway("infra/gw").allow_all().listener(http("http", 80))
}

fn world(gateway: GatewayBuilder) -> Vec<Resource> {
    vec![
        class("alb", controller::ALB),
        gateway.build(),
        listener_set("t/s", "infra/gw")
            .listener(http("other", 8080))
            .build(),
    ]
}

fn load_balancer(kind: LoadBalancerKind) -> LoadBalancerKey {
    LoadBalancerKey {
        kind,
        gateway: key("infra/gw"),
    }
}

/// What programmers hear of the load balancer.
#[derive(Debug, PartialEq)]
enum Told {
    /// It is to be this, with so many listeners.
    Desired(usize),
    /// It is to stay, for this reason.
    Kept(String),
    NotFound,
}

fn told(shared: &Shared, kind: LoadBalancerKind) -> Told {
    if let Some(desired) = shared.desired.get(&load_balancer(kind)) {
        return Told::Desired(desired.listeners.len());
    }
    match shared.lock().unwrap().kept(&key("infra/gw")) {
        Some(why) => Told::Kept(why),
        None => Told::NotFound,
    }
}

fn class_is_missing() -> Told {
    Told::Kept("Gateway infra/gw is left alone: its GatewayClass alb is not there".to_owned())
}

fn is_held() -> Told {
    let why = "Gateway infra/gw is left alone: the AWS Load Balancer Controller holds it by its finalizer \
               gateway.k8s.aws/alb";
    Told::Kept(why.to_owned())
}

#[test]
fn a_class_that_goes_takes_no_load_balancer_along() {
    let shared = started(world(web()));
    assert_eq!(told(&shared, Alb), Told::Desired(2));
    goes(&shared, Kind::GatewayClass, "alb");
    assert_eq!(told(&shared, Alb), Told::Desired(2));
    // What changes meanwhile is decided by nobody.
    goes(&shared, Kind::ListenerSet, "t/s");
    assert_eq!(told(&shared, Alb), Told::Desired(2));
    becomes(&shared, class("alb", controller::ALB));
    assert_eq!(told(&shared, Alb), Told::Desired(1));
}

#[test]
fn a_merger_that_starts_while_a_class_is_away_says_that_the_load_balancer_stays() {
    let mut objects = world(web());
    objects.remove(0);
    let shared = started(objects);
    assert_eq!(told(&shared, Alb), class_is_missing());
    becomes(&shared, class("alb", controller::ALB));
    assert_eq!(told(&shared, Alb), Told::Desired(2));
}

#[test]
fn a_class_that_comes_back_for_another_kind_has_the_load_balancer_replaced() {
    let shared = started(world(web()));
    goes(&shared, Kind::GatewayClass, "alb");
    becomes(&shared, class("alb", controller::NLB));
    assert_eq!(told(&shared, Alb), Told::NotFound);
}

#[test]
fn a_gateway_that_goes_or_changes_its_controller_takes_its_load_balancer_along() {
    let shared = started(world(web()));
    goes(&shared, Kind::GatewayClass, "alb");
    goes(&shared, Kind::Gateway, "infra/gw");
    assert_eq!(told(&shared, Alb), Told::NotFound);

    let shared = started(world(web()));
    becomes(&shared, class("alb", "example.com/other"));
    assert_eq!(told(&shared, Alb), Told::NotFound);
    goes(&shared, Kind::GatewayClass, "alb");
    assert_eq!(told(&shared, Alb), class_is_missing());
}

#[test]
fn of_a_gateway_that_another_program_holds_nothing_is_desired_and_nothing_goes() {
    let lbc = Holder::AwsLoadBalancerController(Alb);
    let shared = started(world(web().held_by(lbc.clone())));
    assert_eq!(told(&shared, Alb), is_held());
    // It comes later.
    let shared = started(world(
        web().held_by(Holder::Tributary(Installation::default(), Alb)),
    ));
    assert_eq!(told(&shared, Alb), Told::Desired(2));
    let both = web()
        .held_by(Holder::Tributary(Installation::default(), Alb))
        .held_by(lbc.clone());
    becomes(&shared, both.clone().build());
    assert_eq!(told(&shared, Alb), is_held());
    assert_eq!(told(&shared, Nlb), is_held());
    // Deleted: what we made goes.
    becomes(&shared, both.deleting().build());
    assert_eq!(told(&shared, Alb), Told::NotFound);
    becomes(&shared, web().held_by(lbc).deleting().build());
    assert_eq!(told(&shared, Alb), is_held());
    // It has let go.
    becomes(&shared, web().build());
    assert_eq!(told(&shared, Alb), Told::Desired(2));
}
