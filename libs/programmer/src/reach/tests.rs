use std::collections::BTreeSet;

use tokio::time::advance;
use tributary_model::desired::TargetId;

use super::*;

const FIRST: Duration = Duration::from_secs(2);

fn targets(ids: &[&str]) -> Wanting {
    let ids = ids.iter();
    Wanting {
        targets: ids.map(|id| TargetId::Instance((*id).to_owned())).collect(),
        ..Wanting::default()
    }
}

fn nothing() -> Wanting {
    Wanting::default()
}

fn reach() -> Reach {
    Reach::new(FIRST, &SecondsCounter::default())
}

/// Delays of so many rounds in which nothing changes.
async fn rounds(reach: &mut Reach, told: &Wanting, out: &Wanting, count: usize) -> Vec<Duration> {
    let mut waits = Vec::new();
    for _ in 0..count {
        reach.note(told.clone(), out.clone(), Instant::now());
        let wait = reach.due().unwrap() - Instant::now();
        advance(wait).await;
        assert!(!reach.take(Instant::now()).is_empty());
        waits.push(wait);
    }
    waits
}

#[tokio::test(start_paused = true)]
async fn where_nothing_is_wanting_nothing_is_looked_at() {
    let mut reach = reach();
    reach.note(nothing(), nothing(), Instant::now());
    assert_eq!(reach.due(), None);
    reach.note(targets(&["i-1"]), nothing(), Instant::now());
    assert!(reach.due().is_some());
    reach.note(nothing(), nothing(), Instant::now());
    assert_eq!(reach.due(), None);
    advance(LONGEST).await;
    assert_eq!(reach.take(Instant::now()), nothing());
}

#[tokio::test(start_paused = true)]
async fn what_is_wanting_is_looked_at_every_minute_in_the_end_and_soon_when_more_is() {
    let mut reach = reach();
    let waits = rounds(&mut reach, &targets(&["i-1"]), &nothing(), 12).await;
    assert!(waits[0] <= FIRST * 2, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
    assert!(waits[11] >= LONGEST / 2, "{waits:?}");
    let more = rounds(&mut reach, &targets(&["i-1", "i-2"]), &nothing(), 1).await;
    assert!(more[0] <= FIRST * 2, "{more:?}");
    let fewer = rounds(&mut reach, &targets(&["i-2"]), &nothing(), 1).await;
    assert!(fewer[0] > more[0], "{fewer:?} after {more:?}");
}

#[tokio::test(start_paused = true)]
async fn what_times_out_is_looked_at_five_times_more_rarely() {
    let mut reach = reach();
    let waits = rounds(&mut reach, &nothing(), &targets(&["i-1"]), 12).await;
    assert!(waits[0] >= FIRST * PATIENCE, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= LONGEST_OUT), "{waits:?}");
    assert!(waits[11] >= LONGEST_OUT / 2, "{waits:?}");
}

#[tokio::test(start_paused = true)]
async fn what_is_due_together_is_one_round() {
    let mut reach = reach();
    reach.note(targets(&["i-1"]), targets(&["i-2"]), Instant::now());
    advance(FIRST * PATIENCE * 2).await;
    let round = reach.take(Instant::now());
    let both = ["i-1", "i-2"].map(|id| TargetId::Instance(id.to_owned()));
    assert_eq!(round.targets, BTreeSet::from(both));
    assert_eq!(reach.due(), None);
}
