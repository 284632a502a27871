//! What names and descriptions of security groups may hold (`CreateSecurityGroup`).

use crate::error::ApiError;

/// A parameter without a value counts as missing.
fn given(parameter: &str, value: &str) -> Result<(), ApiError> {
    if value.is_empty() {
        return Err(ApiError::new(
            "MissingParameter",
            format!("The request must contain the parameter {parameter}"),
        ));
    }
    Ok(())
}

pub(super) fn check_name(name: &str) -> Result<(), ApiError> {
    given("GroupName", name)?;
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&byte);
    if name.len() <= 255
        && name.bytes().all(allowed)
        && !name.starts_with("sg-")
        && name != "default"
    {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidParameterValue",
        format!("Value ({name}) for parameter GroupName is invalid."),
    ))
}

pub(super) fn check_description(description: &str) -> Result<(), ApiError> {
    given("GroupDescription", description)?;
    let allowed =
        |byte: u8| byte.is_ascii_alphanumeric() || b" ._-:/()#,@[]+=&;{}!$*".contains(&byte);
    if description.len() <= 255 && description.bytes().all(allowed) {
        return Ok(());
    }
    Err(ApiError::new(
        "InvalidParameterValue",
        format!(
            "Value ({description}) for parameter GroupDescription is invalid. Character sets \
             beyond ASCII are not supported."
        ),
    ))
}
