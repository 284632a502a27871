use tributary_model::controller;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::judgement::Judgement;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};
use tributary_model::resource::SourceObject;
use tributary_model::{Kind, Resource};
use tributary_runtime::Context;
use tributary_testkit::objects::{class, gateway, http, key};
use tributary_testkit::random::object;
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{endpoints, service};

use super::*;
use crate::shared::Shared;

/// A merger that has read a Gateway and two routes, and heard a programmer of it.
struct World {
    shared: Shared,
    key: LoadBalancerKey,
}

impl World {
    fn new() -> Self {
        let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
        let web = gateway("infra/gw").allow_all().listener(http("http", 80));
        let world = Self {
            shared,
            key: LoadBalancerKey {
                kind: LoadBalancerKind::Alb,
                gateway: key("infra/gw"),
            },
        };
        world.becomes([
            class("alb", controller::ALB),
            web.build(),
            service("infra/app", 80),
            endpoints("infra/app", 80, &["10.0.0.1"]),
            route("one", "/one", 1),
            route("other", "/other", 1),
        ]);
        world.shared.lock().unwrap().mark_complete();
        world.becomes([]);
        world.reports();
        world
    }

    fn becomes<const N: usize>(&self, objects: [Resource; N]) {
        let mut state = self.shared.lock().unwrap();
        for resource in objects {
            state.apply(Arc::new(SourceObject {
                resource: Arc::new(resource),
                status: None,
                resource_version: None,
            }));
        }
        state.settle();
    }

    /// A programmer speaks of what is desired now.
    fn reports(&self) {
        let mut state = self.shared.lock().unwrap();
        let at = state.desired_at(&self.key);
        state.report(
            at,
            &LoadBalancerReport {
                key: self.key.clone(),
                phase: LoadBalancerPhase::Active,
                arn: None,
                dns_name: None,
                listeners: Vec::new(),
                rules: Vec::new(),
                problems: Vec::new(),
                healthy: BTreeSet::new(),
                quotas: None,
                settled: true,
            },
        );
    }

    /// What is said of the route's rules that are not there yet.
    fn pending(&self, route: &str) -> Vec<(usize, String)> {
        let route = object(Kind::HttpRoute, &format!("infra/{route}"));
        let judged = self.shared.judgements.get(&route).unwrap();
        match Judgement::try_from(judged.judgement()).unwrap() {
            Judgement::Route(judged) => judged.parents[0].pending_rules.clone(),
            other => panic!("{other:?}"),
        }
    }

    fn listens(&self, after: Duration) {
        let now = Instant::now() + after;
        self.shared.lock().unwrap().listen(now);
    }
}

fn route(name: &str, path: &str, generation: i64) -> Resource {
    let built = http_route(&format!("infra/{name}"))
        .to_gateway("infra/gw")
        .rule(rule().prefix(path).backend("app", 80))
        .build();
    let Resource::Route(mut route) = built else {
        panic!("{built:?}");
    };
    route.meta.generation = generation;
    Resource::Route(route)
}

#[test]
fn a_changed_route_says_so_while_no_programmer_has_spoken_of_it() {
    let world = World::new();
    assert_eq!(world.pending("one"), []);
    world.becomes([route("one", "/changed", 2)]);
    world.listens(Duration::ZERO);
    assert_eq!(
        world.pending("one"),
        [],
        "one that is there answers at once"
    );
    world.listens(ANSWERED);
    let told = [(0, "the load balancer does not have it yet".to_owned())];
    assert_eq!(world.pending("one"), told);
    assert_eq!(world.pending("other"), [], "what did not change is there");
    world.reports();
    assert_eq!(world.pending("one"), []);
}

#[test]
fn what_a_start_finds_is_not_taken_for_a_change() {
    let world = World::new();
    world.listens(ANSWERED);
    assert_eq!(world.pending("one"), []);
    assert_eq!(world.shared.lock().unwrap().untold, Untold::new());
}

#[test]
fn an_answer_to_an_earlier_desired_state_is_none() {
    let world = World::new();
    world.becomes([route("one", "/changed", 2)]);
    let state = world.shared.lock().unwrap();
    let before = state.desired_at(&world.key);
    drop(state);
    world.becomes([route("other", "/changed", 2)]);
    world.shared.lock().unwrap().reposition(&world.key, before);
    world.listens(ANSWERED);
    assert_eq!(world.pending("one"), []);
    assert_eq!(world.pending("other").len(), 1);
}
