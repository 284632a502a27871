//! Objects of the cluster: manifests put there, and what has become of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use kube::api::{Api, ApiResource, DeleteParams, DynamicObject, ListParams, PostParams};
use kube::core::GroupVersionKind;
use serde_json::{Value, json};
use tributary_tests_kubernetes::cluster::Cluster;

/// The kinds that get a status.
const JUDGED: [&str; 8] = [
    "GatewayClass",
    "Gateway",
    "ListenerSet",
    "HTTPRoute",
    "GRPCRoute",
    "TCPRoute",
    "UDPRoute",
    "TLSRoute",
];

/// A folder of the repository.
pub fn repository(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(folder)
}

/// The objects of all YAML files of a folder, namespaces and classes first, as kubectl's own order is the files'.
pub fn manifests(folder: &Path) -> Vec<Value> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| {
        file.extension()
            .is_some_and(|extension| extension == "yaml")
    });
    files.sort();
    let mut objects: Vec<Value> = files
        .iter()
        .flat_map(|file| {
            let text = std::fs::read_to_string(file).unwrap();
            serde_saphyr::from_multiple::<Value>(&text).unwrap()
        })
        .collect();
    objects.sort_by_key(|object| object["kind"] != "Namespace");
    objects
}

/// Applies them in this order.
pub async fn apply(cluster: &Cluster, objects: &[Value]) {
    for object in objects {
        cluster.apply(object).await.unwrap();
    }
}

/// Makes one that is not there yet.
pub async fn create(cluster: &Cluster, object: &Value) {
    let api = api(cluster, object);
    let object: DynamicObject = serde_json::from_value(object.clone()).unwrap();
    api.create(&PostParams::default(), &object).await.unwrap();
}

/// Deletes what is there of them; returns at once.
pub async fn delete(cluster: &Cluster, objects: &[Value]) {
    for object in objects {
        let name = object["metadata"]["name"].as_str().unwrap();
        match api(cluster, object)
            .delete(name, &DeleteParams::default())
            .await
        {
            Err(kube::Error::Api(status)) if status.is_not_found() => {}
            deleted => drop(deleted.unwrap()),
        }
    }
}

/// What is there of an object.
pub async fn get(cluster: &Cluster, object: &Value) -> Option<Value> {
    let name = object["metadata"]["name"].as_str().unwrap();
    let found = api(cluster, object).get_opt(name).await.unwrap();
    found.map(|object| serde_json::to_value(object).unwrap())
}

/// All of an object's kind, in its namespace.
pub fn api(cluster: &Cluster, object: &Value) -> Api<DynamicObject> {
    let api_version = object["apiVersion"].as_str().unwrap();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let kind = object["kind"].as_str().unwrap();
    let resource = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    match object["metadata"]["namespace"].as_str() {
        Some(namespace) => Api::namespaced_with(cluster.client(), namespace, &resource),
        None => Api::all_with(cluster.client(), &resource),
    }
}

/// Something of the Gateway API, by kind and name.
pub fn named(kind: &str, namespace: &str, name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": kind,
        "metadata": { "name": name, "namespace": namespace },
    })
}

/// `.status` of everything that gets one, by kind, namespace and name.
pub async fn statuses(cluster: &Cluster) -> BTreeMap<String, Value> {
    let mut statuses = BTreeMap::new();
    for kind in JUDGED {
        let kind_of = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", kind);
        let resource = ApiResource::from_gvk(&kind_of);
        let api: Api<DynamicObject> = Api::all_with(cluster.client(), &resource);
        for object in api.list(&ListParams::default()).await.unwrap() {
            let metadata = &object.metadata;
            let name = format!(
                "{kind} {}/{}",
                metadata.namespace.as_deref().unwrap_or(""),
                metadata.name.as_deref().unwrap()
            );
            statuses.insert(name, object.data["status"].clone());
        }
    }
    statuses
}

/// Without what differs from run to run: when something came to be, and what AWS calls it.
pub fn normal(statuses: BTreeMap<String, Value>) -> BTreeMap<String, Value> {
    fn strip(value: &mut Value) {
        match value {
            Value::Object(fields) => {
                fields.remove("lastTransitionTime");
                fields.remove("addresses");
                fields.values_mut().for_each(strip);
            }
            Value::Array(items) => items.iter_mut().for_each(strip),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let stripped = statuses.into_iter().map(|(name, mut status)| {
        strip(&mut status);
        (name, status)
    });
    stripped.collect()
}

/// `Type=Status/Reason` of each condition, in order.
pub fn conditions(of: &Value) -> Vec<String> {
    crate::status::conditions(of)
}
