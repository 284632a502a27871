//! The kinds: the Gateway API's of one channel, and our own.

use std::path::{Path, PathBuf};

use futures::future::join_all;
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, ListParams};
use kube::runtime::wait::Condition;
use kube::runtime::wait::conditions::is_crd_established;
use kube::{Error, ResourceExt};
use serde_json::{Value, json};

use crate::built;
use crate::cluster::Cluster;
use crate::wait::until;

/// Name of the policy, and of its binding, that refuses to put the experimental channel over the standard one.
const SAFE_UPGRADES: &str = "safe-upgrades.gateway.networking.k8s.io";

/// The Gateway API's groups begin with this: that of the stable kinds, and that of the experimental ones.
const GATEWAY_API: &str = "gateway.networking.";

/// A release channel of the Gateway API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Channel {
    /// What is stable.
    Standard,
    /// More kinds, and more fields of the stable ones.
    Experimental,
}

impl Channel {
    /// As in the annotation `gateway.networking.k8s.io/channel`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::Experimental => "experimental",
        }
    }
}

impl Cluster {
    /// Installs the Gateway API's CRDs of a channel, whichever was there before, and our own; returns when all of
    /// them are served.
    pub async fn install_crds(&self, channel: Channel) {
        let folder = built::gateway_api().join("config/crd").join(channel.name());
        self.remove_safe_upgrades().await;
        let (kinds, policies): (Vec<_>, Vec<_>) = documents(&folder)
            .into_iter()
            .chain(documents(&built::own_crds()))
            .partition(|object| object["kind"] == "CustomResourceDefinition");
        join_all(kinds.iter().map(|kind| self.install(kind))).await;
        for policy in &policies {
            self.apply(policy).await.unwrap();
        }
    }

    /// Removes the Gateway API's CRDs, and every object of their kinds.
    pub async fn remove_gateway_api(&self) {
        let crds: Api<CustomResourceDefinition> = Api::all(self.client());
        let listed = crds.list(&ListParams::default()).await.unwrap();
        let is_gateway_api =
            |crd: &&CustomResourceDefinition| crd.spec.group.starts_with(GATEWAY_API);
        for crd in listed.iter().filter(is_gateway_api) {
            let name = crd.name_any();
            crds.delete(&name, &DeleteParams::default()).await.unwrap();
            until("the CRD is gone", async || {
                crds.get_opt(&name).await.unwrap().is_none().then_some(())
            })
            .await;
        }
    }

    async fn install(&self, kind: &Value) {
        // The policy is in force for a moment after its deletion.
        let applied = until("a CRD is not refused", async || {
            match self.apply(kind).await {
                Err(Error::Api(status)) if status.message.contains(SAFE_UPGRADES) => None,
                other => Some(other),
            }
        })
        .await;
        let name = applied.unwrap().name_any();
        let crds: Api<CustomResourceDefinition> = Api::all(self.client());
        until("a CRD is established", async || {
            let crd = crds.get(&name).await.unwrap();
            is_crd_established()
                .matches_object(Some(&crd))
                .then_some(())
        })
        .await;
    }

    async fn remove_safe_upgrades(&self) {
        for kind in [
            "ValidatingAdmissionPolicyBinding",
            "ValidatingAdmissionPolicy",
        ] {
            let policy = json!({
                "apiVersion": "admissionregistration.k8s.io/v1",
                "kind": kind,
                "metadata": { "name": SAFE_UPGRADES },
            });
            match self
                .api_of(&policy)
                .delete(SAFE_UPGRADES, &DeleteParams::default())
                .await
            {
                Err(Error::Api(status)) if status.is_not_found() => {}
                deleted => drop(deleted.unwrap()),
            }
        }
    }
}

/// The objects of all manifests in a folder.
fn documents(folder: &Path) -> Vec<Value> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
        .iter()
        // Kustomize's own file lies among them.
        .filter(|file| !file.ends_with("kustomization.yaml"))
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            serde_saphyr::from_multiple::<Value>(&text)
                .unwrap_or_else(|error| panic!("{}: {error}", file.display()))
        })
        .collect()
}
