//! Tags on certificates.

use serde::Deserialize;
use serde_json::json;

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag};

use super::certificates::{self, ByArn};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    certificate_arn: String,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Remove {
    certificate_arn: String,
    tags: Vec<TagPattern>,
}

/// A tag to remove; without a value, whatever its value.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagPattern {
    key: String,
    value: Option<String>,
}

pub(crate) fn add(state: &mut State, request: &Request) -> Answer {
    let asked: Add = request.read()?;
    let limit = state.quotas.tags_per_resource;
    let certificate = certificates::find_mut(state, &asked.certificate_arn)?;
    if asked.tags.is_empty() {
        return Err(ApiError::new(
            "ValidationException",
            "At least one tag must be specified",
        ));
    }
    let added = tags::checked(Service::Acm, &asked.tags)?;
    certificate.tags = tags::merged(Service::Acm, &certificate.tags, added, limit)?;
    Ok(json!({}))
}

pub(crate) fn remove(state: &mut State, request: &Request) -> Answer {
    let asked: Remove = request.read()?;
    let certificate = certificates::find_mut(state, &asked.certificate_arn)?;
    certificate.tags.retain(|key, value| {
        !asked.tags.iter().any(|pattern| {
            &pattern.key == key && pattern.value.as_ref().is_none_or(|wanted| wanted == value)
        })
    });
    Ok(json!({}))
}

pub(crate) fn list(state: &State, request: &Request) -> Answer {
    let ByArn { certificate_arn } = request.read()?;
    let certificate = certificates::find(state, &certificate_arn)?;
    Ok(json!({"Tags": tags::listed(&certificate.tags)}))
}
