//! What a change costs where 50 sets share a Gateway, in AWS calls. The times are a benchmark's: `tests/bench`.

use std::collections::BTreeMap;

use tributary_tests_e2e::manifests::{World, file};

use crate::sandbox::{calls_but_health, reset_calls};
use crate::system::{Part, System};

const WORLD: World = World {
    gateways: 1,
    sets: 50,
    routes: 1,
};

/// Writes one tenant's file, and counts the calls that follow from it.
async fn cost(system: &System, set: usize, text: &str) -> BTreeMap<String, u64> {
    reset_calls(system.sandbox).await;
    std::fs::write(file(&system.source(), 0, set), text).unwrap();
    system.settled().await;
    calls_but_health(system.sandbox).await
}

fn status_writes(system: &System) -> usize {
    let log = system.log(Part::StatusWriter);
    log.lines()
        .filter(|line| line.contains("status written"))
        .count()
}

#[track_caller]
fn assert_at_most(most: u64, calls: &BTreeMap<String, u64>) {
    let sum: u64 = calls.values().sum();
    assert!((1..=most).contains(&sum), "{calls:?}");
}

#[tokio::test]
async fn a_set_with_its_route_costs_four_calls_at_most() {
    let system = System::of_world(WORLD).await;
    let calls = cost(&system, 50, &WORLD.tenant(0, 50, "v1")).await;
    assert_at_most(4, &calls);
}

#[tokio::test]
async fn one_changed_path_among_many_costs_two_calls_at_most() {
    let system = System::of_world(WORLD).await;
    let calls = cost(&system, 7, &WORLD.tenant(0, 7, "v2")).await;
    assert_at_most(2, &calls);
}

#[tokio::test]
async fn nothing_changed_costs_no_call_and_no_status_write() {
    let system = System::of_world(WORLD).await;
    let before = status_writes(&system);
    let text = WORLD.tenant(0, 7, "v1");
    let annotated = text.replace("{name: app,", "{annotations: {note: any}, name: app,");
    let labelled = text.replace("{name: app,", "{labels: {team: any}, name: app,");
    assert_ne!(text, annotated);
    assert_ne!(text, labelled);
    for text in [&text, &annotated, &labelled, &text] {
        let calls = cost(&system, 7, text).await;
        assert_eq!(calls, BTreeMap::new());
    }
    assert_eq!(status_writes(&system), before);
}
