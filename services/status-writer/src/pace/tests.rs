use super::*;

/// When the writes of a change every `every` are made, for `long`.
fn writes(urgency: Urgency, every: Duration, long: Duration) -> Vec<Duration> {
    let begin = Instant::now();
    let mut pace = Pace::default();
    let mut made = Vec::new();
    let mut pending: Option<Instant> = None;
    let mut now = begin;
    while now <= begin + long {
        let due = *pending.get_or_insert_with(|| pace.due(urgency, now));
        if due <= now {
            // The worst jitter there is.
            pace.attempt(due, 1.0);
            made.push(due - begin);
            pending = None;
        }
        now += every;
    }
    made
}

#[test]
fn the_first_is_immediate() {
    let now = Instant::now();
    assert_eq!(Pace::default().due(Urgency::Slow, now), now);
}

#[test]
fn a_thousand_changes_in_a_minute_cost_twenty_writes() {
    let minute = Duration::from_mins(1);
    let made = writes(Urgency::Slow, minute / 1_000, minute);
    assert!(made.len() <= 20, "{made:?}");
    assert!(made.len() > 10, "{made:?}");
}

#[test]
fn what_somebody_waits_for_is_never_half_a_second_late() {
    let made = writes(
        Urgency::Prompt,
        Duration::from_millis(10),
        Duration::from_secs(20),
    );
    for two in made.windows(2) {
        assert!(
            two[1] <= two[0] + PROMPT + Duration::from_millis(10),
            "{made:?}"
        );
    }
}

#[test]
fn an_urgent_change_does_not_wait_for_the_counts_before_it() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for second in 0..10 {
        pace.attempt(begin + Duration::from_secs(second), 0.0);
    }
    let last = begin + Duration::from_secs(9);
    assert_eq!(pace.due(Urgency::Slow, last), last + MOST);
    assert_eq!(pace.due(Urgency::Prompt, last), last + PROMPT);
}

#[test]
fn after_quiet_it_begins_anew() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for second in 0..10 {
        pace.attempt(begin + Duration::from_secs(second), 0.0);
    }
    let later = begin + Duration::from_secs(9) + MOST + QUIET;
    assert_eq!(pace.due(Urgency::Slow, later), later);
    pace.attempt(later, 0.0);
    assert_eq!(pace.due(Urgency::Slow, later), later + FIRST);
}
