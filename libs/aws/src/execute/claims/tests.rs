use std::collections::{BTreeMap, BTreeSet};

use tributary_plan::observed::Observed;
use tributary_plan::op::{Action, Handle, Op, RuleSpec};

use super::{Claims, Created};

const LISTENER: &str = "listener";

fn existing(id: &str) -> Handle {
    Handle::Existing(id.to_owned())
}

fn rule(identity: &str, priority: u32, target_group: &str) -> Op {
    let key = tributary_plan::tags::resource_key(tributary_model::elb::LoadBalancerKind::Alb);
    Op::CreateRule {
        listener: existing(LISTENER),
        priority,
        spec: Box::new(RuleSpec {
            conditions: Vec::new(),
            authenticate: None,
            action: Action::Forward {
                targets: [(existing(target_group), 1)].into_iter().collect(),
                stickiness_seconds: None,
            },
            transforms: Vec::new(),
        }),
        tags: [(key.to_owned(), identity.to_owned())]
            .into_iter()
            .collect(),
    }
}

fn register(target_group: &str) -> Op {
    Op::RegisterTargets {
        target_group: existing(target_group),
        vpc: "vpc".to_owned(),
        targets: BTreeSet::new(),
    }
}

fn moves(rule: &str, to: u32) -> Op {
    Op::SetRulePriorities {
        listener: LISTENER.to_owned(),
        priorities: BTreeMap::from([(rule.to_owned(), to)]),
    }
}

fn delete_group(target_group: &str) -> Op {
    Op::DeleteTargetGroup {
        target_group: target_group.to_owned(),
    }
}

fn serve(certificate: &str) -> Op {
    Op::AddListenerCertificate {
        listener: existing(LISTENER),
        certificate: existing(certificate),
    }
}

/// Whether the second may be sent while the first is in flight, and the other way round.
#[track_caller]
fn check(in_flight: &Op, planned: &Op, expected: Wait) {
    let claims = |op| Claims::of(op, &Created::default(), &Observed::default());
    for (one, other) in [(in_flight, planned), (planned, in_flight)] {
        let waits = claims(one).conflicts_with(&claims(other));
        let found = if waits { Wait::Yes } else { Wait::No };
        assert_eq!(found, expected, "{one} | {other}");
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Yes,
    No,
}

#[test]
fn the_same_request_is_sent_once() {
    for op in [
        rule("a", 1, "tg"),
        register("tg"),
        moves("r", 1),
        delete_group("tg"),
        serve("cert"),
    ] {
        check(&op, &op, Wait::Yes);
    }
}

#[test]
fn a_rule_has_one_creation_whatever_its_priority() {
    check(&rule("a", 1, "tg"), &rule("a", 2, "tg"), Wait::Yes);
}

#[test]
fn a_priority_is_taken_once() {
    check(&rule("a", 1, "tg"), &rule("b", 1, "tg"), Wait::Yes);
    check(&rule("a", 1, "tg"), &moves("r", 1), Wait::Yes);
}

#[test]
fn moves_of_one_listener_come_one_after_the_other() {
    check(&moves("r", 1), &moves("q", 2), Wait::Yes);
}

#[test]
fn rules_of_two_tenants_go_out_together() {
    check(&rule("a", 1, "tg"), &rule("b", 2, "tg"), Wait::No);
}

#[test]
fn what_is_registered_with_a_group_keeps_no_rule_waiting() {
    check(&register("tg"), &rule("b", 2, "tg"), Wait::No);
    check(&register("tg"), &register("other"), Wait::No);
}

#[test]
fn nothing_is_deleted_that_something_in_flight_uses() {
    check(&rule("a", 1, "tg"), &delete_group("tg"), Wait::Yes);
    check(&register("tg"), &delete_group("tg"), Wait::Yes);
    check(&rule("a", 1, "tg"), &delete_group("other"), Wait::No);
}

#[test]
fn a_listener_is_not_deleted_under_what_is_created_on_it() {
    let delete = Op::DeleteListener {
        listener: LISTENER.to_owned(),
    };
    check(&rule("a", 1, "tg"), &delete, Wait::Yes);
    check(&serve("cert"), &delete, Wait::Yes);
}

#[test]
fn certificates_of_two_tenants_go_out_together() {
    check(&serve("one"), &serve("two"), Wait::No);
}
