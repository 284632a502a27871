//! One Secret by name: what a role with the verb `get` alone allows.

use kube::api::{Api, DynamicObject};
use serde_json::Value;
use tokio::time::timeout;
use tributary_model::{Kind, ObjectKey};

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::Failure;
use crate::served::Served;

impl Cluster {
    /// A Secret as its JSON, private parts and all: not for logs, not for disks. `None` if there is none of that name.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn secret(&self, secret: &ObjectKey) -> Result<Option<Value>, Failure> {
        let resource = Served::preferred(Kind::Secret).resource;
        let api: Api<DynamicObject> =
            Api::namespaced_with(self.client(), &secret.namespace, &resource);
        let found = timeout(REQUEST_DEADLINE, api.get_opt(&secret.name))
            .await
            .map_err(|_| Failure::timed_out("get"))??;
        Ok(found.map(|object| {
            let DynamicObject { metadata, data, .. } = object;
            let mut value = data;
            value["apiVersion"] = Value::String(resource.api_version);
            value["kind"] = Value::String(resource.kind);
            // ObjectMeta has nothing that JSON cannot hold.
            value["metadata"] = serde_json::to_value(metadata).unwrap_or(Value::Null);
            value
        }))
    }
}
