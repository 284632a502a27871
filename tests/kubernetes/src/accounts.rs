//! Service accounts: who may do what its rules say, and no more.

use std::path::PathBuf;

use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::wait::until;

/// Longer than any test.
const TOKEN_LIFE_SECONDS: i64 = 3600;

/// Where rules hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In the account's own namespace: a Role.
    Namespace,
    /// Everywhere: a ClusterRole.
    Cluster,
}

impl Cluster {
    /// Makes a ServiceAccount and grants it these rules. Returns its kubeconfig.
    pub async fn account(
        &self,
        namespace: &str,
        name: &str,
        rules: &[PolicyRule],
        scope: Scope,
    ) -> PathBuf {
        let (prefix, metadata) = match scope {
            Scope::Namespace => ("", json!({ "name": name, "namespace": namespace })),
            Scope::Cluster => ("Cluster", json!({ "name": format!("{namespace}-{name}") })),
        };
        let group = "rbac.authorization.k8s.io";
        let version = format!("{group}/v1");
        let account = json!({ "kind": "ServiceAccount", "name": name, "namespace": namespace });
        let role = json!({
            "apiGroup": group,
            "kind": format!("{prefix}Role"),
            "name": metadata["name"],
        });
        for object in [
            json!({
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": { "name": name, "namespace": namespace },
            }),
            json!({
                "apiVersion": version,
                "kind": format!("{prefix}Role"),
                "metadata": metadata,
                "rules": rules,
            }),
            json!({
                "apiVersion": version,
                "kind": format!("{prefix}RoleBinding"),
                "metadata": metadata,
                "roleRef": role,
                "subjects": [account],
            }),
        ] {
            self.apply(&object).await.unwrap();
        }
        self.until_granted(namespace, name, rules).await;
        self.kubeconfig_of(namespace, name).await
    }

    /// The kubeconfig of a ServiceAccount that is there, with a new token. It lies beside the admin's.
    pub async fn kubeconfig_of(&self, namespace: &str, name: &str) -> PathBuf {
        let token = self.token(namespace, name).await;
        self.kubeconfig_with(&format!("{namespace}-{name}"), &json!({ "token": token }))
    }

    /// The admin's kubeconfig with other credentials. It lies beside the admin's.
    pub(crate) fn kubeconfig_with(&self, name: &str, user: &Value) -> PathBuf {
        let admin = Kubeconfig::read_from(self.kubeconfig()).unwrap();
        let mut kubeconfig = serde_json::to_value(&admin).unwrap();
        // The context calls its user so, whoever it is.
        kubeconfig["users"] = json!([{ "name": "admin", "user": user }]);
        let path = self
            .kubeconfig()
            .with_file_name(format!("{name}.kubeconfig"));
        // JSON is YAML, too.
        std::fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }

    /// A new token of a ServiceAccount, good for an hour.
    pub async fn token(&self, namespace: &str, name: &str) -> String {
        let request: TokenRequest = serde_json::from_value(json!({
            "spec": { "audiences": [], "expirationSeconds": TOKEN_LIFE_SECONDS },
        }))
        .unwrap();
        Api::<ServiceAccount>::namespaced(self.client(), namespace)
            .create_token_request(name, &PostParams::default(), &request)
            .await
            .unwrap()
            .status
            .and_then(|status| status.token)
            .expect("the answer to a TokenRequest has the token in its status")
    }

    /// The API server learns of a new role a moment after it has stored it.
    async fn until_granted(&self, namespace: &str, name: &str, rules: &[PolicyRule]) {
        let reviews: Api<SubjectAccessReview> = Api::all(self.client());
        let first = |list: &Option<Vec<String>>| list.iter().flatten().next().cloned();
        for rule in rules {
            let Some(resource) = first(&rule.resources) else {
                continue;
            };
            let (resource, subresource) = resource.split_once('/').unwrap_or((&resource, ""));
            let review: SubjectAccessReview = serde_json::from_value(json!({
                "spec": {
                    "user": format!("system:serviceaccount:{namespace}:{name}"),
                    "resourceAttributes": {
                        "namespace": namespace,
                        "verb": rule.verbs[0],
                        "group": first(&rule.api_groups),
                        "resource": resource,
                        "subresource": subresource,
                        "name": first(&rule.resource_names),
                    },
                },
            }))
            .unwrap();
            until("the account may do what its rules say", async || {
                let answer = reviews.create(&PostParams::default(), &review).await;
                answer.unwrap().status?.allowed.then_some(())
            })
            .await;
        }
    }
}
