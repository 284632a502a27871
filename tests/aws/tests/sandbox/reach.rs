//! Targets whose security groups let load balancers in.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_aws::{Known, RuleFilter, Unmetered, refresh};
use tributary_model::ObjectKey;
use tributary_model::desired::TargetId;
use tributary_model::elb::TargetType;
use tributary_model::report::RuleState;
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::Opening;
use tributary_plan::op::{IngressRule, IngressSource, IngressTraffic};
use tributary_plan::tags::{Tags, claims};
use tributary_sandbox::{FaultKind, Options, SeedInterface};

use crate::desired::{Desired, alb, target, two_teams};
use crate::settles::check_in;
use crate::world::World;

/// One team, whose targets are 172.31.0.1:8080 and 172.31.0.2:8080.
fn one() -> Desired {
    alb().http(80, "one").rule(80, "one", "/", "one")
}

/// The same for another Gateway.
fn another() -> Desired {
    let mut another = one();
    another.0.key.gateway = ObjectKey::new("infra", "other");
    another
}

/// A sandbox with the cluster's security group on the interfaces of these targets, where targets are to be opened; and that
/// group.
async fn opening(targets: &[u8]) -> (World, String) {
    let world = World::with(|options| options.seed.cluster = Some("test".to_owned())).await;
    opening_in(world, targets)
}

fn opening_in(mut world: World, targets: &[u8]) -> (World, String) {
    world.site.backend = BackendGroups::Shared;
    world.context.backend = BackendGroups::Shared;
    let group = seed(&world, targets);
    (world, group)
}

pub(crate) fn seed(world: &World, targets: &[u8]) -> String {
    let seeds: Vec<SeedInterface> = targets
        .iter()
        .map(|number| match target(*number).id {
            TargetId::Ip(address) => SeedInterface::of(address),
            TargetId::Instance(id) => panic!("{id} is no pod"),
        })
        .collect();
    let seeded = world.sandbox.seed_interfaces(None, &seeds).unwrap();
    seeded[0].groups[0].clone()
}

/// The rules of a group that let other groups in, with who claims them.
async fn rules(world: &World, group: &str) -> Vec<String> {
    let filter = RuleFilter::Group(group.to_owned());
    let rules = world.aws.ec2.shared_rules(&filter).await.unwrap();
    let told = rules.values().filter(|rule| rule.opening.source != group);
    let mut told: Vec<String> = told
        .map(|rule| {
            let values = claims(&rule.tags).filter_map(|key| rule.tags.get(key));
            let claims: Vec<String> = values.cloned().collect();
            format!("{}: {}", rule.opening.traffic, claims.join(", "))
        })
        .collect();
    told.sort();
    told
}

fn backend_groups(world: &World) -> usize {
    world.count("security_groups", "backend-sg")
}

async fn remove(world: &World, desired: &Desired) {
    let gone = desired.clone().gone();
    let mut known = Known::new(world.look(&gone).await);
    world.settle(&gone, &mut known).await;
}

#[tokio::test]
async fn targets_are_opened_and_another_look_gives_nothing_to_do() {
    let (world, group) = opening(&[1, 2]).await;
    let mut known = Known::new(world.look(&one()).await);
    check_in(&world, &one(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
    assert_eq!(backend_groups(&world), 1);
}

#[tokio::test]
async fn the_second_load_balancer_shares_and_the_last_one_leaves_nothing() {
    let (world, group) = opening(&[1, 2]).await;
    // What people have let in themselves stays.
    let by_hand = IngressRule {
        traffic: IngressTraffic::Tcp(22, 22),
        source: IngressSource::Ipv4("10.0.0.0/8".to_owned()),
    };
    let by_hand = BTreeSet::from([by_hand]);
    world
        .aws
        .ec2
        .authorize_ingress(&group, &by_hand)
        .await
        .unwrap();
    world.programmed(&one()).await;
    let mut known = Known::new(world.look(&another()).await);
    check_in(&world, &another(), &mut known).await;
    let both = "tcp 8080-8080: alb infra/gw, alb infra/other";
    assert_eq!(rules(&world, &group).await, [both]);
    remove(&world, &one()).await;
    assert_eq!(
        rules(&world, &group).await,
        ["tcp 8080-8080: alb infra/other"]
    );
    assert_eq!(backend_groups(&world), 1);
    remove(&world, &another()).await;
    assert_eq!(rules(&world, &group).await, Vec::<String>::new());
    assert_eq!(backend_groups(&world), 0);
    assert!(
        world.ours().iter().all(|(_, count)| *count == 0),
        "{:?}",
        world.ours()
    );
    world
        .aws
        .ec2
        .revoke_ingress(&group, &by_hand)
        .await
        .unwrap();
}

#[tokio::test]
async fn load_balancers_that_begin_at_once_have_one_group_and_one_rule() {
    let (world, group) = opening(&[1, 2]).await;
    let (one, another) = (one(), another());
    let mut first = Known::new(world.look(&one).await);
    let mut second = Known::new(world.look(&another).await);
    // Both plans are made from an account that has neither.
    world.settle(&one, &mut first).await;
    world.settle(&another, &mut second).await;
    assert_eq!(
        rules(&world, &group).await,
        ["tcp 8080-8080: alb infra/gw, alb infra/other"]
    );
    assert_eq!(backend_groups(&world), 1);
}

#[tokio::test]
async fn a_claim_that_came_after_the_look_keeps_rule_and_group() {
    let (world, group) = opening(&[1, 2]).await;
    world.programmed(&one()).await;
    let gone = one().gone();
    let mut known = Known::new(world.look(&gone).await);
    world.programmed(&another()).await;
    world.settle(&gone, &mut known).await;
    assert_eq!(
        rules(&world, &group).await,
        ["tcp 8080-8080: alb infra/other"]
    );
    assert_eq!(backend_groups(&world), 1);
}

/// Each sees the other's claim before either is given up.
#[tokio::test]
async fn the_last_two_that_go_at_once_leave_nothing() {
    // What is gone has no tags: under a policy that asks for them, "not there" would read "not allowed".
    let seeded = |options: &mut Options| options.seed.cluster = Some("test".to_owned());
    let world = World::unbound(seeded, Arc::new(Unmetered)).await;
    let (world, group) = opening_in(world, &[1, 2]);
    world.programmed(&one()).await;
    world.programmed(&another()).await;
    let slow = FaultKind::Latency { millis: 300 };
    world.fault("ec2:DeleteTags", slow, None);
    let (one, another) = (one(), another());
    tokio::join!(remove(&world, &one), remove(&world, &another));
    assert_eq!(rules(&world, &group).await, Vec::<String>::new());
    assert_eq!(backend_groups(&world), 0);
}

#[tokio::test]
async fn a_rule_of_another_controller_is_used_and_stays() {
    let (world, group) = opening(&[1, 2]).await;
    world.programmed(&another()).await;
    let groups = world.look(&one()).await.backend.groups;
    let source = groups.known().unwrap().keys().next().unwrap().clone();
    let opening = Opening {
        source,
        traffic: IngressTraffic::Tcp(8080, 8080),
    };
    remove_rule(&world, &group, &opening).await;
    world
        .aws
        .ec2
        .open(&group, &opening, &Tags::new())
        .await
        .unwrap();
    let mut known = Known::new(world.look(&one()).await);
    check_in(&world, &one(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: "]);
    remove(&world, &one()).await;
    remove(&world, &another()).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: "]);
}

async fn remove_rule(world: &World, group: &str, opening: &Opening) {
    let filter = RuleFilter::Group(group.to_owned());
    let rules = world.aws.ec2.shared_rules(&filter).await.unwrap();
    let mut rules = rules.iter();
    let (id, _) = rules.find(|(_, rule)| rule.opening == *opening).unwrap();
    world.aws.ec2.revoke_rule(group, id).await.unwrap();
}

#[tokio::test]
async fn an_address_in_a_prefix_of_an_interface_is_found() {
    let (world, group) = opening(&[40]).await;
    let TargetId::Ip(node) = target(40).id else {
        panic!("a pod has an address");
    };
    let seed = SeedInterface {
        prefixes: vec!["172.31.0.0/28".parse().unwrap()],
        instance_id: Some("i-0123456789abcdef0".to_owned()),
        ..SeedInterface::of(node)
    };
    world.sandbox.seed_interfaces(None, &[seed]).unwrap();
    let mut known = Known::new(world.look(&one()).await);
    check_in(&world, &one(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

#[tokio::test]
async fn of_an_instance_the_first_interface_is_found() {
    let (world, group) = opening(&[40]).await;
    let TargetId::Ip(node) = target(41).id else {
        panic!("a node has an address");
    };
    let id = "i-0123456789abcdef0".to_owned();
    let seed = SeedInterface {
        instance_id: Some(id.clone()),
        ..SeedInterface::of(node)
    };
    world.sandbox.seed_interfaces(None, &[seed]).unwrap();
    let desired = one().edit_group("one", |it| {
        it.target_type = TargetType::Instance;
        let id = TargetId::Instance(id);
        it.targets = [tributary_model::desired::DesiredTarget { id, port: 30_080 }].into();
    });
    let mut known = Known::new(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
    assert_eq!(
        rules(&world, &group).await,
        ["tcp 30080-30080: alb infra/gw"]
    );
}

#[tokio::test]
async fn what_is_known_is_not_asked_again_and_new_targets_cost_one_call() {
    let (world, group) = opening(&[1, 2]).await;
    let mut known = world.programmed(&one()).await;
    world.calls();
    let mut change = async |desired: &Desired| {
        let wanted = desired.wanted();
        refresh(&world.aws, &world.site, &mut known, wanted)
            .await
            .unwrap();
        world.settle(desired, &mut known).await;
        world.calls()
    };
    assert_eq!(change(&one()).await, Vec::<String>::new());
    seed(&world, &[3, 4]);
    let rollout = one().edit_group("one", |it| it.targets = [target(3), target(4)].into());
    assert_eq!(
        change(&rollout).await,
        [
            "ec2:DescribeNetworkInterfaces 1",
            "elbv2:DeregisterTargets 1",
            "elbv2:RegisterTargets 1",
        ]
    );
    // One that has no interface is looked for once, in prefixes too.
    let outside = rollout.clone().edit_group("one", |it| {
        it.targets.insert(target(9));
    });
    assert_eq!(
        change(&outside).await,
        ["ec2:DescribeNetworkInterfaces 2", "elbv2:RegisterTargets 1"]
    );
    assert_eq!(change(&outside).await, Vec::<String>::new());
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

#[tokio::test]
async fn a_look_costs_four_calls_more() {
    let (world, _) = opening(&[1, 2]).await;
    world.programmed(&one()).await;
    world.calls();
    world.look(&one()).await;
    let mut calls = world.calls();
    calls.retain(|call| call.starts_with("ec2:"));
    assert_eq!(
        calls,
        [
            "ec2:DescribeNetworkInterfaces 1",
            // The managed group, the backend group, the targets' groups.
            "ec2:DescribeSecurityGroupRules 1",
            "ec2:DescribeSecurityGroups 3",
        ]
    );
}

#[tokio::test]
async fn interfaces_that_may_not_be_read_cost_nothing_but_the_opening() {
    let (world, group) = opening(&[1, 2]).await;
    let denied = FaultKind::Error {
        code: "UnauthorizedOperation".to_owned(),
        message: None,
        status: Some(403),
    };
    world.fault("DescribeNetworkInterfaces", denied, None);
    let known = world.programmed(&two_teams()).await;
    let plan = world.plan(&two_teams(), &known);
    assert!(plan.report.settled);
    assert_eq!(plan.report.rules.len(), 2, "{:?}", plan.report.rules);
    for told in &plan.report.rules {
        assert!(
            told.state == RuleState::Degraded && told.message.contains("DescribeNetworkInterfaces"),
            "{told:?}"
        );
    }
    assert_eq!(rules(&world, &group).await, Vec::<String>::new());
    world.no_faults();
    let mut known = known;
    known.refresh(world.look(&two_teams()).await);
    world.settle(&two_teams(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

/// Pods' addresses are given out again.
#[tokio::test]
async fn an_address_that_had_no_interface_while_its_target_drained_is_looked_for_again() {
    let (world, _) = opening(&[1, 2]).await;
    let mut known = world.programmed(&one()).await;
    let fewer = one().edit_group("one", |it| it.targets = [target(1)].into());
    refresh(&world.aws, &world.site, &mut known, fewer.wanted())
        .await
        .unwrap();
    world.settle(&fewer, &mut known).await;
    let TargetId::Ip(gone) = target(2).id else {
        panic!("a pod has an address");
    };
    world.sandbox.remove_interfaces(None, &[gone]);
    // The target drains for minutes, and is found.
    let mut known = Known::new(world.look(&fewer).await);
    seed(&world, &[2]);
    world.calls();
    refresh(&world.aws, &world.site, &mut known, one().wanted())
        .await
        .unwrap();
    assert_eq!(world.calls(), ["ec2:DescribeNetworkInterfaces 1"]);
    let report = world.plan(&one(), &known).report;
    assert_eq!(report.rules, []);
}
