//! Whatever AWS does wrong: the end is the same, and nothing is there twice.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::sandbox::{assert_same, faults, put_faults};
use crate::scratch::judged;
use crate::status::{ageless, assert_equal};
use crate::system::{FIVE, Part, System};
use crate::teams::Teams;

/// Edits under each set of faults.
const ROUNDS: usize = 3;

/// `rules` are in force from before the first call on, and again at each round of edits.
async fn check(rules: Value) {
    let mut random = Rng::with_seed(6);
    let mut teams = Teams::new();
    let mut system = System::new();
    teams.write(&system.source());
    let rules = json!({"seed": 6, "rules": rules});
    system.first_faults = rules.clone();
    for part in [Part::Sandbox].into_iter().chain(FIVE) {
        system.start(part);
    }
    let sandbox = system.sandbox;
    let mut hit = false;
    system.settled().await;
    for _ in 0..ROUNDS {
        hit |= times(&faults(sandbox).await) < times(&rules);
        put_faults(sandbox, &rules).await;
        teams.edit(&mut random);
        teams.repair();
        teams.write(&system.source());
        system.settled().await;
    }
    assert!(hit, "no call was hit");
    put_faults(sandbox, &json!({})).await;
    let expected = judged(&system.source()).await;
    assert_equal(
        &ageless(system.statuses()),
        &ageless(expected.statuses),
        "statuses",
    );
    assert_same(&system.inventory().await, &expected.inventory, "AWS");
}

/// How often the rules may still hit.
fn times(faults: &Value) -> u64 {
    let rules = faults["rules"].as_array().unwrap();
    rules
        .iter()
        .map(|rule| rule["times"].as_u64().unwrap())
        .sum()
}

#[tokio::test]
async fn throttling_is_survived() {
    check(json!([{"operation": "*", "kind": "throttle", "probability": 0.5, "times": 20}])).await;
}

#[tokio::test]
async fn server_errors_are_survived() {
    check(json!([{"operation": "*", "kind": "server_error", "probability": 0.5, "times": 20}]))
        .await;
}

#[tokio::test]
async fn resets_are_survived() {
    check(json!([{"operation": "*", "kind": "reset", "probability": 0.5, "times": 20}])).await;
}

#[tokio::test]
async fn lost_answers_leave_nothing_double() {
    check(json!([{"operation": "*", "kind": "lost_answer", "probability": 0.5, "times": 10}]))
        .await;
}

#[tokio::test]
async fn stale_answers_leave_nothing_double() {
    check(json!([{"operation": "Describe*", "kind": "stale", "writes": 2, "times": 20}])).await;
}

#[tokio::test]
async fn latency_is_survived() {
    check(json!([{"operation": "*", "kind": "latency", "millis": 200, "times": 100}])).await;
}
