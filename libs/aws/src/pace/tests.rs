use std::time::{Duration, Instant};

use super::{Group, Limit, Pace, Pacing, Rate, delays};
use crate::error::Class;

/// Seconds after the start at which AWS throttles (`t`) or answers (`s`), and the rate after all of them.
#[track_caller]
fn check(limit: Limit, events: &[(char, u64)], expected: f64) {
    let start = Instant::now();
    let mut rate = Rate::new(limit, start);
    for (event, seconds) in events {
        let now = start + Duration::from_secs(*seconds);
        let _changed = match event {
            't' => rate.throttled(now),
            _ => rate.succeeded(now),
        };
    }
    assert!(
        (rate.now - expected).abs() < 1e-9,
        "{} is not {expected}",
        rate.now
    );
}

#[test]
fn a_group_starts_at_its_ceiling() {
    check(Limit::new(10, 40), &[('s', 5)], 10.0);
}

#[test]
fn throttling_halves_the_rate() {
    check(Limit::new(10, 40), &[('t', 0)], 5.0);
}

#[test]
fn answers_to_calls_in_flight_count_once() {
    check(Limit::new(10, 40), &[('t', 3), ('t', 3), ('t', 3)], 5.0);
}

#[test]
fn throttling_that_goes_on_halves_again() {
    check(Limit::new(10, 40), &[('t', 1), ('t', 2), ('t', 3)], 1.25);
}

#[test]
fn the_rate_never_falls_below_one_call_a_burst() {
    let events: Vec<(char, u64)> = (1..20).map(|second| ('t', second)).collect();
    check(Limit::new(10, 40), &events, 0.25);
}

#[test]
fn the_rate_grows_back_by_a_step_a_second() {
    check(
        Limit::new(10, 40),
        &[('t', 1), ('s', 1), ('s', 2), ('s', 2)],
        5.5,
    );
}

#[test]
fn the_rate_never_passes_its_ceiling() {
    let events: Vec<(char, u64)> = std::iter::once(('t', 1))
        .chain((2..40).map(|second| ('s', second)))
        .collect();
    check(Limit::new(10, 40), &events, 10.0);
}

#[test]
fn a_call_costs_at_most_the_burst() {
    for (per_second, burst) in [(1, 1), (10, 40), (8, 8), (3, 7), (10_000, 10_000)] {
        let start = Instant::now();
        let mut rate = Rate::new(Limit::new(per_second, burst), start);
        assert_eq!(rate.cost().get(), 1);
        for second in 1..64 {
            rate.throttled(start + Duration::from_secs(second));
            assert!(rate.cost().get() <= burst, "{per_second} {burst}");
        }
    }
}

#[test]
fn tries_are_bounded_in_number_and_time() {
    let waits = |class| -> (usize, Duration) {
        let delays: Vec<Duration> = delays(class).collect();
        (delays.len(), delays.iter().sum())
    };
    let (times, total) = waits(Class::Throttled);
    assert!(
        times == 7 && total < Duration::from_secs(20),
        "{times} {total:?}"
    );
    let (times, total) = waits(Class::Retryable);
    assert!(
        times == 3 && total < Duration::from_secs(3),
        "{times} {total:?}"
    );
    assert_eq!(waits(Class::Permanent).0, 0);
    assert_eq!(waits(Class::NeedsReobserve).0, 0);
}

#[tokio::test(start_paused = true)]
async fn no_call_waits_for_ever() {
    let mut pacing = Pacing::LOCAL;
    pacing.sts.in_flight = 1;
    let pace = Pace::new(&pacing);
    let held = pace.turn(Group::Sts, "GetCallerIdentity").await.unwrap();
    let error = pace
        .turn(Group::Sts, "GetCallerIdentity")
        .await
        .unwrap_err();
    assert_eq!(error.class, Class::Throttled);
    drop(held);
    drop(pace.turn(Group::Sts, "GetCallerIdentity").await.unwrap());
}

/// The limiter alone gives cells to whoever asks at the right moment: of many that wait the first may wait for ever.
#[tokio::test]
async fn turns_come_in_the_order_in_which_they_were_asked_for() {
    let mut pacing = Pacing::LOCAL;
    pacing.sts = Limit::new(50, 1);
    let pace = Pace::new(&pacing);
    let order = std::sync::Mutex::new(Vec::new());
    let callers = (0..12).map(|number| {
        let (pace, order) = (&pace, &order);
        async move {
            let turn = pace.turn(Group::Sts, "GetCallerIdentity").await.unwrap();
            order.lock().unwrap().push(number);
            drop(turn);
        }
    });
    futures::future::join_all(callers).await;
    let expected: Vec<u32> = (0..12).collect();
    assert_eq!(order.into_inner().unwrap(), expected);
}

#[tokio::test(start_paused = true)]
async fn groups_do_not_wait_for_each_other() {
    let mut pacing = Pacing::LOCAL;
    pacing.sts.in_flight = 1;
    let pace = Pace::new(&pacing);
    let _held = pace.turn(Group::Sts, "GetCallerIdentity").await.unwrap();
    drop(pace.turn(Group::Tagging, "GetResources").await.unwrap());
}
