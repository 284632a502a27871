//! Pods that wait for a readiness gate are registered, or nobody could ever open it.

use std::sync::Arc;

use tributary_model::resource::Unread;
use tributary_model::workload::Pod;
use tributary_model::{Change, Kind, Resource};
use tributary_testkit::objects::{class, gateway, http};
use tributary_testkit::routes::http_route;
use tributary_testkit::workloads::{service, unready_endpoints, waiting_pod};

use super::{load_balancer, merged};
use crate::Merge;

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
        merge.settle();
        assert_eq!(targets(&merge), ["10.0.0.1:8080"]);
    }
    // Then its containers are not.
    let Resource::Pod(mut pod) = waiting_pod("t/one") else {
        unreachable!("it is a pod");
    };
    pod.awaits_health = false;
    for change in [Resource::Pod(pod), ready(false)] {
        merge.apply(Change::Apply(Arc::new(change)));
        merge.settle();
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
