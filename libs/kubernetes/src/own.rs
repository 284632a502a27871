//! Objects that a program of ours keeps for itself: Secrets, ConfigMaps and webhooks by name, written only over what was read.

use std::fmt;
use std::time::Duration;

use k8s_openapi::api::admissionregistration::v1::MutatingWebhookConfiguration;
use k8s_openapi::api::authentication::v1::SelfSubjectReview;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use k8s_openapi::jiff::fmt::rfc2822::DateTimeParser;
use kube::Api;
use kube::api::{
    ApiResource, DeleteParams, DynamicObject, Patch, PatchParams, PostParams, Preconditions,
};
use kube::client::Body;
use serde_json::{Value, json};
use tokio::time::timeout;
use tributary_model::{ObjectKey, Timestamp};

use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};
use crate::object::version;

/// What may be kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OwnKind {
    /// What nobody else shall read.
    Secret,
    /// What everybody may.
    ConfigMap,
    /// Whom the API server asks, and whom it trusts then.
    MutatingWebhookConfiguration,
}

impl OwnKind {
    fn resource(self) -> ApiResource {
        match self {
            Self::Secret => ApiResource::erase::<Secret>(&()),
            Self::ConfigMap => ApiResource::erase::<ConfigMap>(&()),
            Self::MutatingWebhookConfiguration => {
                ApiResource::erase::<MutatingWebhookConfiguration>(&())
            }
        }
    }
}

impl fmt::Display for OwnKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Secret => "Secret",
            Self::ConfigMap => "ConfigMap",
            Self::MutatingWebhookConfiguration => "MutatingWebhookConfiguration",
        })
    }
}

/// A service account: the owner of what goes when it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Where it is.
    pub key: ObjectKey,
    /// Of the object.
    pub uid: String,
}

impl Account {
    /// An entry of `metadata.ownerReferences`, in its namespace.
    pub fn owner_reference(&self) -> Value {
        json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "name": &*self.key.name,
            "uid": self.uid,
        })
    }
}

impl Cluster {
    /// One of them as its JSON, private parts and all: not for logs, not for disks.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn own(&self, kind: OwnKind, key: &ObjectKey) -> Result<Option<Value>, Failure> {
        let found = within("get", self.own_api(kind, key).get_opt(&key.name)).await?;
        found.as_ref().map(text).transpose()
    }

    /// Makes one that is not there; a conflict if it is by now.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn create_own(
        &self,
        kind: OwnKind,
        key: &ObjectKey,
        object: &Value,
    ) -> Result<(), Failure> {
        let object = serde_json::from_value(object.clone()).map_err(broken)?;
        let params = PostParams::default();
        let api = self.own_api(kind, key);
        within("create", api.create(&params, &object)).await?;
        Ok(())
    }

    /// Changes one, by a merge patch, if it is still what was read; a conflict otherwise.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn patch_own(
        &self,
        kind: OwnKind,
        key: &ObjectKey,
        read: &Value,
        mut patch: Value,
    ) -> Result<(), Failure> {
        patch["metadata"]["resourceVersion"] = Value::String(resource_version(read)?);
        let (params, patch) = (PatchParams::default(), Patch::Merge(patch));
        let api = self.own_api(kind, key);
        within("patch", api.patch(&key.name, &params, &patch)).await?;
        Ok(())
    }

    /// Deletes one, if it is still what was read; a conflict otherwise.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn delete_own(
        &self,
        kind: OwnKind,
        key: &ObjectKey,
        read: &Value,
    ) -> Result<(), Failure> {
        let params = DeleteParams::default().preconditions(Preconditions {
            resource_version: Some(resource_version(read)?),
            uid: None,
        });
        let api = self.own_api(kind, key);
        match within("delete", api.delete(&key.name, &params)).await {
            Err(failure) if failure.class != Class::NotFound => Err(failure),
            Ok(_) | Err(_) => Ok(()),
        }
    }

    /// Who we are there, if that is a service account. Everybody may ask this about themselves.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn account(&self) -> Result<Option<Account>, Failure> {
        let api: Api<SelfSubjectReview> = Api::all(self.client());
        let params = PostParams::default();
        let question = SelfSubjectReview::default();
        let answer = within("a SelfSubjectReview", api.create(&params, &question)).await?;
        let user = answer.status.and_then(|status| status.user_info);
        Ok(user.and_then(|user| account(&user.username?, user.uid?)))
    }

    /// The time by the API server's clock, which is when tokens and Leases end; nothing where it does not say.
    ///
    /// # Errors
    /// When the API server refuses or does not answer.
    pub async fn time(&self) -> Result<Option<Timestamp>, Failure> {
        let request = http::Request::get("/version").body(Body::empty());
        let request = request.map_err(broken)?;
        let answer = within("the API server's clock", self.client().send(request)).await?;
        let date = answer.headers().get(http::header::DATE);
        Ok(date.and_then(|date| date_of(date.to_str().ok()?)))
    }

    fn own_api(&self, kind: OwnKind, key: &ObjectKey) -> Api<DynamicObject> {
        match kind {
            OwnKind::Secret | OwnKind::ConfigMap => {
                Api::namespaced_with(self.client(), &key.namespace, &kind.resource())
            }
            OwnKind::MutatingWebhookConfiguration => Api::all_with(self.client(), &kind.resource()),
        }
    }
}

async fn within<T>(
    what: &str,
    request: impl Future<Output = Result<T, kube::Error>>,
) -> Result<T, Failure> {
    const DEADLINE: Duration = REQUEST_DEADLINE;
    let answer = timeout(DEADLINE, request).await;
    Ok(answer.map_err(|_| Failure::timed_out(what))??)
}

fn text(object: &DynamicObject) -> Result<Value, Failure> {
    serde_json::to_value(object).map_err(broken)
}

fn broken(error: impl fmt::Display) -> Failure {
    Failure {
        class: Class::Invalid,
        message: error.to_string(),
    }
}

fn resource_version(read: &Value) -> Result<String, Failure> {
    let found = read["metadata"]["resourceVersion"].as_str();
    // An empty one would be no condition at all.
    version(found.map(str::to_owned))
}

fn account(username: &str, uid: String) -> Option<Account> {
    let name = username.strip_prefix("system:serviceaccount:")?;
    let (namespace, name) = name.split_once(':')?;
    let key = ObjectKey::new(namespace, name);
    (!uid.is_empty()).then_some(Account { key, uid })
}

/// As in HTTP: `Sun, 06 Nov 1994 08:49:37 GMT`.
fn date_of(header: &str) -> Option<Timestamp> {
    let parsed = DateTimeParser::new().parse_timestamp(header).ok()?;
    Some(Timestamp(parsed.as_second()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_known_by_its_name_and_uid() {
        let known = account("system:serviceaccount:a:b", "uid".to_owned()).unwrap();
        let reference = known.owner_reference();
        let expected =
            json!({ "apiVersion": "v1", "kind": "ServiceAccount", "name": "b", "uid": "uid" });
        assert_eq!(reference, expected);
        assert_eq!(known.key, ObjectKey::new("a", "b"));
        for other in [
            "alice",
            "system:node:a",
            "system:serviceaccount:a",
            "serviceaccount:a:b",
        ] {
            assert_eq!(account(other, "uid".to_owned()), None, "{other}");
        }
        assert_eq!(account("system:serviceaccount:a:b", String::new()), None);
    }

    #[test]
    fn the_date_of_an_answer_is_read() {
        let expected = Some(Timestamp(784_111_777));
        assert_eq!(date_of("Sun, 06 Nov 1994 08:49:37 GMT"), expected);
        assert_eq!(date_of("yesterday"), None);
    }
}
