use std::sync::Arc;

use tributary_model::report::{LoadBalancerReport, QuotaUse, Quotas};
use tributary_model::resource::SourceObject;
use tributary_model::{Labels, Resource, controller};
use tributary_runtime::Context;
use tributary_stream::Position;
use tributary_testkit::objects::{class, gateway, http};

use super::*;
use crate::shared::Shared;

fn apply(shared: &Shared, resources: Vec<Resource>) {
    let mut state = shared.lock().unwrap();
    for resource in resources {
        state.apply(Arc::new(SourceObject {
            resource: Arc::new(resource),
            status: None,
            resource_version: None,
            labels: Labels::default(),
        }));
    }
    state.propagate();
}

fn started() -> Shared {
    let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
    let web = gateway("infra/web").allow_all().listener(http("http", 80));
    apply(&shared, vec![class("alb", controller::ALB), web.build()]);
    shared.lock().unwrap().mark_complete();
    apply(&shared, Vec::new());
    shared
}

fn report(state: &MergerState, change: impl FnOnce(&mut LoadBalancerReport)) -> LoadBalancerReport {
    let mut report = LoadBalancerReport {
        key: state.desired_keys().next().unwrap().clone(),
        phase: LoadBalancerPhase::Active,
        arn: None,
        dns_name: None,
        listeners: Vec::new(),
        rules: Vec::new(),
        problems: Vec::new(),
        blocked: false,
        healthy: [].into(),
        quotas: None,
        settled: true,
    };
    change(&mut report);
    report
}

#[test]
fn before_everything_is_read_it_says_so() {
    let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
    assert!(!health(&shared.lock().unwrap()).complete);
    assert!(health(&started().lock().unwrap()).complete);
}

#[test]
fn a_load_balancer_says_what_is_left_to_do_and_what_it_takes() {
    let shared = started();
    let mut state = shared.lock().unwrap();
    let before = health(&state).load_balancers.remove(0);
    assert_eq!(before.phase, LoadBalancerPhase::Absent);
    assert_eq!(before.pending, "no programmer has reported yet");
    let rules = QuotaUse {
        used: 99,
        limit: 100,
    };
    let quotas = Quotas {
        rules,
        ..Quotas::default()
    };
    let report = report(&state, |report| report.quotas = Some(quotas));
    let at = state.desired_at(&report.key);
    state.report(at, &report);
    let after = health(&state).load_balancers.remove(0);
    assert_eq!(after.phase, LoadBalancerPhase::Active);
    assert_eq!(after.pending, "");
    assert_eq!(after.quotas, Some(quotas));
}

#[test]
fn what_is_judged_and_not_written_is_counted() {
    let shared = started();
    let mut state = shared.lock().unwrap();
    assert_eq!(health(&state).unwritten_judgements, None);
    let judged = state.judged_position();
    assert!(judged.generation > 1);
    state.acknowledge(tributary_proto::call::Acknowledgement {
        position: Position {
            generation: judged.generation - 1,
            ..judged
        },
        set_aside: Vec::new(),
        failed: Vec::new(),
        concerns: Vec::new(),
        instance: String::new(),
    });
    assert_eq!(health(&state).unwritten_judgements, Some(1));
}

#[test]
fn objects_are_told_by_state_and_reason() {
    let shared = started();
    let standings = health(&shared.lock().unwrap()).standings;
    let lines: Vec<String> = standings
        .iter()
        .map(|it| format!("{} {} {} {}", it.count, it.what, it.state, it.reason))
        .collect();
    assert_eq!(
        lines,
        [
            "1 Gateway pending Unreported",
            "1 Listener pending Unreported"
        ]
    );
}
