//! A watcher in this process, and what its clients see.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use futures::{StreamExt, TryStreamExt};
use kube::api::{Api, ApiResource, DynamicObject, ListParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use tributary_kubernetes::Cluster;
use tributary_model::resource::SourceObject;
use tributary_model::view::Rejection;
use tributary_model::{Kind, ObjectKey, ObjectRef, Resource, Timestamp};
use tributary_normalize::{Defaults, Normalized, normalize, versions};
use tributary_proto::snapshot::{GetSnapshotRequest, ListRejectionsRequest, SyncRequest};
use tributary_runtime::{Context, GrpcServices, OnError, Tasks};
use tributary_stream::{Transport, clients};
use tributary_tests_kubernetes::cluster;
use tributary_tests_kubernetes::wait::{PATIENCE, until};
use tributary_watcher::{OtherLease, Service, Source};

/// A watcher that runs as long as this is held.
pub(crate) struct Watcher {
    pub(crate) context: Context,
    transport: Transport,
    tasks: Tasks,
}

impl Watcher {
    pub(crate) async fn start(kubeconfig: &Path) -> Self {
        Self::beside(kubeconfig, None).await
    }

    /// Beside another program, whose Lease it looks at.
    pub(crate) async fn beside(kubeconfig: &Path, other_lease: Option<OtherLease>) -> Self {
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let context = Context::new("watcher");
        let service = Service::new(
            context.clone(),
            Source::Kubernetes {
                cluster,
                other_lease,
            },
        )
        .unwrap();
        let grpc = service.contracts(GrpcServices::default()).build().unwrap();
        let tasks = context.tasks();
        tasks.spawn("watcher", OnError::ShutDown, service.run());
        Self {
            context,
            transport: Transport::local(grpc.routes()),
            tasks,
        }
    }

    /// Returns when everything that is there now has been seen.
    pub(crate) async fn sync(&self) {
        until(
            "the watcher has read everything that is there",
            async || {
                let synced = clients::snapshot(self.transport.clone())
                    .sync(SyncRequest {})
                    .await;
                synced.ok()
            },
        )
        .await;
    }

    /// What it shows of one namespace.
    pub(crate) async fn shows(&self, namespace: &str) -> BTreeMap<ObjectRef, Arc<SourceObject>> {
        let of_namespace = self.snapshot().await.into_iter();
        let of_namespace =
            of_namespace.filter(|object| is_in(&object.resource.meta().key, namespace));
        of_namespace
            .map(|object| (object.resource.object_ref(), Arc::new(object)))
            .collect()
    }

    /// The kinds of which it says that nothing is known.
    pub(crate) async fn unread(&self) -> Vec<Kind> {
        let snapshot = self.snapshot().await.into_iter();
        let unread = snapshot.filter_map(|object| match &*object.resource {
            Resource::Unread(unread) => Some(unread.kind()),
            _ => None,
        });
        unread.collect()
    }

    /// Whether it says that the other program runs.
    pub(crate) async fn says_that_another_runs(&self) -> bool {
        let snapshot = self.snapshot().await;
        snapshot
            .iter()
            .any(|object| matches!(&*object.resource, Resource::OtherController(_)))
    }

    async fn snapshot(&self) -> Vec<SourceObject> {
        let mut client = clients::snapshot(self.transport.clone());
        let parts = client.get_snapshot(GetSnapshotRequest {}).await.unwrap();
        let parts: Vec<_> = parts.into_inner().try_collect().await.unwrap();
        let objects = parts.into_iter().flat_map(|part| part.objects);
        objects
            .map(|object| SourceObject::try_from(object).unwrap())
            .collect()
    }

    pub(crate) async fn rejections(&self) -> Vec<Rejection> {
        let mut client = clients::snapshot(self.transport.clone());
        let parts = client.list_rejections(ListRejectionsRequest {}).await;
        let parts: Vec<_> = parts.unwrap().into_inner().try_collect().await.unwrap();
        let rejections = parts.into_iter().flat_map(|part| part.rejections);
        rejections
            .map(|rejection| Rejection::try_from(rejection).unwrap())
            .collect()
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.context.readiness.is_ready()
    }

    /// One line of its metrics, as a number.
    pub(crate) fn metric(&self, series: &str) -> Option<f64> {
        let text = self.context.metrics.text().unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(series))?;
        line.trim().parse().ok()
    }

    /// All series whose text begins so, added up.
    pub(crate) fn metrics(&self, start: &str) -> f64 {
        let text = self.context.metrics.text().unwrap();
        let lines = text.lines().filter(|line| line.starts_with(start));
        let values = lines.filter_map(|line| line.rsplit(' ').next());
        values.map(|value| value.parse::<f64>().unwrap()).sum()
    }

    pub(crate) async fn stop(self) {
        self.context.shutdown.cancel();
        self.tasks.join(PATIENCE).await.unwrap();
    }

    /// Checks that it shows what is there: everything of the namespace, and nothing else.
    pub(crate) async fn check(&self, admin: &cluster::Cluster, namespace: &str) {
        self.sync().await;
        let (shows, there) = (self.shows(namespace).await, listed(admin, namespace).await);
        let names = |objects: &BTreeMap<ObjectRef, Arc<SourceObject>>| {
            objects.keys().map(ToString::to_string).collect::<Vec<_>>()
        };
        assert_eq!(names(&shows), names(&there));
        assert_eq!(shows, there);
    }
}

/// A fresh list of every kind, normalized.
async fn listed(
    admin: &cluster::Cluster,
    namespace: &str,
) -> BTreeMap<ObjectRef, Arc<SourceObject>> {
    let lists = futures::stream::iter(Kind::ALL).then(|kind| async move {
        let (group, version) = (kind.group(), versions(kind)[0]);
        let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind.as_str()));
        let api: Api<DynamicObject> = Api::all_with(admin.client(), &resource);
        match api.list(&ListParams::default()).await {
            Ok(list) => list
                .items
                .into_iter()
                .map(|object| {
                    let mut value = serde_json::to_value(object).unwrap();
                    value["apiVersion"] = json!(resource.api_version);
                    value["kind"] = json!(resource.kind);
                    value
                })
                .collect(),
            // The kind or its whole group is not there: then the answer is no Status.
            Err(kube::Error::Api(status)) if status.code == 404 => Vec::new(),
            Err(error) => panic!("{kind}: {error}"),
        }
    });
    let objects: Vec<Vec<Value>> = lists.collect().await;
    let defaults = Defaults {
        namespace: "default".into(),
        created: Timestamp::default(),
        generation: 1,
    };
    let objects = objects.iter().flatten();
    let ours = objects.filter_map(|object| match normalize(object, &defaults) {
        Ok(Normalized::Ours { object, .. }) => Some(*object),
        Ok(Normalized::Foreign(_)) | Err(_) => None,
    });
    ours.filter(|object| is_in(&object.resource.meta().key, namespace))
        .map(|object| (object.resource.object_ref(), Arc::new(object)))
        .collect()
}

fn is_in(key: &ObjectKey, namespace: &str) -> bool {
    &*key.namespace == namespace || (key.namespace.is_empty() && &*key.name == namespace)
}

pub(crate) fn gateway(namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "Gateway",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "gatewayClassName": "alb",
            "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
        },
    })
}

pub(crate) fn route(namespace: &str, name: &str, path: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "HTTPRoute",
        "metadata": { "name": name, "namespace": namespace },
        "spec": {
            "parentRefs": [{ "name": "web" }],
            "rules": [{ "matches": [{ "path": { "type": "PathPrefix", "value": path } }] }],
        },
    })
}

/// Deletes an object that `apply` has made.
pub(crate) async fn delete(admin: &cluster::Cluster, object: &Value) {
    let (group, version) = object["apiVersion"]
        .as_str()
        .unwrap()
        .split_once('/')
        .unwrap();
    let kind = object["kind"].as_str().unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    let namespace = object["metadata"]["namespace"].as_str().unwrap();
    let api: Api<DynamicObject> = Api::namespaced_with(admin.client(), namespace, &resource);
    let name = object["metadata"]["name"].as_str().unwrap();
    api.delete(name, &kube::api::DeleteParams::default())
        .await
        .unwrap();
}
