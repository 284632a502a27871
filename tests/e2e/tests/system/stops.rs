//! SIGTERM: whatever runs ends in time, with 0.

use crate::system::{FIVE, Part, System};
use crate::teams::Teams;

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
