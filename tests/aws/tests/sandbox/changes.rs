//! From one desired state to another, without a look in between; then a look shows the same.

use std::sync::Arc;

use tributary_aws::{Known, Unmetered, owned};
use tributary_model::desired::{CertificateSource, DesiredAction, TargetGroupId};
use tributary_model::elb::{ElbProtocol, LoadBalancerKind, Scheme};

use crate::desired::{Desired, alb, discovered, nlb, secret, strings, target, two_teams};
use crate::settles::check_in;
use crate::world::World;

async fn check(from: Desired, to: Desired) {
    let world = World::new().await;
    for name in ["one", "two"] {
        world
            .secrets
            .put(name, "first", &format!("{name}.example.com"));
    }
    let mut known = world.programmed(&from).await;
    // As the programmer does when the desired state changes what there is to choose from.
    known.refresh(world.look(&to).await);
    check_in(&world, &to, &mut known).await;
}

macro_rules! cases {
    ($($name:ident: $from:expr => $to:expr;)*) => {
        $(#[tokio::test]
        async fn $name() {
            check($from, $to).await;
        })*
    };
}

fn secure() -> Desired {
    alb()
        .https(443, "one", secret("one", "first"))
        .rule(443, "one", "/", "one")
}

cases! {
    a_set_joins: alb().http(80, "one").rule(80, "one", "/", "one") => two_teams();
    a_set_leaves: two_teams() => alb().http(80, "one").rule(80, "one", "/", "one");
    a_port_joins: two_teams() => two_teams().http(81, "three").rule(81, "three", "/", "three");
    a_port_leaves: two_teams().http(81, "three").rule(81, "three", "/", "three") => two_teams();
    an_action_changes: two_teams() => two_teams().edit_rule(80, 1, |it| {
        it.action = DesiredAction::FixedResponse { status_code: 503, content_type: None, body: None };
    }).without("two");
    rules_change_places: two_teams() => two_teams().edit_rules(80, |rules| rules.swap(0, 1));
    targets_change: two_teams() => two_teams().edit_group("one", |it| {
        it.targets = [target(2), target(3)].into();
    });
    target_group_protocol_changes: two_teams() => two_teams().edit_group("one", |it| {
        it.protocol = tributary_model::elb::TargetProtocol::Https;
    });
    http_becomes_https: two_teams() => alb()
        .https(80, "one", secret("one", "first")).rule(80, "one", "/", "one");
    https_becomes_http: secure() => two_teams();
    a_certificate_joins: secure() => secure().https(443, "two", secret("two", "first"));
    a_certificate_leaves: secure().https(443, "two", secret("two", "first")) => secure();
    the_default_certificate_changes: secure() => alb()
        .https(443, "two", secret("two", "first")).rule(443, "two", "/", "two");
    discovery_takes_over: secure() => alb()
        .https(443, "app", discovered("app.example.com")).rule(443, "app", "/", "one");
    attributes_come: two_teams() => two_teams()
        .settings(|it| it.attributes = strings(&[("idle_timeout.timeout_seconds", "90")]))
        .edit_group("one", |it| it.attributes = strings(&[("stickiness.enabled", "true")]))
        .edit(80, |it| it.attributes = strings(&[("routing.http.response.server.enabled", "false")]));
    attributes_go: two_teams()
        .settings(|it| it.attributes = strings(&[("idle_timeout.timeout_seconds", "90")]))
        .edit_group("one", |it| it.attributes = strings(&[("stickiness.enabled", "true")]))
        .edit(80, |it| it.attributes = strings(&[("routing.http.response.server.enabled", "false")]))
        => two_teams();
    tags_come_and_go: two_teams().settings(|it| it.tags = strings(&[("a", "1"), ("b", "1")]))
        => two_teams().settings(|it| it.tags = strings(&[("b", "2"), ("c", "1")]));
    scheme_changes: two_teams()
        => two_teams().settings(|it| it.scheme = Some(Scheme::InternetFacing));
    source_ranges_change: two_teams()
        => two_teams().settings(|it| it.source_ranges = vec!["10.0.0.0/8".to_owned()]);
    everything_at_once: two_teams() => secure().http(8080, "two").rule(8080, "two", "/x", "three");
    a_service_of_an_nlb_changes: nlb().l4(5432, ElbProtocol::Tcp, "one")
        => nlb().member(5432, ElbProtocol::Tcp, "one").served(5432, "two");
    tcp_becomes_udp: nlb().l4(53, ElbProtocol::Tcp, "one") => nlb().l4(53, ElbProtocol::Udp, "one");
}

impl Desired {
    fn without(mut self, group: &str) -> Self {
        self.0
            .target_groups
            .remove_mut(&TargetGroupId(group.into()));
        self
    }
}

#[tokio::test]
async fn a_rotated_secret_is_imported_over() {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    let mut known = world.programmed(&secure()).await;
    let arns: Vec<String> = known.observed().certificates.keys().cloned().collect();
    world.secrets.put("one", "second", "one.example.com");
    let rotated = alb()
        .https(443, "one", secret("one", "second"))
        .rule(443, "one", "/", "one");
    world.calls();
    world.converge(&rotated, &mut known).await;
    assert_eq!(
        world.calls(),
        ["acm:AddTagsToCertificate 1", "acm:ImportCertificate 1"]
    );
    check_in(&world, &rotated, &mut known).await;
    let after: Vec<String> = known.observed().certificates.keys().cloned().collect();
    assert_eq!(arns, after);
}

async fn check_deletion(desired: Desired) {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    let mut known = world.programmed(&desired).await;
    let kind = desired.0.key.kind;
    let mine = owned(&world.aws, &world.environment, kind).await.unwrap();
    assert_eq!(mine, [desired.0.key.clone()].into());
    let other = match kind {
        LoadBalancerKind::Alb => LoadBalancerKind::Nlb,
        LoadBalancerKind::Nlb => LoadBalancerKind::Alb,
    };
    assert!(
        owned(&world.aws, &world.environment, other)
            .await
            .unwrap()
            .is_empty()
    );
    let gone = desired.gone();
    world.converge(&gone, &mut known).await;
    assert!(
        world.ours().iter().all(|(_, count)| *count == 0),
        "{:?}",
        world.ours()
    );
    assert!(
        owned(&world.aws, &world.environment, kind)
            .await
            .unwrap()
            .is_empty()
    );
    check_in(&world, &gone, &mut known).await;
}

#[tokio::test]
async fn a_deleted_alb_leaves_nothing() {
    check_deletion(secure().http(80, "two").rule(80, "two", "/", "two")).await;
}

#[tokio::test]
async fn a_deleted_nlb_leaves_nothing() {
    let desired = nlb()
        .l4(53, ElbProtocol::TcpUdp, "one")
        .tls(443, ElbProtocol::Tls, "two", secret("one", "first"))
        .served(443, "two");
    check_deletion(desired).await;
}

#[tokio::test]
async fn what_others_made_is_left_alone() {
    // Not for want of permission.
    let world = World::unbound(|_| {}, Arc::new(Unmetered)).await;
    // The other cluster's Gateway has the same name, in the same account.
    let mut theirs = World::new().await;
    theirs.sandbox = world.sandbox.clone();
    theirs.aws = world.aws.clone();
    "other".clone_into(&mut theirs.environment.cluster);
    "other".clone_into(&mut theirs.context.cluster);
    let desired = two_teams();
    let mut before = theirs.programmed(&desired).await;
    let mut known = world.programmed(&desired).await;
    assert_eq!(world.count("load_balancers", "infra/gw"), 2);
    world.converge(&desired.clone().gone(), &mut known).await;
    assert_eq!(world.count("load_balancers", "infra/gw"), 1);
    check_in(&theirs, &desired, &mut before).await;
}

#[tokio::test]
async fn drift_is_put_right() {
    let world = World::new().await;
    let desired = two_teams();
    let known = world.programmed(&desired).await;
    let (_, load_balancer) = known.observed().load_balancers.first_key_value().unwrap();
    let (_, listener) = load_balancer.listeners.first_key_value().unwrap();
    let (rule, _) = listener.rules.first_key_value().unwrap();
    world.aws.elbv2.delete_rule(rule).await.unwrap();
    let (group, _) = known.observed().target_groups.first_key_value().unwrap();
    let all = [target(1), target(2)].into();
    world
        .aws
        .elbv2
        .deregister_targets(group, &all)
        .await
        .unwrap();
    let mut again = Known::new(world.look(&desired).await);
    assert!(!world.plan(&desired, &again).steps.is_empty());
    check_in(&world, &desired, &mut again).await;
}

#[tokio::test]
async fn a_certificate_named_by_arn_replaces_an_import() {
    let world = World::new().await;
    world.secrets.put("one", "first", "one.example.com");
    let issued = world.aws.acm.certificates().await.unwrap();
    let (arn, _) = issued.first_key_value().unwrap();
    let mut known = world.programmed(&secure()).await;
    let to = alb()
        .https(443, "one", CertificateSource::Arn(arn.clone()))
        .rule(443, "one", "/", "one");
    known.refresh(world.look(&to).await);
    check_in(&world, &to, &mut known).await;
    assert_eq!(world.count("certificates", "elbv2.k8s.aws/cluster"), 0);
}
