use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::report::{ListenerReport, LoadBalancerPhase, LoadBalancerReport};
use tributary_model::resolved::{RivalClass, UnresolvedRef};
use tributary_model::resource::SourceObject;
use tributary_model::{Labels, Resource, Timestamp, controller};
use tributary_runtime::Context;
use tributary_testkit::objects::{class, gateway as gateway_named, http, key, listener_set as set};
use tributary_testkit::random::object;
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{endpoints, service};

use super::*;
use crate::shared::Shared;

fn judged(programmed: Option<ProgrammedState>) -> ListenerJudgement {
    ListenerJudgement {
        name: "http".into(),
        outcome: JudgedOutcome::Won(programmed),
        supported_kinds: Vec::new(),
        unresolved_refs: Vec::new(),
        unusable_refs: false,
        overlapping_tls: false,
        attached_routes: 0,
        notes: Vec::new(),
        certificates: Vec::new(),
    }
}

#[test]
fn every_reason_is_in_the_table_of_troubleshooting() {
    let code = include_str!("../census.rs");
    let words = |before: &str| {
        let rest = code.split(before).skip(1);
        rest.filter_map(|it| it.strip_prefix('"')?.split('"').next())
            .collect::<Vec<_>>()
    };
    let calls = ["served(", "pending(", "degraded(", "refused("];
    let mut reasons: BTreeSet<&str> = calls.into_iter().flat_map(words).collect();
    reasons.insert(LEFT_ALONE.reason);
    let page = include_str!("../../../../docs/troubleshooting.md");
    let (_, table) = page.split_once("\n## Reasons in metrics\n").unwrap();
    let (table, _) = table.split_once("\n## ").unwrap();
    let rows = table.lines().filter_map(|it| it.strip_prefix("| `"));
    let rows: BTreeSet<&str> = rows.map(|it| it.split('`').next().unwrap()).collect();
    assert_eq!(rows, reasons);
}

#[track_caller]
fn check_listener(judged: &ListenerJudgement, expected: &str) {
    let Standing { state, reason } = listener(judged);
    assert_eq!(format!("{} {reason}", state.as_str()), expected);
}

#[test]
fn a_listener_is_counted_by_what_is_programmed() {
    let text = || "some".to_owned();
    for (programmed, expected) in [
        (None, "pending Unreported"),
        (Some(ProgrammedState::Pending(text())), "pending Pending"),
        (Some(ProgrammedState::Programmed), "served Programmed"),
        (
            Some(ProgrammedState::TooManyListeners(text())),
            "refused TooManyListeners",
        ),
        (
            Some(ProgrammedState::NoCertificate(text())),
            "refused NoCertificate",
        ),
        (
            Some(ProgrammedState::Refused(text())),
            "refused RefusedByAws",
        ),
        (
            Some(ProgrammedState::Impossible(text())),
            "refused Impossible",
        ),
        (
            Some(ProgrammedState::PortUnavailable(text())),
            "refused PortUnavailable",
        ),
    ] {
        check_listener(&judged(programmed), expected);
    }
}

#[test]
fn a_loser_is_counted_by_its_conflict() {
    for (conflict, expected) in [
        (Conflict::Hostname, "refused HostnameConflict"),
        (Conflict::Protocol, "refused ProtocolConflict"),
    ] {
        let outcome = JudgedOutcome::Conflicted(conflict, RivalClass::ParentGateway);
        let loser = ListenerJudgement {
            outcome,
            ..judged(None)
        };
        check_listener(&loser, expected);
    }
}

#[test]
fn a_listener_that_is_served_in_part_is_degraded() {
    let served = || judged(Some(ProgrammedState::Programmed));
    let noted = ListenerJudgement {
        notes: vec!["one of two".to_owned()],
        ..served()
    };
    check_listener(&noted, "degraded Degraded");
    let unresolved = UnresolvedRef {
        field: "tls.certificateRefs[0]".to_owned(),
        cause: tributary_model::resolved::RefCause::InvalidCertificateRef,
        message: "it is missing".to_owned(),
    };
    let unresolved = ListenerJudgement {
        unresolved_refs: vec![unresolved],
        ..served()
    };
    check_listener(&unresolved, "degraded UnresolvedRefs");
    let unusable = ListenerJudgement {
        unusable_refs: true,
        ..unresolved
    };
    check_listener(&unusable, "refused UnresolvedRefs");
}

#[track_caller]
fn check_owner(of: &[Option<ProgrammedState>], expected: &str) {
    let of: Vec<_> = of.iter().cloned().map(judged).collect();
    let Standing { state, reason } = listeners(&of);
    assert_eq!(format!("{} {reason}", state.as_str()), expected);
}

#[test]
fn an_owner_stands_as_its_listeners_do() {
    let served = Some(ProgrammedState::Programmed);
    let refused = Some(ProgrammedState::Refused("no".to_owned()));
    let pending = Some(ProgrammedState::Pending("soon".to_owned()));
    check_owner(&[served.clone(), served.clone()], "served Programmed");
    check_owner(&[served.clone(), pending.clone()], "pending Pending");
    check_owner(
        &[served.clone(), refused.clone(), pending.clone()],
        "degraded ListenersNotValid",
    );
    check_owner(&[served, refused.clone()], "degraded ListenersNotValid");
    check_owner(&[refused.clone(), pending], "pending Pending");
    check_owner(&[refused], "refused ListenersNotValid");
}

/// A merger that has read these objects, and heard that all listeners of `infra/web` are served.
fn tally(objects: Vec<Resource>) -> Tally {
    let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
    let mut state = shared.lock().unwrap();
    for resource in objects {
        state.apply(Arc::new(SourceObject {
            resource: Arc::new(resource),
            status: None,
            resource_version: None,
            labels: Labels::default(),
        }));
    }
    state.mark_complete();
    state.propagate();
    let desired: Vec<_> = state.merge().load_balancers().values().cloned().collect();
    for desired in desired {
        let members = desired.listeners.values();
        let members = members.flat_map(|listener| listener.members.values());
        let report = LoadBalancerReport {
            key: desired.key.clone(),
            phase: LoadBalancerPhase::Active,
            arn: None,
            dns_name: None,
            listeners: members
                .map(|member| ListenerReport {
                    listener: member.listener.clone(),
                    revision: member.revision,
                    state: ProgrammedState::Programmed,
                    awaits_rules: false,
                    elb_listener: None,
                    notes: Vec::new(),
                })
                .collect(),
            rules: Vec::new(),
            problems: Vec::new(),
            blocked: false,
            healthy: [].into(),
            quotas: None,
            settled: true,
        };
        let at = state.desired_at(&desired.key);
        state.report(at, &report);
    }
    let tally = state.tally().unwrap();
    assert_eq!(state.tally(), None, "nothing has changed since");
    tally
}

fn lines(tally: &Tally) -> Vec<String> {
    let standings = tally.standings.iter();
    let lines = standings.map(|((counted, Standing { state, reason }), count)| {
        let (counted, state) = (counted.as_str(), state.as_str());
        format!("{count} {counted} {state} {reason}")
    });
    lines.collect()
}

fn world() -> Vec<Resource> {
    vec![
        class("alb", controller::ALB),
        gateway_named("infra/web")
            .allow_all()
            .listener(http("http", 80))
            .build(),
        gateway_named("infra/closed")
            .listener(http("http", 80))
            .build(),
        set("team-a/own", "infra/web")
            .listener(http("own", 8080))
            .build(),
        set("team-b/loser", "infra/web")
            .listener(http("http", 80))
            .build(),
        set("team-b/outside", "infra/closed")
            .listener(http("own", 8080))
            .build(),
        service("infra/app", 80),
        endpoints("infra/app", 80, &["10.0.0.1"]),
        http_route("infra/shop")
            .to_gateway("infra/web")
            .rule(rule().prefix("/").backend("app", 80))
            .build(),
        http_route("infra/broken")
            .to_gateway("infra/web")
            .rule(rule().prefix("/broken").backend("missing", 80))
            .build(),
        http_route("infra/lost")
            .to_gateway("infra/web")
            .section("none")
            .rule(rule().prefix("/lost").backend("app", 80))
            .build(),
    ]
}

#[test]
fn everything_with_a_status_is_counted_once() {
    let tally = tally(world());
    assert_eq!(
        lines(&tally),
        [
            "2 Gateway served Programmed",
            "1 ListenerSet served Programmed",
            "1 ListenerSet refused ListenersNotValid",
            "1 ListenerSet refused NotAllowed",
            "1 HTTPRoute served Accepted",
            "1 HTTPRoute degraded UnresolvedRefs",
            "1 HTTPRoute refused NoMatchingParent",
            "3 Listener served Programmed",
            "1 Listener refused HostnameConflict",
        ]
    );
}

#[test]
fn a_tenant_has_what_is_in_its_namespace() {
    let tally = tally(world());
    let of = |tenant: &str| -> Vec<String> {
        let tenants = tally.tenants.iter().filter(|((it, ..), _)| **it == *tenant);
        tenants
            .map(|((_, counted, state), count)| {
                format!("{count} {} {}", counted.as_str(), state.as_str())
            })
            .collect()
    };
    assert_eq!(of("team-a"), ["1 ListenerSet served", "1 Listener served"]);
    assert_eq!(
        of("team-b"),
        ["2 ListenerSet refused", "1 Listener refused"]
    );
}

#[test]
fn what_is_gone_is_not_counted() {
    let mut census = Census::default();
    let of = object(Kind::HttpRoute, "team/shop");
    let route = RouteJudgement {
        route: of.clone(),
        generation: 1,
        installation: tributary_model::Installation::default(),
        parents: Vec::new(),
        left_alone: Vec::new(),
    };
    let set = ListenerSetJudgement {
        key: key("team/set"),
        generation: 1,
        acceptance: ListenerSetAcceptance::ParentGone,
        load_balancer: LoadBalancerJudgement::Unknown,
        listeners: Vec::new(),
    };
    let owner = object(Kind::ListenerSet, "team/set");
    census.take(&owner, Some(&Judgement::ListenerSet(set)), None);
    assert_eq!(lines(&census.tally()), ["1 ListenerSet refused ParentGone"]);
    // Without a parent of ours it is judged, for its status, and not counted.
    census.take(&of, Some(&Judgement::Route(route)), None);
    census.take(&owner, None, None);
    assert_eq!(census.tally(), Tally::default());
}

#[test]
fn of_a_gateways_certificates_the_first_to_end_is_told() {
    let mut census = Census::default();
    let certificate = |end: i64| SecretCertificate {
        secret: key(&format!("team/tls-{end}")),
        not_after: Timestamp(end),
    };
    for (name, ends) in [("team/one", [500, 300]), ("team/two", [400, 600])] {
        let certificates = ends.map(certificate);
        let set = ListenerSetJudgement {
            key: key(name),
            generation: 1,
            acceptance: ListenerSetAcceptance::Admitted,
            load_balancer: LoadBalancerJudgement::Ready,
            listeners: vec![ListenerJudgement {
                certificates: certificates.into(),
                ..judged(None)
            }],
        };
        let owner = object(Kind::ListenerSet, name);
        let judgement = Judgement::ListenerSet(set);
        census.take(&owner, Some(&judgement), Some(key("infra/web")));
    }
    let expected = [(key("infra/web"), certificate(300))];
    assert_eq!(census.tally().first_certificates, expected.into());
}
