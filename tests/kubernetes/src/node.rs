//! Plays a node: what a kubelet would do for pods, but that nothing runs.
//!
//! Deployments and Services so give EndpointSlices with ready endpoints. A pod at 10.244.a.b is one whose work somebody
//! may do at 127.244.a.b.

use std::collections::BTreeMap;
use std::pin::pin;

use futures::TryStreamExt;
use k8s_openapi::api::core::v1::{Node as NodeObject, Pod};
use k8s_openapi::jiff::Timestamp;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::core::Status;
use kube::runtime::{WatchStreamExt, watcher};
use kube::{Client, Error, ResourceExt};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::addresses::{self, PodAddress};
use crate::cluster::Cluster;

/// A node. Its pods stay as they are when it goes.
#[derive(Debug)]
pub struct Node {
    // Ends with the value, and with the test's runtime.
    _playing: JoinSet<()>,
}

/// What the task knows.
struct Kubelet {
    client: Client,
    node: String,
    /// Whose pods it takes; all without.
    namespace: Option<String>,
    /// By the pods' uid.
    addresses: BTreeMap<String, PodAddress>,
}

impl Node {
    /// For the pods of one namespace, so that many tests share a cluster.
    pub async fn of_namespace(cluster: &Cluster, namespace: &str) -> Self {
        Self::start(cluster, namespace, Some(namespace)).await
    }

    /// For all pods.
    pub async fn of_cluster(cluster: &Cluster) -> Self {
        Self::start(cluster, "node", None).await
    }

    async fn start(cluster: &Cluster, name: &str, namespace: Option<&str>) -> Self {
        register(cluster, name).await;
        let kubelet = Kubelet {
            client: cluster.client(),
            node: name.to_owned(),
            namespace: namespace.map(ToOwned::to_owned),
            addresses: BTreeMap::new(),
        };
        let mut playing = JoinSet::new();
        playing.spawn(kubelet.play());
        Self { _playing: playing }
    }
}

/// Creates the node's object: Ready, with room, and without the taint that every new node gets.
async fn register(cluster: &Cluster, name: &str) {
    let node = json!({ "apiVersion": "v1", "kind": "Node", "metadata": { "name": name } });
    cluster.apply(&node).await.unwrap();
    let nodes: Api<NodeObject> = Api::all(cluster.client());
    let params = PatchParams::default();
    let untainted = Patch::Merge(json!({ "spec": { "taints": null } }));
    nodes.patch(name, &params, &untainted).await.unwrap();
    let room = json!({ "cpu": "64", "memory": "256Gi", "pods": "10000" });
    let ready = Patch::Merge(json!({ "status": {
        "capacity": room,
        "allocatable": room,
        "conditions": [condition("Ready")],
    } }));
    nodes.patch_status(name, &params, &ready).await.unwrap();
}

impl Kubelet {
    async fn play(mut self) {
        loop {
            if let Err(error) = self.follow().await {
                // The server was stopped, say. A new watch begins with all pods, so that nothing is lost.
                eprintln!("node {}: {error}", self.node);
            }
        }
    }

    /// Ends with an error only: a watch has no end.
    async fn follow(&mut self) -> Result<(), Error> {
        let pods: Api<Pod> = match &self.namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let mut seen = pin!(
            watcher(pods, watcher::Config::default())
                .default_backoff()
                .touched_objects()
        );
        loop {
            match seen.try_next().await {
                Ok(Some(pod)) => self.take_care_of(&pod).await?,
                Ok(None) => return Ok(()),
                // It has waited, and goes on by itself.
                Err(error) => eprintln!("node {}: {error}", self.node),
            }
        }
    }

    /// One step on a pod's way; the change that it makes comes back, and is the next one's reason.
    async fn take_care_of(&mut self, pod: &Pod) -> Result<(), Error> {
        let (Some(namespace), Some(uid)) = (pod.namespace(), pod.uid()) else {
            return Ok(());
        };
        let pods: Api<Pod> = Api::namespaced(self.client.clone(), &namespace);
        let name = pod.name_any();
        let node = pod.spec.as_ref().and_then(|spec| spec.node_name.as_deref());
        let has_address = pod
            .status
            .as_ref()
            .is_some_and(|status| status.pod_ip.is_some());
        let done = match node {
            Some(node) if node != self.node => Ok(()),
            _ if pod.metadata.deletion_timestamp.is_some() => {
                self.addresses.remove(&uid);
                // By its uid: another one may have its name by now.
                let now = DeleteParams::default()
                    .grace_period(0)
                    .preconditions(Preconditions {
                        uid: Some(uid),
                        resource_version: None,
                    });
                pods.delete(&name, &now).await.map(drop)
            }
            None => bind(&pods, &name, &self.node).await,
            Some(_) if has_address => Ok(()),
            Some(_) => {
                let address = self.addresses.entry(uid).or_insert_with(addresses::pod);
                let running = Patch::Merge(running(pod, address));
                let params = PatchParams::default();
                pods.patch_status(&name, &params, &running).await.map(drop)
            }
        };
        match done {
            // It is gone, or not as it was seen: then there is more to see.
            Err(Error::Api(status)) if status.is_not_found() || status.is_conflict() => Ok(()),
            done => done,
        }
    }
}

async fn bind(pods: &Api<Pod>, pod: &str, node: &str) -> Result<(), Error> {
    let binding = json!({
        "apiVersion": "v1",
        "kind": "Binding",
        "metadata": { "name": pod },
        "target": { "apiVersion": "v1", "kind": "Node", "name": node },
    });
    let _: Status = pods
        .create_subresource("binding", pod, &PostParams::default(), &binding)
        .await?;
    Ok(())
}

fn running(pod: &Pod, address: &PodAddress) -> Value {
    let now = Timestamp::now();
    let containers = pod.spec.iter().flat_map(|spec| &spec.containers);
    let containers: Vec<Value> = containers
        .map(|container| {
            json!({
                "name": container.name,
                "image": container.image,
                "imageID": "",
                "ready": true,
                "started": true,
                "restartCount": 0,
                "state": { "running": { "startedAt": now } },
            })
        })
        .collect();
    let conditions = ["PodScheduled", "Initialized", "ContainersReady", "Ready"];
    json!({ "metadata": { "uid": pod.metadata.uid }, "status": {
        "phase": "Running",
        "podIP": address.address,
        "podIPs": [{ "ip": address.address }],
        "startTime": now,
        "conditions": conditions.map(condition),
        "containerStatuses": containers,
    } })
}

fn condition(kind: &str) -> Value {
    json!({ "type": kind, "status": "True", "lastTransitionTime": Timestamp::now() })
}
