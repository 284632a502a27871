//! Pods that wait for a readiness gate are registered, or nobody could ever open it.

use std::collections::BTreeSet;
use std::sync::Arc;

use tributary_model::desired::GatedPod;
use tributary_model::judgement::Judgement;
use tributary_model::other_controller::OtherController;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};
use tributary_model::resource::Unread;
use tributary_model::workload::Pod;
use tributary_model::{Change, Kind, ObjectRef, Resource};
use tributary_testkit::objects::{class, gateway, http, key};
use tributary_testkit::routes::http_route;
use tributary_testkit::workloads::{service, unready_endpoints, waiting_pod};

use super::{load_balancer, merged};
use crate::Merge;
use crate::output::judge::{Reports, judge};

fn world(pods: Vec<Resource>) -> Vec<Resource> {
    let mut objects = vec![
        class("alb", "gateway.k8s.aws/alb"),
        gateway("t/gw").listener(http("http", 80)).build(),
        http_route("t/r").to_gateway("t/gw").backend("web").build(),
        service("t/web", 80),
        unready_endpoints("t/web", 8080, &[("10.0.0.1", "one"), ("10.0.0.2", "two")]),
    ];
    objects.extend(pods);
    objects
}

fn targets(merge: &Merge) -> Vec<String> {
    let groups = merge.load_balancers().values();
    groups
        .flat_map(|load_balancer| load_balancer.target_groups.values())
        .flat_map(|group| &group.targets)
        .map(|target| format!("{}:{}", target.id, target.port))
        .collect()
}

fn check(objects: Vec<Resource>, expected: &[&str]) {
    assert_eq!(targets(&merged(objects).merge), expected);
}

fn with(change: impl Fn(&mut Pod)) -> Vec<Resource> {
    let Resource::Pod(mut pod) = waiting_pod("t/one") else {
        unreachable!("it is a pod");
    };
    change(&mut pod);
    world(vec![Resource::Pod(pod)])
}

#[test]
fn a_pod_that_waits_for_its_targets_health_is_a_target() {
    check(world(vec![waiting_pod("t/one")]), &["10.0.0.1:8080"]);
    check(
        world(vec![waiting_pod("t/one"), waiting_pod("t/two")]),
        &["10.0.0.1:8080", "10.0.0.2:8080"],
    );
}

#[test]
fn a_pod_that_waits_for_something_else_is_none() {
    check(with(|pod| pod.awaits_health = false), &[]);
    check(world(vec![]), &[]);
}

#[test]
fn a_pod_that_is_being_deleted_is_none() {
    check(with(|pod| pod.meta.deleting = true), &[]);
}

#[test]
fn a_pod_of_the_same_name_that_came_later_is_none() {
    check(with(|pod| pod.uid = Some("later".into())), &[]);
    // A person who writes slices and pods by hand means the name.
    check(with(|pod| pod.uid = None), &["10.0.0.1:8080"]);
}

#[test]
fn a_pod_of_another_namespace_is_none() {
    check(world(vec![waiting_pod("other/one")]), &[]);
}

#[test]
fn an_endpoint_that_terminates_is_none_whatever_its_pod_waits_for() {
    let mut objects = world(vec![waiting_pod("t/one"), waiting_pod("t/two")]);
    for object in &mut objects {
        if let Resource::EndpointSlice(slice) = object {
            slice.endpoints[0].terminating = true;
        }
    }
    check(objects, &["10.0.0.2:8080"]);
}

#[test]
fn a_target_stays_one_from_the_gate_to_the_slice() {
    let mut merge = merged(world(vec![waiting_pod("t/one")])).merge;
    // The pod is Ready, its slice says so, then the pod is told again.
    let ready = |is_ready: bool| {
        let mut slice = unready_endpoints("t/web", 8080, &[("10.0.0.1", "one")]);
        if let Resource::EndpointSlice(slice) = &mut slice {
            slice.endpoints[0].ready = is_ready;
        }
        slice
    };
    for change in [waiting_pod("t/one"), ready(true), waiting_pod("t/one")] {
        merge.apply(Change::Apply(Arc::new(change)));
        merge.propagate();
        assert_eq!(targets(&merge), ["10.0.0.1:8080"]);
    }
    // Then its containers are not.
    let Resource::Pod(mut pod) = waiting_pod("t/one") else {
        unreachable!("it is a pod");
    };
    pod.awaits_health = false;
    for change in [Resource::Pod(pod), ready(false)] {
        merge.apply(Change::Apply(Arc::new(change)));
        merge.propagate();
    }
    assert!(targets(&merge).is_empty());
}

#[test]
fn pods_that_cannot_be_read_withhold_nothing() {
    let unread = Resource::Unread(Unread::of(Kind::Pod));
    let merged = merged(world(vec![unread]));
    assert!(load_balancer(&merged, "t/gw").unread.is_empty());
    assert!(merged.merge.unread().is_empty());
    assert!(targets(&merged.merge).is_empty());
}

const THEIRS: &str = "target-health.elbv2.k8s.aws/k8s-t-web";

fn gated(gates: &[&str]) -> Resource {
    let Resource::Pod(mut pod) = waiting_pod("t/one") else {
        unreachable!("it is a pod");
    };
    pod.closed_gates = gates.iter().map(ToString::to_string).collect();
    Resource::Pod(pod)
}

fn lbc() -> Resource {
    let lease = key("kube-system/aws-load-balancer-controller-leader");
    Resource::OtherController(OtherController::by(lease))
}

/// A Gateway of a class that nobody else serves, beside the one of [`world`].
fn second_gateway() -> Vec<Resource> {
    vec![
        class("elb", "gateway.tributary.dev/elb"),
        gateway("t/gw")
            .class("elb")
            .listener(http("http", 80))
            .build(),
        gateway("t/gv")
            .class("elb")
            .listener(http("http", 80))
            .build(),
        http_route("t/q").to_gateway("t/gv").backend("web").build(),
    ]
}

/// What every load balancer says when these of the pods that it is waited for by are healthy on it.
fn reports(merge: &Merge, is_healthy: impl Fn(&str, &GatedPod) -> bool) -> Reports {
    let mut reports = Reports::default();
    for desired in merge.load_balancers().values() {
        let awaited = desired.target_groups.values().flat_map(|it| &it.awaited);
        let pods = awaited.map(|it| &it.pod);
        let report = LoadBalancerReport {
            key: desired.key.clone(),
            phase: LoadBalancerPhase::Active,
            arn: None,
            dns_name: None,
            listeners: Vec::new(),
            rules: Vec::new(),
            problems: Vec::new(),
            blocked: false,
            healthy: pods
                .filter(|pod| is_healthy(&desired.key.gateway.name, pod))
                .cloned()
                .collect(),
            quotas: None,
            settled: true,
        };
        reports.insert(merge, report);
    }
    reports
}

/// The gates of pod `t/one` that are to be opened.
fn opened(merge: &Merge, reports: &Reports) -> Vec<String> {
    let pod = ObjectRef::new(Kind::Pod, key("t/one"));
    match judge(merge, &pod, reports) {
        Some(Judgement::Pod(judged)) => {
            assert_eq!(judged.uid.as_deref(), Some("uid-of-one"));
            judged.gates.into_iter().collect()
        }
        None => Vec::new(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_gate_is_opened_when_the_target_is_healthy_and_not_before() {
    let merge = merged(world(vec![waiting_pod("t/one")])).merge;
    assert_eq!(opened(&merge, &Reports::default()), Vec::<String>::new());
    let not = reports(&merge, |_, _| false);
    assert_eq!(opened(&merge, &not), Vec::<String>::new());
    let healthy = reports(&merge, |_, _| true);
    assert_eq!(
        opened(&merge, &healthy),
        ["gateway.tributary.dev/target-health"]
    );
}

#[test]
fn a_gate_is_opened_when_the_pod_is_healthy_on_every_load_balancer_that_has_it() {
    let mut objects = world(vec![waiting_pod("t/one")]);
    objects.extend(second_gateway());
    let merge = merged(objects).merge;
    assert_eq!(merge.load_balancers().len(), 2);
    let one = reports(&merge, |gateway, _| gateway == "gw");
    assert_eq!(opened(&merge, &one), Vec::<String>::new());
    let both = reports(&merge, |_, _| true);
    assert_eq!(opened(&merge, &both).len(), 1);
}

#[test]
fn what_was_said_of_an_earlier_pod_of_the_name_opens_nothing() {
    let merge = merged(world(vec![waiting_pod("t/one")])).merge;
    let mut report = reports(&merge, |_, _| true).iter().next().unwrap().clone();
    report.healthy = BTreeSet::from([GatedPod {
        key: key("t/one"),
        uid: Some("earlier".into()),
    }]);
    let mut reports = Reports::default();
    reports.insert(&merge, report);
    assert_eq!(opened(&merge, &reports), Vec::<String>::new());
}

#[test]
fn gates_of_the_other_controller_are_opened_unless_it_runs() {
    let merge = merged(world(vec![gated(&[THEIRS])])).merge;
    assert_eq!(opened(&merge, &reports(&merge, |_, _| true)), [THEIRS]);
    // Ours is ours whether it runs or not.
    let ours = "gateway.tributary.dev/target-health";
    let mut objects = world(vec![gated(&[ours, THEIRS]), lbc()]);
    objects.extend(second_gateway());
    let mut merge = merged(objects).merge;
    assert_eq!(opened(&merge, &reports(&merge, |_, _| true)), [ours]);
    // It goes.
    merge.apply(Change::Delete(lbc().object_ref()));
    let outcome = merge.propagate();
    assert!(outcome.judge.contains(&gated(&[]).object_ref()));
    assert_eq!(
        opened(&merge, &reports(&merge, |_, _| true)),
        [ours, THEIRS]
    );
}

/// `publishNotReadyAddresses`.
#[test]
fn a_pod_whose_service_publishes_it_before_it_is_ready_waits_all_the_same() {
    let mut objects = world(vec![waiting_pod("t/one")]);
    for object in &mut objects {
        if let Resource::EndpointSlice(slice) = object {
            slice.endpoints[0].ready = true;
        }
    }
    let merge = merged(objects).merge;
    assert_eq!(targets(&merge), ["10.0.0.1:8080"]);
    assert_eq!(opened(&merge, &reports(&merge, |_, _| true)).len(), 1);
}

#[test]
fn nobody_is_asked_about_a_pod_whose_gates_are_others_or_open() {
    for gates in [&["gateway.tributary.dev/west.target-health"][..], &[]] {
        let merge = merged(world(vec![gated(gates)])).merge;
        assert_eq!(targets(&merge), ["10.0.0.1:8080"]);
        let groups = merge.load_balancers().values();
        let mut groups = groups.flat_map(|it| it.target_groups.values());
        assert!(groups.all(|group| group.awaited.is_empty()));
        assert_eq!(
            opened(&merge, &reports(&merge, |_, _| true)),
            Vec::<String>::new()
        );
    }
}
