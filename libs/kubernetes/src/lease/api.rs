//! Leases as they are read and written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::Timestamp;
use kube::Api;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams, PostParams, Preconditions};
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use super::candidate::{Claim, Record};
use crate::cluster::Cluster;
use crate::failure::{Class, Failure};
use crate::object::version as resource_version;

/// The Leases of a namespace.
#[derive(Clone, Debug)]
pub(super) struct Leases {
    api: Api<Lease>,
    cluster: Cluster,
    namespace: String,
    /// Asked once, before the first Lease is created.
    owner: Arc<OnceCell<Option<Value>>>,
    /// Of the API server.
    pub(super) address: String,
    /// Set when one is created, and by which they are listed: a label and its value.
    group: Option<(&'static str, String)>,
}

impl Leases {
    pub(super) fn new(
        cluster: &Cluster,
        namespace: &str,
        group: Option<(&'static str, String)>,
    ) -> Self {
        Self {
            api: Api::namespaced(cluster.client(), namespace),
            cluster: cluster.clone(),
            namespace: namespace.to_owned(),
            owner: Arc::default(),
            address: cluster.address().to_owned(),
            group,
        }
    }

    pub(super) async fn get(&self, name: &str) -> Result<Option<Record>, Failure> {
        let lease = self.api.get_opt(name).await?;
        Ok(lease.as_ref().map(record))
    }

    /// All of the group at one moment, by name.
    pub(super) async fn list(&self) -> Result<BTreeMap<String, Record>, Failure> {
        let mut params = ListParams::default();
        if let Some((label, value)) = &self.group {
            params = params.labels(&format!("{label}={value}"));
        }
        let leases = self.api.list(&params).await?;
        Ok(leases
            .items
            .iter()
            .filter_map(|lease| Some((lease.metadata.name.clone()?, record(lease))))
            .collect())
    }

    /// Those of that name in other namespaces, by these. By its name, which a role can allow alone.
    pub(super) async fn elsewhere(&self, name: &str) -> Result<BTreeMap<String, Record>, Failure> {
        let params = ListParams::default().fields(&format!("metadata.name={name}"));
        let leases = Api::<Lease>::all(self.cluster.client())
            .list(&params)
            .await?;
        let leases = leases.items.iter().filter_map(|lease| {
            let namespace = lease.metadata.namespace.clone()?;
            Some((namespace, record(lease)))
        });
        let elsewhere = leases.filter(|(namespace, _)| *namespace != self.namespace);
        Ok(elsewhere.collect())
    }

    /// Writes if nobody else did since what the claim replaces was read; a conflict otherwise.
    pub(super) async fn write(&self, name: &str, claim: &Claim) -> Result<Record, Failure> {
        let spec = spec(claim);
        let Some(version) = &claim.version else {
            let mut lease = json!({
                "metadata": { "name": name, "labels": self.labels() },
                "spec": spec,
            });
            if let Some(owner) = self.owner().await? {
                lease["metadata"]["ownerReferences"] = json!([owner]);
            }
            let lease = serde_json::from_value(lease);
            // What we wrote out a line above can be read.
            let lease: Lease = lease.map_err(|error| Failure {
                class: Class::Invalid,
                message: error.to_string(),
            })?;
            return Ok(record(
                &self.api.create(&PostParams::default(), &lease).await?,
            ));
        };
        // An empty one would be no condition at all.
        let version = resource_version(Some(version.clone()))?;
        // A merge leaves labels and annotations of others alone.
        let patch = json!({ "metadata": { "resourceVersion": version }, "spec": spec });
        let written = self
            .api
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await?;
        Ok(record(&written))
    }

    /// Our own account, if it is in the namespace: who removes an installation removes its accounts, and nothing is left.
    async fn owner(&self) -> Result<Option<&Value>, Failure> {
        let owner = self.owner.get_or_try_init(|| async {
            match self.cluster.account().await {
                Ok(account) => {
                    let account = account.filter(|it| *it.key.namespace == *self.namespace);
                    Ok(account.map(|account| account.owner_reference()))
                }
                // Before Kubernetes 1.28, or where somebody has taken the right from everybody: then they stay.
                Err(failure) if matches!(failure.class, Class::NotFound | Class::Forbidden) => {
                    Ok(None)
                }
                Err(failure) => Err(failure),
            }
        });
        Ok(owner.await?.as_ref())
    }

    /// Deletes it if it is still that version.
    pub(super) async fn delete(&self, name: &str, version: &str) -> Result<(), Failure> {
        let params = DeleteParams::default().preconditions(Preconditions {
            resource_version: Some(version.to_owned()),
            uid: None,
        });
        match self.api.delete(name, &params).await.map_err(Failure::from) {
            Ok(_) => Ok(()),
            Err(failure) if failure.class == Class::NotFound => Ok(()),
            Err(failure) => Err(failure),
        }
    }

    fn labels(&self) -> BTreeMap<&'static str, &str> {
        let group = self.group.iter();
        group.map(|(label, value)| (*label, &**value)).collect()
    }
}

fn spec(claim: &Claim) -> Value {
    // For people: nobody of ours reads the times.
    let now = format!("{:.6}", Timestamp::now());
    let mut spec = json!({
        "holderIdentity": claim.holder.as_deref().unwrap_or(""),
        "leaseDurationSeconds": claim.duration.as_secs().max(1),
        "leaseTransitions": claim.transitions,
        "renewTime": now,
    });
    if claim.is_new_term {
        spec["acquireTime"] = Value::String(now);
    }
    spec
}

fn record(lease: &Lease) -> Record {
    let spec = lease.spec.as_ref();
    let number = |field: Option<i32>| field.and_then(|number| u64::try_from(number).ok());
    Record {
        holder: spec
            .and_then(|spec| spec.holder_identity.clone())
            .filter(|holder| !holder.is_empty()),
        transitions: number(spec.and_then(|spec| spec.lease_transitions)).unwrap_or_default(),
        duration: number(spec.and_then(|spec| spec.lease_duration_seconds))
            .map(Duration::from_secs)
            .unwrap_or_default(),
        version: lease.metadata.resource_version.clone().unwrap_or_default(),
    }
}
