//! What somebody else undid: found with one call, mended, and told.

use std::sync::Arc;
use std::time::Duration;

use tributary_aws::{
    Ask, Finding, Known, Question, RuleFilter, Unmetered, ask, calls_of_a_look, questions,
};

use tributary_model::elb::ElbProtocol;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};

use crate::desired::{Desired, alb, nlb, strings, two_teams};
use crate::programmer::Programmer;
use crate::reach::{another, one, opening};
use crate::world::World;

/// Of the one Gateway of these tests.
fn all(world: &World, known: &Known, way: Ask) -> Vec<Question> {
    let key = &two_teams().0.key.clone();
    questions(known.observed(), way, &world.environment, key)
}

/// What the first question finds, and that it is one call.
async fn asked(world: &World, known: &Known, way: Ask) -> Finding {
    let questions = all(world, known, way);
    world.calls();
    let finding = ask(&world.aws, known, &questions[0]).await.unwrap();
    let calls = world.calls();
    assert_eq!(calls.len(), 1, "{calls:?}");
    assert!(calls[0].ends_with(" 1"), "{calls:?}");
    finding
}

#[track_caller]
fn check_changed(finding: &Finding) {
    assert!(matches!(finding, Finding::Otherwise(_)), "{finding:?}");
}

fn a_rule(known: &Known) -> String {
    let load_balancers = known.observed().load_balancers.values();
    let mut rules = load_balancers
        .flat_map(|it| it.listeners.values())
        .flat_map(|it| it.rules.keys());
    rules.next().unwrap().clone()
}

fn a_load_balancer(known: &Known) -> String {
    let mut load_balancers = known.observed().load_balancers.keys();
    load_balancers.next().unwrap().clone()
}

/// Two ELB listeners, four rules: one question.
#[tokio::test]
async fn the_rules_of_all_listeners_are_one_question() {
    let world = World::new().await;
    let desired = two_teams()
        .http(8080, "three")
        .rule(8080, "three", "/", "one");
    let known = world.programmed(&desired).await;
    let by_name = all(&world, &known, Ask::ByName);
    assert!(
        matches!(&by_name[..], [Question::Rules(rules)] if rules.len() == 3),
        "{by_name:?}"
    );
    assert_eq!(all(&world, &known, Ask::ByListener).len(), 2);
    for way in [Ask::ByName, Ask::ByListener] {
        assert_eq!(
            asked(&world, &known, way).await,
            Finding::AsKnown,
            "{way:?}"
        );
    }
}

/// What we changed ourselves is known.
#[tokio::test]
async fn what_we_did_is_nobody_elses_doing() {
    let world = World::new().await;
    let mut known = world.programmed(&two_teams()).await;
    let swapped = two_teams().edit_rules(80, |rules| rules.swap(0, 1));
    world.converge(&swapped, &mut known).await;
    assert_eq!(asked(&world, &known, Ask::ByName).await, Finding::AsKnown);
}

#[tokio::test]
async fn a_rule_that_is_gone_is_found() {
    let world = World::new().await;
    let known = world.programmed(&two_teams()).await;
    world.aws.elbv2.delete_rule(&a_rule(&known)).await.unwrap();
    for way in [Ask::ByName, Ask::ByListener] {
        check_changed(&asked(&world, &known, way).await);
    }
}

#[tokio::test]
async fn a_rule_that_is_another_is_found() {
    let world = World::new().await;
    let known = world.programmed(&two_teams()).await;
    let moved = [(a_rule(&known), 17)].into();
    world.aws.elbv2.set_rule_priorities(&moved).await.unwrap();
    for way in [Ask::ByName, Ask::ByListener] {
        check_changed(&asked(&world, &known, way).await);
    }
}

#[tokio::test]
async fn a_load_balancer_that_is_gone_is_found() {
    for desired in [
        two_teams(),
        alb().http(80, "one"),
        nlb().l4(80, ElbProtocol::Tcp, "one"),
    ] {
        let world = World::new().await;
        let known = world.programmed(&desired).await;
        assert_eq!(asked(&world, &known, Ask::ByName).await, Finding::AsKnown);
        let arn = a_load_balancer(&known);
        world.aws.elbv2.delete_load_balancer(&arn).await.unwrap();
        check_changed(&asked(&world, &known, Ask::ByName).await);
    }
}

#[tokio::test]
async fn where_there_are_no_rules_the_listeners_are_asked_for() {
    let world = World::new().await;
    let known = world
        .programmed(&nlb().l4(80, ElbProtocol::Tcp, "one"))
        .await;
    assert_eq!(
        all(&world, &known, Ask::ByName),
        [Question::Listeners(a_load_balancer(&known))]
    );
    let load_balancers = known.observed().load_balancers.values();
    let mut listeners = load_balancers.flat_map(|it| it.listeners.keys());
    let listener = listeners.next().unwrap();
    world.aws.elbv2.delete_listener(listener).await.unwrap();
    check_changed(&asked(&world, &known, Ask::ByName).await);
}

#[tokio::test]
async fn of_nothing_nothing_is_asked() {
    let world = World::new().await;
    let known = Known::new(world.look(&two_teams()).await);
    assert_eq!(all(&world, &known, Ask::ByName), []);
}

/// Each of two load balancers asks about its own rules in the answer that one of them was given.
#[tokio::test]
async fn a_rule_of_a_targets_group_that_is_gone_is_found_with_one_call_for_all() {
    let (world, group) = opening(&[1, 2]).await;
    let known = world.programmed(&one()).await;
    let other = world.programmed(&another()).await;
    let known = {
        let mut known = known;
        known.refresh(world.look(&one()).await);
        known
    };
    let question = |known: &Known, of: &Desired| {
        let all = questions(known.observed(), Ask::ByName, &world.environment, &of.0.key);
        assert_eq!(all.len(), 2, "{all:?}");
        all[1].clone()
    };
    let (first, second) = (question(&known, &one()), question(&other, &another()));
    world.calls();
    assert_eq!(ask(&world.aws, &known, &first).await, Ok(Finding::AsKnown));
    let finding = ask(&world.aws, &other, &second).await;
    assert_eq!(finding, Ok(Finding::AsOthersSaw));
    assert_eq!(world.calls(), ["ec2:DescribeSecurityGroupRules 1"]);
    let of_group = RuleFilter::Group(group.clone());
    let rules = world.aws.ec2.shared_rules(&of_group).await.unwrap();
    for id in rules.keys() {
        world.aws.ec2.revoke_rule(&group, id).await.unwrap();
    }
    world.aws.forget().await;
    check_changed(&ask(&world.aws, &known, &first).await.unwrap());
    check_changed(&ask(&world.aws, &other, &second).await.unwrap());
}

/// The account was emptied: a call finds it out, and it is told as drift all the same.
#[tokio::test]
async fn what_a_call_finds_to_be_gone_is_told_before_anything_else() {
    // What is gone has no tags: under a policy that asks for them, "not there" would read "not allowed".
    let world = World::unbound(|_| {}, Arc::new(Unmetered)).await;
    let desired = two_teams();
    let mut programmer = Programmer::start(&world);
    programmer.want(&desired);
    programmer.says(&desired, |report| report.settled).await;
    let known = Known::new(world.look(&desired).await);
    let gone = a_load_balancer(&known);
    world.aws.elbv2.delete_load_balancer(&gone).await.unwrap();
    let longer = strings(&[("idle_timeout.timeout_seconds", "90")]);
    let more = two_teams().settings(|it| it.attributes = longer);
    programmer.want(&more);
    let told = "somebody else changed or removed what is programmed; it is mended: ";
    // It may be over before anybody looks at the newest report.
    let is_told = |report: &LoadBalancerReport| {
        let first = report.problems.first();
        first.is_some_and(|first| first.starts_with(told) && first.contains("create alb"))
    };
    while !programmer.said(&more, is_told) {
        programmer.changes().await;
    }
    programmer
        .says(&more, |report| {
            let serves = report.phase == LoadBalancerPhase::Active;
            report.settled && serves && report.problems.is_empty()
        })
        .await;
    assert!(!programmer.said(&more, |report| report.phase == LoadBalancerPhase::Failed));
    programmer.end().await;
}

async fn check_calls(desired: Desired) {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    world.programmed(&desired).await;
    world.aws.forget().await;
    world.calls();
    let look = world.look(&desired).await;
    let calls: usize = world
        .calls()
        .iter()
        .map(|call| call.rsplit(' ').next().unwrap().parse::<usize>().unwrap())
        .sum();
    // Subnets are everybody's.
    let reckoned = calls_of_a_look(&look) as usize + 1;
    assert!(calls <= reckoned, "{calls} of {reckoned}");
    assert!(reckoned <= calls + 4, "{calls} of {reckoned}");
}

#[tokio::test]
async fn a_look_costs_the_calls_that_are_reckoned() {
    check_calls(two_teams()).await;
    check_calls(nlb().l4(80, ElbProtocol::Tcp, "one")).await;
    check_calls(two_teams().https(443, "one", crate::desired::secret("one", "first"))).await;
    let many = (0..50).fold(two_teams(), |desired, number| {
        let name = format!("more-{number}");
        desired.rule(80, "one", &format!("/{number}"), &name)
    });
    check_calls(many).await;
}

/// Rules that were deleted by hand are back before five minutes are over, and the report names whose they are.
#[tokio::test]
async fn what_somebody_else_removed_is_mended_within_five_minutes_and_told() {
    let world = World::new().await;
    let desired = two_teams();
    let mut programmer = Programmer::start(&world);
    programmer.want(&desired);
    programmer.says(&desired, |report| report.settled).await;
    let known = Known::new(world.look(&desired).await);
    let rules = world.count("rules", "elbv2.k8s.aws/cluster");
    world.aws.elbv2.delete_rule(&a_rule(&known)).await.unwrap();
    world.calls();

    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(291)).await;
    tokio::time::resume();
    while world.count("rules", "elbv2.k8s.aws/cluster") < rules {
        programmer.changes().await;
    }
    programmer
        .says(&desired, |report| {
            report.settled && report.problems.is_empty()
        })
        .await;
    let told = "somebody else changed or removed what is programmed; it is mended: create rule of HTTPRoute";
    assert!(programmer.said(&desired, |report| {
        report
            .problems
            .iter()
            .any(|problem| problem.starts_with(told))
    }));
    programmer.end().await;
}
