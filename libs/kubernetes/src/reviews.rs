//! Whose a token is, and what that one may see: asked of the API server, whose RBAC decides.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use k8s_openapi::api::authentication::v1::{TokenReview, TokenReviewSpec};
use k8s_openapi::api::authorization::v1::{
    ResourceAttributes, SubjectAccessReview, SubjectAccessReviewSpec,
};
use kube::api::{Api, ObjectMeta, PostParams};
use serde_json::Value;
use tokio::time::timeout;
use tributary_runtime::{Bearer, Person};

use crate::cluster::Cluster;
use crate::failure::Failure;

#[cfg(test)]
mod tests;

/// Somebody waits for the answer, which comes from memory or from a webhook of the API server's.
const DEADLINE: Duration = Duration::from_secs(5);

/// What RBAC calls the listeners that are resolved: there is no such object.
pub const LISTENERS: (&str, &str) = ("gateway.tributary.dev", "resolvedlisteners");

/// What somebody wants to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verb {
    /// See one.
    Get,
    /// See all.
    List,
    /// See all, and what changes.
    Watch,
}

impl Verb {
    /// In RBAC.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Get => "get",
            Self::List => "list",
            Self::Watch => "watch",
        }
    }
}

impl Cluster {
    /// Whose a token is; nobody's if it has ended, is for others, or was never good. A token for `audience` counts, and one
    /// for the API server itself, which is what kubectl sends.
    ///
    /// # Errors
    /// When the API server refuses to say or does not answer.
    pub async fn whose(&self, token: &Bearer, audience: &str) -> Result<Option<Person>, Failure> {
        let is_for_us = is_for(token.expose(), audience);
        let audiences = is_for_us.then(|| vec![audience.to_owned()]);
        let review = TokenReview {
            metadata: ObjectMeta::default(),
            spec: TokenReviewSpec {
                audiences: audiences.clone(),
                token: token.expose().to_owned(),
            },
            status: None,
        };
        let api: Api<TokenReview> = Api::all(self.client());
        let params = PostParams::default();
        let answer = timeout(DEADLINE, api.create(&params, &review))
            .await
            .map_err(|_| Failure::timed_out("TokenReview"))??;
        let status = answer.status.unwrap_or_default();
        if let Some(error) = &status.error {
            tracing::debug!(error, "a token is not accepted");
        }
        // An authenticator that knows no audiences says nothing of ours.
        let heard = |ours: &Vec<String>| {
            let said = status.audiences.iter().flatten();
            ours.iter().any(|our| said.clone().any(|said| said == our))
        };
        let is_meant = audiences.as_ref().is_none_or(heard);
        if status.authenticated != Some(true) || !is_meant {
            return Ok(None);
        }
        let user = status.user.unwrap_or_default();
        Ok(user.username.map(|name| Person {
            name,
            uid: user.uid.unwrap_or_default(),
            groups: user.groups.unwrap_or_default(),
            extra: user.extra.unwrap_or_default(),
        }))
    }

    /// Whether somebody may do that to resolved listeners in a namespace, or in every one.
    ///
    /// # Errors
    /// When the API server refuses to say or does not answer.
    pub async fn may(
        &self,
        person: &Person,
        verb: Verb,
        namespace: Option<&str>,
    ) -> Result<bool, Failure> {
        let Person {
            name,
            uid,
            groups,
            extra,
        } = person;
        let (group, resource) = LISTENERS;
        let some = |text: &str| Some(text.to_owned());
        let review = SubjectAccessReview {
            metadata: ObjectMeta::default(),
            spec: SubjectAccessReviewSpec {
                user: some(name),
                uid: some(uid),
                groups: Some(groups.clone()),
                extra: Some(extra.clone()),
                resource_attributes: Some(ResourceAttributes {
                    group: some(group),
                    resource: some(resource),
                    verb: some(verb.as_str()),
                    namespace: namespace.and_then(some),
                    ..ResourceAttributes::default()
                }),
                non_resource_attributes: None,
            },
            status: None,
        };
        let api: Api<SubjectAccessReview> = Api::all(self.client());
        let params = PostParams::default();
        let answer = timeout(DEADLINE, api.create(&params, &review))
            .await
            .map_err(|_| Failure::timed_out("SubjectAccessReview"))??;
        let status = answer.status.unwrap_or_default();
        Ok(status.allowed && status.denied != Some(true))
    }
}

/// Whether a token says that it is for this audience. Nobody believes it for that: it is asked about by it.
fn is_for(token: &str, audience: &str) -> bool {
    let payload = token.split('.').nth(1).unwrap_or_default();
    let Ok(payload) = URL_SAFE_NO_PAD.decode(payload) else {
        return false;
    };
    let Ok(claims) = serde_json::from_slice::<BTreeMap<String, Value>>(&payload) else {
        return false;
    };
    match claims.get("aud") {
        Some(Value::String(one)) => one == audience,
        Some(Value::Array(several)) => several.iter().any(|one| one == audience),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}
