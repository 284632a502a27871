//! Readiness gates of pods: conditions in their status that others than the kubelet set.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::timeout;
use tributary_model::{Name, ObjectKey, Timestamp};
use tributary_normalize::timestamp_to_rfc3339;

use crate::author::field_manager;
use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};

/// What became of the gates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gates {
    /// Their conditions are True.
    Open,
    /// There is no pod of that name.
    Gone,
}

impl Cluster {
    /// Sets the conditions of these gates True, if the pod is still the one with this uid. They are merged by type with what
    /// others wrote, so nothing has to be read, and the kubelet is not overtaken.
    ///
    /// # Errors
    /// When the API server refuses or does not answer; [`Class::Invalid`] when it is another pod, for a uid cannot be changed.
    pub async fn open_gates(
        &self,
        pod: &ObjectKey,
        uid: Option<&Name>,
        gates: &BTreeSet<String>,
        now: Timestamp,
    ) -> Result<Gates, Failure> {
        let pods: Api<Pod> = Api::namespaced(self.client(), &pod.namespace);
        let patch = Patch::Strategic(patch(uid, gates, now));
        let params = PatchParams {
            field_manager: Some(field_manager(self.installation())),
            ..PatchParams::default()
        };
        let written = timeout(
            REQUEST_DEADLINE,
            pods.patch_status(&pod.name, &params, &patch),
        )
        .await
        .map_err(|_| Failure::timed_out("patch"))?;
        match written.map_err(Failure::from) {
            Ok(_) => Ok(Gates::Open),
            Err(failure) if failure.class == Class::NotFound => Ok(Gates::Gone),
            // Of another pod, too: the judgement goes once the watcher has seen that one.
            Err(failure) => Err(failure),
        }
    }
}

fn patch(uid: Option<&Name>, gates: &BTreeSet<String>, now: Timestamp) -> Value {
    let conditions: Vec<Value> = gates
        .iter()
        .map(|gate| {
            json!({
                "type": gate,
                "status": "True",
                "reason": "TargetsHealthy",
                "message": "The load balancer finds the pod's targets healthy.",
                "lastTransitionTime": timestamp_to_rfc3339(now),
            })
        })
        .collect();
    let status = json!({ "conditions": conditions });
    match uid {
        Some(uid) => json!({ "metadata": { "uid": &**uid }, "status": status }),
        None => json!({ "status": status }),
    }
}
