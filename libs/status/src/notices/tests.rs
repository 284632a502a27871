use tributary_model::judgement::{Judgement, ListenerJudgement, LoadBalancerJudgement};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{
    Conflict, ListenerSetAcceptance, NotAllowedCause, RefCause, RouteAcceptance,
};

use super::*;
use crate::testing::{
    EARLIER, conflicted, gateway, good, parent, pending, port_unavailable, refused, route, set,
    unusable, won,
};
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

fn written(judged: &Judgement) -> Status {
    match next(judged, None, EARLIER) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

/// `REASON` of the object, `LISTENER/REASON` of a listener.
fn words(before: Option<&Status>, after: &Status) -> Vec<String> {
    let notices = notices(before, after).into_iter();
    let words = notices.map(|notice| match notice.listener {
        Some(listener) => format!("{listener}/{}", notice.reason),
        None => notice.reason,
    });
    words.collect()
}

fn served_by(load_balancer: LoadBalancerJudgement, listener: ListenerJudgement) -> Status {
    let mut judged = gateway(vec![listener]);
    judged.load_balancer = load_balancer;
    written(&Judgement::Gateway(judged))
}

#[test]
fn a_load_balancer_that_cannot_be_had_is_told_once_for_each_cause() {
    let failed = |why: &str| served_by(LoadBalancerJudgement::Failed(why.to_owned()), good("http"));
    let (quota, rights) = (failed("the quota is reached"), failed("no rights"));
    assert_eq!(words(None, &quota), ["NoResources"]);
    assert_eq!(words(Some(&quota), &quota), [""; 0]);
    assert_eq!(words(Some(&quota), &rights), ["NoResources"]);
}

#[test]
fn a_load_balancer_that_is_gone_is_told_and_one_that_is_made_is_not() {
    let making = || LoadBalancerJudgement::Pending("it is being made".to_owned());
    let ready = served_by(LoadBalancerJudgement::Ready, good("http"));
    let gone = served_by(making(), pending("http"));
    assert_eq!(words(Some(&ready), &gone), ["Pending"]);
    assert_eq!(words(None, &gone), [""; 0]);
    assert_eq!(words(Some(&gone), &ready), [""; 0]);
    // What somebody changed takes its time.
    let mut changed = gateway(vec![pending("http")]);
    changed.generation += 1;
    assert_eq!(
        words(Some(&ready), &written(&Judgement::Gateway(changed))),
        [""; 0]
    );
}

#[test]
fn what_follows_from_a_listener_is_told_of_the_listener_alone() {
    let listener = |it: ListenerJudgement| status(Some(it));
    let unprogrammed = |state| listener(won("http", Some(state)));
    for (after, told) in [
        (listener(refused("http")), "http/Invalid"),
        (listener(port_unavailable("http")), "http/PortUnavailable"),
        (
            unprogrammed(ProgrammedState::Impossible("no QUIC".to_owned())),
            "http/Invalid",
        ),
        (
            unprogrammed(ProgrammedState::NoCertificate("none is issued".to_owned())),
            "http/InvalidCertificateRef",
        ),
        (listener(missing()), "http/InvalidCertificateRef"),
        (listener(too_many()), "http/TooManyListeners"),
        (
            listener(conflicted("http", Conflict::Protocol)),
            "http/ProtocolConflict",
        ),
    ] {
        assert_eq!(words(None, &after), [told]);
    }
    assert_eq!(words(None, &listener(pending("http"))), [""; 0]);
}

#[test]
fn what_is_not_as_it_should_be_with_a_listener_that_serves_is_told() {
    let with = |note: &str| {
        let mut listener = good("http");
        listener.notes = vec![note.to_owned()];
        status(Some(listener))
    };
    let told = with("no target is healthy");
    assert_eq!(words(None, &told), ["http/Programmed"]);
    assert_eq!(notices(None, &told)[0].weight, Weight::Warning);
    assert_eq!(words(Some(&told), &told), [""; 0]);
    assert_eq!(words(Some(&told), &status(Some(good("http")))), [""; 0]);
}

#[test]
fn a_set_that_its_gateway_does_not_take_is_told() {
    let with = |acceptance| {
        let mut judged = set(vec![good("http")]);
        judged.acceptance = acceptance;
        written(&Judgement::ListenerSet(judged))
    };
    let refused = with(ListenerSetAcceptance::NotAllowed(
        NotAllowedCause::NoneAllowed,
    ));
    assert_eq!(words(None, &refused), ["NotAllowed"]);
    let orphan = with(ListenerSetAcceptance::ParentNotAccepted);
    assert_eq!(words(None, &orphan), ["ParentNotAccepted"]);
    let mut judged = set(vec![good("http")]);
    judged.load_balancer = LoadBalancerJudgement::Failed("no rights".to_owned());
    let unserved = written(&Judgement::ListenerSet(judged));
    assert_eq!(words(None, &unserved), ["ParentNotProgrammed"]);
}

#[test]
fn a_route_that_is_not_accepted_is_told() {
    let mut refused = parent("app");
    refused.acceptance = RouteAcceptance::NotAllowedByListeners;
    let status = written(&Judgement::Route(route(vec![refused])));
    assert_eq!(words(None, &status), ["NotAllowedByListeners"]);
    assert_eq!(words(Some(&status), &status), [""; 0]);
}
