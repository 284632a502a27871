//! Security groups by identifier or name, and EC2's words for one that is not there.

use crate::error::ApiError;
use crate::resources::security_groups::SecurityGroup;
use crate::state::State;

/// The group of this identifier.
pub(crate) fn find<'a>(state: &'a State, id: &str) -> Result<&'a SecurityGroup, ApiError> {
    if !id.starts_with("sg-") {
        return Err(ApiError::new(
            "InvalidGroupId.Malformed",
            format!("Invalid id: \"{id}\" (expecting \"sg-...\")"),
        ));
    }
    state.security_groups.get(id).ok_or_else(|| no_group(id))
}

/// The group of this identifier, or of this name in the default VPC.
pub(crate) fn find_by<'a>(
    state: &'a State,
    id: Option<&str>,
    name: Option<&str>,
) -> Result<&'a SecurityGroup, ApiError> {
    match (id, name) {
        (Some(id), _) => find(state, id),
        (None, Some(name)) => state
            .security_groups
            .values()
            .find(|group| group.name == name)
            .ok_or_else(|| no_group(name)),
        (None, None) => Err(ApiError::new(
            "MissingParameter",
            "The request must contain the parameter groupName or groupId",
        )),
    }
}

/// The default group of a VPC.
pub(crate) fn default_of(state: &State, vpc_id: &str) -> Option<String> {
    let mut groups = state.security_groups.values();
    let found = groups.find(|group| group.vpc_id == vpc_id && group.name == "default");
    found.map(|group| group.id.clone())
}

pub(crate) fn no_group(which: &str) -> ApiError {
    ApiError::new(
        "InvalidGroup.NotFound",
        format!("The security group '{which}' does not exist"),
    )
}
