//! Whose an object is, by what it carries.

use tributary_model::elb::LoadBalancerKind::{Alb, Nlb};
use tributary_model::holder::Holder;
use tributary_model::resource::Unread;
use tributary_model::status::{GatewayStatus, ListenerSetStatus, RouteParentStatus, RouteStatus};
use tributary_model::{Installation, Resource, controller};
use tributary_testkit::objects::{class, gateway, http, https, key, listener_set};
use tributary_testkit::random::object;
use tributary_testkit::routes::http_route;

use super::*;
use crate::output::judge::{Reports, judge};
use crate::tests::merged;

const CLASS: usize = 0;
const GATEWAY: usize = 1;

fn world() -> Vec<Resource> {
    vec![
        class("alb", controller::ALB),
        gateway("infra/gw")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        listener_set("t/s", "infra/gw")
            .listener(https("https", 443, "a.x").certificate("cert"))
            .build(),
        http_route("t/r").to_set("t/s").build(),
    ]
}

fn without(index: usize) -> Vec<Resource> {
    let mut objects = world();
    objects.remove(index);
    objects
}

fn with_gateway(gateway: Resource) -> Vec<Resource> {
    let mut objects = world();
    objects[GATEWAY] = gateway;
    objects
}

fn held(holder: Holder) -> Vec<Resource> {
    let gateway = gateway("infra/gw").allow_all().held_by(holder);
    with_gateway(gateway.listener(http("http", 80)).build())
}

/// The acceptance of the set `t/s` as an orphan.
fn set(objects: Vec<Resource>, author: Author) -> Option<ListenerSetAcceptance> {
    let status = Status::ListenerSet(ListenerSetStatus::default());
    let carried = CarriedStatus { status, author };
    let set = object(Kind::ListenerSet, "t/s");
    match judge_orphan(&merged(objects).merge, &set, &carried)? {
        Judgement::ListenerSet(judged) => Some(judged.acceptance),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_set_is_told_that_its_parent_is_gone_only_if_we_wrote_its_status() {
    let expected = Some(ListenerSetAcceptance::ParentGone);
    assert_eq!(set(without(GATEWAY), Author::Us), expected);
    // Another controller's Gateway leaves the same when it is deleted.
    assert_eq!(set(without(GATEWAY), Author::Other), None);
    assert_eq!(set(without(GATEWAY), Author::Unknown), None);
}

#[test]
fn a_set_whose_parent_went_to_another_controller_is_told_until_that_one_writes() {
    let mut objects = world();
    objects[CLASS] = class("alb", "example.com/other");
    let expected = Some(ListenerSetAcceptance::ParentGone);
    assert_eq!(set(objects.clone(), Author::Us), expected);
    assert_eq!(set(objects, Author::Other), None);
}

#[test]
fn a_set_whose_parent_is_only_not_known_is_no_orphan() {
    for kind in [Kind::GatewayClass, Kind::Gateway] {
        let mut objects = world();
        objects.retain(|object| object.kind() != kind);
        objects.push(Resource::Unread(Unread::of(kind)));
        assert_eq!(set(objects, Author::Us), None);
    }
}

#[test]
fn a_set_that_is_ours_is_no_orphan() {
    assert_eq!(set(world(), Author::Us), None);
}

#[test]
fn a_set_whose_gateway_is_left_alone_stays_as_it_is() {
    let holder = Holder::AwsLoadBalancerController(Alb);
    let left_alone = Some(ListenerSetAcceptance::LeftAlone);
    for objects in [without(CLASS), held(holder)] {
        assert_eq!(set(objects.clone(), Author::Us), left_alone);
        assert_eq!(set(objects, Author::Other), None);
    }
}

/// What the Gateway `infra/gw` is told.
fn gateway_as(objects: Vec<Resource>, author: Author) -> Option<GatewayAcceptance> {
    let status = Status::Gateway(GatewayStatus::default());
    let carried = CarriedStatus { status, author };
    let gateway = object(Kind::Gateway, "infra/gw");
    let merge = merged(objects).merge;
    let judged = judge(&merge, &gateway, &Reports::default())
        .or_else(|| judge_orphan(&merge, &gateway, &carried));
    match judged? {
        Judgement::Gateway(judged) => Some(judged.acceptance),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gateway_whose_class_is_not_there_is_told_if_it_was_ours() {
    let expected = Some(GatewayAcceptance::ClassMissing("alb".to_owned()));
    assert_eq!(gateway_as(without(CLASS), Author::Us), expected);
    assert_eq!(gateway_as(without(CLASS), Author::Other), None);
    assert_eq!(gateway_as(without(CLASS), Author::Unknown), None);
    // By our finalizer, where nobody says who wrote its status.
    let mut objects = held(Holder::Tributary(Installation::default(), Nlb));
    objects.remove(CLASS);
    assert_eq!(gateway_as(objects, Author::Unknown), expected);
    let mut objects = held(Holder::AwsLoadBalancerController(Nlb));
    objects.remove(CLASS);
    assert_eq!(gateway_as(objects, Author::Us), None);
}

#[test]
fn a_gateway_of_another_controllers_class_is_told_nothing() {
    let mut objects = world();
    objects[CLASS] = class("alb", "example.com/other");
    assert_eq!(gateway_as(objects, Author::Us), None);
}

#[test]
fn a_gateway_whose_classes_cannot_be_read_is_told_nothing() {
    let mut objects = without(CLASS);
    objects.push(Resource::Unread(Unread::of(Kind::GatewayClass)));
    assert_eq!(gateway_as(objects, Author::Us), None);
}

#[test]
fn a_gateway_that_another_program_holds_is_told_so() {
    let says = |objects, name: &str| match gateway_as(objects, Author::Other) {
        Some(GatewayAcceptance::LeftAlone(why)) => assert!(why.contains(name), "{why}"),
        other => panic!("{other:?}"),
    };
    let lbc = Holder::AwsLoadBalancerController;
    says(held(lbc(Alb)), "gateway.k8s.aws/alb");
    says(held(lbc(Nlb)), "gateway.k8s.aws/nlb");
    assert_eq!(
        gateway_as(
            held(Holder::Tributary(Installation::default(), Alb)),
            Author::Us
        ),
        Some(GatewayAcceptance::Accepted)
    );
}

/// What is judged of the route `t/r`, whose parent is `t/s`, when it carries the entry of a controller for a parent: the
/// names of the parents whose entries stay.
fn entry(
    objects: Vec<Resource>,
    controller_name: &str,
    parent: &str,
    author: Author,
) -> Option<Vec<String>> {
    let to_parent = http_route("t/r").to_set(parent).build();
    let Resource::Route(route) = to_parent else {
        panic!("not a route");
    };
    let entry = RouteParentStatus {
        parent_ref: ParentRef::clone(&route.parent_refs[0]),
        controller_name: controller_name.to_owned(),
        conditions: Vec::new(),
    };
    let status = Status::Route(RouteStatus {
        parents: vec![entry],
    });
    let route = object(Kind::HttpRoute, "t/r");
    let carried = CarriedStatus { status, author };
    match judge_orphan(&merged(objects).merge, &route, &carried)? {
        Judgement::Route(judged) => {
            assert_eq!(judged.parents, []);
            let names = judged.left_alone.iter();
            Some(names.map(|parent| parent.name.to_string()).collect())
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_routes_entries_stay_while_the_gateway_behind_them_is_left_alone() {
    let lbc = Holder::AwsLoadBalancerController(Alb);
    for objects in [held(lbc), without(CLASS)] {
        let of = |parent, author| entry(objects.clone(), controller::ALB, parent, author);
        assert_eq!(of("t/s", Author::Unknown), None);
        // In a status folder a file stays as long as it is judged.
        let stays = Some(vec!["s".to_owned()]);
        assert_eq!(of("t/s", Author::Us), stays);
        assert_eq!(of("t/elsewhere", Author::Unknown), stays);
    }
    for author in [Author::Us, Author::Unknown] {
        let taken_out = Some(Vec::new());
        let of = |controller| entry(without(GATEWAY), controller, "t/s", author);
        assert_eq!(of(controller::ALB), taken_out);
        assert_eq!(of("example.com/other"), None);
    }
}

#[test]
fn nothing_is_desired_for_a_gateway_that_is_left_alone() {
    for objects in [without(CLASS), held(Holder::AwsLoadBalancerController(Nlb))] {
        let merge = merged(objects).merge;
        assert!(merge.load_balancers().is_empty());
        assert!(merge.left_alone(&key("infra/gw")).is_some());
    }
    let ours = merged(held(Holder::Tributary(Installation::default(), Alb))).merge;
    assert_eq!(ours.load_balancers().len(), 1);
    assert_eq!(ours.left_alone(&key("infra/gw")), None);
}

#[test]
fn of_a_gateway_that_is_being_deleted_only_what_is_ours_goes() {
    let leaving = |holders: &[Holder]| {
        let mut leaving = gateway("infra/gw").deleting();
        for holder in holders {
            leaving = leaving.held_by(holder.clone());
        }
        let merge = merged(with_gateway(leaving.build())).merge;
        merge.left_alone(&key("infra/gw")).is_some()
    };
    let lbc = Holder::AwsLoadBalancerController(Alb);
    assert!(leaving(std::slice::from_ref(&lbc)));
    assert!(!leaving(&[
        lbc,
        Holder::Tributary(Installation::default(), Alb)
    ]));
    assert!(!leaving(&[Holder::Tributary(Installation::default(), Alb)]));
    assert!(!leaving(&[]));
}
