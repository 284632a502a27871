//! What a programmer calls is what its IAM policy grants, and the other way round.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use tributary_aws::{Call, Group, Meter, Operation, PolicyScope, Wait, owned, policy};
use tributary_model::ObjectKey;
use tributary_model::config::{
    MutualAuthentication, MutualAuthenticationMode, SubnetConfiguration,
};
use tributary_model::desired::{DesiredAction, Patterns, RuleCondition};
use tributary_model::elb::{ElbProtocol, IpAddressType, LoadBalancerKind, Scheme};
use tributary_plan::limits::BackendGroups;
use tributary_sandbox::Policy;

use crate::desired::{Desired, alb, discovered, nlb, secret, strings, target};
use crate::reach::seed;
use crate::world::World;

/// How often what was called, by the names that we have for it.
#[derive(Debug, Default)]
struct Told(Mutex<BTreeMap<&'static str, u64>>);

impl Meter for Told {
    fn called(&self, call: Call) {
        *self.0.lock().unwrap().entry(call.operation).or_default() += 1;
    }

    fn waited(&self, _: Wait) {}

    fn paced(&self, _: Group, _: f64) {}
}

/// What a load balancer is to be, one after the other; what both kinds have comes on top.
struct Life {
    first: Desired,
    second: Desired,
    third: Desired,
}

fn alb_life() -> Life {
    let secure = |content: &str| {
        alb()
            .https(443, "one", secret("one", content))
            .rule(443, "one", "/", "one")
    };
    let both = |content: &str| {
        secure(content)
            .https(443, "two", secret("two", "first"))
            .rule(443, "two", "/", "two")
    };
    let second = both("second")
        .http(80, "three")
        .https(443, "app", discovered("app.example.com"))
        // Its host is the other rule's, too, before which it comes.
        .edit_rules(443, |rules| rules.swap(0, 1))
        .edit_rule(443, 0, |it| {
            let any = vec!["*.example.com".to_owned()];
            it.conditions = vec![RuleCondition::HostHeader(Patterns::Wildcard(any))];
            it.action = DesiredAction::FixedResponse {
                status_code: 503,
                content_type: None,
                body: None,
            };
        })
        .edit(443, |it| {
            it.attributes = strings(&[("routing.http.response.server.enabled", "false")]);
            it.mutual_authentication = Some(MutualAuthentication {
                mode: MutualAuthenticationMode::Verify,
                trust_store: Some("partners".to_owned()),
                advertise_ca_names: None,
                ignore_client_certificate_expiry: None,
            });
        })
        .settings(|it| it.attributes = strings(&[("idle_timeout.timeout_seconds", "90")]));
    Life {
        first: both("first"),
        second,
        third: secure("second"),
    }
}

fn nlb_life() -> Life {
    let secure = |content: &str| {
        nlb()
            .tls(443, ElbProtocol::Tls, "one", secret("one", content))
            .served(443, "one")
    };
    let both =
        |content: &str| secure(content).tls(443, ElbProtocol::Tls, "two", secret("two", "first"));
    let second = both("second")
        .l4(5432, ElbProtocol::Tcp, "three")
        .tls(443, ElbProtocol::Tls, "app", discovered("app.example.com"))
        .edit(443, |it| {
            it.alpn_policy = Some("HTTP2Preferred".to_owned());
        })
        .edit(5432, |it| {
            it.attributes = strings(&[("tcp.idle_timeout.seconds", "400")]);
        })
        .settings(|it| {
            it.attributes = strings(&[("load_balancing.cross_zone.enabled", "true")]);
        });
    Life {
        first: both("first"),
        second,
        third: secure("second"),
    }
}

/// Makes, changes and removes everything that a programmer of this kind can.
async fn live(world: &World, life: Life, group: &str) {
    for name in ["one", "two"] {
        let host = format!("{name}.example.com");
        world.secrets.put(name, "first", &host);
    }
    let subnets = world.aws.ec2.subnets(None).await.unwrap();
    let public = subnets
        .iter()
        .filter(|(_, it)| it.tags.contains_key("kubernetes.io/role/elb"));
    let public: Vec<SubnetConfiguration> = public
        .take(2)
        .map(|(id, _)| SubnetConfiguration {
            identifier: id.clone(),
            ..SubnetConfiguration::default()
        })
        .collect();
    let Life {
        first,
        second,
        third,
    } = life;
    let outside =
        |desired: Desired| desired.settings(|it| it.scheme = Some(Scheme::InternetFacing));
    let first = outside(first).settings(|it| it.tags = strings(&[("team", "a")]));
    let second = outside(second)
        .edit_group("one", |it| {
            it.targets = [target(2), target(3)].into();
            it.attributes = strings(&[("deregistration_delay.timeout_seconds", "5")]);
            it.health_check.interval_seconds = Some(20);
        })
        .settings(|it| {
            it.tags = strings(&[("team", "b"), ("cost", "1")]);
            it.source_ranges = vec!["10.0.0.0/8".to_owned()];
            it.ip_address_type = Some(IpAddressType::Dualstack);
        });
    let third = outside(third).settings(|it| {
        it.subnets = public;
        it.security_groups = vec![group.to_owned()];
        it.manage_backend_security_group_rules = Some(true);
    });
    let gone = third.clone().gone();
    let kind = first.0.key.kind;
    // What a programmer asks before it has a plan.
    world.aws.elbv2.account_limits().await.unwrap();
    owned(&world.aws, &world.environment, kind).await.unwrap();
    let mut known = world.programmed(&first).await;
    // Somebody who shares the backend group and the rules of the targets, for a while.
    let mut neighbour = first;
    neighbour.0.key.gateway = ObjectKey::new("infra", "neighbour");
    let mut theirs = world.programmed(&neighbour).await;
    world.converge(&neighbour.gone(), &mut theirs).await;
    world.secrets.put("one", "second", "one.example.com");
    for desired in [second, third] {
        known.refresh(world.look(&desired).await);
        world.converge(&desired, &mut known).await;
    }
    known.refresh(world.look(&gone).await);
    world.converge(&gone, &mut known).await;
}

async fn check(kind: LoadBalancerKind, life: Life) {
    let told = Arc::new(Told::default());
    let mut world = World::metered(
        |options| options.seed.cluster = Some("test".to_owned()),
        Arc::<Told>::clone(&told),
    )
    .await;
    world.environment.backend = BackendGroups::Shared;
    world.context.backend = BackendGroups::Shared;
    let group = seed(&world, &[1, 2, 3]);
    let policy = policy(PolicyScope {
        kind,
        cluster: "test",
        partition: "aws",
    });
    let text = serde_json::to_string(&policy).unwrap();
    world.sandbox.set_policy(Policy::parse(&text).unwrap());
    live(&world, life, &group).await;

    let called = world.sandbox.call_counts().operations;
    let granted = policy.actions();
    let asked: BTreeSet<String> = called.keys().map(|call| action(call)).collect();
    let not_granted: Vec<&String> = asked
        .iter()
        .filter(|action| !granted.contains(action.as_str()))
        .collect();
    assert_eq!(not_granted, Vec::<&String>::new(), "called, not granted");
    let own: BTreeSet<String> = Operation::ALL
        .iter()
        .filter(|it| it.serves(kind))
        .map(|it| it.action())
        .filter(|action| granted.contains(action.as_str()))
        .collect();
    let not_called: Vec<&String> = own.difference(&asked).collect();
    assert_eq!(not_called, Vec::<&String>::new(), "granted, not called");

    let names = called.into_iter().map(|(call, count)| {
        let (_, name) = call.split_once(':').unwrap();
        (name.to_owned(), count)
    });
    let told = told.0.lock().unwrap().clone().into_iter();
    let told: BTreeMap<String, u64> = told.map(|(name, count)| (name.to_owned(), count)).collect();
    assert_eq!(told, names.collect(), "what we say and what AWS hears");
}

/// As a policy has it.
fn action(call: &str) -> String {
    let (service, name) = call.split_once(':').unwrap();
    let prefix = match service {
        "elbv2" => "elasticloadbalancing",
        "tagging" => "tag",
        same => same,
    };
    format!("{prefix}:{name}")
}

#[tokio::test]
async fn an_alb_programmer_calls_what_its_policy_grants() {
    check(LoadBalancerKind::Alb, alb_life()).await;
}

#[tokio::test]
async fn an_nlb_programmer_calls_what_its_policy_grants() {
    check(LoadBalancerKind::Nlb, nlb_life()).await;
}
