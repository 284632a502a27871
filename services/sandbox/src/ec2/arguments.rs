//! What many calls of EC2 take and answer: dry runs, tags of new resources.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::service::Service;
use crate::state::State;
use crate::tags::{self, Tag, Tags};

/// Tags for a resource that a call creates.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct TagSpecification {
    resource_type: String,
    #[serde(default, rename = "Tag")]
    tags: Vec<Tag>,
}

/// A dry run that would have worked says so by an error, as EC2 does.
pub(crate) fn not_dry(dry_run: Option<bool>) -> Result<(), ApiError> {
    if dry_run == Some(true) {
        return Err(ApiError::new(
            "DryRunOperation",
            "Request would have succeeded, but DryRun flag is set.",
        )
        .with_status(412));
    }
    Ok(())
}

/// The tags that a call gives to the resource that it creates.
pub(crate) fn specified(
    state: &State,
    resource_type: &str,
    specifications: &[TagSpecification],
) -> Result<Tags, ApiError> {
    let mut all = Tags::new();
    for specification in specifications {
        if specification.resource_type != resource_type {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!(
                    "'{}' is not a valid taggable resource type for this operation.",
                    specification.resource_type
                ),
            ));
        }
        let added = tags::checked(Service::Ec2, &specification.tags)?;
        all = tags::merged(Service::Ec2, &all, added, state.quotas.tags_per_resource)?;
    }
    Ok(all)
}

/// Tags as EC2 lists them.
pub(crate) fn tag_set(tags: &Tags) -> Value {
    tags.iter()
        .map(|(key, value)| json!({"key": key, "value": value}))
        .collect()
}
