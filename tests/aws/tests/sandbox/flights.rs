//! A plan that is made while something of the last one is still in flight.

use tributary_aws::{Due, Flights, Known, Outcome};
use tributary_sandbox::FaultKind::Latency;

use crate::desired::{Desired, alb};
use crate::settles::check_in;
use crate::world::World;

/// No call of these tests ends after it.
const HANGS: u64 = 3_600_000;

fn one() -> Desired {
    alb().http(80, "one").rule(80, "one", "/", "one")
}

/// Another team, with a service of its own.
fn and_two(desired: Desired) -> Desired {
    desired.http(80, "two").rule(80, "two", "/", "two")
}

/// A third one, which uses the first one's service.
fn and_three(desired: Desired) -> Desired {
    desired.http(80, "three").rule(80, "three", "/", "one")
}

/// Takes up what is to be done for `desired`, and waits until so many steps are done.
async fn take_up(
    world: &World,
    flights: &mut Flights,
    known: &mut Known,
    desired: &Desired,
    done: usize,
) {
    known.relate();
    let plan = world.plan(desired, known);
    flights.take_up(&plan.steps, known, |_| Due::Now);
    for _ in 0..done {
        let result = flights.land(known).await.unwrap();
        assert_eq!(result.outcome, Outcome::Done, "{}\nof\n{plan}", result.step);
    }
}

/// What is called while the first call of an operation of the second team hangs, which is not counted before it ends: by
/// the plan that has it, and by another one.
async fn check(hanging: &str, done: usize, then: &Desired, then_done: usize, expected: &[&str]) {
    let world = World::new().await;
    let mut known = world.programmed(&one()).await;
    world.calls();
    world.fault(hanging, Latency { millis: HANGS }, Some(1));
    let mut flights = world.flights();
    take_up(&world, &mut flights, &mut known, &and_two(one()), done).await;
    world.hit(0).await;
    take_up(&world, &mut flights, &mut known, then, then_done).await;
    assert!(flights.is_over());
    assert!(!flights.is_empty());
    assert_eq!(world.calls(), expected);
    // Whoever drops them must look; then nothing is missing, and nothing is there twice.
    drop(flights);
    world.no_faults();
    let mut known = Known::new(world.look(then).await);
    world.converge(then, &mut known).await;
    check_in(&world, then, &mut known).await;
}

#[tokio::test]
async fn a_rule_is_made_while_another_teams_targets_hang() {
    let then = and_three(and_two(one()));
    let calls = ["elbv2:CreateRule 2", "elbv2:CreateTargetGroup 1"];
    check("RegisterTargets", 2, &then, 1, &calls).await;
}

#[tokio::test]
async fn a_rule_in_flight_is_not_made_again_at_another_priority() {
    // The third team comes first now: its rule is planned where the second one's is about to be, which has to wait.
    let then = and_two(and_three(one()));
    let calls = ["elbv2:CreateTargetGroup 1", "elbv2:RegisterTargets 1"];
    check("CreateRule", 2, &then, 0, &calls).await;
}

#[tokio::test]
async fn what_something_in_flight_uses_is_not_deleted() {
    // Nobody wants the second team's any more; its group has to wait for its rule.
    let calls = ["elbv2:CreateTargetGroup 1", "elbv2:RegisterTargets 1"];
    check("CreateRule", 2, &one(), 0, &calls).await;
}
