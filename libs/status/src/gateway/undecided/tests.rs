use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, Judgement, ListenerSetJudgement, LoadBalancerJudgement,
};
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance};
use tributary_model::status::{ConditionStatus, GatewayStatus, Status};

use crate::testing::{
    EARLIER, LATER, after, class, condition, gateway, good, message, set, top, written,
};
use crate::{Next, next, summary};

fn judged(acceptance: GatewayAcceptance) -> Judgement {
    Judgement::Gateway(GatewayJudgement {
        acceptance,
        load_balancer: LoadBalancerJudgement::Unknown,
        addresses: Vec::new(),
        attached_listener_sets: 0,
        ..gateway(Vec::new())
    })
}

fn held() -> Judgement {
    judged(GatewayAcceptance::LeftAlone(
        "another program holds it".to_owned(),
    ))
}

fn class_missing() -> Judgement {
    judged(GatewayAcceptance::ClassMissing("alb".to_owned()))
}

/// As we write it on a Gateway that is served.
fn served() -> Status {
    written(&Judgement::Gateway(gateway(vec![good("a")])))
}

fn of_gateway(status: &Status) -> &GatewayStatus {
    match status {
        Status::Gateway(gateway) => gateway,
        other => panic!("a Gateway has a Gateway's status: {other:?}"),
    }
}

#[test]
fn a_gateway_that_another_program_holds_keeps_all_that_is_written_and_is_told_once() {
    let mut theirs = of_gateway(&served()).clone();
    for condition in &mut theirs.conditions {
        condition.message = "theirs".to_owned();
    }
    let before = Status::Gateway(theirs.clone());
    let status = after(&held(), Some(&before), LATER);
    assert_eq!(
        top(&status),
        "gateway.tributary.dev/Managed=False/HeldByAnotherController Accepted=True/Accepted \
         Programmed=True/Programmed"
    );
    let mut kept = of_gateway(&status).clone();
    let said = kept.conditions.remove(0);
    assert!(
        said.message.contains("another program holds it"),
        "{said:?}"
    );
    assert_eq!(kept, theirs);
    // Whatever the other program writes meanwhile.
    let mut rewritten = of_gateway(&status).clone();
    rewritten.conditions.rotate_left(1);
    rewritten.conditions[0].status = ConditionStatus::False;
    rewritten.addresses.clear();
    let rewritten = Status::Gateway(rewritten);
    assert_eq!(next(&held(), Some(&rewritten), LATER), Next::Unchanged);
}

#[test]
fn a_gateway_whose_class_another_program_serves_is_told_once_and_keeps_all_that_is_written() {
    let class_served = judged(GatewayAcceptance::ClassServed(
        "a Lease is renewed".to_owned(),
    ));
    let status = after(&class_served, Some(&served()), LATER);
    assert_eq!(
        top(&status),
        "gateway.tributary.dev/Managed=False/ClassServedByAnotherController \
         Accepted=True/Accepted Programmed=True/Programmed"
    );
    let said = message(
        &of_gateway(&status).conditions,
        "gateway.tributary.dev/Managed",
    );
    assert!(said.contains("a Lease is renewed"), "{said}");
    assert_eq!(next(&class_served, Some(&status), LATER), Next::Unchanged);
}

#[test]
fn nothing_is_written_of_a_class_that_another_program_serves() {
    let theirs = Judgement::GatewayClass(GatewayClassJudgement {
        left_alone: true,
        ..class()
    });
    assert_eq!(next(&theirs, None, LATER), Next::Unchanged);
    let before = written(&Judgement::GatewayClass(class()));
    assert_eq!(next(&theirs, Some(&before), LATER), Next::Unchanged);
    // Theirs says something else of it, at an older generation too.
    let mut before = before;
    if let Status::GatewayClass(status) = &mut before {
        status.conditions[0].message = "theirs".to_owned();
        status.conditions[0].observed_generation = Some(0);
    }
    assert_eq!(next(&theirs, Some(&before), LATER), Next::Unchanged);
}

#[test]
fn a_gateway_that_is_ours_again_no_longer_says_that_it_is_left_alone() {
    let before = after(&held(), Some(&served()), EARLIER);
    let ours = Judgement::Gateway(gateway(vec![good("a")]));
    let status = after(&ours, Some(&before), LATER);
    assert_eq!(
        top(&status),
        "Accepted=True/Accepted Programmed=True/Programmed"
    );
}

#[test]
fn a_gateway_whose_class_is_not_there_says_so_and_keeps_what_serves() {
    let served = served();
    let status = after(&class_missing(), Some(&served), LATER);
    assert_eq!(
        top(&status),
        "Accepted=Unknown/Pending Programmed=True/Programmed"
    );
    let (before, now) = (of_gateway(&served), of_gateway(&status));
    assert!(message(&now.conditions, "Accepted").contains("GatewayClass alb"));
    assert_eq!(now.conditions[1], before.conditions[1]);
    assert_eq!(now.addresses, before.addresses);
    assert_eq!(now.listeners, before.listeners);
    assert_eq!(now.attached_listener_sets, before.attached_listener_sets);
    assert_eq!(
        next(&class_missing(), Some(&status), LATER),
        Next::Unchanged
    );
}

#[test]
fn what_others_write_stays_on_a_gateway_whose_class_is_not_there() {
    let mut before = of_gateway(&served()).clone();
    let theirs = condition("example.com/Own", ConditionStatus::True, "Theirs", None);
    before.conditions.push(theirs.clone());
    let status = after(&class_missing(), Some(&Status::Gateway(before)), LATER);
    assert!(of_gateway(&status).conditions.contains(&theirs));
}

#[test]
fn a_table_shows_that_nothing_is_decided() {
    let said = |judgement: &Judgement| {
        let summary = summary(judgement);
        let accepted = summary.accepted.expect("a Gateway says so");
        (accepted.status, accepted.reason, summary.programmed)
    };
    assert_eq!(
        said(&held()),
        (ConditionStatus::False, "HeldByAnotherController", None)
    );
    assert_eq!(
        said(&class_missing()),
        (ConditionStatus::Unknown, "Pending", None)
    );
}

#[test]
fn a_set_whose_gateway_is_left_alone_keeps_all_that_is_written() {
    let served = written(&Judgement::ListenerSet(set(vec![good("a")])));
    let left_alone = Judgement::ListenerSet(ListenerSetJudgement {
        acceptance: ListenerSetAcceptance::LeftAlone,
        load_balancer: LoadBalancerJudgement::Unknown,
        ..set(Vec::new())
    });
    assert_eq!(next(&left_alone, Some(&served), LATER), Next::Unchanged);
    let summary = summary(&left_alone);
    let accepted = summary.accepted.expect("a set says so");
    assert_eq!(accepted.status, ConditionStatus::Unknown);
    assert_eq!(summary.programmed, None);
}
