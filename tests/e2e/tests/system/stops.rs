//! SIGTERM: whatever runs ends in time, with 0. A second one: at once.

use std::time::Duration;

use serde_json::json;
use tokio::net::TcpStream;

use crate::sandbox::faults;
use crate::system::{FIVE, Part, System};
use crate::teams::Teams;
use crate::until;

#[tokio::test]
async fn sigterm_stops_every_service_gracefully() {
    let mut system = System::of_five(FIVE);
    Teams::new().write(&system.source());
    system.settled().await;
    for part in FIVE.into_iter().chain([Part::Sandbox]) {
        assert_eq!(
            system.stop(part).await,
            Some(0),
            "{part:?}\n{}",
            system.log(part)
        );
    }
}

#[tokio::test]
async fn sigterm_stops_services_at_work() {
    let mut system = System::of_five(FIVE);
    let mut teams = Teams::new();
    teams.write(&system.source());
    system.settled().await;
    let mut random = fastrand::Rng::with_seed(7);
    for _ in 0..5 {
        teams.edit(&mut random);
    }
    teams.write(&system.source());
    let mut order = FIVE;
    order.reverse();
    for part in order.into_iter().chain([Part::Sandbox]) {
        assert_eq!(
            system.stop(part).await,
            Some(0),
            "{part:?}\n{}",
            system.log(part)
        );
    }
}

#[tokio::test]
async fn sigterm_stops_up_gracefully() {
    let mut system = System::new();
    Teams::new().write(&system.source());
    system.start(Part::Up);
    system.settled().await;
    assert_eq!(
        system.stop(Part::Up).await,
        Some(0),
        "{}",
        system.log(Part::Up)
    );
}

#[tokio::test]
async fn a_second_sigterm_ends_at_once() {
    let mut system = System::new();
    Teams::new().write(&system.source());
    // What has begun to change AWS may end: such a call in flight holds the graceful stop up.
    let slow =
        json!({"operation": "CreateLoadBalancer", "kind": "latency", "millis": 60_000, "times": 1});
    system.first_faults = json!({ "rules": [slow] });
    let programmer = Part::AlbProgrammer;
    for part in [Part::Sandbox, Part::Watcher, Part::Merger, programmer] {
        system.start(part);
    }
    let sandbox = system.sandbox;
    let listens = async || TcpStream::connect(sandbox).await.is_ok();
    until("the sandbox listens", listens).await;
    let begun = async || faults(sandbox).await["rules"][0]["times"] == 0;
    until("the call is in flight", begun).await;
    system.terminate(programmer);
    let told = async || system.log(programmer).contains("stopping");
    until("the first signal is heard", told).await;
    system.terminate(programmer);
    let code = system.ended(programmer, Duration::from_secs(5)).await;
    let log = system.log(programmer);
    assert_eq!(code, Some(1), "{log}");
    assert!(log.contains("ended at once by a second signal"), "{log}");
}
