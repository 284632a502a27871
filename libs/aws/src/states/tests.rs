use std::sync::Mutex;
use std::time::Duration;

use tokio::time::advance;

use super::*;
use crate::error::{AwsError, Class};

const EVERY: Duration = Duration::from_secs(2);

/// What was asked for, call by call.
#[derive(Default)]
struct Asked(Mutex<Vec<Vec<String>>>);

impl Asked {
    fn note(&self, arns: &BTreeSet<String>) {
        self.0.lock().unwrap().push(arns.iter().cloned().collect());
    }

    #[track_caller]
    fn check(&self, expected: &[&[&str]]) {
        assert_eq!(*self.0.lock().unwrap(), expected);
    }
}

async fn ask(states: &States, arn: &str, asked: &Asked) {
    let arns = BTreeSet::from([arn.to_owned()]);
    let look = |arns: BTreeSet<String>| async move {
        asked.note(&arns);
        advance(Duration::from_millis(50)).await;
        Ok(Found::new())
    };
    states.ask(&arns, look).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn many_that_wait_cost_one_describe_a_tick() {
    let (states, asked) = (States::new(EVERY), Asked::default());
    for _ in 0..4 {
        advance(states.next().duration_since(Instant::now())).await;
        tokio::join!(
            ask(&states, "a", &asked),
            ask(&states, "b", &asked),
            ask(&states, "c", &asked),
        );
    }
    // In the first tick each is heard of after the one before it.
    let calls = asked.0.lock().unwrap().clone();
    assert!(calls.len() <= 6, "{calls:?}");
    assert!(
        calls
            .iter()
            .rev()
            .take(3)
            .all(|call| *call == ["a", "b", "c"]),
        "{calls:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_slow_answer_serves_all_who_came_meanwhile() {
    let (states, looks) = (States::new(EVERY), Asked::default());
    let slow = async |arn: String| {
        let arns = BTreeSet::from([arn.clone()]);
        let look = |asked: BTreeSet<String>| {
            looks.note(&asked);
            let is_asked = asked.contains(&arn);
            async move {
                // Longer than anybody who does not wait is remembered.
                tokio::task::yield_now().await;
                advance(EVERY * FORGOTTEN * 2).await;
                assert!(is_asked, "it is asked about what it wants to know");
                Ok(Found::new())
            }
        };
        states.ask(&arns, look).await.unwrap();
    };
    let many = (0..50).map(|number| slow(format!("{number:02}")));
    futures::future::join_all(many).await;
    let sizes: Vec<usize> = looks.0.lock().unwrap().iter().map(Vec::len).collect();
    // The first was under way when the others came.
    assert_eq!(sizes, [1, 50]);
}

#[tokio::test(start_paused = true)]
async fn a_young_answer_serves_who_asks_in_between() {
    let (states, asked) = (States::new(EVERY), Asked::default());
    ask(&states, "a", &asked).await;
    advance(EVERY / 4).await;
    ask(&states, "a", &asked).await;
    asked.check(&[&["a"]]);
    advance(EVERY / 2).await;
    ask(&states, "a", &asked).await;
    asked.check(&[&["a"], &["a"]]);
}

#[tokio::test(start_paused = true)]
async fn who_is_not_asked_about_any_more_is_forgotten() {
    let (states, asked) = (States::new(EVERY), Asked::default());
    ask(&states, "a", &asked).await;
    advance(EVERY * FORGOTTEN).await;
    ask(&states, "b", &asked).await;
    asked.check(&[&["a"], &["b"]]);
}

#[tokio::test(start_paused = true)]
async fn an_error_is_shared_by_those_who_waited_for_it() {
    let (states, looks) = (States::new(EVERY), Mutex::new(0));
    let arns = BTreeSet::from(["a".to_owned()]);
    let failing = |_| async {
        *looks.lock().unwrap() += 1;
        // The other one asks.
        tokio::task::yield_now().await;
        advance(EVERY * 2).await;
        Err(AwsError::new(Class::Throttled, "Look", "slow down"))
    };
    let (one, other) = tokio::join!(states.ask(&arns, failing), states.ask(&arns, failing));
    assert_eq!(one, other);
    one.unwrap_err();
    assert_eq!(*looks.lock().unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn ticks_are_steady() {
    let states = States::new(EVERY);
    let first = states.next();
    assert_eq!(first.duration_since(Instant::now()), EVERY);
    advance(EVERY / 4).await;
    assert_eq!(states.next(), first);
    advance(EVERY).await;
    assert_eq!(states.next(), first + EVERY);
}
