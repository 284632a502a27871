//! Targets whose security groups let load balancers in.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_aws::{Known, RuleFilter, Unmetered, Wanting, look_again, refresh, wanting};
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
use crate::programmer::Programmer;
use crate::settles::check_in;
use crate::world::World;

/// One team, whose targets are 172.31.0.1:8080 and 172.31.0.2:8080.
pub(crate) fn one() -> Desired {
    alb().http(80, "one").rule(80, "one", "/", "one")
}

/// The same for another Gateway.
pub(crate) fn another() -> Desired {
    let mut another = one();
    another.0.key.gateway = ObjectKey::new("infra", "other");
    another
}

/// A sandbox with the cluster's security group on the interfaces of these targets, where targets are to be opened; and that
/// group.
pub(crate) async fn opening(targets: &[u8]) -> (World, String) {
    let world = World::with(|options| options.seed.cluster = Some("test".to_owned())).await;
    opening_in(world, targets)
}

fn opening_in(mut world: World, targets: &[u8]) -> (World, String) {
    world.environment.backend = BackendGroups::Shared;
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
    world.converge(&gone, &mut known).await;
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
    world.converge(&one, &mut first).await;
    world.converge(&another, &mut second).await;
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
    world.converge(&gone, &mut known).await;
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
        refresh(&world.aws, &world.environment, &mut known, wanted)
            .await
            .unwrap();
        world.converge(desired, &mut known).await;
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
    world.converge(&two_teams(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

/// Pods' addresses are given out again.
#[tokio::test]
async fn an_address_that_had_no_interface_while_its_target_drained_is_looked_for_again() {
    let (world, _) = opening(&[1, 2]).await;
    let mut known = world.programmed(&one()).await;
    let fewer = one().edit_group("one", |it| it.targets = [target(1)].into());
    refresh(&world.aws, &world.environment, &mut known, fewer.wanted())
        .await
        .unwrap();
    world.converge(&fewer, &mut known).await;
    let TargetId::Ip(gone) = target(2).id else {
        panic!("a pod has an address");
    };
    world.sandbox.remove_interfaces(None, &[gone]);
    // The target drains for minutes, and is found.
    let mut known = Known::new(world.look(&fewer).await);
    seed(&world, &[2]);
    world.calls();
    refresh(&world.aws, &world.environment, &mut known, one().wanted())
        .await
        .unwrap();
    assert_eq!(world.calls(), ["ec2:DescribeNetworkInterfaces 1"]);
    let report = world.plan(&one(), &known).report;
    assert_eq!(report.rules, []);
}

/// A programmer that tells of the targets of `desired` why they are not opened, until `mend` has done something about it.
async fn check_mended(world: &World, desired: &Desired, why: &str, mend: impl AsyncFnOnce()) {
    let mut programmer = Programmer::start(world);
    programmer.want(desired);
    programmer
        .says(desired, |report| {
            let mut rules = report.rules.iter();
            rules.any(|rule| rule.message.contains(why))
        })
        .await;
    mend().await;
    programmer
        .says(desired, |report| report.settled && report.rules.is_empty())
        .await;
    programmer.end().await;
}

#[tokio::test]
async fn an_interface_that_comes_after_its_pod_is_found() {
    let (world, group) = opening(&[1]).await;
    let why = "has the address";
    check_mended(&world, &one(), why, async || {
        seed(&world, &[2]);
    })
    .await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

#[tokio::test]
async fn a_node_that_comes_after_the_list_of_prefixes_was_read_is_found() {
    let (world, _) = opening(&[40]).await;
    let node = |number, id: &str, prefix: &str| {
        let TargetId::Ip(node) = target(number).id else {
            panic!("a pod has an address");
        };
        let seed = SeedInterface {
            prefixes: vec![prefix.parse().unwrap()],
            instance_id: Some(id.to_owned()),
            ..SeedInterface::of(node)
        };
        world.sandbox.seed_interfaces(None, &[seed]).unwrap();
    };
    node(40, "i-0123456789abcdef0", "172.31.0.0/28");
    let both = one().edit_group("one", |it| it.targets = [target(1), target(20)].into());
    check_mended(&world, &both, "has the address", async || {
        node(41, "i-0123456789abcdef1", "172.31.0.16/28");
    })
    .await;
}

/// A sandbox in which the interface of target 1 has these groups of the VPC, none of them the cluster's.
async fn with_groups(names: &[&str]) -> (World, Vec<String>) {
    let world = World::unbound(|_| {}, Arc::new(Unmetered)).await;
    let (world, _) = opening_in(world, &[40]);
    let mut groups = Vec::new();
    for (number, name) in (50..).zip(names) {
        let TargetId::Ip(address) = target(number).id else {
            panic!("a pod has an address");
        };
        let seed = SeedInterface {
            group_name: Some((*name).to_owned()),
            ..SeedInterface::of(address)
        };
        let seeded = world.sandbox.seed_interfaces(None, &[seed]).unwrap();
        groups.push(seeded[0].groups[0].clone());
    }
    (world, groups)
}

fn put_in(world: &World, number: u8, groups: &[String]) {
    let TargetId::Ip(address) = target(number).id else {
        panic!("a pod has an address");
    };
    let seed = SeedInterface {
        groups: groups.to_vec(),
        ..SeedInterface::of(address)
    };
    world.sandbox.seed_interfaces(None, &[seed]).unwrap();
}

fn of_one_target() -> Desired {
    one().edit_group("one", |it| it.targets = [target(1)].into())
}

#[tokio::test]
async fn the_tag_that_the_status_asks_for_opens_the_targets_once_it_is_there() {
    let (world, groups) = with_groups(&["plain", "other"]).await;
    put_in(&world, 1, &groups);
    let why = "has the tag kubernetes.io/cluster/test";
    check_mended(&world, &of_one_target(), why, async || {
        let tag = ("kubernetes.io/cluster/test".to_owned(), "owned".to_owned());
        let tags = Tags::from_iter([tag]);
        world.aws.ec2.add_tags(&groups[0], &tags).await.unwrap();
    })
    .await;
    assert_eq!(
        rules(&world, &groups[0]).await,
        ["tcp 8080-8080: alb infra/gw"]
    );
}

#[tokio::test]
async fn an_interface_whose_groups_are_corrected_is_opened() {
    let (world, groups) = with_groups(&["plain", "other"]).await;
    put_in(&world, 1, &groups);
    check_mended(&world, &of_one_target(), "has the tag", async || {
        put_in(&world, 1, &groups[1..]);
    })
    .await;
    assert_eq!(
        rules(&world, &groups[1]).await,
        ["tcp 8080-8080: alb infra/gw"]
    );
}

/// What the status tells is right, and what was known is not.
#[tokio::test]
async fn a_target_that_times_out_is_opened_in_the_group_that_it_has_by_now() {
    let (world, groups) = with_groups(&["before", "after"]).await;
    put_in(&world, 1, &groups[..1]);
    let desired = of_one_target();
    let mut known = world.programmed(&desired).await;
    put_in(&world, 1, &groups[1..]);
    let out = Wanting {
        targets: [target(1).id].into(),
        ..Wanting::default()
    };
    world.calls();
    let lost = look_again(
        &world.aws,
        &world.environment,
        &desired.0.key,
        &mut known,
        &out,
    )
    .await;
    assert_eq!(lost, BTreeSet::new());
    assert_eq!(
        world.calls(),
        [
            "ec2:DescribeNetworkInterfaces 1",
            "ec2:DescribeSecurityGroupRules 1",
            "ec2:DescribeSecurityGroups 1",
        ]
    );
    world.converge(&desired, &mut known).await;
    assert_eq!(
        rules(&world, &groups[1]).await,
        ["tcp 8080-8080: alb infra/gw"]
    );
    assert_eq!(rules(&world, &groups[0]).await, Vec::<String>::new());
    assert_eq!(
        wanting(&world.environment, known.observed(), desired.wanted()),
        Wanting::default()
    );
}

/// What could not be read again is as it was.
#[tokio::test]
async fn a_look_that_fails_takes_nothing_from_what_is_known() {
    let (world, group) = opening(&[1, 2]).await;
    let mut known = world.programmed(&one()).await;
    let before = known.observed().clone();
    let all = Wanting {
        targets: [target(1).id, target(2).id].into(),
        ..Wanting::default()
    };
    for operation in [
        "DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "DescribeSecurityGroupRules",
    ] {
        let denied = FaultKind::Error {
            code: "UnauthorizedOperation".to_owned(),
            message: None,
            status: Some(403),
        };
        world.fault(operation, denied, None);
        look_again(
            &world.aws,
            &world.environment,
            &one().0.key,
            &mut known,
            &all,
        )
        .await;
        assert_eq!(*known.observed(), before, "{operation}");
        world.no_faults();
    }
    // One that is revoked by hand is missed.
    let opening = before.backend.doors[&group].known().unwrap();
    let opening = opening.rules.keys().find(|it| it.source != group).unwrap();
    remove_rule(&world, &group, opening).await;
    let lost = look_again(
        &world.aws,
        &world.environment,
        &one().0.key,
        &mut known,
        &all,
    )
    .await;
    assert_eq!(lost, BTreeSet::from([group.clone()]));
    world.converge(&one(), &mut known).await;
    assert_eq!(rules(&world, &group).await, ["tcp 8080-8080: alb infra/gw"]);
}

#[tokio::test]
async fn the_platforms_tags_are_on_what_load_balancers_share() {
    let (mut world, group) = opening(&[1, 2]).await;
    let defaults = &mut world.context.defaults;
    defaults.tags = [("bill", "platform"), ("team", "x")]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
    defaults.external_tags = ["team".to_owned()].into();
    let known = world.programmed(&one()).await;
    let look = world.look(&one()).await;
    let groups = look.backend.groups.known().unwrap().values();
    let rules = look.backend.doors[&group].known().unwrap().rules.iter();
    let rules = rules.filter(|(opening, _)| opening.source != group);
    let tags = groups.map(|it| &it.tags).chain(rules.map(|(_, tags)| tags));
    let tags: Vec<&Tags> = tags.collect();
    assert_eq!(tags.len(), 2);
    for tags in tags {
        assert_eq!(tags.get("bill").map(String::as_str), Some("platform"));
        assert_eq!(tags.get("team"), None);
    }
    drop(known);
}

/// Six with 14 ports each that all begin with an empty group: 84 rules, where there are 60.
#[tokio::test]
async fn load_balancers_that_begin_at_once_leave_room_for_ranges_and_open_all_their_targets() {
    let (world, group) = opening(&[1]).await;
    let of = |number: u16| {
        let desired = (0..14).fold(alb().http(80, "one"), |desired, port| {
            let name = format!("one-{port}");
            let at = tributary_model::desired::DesiredTarget {
                port: 8_000 + 200 * number + 2 * port,
                ..target(1)
            };
            desired
                .rule(80, "one", &format!("/{port}"), &name)
                .edit_group(&name, |it| it.targets = [at].into())
        });
        let mut desired = desired;
        desired.0.key.gateway = ObjectKey::new("infra", format!("gw{number}"));
        desired
    };
    let all: Vec<Desired> = (0..6).map(of).collect();
    let begin = all.iter().map(|desired| async {
        let mut known = Known::new(world.look(desired).await);
        world.persist(desired, &mut known).await;
        known
    });
    let all_known = futures::future::join_all(begin).await;
    for (desired, known) in all.iter().zip(&all_known) {
        let plan = world.plan(desired, known);
        assert!(
            plan.steps.is_empty() && plan.report.rules.is_empty(),
            "{plan}"
        );
    }
    let rules = rules(&world, &group).await;
    assert!(rules.len() <= 60, "{rules:#?}");
    for number in 0..6 {
        let claim = format!("alb infra/gw{number}");
        let own = rules.iter().filter(|rule| rule.ends_with(&claim)).count();
        assert!([1, 14].contains(&own), "{own} of {claim}: {rules:#?}");
    }
}
