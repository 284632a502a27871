//! Our finalizers on a Gateway: the object stays until nothing is left of its load balancer. And that of a GatewayClass
//! in use.

use kube::api::{Patch, PatchParams};
use serde_json::json;
use tokio::time::timeout;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::holder::CLASS_IN_USE;
use tributary_model::{Kind, ObjectKey, ObjectRef};

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};
use crate::object::version;
use crate::served::Served;

/// Others write the same object: theirs is not overwritten, ours is tried on what they wrote.
const ATTEMPTS: u32 = 5;

/// What became of a finalizer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finalizer {
    /// It is as it should be now, and was not.
    Written,
    /// It was as it should be.
    Unchanged,
    /// There is no such object, or it is being deleted and none can be added.
    Gone,
}

impl Cluster {
    /// Puts our finalizer on a Gateway.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn add_finalizer(
        &self,
        gateway: &ObjectKey,
        kind: LoadBalancerKind,
    ) -> Result<Finalizer, Failure> {
        let ours = self.installation().finalizer(kind);
        let gateway = ObjectRef::new(Kind::Gateway, gateway.clone());
        self.change_finalizers(&gateway, |finalizers, is_deleting| {
            add(finalizers, &ours, is_deleting)
        })
        .await
    }

    /// Puts on a GatewayClass that it is in use.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn mark_class(&self, class: &ObjectKey) -> Result<Finalizer, Failure> {
        let class = ObjectRef::new(Kind::GatewayClass, class.clone());
        self.change_finalizers(&class, |finalizers, is_deleting| {
            add(finalizers, CLASS_IN_USE, is_deleting)
        })
        .await
    }

    /// Takes from a GatewayClass that it is in use.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn unmark_class(&self, class: &ObjectKey) -> Result<Finalizer, Failure> {
        let class = ObjectRef::new(Kind::GatewayClass, class.clone());
        self.change_finalizers(&class, |finalizers, _| remove(finalizers, CLASS_IN_USE))
            .await
    }

    /// The Gateways that are being deleted and have our finalizer.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn leaving(&self, kind: LoadBalancerKind) -> Result<Vec<ObjectKey>, Failure> {
        let mut leaving = Ok(Vec::new());
        for served in Served::each_version(Kind::Gateway) {
            leaving = self.leaving_at(&served, kind).await;
            if !is_not_found(&leaving) {
                break;
            }
        }
        leaving
    }

    async fn leaving_at(
        &self,
        served: &Served,
        kind: LoadBalancerKind,
    ) -> Result<Vec<ObjectKey>, Failure> {
        let mut leaving = Vec::new();
        let ours = self.installation().finalizer(kind);
        self.each_metadata(served, |metadata| {
            let mut finalizers = metadata.finalizers.iter().flatten();
            if metadata.deletion_timestamp.is_some()
                && finalizers.any(|it| *it == ours)
                && let (Some(namespace), Some(name)) = (metadata.namespace, metadata.name)
            {
                leaving.push(ObjectKey::new(namespace, name));
            }
        })
        .await?;
        Ok(leaving)
    }

    /// Takes our finalizer, and no other, from a Gateway.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn remove_finalizer(
        &self,
        gateway: &ObjectKey,
        kind: LoadBalancerKind,
    ) -> Result<Finalizer, Failure> {
        let ours = self.installation().finalizer(kind);
        let gateway = ObjectRef::new(Kind::Gateway, gateway.clone());
        self.change_finalizers(&gateway, |finalizers, _| remove(finalizers, &ours))
            .await
    }

    async fn change_finalizers(
        &self,
        object: &ObjectRef,
        change: impl Fn(&mut Vec<String>, bool) -> Finalizer,
    ) -> Result<Finalizer, Failure> {
        let changing = async {
            let mut attempt = 1;
            loop {
                match self.change_once(object, &change).await {
                    Err(failure) if failure.class == Class::NotFound => return Ok(Finalizer::Gone),
                    Err(failure) if failure.class == Class::Conflict && attempt < ATTEMPTS => {
                        attempt += 1;
                    }
                    result => return result,
                }
            }
        };
        timeout(REQUEST_DEADLINE, changing)
            .await
            .map_err(|_| Failure::timed_out("changing a finalizer"))?
    }

    async fn change_once(
        &self,
        object: &ObjectRef,
        change: impl Fn(&mut Vec<String>, bool) -> Finalizer,
    ) -> Result<Finalizer, Failure> {
        let mut outcome = Ok(Finalizer::Gone);
        for served in Served::each_version(object.kind) {
            outcome = self.change_at(&served, &object.key, &change).await;
            if !is_not_found(&outcome) {
                break;
            }
        }
        outcome
    }

    async fn change_at(
        &self,
        served: &Served,
        key: &ObjectKey,
        change: impl Fn(&mut Vec<String>, bool) -> Finalizer,
    ) -> Result<Finalizer, Failure> {
        let api = self.object_api(served, key);
        let found = api.get_metadata(&key.name).await?;
        let is_deleting = found.metadata.deletion_timestamp.is_some();
        let mut finalizers = found.metadata.finalizers.unwrap_or_default();
        let outcome = change(&mut finalizers, is_deleting);
        if outcome == Finalizer::Written {
            // The whole list, and only if nobody wrote since it was read: 409 otherwise.
            let patch = json!({ "metadata": {
                "resourceVersion": version(found.metadata.resource_version)?,
                "uid": found.metadata.uid,
                "finalizers": finalizers,
            } });
            api.patch_metadata(&key.name, &PatchParams::default(), &Patch::Merge(patch))
                .await?;
        }
        Ok(outcome)
    }
}

fn add(finalizers: &mut Vec<String>, ours: &str, is_deleting: bool) -> Finalizer {
    if finalizers.iter().any(|it| it == ours) {
        return Finalizer::Unchanged;
    }
    if is_deleting {
        return Finalizer::Gone;
    }
    finalizers.push(ours.to_owned());
    Finalizer::Written
}

fn remove(finalizers: &mut Vec<String>, ours: &str) -> Finalizer {
    let before = finalizers.len();
    finalizers.retain(|it| it != ours);
    if finalizers.len() == before {
        Finalizer::Unchanged
    } else {
        Finalizer::Written
    }
}

/// There is no such object, or no such version of its kind: then it may be there in the next one.
fn is_not_found<T>(answer: &Result<T, Failure>) -> bool {
    matches!(answer, Err(failure) if failure.class == Class::NotFound)
}
