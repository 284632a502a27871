use std::time::Duration;

use super::Backoff;
use crate::names::SecondsCounter;

const POLICY: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(4),
};

#[test]
fn delays_grow_and_stay_within_the_bound() {
    let mut delays = POLICY.delays(SecondsCounter::default());
    let first = delays.next_delay();
    assert!(
        first >= POLICY.first && first <= POLICY.first * 2,
        "{first:?}"
    );
    for _ in 0..200 {
        let delay = delays.next_delay();
        assert!(delay >= POLICY.first && delay <= POLICY.most, "{delay:?}");
    }
    assert!(delays.next_delay() >= POLICY.most / 2);
}

#[test]
fn two_series_differ_by_jitter() {
    let mut one = POLICY.delays(SecondsCounter::default());
    let mut other = POLICY.delays(SecondsCounter::default());
    assert!((0..32).any(|_| one.next_delay() != other.next_delay()));
}

#[test]
fn what_worked_begins_anew() {
    let mut delays = POLICY.delays(SecondsCounter::default());
    for _ in 0..20 {
        delays.next_delay();
    }
    delays.reset();
    assert!(delays.next_delay() <= POLICY.first * 2);
}

#[test]
fn a_first_delay_over_the_bound_is_cut() {
    let policy = Backoff {
        first: Duration::from_secs(9),
        most: Duration::from_secs(1),
    };
    assert!(policy.delays(SecondsCounter::default()).next_delay() <= policy.most);
}

#[tokio::test(start_paused = true)]
async fn what_is_waited_is_counted() {
    let counter = SecondsCounter::default();
    let mut delays = POLICY.delays(counter.clone());
    let begun = tokio::time::Instant::now();
    delays.wait().await;
    delays.wait().await;
    let waited = begun.elapsed().as_secs_f64();
    // Tokio's timer has a resolution of a millisecond.
    assert!(
        (counter.get() - waited).abs() < 0.01,
        "{} {waited}",
        counter.get()
    );
}
