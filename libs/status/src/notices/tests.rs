use tributary_model::judgement::{Judgement, ListenerJudgement};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{Conflict, RefCause};

use super::*;
use crate::testing::{EARLIER, conflicted, gateway, good, parent, route, set, unusable, won};
use crate::{Next, next};

fn status(listener: Option<ListenerJudgement>) -> Status {
    let judged = Judgement::ListenerSet(set(listener.into_iter().collect()));
    match next(&judged, None, EARLIER) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

fn too_many() -> ListenerJudgement {
    won(
        "http",
        Some(ProgrammedState::TooManyListeners("50 listeners".to_owned())),
    )
}

fn missing() -> ListenerJudgement {
    unusable(
        "http",
        "tls.certificateRefs[0]",
        RefCause::InvalidCertificateRef,
    )
}

/// The reasons of what is told.
#[track_caller]
fn check(before: Option<ListenerJudgement>, after: Option<ListenerJudgement>, told: &[&str]) {
    let (before, after) = (status(before), status(after));
    let notices = notices(Some(&before), &after);
    let reasons: Vec<_> = notices
        .iter()
        .map(|notice| notice.reason.as_str())
        .collect();
    assert_eq!(reasons, told);
}

#[test]
fn a_lost_conflict_is_told_once() {
    let lost = || Some(conflicted("http", Conflict::Hostname));
    check(Some(good("http")), lost(), &["HostnameConflict"]);
    check(None, lost(), &["HostnameConflict"]);
    check(lost(), lost(), &[]);
}

#[test]
fn a_conflict_won_again_is_good_news() {
    let before = status(Some(conflicted("http", Conflict::Protocol)));
    let told = notices(Some(&before), &status(Some(good("http"))));
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].reason, CONFLICT_RESOLVED);
    assert_eq!(told[0].weight, Weight::Normal);
}

#[test]
fn a_listener_that_is_gone_has_won_nothing() {
    check(Some(conflicted("http", Conflict::Protocol)), None, &[]);
}

#[test]
fn a_missing_certificate_is_told() {
    check(
        Some(good("http")),
        Some(missing()),
        &["InvalidCertificateRef"],
    );
    check(Some(missing()), Some(missing()), &[]);
    check(Some(missing()), Some(good("http")), &[]);
}

#[test]
fn a_quota_that_is_reached_is_told() {
    check(Some(good("http")), Some(too_many()), &["TooManyListeners"]);
    check(Some(too_many()), Some(too_many()), &[]);
}

#[test]
fn what_is_good_from_the_start_is_not_told() {
    assert_eq!(notices(None, &status(Some(good("http")))), []);
}

fn gateway_with(problems: &[&str]) -> Status {
    let mut judged = gateway(vec![good("http")]);
    judged.problems = problems.iter().map(|it| (*it).to_owned()).collect();
    match next(&Judgement::Gateway(judged), None, EARLIER) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_a_load_balancer_does_not_do_as_it_should_is_told_once() {
    let (fine, bad) = (gateway_with(&[]), gateway_with(&["a rule is gone"]));
    let told = notices(Some(&fine), &bad);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].weight, Weight::Warning);
    assert!(told[0].note.contains("a rule is gone"), "{}", told[0].note);
    assert_eq!(notices(Some(&bad), &bad), []);
    assert_eq!(notices(Some(&bad), &fine), []);
    let worse = gateway_with(&["a rule is gone", "so is another"]);
    assert_eq!(notices(Some(&bad), &worse).len(), 1);
}

#[test]
fn what_is_refused_of_a_classs_parameters_is_told_once() {
    let status = |problems: &[&str]| {
        let mut judged = crate::testing::class();
        judged.problems = problems.iter().map(ToString::to_string).collect();
        match next(&Judgement::GatewayClass(judged), None, EARLIER) {
            Next::Write(status) => status,
            other => panic!("{other:?}"),
        }
    };
    let (fine, bad) = (status(&[]), status(&["spec.scheme is none"]));
    let told = notices(Some(&fine), &bad);
    assert_eq!(told.len(), 1);
    assert_eq!(
        (told[0].weight, told[0].reason.as_str()),
        (Weight::Warning, "NotAsAsked")
    );
    assert_eq!(notices(Some(&bad), &bad), []);
    assert_eq!(notices(Some(&bad), &fine), []);
}

#[test]
fn what_of_a_route_is_not_served_as_asked_is_told_once_for_all_its_parents() {
    let status = |texts: [Option<&str>; 2]| {
        let parents = texts.map(|text| {
            let mut parent = parent("app");
            parent.degraded_rules = text.map(|text| (0, text.to_owned())).into_iter().collect();
            parent
        });
        match next(&Judgement::Route(route(parents.into())), None, EARLIER) {
            Next::Write(status) => status,
            other => panic!("{other:?}"),
        }
    };
    let (well, ill) = (status([None, None]), status([Some("ill"), Some("ill")]));
    let told = notices(Some(&well), &ill);
    let [told] = told.as_slice() else {
        panic!("{told:?}");
    };
    assert_eq!(
        (told.reason.as_str(), told.weight),
        ("NotAsAsked", Weight::Warning)
    );
    assert!(told.note.ends_with("rules[0]: ill."), "{}", told.note);
    assert_eq!(notices(Some(&ill), &ill), []);
    assert_eq!(notices(Some(&ill), &well), []);
    assert_eq!(
        notices(Some(&ill), &status([Some("ill"), Some("worse")])).len(),
        1
    );
}
