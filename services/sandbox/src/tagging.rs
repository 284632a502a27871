//! Resource Groups Tagging: what carries which tags, over all services.

use std::borrow::Cow;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::ec2;
use crate::error::ApiError;
use crate::operation::{Answer, Operation, Request};
use crate::page::{Page, page};
use crate::state::State;
use crate::tags::{self, Tags};

pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "GetResources" => Operation::Read(get_resources),
        "GetTagKeys" => Operation::Read(get_tag_keys),
        "GetTagValues" => Operation::Read(get_tag_values),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetResources {
    pagination_token: Option<String>,
    #[serde(default)]
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<i64>,
    tags_per_page: Option<usize>,
    #[serde(default)]
    resource_type_filters: Vec<String>,
    #[serde(default, rename = "ResourceARNList")]
    resource_arns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTagKeys {
    pagination_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct GetTagValues {
    pagination_token: Option<String>,
    key: String,
}

/// A tag that a resource must have, with one of the values if any are given.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct TagFilter {
    key: String,
    #[serde(default)]
    values: Vec<String>,
}

fn get_resources(state: &State, request: &Request) -> Answer {
    let asked: GetResources = request.read()?;
    check(&asked)?;
    let size = match asked.resources_per_page {
        None => 50,
        Some(size @ 1..=100) => usize::try_from(size).unwrap_or(50),
        Some(_) => return Err(invalid("ResourcesPerPage must be between 1 and 100")),
    };
    let arns: BTreeSet<&str> = asked.resource_arns.iter().map(String::as_str).collect();
    let found = all(state)
        // A resource that never had a tag is not known to this service.
        .filter(|(_, tags)| !tags.is_empty())
        .filter(|(arn, tags)| {
            (arns.is_empty() || arns.contains(arn.as_ref()))
                && (asked.resource_type_filters.is_empty()
                    || asked
                        .resource_type_filters
                        .iter()
                        .any(|filter| of_type(arn, filter)))
                && asked.tag_filters.iter().all(|filter| has(tags, filter))
        });
    let found = found.map(|(arn, tags)| (arn.clone(), (arn, tags)));
    let token = asked.pagination_token.filter(|token| !token.is_empty());
    let mut page = page(found, token.as_deref(), size);
    if let Some(limit) = asked.tags_per_page {
        cut(&mut page, limit);
    }
    let mappings: Vec<Value> = page
        .items
        .into_iter()
        .map(|(arn, tags)| json!({"ResourceARN": arn, "Tags": tags::listed(tags)}))
        .collect();
    Ok(json!({
        "ResourceTagMappingList": mappings,
        // AWS says the empty string after the last page.
        "PaginationToken": page.next.unwrap_or_default(),
    }))
}

/// Leaves so many resources on a page as have at most `limit` tags together; one without tags
/// counts as one.
fn cut(page: &mut Page<(Cow<'_, str>, &Tags)>, limit: usize) {
    let mut tags = 0;
    let fits = page.items.iter().take_while(|(_, own)| {
        tags += own.len().max(1);
        tags <= limit
    });
    let fits = fits.count();
    if fits < page.items.len() {
        page.items.truncate(fits);
        page.next = page.items.last().map(|(arn, _)| arn.to_string());
    }
}

fn get_tag_keys(state: &State, request: &Request) -> Answer {
    let GetTagKeys { pagination_token } = request.read()?;
    let keys = all(state).flat_map(|(_, tags)| tags.keys());
    Ok(listed("TagKeys", keys, pagination_token.as_deref()))
}

fn get_tag_values(state: &State, request: &Request) -> Answer {
    let GetTagValues {
        pagination_token,
        key,
    } = request.read()?;
    let values = all(state).filter_map(|(_, tags)| tags.get(&key));
    Ok(listed("TagValues", values, pagination_token.as_deref()))
}

/// Each text once, by the page. AWS names no size for these pages; a hundred is ours.
fn listed<'a>(member: &str, texts: impl Iterator<Item = &'a String>, token: Option<&str>) -> Value {
    let texts: BTreeSet<&String> = texts.collect();
    let texts = texts.into_iter().map(|text| (text, text));
    let page = page(texts, token.filter(|token| !token.is_empty()), 100);
    json!({member: page.items, "PaginationToken": page.next.unwrap_or_default()})
}

fn check(asked: &GetResources) -> Result<(), ApiError> {
    if asked.tag_filters.len() > 50 {
        return Err(invalid("At most 50 tag filters can be specified"));
    }
    if asked
        .tag_filters
        .iter()
        .any(|filter| filter.values.len() > 20)
    {
        return Err(invalid("A tag filter can have at most 20 values"));
    }
    if asked.resource_arns.len() > 100 {
        return Err(invalid("At most 100 resource ARNs can be specified"));
    }
    if asked
        .tags_per_page
        .is_some_and(|tags| !(100..=500).contains(&tags) || tags % 100 != 0)
    {
        return Err(invalid(
            "TagsPerPage must be a multiple of 100 between 100 and 500",
        ));
    }
    let other_way = !asked.tag_filters.is_empty()
        || !asked.resource_type_filters.is_empty()
        || asked.resources_per_page.is_some()
        || asked.tags_per_page.is_some()
        || asked.pagination_token.is_some();
    if !asked.resource_arns.is_empty() && other_way {
        return Err(invalid(
            "Resource ARNs cannot be combined with filters or pages",
        ));
    }
    Ok(())
}

/// Everything that can be tagged and found by this service, untagged things included, in the
/// order of the ARNs: `acm`, `ec2`, `elasticloadbalancing`, and within each by type.
fn all(state: &State) -> impl Iterator<Item = (Cow<'_, str>, &Tags)> {
    let State {
        region,
        account,
        load_balancers,
        listeners,
        rules,
        target_groups,
        certificates,
        ..
    } = state;
    let ec2 = ec2::tagging::tagged(state).map(move |(kind, id, tags)| {
        let arn = format!("arn:aws:ec2:{region}:{account}:{kind}/{id}");
        (Cow::Owned(arn), tags)
    });
    let certificates = certificates.iter().map(|(arn, it)| (arn, &it.tags));
    let rules = rules.iter().map(|(arn, it)| (arn, &it.tags));
    let listeners = listeners.iter().map(|(arn, it)| (arn, &it.tags));
    let load_balancers = load_balancers.iter().map(|(arn, it)| (arn, &it.tags));
    let target_groups = target_groups.iter().map(|(arn, it)| (arn, &it.tags));
    certificates
        .map(borrowed)
        .chain(ec2)
        .chain(rules.map(borrowed))
        .chain(listeners.map(borrowed))
        .chain(load_balancers.map(borrowed))
        .chain(target_groups.map(borrowed))
}

fn borrowed<'a>((arn, tags): (&'a String, &'a Tags)) -> (Cow<'a, str>, &'a Tags) {
    (Cow::Borrowed(arn), tags)
}

/// `SERVICE` or `SERVICE:TYPE`; a type is the start of the ARN's resource up to a slash:
/// `loadbalancer` has every load balancer, `loadbalancer/app` the ALBs.
fn of_type(arn: &str, filter: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    let service = parts.nth(2).unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    match filter.split_once(':') {
        None => filter == service,
        Some((wanted, kind)) => {
            wanted == service
                && resource
                    .strip_prefix(kind)
                    .is_some_and(|rest| rest.starts_with('/'))
        }
    }
}

fn has(tags: &Tags, filter: &TagFilter) -> bool {
    tags.get(&filter.key)
        .is_some_and(|value| filter.values.is_empty() || filter.values.contains(value))
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}

#[cfg(test)]
mod tests;
