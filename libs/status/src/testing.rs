//! Builders and a short notation for tests.
//!
//! A status reads `Accepted=False/NotAllowed Programmed=False/NotAllowed`, its listeners one a line.

use tributary_model::controller;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement,
    ListenerSetJudgement, LoadBalancerJudgement, ParentJudgement, RouteJudgement,
};
use tributary_model::key::{Kind, Name, ObjectKey, ObjectRef};
use tributary_model::listener::RouteGroupKind;
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{
    ClassMark, Conflict, DroppedRule, GatewayAcceptance, ListenerSetAcceptance, RefCause,
    RivalClass, RouteAcceptance, UnresolvedRef,
};
use tributary_model::route::ParentRef;
use tributary_model::status::{Condition, ConditionStatus, ListenerStatus, Status};
use tributary_model::{Installation, Timestamp};

use crate::{Next, next};

/// The generation that builders judge.
pub(crate) const GENERATION: i64 = 3;
/// The time of the first write.
pub(crate) const EARLIER: Timestamp = Timestamp(1_000);
/// The time of the second write.
pub(crate) const LATER: Timestamp = Timestamp(2_000);

pub(crate) fn good(name: &str) -> ListenerJudgement {
    ListenerJudgement {
        name: name.into(),
        outcome: JudgedOutcome::Won(Some(ProgrammedState::Programmed)),
        supported_kinds: vec![kind("HTTPRoute")],
        unresolved_refs: Vec::new(),
        unusable_refs: false,
        overlapping_tls: false,
        attached_routes: 1,
        notes: Vec::new(),
        certificates: Vec::new(),
    }
}

pub(crate) fn kind(kind: &str) -> RouteGroupKind {
    RouteGroupKind {
        group: "gateway.networking.k8s.io".to_owned(),
        kind: kind.to_owned(),
    }
}

pub(crate) fn won(name: &str, state: Option<ProgrammedState>) -> ListenerJudgement {
    ListenerJudgement {
        outcome: JudgedOutcome::Won(state),
        ..good(name)
    }
}

pub(crate) fn pending(name: &str) -> ListenerJudgement {
    won(
        name,
        Some(ProgrammedState::Pending(
            "creating the ELB listener".to_owned(),
        )),
    )
}

pub(crate) fn port_unavailable(name: &str) -> ListenerJudgement {
    won(
        name,
        Some(ProgrammedState::PortUnavailable(
            "another listener has it".to_owned(),
        )),
    )
}

pub(crate) fn refused(name: &str) -> ListenerJudgement {
    won(
        name,
        Some(ProgrammedState::Refused("it is not possible".to_owned())),
    )
}

pub(crate) fn conflicted(name: &str, conflict: Conflict) -> ListenerJudgement {
    ListenerJudgement {
        outcome: JudgedOutcome::Conflicted(conflict, RivalClass::ParentGateway),
        ..good(name)
    }
}

/// A listener that has nothing to serve with, for this cause.
pub(crate) fn unusable(name: &str, field: &str, cause: RefCause) -> ListenerJudgement {
    ListenerJudgement {
        unresolved_refs: vec![unresolved(field, cause)],
        unusable_refs: true,
        ..good(name)
    }
}

pub(crate) fn unresolved(field: &str, cause: RefCause) -> UnresolvedRef {
    UnresolvedRef {
        field: field.to_owned(),
        cause,
        message: "it does not resolve".to_owned(),
    }
}

pub(crate) fn gateway(listeners: Vec<ListenerJudgement>) -> GatewayJudgement {
    GatewayJudgement {
        key: ObjectKey::new("infra", "web"),
        generation: GENERATION,
        acceptance: GatewayAcceptance::Accepted,
        load_balancer: LoadBalancerJudgement::Ready,
        unheard: false,
        problems: Vec::new(),
        addresses: vec!["web.elb.example".to_owned()],
        listeners,
        attached_listener_sets: 2,
    }
}

pub(crate) fn set(listeners: Vec<ListenerJudgement>) -> ListenerSetJudgement {
    ListenerSetJudgement {
        key: ObjectKey::new("team-a", "app"),
        generation: GENERATION,
        acceptance: ListenerSetAcceptance::Admitted,
        load_balancer: LoadBalancerJudgement::Ready,
        listeners,
    }
}

pub(crate) fn class() -> GatewayClassJudgement {
    GatewayClassJudgement {
        key: ObjectKey::cluster("alb"),
        generation: GENERATION,
        controller_name: controller::ALB.to_owned(),
        invalid_parameters: None,
        problems: Vec::new(),
        mark: ClassMark::Stands,
        left_alone: false,
    }
}

pub(crate) fn parent(name: &str) -> ParentJudgement {
    ParentJudgement {
        parent_ref: parent_ref(name),
        controller_name: controller::ALB.to_owned(),
        acceptance: RouteAcceptance::Accepted,
        unresolved_refs: Vec::new(),
        dropped_rules: Vec::new(),
        refused_rules: Vec::new(),
        degraded_rules: Vec::new(),
        pending_rules: Vec::new(),
        shadowed: false,
        serves_nothing: false,
    }
}

pub(crate) fn parent_ref(name: &str) -> ParentRef {
    ParentRef {
        group: "gateway.networking.k8s.io".to_owned(),
        kind: "ListenerSet".to_owned(),
        namespace: None,
        name: name.into(),
        section_name: None,
        port: None,
    }
}

pub(crate) fn dropped(rule: usize, incompatible: bool) -> DroppedRule {
    DroppedRule {
        rule,
        field: format!("rules[{rule}].filters[0]"),
        incompatible,
        message: "ELB has no RequestMirror".to_owned(),
    }
}

pub(crate) fn route(parents: Vec<ParentJudgement>) -> RouteJudgement {
    RouteJudgement {
        route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team-a", "app")),
        generation: GENERATION,
        installation: Installation::default(),
        left_alone: Vec::new(),
        parents,
    }
}

/// A condition that somebody else writes.
pub(crate) fn foreign(condition_type: &str) -> Condition {
    condition(
        condition_type,
        ConditionStatus::True,
        "Theirs",
        Some(GENERATION),
    )
}

pub(crate) fn condition(
    condition_type: &str,
    status: ConditionStatus,
    reason: &str,
    observed_generation: Option<i64>,
) -> Condition {
    Condition {
        condition_type: condition_type.to_owned(),
        status,
        reason: reason.to_owned(),
        message: "as it was".to_owned(),
        observed_generation,
        last_transition_time: Timestamp(7),
    }
}

/// The status that is written on an object that has none.
pub(crate) fn written(judgement: &Judgement) -> Status {
    after(judgement, None, EARLIER)
}

/// The status that the object has after `next` was done as it says.
pub(crate) fn after(judgement: &Judgement, current: Option<&Status>, now: Timestamp) -> Status {
    match next(judgement, current, now) {
        Next::Write(status) | Next::WritePart { status, .. } => status,
        Next::Unchanged => current
            .expect("nothing was written, so there was a status")
            .clone(),
        other => panic!("nothing can be written: {other:?}"),
    }
}

/// The top-level conditions, in the short notation.
pub(crate) fn top(status: &Status) -> String {
    match status {
        Status::GatewayClass(class) => short(&class.conditions),
        Status::Gateway(gateway) => short(&gateway.conditions),
        Status::ListenerSet(set) => short(&set.conditions),
        Status::Route(route) => panic!("a route has no conditions of its own: {route:?}"),
    }
}

/// The listener entries.
pub(crate) fn entries(status: &Status) -> &[ListenerStatus] {
    match status {
        Status::Gateway(gateway) => &gateway.listeners,
        Status::ListenerSet(set) => &set.listeners,
        other => panic!("it has no listeners: {other:?}"),
    }
}

/// The conditions of the one listener of that name, in the short notation.
pub(crate) fn listener(status: &Status, name: &str) -> String {
    let name: Name = name.into();
    let entry = entries(status).iter().find(|entry| entry.name == name);
    short(&entry.expect("the listener has an entry").conditions)
}

/// Type, status and reason of each.
pub(crate) fn short(conditions: &[Condition]) -> String {
    let each: Vec<String> = conditions
        .iter()
        .map(|one| format!("{}={:?}/{}", one.condition_type, one.status, one.reason))
        .collect();
    each.join(" ")
}

/// What the type says.
pub(crate) fn message(conditions: &[Condition], condition_type: &str) -> String {
    let found = conditions
        .iter()
        .find(|one| one.condition_type == condition_type);
    found.expect("the condition is there").message.clone()
}
