//! Tags on load balancers, listeners, rules and target groups.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::{Answer, Request};
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag, Tags};

/// Resources in one `DescribeTags` call.
const MAX_RESOURCES: usize = 20;

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Add {
    resource_arns: Vec<String>,
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Remove {
    resource_arns: Vec<String>,
    tag_keys: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Describe {
    resource_arns: Vec<String>,
}

pub(crate) fn add(state: &mut State, request: &Request) -> Answer {
    let asked: Add = request.read()?;
    check_count(&asked.resource_arns)?;
    if asked.tags.is_empty() {
        return Err(ApiError::validation("At least one tag must be specified"));
    }
    let added = tags::checked(Service::Elbv2, &asked.tags)?;
    let limit = state.quotas.tags_per_resource;
    let mut next = Vec::new();
    for arn in &asked.resource_arns {
        let present = tags_of(state, arn)?;
        next.push(tags::merged(Service::Elbv2, present, added.clone(), limit)?);
    }
    for (arn, next) in asked.resource_arns.iter().zip(next) {
        *tags_of_mut(state, arn)? = next;
    }
    Ok(json!({}))
}

pub(crate) fn remove(state: &mut State, request: &Request) -> Answer {
    let asked: Remove = request.read()?;
    check_count(&asked.resource_arns)?;
    for arn in &asked.resource_arns {
        tags_of(state, arn)?;
    }
    for arn in &asked.resource_arns {
        tags_of_mut(state, arn)?.retain(|key, _| !asked.tag_keys.contains(key));
    }
    Ok(json!({}))
}

pub(crate) fn describe(state: &State, request: &Request) -> Answer {
    let asked: Describe = request.read()?;
    check_count(&asked.resource_arns)?;
    let mut descriptions: Vec<Value> = Vec::new();
    for arn in &asked.resource_arns {
        let tags = tags::listed(tags_of(state, arn)?);
        descriptions.push(json!({"ResourceArn": arn, "Tags": tags}));
    }
    Ok(json!({"TagDescriptions": descriptions}))
}

fn check_count(arns: &[String]) -> Result<(), ApiError> {
    if arns.is_empty() {
        return Err(ApiError::validation(
            "At least one resource ARN must be specified",
        ));
    }
    if arns.len() > MAX_RESOURCES {
        return Err(ApiError::validation(format!(
            "At most {MAX_RESOURCES} resource ARNs can be specified in one call"
        )));
    }
    Ok(())
}

/// The tags of what is there.
pub(crate) fn tags<'a>(state: &'a State, arn: &str) -> Option<&'a Tags> {
    tags_of(state, arn).ok()
}

fn tags_of<'a>(state: &'a State, arn: &str) -> Result<&'a Tags, ApiError> {
    match resource_type(arn) {
        "loadbalancer" => state.load_balancer(arn).map(|found| &found.tags),
        "listener" => state.listener(arn).map(|found| &found.tags),
        "listener-rule" => state.rule(arn).map(|found| &found.tags),
        "targetgroup" => state.target_group(arn).map(|found| &found.tags),
        _ => Err(not_an_arn(arn)),
    }
}

fn tags_of_mut<'a>(state: &'a mut State, arn: &str) -> Result<&'a mut Tags, ApiError> {
    match resource_type(arn) {
        "loadbalancer" => state.load_balancer_mut(arn).map(|found| &mut found.tags),
        "listener" => state.listener_mut(arn).map(|found| &mut found.tags),
        "listener-rule" => state.rule_mut(arn).map(|found| &mut found.tags),
        "targetgroup" => state.target_group_mut(arn).map(|found| &mut found.tags),
        _ => Err(not_an_arn(arn)),
    }
}

fn resource_type(arn: &str) -> &str {
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    resource.split('/').next().unwrap_or_default()
}

fn not_an_arn(arn: &str) -> ApiError {
    ApiError::validation(format!(
        "'{arn}' is not a valid load balancer, listener, rule or target group ARN"
    ))
}
