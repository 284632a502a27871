use tributary_model::controller;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement,
    LoadBalancerJudgement, ParentJudgement, RouteJudgement,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{ClassMark, GatewayAcceptance, RouteAcceptance};
use tributary_model::route::ParentRef;
use tributary_model::status::{RouteParentStatus, RouteStatus};
use tributary_model::{Installation, Kind, ObjectKey, Timestamp};

use super::*;

fn gateway(attached_routes: u32, address: &str) -> Judgement {
    Judgement::Gateway(GatewayJudgement {
        key: ObjectKey::new("infra", "web"),
        generation: 1,
        acceptance: GatewayAcceptance::Accepted,
        load_balancer: LoadBalancerJudgement::Ready,
        unheard: false,
        problems: Vec::new(),
        addresses: vec![address.to_owned()],
        listeners: vec![ListenerJudgement {
            name: "http".into(),
            outcome: JudgedOutcome::Won(Some(ProgrammedState::Programmed)),
            supported_kinds: Vec::new(),
            unresolved_refs: Vec::new(),
            unusable_refs: false,
            overlapping_tls: false,
            attached_routes,
            notes: Vec::new(),
            certificates: Vec::new(),
        }],
        attached_listener_sets: 0,
    })
}

fn written(judgement: &Judgement) -> Status {
    match next(judgement, None, Timestamp(0)) {
        Next::Write(status) => status,
        other => panic!("{other:?}"),
    }
}

/// What a judgement needs where the merger sent one status, and we know another.
fn needed(judgement: Judgement, current: Option<&Judgement>, known: Option<&Judgement>) -> Need {
    let known = known.map(written);
    let judged = JudgedObject {
        judgement,
        current: current.map(written),
        resource_version: None,
    };
    need(&judged, known.as_ref(), None)
}

#[test]
fn what_says_so_already_needs_nothing() {
    let now = gateway(1, "a");
    assert_eq!(needed(now.clone(), Some(&now), None), Need::Nothing);
}

#[test]
fn counts_are_slow_and_everything_else_is_prompt() {
    let current = gateway(1, "a");
    let slow = needed(gateway(2, "a"), Some(&current), None);
    assert_eq!(slow, Need::Attempt(Urgency::Slow));
    let prompt = needed(gateway(2, "b"), Some(&current), None);
    assert_eq!(prompt, Need::Attempt(Urgency::Prompt));
    let first = needed(gateway(2, "b"), None, None);
    assert_eq!(first, Need::Attempt(Urgency::Prompt));
}

/// The programmer has not said anything of this listener yet, or has more to say.
#[test]
fn who_awaits_a_programmer_is_told_in_a_moment() {
    for (state, expected) in [
        (None, Urgency::Awaiting),
        (
            Some(ProgrammedState::Pending("rules".to_owned())),
            Urgency::Awaiting,
        ),
        (Some(ProgrammedState::Programmed), Urgency::Prompt),
        (
            Some(ProgrammedState::Refused("no".to_owned())),
            Urgency::Prompt,
        ),
    ] {
        let Judgement::Gateway(mut judged) = gateway(1, "a") else {
            panic!("no Gateway");
        };
        judged.listeners[0].outcome = JudgedOutcome::Won(state.clone());
        let needed = needed(Judgement::Gateway(judged), None, None);
        assert_eq!(needed, Need::Attempt(expected), "{state:?}");
    }
}

fn route(pending_rules: Vec<(usize, String)>) -> Judgement {
    Judgement::Route(RouteJudgement {
        route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "app")),
        generation: 1,
        installation: Installation::default(),
        left_alone: Vec::new(),
        parents: vec![ParentJudgement {
            parent_ref: parent_ref(),
            controller_name: controller::ALB.to_owned(),
            acceptance: RouteAcceptance::Accepted,
            unresolved_refs: Vec::new(),
            dropped_rules: Vec::new(),
            refused_rules: Vec::new(),
            degraded_rules: Vec::new(),
            pending_rules,
            shadowed: false,
            serves_nothing: false,
        }],
    })
}

#[test]
fn a_route_whose_rule_is_on_its_way_is_told_in_a_moment() {
    let pending = vec![(0, "its target group is being made".to_owned())];
    let awaiting = needed(route(pending), None, None);
    assert_eq!(awaiting, Need::Attempt(Urgency::Awaiting));
    let prompt = needed(route(Vec::new()), None, None);
    assert_eq!(prompt, Need::Attempt(Urgency::Prompt));
}

/// We wrote two routes, and the merger has not seen that when one goes again.
#[test]
fn what_we_wrote_has_a_say_while_the_merger_lags() {
    let (one, two) = (gateway(1, "a"), gateway(2, "a"));
    let back = needed(one.clone(), Some(&one), Some(&two));
    assert_eq!(back, Need::Attempt(Urgency::Slow));
    let echo = needed(two.clone(), Some(&two), Some(&two));
    assert_eq!(echo, Need::Nothing);
}

/// Somebody put an old status over ours, or the merger lags: only the API server can tell.
#[test]
fn what_the_merger_sees_has_a_say_too() {
    let (one, two) = (gateway(1, "a"), gateway(2, "a"));
    let need = needed(two.clone(), Some(&one), Some(&two));
    assert_eq!(need, Need::Attempt(Urgency::Slow));
}

#[test]
fn what_is_known_to_be_impossible_needs_nothing() {
    let parent = |controller: &str| RouteParentStatus {
        parent_ref: parent_ref(),
        controller_name: controller.to_owned(),
        conditions: Vec::new(),
    };
    let judged = JudgedObject {
        judgement: route(Vec::new()),
        current: Some(Status::Route(RouteStatus {
            parents: vec![parent("other.dev/controller"); 32],
        })),
        resource_version: None,
    };
    let Next::SetAside { reason } = next(&judged.judgement, judged.current.as_ref(), Timestamp(0))
    else {
        panic!("there is a place for it");
    };
    assert_eq!(need(&judged, None, None), Need::Attempt(Urgency::Prompt));
    assert_eq!(need(&judged, None, Some(&reason)), Need::StillAside);
}

fn parent_ref() -> ParentRef {
    ParentRef {
        group: tributary_model::key::GATEWAY_GROUP.to_owned(),
        kind: "Gateway".to_owned(),
        namespace: None,
        name: "web".into(),
        section_name: None,
        port: None,
    }
}

/// A class whose status says everything.
#[test]
fn a_finalizer_that_is_to_change_needs_an_attempt() {
    let judged = |mark| {
        Judgement::GatewayClass(GatewayClassJudgement {
            key: ObjectKey::cluster("alb"),
            generation: 1,
            controller_name: controller::ALB.to_owned(),
            invalid_parameters: None,
            problems: Vec::new(),
            mark,
            left_alone: false,
        })
    };
    for (mark, expected) in [
        (ClassMark::Stands, Need::Nothing),
        (ClassMark::Missing, Need::Attempt(Urgency::Prompt)),
        (ClassMark::Obsolete, Need::Attempt(Urgency::Prompt)),
    ] {
        let now = judged(mark);
        assert_eq!(needed(now.clone(), Some(&now), None), expected, "{mark:?}");
    }
}
