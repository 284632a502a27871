//! AWS on a bad day.

use std::sync::Arc;

use tributary_aws::{Aws, Class, Known, Outcome, Pacing, Unmetered};
use tributary_model::Hostname;
use tributary_model::desired::CertificateSource;
use tributary_model::report::ProgrammedState;
use tributary_plan::observed::Completeness;
use tributary_plan::op::Blame;
use tributary_sandbox::FaultKind::{self, Error, LostAnswer, Reset, ServerError, Stale, Throttle};

use crate::desired::{Desired, alb, listener, nlb, secret, two_teams};
use crate::settles::check_in;
use crate::world::World;

fn secure() -> Desired {
    alb()
        .https(443, "one", secret("one", "first"))
        .rule(443, "one", "/", "one")
}

fn refused(code: &str) -> FaultKind {
    Error {
        code: code.to_owned(),
        message: None,
        status: None,
    }
}

/// The fault passes: what is tried again succeeds, and no look is needed.
async fn check_passes(operation: &str, kind: FaultKind, times: u32) {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    world.fault(operation, kind, Some(times));
    let mut known = Known::new(world.look(&secure()).await);
    assert_eq!(known.observed().completeness, Completeness::Complete);
    world.endure(&secure(), &mut known).await;
    check_in(&world, &secure(), &mut known).await;
}

/// The fault costs another look; in the end everything is there once.
async fn check_recovers(operation: &str, kind: FaultKind, times: u32) {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    let mut known = Known::new(world.look(&secure()).await);
    world.fault(operation, kind, Some(times));
    world.persist(&secure(), &mut known).await;
    world.no_faults();
    known.refresh(world.look(&secure()).await);
    check_in(&world, &secure(), &mut known).await;
    let expected = [
        ("load_balancers", 1),
        ("listeners", 1),
        ("rules", 1),
        ("target_groups", 1),
        ("security_groups", 1),
        ("certificates", 1),
    ];
    assert_eq!(world.ours(), expected);
}

macro_rules! cases {
    ($check:ident: $($name:ident: $operation:expr, $kind:expr, $times:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            $check($operation, $kind, $times).await;
        })*
    };
}

cases! { check_passes:
    throttled_creates_are_tried_again: "CreateRule", Throttle, 2;
    throttled_describes_are_tried_again: "Describe*", Throttle, 2;
    throttled_ec2_is_tried_again: "ec2:*", Throttle, 2;
    throttled_acm_is_tried_again: "acm:*", Throttle, 2;
    throttled_tagging_is_tried_again: "tagging:*", Throttle, 2;
    a_broken_service_is_asked_again: "CreateTargetGroup", ServerError { status: 500 }, 2;
    a_gateway_time_out_is_asked_again: "elbv2:*", ServerError { status: 504 }, 2;
    a_reset_connection_is_opened_again: "CreateLoadBalancer", Reset, 2;
    reads_survive_resets: "Get*", Reset, 2;
}

cases! { check_recovers:
    a_lost_answer_to_create_rule: "CreateRule", LostAnswer, 1;
    a_lost_answer_to_create_listener: "CreateListener", LostAnswer, 1;
    a_lost_answer_to_create_load_balancer: "CreateLoadBalancer", LostAnswer, 1;
    a_lost_answer_to_create_target_group: "CreateTargetGroup", LostAnswer, 1;
    a_lost_answer_to_create_security_group: "CreateSecurityGroup", LostAnswer, 1;
    a_lost_answer_to_authorize_ingress: "AuthorizeSecurityGroupIngress", LostAnswer, 1;
    a_lost_answer_to_import_certificate: "ImportCertificate", LostAnswer, 1;
    a_lost_answer_to_register_targets: "RegisterTargets", LostAnswer, 1;
    every_answer_lost_at_first: "*", LostAnswer, 3;
    a_broken_import_is_looked_for: "ImportCertificate", ServerError { status: 500 }, 1;
    an_outage_longer_than_the_tries: "CreateRule", ServerError { status: 503 }, 5;
    a_rule_that_vanished: "CreateRule", refused("ListenerNotFound"), 1;
    a_target_group_in_use: "CreateTargetGroup", refused("DuplicateTargetGroupName"), 1;
    stale_looks_make_nothing_twice: "Describe*", Stale { millis: None, writes: Some(4) }, 40;
}

#[tokio::test]
async fn a_refused_rule_costs_its_listener_only() {
    let world = World::new().await;
    let desired = two_teams();
    let mut known = Known::new(world.look(&desired).await);
    world.fault("CreateRule", refused("ValidationError"), Some(1));
    let plan = world.plan(&desired, &known);
    let results = world.execute(&plan, &mut known).await;
    let failed: Vec<_> = results
        .iter()
        .filter(|result| result.outcome != Outcome::Done)
        .collect();
    let [failed] = failed.as_slice() else {
        panic!("{failed:?}");
    };
    let Outcome::Failed(error) = &failed.outcome else {
        panic!("{failed:?}");
    };
    assert_eq!(error.class, Class::Permanent);
    assert_eq!(error.operation, "CreateRule");
    assert_eq!(error.code.as_deref(), Some("ValidationError"));
    let Blame::Rules(rules) = &failed.step.blame else {
        panic!("{failed:?}");
    };
    assert_eq!(rules.len(), 1);
    let owner = &rules.first().unwrap().listener;
    assert!([listener("one"), listener("two")].contains(owner));
    assert_eq!(world.count("rules", "elbv2.k8s.aws/cluster"), 1);
    check_in(&world, &desired, &mut known).await;
}

#[tokio::test]
async fn what_needs_a_failed_step_is_skipped_and_the_rest_is_done() {
    let world = World::new().await;
    let desired = nlb()
        .l4(53, tributary_model::elb::ElbProtocol::Udp, "one")
        .l4(54, tributary_model::elb::ElbProtocol::Udp, "two");
    let mut known = Known::new(world.look(&desired).await);
    world.fault("CreateTargetGroup", refused("TooManyTargetGroups"), Some(1));
    let plan = world.plan(&desired, &known);
    let results = world.execute(&plan, &mut known).await;
    assert_eq!(results.len(), plan.steps.len());
    let skipped = results
        .iter()
        .filter(|result| matches!(result.outcome, Outcome::Skipped(_)));
    // Its targets and its listener.
    assert!(skipped.count() >= 2);
    assert_eq!(world.count("listeners", "elbv2.k8s.aws/cluster"), 1);
    world.no_faults();
    check_in(&world, &desired, &mut known).await;
}

#[tokio::test]
async fn nothing_is_created_from_a_partial_look() {
    let world = World::new().await;
    let desired = two_teams();
    world.fault("GetResources", refused("AccessDeniedException"), None);
    let look = world.look(&desired).await;
    assert!(matches!(look.completeness, Completeness::Partial(_)));
    let plan = world.plan(&desired, &Known::new(look));
    assert!(plan.steps.is_empty(), "{plan}");
}

/// What AWS does not tell of certificates, subnets and security groups is missed by those alone who need it.
#[tokio::test]
async fn a_service_that_does_not_answer_costs_only_what_needs_it() {
    let discovers = |desired: Desired| {
        let hostname = Hostname::parse("app.example.com").unwrap();
        desired.https(443, "three", CertificateSource::Discovered { hostname })
    };
    let mut world = World::new().await;
    for (operation, fault) in [
        ("ListCertificates", Reset),
        ("DescribeSubnets", refused("UnauthorizedOperation")),
        ("DescribeSecurityGroups", refused("UnauthorizedOperation")),
    ] {
        world.fault(operation, fault, None);
        // Somebody who knows nothing, as after a restart.
        world.aws = Aws::connect(&world.endpoint, &Pacing::LOCAL, Arc::new(Unmetered)).await;
        let more = discovers(two_teams()).rule(80, "one", operation, "more");
        let mut known = Known::new(world.look(&more).await);
        let plan = world.plan(&more, &known);
        world.execute(&plan, &mut known).await;
        check_all_but(&world, &more, &mut known, operation).await;
        world.no_faults();
        known.refresh(world.look(&more).await);
        check_in(&world, &more, &mut known).await;
    }
}

/// Everything is done, and it is told what could not be looked at.
async fn check_all_but(world: &World, desired: &Desired, known: &mut Known, operation: &str) {
    known.refresh(world.look(desired).await);
    let plan = world.plan(desired, known);
    assert!(plan.steps.is_empty(), "{operation}\n{plan}");
    let told = plan.report.problems.join("; ");
    assert!(told.contains(operation), "{told}");
    assert!(!plan.report.settled);
    assert_eq!(world.count("load_balancers", "elbv2.k8s.aws/cluster"), 1);
    for it in plan.report.listeners {
        let is_plain = it.listener != listener("three");
        assert!(
            !is_plain || it.state == ProgrammedState::Programmed,
            "{operation}: {it:?}"
        );
    }
}

#[tokio::test]
async fn nothing_is_removed_from_a_partial_look() {
    let world = World::new().await;
    let desired = two_teams();
    let mut known = world.programmed(&desired).await;
    for operation in [
        "DescribeRules",
        "DescribeListeners",
        "DescribeTags",
        "DescribeTargetHealth",
        "DescribeLoadBalancerAttributes",
        "DescribeTargetGroups",
        "DescribeLoadBalancers",
    ] {
        world.fault(operation, refused("AccessDenied"), None);
        let look = world.look(&desired).await;
        let gaps = match &look.completeness {
            Completeness::Partial(gaps) => gaps.join("; "),
            Completeness::Complete => panic!("{operation} was not needed"),
        };
        assert!(gaps.contains("AccessDenied"), "{gaps}");
        known.refresh(look);
        // What was known stays known.
        let plan = world.plan(&desired, &known);
        assert!(plan.steps.is_empty(), "{operation}\n{plan}");
        assert_eq!(known.observed().load_balancers.len(), 1);
        assert_eq!(known.observed().target_groups.len(), 2);
    }
    world.no_faults();
    known.refresh(world.look(&desired).await);
    check_in(&world, &desired, &mut known).await;
}

#[tokio::test]
async fn a_secret_with_another_content_is_not_imported() {
    let world = World::new().await;
    world.secrets.put("one", "newer", "one.example.com");
    let mut known = Known::new(world.look(&secure()).await);
    let plan = world.plan(&secure(), &known);
    let results = world.execute(&plan, &mut known).await;
    let failed = results.iter().find_map(|result| match &result.outcome {
        Outcome::Failed(error) => Some(error),
        Outcome::Done | Outcome::Skipped(_) | Outcome::Stopped => None,
    });
    let error = failed.unwrap();
    assert_eq!(error.class, Class::Retryable);
    assert_eq!(error.operation, "read Secret team/one");
    assert_eq!(world.count("certificates", "elbv2.k8s.aws/cluster"), 0);
}

#[tokio::test]
async fn nobody_at_the_endpoint_is_an_error_in_words() {
    let free = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    let aws = tributary_aws::Aws::connect(
        &tributary_aws::Endpoint::url(url),
        &tributary_aws::Pacing::LOCAL,
        std::sync::Arc::new(tributary_aws::Unmetered),
    )
    .await;
    let error = aws.sts.account().await.unwrap_err();
    assert_eq!(error.class, Class::Retryable);
    assert!(error.to_string().contains("refused"), "{error}");
}
