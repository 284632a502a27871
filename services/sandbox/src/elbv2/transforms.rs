//! Transforms of rules: rewriting the URL and the host before a request goes to a target.

use crate::error::ApiError;
use crate::resources::rules::{Rewrite, Rewrites, Transform, TransformKind};

use super::regexes;

/// Characters in a regular expression or replacement (`RewriteConfig`).
const MAX_TEXT: usize = 1024;

/// Transforms, if AWS accepts them: one of each kind at most.
pub(crate) fn checked(transforms: Vec<Transform>) -> Result<Vec<Transform>, ApiError> {
    for (index, transform) in transforms.iter().enumerate() {
        if transforms[..index]
            .iter()
            .any(|before| before.kind == transform.kind)
        {
            return Err(ApiError::validation(
                "A rule can only have one transform of each type",
            ));
        }
        let (own, other) = match transform.kind {
            TransformKind::HostHeaderRewrite => (
                &transform.host_header_rewrite_config,
                &transform.url_rewrite_config,
            ),
            TransformKind::UrlRewrite => (
                &transform.url_rewrite_config,
                &transform.host_header_rewrite_config,
            ),
        };
        if other.is_some() {
            return Err(ApiError::validation(
                "A transform has the configuration of another type of transform",
            ));
        }
        let Some(Rewrites { rewrites }) = own else {
            return Err(ApiError::validation(
                "A transform must have the configuration of its type",
            ));
        };
        let [Rewrite { regex, replace }] = rewrites.as_slice() else {
            return Err(ApiError::validation(
                "A transform must have exactly one rewrite",
            ));
        };
        if !(1..=MAX_TEXT).contains(&regex.chars().count()) || replace.chars().count() > MAX_TEXT {
            return Err(ApiError::validation(format!(
                "The regular expression and the replacement of a rewrite have at most \
                 {MAX_TEXT} characters"
            )));
        }
        regexes::check(regex)?;
    }
    Ok(transforms)
}
