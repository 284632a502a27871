use std::collections::BTreeSet;

use tributary_model::desired::RuleOrigin;
use tributary_model::{Kind, ListenerOwner, ListenerRef, ObjectKey, ObjectRef, OwnerKind};
use tributary_plan::op::{Op, RuleOwner, StepId};

use super::*;

const HOUR: Duration = Duration::from_hours(1);

/// The calls of a day at rest, and the longest time between two questions.
fn at_rest(look: u32, random: f64) -> (u32, Duration) {
    let begin = Instant::now();
    let mut drift = Drift::new(SecondsCounter::default());
    // The start has looked at everything.
    drift.looked(look, begin, random);
    let (mut calls, mut longest, mut last) = (0, Duration::ZERO, begin);
    while drift.due() < begin + HOUR * 240 {
        let now = drift.due();
        longest = longest.max(now - last);
        last = now;
        if drift.wants_everything(now) {
            calls += look;
            drift.looked(look, now, random);
        } else {
            calls += 1;
            drift.answered(now, random);
        }
    }
    (calls, longest)
}

#[test]
fn at_rest_a_load_balancer_costs_fifteen_calls_an_hour_at_most() {
    for look in [3, 11, 73, 500] {
        for random in [0.0, 0.5, 1.0] {
            let (calls, _) = at_rest(look, random);
            assert!(calls <= 15 * 240, "{calls} with a look of {look} calls");
        }
    }
}

#[test]
fn what_a_question_finds_is_found_within_five_minutes() {
    for random in [0.0, 0.5, 1.0] {
        let (_, longest) = at_rest(11, random);
        assert!(longest < Duration::from_mins(5), "{longest:?}");
    }
}

#[test]
fn everything_is_looked_at_again_too() {
    let begin = Instant::now();
    let mut drift = Drift::new(SecondsCounter::default());
    drift.looked(11, begin, 0.0);
    assert!(!drift.wants_everything(begin + HOUR * 7));
    assert!(drift.wants_everything(begin + HOUR * 8));
}

#[test]
fn where_aws_refuses_names_it_is_asked_by_listener() {
    let now = Instant::now();
    let mut drift = Drift::new(SecondsCounter::default());
    drift.failed(
        &AwsError::new(Class::Throttled, "DescribeRules", "slow"),
        now,
        0.0,
    );
    assert_eq!(drift.ask, Ask::ByName);
    drift.failed(
        &AwsError::new(Class::Permanent, "DescribeRules", "many"),
        now,
        0.0,
    );
    assert_eq!(drift.ask, Ask::ByListener);
    assert_eq!(drift.due(), now + LONGEST);
}

fn step(blame: Blame) -> Step {
    Step {
        id: StepId(0),
        op: Op::DeleteRule {
            rule: "arn:1".to_owned(),
        },
        after: BTreeSet::new(),
        following: BTreeSet::new(),
        blame,
    }
}

fn listener(name: &str) -> ListenerRef {
    ListenerRef {
        owner: ListenerOwner {
            kind: OwnerKind::ListenerSet,
            key: ObjectKey::new("team", name),
        },
        name: "web".into(),
    }
}

#[test]
fn who_is_told_of_drift_reads_what_is_mended_and_whose_it_is() {
    let rule = RuleOwner {
        listener: listener("app"),
        origin: RuleOrigin {
            route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "app")),
            rule: 0,
            matched: 0,
        },
    };
    let rules = step(Blame::Rules(BTreeSet::from([rule])));
    let listeners = step(Blame::Listeners(BTreeSet::from([listener("app")])));
    let steps = [rules.clone(), rules, listeners, step(Blame::LoadBalancer)];
    assert_eq!(
        told(&steps),
        "somebody else changed or removed what is programmed; it is mended: delete rule of HTTPRoute team/app, \
         delete rule of ListenerSet team/app/web, delete rule"
    );
}

#[test]
fn of_many_some_are_named() {
    let steps = (0..40).map(|number| {
        step(Blame::Listeners(BTreeSet::from([listener(&format!(
            "{number}"
        ))])))
    });
    let told = told(&steps.collect::<Vec<_>>());
    assert!(told.ends_with(", and 35 more"), "{told}");
    assert!(told.len() < 400, "{told}");
}
