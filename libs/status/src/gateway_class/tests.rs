use tributary_model::controller::{ALB, ELB, NLB};
use tributary_model::judgement::Judgement;
use tributary_model::status::Status;

use super::supported_features;
use crate::testing::{class, top, written};

#[test]
fn accepted() {
    assert_eq!(
        top(&written(&Judgement::GatewayClass(class()))),
        "Accepted=True/Accepted"
    );
}

#[test]
fn invalid_parameters() {
    let mut judged = class();
    judged.invalid_parameters =
        Some("LoadBalancerConfiguration infra/none does not exist".to_owned());
    assert_eq!(
        top(&written(&Judgement::GatewayClass(judged))),
        "Accepted=False/InvalidParameters"
    );
}

#[test]
fn features_are_written_sorted_and_once() {
    for controller in [ALB, NLB, ELB] {
        let mut judged = class();
        controller.clone_into(&mut judged.controller_name);
        let Status::GatewayClass(status) = written(&Judgement::GatewayClass(judged)) else {
            panic!("a class has a class's status");
        };
        assert!(
            status
                .supported_features
                .is_sorted_by(|one, other| one < other)
        );
        assert!(
            status
                .supported_features
                .contains(&"ListenerSet".to_owned())
        );
    }
}

#[test]
fn features_follow_the_controller() {
    let names = |controller, feature| supported_features(controller).contains(&feature);
    assert!(names(ALB, "HTTPRoute") && !names(NLB, "HTTPRoute"));
    assert!(names(NLB, "UDPRoute") && !names(ALB, "UDPRoute"));
    assert!(names(ELB, "HTTPRoute") && names(ELB, "UDPRoute"));
}

#[test]
fn what_is_refused_of_its_parameters_stands_beside_accepted() {
    let mut judged = class();
    judged.problems =
        vec!["LoadBalancerConfiguration infra/lbc: spec.ipAddressType: unknown variant".to_owned()];
    let status = written(&Judgement::GatewayClass(judged.clone()));
    assert_eq!(
        top(&status),
        "Accepted=True/Accepted gateway.tributary.dev/Degraded=True/NotAsAsked"
    );
    let Status::GatewayClass(of_class) = &status else {
        panic!("a class has a class's status");
    };
    assert_eq!(
        of_class.conditions[1].message,
        "Not all that the class's parameters ask for is done: LoadBalancerConfiguration infra/lbc: \
         spec.ipAddressType: unknown variant."
    );
    judged.problems.clear();
    let next = crate::next(
        &Judgement::GatewayClass(judged),
        Some(&status),
        tributary_model::Timestamp(1),
    );
    let crate::Next::Write(mended) = next else {
        panic!("there is something to take back");
    };
    assert_eq!(top(&mended), "Accepted=True/Accepted");
}
