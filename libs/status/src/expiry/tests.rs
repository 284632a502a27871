use tributary_model::judgement::{JudgedOutcome, Judgement};
use tributary_model::key::ObjectKey;
use tributary_model::resolved::Conflict;

use super::*;
use crate::testing::{conflicted, gateway, good, set, won};

/// 2026-11-23T06:40:00Z.
const NOW: Timestamp = Timestamp(1_795_416_000);

fn secret(name: &str, ends_in: i64) -> SecretCertificate {
    SecretCertificate {
        secret: ObjectKey::new("team-a", name),
        not_after: later(NOW, ends_in),
    }
}

fn with(listener: ListenerJudgement, certificates: &[SecretCertificate]) -> ListenerJudgement {
    ListenerJudgement {
        certificates: certificates.to_vec(),
        ..listener
    }
}

fn of(certificates: &[SecretCertificate]) -> Certificates {
    let listener = with(good("https"), certificates);
    super::certificates(&Judgement::ListenerSet(set(vec![listener])))
}

fn reasons(warnings: &Warnings) -> Vec<&str> {
    let due = warnings.due.iter();
    due.map(|notice| notice.reason.as_str()).collect()
}

/// What is told of one certificate that ends in so many seconds, and in how many there is more to tell.
#[track_caller]
fn check(ends_in: i64, told: &[&str], again_in: Option<i64>) {
    let warnings = warnings(&of(&[secret("tls", ends_in)]), &[], NOW);
    assert_eq!(reasons(&warnings), told);
    assert_eq!(warnings.again, again_in.map(|seconds| later(NOW, seconds)));
}

#[test]
fn fourteen_days_before_its_end_a_certificate_is_expiring() {
    check(14 * DAY + 1, &[], Some(1));
    check(14 * DAY, &[CERTIFICATE_EXPIRING], Some(DAY));
    check(90 * DAY, &[], Some(76 * DAY));
}

#[test]
fn the_end_is_the_last_moment_of_the_validity() {
    check(0, &[CERTIFICATE_EXPIRING], Some(1));
    check(-1, &[CERTIFICATE_EXPIRED], Some(DAY));
    check(-400 * DAY, &[CERTIFICATE_EXPIRED], Some(DAY));
}

#[test]
fn one_without_an_end_is_looked_at_in_the_far_future() {
    let eternal = SecretCertificate {
        not_after: Timestamp(i64::MAX),
        ..secret("tls", 0)
    };
    let warnings = warnings(&of(&[eternal]), &[], NOW);
    assert_eq!(reasons(&warnings), [""; 0]);
    assert!(warnings.again.is_some_and(|again| again > NOW));
}

#[test]
fn what_is_told_names_the_listener_the_secret_and_the_moment() {
    let warnings = warnings(&of(&[secret("tls", 3 * DAY)]), &[], NOW);
    let [notice] = warnings.due.as_slice() else {
        panic!("{warnings:?}");
    };
    assert_eq!(
        notice.note,
        "Listener \"https\": the certificate in Secret team-a/tls ends at 2026-11-26T06:40:00Z."
    );
    assert_eq!(notice.listener, Some("https".into()));
    assert_eq!(notice.weight, Weight::Warning);
}

#[test]
fn what_stands_is_told_once_a_day() {
    let certificates = of(&[secret("tls", 3 * DAY)]);
    let first = warnings(&certificates, &[], NOW);
    assert_eq!(reasons(&first), [CERTIFICATE_EXPIRING]);
    let soon = warnings(&certificates, &first.told, later(NOW, DAY - 1));
    assert_eq!(reasons(&soon), [""; 0]);
    assert_eq!((&soon.told, soon.again), (&first.told, first.again));
    let next_day = warnings(&certificates, &soon.told, later(NOW, DAY));
    assert_eq!(reasons(&next_day), [CERTIFICATE_EXPIRING]);
    assert_eq!(next_day.again, Some(later(NOW, 2 * DAY)));
}

#[test]
fn the_end_is_told_when_it_comes() {
    let certificates = of(&[secret("tls", 60)]);
    let first = warnings(&certificates, &[], NOW);
    assert_eq!(first.again, Some(later(NOW, 61)));
    let ended = warnings(&certificates, &first.told, later(NOW, 61));
    assert_eq!(reasons(&ended), [CERTIFICATE_EXPIRED]);
    assert_eq!(ended.told.len(), 1);
}

#[test]
fn a_renewed_certificate_is_news_only_if_it_ends_soon_too() {
    let first = warnings(&of(&[secret("tls", DAY)]), &[], NOW);
    let renewed = warnings(&of(&[secret("tls", 90 * DAY)]), &first.told, NOW);
    assert_eq!((reasons(&renewed), &renewed.told), (vec![], &vec![]));
    let little = warnings(&of(&[secret("tls", 5 * DAY)]), &first.told, NOW);
    assert_eq!(reasons(&little), [CERTIFICATE_EXPIRING]);
}

#[test]
fn a_listener_is_told_of_all_its_certificates_in_one_notice_of_each_reason() {
    let certificates = [
        secret("old", -1),
        secret("new", 90 * DAY),
        secret("a", DAY),
        secret("b", 2 * DAY),
    ];
    let warnings = warnings(&of(&certificates), &[], NOW);
    assert_eq!(
        reasons(&warnings),
        [CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRING]
    );
    assert!(warnings.due[0].note.contains("team-a/old ended"));
    assert!(
        warnings.due[1]
            .note
            .contains("team-a/a ends at 2026-11-24T06:40:00Z; the certificate in Secret team-a/b")
    );
}

#[test]
fn only_who_holds_port_and_hostname_is_told() {
    let tls = [secret("tls", DAY)];
    let invalid = JudgedOutcome::Invalid {
        field: "hostname".to_owned(),
        reason: "must not be an IP address".to_owned(),
    };
    let judged = Judgement::Gateway(gateway(vec![
        with(conflicted("lost", Conflict::Hostname), &tls),
        with(
            ListenerJudgement {
                outcome: invalid,
                ..good("invalid")
            },
            &tls,
        ),
        with(won("unreported", None), &tls),
        good("plain"),
    ]));
    let certificates = super::certificates(&judged);
    let names: Vec<_> = certificates.keys().map(|name| &**name).collect();
    assert_eq!(names, ["unreported"]);
}
