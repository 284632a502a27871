//! Secrets by name, by an account that may do nothing else.

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::json;
use tributary_kubernetes::{Class, Cluster};
use tributary_model::ObjectKey;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::shared::shared;

#[tokio::test]
async fn an_account_that_may_only_get_reads_one_secret_by_name() {
    let admin = shared().await;
    let namespace = admin.namespace("secret").await;
    let rule: PolicyRule = serde_json::from_value(json!({
        "apiGroups": [""],
        "resources": ["secrets"],
        "verbs": ["get"],
    }))
    .unwrap();
    let account = admin
        .account(&namespace, "programmer", &[rule], Scope::Namespace)
        .await;
    let cluster = Cluster::connect(Some(&account)).await.unwrap();
    let applied = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": "oidc", "namespace": namespace },
        "stringData": { "clientID": "shop", "clientSecret": "s3cret" },
    });
    admin.apply(&applied).await.unwrap();

    let key = |name: &str| ObjectKey::new(namespace.as_str(), name);
    let secret = cluster.secret(&key("oidc")).await.unwrap().unwrap();
    assert_eq!(secret["kind"], "Secret");
    assert_eq!(secret["apiVersion"], "v1");
    assert_eq!(secret["type"], "Opaque");
    assert_eq!(secret["metadata"]["name"], "oidc");
    // base64 of shop
    assert_eq!(secret["data"]["clientID"], "c2hvcA==");
    assert_eq!(cluster.secret(&key("none")).await.unwrap(), None);
    // Elsewhere it may not, and hears so.
    let elsewhere = cluster.secret(&ObjectKey::new("default", "oidc")).await;
    assert_eq!(elsewhere.unwrap_err().class, Class::Forbidden);
}
