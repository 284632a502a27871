//! A running cluster, seen by its admin.

use std::path::{Path, PathBuf};

use k8s_openapi::api::core::v1::{Namespace, ServiceAccount};
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams, PostParams};
use kube::config::{KubeConfigOptions, Kubeconfig};
use kube::core::TypeMeta;
use kube::{Client, Config, ResourceExt};
use serde_json::{Value, json};

use crate::wait::until;

/// Who applies, in managedFields.
const FIELD_OWNER: &str = "tests";

/// A cluster and the admin's way to it.
pub struct Cluster {
    kubeconfig: PathBuf,
    client: Client,
}

impl Cluster {
    /// A client works in the runtime that it was made in only: every test connects by itself.
    pub async fn connect(kubeconfig: &Path) -> Self {
        Self {
            kubeconfig: kubeconfig.to_owned(),
            client: client(kubeconfig).await,
        }
    }

    /// The admin's.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// The admin's: RBAC and rate limits do not hold for it.
    pub fn client(&self) -> Client {
        self.client.clone()
    }

    /// A new namespace, whose name begins with `prefix`, that pods can be created in. It stays: it ends with the
    /// server.
    pub async fn namespace(&self, prefix: &str) -> String {
        let namespace: Namespace = serde_json::from_value(json!({
            "metadata": { "generateName": format!("{prefix}-") },
        }))
        .unwrap();
        let created = Api::<Namespace>::all(self.client())
            .create(&PostParams::default(), &namespace)
            .await
            .unwrap();
        let name = created.name_any();
        let accounts: Api<ServiceAccount> = Api::namespaced(self.client(), &name);
        until("the namespace's default ServiceAccount", async || {
            accounts.get_opt("default").await.unwrap()
        })
        .await;
        name
    }

    /// Applies an object (server-side apply, by force), whatever its kind.
    ///
    /// # Errors
    /// What the API server answers.
    pub async fn apply(&self, object: &Value) -> Result<DynamicObject, kube::Error> {
        let name = object["metadata"]["name"].as_str().unwrap();
        let params = PatchParams::apply(FIELD_OWNER).force();
        self.api_of(object)
            .patch(name, &params, &Patch::Apply(object))
            .await
    }

    /// The API that an object belongs to: of its namespace, or of the cluster if it names none.
    pub(crate) fn api_of(&self, object: &Value) -> Api<DynamicObject> {
        let types = TypeMeta {
            api_version: object["apiVersion"].as_str().unwrap().to_owned(),
            kind: object["kind"].as_str().unwrap().to_owned(),
        };
        let resource = ApiResource::from_gvk(&types.try_into().unwrap());
        match object["metadata"]["namespace"].as_str() {
            Some(namespace) => Api::namespaced_with(self.client(), namespace, &resource),
            None => Api::all_with(self.client(), &resource),
        }
    }
}

/// A client of whoever the kubeconfig names.
pub async fn client(kubeconfig: &Path) -> Client {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let options = KubeConfigOptions::default();
    let mut config = Config::from_custom_kubeconfig(kubeconfig, &options)
        .await
        .unwrap();
    // The environment may name a proxy, which cannot reach this machine's loopback.
    config.proxy_url = None;
    Client::try_from(config).unwrap()
}

/// Where the server of a kubeconfig listens.
pub fn address(kubeconfig: &Path) -> String {
    let kubeconfig = Kubeconfig::read_from(kubeconfig).unwrap();
    let server = kubeconfig.clusters[0]
        .cluster
        .as_ref()
        .unwrap()
        .server
        .as_ref();
    server.unwrap().trim_start_matches("https://").to_owned()
}
