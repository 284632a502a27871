//! Two teams on one load balancer: what AWS does to the calls of one is no business of the other's.

use std::collections::BTreeSet;

use tributary_aws::Known;
use tributary_model::ObjectKey;
use tributary_model::report::{LoadBalancerReport, ProgrammedState};
use tributary_sandbox::FaultKind::{self, Latency, Throttle};

use crate::desired::{Desired, alb, secret};
use crate::programmer::{Programmer, state};
use crate::world::World;

/// No call of these tests ends after it.
const HANGS: u64 = 3_600_000;
/// More than any of these tests has calls.
const ALWAYS: u32 = 1_000_000;

fn served() -> Desired {
    alb().http(80, "b").rule(80, "b", "/", "b")
}

/// The first team's certificate is imported for the first time.
fn with_certificate(desired: Desired) -> Desired {
    desired.https(443, "a", secret("a", "first"))
}

/// The first team's service comes.
fn with_service(desired: Desired) -> Desired {
    desired.http(80, "a").rule(80, "a", "/", "a")
}

/// The second team's next listener, and a rule for it to a service that is there.
fn and_more(desired: Desired) -> Desired {
    desired.http(80, "c").rule(80, "c", "/", "b")
}

fn calls(world: &World, operation: &str) -> u64 {
    let counts = world.sandbox.call_counts();
    counts
        .operations
        .get(operation)
        .copied()
        .unwrap_or_default()
}

/// While the first team's call fails again and again or hangs, the second team's change is programmed and told. The call is
/// made so often at most until then: it is not what the change waits for.
async fn check(operation: &str, fault: FaultKind, first: fn(Desired) -> Desired, most: u32) {
    let world = World::new().await;
    world.secrets.put("a", "first", "a.example.com");
    let mut programmer = Programmer::start(&world);
    programmer.want(&served());
    programmer.serves(&served(), "b").await;
    world.fault(operation, fault, Some(ALWAYS));
    let both = first(served());
    programmer.want(&both);
    programmer
        .says(&both, |report| state(report, "a").is_some())
        .await;
    world.hit(ALWAYS - 1).await;
    let before = world.hits_left();
    programmer.want(&and_more(both.clone()));
    programmer.serves(&and_more(both), "c").await;
    let tries = before - world.hits_left();
    assert!(tries <= most, "{tries} tries came first");
}

#[tokio::test]
async fn a_certificate_that_hangs_delays_no_other_teams_rule() {
    let fault = Latency { millis: HANGS };
    check("ImportCertificate", fault, with_certificate, 0).await;
}

#[tokio::test]
async fn a_certificate_that_is_throttled_delays_no_other_teams_rule() {
    check("ImportCertificate", Throttle, with_certificate, 5).await;
}

#[tokio::test]
async fn targets_that_hang_delay_no_other_teams_rule() {
    let fault = Latency { millis: HANGS };
    check("RegisterTargets", fault, with_service, 0).await;
}

#[tokio::test]
async fn targets_that_are_throttled_delay_no_other_teams_rule() {
    check("RegisterTargets", Throttle, with_service, 5).await;
}

/// Another Gateway's load balancer, under the name that somebody asks for.
fn of_gateway(gateway: &str) -> Desired {
    let mut desired = alb()
        .settings(|it| it.name = Some("shop".to_owned()))
        .http(80, "b");
    desired.0.key.gateway = ObjectKey::new("infra", gateway);
    desired
}

#[tokio::test]
async fn a_taken_name_is_refused_with_the_reason_and_free_soon_after() {
    let world = World::new().await;
    let (first, second) = (of_gateway("first"), of_gateway("second"));
    let mut programmer = Programmer::start(&world);
    programmer.want(&first);
    programmer.says(&first, |report| report.settled).await;
    programmer.want(&second);
    let refused = programmer.says(&second, |report| report.settled).await;
    let problems = refused.problems.join("; ");
    assert!(problems.contains("DuplicateLoadBalancerName"), "{problems}");
    let b = state(&refused, "b").unwrap();
    assert!(
        matches!(&b.state, ProgrammedState::Pending(why) if why.contains("DuplicateLoadBalancerName")),
        "{b:?}"
    );
    // Nothing that differs from try to try is told.
    assert!(!problems.contains("request"), "{problems}");
    let told = programmer.count(&second);
    let asked = calls(&world, "elbv2:CreateLoadBalancer");
    assert!(told < 8, "{told} reports of one refusal");
    // The first one's, one with a security group that was not there yet, and the tries after which it is a refusal.
    assert_eq!(asked, 1 + 1 + 4);
    // A change that asks for the same name asks nobody.
    let more = second.clone().http(8080, "c");
    programmer.want(&more);
    programmer
        .says(&more, |report| state(report, "c").is_some())
        .await;
    assert_eq!(calls(&world, "elbv2:CreateLoadBalancer"), asked);
    programmer.want(&first.clone().gone());
    programmer.forgets(&first).await;
    programmer
        .says(&more, |report| report.settled && report.arn.is_some())
        .await;
    programmer.end().await;
}

/// Whether nothing is left to do, and all of these listeners are served and no others.
fn is_settled(report: &LoadBalancerReport, desired: &Desired) -> bool {
    let ports = desired.0.listeners.values();
    let wanted = ports.flat_map(|port| port.members.values().map(|it| &it.listener));
    let told = report.listeners.iter();
    let served = told.filter(|it| it.state == ProgrammedState::Programmed);
    report.settled && served.map(|it| &it.listener).collect::<BTreeSet<_>>() == wanted.collect()
}

/// Every step is in flight when the next plan is made.
#[tokio::test]
async fn edits_among_slow_calls_leave_nothing_double_and_nothing_behind() {
    let everything = and_more(with_service(with_certificate(served())));
    let (world, expected) = (World::new().await, World::new().await);
    for world in [&world, &expected] {
        world.secrets.put("a", "first", "a.example.com");
    }
    expected.programmed(&everything).await;
    let mut programmer = Programmer::start(&world);
    world.fault("*", Latency { millis: 60 }, Some(ALWAYS));
    let steps = [
        served(),
        with_service(served()),
        and_more(with_service(served())),
        with_certificate(and_more(served())),
        with_service(with_certificate(served())),
        served(),
        everything.clone(),
        with_certificate(served()),
        everything.clone(),
    ];
    for desired in &steps {
        programmer.want(desired);
        // A few calls later, or when there are none left.
        tokio::select! {
            () = world.hit(world.hits_left() - 4) => {}
            _ = programmer.says(desired, |report| is_settled(report, desired)) => {}
        }
    }
    programmer
        .says(&everything, |report| is_settled(report, &everything))
        .await;
    world.no_faults();
    assert_eq!(world.ours(), expected.ours());
    let known = Known::new(world.look(&everything).await);
    let left = world.plan(&everything, &known);
    assert!(left.steps.is_empty(), "{left}");
    programmer.end().await;
}

/// The programmer's own deadline would make an error of it.
#[tokio::test]
async fn a_stop_waits_for_no_call_that_hangs() {
    let world = World::new().await;
    let mut programmer = Programmer::start(&world);
    world.fault("RegisterTargets", Latency { millis: HANGS }, Some(1));
    programmer.want(&served());
    programmer
        .says(&served(), |report| state(report, "b").is_some())
        .await;
    world.hit(0).await;
    programmer.end().await;
}
