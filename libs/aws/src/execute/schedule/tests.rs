use std::collections::BTreeSet;

use tributary_plan::op::{Blame, Op, Step, StepId};

use super::Schedule;
use crate::execute::Outcome;

/// Number, `after`, `following`.
type Row = (u32, &'static [u32], &'static [u32]);

fn steps(rows: &[Row]) -> Vec<Step> {
    let ids = |ids: &[u32]| ids.iter().copied().map(StepId).collect();
    rows.iter()
        .map(|(id, after, following)| Step {
            id: StepId(*id),
            op: Op::DeleteRule {
                rule: id.to_string(),
            },
            after: ids(after),
            following: ids(following),
            blame: Blame::default(),
        })
        .collect()
}

/// Runs everything with some steps failing. The waves of steps that ran at once, and `step<cause` for those that never did.
#[track_caller]
fn check(rows: &[Row], failing: &[u32], expected: &str) {
    let steps = steps(rows);
    let mut schedule = Schedule::new(&steps);
    let mut waves = Vec::new();
    loop {
        let mut wave = Vec::new();
        while let Some(step) = schedule.next() {
            wave.push(step.id);
        }
        if wave.is_empty() {
            break;
        }
        for id in &wave {
            if failing.contains(&id.0) {
                schedule.failed(*id);
            } else {
                schedule.done(*id);
            }
        }
        let texts: Vec<String> = wave.iter().map(ToString::to_string).collect();
        waves.push(texts.join(" "));
    }
    let mut text = waves.join(" | ");
    for (step, outcome) in schedule.take_dropped() {
        if let Outcome::Skipped(because) = outcome {
            text = format!("{text} {}<{because}", step.id);
        }
    }
    assert_eq!(text, expected);
}

#[test]
fn independent_steps_run_at_once() {
    check(&[(0, &[], &[]), (1, &[], &[]), (2, &[], &[])], &[], "0 1 2");
}

#[test]
fn a_step_waits_for_everything_that_it_needs() {
    check(
        &[(0, &[], &[]), (1, &[0], &[]), (2, &[0, 1], &[])],
        &[],
        "0 | 1 | 2",
    );
}

#[test]
fn a_failure_skips_what_needs_it_and_what_needs_that() {
    check(
        &[(0, &[], &[]), (1, &[0], &[]), (2, &[1], &[]), (3, &[], &[])],
        &[0],
        "0 3 1<0 2<1",
    );
}

#[test]
fn a_step_that_only_follows_runs_after_a_failure_too() {
    check(&[(0, &[], &[]), (1, &[], &[0])], &[0], "0 | 1");
}

#[test]
fn a_step_that_only_follows_runs_after_a_skipped_step_too() {
    check(
        &[(0, &[], &[]), (1, &[0], &[]), (2, &[], &[1])],
        &[0],
        "0 | 2 1<0",
    );
}

#[test]
fn needing_and_following_the_same_step_is_needing_it() {
    check(&[(0, &[], &[]), (1, &[0], &[0])], &[0], "0 1<0");
}

#[test]
fn what_waits_for_nothing_in_the_plan_is_ready() {
    check(&[(4, &[1], &[])], &[], "4");
}

#[test]
fn a_stop_returns_what_has_not_begun() {
    let steps = steps(&[(0, &[], &[]), (1, &[], &[]), (2, &[0], &[])]);
    let mut schedule = Schedule::new(&steps);
    assert_eq!(schedule.next().map(|step| step.id), Some(StepId(0)));
    let stopped: Vec<u32> = schedule.stop().iter().map(|step| step.id.0).collect();
    assert_eq!(stopped, [1, 2]);
    schedule.done(StepId(0));
    assert!(schedule.next().is_none());
}
