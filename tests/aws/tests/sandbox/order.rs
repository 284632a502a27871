//! What AWS lets go of late: a deleted load balancer's interfaces and target groups stay in use for a while.

use std::time::Duration;

use tributary_sandbox::Outcome;

use crate::desired::alb;
use crate::programmer::Programmer;
use crate::world::World;

#[tokio::test]
async fn what_stays_in_use_after_a_load_balancer_goes_once_aws_lets_go_of_it() {
    let world = World::with(|options| options.lagging_deletes = Duration::from_secs(1)).await;
    let desired = alb().http(80, "one").rule(80, "one", "/", "one");
    let mut programmer = Programmer::start(&world);
    programmer.want(&desired);
    programmer.serves(&desired, "one").await;
    programmer.want(&desired.clone().gone());
    programmer.forgets(&desired).await;
    let left = world.ours();
    assert!(left.iter().all(|(_, count)| *count == 0), "{left:?}");
    // It was too early at first.
    let in_use = Outcome::Error("DependencyViolation".to_owned());
    let calls = world.sandbox.call_log();
    assert!(calls.iter().any(|call| call.outcome == in_use));
    programmer.end().await;
}
