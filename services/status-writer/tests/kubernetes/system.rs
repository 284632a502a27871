//! A status writer at work, and what it does seen from outside.

use std::convert::Infallible;
use std::path::Path;
use std::sync::Arc;

use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams};
use kube::core::GroupVersionKind;
use kube::{Client, ResourceExt};
use serde_json::{Value, json};
use tributary_kubernetes::Cluster;
use tributary_model::status::Status;
use tributary_model::{Kind, ObjectRef};
use tributary_runtime::{Context, OnError, Tasks};
use tributary_status_writer::{AlwaysLeading, Kubernetes, Leadership, Options, Store};
use tributary_tests_kubernetes::cluster;
use tributary_tests_kubernetes::wait::until;

use crate::merger::Merger;

/// A writer and the merger that it follows.
pub(crate) struct System {
    pub(crate) context: Context,
    pub(crate) merger: Merger,
    _tasks: Tasks,
}

impl System {
    pub(crate) async fn start(cluster: &cluster::Cluster) -> Self {
        Self::start_as(cluster.kubeconfig(), Arc::new(AlwaysLeading)).await
    }

    pub(crate) async fn start_as(kubeconfig: &Path, leadership: Arc<dyn Leadership>) -> Self {
        let context = Context::new("test");
        let merger = Merger::new(&context);
        Self::follow(context, merger, kubeconfig, leadership).await
    }

    /// Another writer after this one: nothing is remembered, and all metrics begin anew.
    pub(crate) async fn restart(self, cluster: &cluster::Cluster) -> Self {
        let Self { merger, .. } = self;
        merger.forget();
        let leadership = Arc::new(AlwaysLeading);
        Self::follow(
            Context::new("test"),
            merger,
            cluster.kubeconfig(),
            leadership,
        )
        .await
    }

    pub(crate) async fn follow(
        context: Context,
        merger: Merger,
        kubeconfig: &Path,
        leadership: Arc<dyn Leadership>,
    ) -> Self {
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let options = Options {
            merger: merger.transport(),
            store: Store::Kubernetes(Kubernetes {
                leadership,
                ..Kubernetes::new(cluster)
            }),
        };
        let tasks = context.tasks();
        let writer = tributary_status_writer::write(context.child("status-writer"), options);
        tasks.spawn("status-writer", OnError::ShutDown, async {
            writer.await;
            Ok::<(), Infallible>(())
        });
        Self {
            context,
            merger,
            _tasks: tasks,
        }
    }

    /// A metric of the writer; counters end with `_total`.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        metric(&self.context, name)
    }
}

pub(crate) fn metric(context: &Context, name: &str) -> u64 {
    let text = context.metrics.text().unwrap();
    let value = text.lines().find_map(|line| {
        let (said, value) = line.split_once(' ')?;
        (said == name).then(|| value.parse().unwrap())
    });
    value.unwrap_or_else(|| panic!("no metric {name}:\n{text}"))
}

/// One object, as the admin sees it.
#[derive(Debug)]
pub(crate) struct Seen {
    kind: Kind,
    name: String,
    api: Api<DynamicObject>,
}

impl Seen {
    pub(crate) fn new(client: Client, object: &ObjectRef) -> Self {
        let kind = object.kind;
        let resource =
            ApiResource::from_gvk(&GroupVersionKind::gvk(kind.group(), "v1", kind.as_str()));
        let api = if kind.is_cluster_scoped() {
            Api::all_with(client, &resource)
        } else {
            Api::namespaced_with(client, &object.key.namespace, &resource)
        };
        Self {
            kind,
            name: object.key.name.to_string(),
            api,
        }
    }

    /// Where it is.
    pub(crate) fn api(&self) -> &Api<DynamicObject> {
        &self.api
    }

    /// Quicker than an apply.
    pub(crate) async fn create(&self, manifest: Value) {
        let object: DynamicObject = serde_json::from_value(manifest).unwrap();
        let params = PostParams::default();
        self.api.create(&params, &object).await.unwrap();
    }

    pub(crate) async fn object(&self) -> DynamicObject {
        self.api.get(&self.name).await.unwrap()
    }

    pub(crate) async fn version(&self) -> String {
        self.object().await.resource_version().unwrap()
    }

    /// `.status`, null when there is none.
    pub(crate) async fn json(&self) -> Value {
        let object = self.object().await;
        object.data.get("status").cloned().unwrap_or(Value::Null)
    }

    /// As the watcher reads it.
    pub(crate) async fn status(&self) -> Option<Status> {
        tributary_normalize::status_from_json(self.kind, &self.json().await).unwrap()
    }

    /// Another controller writes.
    pub(crate) async fn write(&self, status: Value) {
        let patch = Patch::Merge(json!({ "status": status }));
        let params = PatchParams::default();
        let written = self.api.patch_status(&self.name, &params, &patch);
        written.await.unwrap();
    }

    /// A person writes.
    pub(crate) async fn label(&self, value: &str) {
        let patch = Patch::Merge(json!({ "metadata": { "labels": { "written": value } } }));
        let params = PatchParams::default();
        let written = self.api.patch(&self.name, &params, &patch);
        written.await.unwrap();
    }

    /// The API server does not know the kind.
    pub(crate) async fn is_unknown(&self) -> bool {
        match self.api.get(&self.name).await {
            Err(kube::Error::Api(status)) => status.code == 404 && status.details.is_none(),
            Ok(_) | Err(_) => false,
        }
    }

    pub(crate) async fn delete(&self) {
        let params = DeleteParams::default();
        self.api.delete(&self.name, &params).await.unwrap();
        until("it is gone", async || {
            let left = self.api.get_opt(&self.name).await.unwrap();
            left.is_none().then_some(())
        })
        .await;
    }
}

/// A condition of a list, as `Status/Reason`.
pub(crate) fn condition(conditions: &Value, condition_type: &str) -> Option<String> {
    let condition = conditions
        .as_array()?
        .iter()
        .find(|it| it["type"] == condition_type)?;
    let text = |field: &str| condition[field].as_str().unwrap().to_owned();
    Some(format!("{}/{}", text("status"), text("reason")))
}
