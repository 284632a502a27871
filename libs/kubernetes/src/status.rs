//! The status of one object: read as it is at this moment, written if nobody wrote meanwhile.

use kube::api::{DynamicObject, Patch, PatchParams};
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use tributary_model::status::Status;
use tributary_model::{Kind, ObjectKey};
use tributary_normalize::{status_from_json, status_to_json};

use crate::author::field_manager;
use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};
use crate::object::version;
use crate::served::Served;

/// An object's status, and what it takes to write another over it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveStatus {
    /// `metadata.uid`: another object of the same name has another.
    pub uid: String,
    /// `metadata.generation`.
    pub generation: i64,
    /// `metadata.resourceVersion`.
    pub version: String,
    /// Absent when the object has none; an error when it has one that is no status of its kind, which must not be
    /// written over: others' parts of it are not known.
    pub status: Result<Option<Status>, String>,
}

/// What there is under a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// The object.
    Live(Box<LiveStatus>),
    /// No object: the API server knows the kind and names the object that it does not have.
    NoObject,
    /// No such kind, or not at this version: says nothing about the object.
    NoKind,
}

impl Cluster {
    /// The object's status now, not from a cache.
    ///
    /// # Errors
    /// When the question is not answered.
    pub async fn live_status(&self, served: &Served, key: &ObjectKey) -> Result<Found, Failure> {
        let answer = timeout(
            REQUEST_DEADLINE,
            self.object_api(served, key).get(&key.name),
        )
        .await
        .map_err(|_| Failure::timed_out("get"))?;
        match answer {
            Ok(object) => Ok(Found::Live(Box::new(live(served.kind(), object)?))),
            Err(kube::Error::Api(status)) if status.code == 404 => {
                // Of a kind that it serves the server says which object is missing; of a path that it does not know
                // it says nothing.
                let names_it = status
                    .details
                    .as_ref()
                    .is_some_and(|details| details.name == *key.name);
                Ok(if names_it {
                    Found::NoObject
                } else {
                    Found::NoKind
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Writes the status if the object is still at this resource version; gives back what is there now. Every field
    /// that a status of the kind may have from us becomes what the status says, or goes.
    ///
    /// # Errors
    /// [`Class::Conflict`] when somebody wrote meanwhile, [`Class::Invalid`] when this status is refused for good.
    pub async fn write_status(
        &self,
        served: &Served,
        key: &ObjectKey,
        at: &str,
        status: &Status,
    ) -> Result<LiveStatus, Failure> {
        let patch = json!({
            "metadata": { "resourceVersion": at },
            "status": fields(status),
        });
        let params = PatchParams {
            field_manager: Some(field_manager(self.installation())),
            ..PatchParams::default()
        };
        let api = self.object_api(served, key);
        let patch = Patch::Merge(&patch);
        let written = timeout(
            REQUEST_DEADLINE,
            api.patch_status(&key.name, &params, &patch),
        )
        .await
        .map_err(|_| Failure::timed_out("patch"))?
        .map_err(|error| for_good(error.into()))?;
        live(served.kind(), written)
    }
}

fn live(kind: Kind, object: DynamicObject) -> Result<LiveStatus, Failure> {
    let DynamicObject {
        types: _,
        metadata,
        data,
    } = object;
    let status = data.get("status").unwrap_or(&Value::Null);
    Ok(LiveStatus {
        uid: metadata.uid.unwrap_or_default(),
        generation: metadata.generation.unwrap_or_default(),
        version: version(metadata.resource_version)?,
        status: status_from_json(kind, status).map_err(|rejected| rejected.to_string()),
    })
}

/// A merge patch of every field that a status of the kind has: null for what the status leaves out.
fn fields(status: &Status) -> Value {
    let names: &[&str] = match status {
        Status::GatewayClass(_) => &["conditions", "supportedFeatures"],
        Status::Gateway(_) => &[
            "conditions",
            "addresses",
            "listeners",
            "attachedListenerSets",
        ],
        Status::ListenerSet(_) => &["conditions", "listeners"],
        Status::Route(_) => &["parents"],
    };
    let mut json = status_to_json(status);
    let field = |name: &&str| ((*name).to_owned(), json[*name].take());
    Value::Object(names.iter().map(field).collect::<Map<_, _>>())
}

/// An object that is too large for etcd, or for the API server's client of it, is answered with 500 and their words.
fn for_good(failure: Failure) -> Failure {
    let too_large = ["request is too large", "message larger than max"];
    let Failure { class, message } = failure;
    let class = if too_large.iter().any(|words| message.contains(words)) {
        Class::Invalid
    } else {
        class
    };
    Failure { class, message }
}

#[cfg(test)]
mod tests {
    use tributary_model::status::{GatewayStatus, RouteStatus};

    use super::*;

    #[test]
    fn what_vanishes_becomes_null() {
        let status = Status::Gateway(GatewayStatus::default());
        let patch = json!({
            "conditions": null,
            "addresses": [],
            "listeners": [],
            "attachedListenerSets": null,
        });
        assert_eq!(fields(&status), patch);
    }

    #[test]
    fn a_route_without_parents_keeps_the_list() {
        let status = Status::Route(RouteStatus::default());
        assert_eq!(fields(&status), json!({ "parents": [] }));
    }

    #[test]
    fn what_is_too_large_for_etcd_is_refused_for_good() {
        let failure = Failure {
            class: Class::Unavailable,
            message: "etcdserver: request is too large".to_owned(),
        };
        assert_eq!(for_good(failure).class, Class::Invalid);
    }
}
