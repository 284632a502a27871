//! GatewayClasses in use: what their finalizer should become, and how long they count.

use tributary_model::elb::LoadBalancerKind::{self, Alb, Nlb};
use tributary_model::holder::Holder;
use tributary_model::resolved::{ClassMark, Resolved};
use tributary_model::resource::Unread;
use tributary_model::{Kind, Meta, Resource, controller};
use tributary_testkit::objects::{class, class_in_use, gateway, http, listener, meta};
use tributary_testkit::random::object;

use super::merged;

fn marked() -> Resource {
    class_in_use("alb", controller::ALB, meta("alb"))
}

fn marked_and_deleting() -> Resource {
    let meta = Meta {
        deleting: true,
        ..meta("alb")
    };
    class_in_use("alb", controller::ALB, meta)
}

fn plain() -> Resource {
    class("alb", controller::ALB)
}

fn user() -> Resource {
    gateway("infra/gw").listener(http("http", 80)).build()
}

/// What is to be done about the finalizer of the first.
fn check(objects: &[Resource], expected: ClassMark) {
    let merged = merged(objects.to_vec());
    let class = object(Kind::GatewayClass, "alb");
    let Some(Resolved::GatewayClass(class)) = merged.merge.resolved(&class).map(AsRef::as_ref)
    else {
        panic!("the class is ours");
    };
    assert_eq!(class.mark, expected, "{objects:?}");
}

#[test]
fn a_class_is_marked_while_a_gateway_uses_it() {
    check(&[plain(), user()], ClassMark::Missing);
    check(&[marked(), user()], ClassMark::Stands);
    check(&[marked()], ClassMark::Obsolete);
    check(&[plain()], ClassMark::Stands);
    let of_another = gateway("infra/gw").class("nlb").build();
    check(&[marked(), of_another.clone()], ClassMark::Obsolete);
    check(&[plain(), of_another], ClassMark::Stands);
}

#[test]
fn a_gateway_uses_its_class_until_it_is_gone() {
    let leaving = gateway("infra/gw").deleting().build();
    check(&[marked(), leaving.clone()], ClassMark::Stands);
    check(&[plain(), leaving], ClassMark::Missing);
}

#[test]
fn a_class_that_is_being_deleted_is_marked_no_more_and_let_go_by_its_last_gateway() {
    check(&[marked_and_deleting(), user()], ClassMark::Stands);
    check(&[marked_and_deleting()], ClassMark::Obsolete);
}

#[test]
fn a_gateway_of_another_program_marks_no_class_and_unmarks_none() {
    let lbc = Holder::AwsLoadBalancerController(Alb);
    let theirs = gateway("infra/gw").held_by(lbc).build();
    check(&[plain(), theirs.clone()], ClassMark::Stands);
    // That program may have put the mark there.
    check(&[marked(), theirs], ClassMark::Stands);
}

#[test]
fn gateways_that_are_only_not_known_may_use_a_class() {
    let unread = || Resource::Unread(Unread::of(Kind::Gateway));
    check(&[marked(), unread()], ClassMark::Stands);
    check(&[plain(), unread()], ClassMark::Stands);
}

#[test]
fn a_class_that_is_being_deleted_counts_until_it_is_gone() {
    let merged = merged([marked_and_deleting(), user()]);
    assert_eq!(merged.merge.load_balancers().len(), 1);
}

#[test]
fn a_gateway_that_another_installation_holds_is_left_alone_and_says_whose_it_is() {
    let west = Holder::Tributary("west".parse().unwrap(), Alb);
    let theirs = gateway("infra/gw").held_by(west).build();
    let merge = merged([plain(), theirs]).merge;
    assert!(merge.load_balancers().is_empty());
    let why = merge.left_alone(&tributary_model::ObjectKey::new("infra", "gw"));
    let Some(crate::Untouched::Theirs(why)) = why else {
        panic!("not left alone: {why:?}")
    };
    assert!(why.contains("the Tributary installation west"), "{why}");
    assert!(
        why.contains("gateway.tributary.dev/west.load-balancer-alb"),
        "{why}"
    );
}

#[test]
fn a_class_of_another_installation_is_not_ours() {
    let theirs = class("west", "gateway.tributary.dev/west.alb");
    let gateway = gateway("infra/gw").class("west").build();
    let merged = merged([theirs, gateway]);
    assert!(merged.merge.load_balancers().is_empty());
    assert!(merged.outcome.objects.values().all(Option::is_none));
}

/// The kind of load balancer that a Gateway of a class by protocol gets with these listeners.
fn check_kind(listeners: &[(&str, u16, &str)], expected: LoadBalancerKind) {
    let mut gateway = gateway("infra/gw").class("elb");
    for (name, port, protocol) in listeners {
        gateway = gateway.listener(listener(name, *port, protocol));
    }
    let merged = merged([class("elb", controller::ELB), gateway.build()]);
    let key = tributary_model::ObjectKey::new("infra", "gw");
    let found = merged.merge.load_balancer_key(&key).map(|key| key.kind);
    assert_eq!(found, Some(expected), "{listeners:?}");
}

#[test]
fn the_first_listener_that_conflicts_with_no_other_decides_the_kind() {
    check_kind(&[("a", 80, "HTTP"), ("b", 90, "TCP")], Alb);
    check_kind(&[("b", 90, "TCP"), ("a", 80, "HTTP")], Nlb);
    check_kind(
        &[("a", 80, "HTTP"), ("b", 80, "TCP"), ("c", 90, "TCP")],
        Nlb,
    );
    check_kind(
        &[("b", 80, "TCP"), ("a", 80, "HTTP"), ("c", 90, "HTTP")],
        Alb,
    );
}

#[test]
fn the_first_known_protocol_decides_where_all_listeners_conflict() {
    check_kind(&[("a", 80, "HTTP"), ("b", 80, "TCP")], Alb);
    check_kind(&[("b", 80, "TCP"), ("a", 80, "HTTP")], Nlb);
    check_kind(&[("x", 80, "example.com/x"), ("b", 80, "TCP")], Nlb);
    check_kind(&[("x", 80, "example.com/x")], Alb);
    check_kind(&[], Alb);
}
