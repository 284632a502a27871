//! An object as an answer of the API server has it.

use kube::api::DynamicObject;
use kube::core::ApiResource;
use serde_json::Value;

use crate::failure::Failure;

/// kubectl's copy of the whole object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object as its JSON. Without managedFields and kubectl's last-applied copy: nobody reads them there, and they are
/// most of it.
pub(crate) fn json(resource: &ApiResource, object: DynamicObject) -> Value {
    let DynamicObject {
        types: _,
        mut metadata,
        data: mut value,
    } = object;
    metadata.managed_fields = None;
    if let Some(annotations) = &mut metadata.annotations {
        annotations.remove(LAST_APPLIED);
    }
    // Items of a list come without them.
    value["apiVersion"] = Value::String(resource.api_version.clone());
    value["kind"] = Value::String(resource.kind.clone());
    // ObjectMeta has nothing that JSON cannot hold.
    value["metadata"] = serde_json::to_value(metadata).unwrap_or(Value::Null);
    value
}

/// The resource version. Without one nothing could be gone on from, and nothing be written over safely: an empty one means any.
pub(crate) fn version(version: Option<String>) -> Result<String, Failure> {
    version
        .filter(|version| !version.is_empty())
        .ok_or_else(|| Failure::broken("an answer without resourceVersion"))
}
