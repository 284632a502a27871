//! Joining with reports.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::desired::LoadBalancerKey;
use tributary_model::judgement::{
    GatewayJudgement, JudgedOutcome, Judgement, ListenerSetJudgement, LoadBalancerJudgement,
    RouteJudgement,
};
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState, RuleProblem, RuleState,
};
use tributary_model::view::Sight;
use tributary_model::{Change, Kind, ObjectRef, Resource, Revision, Rule};
use tributary_testkit::objects::{class, gateway, http, https, key, listener_set};
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{secret, service};

use super::{Reports, judge};
use crate::Merge;
use crate::Options;

fn world() -> Vec<Resource> {
    vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        listener_set("t/s", "infra/gw")
            .listener(https("https", 443, "a.x").certificate("cert"))
            .build(),
        secret("t/cert", "1"),
        service("t/web", 80),
        http_route("t/r").to_set("t/s").backend("web").build(),
    ]
}

fn merged_of(objects: Vec<Resource>) -> Merge {
    let mut merge = Merge::new(Options::default());
    for object in objects {
        merge.apply(Change::Apply(Arc::new(object)));
    }
    merge.propagate();
    merge
}

fn load_balancer(merge: &Merge) -> LoadBalancerKey {
    merge
        .load_balancer_key(&key("infra/gw"))
        .expect("the Gateway is ours")
}

/// Every listener in one state, at the revisions that are wanted now.
fn report(merge: &Merge, state: &ProgrammedState) -> LoadBalancerReport {
    let key = load_balancer(merge);
    let listeners = merge
        .load_balancers()
        .get(&key)
        .into_iter()
        .flat_map(|desired| desired.listeners.values())
        .flat_map(|listener| listener.members.values())
        .map(|member| ListenerReport {
            listener: member.listener.clone(),
            revision: member.revision,
            state: state.clone(),
            awaits_rules: false,
            elb_listener: None,
            notes: vec![],
        })
        .collect();
    LoadBalancerReport {
        key,
        phase: LoadBalancerPhase::Active,
        arn: None,
        dns_name: Some("lb.aws".to_owned()),
        listeners,
        rules: vec![],
        problems: vec![],
        blocked: false,
        healthy: [].into(),
        quotas: None,
        settled: true,
    }
}

fn reported(merge: &Merge, report: LoadBalancerReport) -> Reports {
    let mut reports = Reports::default();
    reports.insert(merge, report);
    reports
}

fn gateway_of(merge: &Merge, reports: &Reports) -> GatewayJudgement {
    match judge(
        merge,
        &ObjectRef::new(Kind::Gateway, key("infra/gw")),
        reports,
    ) {
        Some(Judgement::Gateway(judged)) => judged,
        other => panic!("{other:?}"),
    }
}

fn set_of(merge: &Merge, reports: &Reports) -> ListenerSetJudgement {
    match judge(
        merge,
        &ObjectRef::new(Kind::ListenerSet, key("t/s")),
        reports,
    ) {
        Some(Judgement::ListenerSet(judged)) => judged,
        other => panic!("{other:?}"),
    }
}

fn route_of(merge: &Merge, reports: &Reports) -> RouteJudgement {
    match judge(merge, &ObjectRef::new(Kind::HttpRoute, key("t/r")), reports) {
        Some(Judgement::Route(judged)) => judged,
        other => panic!("{other:?}"),
    }
}

/// What the set's listener is told.
fn programmed(merge: &Merge, reports: &Reports) -> Option<ProgrammedState> {
    match &set_of(merge, reports).listeners[0].outcome {
        JudgedOutcome::Won(state) => state.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn before_the_first_report_nothing_is_known() {
    let merge = merged_of(world());
    let reports = Reports::default();
    assert_eq!(
        gateway_of(&merge, &reports).load_balancer,
        LoadBalancerJudgement::Unknown
    );
    assert_eq!(programmed(&merge, &reports), None);
}

#[test]
fn programmed_counts_at_the_wanted_revision() {
    let merge = merged_of(world());
    let reports = reported(&merge, report(&merge, &ProgrammedState::Programmed));
    let judged = gateway_of(&merge, &reports);
    assert_eq!(judged.load_balancer, LoadBalancerJudgement::Ready);
    assert_eq!(judged.addresses, ["lb.aws"]);
    assert_eq!(judged.attached_listener_sets, 1);
    assert_eq!(
        programmed(&merge, &reports),
        Some(ProgrammedState::Programmed)
    );
}

#[test]
fn a_report_on_an_earlier_revision_is_pending() {
    let merge = merged_of(world());
    let mut old = report(&merge, &ProgrammedState::Programmed);
    for listener in &mut old.listeners {
        listener.revision = Revision(0);
    }
    assert!(matches!(
        programmed(&merge, &reported(&merge, old)),
        Some(ProgrammedState::Pending(_))
    ));
}

#[test]
fn a_listener_that_the_report_does_not_know_is_pending() {
    let merge = merged_of(world());
    let mut silent = report(&merge, &ProgrammedState::Programmed);
    silent.listeners.clear();
    assert!(matches!(
        programmed(&merge, &reported(&merge, silent)),
        Some(ProgrammedState::Pending(_))
    ));
}

#[test]
fn a_set_is_attached_while_one_of_its_listeners_is_valid() {
    let merge = merged_of(world());
    for (state, attached) in [
        (ProgrammedState::Programmed, 1),
        (ProgrammedState::Pending("it is being made".to_owned()), 1),
        (ProgrammedState::TooManyListeners("rules".to_owned()), 0),
        (ProgrammedState::NoCertificate("none".to_owned()), 0),
        // Their own conditions say Accepted, so the set's must.
        (ProgrammedState::Refused("no".to_owned()), 1),
        (ProgrammedState::PortUnavailable("taken".to_owned()), 1),
    ] {
        let reports = reported(&merge, report(&merge, &state));
        assert_eq!(programmed(&merge, &reports), Some(state.clone()));
        assert_eq!(
            gateway_of(&merge, &reports).attached_listener_sets,
            attached,
            "{state:?}"
        );
    }
}

#[test]
fn what_was_refused_of_a_route_is_told_on_the_route() {
    let merge = merged_of(world());
    let mut refusing = report(&merge, &ProgrammedState::Programmed);
    let desired = merge.load_balancers().values().next().expect("one");
    let rule = desired.listeners[&443].rules.iter().next().expect("one");
    refusing.rules.push(RuleProblem {
        origin: rule.origin.clone().expect("of a route"),
        listener: rule.listener.clone(),
        message: "no".to_owned(),
        state: RuleState::NotServed,
    });
    let reports = reported(&merge, refusing);
    let parent = &route_of(&merge, &reports).parents[0];
    assert_eq!(parent.refused_rules, [(0, "no".to_owned())]);
    assert!(parent.serves_nothing, "it has one rule");
}

/// `Accepted` alone reads as if it were served.
#[test]
fn a_route_on_a_listener_that_is_not_served_says_so() {
    let merge = merged_of(world());
    let waiting = |change: &dyn Fn(&mut LoadBalancerReport)| {
        let mut next = report(&merge, &ProgrammedState::Programmed);
        change(&mut next);
        let route = route_of(&merge, &reported(&merge, next));
        assert!(!route.parents[0].serves_nothing, "nothing of it is refused");
        route.parents[0].pending_rules.clone()
    };
    let no_listener = vec![(0, "its listener is not served".to_owned())];
    let no_load_balancer = vec![(0, "its load balancer cannot be had".to_owned())];
    for (state, expected) in [
        (ProgrammedState::Programmed, Vec::new()),
        (waits(), Vec::new()),
        (
            ProgrammedState::TooManyListeners("rules".to_owned()),
            no_listener.clone(),
        ),
        (
            ProgrammedState::NoCertificate("none".to_owned()),
            no_listener.clone(),
        ),
        (
            ProgrammedState::Refused("no".to_owned()),
            no_listener.clone(),
        ),
        (
            ProgrammedState::Impossible("no".to_owned()),
            no_listener.clone(),
        ),
        (
            ProgrammedState::PortUnavailable("taken".to_owned()),
            no_listener,
        ),
    ] {
        let told = waiting(&|report| {
            for listener in &mut report.listeners {
                listener.state = state.clone();
            }
        });
        assert_eq!(told, expected, "{state:?}");
    }
    let told = waiting(&|report| {
        report.phase = LoadBalancerPhase::Absent;
        report.problems = vec!["no subnets".to_owned()];
        report.blocked = true;
    });
    assert_eq!(told, no_load_balancer);
    assert_eq!(
        waiting(&|report| report.phase = LoadBalancerPhase::Provisioning),
        []
    );
}

/// What a programmer says that has just got the load balancer, while the rules of the set's routes are created.
fn awaiting(merge: &Merge) -> LoadBalancerReport {
    let mut awaiting = report(merge, &waits());
    for listener in &mut awaiting.listeners {
        listener.awaits_rules = true;
    }
    let desired = merge.load_balancers().values().next().expect("one");
    let rule = desired.listeners[&443].rules.iter().next().expect("one");
    awaiting.rules.push(RuleProblem {
        origin: rule.origin.clone().expect("of a route"),
        listener: rule.listener.clone(),
        message: "soon".to_owned(),
        state: RuleState::Pending,
    });
    awaiting
}

fn waits() -> ProgrammedState {
    ProgrammedState::Pending("its rules are being created".to_owned())
}

#[test]
fn what_was_programmed_stays_so_when_another_programmer_gets_it_while_its_first_rules_are_created()
{
    let merge = merged_of(world());
    let mut reports = reported(&merge, report(&merge, &ProgrammedState::Programmed));
    reports.insert(&merge, awaiting(&merge));
    assert_eq!(
        programmed(&merge, &reports),
        Some(ProgrammedState::Programmed)
    );
    let pending = &route_of(&merge, &reports).parents[0].pending_rules;
    assert_eq!(*pending, [(0, "soon".to_owned())]);
}

#[test]
fn what_was_never_programmed_waits_for_its_first_rules_and_says_so_once() {
    let merge = merged_of(world());
    let mut reports = reported(&merge, report(&merge, &waits()));
    reports.insert(&merge, awaiting(&merge));
    assert_eq!(programmed(&merge, &reports), Some(waits()));
    let pending = &route_of(&merge, &reports).parents[0].pending_rules;
    assert_eq!(*pending, []);
}

#[test]
fn without_a_listener_to_serve_there_is_no_load_balancer_and_nothing_is_programmed() {
    let merge = merged_of(vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("infra/gw")
            .listener(https("x", 443, "a.x").certificate("t/not-permitted"))
            .build(),
    ]);
    assert!(merge.load_balancers().is_empty());
    let judged = gateway_of(&merge, &Reports::default());
    assert!(matches!(
        judged.load_balancer,
        LoadBalancerJudgement::Pending(_)
    ));
}

#[test]
fn phases_of_a_load_balancer() {
    let merge = merged_of(world());
    let of = |phase, problems: &[&str]| {
        let mut reported = report(&merge, &ProgrammedState::Programmed);
        reported.phase = phase;
        reported.settled = false;
        reported.blocked = problems.contains(&"no subnets");
        reported.problems = problems.iter().map(|text| (*text).to_owned()).collect();
        gateway_of(&merge, &self::reported(&merge, reported)).load_balancer
    };
    assert_eq!(
        of(LoadBalancerPhase::Active, &[]),
        LoadBalancerJudgement::Ready
    );
    assert!(matches!(
        of(LoadBalancerPhase::Absent, &[]),
        LoadBalancerJudgement::Pending(_)
    ));
    let mut nothing = report(&merge, &ProgrammedState::NoCertificate("none".to_owned()));
    nothing.phase = LoadBalancerPhase::Absent;
    nothing.settled = true;
    assert_eq!(
        gateway_of(&merge, &reported(&merge, nothing)).load_balancer,
        LoadBalancerJudgement::Pending("there is no valid listener to serve".to_owned())
    );
    assert_eq!(
        of(LoadBalancerPhase::Absent, &["no subnets"]),
        LoadBalancerJudgement::Failed("no subnets".to_owned())
    );
    // What is not as it was asked for keeps no load balancer from being created.
    assert_eq!(
        of(LoadBalancerPhase::Absent, &["no firewall"]),
        LoadBalancerJudgement::Pending(
            "the load balancer is being created: no firewall".to_owned()
        )
    );
    assert!(matches!(
        of(LoadBalancerPhase::Provisioning, &[]),
        LoadBalancerJudgement::Pending(_)
    ));
    assert!(matches!(
        of(LoadBalancerPhase::Failed, &[]),
        LoadBalancerJudgement::Failed(_)
    ));
    assert!(matches!(
        of(LoadBalancerPhase::Deleting, &[]),
        LoadBalancerJudgement::Pending(_)
    ));
}

#[test]
fn a_gateway_that_is_being_deleted_says_what_keeps_its_load_balancer() {
    let mut merge = merged_of(world());
    let mut reports = reported(&merge, report(&merge, &ProgrammedState::Programmed));
    let mut removal = report(&merge, &ProgrammedState::Programmed);
    let leaving = gateway("infra/gw")
        .deleting()
        .listener(http("http", 80))
        .build();
    let object = leaving.object_ref();
    merge.apply(Change::Apply(Arc::new(leaving)));
    merge.propagate();
    assert_eq!(judge(&merge, &object, &reports), None);

    removal.phase = LoadBalancerPhase::Deleting;
    removal.listeners.clear();
    let affected = reports.insert(&merge, removal.clone());
    assert_eq!(affected, BTreeSet::from([object.clone()]));
    assert_eq!(judge(&merge, &object, &reports), None);

    removal.problems.push("it is protected".to_owned());
    let affected = reports.insert(&merge, removal.clone());
    assert_eq!(affected, BTreeSet::from([object.clone()]));
    let Some(Judgement::Gateway(judged)) = judge(&merge, &object, &reports) else {
        unreachable!("it waits");
    };
    assert_eq!(
        judged.load_balancer,
        LoadBalancerJudgement::Leaving("it is protected".to_owned())
    );
    assert_eq!(reports.insert(&merge, removal.clone()), BTreeSet::new());

    let affected = reports.remove(&merge, &removal.key);
    assert_eq!(affected, BTreeSet::from([object.clone()]));
    assert_eq!(judge(&merge, &object, &reports), None);
}

/// Names of what a report makes worth judging again, after a first one.
fn affected(change: impl FnOnce(&mut LoadBalancerReport)) -> BTreeSet<String> {
    let mut objects = world();
    objects.push(
        listener_set("t/other", "infra/gw")
            .created(1)
            .listener(http("http", 8080))
            .build(),
    );
    let merge = merged_of(objects);
    let mut next = report(&merge, &ProgrammedState::Programmed);
    let mut reports = reported(&merge, next.clone());
    change(&mut next);
    reports
        .insert(&merge, next)
        .iter()
        .map(ToString::to_string)
        .collect()
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn the_same_report_affects_nobody() {
    assert_eq!(affected(|_| {}), names(&[]));
}

#[test]
fn a_listeners_report_affects_its_owner_and_the_gateway() {
    let of_the_set = |state: ProgrammedState| {
        affected(|report| {
            for listener in &mut report.listeners {
                if listener.listener.owner.key == key("t/s") {
                    listener.state = state.clone();
                }
            }
        })
    };
    assert_eq!(
        of_the_set(waits()),
        names(&["Gateway infra/gw", "ListenerSet t/s"])
    );
    // Nothing of its routes is served either.
    assert_eq!(
        of_the_set(ProgrammedState::Refused("no".to_owned())),
        names(&["Gateway infra/gw", "HTTPRoute t/r", "ListenerSet t/s"])
    );
}

#[test]
fn a_phase_affects_every_owner() {
    assert_eq!(
        affected(|report| report.phase = LoadBalancerPhase::Provisioning),
        names(&["Gateway infra/gw", "ListenerSet t/other", "ListenerSet t/s"])
    );
}

#[test]
fn a_refused_rule_affects_its_route() {
    let merge = merged_of(world());
    let desired = merge.load_balancers().values().next().expect("one");
    let rule = desired.listeners[&443].rules.iter().next().expect("one");
    let problem = RuleProblem {
        origin: rule.origin.clone().expect("of a route"),
        listener: rule.listener.clone(),
        message: "no".to_owned(),
        state: RuleState::NotServed,
    };
    assert_eq!(
        affected(|report| report.rules.push(problem)),
        names(&["HTTPRoute t/r"])
    );
}

#[test]
fn an_owner_without_a_valid_listener_is_not_explained_as_accepted() {
    let merge = merged_of(world());
    let explained = |state: &ProgrammedState, kind: Kind, name: &str| {
        let reports = reported(&merge, report(&merge, state));
        let object = ObjectRef::new(kind, key(name));
        let explained = super::explain(&merge, &object, None, &reports, &Sight::Everything);
        let own = explained.into_iter().next().expect("its own comes first");
        (own.decision, own.rule)
    };
    let without = ProgrammedState::NoCertificate("none".to_owned());
    for (kind, name, accepted, rule) in [
        (
            Kind::ListenerSet,
            "t/s",
            "admitted",
            Rule::ListenerSetStatus,
        ),
        (Kind::Gateway, "infra/gw", "accepted", Rule::GatewayStatus),
    ] {
        let (decision, _) = explained(&ProgrammedState::Programmed, kind, name);
        assert_eq!(decision, accepted);
        let refused = "not accepted: ListenersNotValid".to_owned();
        assert_eq!(
            explained(&without, kind, name),
            (refused, rule.to_string()),
            "{kind:?}"
        );
    }
}

#[test]
fn an_explanation_says_what_programmers_say() {
    let merge = merged_of(world());
    let desired = merge.load_balancers().values().next().expect("one");
    let rule = desired.listeners[&443].rules.iter().next().expect("one");
    let mut said = report(
        &merge,
        &ProgrammedState::Pending("it takes time".to_owned()),
    );
    for (message, state) in [
        ("no", RuleState::NotServed),
        ("ill", RuleState::Degraded),
        ("soon", RuleState::Pending),
    ] {
        said.rules.push(RuleProblem {
            origin: rule.origin.clone().expect("of a route"),
            listener: rule.listener.clone(),
            message: message.to_owned(),
            state,
        });
    }
    said.problems.push("no subnet".to_owned());
    let reports = reported(&merge, said);
    let because = |kind: Kind, name: &str| -> Vec<String> {
        let explained = super::explain(
            &merge,
            &ObjectRef::new(kind, key(name)),
            None,
            &reports,
            &Sight::Everything,
        );
        explained.into_iter().flat_map(|it| it.because).collect()
    };
    let has = |because: &[String], fact: &str| {
        assert!(because.iter().any(|it| it == fact), "{fact}: {because:#?}");
    };
    let route = because(Kind::HttpRoute, "t/r");
    has(&route, "rules[0] is not served: no");
    has(&route, "rules[0]: ill");
    has(&route, "rules[0] is not in place yet: soon");
    has(&because(Kind::Gateway, "infra/gw"), "no subnet");
    has(
        &because(Kind::ListenerSet, "t/s"),
        "it is not programmed yet: it takes time",
    );
}

/// `Programmed` of an earlier report is of the route as it was then.
#[test]
fn a_route_that_changed_since_the_last_report_waits_where_something_is_served_or_nothing_known() {
    let merge = merged_of(world());
    let balancer = load_balancer(&merge);
    let route = ObjectRef::new(Kind::HttpRoute, key("t/r"));
    let other = ObjectRef::new(Kind::HttpRoute, key("t/other"));
    let pending = |reports: &Reports| route_of(&merge, reports).parents[0].pending_rules.clone();
    let not_yet = vec![(0, "the load balancer does not have it yet".to_owned())];
    for (state, expected) in [
        (Some(ProgrammedState::Programmed), not_yet.clone()),
        // It says so itself.
        (Some(waits()), Vec::new()),
        (None, not_yet),
    ] {
        let mut reports = match &state {
            Some(state) => reported(&merge, report(&merge, state)),
            None => Reports::default(),
        };
        assert_eq!(pending(&reports), []);
        reports.falls_behind(&balancer, &other);
        assert_eq!(pending(&reports), []);
        reports.falls_behind(&balancer, &route);
        assert_eq!(pending(&reports), expected, "{state:?}");
        reports.caught_up(&balancer, [&other]);
        assert_eq!(pending(&reports), expected, "{state:?}");
        reports.caught_up(&balancer, [&route]);
        assert_eq!(pending(&reports), []);
    }
}

#[test]
fn a_load_balancer_that_no_programmer_is_heard_of_is_told_on_its_gateway() {
    let merge = merged_of(world());
    let ours = load_balancer(&merge);
    let other = LoadBalancerKey {
        gateway: key("infra/other"),
        ..ours.clone()
    };
    let mut reports = reported(&merge, report(&merge, &ProgrammedState::Programmed));
    let mut hear_nothing_of = |keys: &[&LoadBalancerKey]| {
        let changed = reports.hear_nothing_of(keys.iter().map(|key| (*key).clone()).collect());
        let changed: Vec<String> = changed.iter().map(ToString::to_string).collect();
        (changed, gateway_of(&merge, &reports).unheard)
    };
    let of = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("Gateway infra/{name}"))
            .collect()
    };
    assert_eq!(hear_nothing_of(&[]), (of(&[]), false));
    assert_eq!(hear_nothing_of(&[&other]), (of(&["other"]), false));
    assert_eq!(hear_nothing_of(&[&ours]), (of(&["gw", "other"]), true));
    assert_eq!(hear_nothing_of(&[&ours]), (of(&[]), true));
    assert_eq!(hear_nothing_of(&[]), (of(&["gw"]), false));
}

#[test]
fn a_route_serves_nothing_when_each_of_its_rules_is_refused_on_each_of_its_listeners() {
    let mut objects = world();
    objects[5] = http_route("t/r")
        .to_set("t/s")
        .rule(rule().prefix("/a").backend("web", 80))
        .rule(rule().prefix("/b").backend("web", 80))
        .build();
    let merge = merged_of(objects);
    let desired = merge.load_balancers().values().next().expect("one");
    let rules: Vec<_> = desired.listeners[&443].rules.iter().collect();
    let judged = |problems: &[(usize, &str, RuleState)]| {
        let mut refusing = report(&merge, &ProgrammedState::Programmed);
        for (index, listener, state) in problems {
            let rule = rules[*index];
            let mut on = rule.listener.clone();
            on.name = (*listener).into();
            refusing.rules.push(RuleProblem {
                origin: rule.origin.clone().expect("of a route"),
                listener: on,
                message: "no".to_owned(),
                state: *state,
            });
        }
        let parent = route_of(&merge, &reported(&merge, refusing)).parents[0].clone();
        (parent.serves_nothing, parent.refused_rules.len())
    };
    let no = RuleState::NotServed;
    assert_eq!(judged(&[]), (false, 0));
    assert_eq!(judged(&[(0, "https", no)]), (false, 1));
    assert_eq!(judged(&[(0, "https", no), (1, "https", no)]), (true, 2));
    assert_eq!(judged(&[(0, "https", no), (1, "other", no)]), (false, 1));
    let later = RuleState::Pending;
    assert_eq!(judged(&[(0, "https", no), (1, "https", later)]), (false, 1));
}

#[test]
fn what_is_refused_of_a_listener_on_its_way_is_told_and_so_is_what_waits_elsewhere() {
    let merge = merged_of(world());
    let told = |state: RuleState, on_its_way: bool| {
        let mut said = awaiting(&merge);
        for listener in &mut said.listeners {
            listener.awaits_rules = on_its_way;
        }
        said.rules[0].state = state;
        let parent = route_of(&merge, &reported(&merge, said)).parents[0].clone();
        (parent.refused_rules.len(), parent.pending_rules.len())
    };
    assert_eq!(told(RuleState::Pending, true), (0, 0));
    assert_eq!(told(RuleState::Pending, false), (0, 1));
    assert_eq!(told(RuleState::NotServed, true), (1, 0));
    assert_eq!(told(RuleState::NotServed, false), (1, 0));
}

#[test]
fn of_one_listener_it_is_said_what_programmers_say_of_it() {
    let mut objects = world();
    objects[1] = gateway("infra/gw")
        .allow_all()
        .listener(http("first", 80))
        .listener(http("second", 81))
        .build();
    let merge = merged_of(objects);
    let mut said = report(&merge, &ProgrammedState::Programmed);
    for listener in &mut said.listeners {
        let why = format!("of {}", listener.listener.name);
        listener.state = ProgrammedState::Pending(why);
    }
    let reports = reported(&merge, said);
    let object = ObjectRef::new(Kind::Gateway, key("infra/gw"));
    for name in ["first", "second"] {
        let sight = Sight::Everything;
        let explained = super::explain(&merge, &object, Some(name), &reports, &sight);
        let because: Vec<String> = explained.into_iter().flat_map(|it| it.because).collect();
        let expected = format!("it is not programmed yet: of {name}");
        assert!(because.contains(&expected), "{because:#?}");
    }
}

#[test]
fn a_gateway_of_anothers_that_is_not_being_deleted_says_nothing_of_a_removal() {
    let mut merge = merged_of(world());
    let mut removal = report(&merge, &ProgrammedState::Programmed);
    let theirs = gateway("infra/gw").class("foreign").build();
    let object = theirs.object_ref();
    for change in [class("foreign", "example.com/other"), theirs] {
        merge.apply(Change::Apply(Arc::new(change)));
    }
    merge.propagate();
    removal.phase = LoadBalancerPhase::Deleting;
    removal.listeners.clear();
    removal.problems.push("it is protected".to_owned());
    let reports = reported(&merge, removal);
    assert_eq!(judge(&merge, &object, &reports), None);
}
