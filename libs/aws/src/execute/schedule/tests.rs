use std::collections::BTreeSet;

use tributary_model::{ListenerOwner, ObjectKey};
use tributary_plan::op::{Blame, Op, Step, StepId};

use super::Schedule;
use crate::execute::Outcome;
use crate::pace::Group;

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
        while let Some(step) = schedule.next(|_| true) {
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
    while let Some((step, outcome)) = schedule.next_dropped() {
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
    assert_eq!(next(&mut schedule), Some(0));
    schedule.stop();
    let dropped = std::iter::from_fn(|| schedule.next_dropped());
    let stopped: Vec<(u32, Outcome)> = dropped.map(|(step, it)| (step.id.0, it)).collect();
    assert_eq!(stopped, [(1, Outcome::Stopped), (2, Outcome::Stopped)]);
    schedule.done(StepId(0));
    assert_eq!(next(&mut schedule), None);
}

fn next(schedule: &mut Schedule) -> Option<u32> {
    schedule.next(|_| true).map(|step| step.id.0)
}

/// What runs at once when a step is tried again soon, or left out for long, and what never runs.
#[track_caller]
fn check_left_out(rows: &[Row], leave_out: fn(&mut Schedule, StepId), id: u32, expected: &[u32]) {
    let mut schedule = Schedule::new(&steps(rows));
    leave_out(&mut schedule, StepId(id));
    let mut ran = Vec::new();
    while let Some(id) = next(&mut schedule) {
        ran.push(id);
        schedule.done(StepId(id));
    }
    assert_eq!(ran, expected);
}

const REPLACED: &[Row] = &[(0, &[], &[]), (1, &[0], &[]), (2, &[], &[1]), (3, &[], &[])];

#[test]
fn what_follows_a_step_that_is_tried_again_soon_waits() {
    check_left_out(REPLACED, Schedule::hold, 0, &[3]);
    check_left_out(REPLACED, Schedule::hold, 1, &[0, 3]);
}

#[test]
fn what_follows_a_step_that_failed_for_long_goes_on() {
    check_left_out(REPLACED, Schedule::skip, 0, &[2, 3]);
    check_left_out(REPLACED, Schedule::skip, 1, &[0, 2, 3]);
}

#[test]
fn what_fails_and_is_tried_again_holds_what_follows_it() {
    let mut schedule = Schedule::new(&steps(REPLACED));
    assert_eq!(next(&mut schedule), Some(0));
    schedule.hold(StepId(0));
    assert_eq!(next(&mut schedule), Some(3));
    assert_eq!(next(&mut schedule), None);
}

#[test]
fn many_steps_of_one_owner_let_one_of_another_through() {
    let mut steps = steps(&[
        (0, &[], &[]),
        (1, &[], &[]),
        (2, &[], &[]),
        (3, &[], &[]),
        (4, &[], &[]),
    ]);
    for (step, owner) in steps
        .iter_mut()
        .zip(["many", "many", "many", "many", "one"])
    {
        let owner = ListenerOwner::listener_set(ObjectKey::new("team", owner));
        step.blame = Blame::Listeners(BTreeSet::from([owner.listener("web")]));
    }
    let mut schedule = Schedule::new(&steps);
    let order: Vec<u32> = std::iter::from_fn(|| next(&mut schedule)).collect();
    assert_eq!(order, [0, 4, 1, 2, 3]);
}

#[test]
fn a_group_without_room_keeps_no_other_waiting() {
    let mut steps = steps(&[(0, &[], &[]), (1, &[], &[])]);
    steps[0].op = Op::DeregisterTargets {
        target_group: "arn".to_owned(),
        targets: BTreeSet::new(),
    };
    let mut schedule = Schedule::new(&steps);
    let has_room = |group| group != Group::ElbTargets;
    assert_eq!(schedule.next(has_room).map(|step| step.id), Some(StepId(1)));
    assert_eq!(schedule.next(has_room), None);
    assert_eq!(next(&mut schedule), Some(0));
}
