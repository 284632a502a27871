use tributary_model::Timestamp;
use tributary_model::judgement::{
    JudgedOutcome, Judgement, ListenerJudgement, ListenerSetJudgement, LoadBalancerJudgement,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{Conflict, RefCause};
use tributary_model::status::Status;

use super::resolved_refs;
use crate::testing::{
    LATER, after, condition, conflicted, entries, good, listener, message, pending,
    port_unavailable, set, top, unresolved, unusable, won, written,
};
use crate::{Next, next};

/// The conditions of one listener of a set whose load balancer serves.
fn check(judged: ListenerJudgement, conditions: &str) {
    let name = judged.name.clone();
    let status = written(&Judgement::ListenerSet(set(vec![judged, good("other")])));
    assert_eq!(listener(&status, &name), conditions);
}

#[test]
fn unsupported_protocol() {
    check(
        ListenerJudgement {
            outcome: JudgedOutcome::UnsupportedProtocol,
            ..good("a")
        },
        "Accepted=False/UnsupportedProtocol Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs",
    );
}

#[test]
fn invalid_for_itself() {
    check(
        ListenerJudgement {
            outcome: JudgedOutcome::Invalid {
                field: "tls.mode".to_owned(),
                reason: "HTTPS ends TLS at the load balancer".to_owned(),
            },
            ..good("a")
        },
        "Accepted=False/UnsupportedValue Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs",
    );
}

#[test]
fn no_certificate_by_any_source() {
    check(
        won(
            "a",
            Some(ProgrammedState::NoCertificate(
                "ACM has none for app.example.com".to_owned(),
            )),
        ),
        "Accepted=True/Accepted Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=False/InvalidCertificateRef",
    );
}

/// The reference is what its owner can mend.
#[test]
fn a_reference_that_fails_is_named_before_the_certificate_that_nobody_has() {
    let none = ProgrammedState::NoCertificate("ACM has none".to_owned());
    let at = "tls.certificateRefs[0]";
    for (cause, names_it) in [
        (RefCause::InvalidCertificateRef, true),
        (RefCause::InvalidRouteKinds, false),
    ] {
        let judged = ListenerJudgement {
            unresolved_refs: vec![unresolved(at, cause)],
            ..won("a", Some(none.clone()))
        };
        let condition_row = resolved_refs(&judged);
        assert_eq!(
            condition_row.message.contains(at),
            names_it,
            "{}",
            condition_row.message
        );
    }
}

#[test]
fn missing_grant_is_named_before_existence() {
    let mut judged = unusable(
        "a",
        "tls.certificateRefs[0]",
        RefCause::InvalidCertificateRef,
    );
    judged.unresolved_refs.push(unresolved(
        "tls.certificateRefs[1]",
        RefCause::RefNotPermitted,
    ));
    check(
        judged,
        "Accepted=True/Accepted Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=False/RefNotPermitted",
    );
}

#[test]
fn some_good_certificates_serve() {
    let mut judged = good("a");
    judged.unresolved_refs = vec![unresolved(
        "tls.certificateRefs[1]",
        RefCause::InvalidCertificateRef,
    )];
    check(
        judged,
        "Accepted=True/Accepted Programmed=True/Programmed \
         Conflicted=False/NoConflicts ResolvedRefs=False/InvalidCertificateRef",
    );
}

#[test]
fn no_usable_ca_certificate() {
    for (cause, reason) in [
        (RefCause::InvalidCaCertificateRef, "InvalidCACertificateRef"),
        (
            RefCause::InvalidCaCertificateKind,
            "InvalidCACertificateKind",
        ),
        (RefCause::RefNotPermitted, "RefNotPermitted"),
    ] {
        check(
            unusable(
                "a",
                "tls.frontend.default.validation.caCertificateRefs[0]",
                cause,
            ),
            &format!(
                "Accepted=False/NoValidCACertificate Programmed=False/Invalid \
                 Conflicted=False/NoConflicts ResolvedRefs=False/{reason}"
            ),
        );
    }
}

#[test]
fn refused_by_aws_for_good() {
    check(
        won(
            "a",
            Some(ProgrammedState::Refused(
                "SSL policy 'x' not found.".to_owned(),
            )),
        ),
        "Accepted=True/Accepted Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs",
    );
}

#[test]
fn aws_refused_is_said_of_answers_by_aws_only() {
    let said = |judged| {
        let status = written(&Judgement::ListenerSet(set(vec![judged])));
        message(&entries(&status)[0].conditions, "Programmed")
    };
    assert_eq!(
        said(won(
            "a",
            Some(ProgrammedState::Refused("SSL policy not found".to_owned()))
        )),
        "AWS refused the listener: SSL policy not found."
    );
    assert_eq!(
        said(port_unavailable("a")),
        "The listener cannot have its port: another listener has it."
    );
    assert_eq!(
        said(won(
            "a",
            Some(ProgrammedState::Impossible(
                "there is no trust store".to_owned()
            ))
        )),
        "The listener cannot be had as it is asked for: there is no trust store."
    );
}

#[test]
fn what_did_not_work_out_of_a_served_listener_is_told() {
    let status = written(&Judgement::ListenerSet(set(vec![ListenerJudgement {
        notes: vec![
            "AWS refused a target.".to_owned(),
            "no certificate".to_owned(),
        ],
        ..good("a")
    }])));
    assert!(listener(&status, "a").contains("Programmed=True/Programmed"));
    let Status::ListenerSet(status) = status else {
        panic!("{status:?}")
    };
    let message =
        &crate::listener::find(&status.listeners[0].conditions, crate::reasons::PROGRAMMED)
            .unwrap()
            .message;
    assert_eq!(
        message,
        "The load balancer serves the listener, but: AWS refused a target; no certificate."
    );
}

/// Of a Secret that is away: the reference does not resolve, and what was imported from it before is served or is not there.
#[test]
fn a_secret_that_is_away_is_told_whether_or_not_anything_was_imported_before() {
    let away = |state| ListenerJudgement {
        unresolved_refs: vec![unresolved(
            "tls.certificateRefs[0]",
            RefCause::InvalidCertificateRef,
        )],
        ..won("a", Some(state))
    };
    check(
        away(ProgrammedState::Programmed),
        "Accepted=True/Accepted Programmed=True/Programmed \
         Conflicted=False/NoConflicts ResolvedRefs=False/InvalidCertificateRef",
    );
    check(
        away(ProgrammedState::NoCertificate("none".to_owned())),
        "Accepted=True/Accepted Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=False/InvalidCertificateRef",
    );
    // A merger that has just been started takes nothing back.
    let set_of = |state| Judgement::ListenerSet(set(vec![away(state)]));
    let before = written(&set_of(ProgrammedState::Programmed));
    let mut unknown = set(vec![ListenerJudgement {
        outcome: JudgedOutcome::Won(None),
        ..away(ProgrammedState::Programmed)
    }]);
    unknown.load_balancer = LoadBalancerJudgement::Unknown;
    let kept = after(&Judgement::ListenerSet(unknown), Some(&before), LATER);
    assert_eq!(kept, before);
}

#[test]
fn overlapping_tls_config_is_there_only_while_true() {
    let judged = |overlapping_tls| {
        Judgement::ListenerSet(set(vec![ListenerJudgement {
            overlapping_tls,
            ..good("a")
        }]))
    };
    let before = written(&judged(true));
    assert!(listener(&before, "a").ends_with("OverlappingTLSConfig=True/OverlappingHostnames"));
    let status = after(&judged(false), Some(&before), LATER);
    assert!(!listener(&status, "a").contains("OverlappingTLSConfig"));
}

/// What a set with one listener says when the merger has just started, and what it said before.
fn check_restart(before: ListenerJudgement) {
    let before = written(&Judgement::ListenerSet(set(vec![before])));
    let mut judged = set(vec![won("a", None)]);
    judged.load_balancer = LoadBalancerJudgement::Unknown;
    assert_eq!(
        after(&Judgement::ListenerSet(judged), Some(&before), LATER),
        before
    );
}

#[test]
fn a_restart_keeps_programmed() {
    check_restart(good("a"));
}

#[test]
fn a_restart_keeps_pending() {
    check_restart(pending("a"));
}

#[test]
fn a_restart_keeps_too_many_listeners() {
    check_restart(won(
        "a",
        Some(ProgrammedState::TooManyListeners("50 listeners".to_owned())),
    ));
}

#[test]
fn a_restart_keeps_no_certificate() {
    check_restart(won(
        "a",
        Some(ProgrammedState::NoCertificate("ACM has none".to_owned())),
    ));
}

#[test]
fn a_restart_keeps_a_refusal() {
    check_restart(won(
        "a",
        Some(ProgrammedState::Refused("SSL policy not found".to_owned())),
    ));
}

#[test]
fn a_restart_keeps_a_port_that_cannot_be_had() {
    check_restart(port_unavailable("a"));
}

/// A restart finds that a reference is not permitted: what is written then is all that there is to write until the first
/// report comes.
fn check_one_write(before: ProgrammedState, now: ListenerJudgement) {
    let before = written(&Judgement::ListenerSet(set(vec![won("a", Some(before))])));
    let judged = Judgement::ListenerSet(ListenerSetJudgement {
        load_balancer: LoadBalancerJudgement::Unknown,
        ..set(vec![now])
    });
    let status = after(&judged, Some(&before), LATER);
    assert_eq!(
        next(&judged, Some(&status), Timestamp(9_000)),
        Next::Unchanged
    );
    assert_eq!(
        listener(&status, "a"),
        "Accepted=True/Accepted Programmed=False/Invalid \
         Conflicted=False/NoConflicts ResolvedRefs=False/RefNotPermitted"
    );
}

#[test]
fn a_restart_forgets_the_quota_of_a_listener_that_lost_its_references() {
    let too_many = ProgrammedState::TooManyListeners("50 listeners".to_owned());
    check_one_write(
        too_many,
        ListenerJudgement {
            outcome: JudgedOutcome::Won(None),
            ..unusable("a", "tls.certificateRefs[0]", RefCause::RefNotPermitted)
        },
    );
}

#[test]
fn a_restart_keeps_no_certificate_beside_a_reference_that_fails() {
    let none = ProgrammedState::NoCertificate("ACM has none".to_owned());
    check_one_write(
        none,
        ListenerJudgement {
            unresolved_refs: vec![unresolved(
                "tls.certificateRefs[0]",
                RefCause::RefNotPermitted,
            )],
            ..won("a", None)
        },
    );
}

/// A listener whose last condition was not a report's must not have it kept.
fn check_no_recall(before: ListenerJudgement) {
    let before = written(&Judgement::ListenerSet(set(vec![before, good("other")])));
    let mut judged = set(vec![won("a", None), won("other", None)]);
    judged.load_balancer = LoadBalancerJudgement::Unknown;
    let status = after(&Judgement::ListenerSet(judged), Some(&before), LATER);
    assert_eq!(
        listener(&status, "a"),
        "Accepted=True/Accepted Programmed=False/Pending \
         Conflicted=False/NoConflicts ResolvedRefs=True/ResolvedRefs"
    );
}

#[test]
fn a_won_conflict_waits_for_its_report() {
    check_no_recall(conflicted("a", Conflict::Hostname));
}

#[test]
fn a_secret_that_appeared_waits_for_its_report() {
    check_no_recall(unusable(
        "a",
        "tls.certificateRefs[0]",
        RefCause::InvalidCertificateRef,
    ));
}

#[test]
fn a_kept_programmed_keeps_its_generation() {
    let before = written(&Judgement::ListenerSet(set(vec![good("a")])));
    let mut judged = set(vec![won("a", None)]);
    judged.load_balancer = LoadBalancerJudgement::Unknown;
    judged.generation += 1;
    let status = after(
        &Judgement::ListenerSet(judged.clone()),
        Some(&before),
        LATER,
    );
    let generations: Vec<_> = entries(&status)[0]
        .conditions
        .iter()
        .map(|one| (one.condition_type.as_str(), one.observed_generation))
        .collect();
    assert_eq!(
        generations,
        [
            ("Accepted", Some(4)),
            ("Programmed", Some(3)),
            ("Conflicted", Some(4)),
            ("ResolvedRefs", Some(4)),
        ]
    );
}

#[test]
fn the_default_conditions_of_the_crd_are_not_kept() {
    use tributary_model::status::{ConditionStatus, ListenerSetStatus};
    let before = Status::ListenerSet(ListenerSetStatus {
        conditions: vec![
            condition("Accepted", ConditionStatus::Unknown, "Pending", None),
            condition("Programmed", ConditionStatus::Unknown, "Pending", None),
        ],
        listeners: vec![],
    });
    let mut judged = set(vec![won("a", None)]);
    judged.load_balancer = LoadBalancerJudgement::Unknown;
    let status = after(&Judgement::ListenerSet(judged), Some(&before), LATER);
    assert_eq!(
        top(&status),
        "Accepted=True/Accepted Programmed=False/Pending"
    );
}

#[test]
fn recalled_states_never_stand_in_for_a_missing_report_of_a_known_load_balancer() {
    let before = written(&Judgement::ListenerSet(set(vec![good("a")])));
    let status = after(
        &Judgement::ListenerSet(set(vec![won("a", None)])),
        Some(&before),
        LATER,
    );
    assert!(listener(&status, "a").contains("Programmed=False/Pending"));
}
