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
            pace.attempt(urgency, due, 1.0);
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
fn what_somebody_waits_for_is_written_at_once_three_times_in_a_row() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for _ in 0..BURST {
        assert_eq!(pace.due(Urgency::Prompt, begin), begin);
        pace.attempt(Urgency::Prompt, begin, 0.0);
    }
    assert_eq!(pace.due(Urgency::Prompt, begin), begin + PROMPT);
    // One comes back, and not the whole burst.
    let later = begin + PROMPT;
    assert_eq!(pace.due(Urgency::Prompt, later), later);
    pace.attempt(Urgency::Prompt, later, 0.0);
    assert_eq!(pace.due(Urgency::Prompt, later), later + PROMPT);
}

#[test]
fn what_keeps_changing_is_written_twice_a_second() {
    let made = writes(
        Urgency::Prompt,
        Duration::from_millis(1),
        Duration::from_mins(1),
    );
    // Jitter shortens each of the 120 intervals by a tenth at most.
    assert!((120..=140).contains(&made.len()), "{}", made.len());
}

#[test]
fn what_counts_write_takes_nothing_from_conditions() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for second in 0..10 {
        pace.attempt(Urgency::Slow, begin + Duration::from_secs(second), 0.0);
    }
    let last = begin + Duration::from_secs(9);
    assert_eq!(pace.due(Urgency::Slow, last), last + MOST);
    assert_eq!(pace.due(Urgency::Prompt, last), last);
}

#[test]
fn counts_wait_after_a_condition_was_written() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    pace.attempt(Urgency::Prompt, begin, 0.0);
    assert_eq!(pace.due(Urgency::Slow, begin), begin + FIRST);
}

#[test]
fn what_is_about_to_change_waits_a_moment() {
    let now = Instant::now();
    assert_eq!(Pace::default().due(Urgency::Awaiting, now), now + TOGETHER);
}

#[test]
fn after_quiet_it_begins_anew() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for second in 0..10 {
        pace.attempt(Urgency::Slow, begin + Duration::from_secs(second), 0.0);
    }
    let later = begin + Duration::from_secs(9) + MOST + QUIET;
    assert_eq!(pace.due(Urgency::Slow, later), later);
    pace.attempt(Urgency::Slow, later, 0.0);
    assert_eq!(pace.due(Urgency::Slow, later), later + FIRST);
}

#[test]
fn a_pace_is_blank_again_when_it_has_no_influence() {
    let begin = Instant::now();
    let mut pace = Pace::default();
    for _ in 0..BURST {
        pace.attempt(Urgency::Prompt, begin, 0.0);
    }
    pace.forget(begin + PROMPT * BURST);
    assert!(!pace.is_blank());
    pace.forget(begin + MEMORY);
    assert!(pace.is_blank());
}
