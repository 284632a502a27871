//! One, two, three replicas; one is killed, one stops. Nothing is created twice, nothing is left behind.

use std::time::{Duration, Instant};

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::json;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::wait::until;

use crate::world::World;

const CREATE: &str = "elbv2:CreateLoadBalancer";

fn rules() -> Vec<PolicyRule> {
    serde_json::from_value(json!([
        {
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": ["get", "list", "create", "patch", "delete"],
        },
        {
            "apiGroups": ["gateway.networking.k8s.io"],
            "resources": ["gateways"],
            "verbs": ["get", "list", "patch"],
        },
        { "apiGroups": [""], "resources": ["secrets"], "verbs": ["get"] },
    ]))
    .unwrap()
}

async fn shared_as(world: &World, expected: &[usize]) {
    until("everybody has a share", async || {
        (world.shares().await == expected).then_some(())
    })
    .await;
}

async fn has(world: &World, load_balancers: usize) {
    until("AWS has the load balancers", async || {
        (world.load_balancers() == load_balancers).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replicas_come_and_go_and_every_load_balancer_is_made_once() {
    let world = World::new().await;
    let account = world
        .admin()
        .account(&world.namespace, "programmer", &rules(), Scope::Cluster)
        .await;
    world.gateways(0..12).await;
    let first = world.programmer(&account).await;
    has(&world, 12).await;
    assert_eq!(world.held().await, (12, 0), "all are held");

    let second = world.programmer(&account).await;
    shared_as(&world, &[4, 4]).await;
    let third = world.programmer(&account).await;
    shared_as(&world, &[2, 3, 3]).await;
    world.gateways(12..18).await;
    has(&world, 18).await;

    first.kill();
    let begun = Instant::now();
    world.gateways(18..30).await;
    has(&world, 30).await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a kill until its share is programmed");
    assert!(took < Duration::from_secs(20), "{took:?}");
    shared_as(&world, &[4, 4]).await;
    assert_eq!(world.calls(CREATE), 30, "{:?}", world.sandbox.call_counts());

    third.end().await;
    shared_as(&world, &[8]).await;
    // Of both programmers that there were.
    for number in [0, 5, 11, 17, 29] {
        world.delete(number).await;
    }
    has(&world, 25).await;
    until("they may go", async || {
        (world.held().await == (25, 0)).then_some(())
    })
    .await;
    assert_eq!(world.calls(CREATE), 30);
    second.end().await;
}
