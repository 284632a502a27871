use tributary_model::controller;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::judgement::Judgement;
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState,
};
use tributary_model::resource::{Author, CarriedStatus, SourceObject};
use tributary_model::route::ParentRef;
use tributary_model::status::{
    Condition, ConditionStatus, GatewayStatus, ListenerStatus, ROUTE_PROGRAMMED, RouteParentStatus,
    RouteStatus,
};
use tributary_model::time::Timestamp;
use tributary_model::{Kind, Labels, ListenerOwner, ListenerRef, Resource, Revision};
use tributary_runtime::Context;
use tributary_testkit::objects::{class, gateway, http, key};
use tributary_testkit::random::object;
use tributary_testkit::routes::{http_route, rule};
use tributary_testkit::workloads::{endpoints, service};

use super::*;
use crate::shared::Shared;

/// A merger that has read a Gateway and two routes.
struct World {
    shared: Shared,
    key: LoadBalancerKey,
}

impl World {
    /// It has heard a programmer.
    fn new() -> Self {
        let world = Self::begun(None);
        world.reports();
        world
    }

    /// It has only begun. Route `one` has this status, and that of the Gateway says that its listener is served.
    fn begun(status: Option<RouteStatus>) -> Self {
        let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
        let web = gateway("infra/gw").allow_all().listener(http("http", 80));
        let world = Self {
            shared,
            key: LoadBalancerKey {
                kind: LoadBalancerKind::Alb,
                gateway: key("infra/gw"),
            },
        };
        let served = GatewayStatus {
            listeners: vec![ListenerStatus {
                name: "http".into(),
                supported_kinds: Vec::new(),
                attached_routes: 1,
                conditions: vec![condition("Programmed", ConditionStatus::True, 1)],
            }],
            ..GatewayStatus::default()
        };
        for (resource, status) in [
            (route("one", "/one", 2), status.map(Status::Route)),
            (web.build(), Some(Status::Gateway(served))),
        ] {
            world.shared.lock().unwrap().apply(Arc::new(SourceObject {
                resource: Arc::new(resource),
                status: status.map(|status| CarriedStatus {
                    status,
                    author: Author::Us,
                }),
                resource_version: None,
                labels: Labels::default(),
            }));
        }
        world.becomes([
            class("alb", controller::ALB),
            service("infra/app", 80),
            endpoints("infra/app", 80, &["10.0.0.1"]),
            route("other", "/other", 1),
        ]);
        let mut state = world.shared.lock().unwrap();
        state.mark_complete();
        state.propagate();
        state.lead(2);
        drop(state);
        world
    }

    fn becomes<const N: usize>(&self, objects: [Resource; N]) {
        let mut state = self.shared.lock().unwrap();
        for resource in objects {
            state.apply(Arc::new(SourceObject {
                resource: Arc::new(resource),
                status: None,
                resource_version: None,
                labels: Labels::default(),
            }));
        }
        state.propagate();
    }

    /// A programmer speaks of what is desired now.
    fn reports(&self) {
        let at = self.shared.lock().unwrap().desired_at(&self.key);
        self.reports_at(at, ProgrammedState::Programmed);
    }

    /// It says this of the listener.
    fn reports_at(&self, at: Position, state: ProgrammedState) {
        let listener = ListenerReport {
            listener: ListenerRef {
                owner: ListenerOwner::gateway(key("infra/gw")),
                name: "http".into(),
            },
            revision: Revision(0),
            state,
            awaits_rules: false,
            elb_listener: None,
            notes: Vec::new(),
        };
        self.shared.lock().unwrap().report(
            at,
            &LoadBalancerReport {
                key: self.key.clone(),
                phase: LoadBalancerPhase::Active,
                arn: None,
                dns_name: None,
                listeners: vec![listener],
                rules: Vec::new(),
                problems: Vec::new(),
                blocked: false,
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

/// What a route says that is on its way.
fn told() -> Vec<(usize, String)> {
    vec![(0, "the load balancer does not have it yet".to_owned())]
}

#[test]
fn a_changed_route_says_so_until_a_programmer_has_spoken_of_it() {
    let world = World::new();
    assert_eq!(world.pending("one"), []);
    world.becomes([route("one", "/changed", 3)]);
    assert_eq!(world.pending("one"), told());
    assert_eq!(world.pending("other"), [], "what did not change is there");
    world.reports();
    assert_eq!(world.pending("one"), []);
    assert_eq!(world.shared.lock().unwrap().untold, Untold::new());
}

#[test]
fn what_changes_nothing_in_aws_takes_no_earlier_change_for_answered() {
    let world = World::new();
    world.becomes([route("one", "/changed", 3)]);
    let before = world.shared.lock().unwrap().desired_at(&world.key);
    world.becomes([route("one", "/changed", 4)]);
    assert_eq!(world.shared.lock().unwrap().desired_at(&world.key), before);
    assert_eq!(world.pending("one"), told());
    world.reports();
    assert_eq!(world.pending("one"), []);
}

#[test]
fn a_listener_that_is_not_programmed_says_it_for_its_routes() {
    let world = World::new();
    let waits = ProgrammedState::Pending("it is being made".to_owned());
    world.reports_at(Position::default(), waits);
    world.becomes([route("one", "/changed", 3)]);
    assert_eq!(world.pending("one"), []);
}

fn condition(name: &str, status: ConditionStatus, generation: i64) -> Condition {
    Condition {
        condition_type: name.to_owned(),
        status,
        reason: "Reason".to_owned(),
        message: String::new(),
        observed_generation: Some(generation),
        last_transition_time: Timestamp(0),
    }
}

/// What a route of generation 2 says after a start, by what its status says; the programmer speaks of what was desired
/// before the start.
#[track_caller]
fn check_start(conditions: &[(&str, ConditionStatus, i64)], pending: &[(usize, String)]) {
    let conditions = conditions
        .iter()
        .map(|(name, status, generation)| Condition {
            condition_type: (*name).to_owned(),
            status: *status,
            reason: "Reason".to_owned(),
            message: String::new(),
            observed_generation: Some(*generation),
            last_transition_time: Timestamp(0),
        });
    let Resource::Route(route) = route("one", "/one", 2) else {
        unreachable!();
    };
    let world = World::begun(Some(RouteStatus {
        parents: vec![RouteParentStatus {
            parent_ref: ParentRef::clone(&route.parent_refs[0]),
            controller_name: controller::ALB.to_owned(),
            conditions: conditions.collect(),
        }],
    }));
    assert_eq!(world.pending("one"), pending);
    world.reports_at(Position::default(), ProgrammedState::Programmed);
    assert_eq!(world.pending("one"), pending);
    world.reports();
    assert_eq!(world.pending("one"), []);
}

#[test]
fn what_a_start_finds_is_taken_for_a_change_unless_it_was_told() {
    use ConditionStatus::{False, True};
    check_start(&[("Accepted", True, 2), ("ResolvedRefs", True, 2)], &[]);
    check_start(&[("Accepted", True, 1)], &told());
    check_start(&[], &told());
    check_start(
        &[("Accepted", True, 2), (ROUTE_PROGRAMMED, False, 2)],
        &told(),
    );
}

#[test]
fn an_answer_to_an_earlier_desired_state_is_none() {
    let world = World::new();
    world.becomes([route("one", "/changed", 3)]);
    let before = world.shared.lock().unwrap().desired_at(&world.key);
    world.becomes([route("other", "/changed", 2)]);
    world.shared.lock().unwrap().reposition(&world.key, before);
    assert_eq!(world.pending("one"), []);
    assert_eq!(world.pending("other"), told());
}
