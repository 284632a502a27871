//! How many calls things cost: no change costs none, one change costs what differs.

use std::sync::Arc;

use tributary_aws::{Known, Outcome, Permit, refresh_load_balancer_state};
use tributary_model::desired::Patterns;
use tributary_model::desired::RuleCondition;
use tributary_plan::observed::LoadBalancerState;

use crate::desired::{Desired, alb, secret, two_paths, two_teams};
use crate::world::World;

/// What the change costs, from what is known.
async fn check(from: Desired, to: Desired, expected: &[&str]) {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .secrets
            .put(name, "first", &format!("{name}.example.com"));
    }
    let mut known = world.programmed(&from).await;
    world.calls();
    world.converge(&to, &mut known).await;
    assert_eq!(world.calls(), expected);
}

macro_rules! cases {
    ($($name:ident: $from:expr => $to:expr, $expected:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            check($from, $to, &$expected).await;
        })*
    };
}

cases! {
    no_change_costs_no_call: two_teams() => two_teams(), [];
    one_changed_path_costs_one_call: two_teams() => two_teams().edit_rule(80, 0, |it| {
        it.conditions[1] = RuleCondition::PathPattern(Patterns::Wildcard(vec!["/new*".to_owned()]));
    }), ["elbv2:ModifyRule 1"];
    a_new_set_costs_three_calls: alb().http(80, "one").rule(80, "one", "/", "one") => two_teams(), [
        "elbv2:CreateRule 1",
        "elbv2:CreateTargetGroup 1",
        "elbv2:RegisterTargets 1",
    ];
    a_new_certificate_costs_two_calls: alb().https(443, "one", secret("one", "first"))
        => alb().https(443, "one", secret("one", "first")).https(443, "two", secret("two", "first")), [
        "acm:ImportCertificate 1",
        "elbv2:AddListenerCertificates 1",
    ];
    a_leaving_set_costs_two_calls: two_teams() => alb().http(80, "one").rule(80, "one", "/", "one"), [
        "elbv2:DeleteRule 1",
        "elbv2:DeleteTargetGroup 1",
    ];
    a_new_order_costs_one_call: two_paths() => two_paths().edit_rules(80, |rules| rules.swap(0, 1)), [
        "elbv2:SetRulePriorities 1",
    ];
}

#[tokio::test]
async fn a_first_look_at_nothing_costs_three_calls() {
    let world = World::new().await;
    world.look(&two_teams()).await;
    assert_eq!(
        world.calls(),
        [
            "ec2:DescribeSecurityGroups 1",
            "ec2:DescribeSubnets 1",
            "tagging:GetResources 1",
        ]
    );
}

#[tokio::test]
async fn subnets_are_looked_at_once_for_all() {
    let world = World::new().await;
    let desired = two_teams();
    tokio::join!(
        world.look(&desired),
        world.look(&desired),
        world.look(&desired)
    );
    let calls = world.calls();
    assert!(
        calls.contains(&"ec2:DescribeSubnets 1".to_owned()),
        "{calls:?}"
    );
    world.aws.forget().await;
    world.look(&two_teams()).await;
    let calls = world.calls();
    assert!(
        calls.contains(&"ec2:DescribeSubnets 1".to_owned()),
        "{calls:?}"
    );
}

#[tokio::test]
async fn a_look_costs_little_per_listener_and_target_group() {
    let world = World::new().await;
    world.programmed(&two_teams()).await;
    world.calls();
    world.look(&two_teams()).await;
    assert_eq!(
        world.calls(),
        [
            "ec2:DescribeSecurityGroups 1",
            "elbv2:DescribeListeners 1",
            "elbv2:DescribeLoadBalancerAttributes 1",
            "elbv2:DescribeLoadBalancers 1",
            "elbv2:DescribeRules 1",
            "elbv2:DescribeTags 2",
            "elbv2:DescribeTargetGroups 1",
            "elbv2:DescribeTargetHealth 2",
            "tagging:GetResources 1",
        ]
    );
}

#[tokio::test]
async fn many_rules_are_read_in_pages_and_parts() {
    let mut world =
        World::with(|options| options.quotas.rules_per_application_load_balancer = 1000).await;
    world.context.limits.alb.rules = 1000;
    let mut desired = alb().http(80, "one");
    for number in 0..450 {
        desired = desired.rule(80, "one", &format!("/{number}"), "one");
    }
    let mut known = world.programmed(&desired).await;
    crate::settles::check_in(&world, &desired, &mut known).await;
    let rules: usize = known
        .observed()
        .load_balancers
        .values()
        .flat_map(|it| it.listeners.values())
        .map(|it| it.rules.len())
        .sum();
    assert_eq!(rules, 450, "{:#?}", world.plan(&desired, &known).report);
}

#[tokio::test]
async fn a_new_load_balancer_is_asked_for_its_state_alone() {
    let world =
        World::with(|options| options.provisioning = std::time::Duration::from_hours(1)).await;
    let desired = two_teams();
    let mut known = Known::new(world.look(&desired).await);
    let plan = world.plan(&desired, &known);
    world.execute(&plan, &mut known).await;
    let state = |known: &Known| {
        let mut all = known.observed().load_balancers.values();
        all.next().map(|it| it.state.clone())
    };
    assert_eq!(state(&known), Some(LoadBalancerState::Provisioning));
    world.calls();
    refresh_load_balancer_state(&world.aws, &mut known)
        .await
        .unwrap();
    assert_eq!(world.calls(), ["elbv2:DescribeLoadBalancers 1"]);
    assert_eq!(state(&known), Some(LoadBalancerState::Provisioning));
}

/// Two that wait at the same time, and one that asks soon after.
#[tokio::test]
async fn new_load_balancers_are_asked_for_together() {
    let world =
        World::with(|options| options.provisioning = std::time::Duration::from_hours(1)).await;
    let desired = two_teams();
    let mut known = Known::new(world.look(&desired).await);
    let plan = world.plan(&desired, &known);
    world.execute(&plan, &mut known).await;
    let mut other = known.clone();
    world.calls();
    let (one, two) = tokio::join!(
        refresh_load_balancer_state(&world.aws, &mut known),
        refresh_load_balancer_state(&world.aws, &mut other),
    );
    one.unwrap();
    two.unwrap();
    assert_eq!(world.calls(), ["elbv2:DescribeLoadBalancers 1"]);
}

#[tokio::test]
async fn a_serving_load_balancer_is_not_asked() {
    let world = World::new().await;
    let desired = two_teams();
    let mut known = world.programmed(&desired).await;
    refresh_load_balancer_state(&world.aws, &mut known)
        .await
        .unwrap();
    world.calls();
    refresh_load_balancer_state(&world.aws, &mut known)
        .await
        .unwrap();
    assert!(world.calls().is_empty());
}

#[tokio::test]
async fn limits_and_account_are_told() {
    let world = World::with(|options| options.quotas.rules_per_application_load_balancer = 7).await;
    let limits = world.aws.elbv2.account_limits().await.unwrap();
    assert_eq!((limits.alb.rules, limits.alb.target_groups), (7, 100));
    assert_eq!(world.aws.sts.account().await.unwrap(), "123456789012");
}

/// Whoever lost the right to write.
#[derive(Debug)]
struct Lost;

impl Permit for Lost {
    fn may_write(&self) -> bool {
        false
    }
}

#[tokio::test]
async fn without_the_permit_nothing_is_written() {
    let mut world = World::new().await;
    let permitted = world.aws.clone();
    let desired = two_teams();
    let mut known = Known::new(world.look(&desired).await);
    let plan = world.plan(&desired, &known);
    assert!(!plan.steps.is_empty());
    world.calls();
    world.aws = permitted.with_permit(Arc::new(Lost));
    for result in world.execute(&plan, &mut known).await {
        assert_ne!(result.outcome, Outcome::Done);
    }
    assert_eq!(world.sandbox.call_counts().writes, 0);
    // The same clients without it go on.
    world.aws = permitted;
    world.programmed(&desired).await;
}
