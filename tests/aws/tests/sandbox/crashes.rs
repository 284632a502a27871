//! A process that dies in the middle, at every step: the next one finds what is there and makes nothing twice.

use tributary_aws::{Known, Outcome};
use tributary_plan::Plan;

use crate::desired::{Desired, alb, secret, two_teams};
use crate::settles::check_in;
use crate::world::World;

fn secure() -> Desired {
    alb()
        .https(443, "one", secret("one", "first"))
        .rule(443, "one", "/", "one")
}

/// The first steps of a plan; steps only need steps before them.
fn cut(plan: &Plan, steps: usize) -> Plan {
    let mut plan = plan.clone();
    plan.steps.truncate(steps);
    plan
}

#[tokio::test]
async fn creation_goes_on_after_a_crash_at_any_step() {
    let count = {
        let world = World::new().await;
        let known = Known::new(world.look(&secure()).await);
        world.plan(&secure(), &known).steps.len()
    };
    for done in 0..=count {
        let world = World::new().await;
        world.secrets.put("one", "first", "one.example.com");
        let mut known = Known::new(world.look(&secure()).await);
        let plan = world.plan(&secure(), &known);
        world.execute(&cut(&plan, done), &mut known).await;
        drop(known);
        let mut again = world.programmed(&secure()).await;
        let once = world.ours();
        assert!(
            once.iter().all(|(_, count)| *count == 1),
            "{done}: {once:?}"
        );
        check_in(&world, &secure(), &mut again).await;
    }
}

#[tokio::test]
async fn deletion_goes_on_after_a_crash_at_any_step() {
    for done in 0..8 {
        let world = World::new().await;
        world.secrets.put("one", "first", "one.example.com");
        let mut known = world.programmed(&secure()).await;
        let gone = secure().gone();
        let plan = world.plan(&gone, &known);
        world.execute(&cut(&plan, done), &mut known).await;
        drop(known);
        world.programmed(&gone).await;
        let left = world.ours();
        assert!(
            left.iter().all(|(_, count)| *count == 0),
            "{done}: {left:?}"
        );
    }
}

#[tokio::test]
async fn a_stop_begins_nothing_more() {
    let world = World::new().await;
    let mut known = Known::new(world.look(&two_teams()).await);
    let plan = world.plan(&two_teams(), &known);
    world.stop.cancel();
    world.calls();
    let results = world.execute(&plan, &mut known).await;
    assert_eq!(results.len(), plan.steps.len());
    assert!(results.iter().all(|it| it.outcome == Outcome::Stopped));
    assert!(world.calls().is_empty());
}
