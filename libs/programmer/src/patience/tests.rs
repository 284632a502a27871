use tributary_model::report::RuleState;
use tributary_model::{Kind, ListenerOwner, ObjectKey, ObjectRef, OwnerKind};

use super::*;

const CLIENTS: Duration = Duration::from_secs(30);

fn clients(load_balancer: &str) -> Waiting {
    Waiting {
        wait: Wait::Clients {
            load_balancer: load_balancer.to_owned(),
        },
        text: String::new(),
        owner: None,
    }
}

fn is_over(patience: &Patience, waiting: &Waiting, now: Instant) -> bool {
    patience.waited(now).is_over(&waiting.wait)
}

#[test]
fn a_wait_ends_and_is_over_while_its_steps_are_taken() {
    let mut patience = Patience::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    patience.note(std::slice::from_ref(&waiting), start);
    assert!(!is_over(&patience, &waiting, start));
    assert_eq!(patience.next_due(start), Some(start + CLIENTS));
    let end = start + CLIENTS;
    assert!(is_over(&patience, &waiting, end));
    // The plan waits no more, and its steps may fail for a while.
    patience.note(&[], end);
    assert!(is_over(&patience, &waiting, end + Duration::from_mins(1)));
    patience.note(&[], end + REMEMBERED);
    assert!(!is_over(&patience, &waiting, end + REMEMBERED));
}

#[test]
fn what_was_not_waited_for_in_between_begins_anew() {
    let mut patience = Patience::new(CLIENTS);
    let (start, waiting) = (Instant::now(), clients("one"));
    patience.note(std::slice::from_ref(&waiting), start);
    patience.note(&[clients("two")], start + CLIENTS / 2);
    patience.note(std::slice::from_ref(&waiting), start + CLIENTS / 2);
    assert!(!is_over(&patience, &waiting, start + CLIENTS));
}

fn pending(message: &str) -> RuleProblem {
    RuleProblem {
        origin: RuleOrigin {
            route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "web")),
            rule: 0,
            matched: 0,
        },
        listener: ListenerRef {
            owner: ListenerOwner {
                kind: OwnerKind::Gateway,
                key: ObjectKey::new("infra", "gw"),
            },
            name: "http".into(),
        },
        message: message.to_owned(),
        state: RuleState::Pending,
    }
}

#[test]
fn a_rule_is_told_to_be_on_its_way_when_it_is_so_for_a_while() {
    let mut patience = Patience::new(CLIENTS);
    let start = Instant::now();
    assert_eq!(patience.told(vec![pending("created")], start), []);
    assert_eq!(patience.next_due(start), Some(start + TOLD));
    // Its text may change meanwhile.
    let later = start + TOLD;
    let told = patience.told(vec![pending("waits")], later);
    assert_eq!(told, [pending("waits")]);
    assert_eq!(patience.told(vec![], later), []);
    assert_eq!(patience.told(vec![pending("created")], later), []);
}
