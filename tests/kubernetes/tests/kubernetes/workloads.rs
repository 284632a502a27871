//! The node: what controllers and it make of a Deployment and a Service.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use k8s_openapi::api::discovery::v1::EndpointSlice;
use kube::Api;
use kube::api::{DeleteParams, ListParams};
use serde_json::{Value, json};
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::node::Node;
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

#[tokio::test]
async fn a_deployment_and_a_service_give_ready_endpoints() {
    let cluster = shared().await;
    let namespace = cluster.namespace("workloads").await;
    let _node = Node::of_namespace(&cluster, &namespace).await;
    cluster.apply(&service(&namespace)).await.unwrap();
    cluster.apply(&deployment(&namespace, 2)).await.unwrap();
    let first = ready(&cluster, &namespace, 2).await;
    for address in &first {
        assert!(address.starts_with("10.244."), "{address}");
    }

    cluster.apply(&deployment(&namespace, 1)).await.unwrap();
    let left = ready(&cluster, &namespace, 1).await;
    assert!(left.is_subset(&first), "{left:?} {first:?}");

    let pods: Api<Pod> = Api::namespaced(cluster.client(), &namespace);
    pods.delete_collection(&DeleteParams::default(), &ListParams::default())
        .await
        .unwrap();
    until("a new pod in the old one's place", async || {
        let now = endpoints(&cluster, &namespace).await;
        (now.len() == 1 && now.is_disjoint(&first)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn the_node_goes_on_after_a_restart_of_the_server() {
    let mut server = Server::start(Options::default()).await;
    let _node = Node::of_cluster(server.cluster()).await;
    server.kill();
    server.start_again().await;
    let cluster = server.cluster();
    let namespace = cluster.namespace("workloads").await;
    cluster.apply(&service(&namespace)).await.unwrap();
    cluster.apply(&deployment(&namespace, 1)).await.unwrap();
    ready(cluster, &namespace, 1).await;
}

/// Waits for that many ready endpoints.
async fn ready(cluster: &Cluster, namespace: &str, count: usize) -> BTreeSet<String> {
    until("ready endpoints", async || {
        let ready = endpoints(cluster, namespace).await;
        (ready.len() == count).then_some(ready)
    })
    .await
}

/// Addresses of the ready endpoints.
async fn endpoints(cluster: &Cluster, namespace: &str) -> BTreeSet<String> {
    let slices: Api<EndpointSlice> = Api::namespaced(cluster.client(), namespace);
    let slices = slices.list(&ListParams::default()).await.unwrap();
    slices
        .into_iter()
        .flat_map(|slice| slice.endpoints.into_iter().flatten())
        .filter(|endpoint| {
            let conditions = endpoint.conditions.as_ref();
            conditions.is_some_and(|it| it.ready == Some(true))
        })
        .flat_map(|endpoint| endpoint.addresses)
        .collect()
}

fn service(namespace: &str) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "shop", "namespace": namespace },
        "spec": { "selector": { "app": "shop" }, "ports": [{ "port": 80, "targetPort": 8080 }] },
    })
}

fn deployment(namespace: &str, replicas: u32) -> Value {
    json!({
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": { "name": "shop", "namespace": namespace },
        "spec": {
            "replicas": replicas,
            "selector": { "matchLabels": { "app": "shop" } },
            "template": {
                "metadata": { "labels": { "app": "shop" } },
                "spec": { "containers": [{ "name": "shop", "image": "shop" }] },
            },
        },
    })
}
