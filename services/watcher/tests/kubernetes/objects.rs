//! Objects come, change and go.

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tributary_model::{Kind, Resource};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::seen::{Watcher, delete, gateway, route};

#[tokio::test]
async fn what_is_shown_equals_a_fresh_list() {
    let cluster = shared().await;
    let namespace = cluster.namespace("watch").await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(&cluster, &namespace).await;
    // The Namespace and the Gateway.
    assert_eq!(watcher.shows(&namespace).await.len(), 2);
    until("it is ready", async || watcher.is_ready().then_some(())).await;

    for number in 0..20 {
        let route = route(&namespace, &format!("r{number}"), "/a");
        cluster.apply(&route).await.unwrap();
    }
    watcher.check(&cluster, &namespace).await;
    for number in 0..10 {
        let route = route(&namespace, &format!("r{number}"), "/b");
        cluster.apply(&route).await.unwrap();
    }
    for number in 10..20 {
        let route = route(&namespace, &format!("r{number}"), "/a");
        delete(&cluster, &route).await;
    }
    watcher.check(&cluster, &namespace).await;
    assert_eq!(watcher.shows(&namespace).await.len(), 12);
    watcher.stop().await;
}

#[tokio::test]
async fn a_namespace_that_is_deleted_takes_everything_in_it_along() {
    let cluster = shared().await;
    let namespace = cluster.namespace("gone").await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(&cluster, &namespace).await;
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> =
        kube::Api::all(cluster.client());
    namespaces
        .delete(&namespace, &kube::api::DeleteParams::default())
        .await
        .unwrap();
    until("nothing of it is shown", async || {
        watcher.shows(&namespace).await.is_empty().then_some(())
    })
    .await;
    watcher.check(&cluster, &namespace).await;
    watcher.stop().await;
}

#[tokio::test]
async fn secrets_of_other_types_are_not_even_asked_for() {
    let cluster = shared().await;
    let namespace = cluster.namespace("secrets").await;
    for (name, secret_type) in [("opaque", "Opaque"), ("web", "kubernetes.io/tls")] {
        let secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": secret_type,
            "metadata": { "name": name, "namespace": namespace },
            "stringData": { "tls.crt": "no certificate", "tls.key": "no key" },
        });
        cluster.apply(&secret).await.unwrap();
    }
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(&cluster, &namespace).await;
    let shows = watcher.shows(&namespace).await;
    let secrets = shows.keys().filter(|object| object.kind == Kind::Secret);
    let names: Vec<_> = secrets.map(|object| &*object.key.name).collect();
    assert_eq!(names, ["web"]);
    watcher.stop().await;
}

/// A pod that nobody runs.
fn pod(namespace: &str, name: &str, gate: Option<&str>) -> Value {
    let gates: Vec<Value> = gate
        .iter()
        .map(|gate| json!({ "conditionType": gate }))
        .collect();
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "containers": [{ "name": "main", "image": "example.com/none" }],
            "readinessGates": gates,
        },
    })
}

#[tokio::test]
async fn pods_that_wait_for_their_targets_health_are_shown_and_others_leave_nothing_behind() {
    let cluster = shared().await;
    let namespace = cluster.namespace("gates").await;
    for (name, gate) in [
        ("plain", None),
        ("other", Some("example.com/warm")),
        ("ours", Some("gateway.tributary.dev/target-health")),
        ("theirs", Some("target-health.elbv2.k8s.aws/k8s-gates-web")),
    ] {
        let pod = pod(&namespace, name, gate);
        cluster.apply(&pod).await.unwrap();
    }
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    let pods = async || -> Vec<(String, bool)> {
        let shows = watcher.shows(&namespace).await.into_values();
        shows
            .filter_map(|object| match &*object.resource {
                Resource::Pod(pod) => {
                    assert!(pod.uid.is_some());
                    Some((pod.meta.key.name.to_string(), pod.awaits_health))
                }
                _ => None,
            })
            .collect()
    };
    watcher.check(&cluster, &namespace).await;
    let before = [("ours".to_owned(), false), ("theirs".to_owned(), false)];
    assert_eq!(pods().await, before);
    // No other test of this server has such pods.
    let held = "tributary_watch_objects{kind=\"Pod\"}";
    assert_eq!(watcher.metric(held), Some(2.0));

    let api: Api<Pod> = Api::namespaced(cluster.client(), &namespace);
    let ready =
        json!({ "status": { "conditions": [{ "type": "ContainersReady", "status": "True" }] } });
    let params = PatchParams::default();
    api.patch_status("ours", &params, &Patch::Merge(ready))
        .await
        .unwrap();
    until("it waits for its target's health", async || {
        (pods().await[0] == ("ours".to_owned(), true)).then_some(())
    })
    .await;
    let now = DeleteParams::default().grace_period(0);
    api.delete("ours", &now).await.unwrap();
    until("it is gone", async || {
        (pods().await == before[1..]).then_some(())
    })
    .await;
    watcher.stop().await;
}
