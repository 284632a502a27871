//! The AWS Load Balancer Controller runs beside us: what is left to it, and what goes on.

use std::sync::Arc;

use tributary_model::elb::LoadBalancerKind::Alb;
use tributary_model::holder::Holder;
use tributary_model::judgement::Judgement;
use tributary_model::other_controller::OtherController;
use tributary_model::resolved::{ClassMark, GatewayAcceptance, Resolved};
use tributary_model::{Change, Installation, Kind, Resource, controller};
use tributary_testkit::objects::{
    GatewayBuilder, class, class_in_use, gateway, http, key, listener_set, meta,
};
use tributary_testkit::random::object;

use super::merged;
use crate::engine::merge::{Merge, Untouched};
use crate::output::judge::{Reports, judge};

const LEASE: &str = "kube-system/leader";

fn other() -> Resource {
    Resource::OtherController(OtherController::by(key(LEASE)))
}

fn web() -> GatewayBuilder {
    gateway("infra/gw").allow_all().listener(http("http", 80))
}

/// With that program, and one Gateway of a class of this `controllerName`.
fn beside(controller_name: &str, gateway: Resource) -> Merge {
    let set = listener_set("t/s", "infra/gw").listener(http("s", 81));
    let objects = [class("alb", controller_name), gateway, set.build(), other()];
    merged(objects).merge
}

fn acceptance(merge: &Merge) -> Option<GatewayAcceptance> {
    let gateway = object(Kind::Gateway, "infra/gw");
    match judge(merge, &gateway, &Reports::default())? {
        Judgement::Gateway(judged) => Some(judged.acceptance),
        other => panic!("{other:?}"),
    }
}

fn is_theirs(merge: &Merge) -> bool {
    match merge.left_alone(&key("infra/gw")) {
        Some(Untouched::Theirs(_)) => true,
        Some(Untouched::Ours(_)) | None => false,
    }
}

#[test]
fn a_gateway_whose_class_another_program_serves_is_left_alone_and_told_why() {
    for controller_name in [controller::ALB, controller::NLB] {
        let merge = beside(controller_name, web().build());
        assert!(merge.load_balancers().is_empty());
        assert!(is_theirs(&merge));
        let set = object(Kind::ListenerSet, "t/s");
        assert_eq!(merge.resolved(&set), None);
        match acceptance(&merge) {
            Some(GatewayAcceptance::ClassServed(why)) => {
                for part in [controller_name, LEASE, "--lbc-lease none"] {
                    assert!(why.contains(part), "{why}");
                }
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_class_that_is_ours_alone_is_served() {
    let merge = beside(controller::ELB, web().build());
    assert_eq!(merge.load_balancers().len(), 1);
    assert!(!is_theirs(&merge));
}

#[test]
fn a_gateway_that_carries_our_finalizer_goes_on_until_the_other_program_holds_it() {
    let ours = web().held_by(Holder::Tributary(Installation::default(), Alb));
    let merge = beside(controller::ALB, ours.clone().build());
    assert_eq!(merge.load_balancers().len(), 1);
    assert_eq!(acceptance(&merge), Some(GatewayAcceptance::Accepted));
    let theirs = ours.held_by(Holder::AwsLoadBalancerController(Alb));
    let merge = beside(controller::ALB, theirs.build());
    assert!(merge.load_balancers().is_empty());
    assert!(matches!(
        acceptance(&merge),
        Some(GatewayAcceptance::LeftAlone(_))
    ));
}

#[test]
fn a_gateway_is_taken_when_the_other_program_is_gone_and_left_when_it_comes() {
    let mut merge = beside(controller::ALB, web().build());
    merge.apply(Change::Delete(other().object_ref()));
    let outcome = merge.propagate();
    assert_eq!(merge.load_balancers().len(), 1);
    assert!(outcome.judge.contains(&object(Kind::ListenerSet, "t/s")));
    // It comes before our finalizer is on: then leaving alone wins.
    merge.apply(Change::Apply(Arc::new(other())));
    merge.propagate();
    assert!(merge.load_balancers().is_empty());
    assert!(is_theirs(&merge));
}

#[test]
fn of_a_gateway_that_is_being_deleted_what_is_not_ours_stays() {
    let leaving = || gateway("infra/gw").deleting();
    assert!(is_theirs(&beside(controller::ALB, leaving().build())));
    let ours = leaving().held_by(Holder::Tributary(Installation::default(), Alb));
    assert!(!is_theirs(&beside(controller::ALB, ours.build())));
    assert!(!is_theirs(&beside(controller::ELB, leaving().build())));
}

/// What is said of the class `alb`: its finalizer, and whether its status is ours.
fn check_class(marked: Resource, gateway: Resource, expected: (ClassMark, bool)) {
    let merge = merged([marked, gateway, other()]).merge;
    let class = object(Kind::GatewayClass, "alb");
    let Some(Resolved::GatewayClass(class)) = merge.resolved(&class).map(AsRef::as_ref) else {
        panic!("the class could be ours");
    };
    assert_eq!((class.mark, class.left_alone), expected);
}

#[test]
fn a_class_that_another_program_serves_keeps_its_status_and_mark_and_is_marked_for_ours_alone() {
    let plain = || class("alb", controller::ALB);
    let marked = || class_in_use("alb", controller::ALB, meta("alb"));
    let theirs = || web().build();
    let ours = || {
        web()
            .held_by(Holder::Tributary(Installation::default(), Alb))
            .build()
    };
    check_class(plain(), theirs(), (ClassMark::Stands, true));
    check_class(marked(), theirs(), (ClassMark::Stands, true));
    check_class(plain(), ours(), (ClassMark::Missing, true));
    check_class(marked(), ours(), (ClassMark::Stands, true));
    let leaving = gateway("infra/gw").deleting().build();
    check_class(plain(), leaving, (ClassMark::Stands, true));
    let alone = class("alb", controller::ELB);
    check_class(alone, theirs(), (ClassMark::Missing, false));
}

#[test]
fn a_class_that_nobody_uses_yet_is_known_to_be_served_by_another_program_once_that_runs() {
    let left_alone = |merge: &Merge| {
        let class = object(Kind::GatewayClass, "alb");
        match merge.resolved(&class).map(AsRef::as_ref) {
            Some(Resolved::GatewayClass(class)) => class.left_alone,
            other => panic!("{other:?}"),
        }
    };
    let mut merge = merged([class("alb", controller::ALB)]).merge;
    assert!(!left_alone(&merge));
    merge.apply(Change::Apply(Arc::new(other())));
    merge.propagate();
    assert!(left_alone(&merge));
}
