//! What somebody else undid: found with one call, mended, and told.

use std::time::Duration;

use tributary_aws::{Ask, Finding, Known, Question, ask, calls_of_a_look, questions};

use tributary_model::elb::ElbProtocol;

use crate::desired::{Desired, alb, nlb, two_teams};
use crate::programmer::Programmer;
use crate::world::World;

/// What the first question finds, and that it is one call.
async fn asked(world: &World, known: &Known, way: Ask) -> Finding {
    let questions = questions(known.observed(), way);
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
    let all = questions(known.observed(), Ask::ByName);
    assert!(
        matches!(&all[..], [Question::Rules(rules)] if rules.len() == 3),
        "{all:?}"
    );
    assert_eq!(questions(known.observed(), Ask::ByListener).len(), 2);
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
    world.settle(&swapped, &mut known).await;
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
        questions(known.observed(), Ask::ByName),
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
    assert_eq!(questions(known.observed(), Ask::ByName), []);
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
