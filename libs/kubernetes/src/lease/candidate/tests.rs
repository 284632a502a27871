//! Two candidates and a server, each with its own clock and its own bad luck.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

const TIMING: Timing = Timing {
    duration: Duration::from_secs(4),
    deadline: Duration::from_secs(3),
    renew: Duration::from_secs(1),
    poll: Duration::from_millis(500),
};

fn record(holder: Option<&str>, transitions: u64, version: u64) -> Record {
    Record {
        holder: holder.map(str::to_owned),
        transitions,
        duration: TIMING.duration,
        version: version.to_string(),
    }
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn candidate() -> Candidate {
    Candidate::new("me".to_owned(), TIMING)
}

#[track_caller]
fn claimed(next: Next) -> Claim {
    match next {
        Next::Write(claim) => claim,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_free_lease_is_taken_with_the_next_transition() {
    let now = Instant::now();
    for (found, transitions, version) in [
        (None, 1, None),
        (Some(record(None, 7, 3)), 8, Some("3")),
        (Some(record(Some("me"), 7, 3)), 8, Some("3")),
    ] {
        let mut candidate = candidate();
        assert_eq!(candidate.next(now), Next::Look);
        candidate.observe(found, now);
        let claim = claimed(candidate.next(now));
        assert_eq!(claim.transitions, transitions);
        assert_eq!(claim.version.as_deref(), version);
        assert!(claim.is_new_term);
    }
}

#[test]
fn another_s_lease_expires_by_the_time_it_was_seen_unchanged() {
    let start = Instant::now();
    let mut candidate = candidate();
    candidate.observe(Some(record(Some("you"), 7, 3)), start);
    candidate.observe(Some(record(Some("you"), 7, 4)), start + seconds(2));
    candidate.observe(Some(record(Some("you"), 7, 4)), start + seconds(5));
    let due = start + seconds(6);
    assert_eq!(candidate.next(start + seconds(5)), Next::Wait(due));
    assert_eq!(claimed(candidate.next(due)).transitions, 8);
}

#[test]
fn a_renewal_keeps_the_epoch_and_one_that_comes_too_late_does_not() {
    let start = Instant::now();
    let mut candidate = candidate();
    candidate.observe(None, start);
    candidate.wrote(record(Some("me"), 1, 1), start, start);
    assert_eq!(candidate.next(start), Next::Wait(start + seconds(1)));
    let renewal = claimed(candidate.next(start + seconds(1)));
    assert_eq!((renewal.transitions, renewal.is_new_term), (1, false));
    candidate.wrote(
        record(Some("me"), 1, 2),
        start + seconds(1),
        start + seconds(2),
    );
    assert_eq!(candidate.term(start + seconds(3)).unwrap().epoch, 1);
    assert_eq!(candidate.term(start + seconds(4)), None);
    // Asked for in time, answered after the end.
    let asked = start + seconds(3);
    candidate.wrote(record(Some("me"), 1, 3), asked, start + seconds(5));
    assert_eq!(candidate.term(start + seconds(5)), None);
    assert_eq!(
        claimed(candidate.next(start + seconds(5))).transitions,
        2,
        "it may have it again, as a new term"
    );
}

#[test]
fn a_deleted_lease_is_not_taken_before_its_holder_has_noticed() {
    let start = Instant::now();
    let mut candidate = candidate();
    candidate.observe(Some(record(Some("you"), 7, 3)), start);
    candidate.observe(None, start + seconds(1));
    assert_eq!(
        candidate.next(start + seconds(1)),
        Next::Wait(start + seconds(5))
    );
    let claim = claimed(candidate.next(start + seconds(5)));
    assert_eq!((claim.transitions, claim.version), (8, None));
}

#[test]
fn only_one_s_own_lease_is_released() {
    let now = Instant::now();
    let mut candidate = candidate();
    candidate.observe(Some(record(Some("you"), 7, 3)), now);
    assert_eq!(candidate.release(), None);
    candidate.observe(None, now);
    candidate.wrote(record(Some("me"), 8, 4), now, now);
    let claim = candidate.release().unwrap();
    assert_eq!((claim.holder, claim.transitions), (None, 8));
    assert_eq!(candidate.term(now), None);
}

/// What happens at one step.
#[derive(Clone, Debug)]
enum Event {
    /// A candidate does what it wants to do, and the answer takes so long.
    Run { who: usize, takes: u64, fate: Fate },
    /// Time passes: nobody runs, as after a SIGSTOP.
    Pass(u64),
    /// A candidate stops gracefully and is started again.
    Restart(usize),
    /// Somebody deletes the Lease; once.
    Delete,
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Fine,
    /// It reaches the server, the answer is lost.
    AnswerLost,
    /// It never reaches the server.
    Lost,
}

fn events() -> impl Strategy<Value = Vec<Event>> {
    let fate = prop_oneof![
        6 => Just(Fate::Fine),
        1 => Just(Fate::AnswerLost),
        1 => Just(Fate::Lost),
    ];
    let event = prop_oneof![
        12 => (0..2_usize, prop_oneof![4 => 0..200_u64, 1 => 0..6_000_u64], fate)
            .prop_map(|(who, takes, fate)| Event::Run { who, takes, fate }),
        4 => (0..1_500_u64).prop_map(Event::Pass),
        1 => (0..8_000_u64).prop_map(Event::Pass),
        1 => (0..2_usize).prop_map(Event::Restart),
        1 => Just(Event::Delete),
    ];
    prop::collection::vec(event, 0..120)
}

/// When the answer comes, when it was asked for, what it is, whether it was a read.
type Pending = (Duration, Instant, Option<Record>, bool);

/// The server: a record and the count of its writes.
#[derive(Default)]
struct Server {
    record: Option<Record>,
    writes: u64,
}

impl Server {
    fn write(&mut self, claim: &Claim) -> Option<Record> {
        let present = self.record.as_ref().map(|record| record.version.clone());
        if present != claim.version {
            return None;
        }
        self.writes += 1;
        let written = Record {
            holder: claim.holder.clone(),
            transitions: claim.transitions,
            duration: claim.duration,
            version: self.writes.to_string(),
        };
        self.record = Some(written.clone());
        Some(written)
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Clocks differ, answers are late or lost, processes stop and go on: two never lead at once, and who leads later
    /// has the higher epoch.
    #[test]
    fn two_never_lead_at_once(events in events(), ahead in 0..1_000_000_u64) {
        let real = Instant::now();
        // The second one's clock is ahead: only differences may count.
        let clocks = [Duration::ZERO, Duration::from_millis(ahead)];
        let mut passed = Duration::ZERO;
        let mut server = Server::default();
        let mut starts = 0;
        let mut fresh = || {
            starts += 1;
            Candidate::new(format!("candidate-{starts}"), TIMING)
        };
        let mut candidates = [fresh(), fresh()];
        // When an answer is under way its candidate does nothing else, and the other goes on: by its own time.
        let mut busy: [Option<Pending>; 2] = [None, None];
        let mut last_epoch = [0_u64; 2];
        let mut highest = 0;
        let mut is_deleted = false;
        for event in events {
            match event {
                Event::Pass(millis) => passed += Duration::from_millis(millis),
                Event::Delete => {
                    // Who never saw the Lease as it was cannot count on from there; nor if it happens twice.
                    let present = server.record.as_ref().map(|record| record.transitions);
                    let all_saw = candidates
                        .iter()
                        .all(|candidate| Some(candidate.transitions) == present);
                    if all_saw && !std::mem::replace(&mut is_deleted, true) {
                        server.record = None;
                    }
                }
                Event::Restart(who) => {
                    if busy[who].is_none() && server.record.is_some() {
                        candidates[who].observe(server.record.clone(), real + passed + clocks[who]);
                        if let Some(claim) = candidates[who].release() {
                            server.write(&claim);
                        }
                        candidates[who] = fresh();
                        candidates[who].observe(server.record.clone(), real + passed + clocks[who]);
                        last_epoch[who] = 0;
                    }
                }
                Event::Run { who, takes, fate } => {
                    let now = real + passed + clocks[who];
                    if let Some((until, begun, answer, is_read)) = busy[who].take() {
                        if passed < until {
                            busy[who] = Some((until, begun, answer, is_read));
                            passed += Duration::from_millis(20);
                        } else if is_read {
                            candidates[who].observe(answer, now);
                        } else if let Some(record) = answer {
                            candidates[who].wrote(record, begun, now);
                        } else {
                            candidates[who].doubt();
                        }
                    } else {
                        let until = passed + Duration::from_millis(takes);
                        let reached = !matches!(fate, Fate::Lost);
                        match candidates[who].next(now) {
                            Next::Write(claim) => {
                                let written = if reached { server.write(&claim) } else { None };
                                let answer = written.filter(|_| matches!(fate, Fate::Fine));
                                busy[who] = Some((until, now, answer, false));
                            }
                            Next::Look | Next::Wait(_) if reached => {
                                busy[who] = Some((until, now, server.record.clone(), true));
                            }
                            Next::Look | Next::Wait(_) => {}
                        }
                    }
                }
            }
            let leading: Vec<(usize, u64)> = (0..2)
                .filter_map(|who| {
                    let term = candidates[who].term(real + passed + clocks[who])?;
                    Some((who, term.epoch))
                })
                .collect();
            prop_assert!(leading.len() < 2, "{leading:?}");
            for (who, epoch) in leading {
                if epoch != last_epoch[who] {
                    prop_assert!(epoch > highest, "epoch {epoch} after {highest}");
                    highest = epoch;
                    last_epoch[who] = epoch;
                }
            }
        }
    }
}
