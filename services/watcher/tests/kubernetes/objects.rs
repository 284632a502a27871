//! Objects come, change and go.

use serde_json::json;
use tributary_model::Kind;
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
