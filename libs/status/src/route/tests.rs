use tributary_model::controller;
use tributary_model::judgement::{Judgement, ParentJudgement, RouteJudgement};
use tributary_model::resolved::{RefCause, RouteAcceptance};
use tributary_model::status::{RouteParentStatus, RouteStatus, Status};

use crate::testing::{
    EARLIER, LATER, after, dropped, foreign, message, parent, parent_ref, route, short, unresolved,
    written,
};
use crate::{Next, next};

/// The conditions of one parent.
fn check(judged: ParentJudgement, conditions: &str) {
    assert_eq!(short(&only(judged).conditions), conditions);
}

fn check_message(judged: ParentJudgement, condition_type: &str, expected: &str) {
    assert_eq!(message(&only(judged).conditions, condition_type), expected);
}

fn only(judged: ParentJudgement) -> RouteParentStatus {
    let status = parents(&written(&Judgement::Route(route(vec![judged]))));
    assert_eq!(status.len(), 1);
    status[0].clone()
}

fn parents(status: &Status) -> Vec<RouteParentStatus> {
    match status {
        Status::Route(status) => status.parents.clone(),
        other => panic!("a route has a route's status: {other:?}"),
    }
}

/// `controller:parent` of each entry.
fn names(status: &Status) -> Vec<String> {
    parents(status)
        .iter()
        .map(|parent| format!("{}:{}", parent.controller_name, parent.parent_ref.name))
        .collect()
}

fn theirs(name: &str) -> RouteParentStatus {
    RouteParentStatus {
        parent_ref: parent_ref(name),
        controller_name: "example.com/other".to_owned(),
        conditions: vec![foreign("Accepted")],
    }
}

fn with_acceptance(acceptance: RouteAcceptance) -> ParentJudgement {
    ParentJudgement {
        acceptance,
        ..parent("app")
    }
}

#[test]
fn accepted() {
    check(
        parent("app"),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs",
    );
}

#[test]
fn not_accepted_with_the_reason() {
    for (acceptance, reason) in [
        (RouteAcceptance::NoMatchingParent, "NoMatchingParent"),
        (
            RouteAcceptance::NotAllowedByListeners,
            "NotAllowedByListeners",
        ),
        (
            RouteAcceptance::NoMatchingListenerHostname,
            "NoMatchingListenerHostname",
        ),
        (RouteAcceptance::UnsupportedValue, "UnsupportedValue"),
        (RouteAcceptance::IncompatibleFilters, "IncompatibleFilters"),
    ] {
        check(
            with_acceptance(acceptance),
            &format!("Accepted=False/{reason} ResolvedRefs=True/ResolvedRefs"),
        );
    }
}

#[test]
fn unresolved_backends_by_cause() {
    for (cause, reason) in [
        (RefCause::RefNotPermitted, "RefNotPermitted"),
        (RefCause::InvalidKind, "InvalidKind"),
        (RefCause::BackendNotFound, "BackendNotFound"),
        (RefCause::UnsupportedProtocol, "UnsupportedProtocol"),
    ] {
        let mut judged = parent("app");
        judged.unresolved_refs = vec![unresolved("rules[0].backendRefs[0]", cause)];
        check(
            judged,
            &format!("Accepted=True/Accepted ResolvedRefs=False/{reason}"),
        );
    }
}

#[test]
fn missing_grant_is_named_before_existence() {
    let mut judged = parent("app");
    judged.unresolved_refs = vec![
        unresolved("rules[0].backendRefs[0]", RefCause::BackendNotFound),
        unresolved("rules[1].backendRefs[0]", RefCause::RefNotPermitted),
    ];
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=False/RefNotPermitted",
    );
    check_message(
        judged,
        "ResolvedRefs",
        "rules[1].backendRefs[0]: it does not resolve; rules[0].backendRefs[0]: it does not resolve.",
    );
}

#[test]
fn dropped_rules_make_it_partially_invalid() {
    let mut judged = parent("app");
    judged.dropped_rules = vec![dropped(0, true), dropped(2, false)];
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs PartiallyInvalid=True/UnsupportedValue",
    );
    check_message(
        judged,
        "PartiallyInvalid",
        "Dropped Rule: rules[0].filters[0]: ELB has no RequestMirror; \
         rules[2].filters[0]: ELB has no RequestMirror.",
    );
}

#[test]
fn dropped_rules_with_filters_that_exclude_each_other() {
    let mut judged = parent("app");
    judged.dropped_rules = vec![dropped(1, true)];
    check(
        judged,
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs PartiallyInvalid=True/IncompatibleFilters",
    );
}

#[test]
fn rules_that_are_served_otherwise_than_asked_for_drop_nothing() {
    let mut judged = parent("app");
    judged.degraded_rules = vec![(0, "target 203.0.113.9:8080: InvalidTarget.".to_owned())];
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs gateway.tributary.dev/Degraded=True/NotAsAsked",
    );
    check_message(
        judged,
        "gateway.tributary.dev/Degraded",
        "The route is served, but not as it was asked for: rules[0]: target 203.0.113.9:8080: InvalidTarget.",
    );
}

#[test]
fn rules_refused_by_aws_make_it_partially_invalid() {
    let mut judged = parent("app");
    judged.refused_rules = vec![(3, "The quota of 100 rules is full.".to_owned())];
    judged.dropped_rules = vec![dropped(4, true)];
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs PartiallyInvalid=True/UnsupportedValue",
    );
    check_message(
        judged,
        "PartiallyInvalid",
        "Dropped Rule: rules[3]: The quota of 100 rules is full; \
         rules[4].filters[0]: ELB has no RequestMirror.",
    );
}

#[test]
fn partially_invalid_is_never_set_on_a_route_that_is_not_accepted() {
    let mut judged = with_acceptance(RouteAcceptance::UnsupportedValue);
    judged.dropped_rules = vec![dropped(0, false)];
    check(
        judged,
        "Accepted=False/UnsupportedValue ResolvedRefs=True/ResolvedRefs",
    );
}

#[test]
fn partially_invalid_goes_when_no_longer_so() {
    let mut judged = parent("app");
    judged.dropped_rules = vec![dropped(0, false)];
    let before = written(&Judgement::Route(route(vec![judged])));
    let status = after(
        &Judgement::Route(route(vec![parent("app")])),
        Some(&before),
        LATER,
    );
    assert_eq!(
        short(&parents(&status)[0].conditions),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs"
    );
}

#[test]
fn another_route_has_the_traffic() {
    let mut judged = parent("app");
    check_message(judged.clone(), "Accepted", "The route is attached.");
    judged.shadowed = true;
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs",
    );
    check_message(
        judged,
        "Accepted",
        "The route is attached, but another route has the traffic of its port.",
    );
}

#[test]
fn each_parent_has_its_own_entry() {
    let status = written(&Judgement::Route(route(vec![
        parent("one"),
        ParentJudgement {
            parent_ref: parent_ref("two"),
            ..with_acceptance(RouteAcceptance::NoMatchingParent)
        },
    ])));
    let told: Vec<String> = parents(&status)
        .iter()
        .map(|parent| short(&parent.conditions))
        .collect();
    assert_eq!(
        told,
        [
            "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs",
            "Accepted=False/NoMatchingParent ResolvedRefs=True/ResolvedRefs",
        ]
    );
}

#[test]
fn foreign_entries_keep_their_places_and_ours_that_are_gone_go() {
    let ours = |name: &str, controller_name: &str| RouteParentStatus {
        controller_name: controller_name.to_owned(),
        ..only(parent(name))
    };
    let before = Status::Route(RouteStatus {
        parents: vec![
            theirs("first"),
            ours("gone", controller::NLB),
            theirs("second"),
            ours("also-gone", controller::ELB),
            theirs("third"),
        ],
    });
    let judged = Judgement::Route(route(vec![parent("new")]));
    assert_eq!(
        names(&after(&judged, Some(&before), LATER)),
        [
            "example.com/other:first",
            "gateway.k8s.aws/alb:new",
            "example.com/other:second",
            "example.com/other:third",
        ]
    );
}

#[test]
fn entries_are_in_spec_order() {
    let before = written(&Judgement::Route(route(vec![parent("b"), parent("a")])));
    let status = after(
        &Judgement::Route(route(vec![parent("a"), parent("b"), parent("c")])),
        Some(&before),
        LATER,
    );
    let order: Vec<String> = parents(&status)
        .iter()
        .map(|parent| parent.parent_ref.name.to_string())
        .collect();
    assert_eq!(order, ["a", "b", "c"]);
}

#[test]
fn a_route_without_parents_of_ours_and_without_status_gets_none() {
    assert_eq!(
        next(&Judgement::Route(route(vec![])), None, EARLIER),
        Next::Unchanged
    );
}

#[test]
fn the_last_entry_of_ours_goes_when_no_parent_is_ours_any_more() {
    let before = written(&Judgement::Route(route(vec![parent("app")])));
    let status = after(&Judgement::Route(route(vec![])), Some(&before), LATER);
    assert_eq!(parents(&status), []);
}

fn crowded(theirs_count: usize, ours_count: usize) -> (RouteJudgement, Status) {
    let before = RouteStatus {
        parents: (0..theirs_count)
            .map(|index| theirs(&format!("theirs-{index}")))
            .collect(),
    };
    let ours = (0..ours_count)
        .map(|index| parent(&format!("ours-{index}")))
        .collect();
    (route(ours), Status::Route(before))
}

#[test]
fn more_than_32_entries_leave_out_the_last_of_ours() {
    let (judged, before) = crowded(30, 4);
    let judged = Judgement::Route(judged);
    let Next::WritePart { status, reason } = next(&judged, Some(&before), LATER) else {
        panic!("two of ours fit");
    };
    assert!(
        reason.starts_with("2 of the route's parents do not fit"),
        "{reason}"
    );
    let names = names(&status);
    assert_eq!(names.len(), 32);
    assert_eq!(
        names[30..],
        ["gateway.k8s.aws/alb:ours-0", "gateway.k8s.aws/alb:ours-1"]
    );
    assert!(matches!(
        next(&judged, Some(&status), LATER),
        Next::SetAside { .. }
    ));
}

#[test]
fn a_list_full_of_others_is_set_aside() {
    let (judged, before) = crowded(32, 1);
    assert!(matches!(
        next(&Judgement::Route(judged), Some(&before), LATER),
        Next::SetAside { .. }
    ));
}

#[test]
fn entries_of_parents_that_are_left_alone_stay_whoever_wrote_them() {
    let entry = |name: &str| RouteParentStatus {
        controller_name: controller::ALB.to_owned(),
        ..theirs(name)
    };
    // Another program may name the namespace that the spec leaves out, and one listener.
    let mut held = entry("held");
    held.parent_ref.namespace = Some("team-a".into());
    held.parent_ref.section_name = Some("http".into());
    let before = Status::Route(RouteStatus {
        parents: vec![entry("gone"), held.clone()],
    });
    let judged = Judgement::Route(RouteJudgement {
        left_alone: vec![parent_ref("held")],
        ..route(vec![parent("app")])
    });
    let status = after(&judged, Some(&before), LATER);
    assert_eq!(
        names(&status),
        ["gateway.k8s.aws/alb:app", "gateway.k8s.aws/alb:held"]
    );
    assert_eq!(parents(&status)[1], held);
}

#[test]
fn rules_on_their_way_are_told_while_they_are() {
    let mut judged = parent("app");
    judged.pending_rules = vec![(1, "the rule is being created".to_owned())];
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs gateway.tributary.dev/Programmed=False/Pending",
    );
    check_message(
        judged,
        "gateway.tributary.dev/Programmed",
        "Not all rules are in place yet: rules[1]: the rule is being created.",
    );
}

#[test]
fn a_route_whose_every_rule_is_refused_is_not_said_to_be_served() {
    let mut judged = parent("app");
    judged.refused_rules = vec![(0, "HealthCheckPath is bad.".to_owned())];
    judged.degraded_rules = vec![(0, "a field is refused".to_owned())];
    judged.serves_nothing = true;
    check(
        judged.clone(),
        "Accepted=True/Accepted ResolvedRefs=True/ResolvedRefs PartiallyInvalid=True/UnsupportedValue \
         gateway.tributary.dev/Degraded=True/NotAsAsked gateway.tributary.dev/Programmed=False/Invalid",
    );
    check_message(
        judged.clone(),
        "gateway.tributary.dev/Degraded",
        "The route is accepted, but not as it was asked for: rules[0]: a field is refused.",
    );
    check_message(
        judged,
        "gateway.tributary.dev/Programmed",
        "No rule is served: rules[0]: HealthCheckPath is bad.",
    );
}
