//! The table of rule listener-set-status, row by row.

use tributary_model::judgement::{
    Judgement, ListenerJudgement, ListenerSetJudgement, LoadBalancerJudgement,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{Conflict, ListenerSetAcceptance, NotAllowedCause, RefCause};

use crate::testing::{
    LATER, after, conflicted, entries, good, listener, pending, port_unavailable, refused, set,
    top, unresolved, unusable, won, written,
};

const GOOD: &str = "Accepted=True/Accepted Programmed=True/Programmed \
    Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs";
const HOSTNAME_LOSER: &str = "Accepted=False/HostnameConflict Programmed=False/HostnameConflict \
    Conflicted=True/HostnameConflict ResolvedRefs=True/ResolvedRefs";
const PROTOCOL_LOSER: &str = "Accepted=False/ProtocolConflict Programmed=False/ProtocolConflict \
    Conflicted=True/ProtocolConflict ResolvedRefs=True/ResolvedRefs";
const WAITING: &str = "Accepted=True/Accepted Programmed=False/Pending \
    Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs";
const NONE_VALID: &str = "Accepted=False/ListenersNotValid Programmed=False/ListenersNotValid";

/// The set's own conditions, then those of each listener.
fn check(judged: ListenerSetJudgement, conditions: &str, listeners: &[(&str, &str)]) {
    let status = written(&Judgement::ListenerSet(judged));
    assert_eq!(top(&status), conditions);
    let names: Vec<&str> = entries(&status).iter().map(|entry| &*entry.name).collect();
    let expected: Vec<&str> = listeners.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, expected);
    for (name, conditions) in listeners {
        assert_eq!(listener(&status, name), *conditions, "listener {name}");
    }
}

fn accepted_as(
    acceptance: ListenerSetAcceptance,
    judged: ListenerSetJudgement,
) -> ListenerSetJudgement {
    ListenerSetJudgement {
        acceptance,
        ..judged
    }
}

fn behind(
    load_balancer: LoadBalancerJudgement,
    judged: ListenerSetJudgement,
) -> ListenerSetJudgement {
    ListenerSetJudgement {
        load_balancer,
        ..judged
    }
}

#[test]
fn not_allowed_whatever_the_cause() {
    for cause in [
        NotAllowedCause::NoneAllowed,
        NotAllowedCause::OtherNamespace,
        NotAllowedCause::SelectorMiss,
        NotAllowedCause::SelectorMissing,
    ] {
        check(
            accepted_as(ListenerSetAcceptance::NotAllowed(cause), set(vec![])),
            "Accepted=False/NotAllowed Programmed=False/NotAllowed",
            &[],
        );
    }
}

#[test]
fn not_allowed_has_no_listener_entries() {
    check(
        accepted_as(
            ListenerSetAcceptance::NotAllowed(NotAllowedCause::NoneAllowed),
            set(vec![good("a")]),
        ),
        "Accepted=False/NotAllowed Programmed=False/NotAllowed",
        &[],
    );
}

#[test]
fn all_good() {
    check(
        set(vec![good("a"), good("b")]),
        "Accepted=True/Accepted Programmed=True/Programmed",
        &[("a", GOOD), ("b", GOOD)],
    );
}

#[test]
fn some_good_some_not() {
    check(
        set(vec![
            good("a"),
            conflicted("b", Conflict::Hostname),
            conflicted("c", Conflict::Protocol),
        ]),
        "Accepted=True/ListenersNotValid Programmed=True/Programmed",
        &[("a", GOOD), ("b", HOSTNAME_LOSER), ("c", PROTOCOL_LOSER)],
    );
}

#[test]
fn none_good() {
    check(
        set(vec![conflicted("a", Conflict::Hostname)]),
        NONE_VALID,
        &[("a", HOSTNAME_LOSER)],
    );
}

#[test]
fn only_listener_lacks_a_reference_grant() {
    check(
        set(vec![unusable(
            "a",
            "tls.certificateRefs[0]",
            RefCause::RefNotPermitted,
        )]),
        NONE_VALID,
        &[(
            "a",
            "Accepted=True/Accepted Programmed=False/Invalid \
             Conflicted=False/NoConflicts ResolvedRefs=False/RefNotPermitted",
        )],
    );
}

#[test]
fn a_route_kind_that_the_protocol_cannot_carry() {
    let mut listener = good("a");
    listener.unresolved_refs = vec![unresolved(
        "allowedRoutes.kinds[1]",
        RefCause::InvalidRouteKinds,
    )];
    check(
        set(vec![listener]),
        "Accepted=True/Accepted Programmed=True/Programmed",
        &[(
            "a",
            "Accepted=True/Accepted Programmed=True/Programmed \
             Conflicted=False/NoConflicts ResolvedRefs=False/InvalidRouteKinds",
        )],
    );
}

#[test]
fn supported_kinds_and_attached_routes_are_as_judged() {
    let mut bad = conflicted("a", Conflict::Hostname);
    bad.attached_routes = 4;
    bad.supported_kinds = vec![];
    let status = written(&Judgement::ListenerSet(set(vec![bad, good("b")])));
    let told: Vec<(u32, usize)> = entries(&status)
        .iter()
        .map(|entry| (entry.attached_routes, entry.supported_kinds.len()))
        .collect();
    assert_eq!(told, [(4, 0), (1, 1)]);
}

#[test]
fn parent_gateway_not_accepted() {
    check(
        accepted_as(
            ListenerSetAcceptance::ParentNotAccepted,
            set(vec![good("a")]),
        ),
        "Accepted=False/ParentNotAccepted Programmed=False/ParentNotProgrammed",
        &[("a", WAITING)],
    );
}

#[test]
fn accepted_while_the_load_balancer_is_provisioning() {
    check(
        behind(
            LoadBalancerJudgement::Pending("it is provisioning".to_owned()),
            set(vec![good("a"), pending("b")]),
        ),
        "Accepted=True/Accepted Programmed=False/Pending",
        &[("a", WAITING), ("b", WAITING)],
    );
}

#[test]
fn a_listener_that_is_not_served_yet_keeps_the_set_from_programmed() {
    check(
        set(vec![good("a"), pending("b")]),
        "Accepted=True/Accepted Programmed=False/Pending",
        &[("a", GOOD), ("b", WAITING)],
    );
}

#[test]
fn a_load_balancer_that_cannot_be_had() {
    check(
        behind(
            LoadBalancerJudgement::Failed("no subnets".to_owned()),
            set(vec![pending("a")]),
        ),
        "Accepted=True/Accepted Programmed=False/ParentNotProgrammed",
        &[("a", WAITING)],
    );
}

#[test]
fn over_a_quota_with_others_that_fit() {
    check(
        set(vec![
            good("a"),
            won(
                "b",
                Some(ProgrammedState::TooManyListeners("50 listeners".to_owned())),
            ),
        ]),
        "Accepted=True/ListenersNotValid Programmed=True/Programmed",
        &[
            ("a", GOOD),
            (
                "b",
                "Accepted=False/TooManyListeners Programmed=False/TooManyListeners \
                 Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs",
            ),
        ],
    );
}

#[test]
fn over_a_quota_with_nothing_that_fits() {
    check(
        set(vec![won(
            "a",
            Some(ProgrammedState::TooManyListeners("50 listeners".to_owned())),
        )]),
        NONE_VALID,
        &[(
            "a",
            "Accepted=False/TooManyListeners Programmed=False/TooManyListeners \
             Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs",
        )],
    );
}

const PORT_UNAVAILABLE: &str = "Accepted=True/Accepted Programmed=False/PortUnavailable \
    Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs";

#[test]
fn a_listener_whose_port_is_anothers_is_told_by_its_own_programmed() {
    check(
        set(vec![good("a"), port_unavailable("udp")]),
        "Accepted=True/Accepted Programmed=True/Programmed",
        &[("a", GOOD), ("udp", PORT_UNAVAILABLE)],
    );
    check(
        set(vec![port_unavailable("udp")]),
        "Accepted=True/Accepted Programmed=False/PortUnavailable",
        &[("udp", PORT_UNAVAILABLE)],
    );
}

/// A merger that starts knows what it decides itself, and not yet what is on the load balancer.
#[track_caller]
fn check_without_report(now: ListenerJudgement, conditions: &str, of_listener: &str) {
    let before = written(&Judgement::ListenerSet(set(vec![good("a")])));
    let judged = ListenerSetJudgement {
        load_balancer: LoadBalancerJudgement::Unknown,
        ..set(vec![now])
    };
    let status = after(&Judgement::ListenerSet(judged), Some(&before), LATER);
    assert_eq!(top(&status), conditions);
    assert_eq!(listener(&status, "a"), of_listener);
}

#[test]
fn what_no_report_can_change_is_told_before_one_comes() {
    check_without_report(
        port_unavailable("a"),
        "Accepted=True/Accepted Programmed=False/PortUnavailable",
        PORT_UNAVAILABLE,
    );
    check_without_report(
        conflicted("a", Conflict::Hostname),
        NONE_VALID,
        HOSTNAME_LOSER,
    );
}

#[test]
fn refusals_by_aws_and_ports_of_others_together() {
    let status = written(&Judgement::ListenerSet(set(vec![
        refused("a"),
        port_unavailable("udp"),
    ])));
    assert_eq!(
        top(&status),
        "Accepted=True/Accepted Programmed=False/Invalid"
    );
}

#[test]
fn parent_deleted_after_it_was_ours() {
    check(
        accepted_as(ListenerSetAcceptance::ParentGone, set(vec![good("a")])),
        "Accepted=False/ParentNotAccepted Programmed=False/ParentNotProgrammed",
        &[],
    );
}

#[test]
fn before_the_first_report_of_a_new_set() {
    check(
        behind(LoadBalancerJudgement::Unknown, set(vec![won("a", None)])),
        "Accepted=True/Accepted Programmed=False/Pending",
        &[("a", WAITING)],
    );
}
