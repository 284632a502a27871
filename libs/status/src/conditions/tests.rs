//! The rules for writers (rule status-writers).

use tributary_model::judgement::Judgement;
use tributary_model::resolved::Conflict;
use tributary_model::status::{Condition, ConditionStatus, Status};

use super::{MAX_MESSAGE_CHARACTERS, find, shortened};
use crate::testing::{
    EARLIER, GENERATION, LATER, after, class, condition, conflicted, foreign, gateway, good,
    listener, parent, pending, route, set, short, top, written,
};
use crate::{Next, next};

fn set_conditions(status: &Status) -> &[Condition] {
    match status {
        Status::ListenerSet(status) => &status.conditions,
        other => panic!("not a set: {other:?}"),
    }
}

fn since(status: &Status, condition_type: &str) -> i64 {
    let found = find(set_conditions(status), condition_type).expect("the condition is there");
    found.last_transition_time.0
}

/// Every condition of a set and of its listeners.
fn all(status: &Status) -> Vec<Condition> {
    let Status::ListenerSet(set) = status else {
        panic!("not a set: {status:?}");
    };
    let of_listeners = set
        .listeners
        .iter()
        .flat_map(|listener| &listener.conditions);
    set.conditions.iter().chain(of_listeners).cloned().collect()
}

#[test]
fn observed_generation_is_the_one_that_was_judged() {
    let status = written(&Judgement::ListenerSet(set(vec![good("a")])));
    for condition in all(&status) {
        assert_eq!(condition.observed_generation, Some(GENERATION));
    }
}

#[test]
fn a_new_generation_alone_is_written_without_a_transition() {
    let before = written(&Judgement::ListenerSet(set(vec![good("a")])));
    let mut judged = set(vec![good("a")]);
    judged.generation += 1;
    let status = after(&Judgement::ListenerSet(judged), Some(&before), LATER);
    for condition in all(&status) {
        assert_eq!(condition.observed_generation, Some(GENERATION + 1));
        assert_eq!(condition.last_transition_time, EARLIER);
    }
}

#[test]
fn last_transition_time_moves_with_the_status_only() {
    let before = written(&Judgement::ListenerSet(set(vec![good("a"), good("b")])));
    let status = after(
        &Judgement::ListenerSet(set(vec![good("a"), pending("b")])),
        Some(&before),
        LATER,
    );
    assert_eq!(since(&status, "Accepted"), EARLIER.0);
    assert_eq!(since(&status, "Programmed"), LATER.0);
}

#[test]
fn a_new_reason_with_the_same_status_is_no_transition() {
    let before = written(&Judgement::ListenerSet(set(vec![good("a"), good("b")])));
    let status = after(
        &Judgement::ListenerSet(set(vec![good("a"), conflicted("b", Conflict::Hostname)])),
        Some(&before),
        LATER,
    );
    assert_eq!(
        top(&status),
        "Accepted=True/ListenersNotValid Programmed=True/Programmed"
    );
    assert_eq!(since(&status, "Accepted"), EARLIER.0);
}

#[test]
fn nothing_is_written_when_nothing_changed() {
    for judgement in [
        Judgement::GatewayClass(class()),
        Judgement::Gateway(gateway(vec![
            good("a"),
            conflicted("b", Conflict::Protocol),
        ])),
        Judgement::ListenerSet(set(vec![good("a")])),
        Judgement::Route(route(vec![parent("app")])),
    ] {
        let status = written(&judgement);
        assert_eq!(next(&judgement, Some(&status), LATER), Next::Unchanged);
    }
}

#[test]
fn the_order_of_conditions_is_no_change() {
    let judgement = Judgement::ListenerSet(set(vec![good("a")]));
    let mut status = written(&judgement);
    if let Status::ListenerSet(set) = &mut status {
        set.conditions.reverse();
        set.listeners[0].conditions.reverse();
    }
    assert_eq!(next(&judgement, Some(&status), LATER), Next::Unchanged);
}

#[test]
fn conditions_of_other_writers_are_kept_everywhere() {
    let mut before = written(&Judgement::ListenerSet(set(vec![good("a")])));
    if let Status::ListenerSet(set) = &mut before {
        set.conditions.insert(0, foreign("example.com/Audited"));
        set.listeners[0]
            .conditions
            .insert(1, foreign("example.com/Scanned"));
    }
    let status = after(
        &Judgement::ListenerSet(set(vec![pending("a")])),
        Some(&before),
        LATER,
    );
    assert!(top(&status).ends_with(" example.com/Audited=True/Theirs"));
    assert!(listener(&status, "a").ends_with(" example.com/Scanned=True/Theirs"));
    let kept = find(set_conditions(&status), "example.com/Audited");
    assert_eq!(kept, Some(&foreign("example.com/Audited")));
}

#[test]
fn conditions_of_other_writers_on_our_route_parent_are_kept() {
    let judgement = Judgement::Route(route(vec![parent("app")]));
    let mut before = written(&judgement);
    if let Status::Route(route) = &mut before {
        route.parents[0]
            .conditions
            .push(foreign("example.com/Audited"));
    }
    let mut judged = route(vec![parent("app")]);
    judged.parents[0].shadowed = true;
    let Status::Route(status) = after(&Judgement::Route(judged), Some(&before), LATER) else {
        panic!("not a route");
    };
    assert!(short(&status.parents[0].conditions).ends_with("example.com/Audited=True/Theirs"));
}

/// A status of ours that is one generation ahead of the judgement.
fn check_outdated(judgement: &Judgement, ahead: &Judgement) {
    assert_eq!(
        next(judgement, Some(&written(ahead)), LATER),
        Next::Outdated
    );
}

#[test]
fn a_newer_observed_generation_is_never_written_over() {
    let mut newer_class = class();
    newer_class.generation += 1;
    check_outdated(
        &Judgement::GatewayClass(class()),
        &Judgement::GatewayClass(newer_class),
    );
    let mut newer_gateway = gateway(vec![good("a")]);
    newer_gateway.generation += 1;
    check_outdated(
        &Judgement::Gateway(gateway(vec![good("b")])),
        &Judgement::Gateway(newer_gateway),
    );
    let mut newer_set = set(vec![good("a")]);
    newer_set.generation += 1;
    check_outdated(
        &Judgement::ListenerSet(set(vec![good("b")])),
        &Judgement::ListenerSet(newer_set),
    );
    let mut newer_route = route(vec![parent("app")]);
    newer_route.generation += 1;
    check_outdated(
        &Judgement::Route(route(vec![parent("other")])),
        &Judgement::Route(newer_route),
    );
}

#[test]
fn a_newer_generation_in_another_writers_condition_does_not_matter() {
    let judgement = Judgement::ListenerSet(set(vec![good("a")]));
    let mut status = written(&judgement);
    if let Status::ListenerSet(set) = &mut status {
        set.conditions.push(condition(
            "example.com/Audited",
            ConditionStatus::True,
            "Theirs",
            Some(GENERATION + 5),
        ));
    }
    assert_eq!(next(&judgement, Some(&status), LATER), Next::Unchanged);
}

#[test]
fn the_default_conditions_of_the_crd_are_written_over() {
    use tributary_model::status::ListenerSetStatus;
    let before = Status::ListenerSet(ListenerSetStatus {
        conditions: vec![
            condition("Accepted", ConditionStatus::Unknown, "Pending", None),
            condition("Programmed", ConditionStatus::Unknown, "Pending", None),
        ],
        listeners: vec![],
    });
    let status = after(
        &Judgement::ListenerSet(set(vec![good("a")])),
        Some(&before),
        LATER,
    );
    assert_eq!(
        top(&status),
        "Accepted=True/Accepted Programmed=True/Programmed"
    );
    assert_eq!(since(&status, "Accepted"), LATER.0);
}

#[test]
fn more_conditions_than_the_api_admits_are_set_aside() {
    use tributary_model::status::ListenerSetStatus;
    let before = Status::ListenerSet(ListenerSetStatus {
        conditions: (0..8)
            .map(|index| foreign(&format!("example.com/{index}")))
            .collect(),
        listeners: vec![],
    });
    let Next::SetAside { reason } = next(
        &Judgement::ListenerSet(set(vec![good("a")])),
        Some(&before),
        LATER,
    ) else {
        panic!("ten conditions cannot be written");
    };
    assert_eq!(
        reason,
        "status.conditions would hold 10 entries, and the API admits 8"
    );
}

#[test]
fn more_conditions_of_a_listener_than_the_api_admits_are_set_aside() {
    use tributary_model::status::ListenerSetStatus;
    let judged = Judgement::ListenerSet(set(vec![good("a")]));
    let Status::ListenerSet(ListenerSetStatus {
        conditions,
        mut listeners,
    }) = written(&judged)
    else {
        panic!("a set has a set's status");
    };
    let foreign = (0..8).map(|index| foreign(&format!("example.com/{index}")));
    listeners[0].conditions.extend(foreign);
    let before = Status::ListenerSet(ListenerSetStatus {
        conditions,
        listeners,
    });
    let Next::SetAside { reason } = next(&judged, Some(&before), LATER) else {
        panic!("twelve conditions cannot be written");
    };
    assert_eq!(
        reason,
        "status.listeners[0].conditions would hold 12 entries, and the API admits 8"
    );
}

#[test]
fn a_message_is_never_longer_than_the_api_admits() {
    let long = "é".repeat(MAX_MESSAGE_CHARACTERS + 1);
    let short = shortened(long);
    assert_eq!(short.chars().count(), MAX_MESSAGE_CHARACTERS);
    assert!(short.ends_with('…'));
    let longest = "é".repeat(MAX_MESSAGE_CHARACTERS);
    assert_eq!(shortened(longest.clone()), longest);
}
