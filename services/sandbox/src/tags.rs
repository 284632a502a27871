//! Tags: one rule for all services, each with its own error codes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::service::Service;

/// A resource's tags.
pub(crate) type Tags = BTreeMap<String, String>;

/// A tag as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Tag {
    pub(crate) key: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// Tags to add, checked for what AWS refuses in them.
pub(crate) fn checked(service: Service, tags: &[Tag]) -> Result<Tags, ApiError> {
    let mut checked = Tags::new();
    for Tag { key, value } in tags {
        if key.is_empty() || key.chars().count() > 128 || value.chars().count() > 256 {
            return Err(refused(
                service,
                format!("Tag '{key}': keys have 1 to 128 characters, values at most 256"),
            ));
        }
        if key.to_ascii_lowercase().starts_with("aws:") {
            return Err(refused(
                service,
                format!("Tag keys starting with 'aws:' are reserved for system use: '{key}'"),
            ));
        }
        if checked.insert(key.clone(), value.clone()).is_some() {
            return Err(duplicate(service, key));
        }
    }
    Ok(checked)
}

/// The tags that a new resource gets.
pub(crate) fn of_new(service: Service, tags: &[Tag], limit: u32) -> Result<Tags, ApiError> {
    merged(service, &Tags::new(), checked(service, tags)?, limit)
}

/// The tags a resource would have after adding some.
pub(crate) fn merged(
    service: Service,
    present: &Tags,
    added: Tags,
    limit: u32,
) -> Result<Tags, ApiError> {
    let mut merged = present.clone();
    merged.extend(added);
    if merged.len() > limit as usize {
        return Err(too_many(service, limit));
    }
    Ok(merged)
}

/// Tags as a list of `Key` and `Value`.
pub(crate) fn listed(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect()
}

fn refused(service: Service, message: String) -> ApiError {
    match service {
        Service::Acm => ApiError::new("InvalidTagException", message),
        Service::Ec2 => ApiError::new("InvalidParameterValue", message),
        Service::Elbv2 | Service::Sts => ApiError::validation(message),
        Service::Tagging => ApiError::new("InvalidParameterException", message),
    }
}

fn duplicate(service: Service, key: &str) -> ApiError {
    let message = format!("Tag key '{key}' was specified more than once");
    match service {
        Service::Elbv2 => ApiError::new("DuplicateTagKeys", message),
        Service::Acm | Service::Ec2 | Service::Sts | Service::Tagging => refused(service, message),
    }
}

fn too_many(service: Service, limit: u32) -> ApiError {
    let code = match service {
        Service::Acm => "TooManyTagsException",
        Service::Ec2 => "TagLimitExceeded",
        Service::Elbv2 | Service::Sts | Service::Tagging => "TooManyTags",
    };
    ApiError::new(code, format!("A resource can have at most {limit} tags"))
}
