//! A programmer moves traffic when AWS has found a target healthy, and asks no more once all are.

use tributary_model::desired::DesiredAction;

use crate::desired::{Desired, alb, forward};
use crate::programmer::Programmer;
use crate::world::World;

/// One rule, to this group of two.
fn to(group: &str) -> Desired {
    let action: DesiredAction = forward(&[(group, 1)]);
    alb()
        .http(80, "web")
        .group("old", "web")
        .group("new", "web")
        .rule(80, "web", "/", group)
        .edit_rule(80, 0, |rule| rule.action = action)
}

/// Waits until the rule has moved to this group and nothing is left to do.
async fn moved(world: &World, programmer: &mut Programmer, group: &str) {
    let desired = to(group);
    programmer.want(&desired);
    let tag = format!(r#"resource":"{group}""#);
    let has_only =
        || world.count("target_groups", &tag) == 1 && world.count("target_groups", "") == 1;
    programmer
        .says(&desired, |report| report.settled && has_only())
        .await;
}

/// How often each of these was called since the last time.
fn calls(world: &World, of: &[&str]) -> Vec<String> {
    let mut calls = world.calls();
    calls.retain(|call| of.iter().any(|name| call.contains(&format!(":{name} "))));
    calls
}

#[tokio::test]
async fn a_rule_moves_in_two_steps_with_a_question_between_them() {
    let world = World::new().await;
    let mut programmer = Programmer::start(&world);
    moved(&world, &mut programmer, "old").await;
    calls(&world, &[]);
    moved(&world, &mut programmer, "new").await;
    programmer.end().await;
    let steps = ["CreateTargetGroup", "ModifyRule", "DeleteTargetGroup"];
    let made = calls(&world, &steps);
    assert_eq!(
        made,
        [
            "elbv2:CreateTargetGroup 1",
            "elbv2:DeleteTargetGroup 1",
            "elbv2:ModifyRule 2",
        ]
    );
}
