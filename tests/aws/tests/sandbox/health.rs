//! A programmer moves traffic when AWS has found a target healthy, and asks no more once all are.

use std::sync::Arc;

use tributary_aws::{Unmetered, ask_health, unhealthy};
use tributary_model::config::SubnetConfiguration;
use tributary_model::desired::DesiredAction;
use tributary_model::elb::ElbProtocol;
use tributary_model::report::LoadBalancerReport;
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::{Health, TargetState};
use tributary_plan::op::SecurityGroupSpec;
use tributary_plan::tags::Tags;
use tributary_sandbox::Reachability;

use crate::desired::{Desired, alb, forward, nlb};
use crate::programmer::Programmer;
use crate::reach::{one, seed};
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

#[tokio::test]
async fn that_a_new_group_is_not_in_use_yet_is_not_held_against_its_targets() {
    let world = World::new().await;
    let subnets = world.aws.ec2.subnets(None).await.unwrap();
    let mut private = subnets
        .iter()
        .filter(|(_, it)| it.tags.contains_key("kubernetes.io/role/internal-elb"));
    let (first, _) = private.next().unwrap();
    // The targets are in the zones of other subnets: AWS says that they are not in use.
    let desired = nlb().l4(5432, ElbProtocol::Tcp, "one").settings(|it| {
        it.subnets = vec![SubnetConfiguration {
            identifier: first.clone(),
            ..SubnetConfiguration::default()
        }];
    });
    let mut known = world.programmed(&desired).await;
    let groups = unhealthy(known.observed());
    ask_health(&world.aws, &mut known, &groups).await.unwrap();
    let initial = TargetState::Registered(Health::Initial);
    let mut states = known
        .observed()
        .target_groups
        .values()
        .flat_map(|it| it.targets.values());
    assert!(states.all(|it| *it == initial));
    assert_eq!(
        world.plan(&desired, &known).report.problems,
        Vec::<String>::new()
    );
    // Who starts later is told as it is.
    let look = world.look(&desired).await;
    let mut states = look
        .target_groups
        .values()
        .flat_map(|it| it.targets.values());
    assert!(states.all(|it| matches!(it.health(), Some(Health::Unused(_)))));
}

/// Targets that were let in by the backend group, which leaves with the groups that are named now.
#[tokio::test]
async fn targets_that_our_own_change_makes_unhealthy_are_told() {
    let reachable = |options: &mut tributary_sandbox::Options| {
        options.seed.cluster = Some("test".to_owned());
        options.reachability = Reachability::BySecurityGroups;
    };
    let mut world = World::unbound(reachable, Arc::new(Unmetered)).await;
    world.environment.backend = BackendGroups::Shared;
    world.context.backend = BackendGroups::Shared;
    seed(&world, &[1, 2]);
    let mut programmer = Programmer::start(&world);
    let healthy = one();
    programmer.want(&healthy);
    let is_well = |report: &LoadBalancerReport| {
        report.settled && report.rules.is_empty() && !report.listeners.is_empty()
    };
    programmer.says(&healthy, is_well).await;
    let own = SecurityGroupSpec {
        name: "front".to_owned(),
        description: "ours".to_owned(),
        vpc: world
            .look(&healthy)
            .await
            .load_balancers
            .values()
            .next()
            .unwrap()
            .vpc
            .clone(),
        tags: Tags::default(),
    };
    let own = world.aws.ec2.create_security_group(&own).await.unwrap();
    let closed = one().settings(|it| it.security_groups = vec![own]);
    programmer.want(&closed);
    programmer
        .says(&closed, |report| {
            let mut rules = report.rules.iter();
            rules.any(|rule| rule.message.contains("Target.Timeout"))
        })
        .await;
    programmer.end().await;
}
