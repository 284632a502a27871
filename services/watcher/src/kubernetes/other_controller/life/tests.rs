use super::*;

const BOUNDS: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_mins(10);

#[derive(Clone, Copy)]
enum Step {
    /// Renewed at this text, for so many seconds.
    Renewed(&'static str, u64),
    /// Read again as it was.
    Same(&'static str, u64),
    NobodyHolds,
    Down,
}

/// Whether it runs at a second, after steps at theirs.
fn check(steps: &[(u64, Step)], at: u64, expected: bool) {
    let start = Instant::now();
    let second = |second| start + Duration::from_secs(second);
    let mut life = Life::new(BOUNDS);
    for (when, step) in steps {
        let now = second(*when);
        life.end(now);
        match *step {
            Step::Renewed(time, duration) | Step::Same(time, duration) => {
                let renewal = Renewal {
                    holder: "one".to_owned(),
                    time: time.to_owned(),
                    duration: Duration::from_secs(duration),
                };
                life.seen(Some(renewal), now);
            }
            Step::NobodyHolds => life.seen(None, now),
            Step::Down => life.interrupted(now),
        }
    }
    life.end(second(at));
    assert_eq!(life.is_alive(), expected, "at {at}");
}

use Step::{Down, NobodyHolds, Renewed, Same};

#[test]
fn a_renewal_counts_for_ten_durations_within_bounds() {
    for (duration, counts) in [(15, 150), (1, 60), (0, 60), (3_600, 600)] {
        check(&[(0, Renewed("a", duration))], counts - 1, true);
        check(&[(0, Renewed("a", duration))], counts, false);
    }
}

#[test]
fn a_lease_that_nobody_renews_counts_for_the_first_time_only() {
    let stale = [(0, Same("a", 15)), (100, Same("a", 15))];
    check(&stale, 149, true);
    check(&stale, 150, false);
    check(&[(0, Same("a", 15)), (200, Same("a", 15))], 201, false);
}

#[test]
fn a_gap_that_is_shorter_changes_nothing() {
    let rolled = [
        (0, Renewed("a", 15)),
        (2, NobodyHolds),
        (140, Renewed("b", 15)),
    ];
    check(&rolled, 150, true);
    check(&rolled, 289, true);
    check(&rolled, 290, false);
}

#[test]
fn who_let_the_lease_go_is_gone_after_its_time() {
    let let_go = [(0, Renewed("a", 15)), (2, NobodyHolds)];
    check(&let_go, 149, true);
    check(&let_go, 150, false);
    check(&[(0, NobodyHolds)], 1, false);
}

#[test]
fn while_nothing_can_be_read_nobody_is_believed_to_be_gone() {
    let down = [(0, Renewed("a", 15)), (149, Down)];
    check(&down, 298, true);
    check(&down, 299, false);
    check(&[(0, Down)], 1, false);
}
