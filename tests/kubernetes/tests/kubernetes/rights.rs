//! RBAC: an account may do what its rules say, and no more.

use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, ListParams};
use kube::{Client, Error};
use serde_json::json;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::cluster::client;
use tributary_tests_kubernetes::shared::shared;

#[tokio::test]
async fn what_a_role_does_not_allow_is_denied() {
    let cluster = shared().await;
    let namespace = cluster.namespace("rights").await;
    let rules = [read_config_maps()];
    let account = cluster
        .account(&namespace, "reader", &rules, Scope::Namespace)
        .await;
    let reader = client(&account).await;
    list_config_maps(&reader, &namespace).await.unwrap();
    denied(list_config_maps(&reader, "default").await);
    let secrets: Api<Secret> = Api::namespaced(reader, &namespace);
    denied(secrets.list(&ListParams::default()).await.map(drop));
}

#[tokio::test]
async fn a_cluster_role_holds_in_every_namespace() {
    let cluster = shared().await;
    let namespace = cluster.namespace("rights").await;
    let rules = [read_config_maps()];
    let account = cluster
        .account(&namespace, "reader", &rules, Scope::Cluster)
        .await;
    let reader = client(&account).await;
    list_config_maps(&reader, "default").await.unwrap();
}

fn read_config_maps() -> PolicyRule {
    serde_json::from_value(json!({
        "apiGroups": [""],
        "resources": ["configmaps"],
        "verbs": ["list"],
    }))
    .unwrap()
}

async fn list_config_maps(client: &Client, namespace: &str) -> Result<(), Error> {
    let config_maps: Api<ConfigMap> = Api::namespaced(client.clone(), namespace);
    config_maps.list(&ListParams::default()).await.map(drop)
}

#[track_caller]
fn denied(answer: Result<(), Error>) {
    match answer {
        Err(Error::Api(status)) if status.is_forbidden() => {}
        other => panic!("{other:?}"),
    }
}
