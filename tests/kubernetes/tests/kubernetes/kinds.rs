//! The CRDs: of both channels, with their rules.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;
use serde_json::{Value, json};
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;

/// Of a kind that both channels have, and of one that only the experimental channel has.
const IN_BOTH: &str = "listenersets.gateway.networking.k8s.io";
const EXPERIMENTAL: &str = "xbackends.gateway.networking.x-k8s.io";

#[tokio::test]
async fn the_shared_server_has_the_standard_channel_and_our_kinds() {
    let cluster = shared().await;
    assert_eq!(
        channel(&cluster, IN_BOTH).await.as_deref(),
        Some("standard")
    );
    assert_eq!(channel(&cluster, EXPERIMENTAL).await, None);
    let ours: Api<CustomResourceDefinition> = Api::all(cluster.client());
    ours.get("targetgroupconfigurations.gateway.k8s.aws")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_channel_is_put_over_the_other_and_all_of_it_can_go() {
    let server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    for next in [Channel::Standard, Channel::Experimental, Channel::Standard] {
        cluster.install_crds(next).await;
        let installed = channel(cluster, IN_BOTH).await;
        assert_eq!(installed.as_deref(), Some(next.name()));
    }
    assert_eq!(
        channel(cluster, EXPERIMENTAL).await.as_deref(),
        Some("experimental")
    );
    cluster.remove_gateway_api().await;
    assert_eq!(channel(cluster, IN_BOTH).await, None);
    assert_eq!(channel(cluster, EXPERIMENTAL).await, None);
}

#[tokio::test]
async fn a_listener_set_is_stored() {
    let cluster = shared().await;
    let namespace = cluster.namespace("kinds").await;
    let http = json!({ "name": "http", "port": 80, "protocol": "HTTP" });
    let stored = cluster
        .apply(&listener_set(&namespace, &http))
        .await
        .unwrap();
    // By the CRD's default.
    assert_eq!(
        stored.data["spec"]["listeners"][0]["allowedRoutes"]["namespaces"]["from"],
        "Same"
    );
}

#[tokio::test]
async fn a_listener_set_that_a_cel_rule_forbids_is_refused() {
    let cluster = shared().await;
    let namespace = cluster.namespace("kinds").await;
    let tcp = json!({ "name": "tcp", "port": 80, "protocol": "TCP", "hostname": "a.example" });
    let refused = cluster.apply(&listener_set(&namespace, &tcp)).await;
    let message = refused.unwrap_err().to_string();
    assert!(
        message.contains("hostname must not be specified for protocols"),
        "{message}"
    );
}

/// Which channel an installed CRD is of.
async fn channel(cluster: &Cluster, crd: &str) -> Option<String> {
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client());
    let annotations = crds.get_opt(crd).await.unwrap()?.metadata.annotations?;
    annotations
        .get("gateway.networking.k8s.io/channel")
        .cloned()
}

fn listener_set(namespace: &str, listener: &Value) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ListenerSet",
        "metadata": { "name": "set", "namespace": namespace },
        "spec": { "parentRef": { "name": "gateway" }, "listeners": [listener] },
    })
}
