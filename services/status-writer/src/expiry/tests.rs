use tributary_model::judgement::{
    JudgedOutcome, ListenerJudgement, ListenerSetJudgement, LoadBalancerJudgement,
};
use tributary_model::resolved::{ListenerSetAcceptance, SecretCertificate};
use tributary_model::{Kind, ObjectKey};

use super::*;

const DAY: i64 = 24 * 60 * 60;
const NOW: Timestamp = Timestamp(100 * DAY);

fn object(name: &str) -> ObjectRef {
    ObjectRef::new(Kind::ListenerSet, ObjectKey::new("team", name))
}

/// A set whose certificate, if it has one, ends in so many seconds.
fn judged(name: &str, ends_in: Option<i64>) -> Judgement {
    let certificate = ends_in.map(|seconds| SecretCertificate {
        secret: ObjectKey::new("team", "tls"),
        not_after: Timestamp(NOW.0 + seconds),
    });
    Judgement::ListenerSet(ListenerSetJudgement {
        key: ObjectKey::new("team", name),
        generation: 1,
        acceptance: ListenerSetAcceptance::Admitted,
        load_balancer: LoadBalancerJudgement::Ready,
        listeners: vec![ListenerJudgement {
            name: "https".into(),
            outcome: JudgedOutcome::Won(None),
            supported_kinds: Vec::new(),
            unresolved_refs: Vec::new(),
            unusable_refs: false,
            overlapping_tls: false,
            attached_routes: 0,
            notes: Vec::new(),
            certificates: certificate.into_iter().collect(),
        }],
    })
}

fn with(sets: &[(&str, Option<i64>)]) -> Expiry {
    let mut expiry = Expiry::default();
    for (name, ends_in) in sets {
        expiry.apply(&object(name), &judged(name, *ends_in), NOW);
    }
    expiry
}

/// All that is told at a moment.
fn told(expiry: &mut Expiry, now: Timestamp) -> Vec<String> {
    let taken = std::iter::from_fn(|| expiry.take(now));
    taken
        .flat_map(|(object, notices)| {
            let name = object.key.name;
            notices
                .into_iter()
                .map(move |notice| format!("{name} {}", notice.reason))
        })
        .collect()
}

fn after(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 + seconds)
}

#[test]
fn time_alone_brings_a_warning_and_then_another() {
    let mut expiry = with(&[("soon", Some(14 * DAY + 60)), ("plain", None)]);
    assert_eq!(told(&mut expiry, NOW), [""; 0]);
    assert_eq!(expiry.next_due(NOW), Some(Duration::from_mins(1)));
    assert_eq!(told(&mut expiry, after(59)), [""; 0]);
    assert_eq!(told(&mut expiry, after(60)), ["soon CertificateExpiring"]);
    assert_eq!(expiry.next_due(after(60)), Some(LOOK));
    assert_eq!(
        told(&mut expiry, after(15 * DAY)),
        ["soon CertificateExpired"]
    );
}

#[test]
fn a_judgement_that_says_the_same_of_certificates_tells_nothing() {
    let mut expiry = with(&[("set", Some(DAY))]);
    assert_eq!(told(&mut expiry, NOW), ["set CertificateExpiring"]);
    expiry.apply(&object("set"), &judged("set", Some(DAY)), after(1));
    assert_eq!(told(&mut expiry, after(1)), [""; 0]);
    expiry.apply(&object("set"), &judged("set", Some(2 * DAY)), after(2));
    assert_eq!(told(&mut expiry, after(2)), ["set CertificateExpiring"]);
}

#[test]
fn nothing_is_told_of_what_is_gone() {
    let mut expiry = with(&[
        ("a", Some(DAY)),
        ("b", Some(DAY)),
        ("c", Some(DAY)),
        ("d", Some(DAY)),
    ]);
    expiry.remove(&object("a"));
    expiry.apply(&object("b"), &judged("b", None), NOW);
    expiry.retain(&[object("a"), object("b"), object("d")].into());
    assert_eq!(told(&mut expiry, NOW), ["d CertificateExpiring"]);
    expiry.retain(&BTreeSet::new());
    assert_eq!(expiry.next_due(NOW), None);
}

#[test]
fn a_clock_that_was_set_back_makes_nobody_wait_for_ever() {
    let expiry = with(&[("set", Some(DAY))]);
    assert_eq!(expiry.next_due(after(-400 * DAY)), Some(LOOK));
}
