//! One Secret by name: what a role with the verb `get` alone allows.

use serde_json::Value;
use tokio::time::timeout;
use tributary_model::{Kind, ObjectKey};

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::Failure;
use crate::object::json;
use crate::served::Served;

impl Cluster {
    /// A Secret as its JSON, private parts and all: not for logs, not for disks. `None` if there is none of that name.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn secret(&self, secret: &ObjectKey) -> Result<Option<Value>, Failure> {
        let served = Served::preferred(Kind::Secret);
        let found = timeout(
            REQUEST_DEADLINE,
            self.object_api(&served, secret).get_opt(&secret.name),
        )
        .await
        .map_err(|_| Failure::timed_out("get"))??;
        Ok(found.map(|object| json(&served.resource, object)))
    }
}
