//! Service accounts: who may do what its rules say, and no more.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::authentication::v1::TokenRequest;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, PostParams};
use kube::config::Kubeconfig;
use rcgen::{KeyPair, SigningKey as _};
use serde_json::{Value, json};

use crate::cluster::Cluster;
use crate::wait::until;

/// Longer than any test.
const TOKEN_LIFE_SECONDS: i64 = 3600;

/// Of the API server's tokens, and their audience.
const ISSUER: &str = "https://kubernetes.default.svc";

/// The two numbers of an ECDSA signature on P-256, 32 bytes each, as JWTs have them (RFC 7518, 3.4); X.509 has them in DER.
fn two_numbers(der: &[u8]) -> Vec<u8> {
    let mut numbers = Vec::new();
    // A SEQUENCE and its length, then twice: INTEGER, length, number.
    let mut rest = &der[2..];
    while let [0x02, length, following @ ..] = rest {
        let (number, after) = following.split_at(usize::from(*length));
        let number = number.strip_prefix(&[0]).unwrap_or(number);
        numbers.resize(numbers.len() + 32 - number.len(), 0);
        numbers.extend_from_slice(number);
        rest = after;
    }
    numbers
}

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
        self.token_for(namespace, name, &[]).await
    }

    /// A token of a ServiceAccount that the API server's key has signed, good until so many seconds after 1970: the API
    /// itself gives none for less than ten minutes.
    pub async fn token_until(&self, namespace: &str, name: &str, seconds: i64) -> String {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), namespace);
        let account = accounts.get(name).await.unwrap();
        let claims = json!({
            "iss": ISSUER,
            "aud": [ISSUER],
            "sub": format!("system:serviceaccount:{namespace}:{name}"),
            "iat": 0,
            "nbf": 0,
            "exp": seconds,
            "kubernetes.io": {
                "namespace": namespace,
                "serviceaccount": { "name": name, "uid": account.metadata.uid },
            },
        });
        let part = |text: String| URL_SAFE_NO_PAD.encode(text);
        let header = part(json!({ "alg": "ES256", "typ": "JWT" }).to_string());
        let signed = format!("{header}.{}", part(claims.to_string()));
        let key = std::fs::read_to_string(self.kubeconfig().with_file_name("tokens.key")).unwrap();
        let signature = KeyPair::from_pem(&key).unwrap().sign(signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(two_numbers(&signature.unwrap()));
        format!("{signed}.{signature}")
    }

    /// A new token of a ServiceAccount for these audiences, good for an hour.
    pub async fn token_for(&self, namespace: &str, name: &str, audiences: &[&str]) -> String {
        let request: TokenRequest = serde_json::from_value(json!({
            "spec": { "audiences": audiences, "expirationSeconds": TOKEN_LIFE_SECONDS },
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
