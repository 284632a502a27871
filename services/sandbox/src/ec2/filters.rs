//! EC2's filters: every one must match, by any of its values; `*` and `?` are wildcards.

use serde::Deserialize;
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::operation::Answer;
use crate::page::page;
use crate::tags::Tags;

/// A filter of a describe call.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
pub(crate) struct Filter {
    name: String,
    #[serde(default, rename = "Value")]
    values: Vec<String>,
}

/// Whether a resource passes. `field` gives its values by filter name; a filter that it does not
/// know is refused, since to ignore it would show what was not asked for.
pub(crate) fn pass(
    filters: &[Filter],
    tags: &Tags,
    field: impl Fn(&str) -> Option<Vec<String>>,
) -> Result<bool, ApiError> {
    for Filter { name, values } in filters {
        let found = match name.as_str() {
            "tag-key" => tags.keys().cloned().collect(),
            "tag-value" => tags.values().cloned().collect(),
            name => match name.strip_prefix("tag:") {
                Some(key) => tags.get(key).cloned().into_iter().collect(),
                None => field(name).ok_or_else(|| {
                    ApiError::new(
                        "InvalidParameterValue",
                        format!("The filter '{name}' is invalid"),
                    )
                })?,
            },
        };
        let matched = values
            .iter()
            .any(|pattern| found.iter().any(|value| glob(pattern, value)));
        if !matched {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The answer of a describe call: one page of items sorted by key, with the token of the next.
/// Nothing is so large that it needs pages, but those who ask for pages get them.
pub(crate) fn paged(
    set: &str,
    items: Vec<(String, Value)>,
    max_results: Option<i64>,
    next_token: Option<&str>,
) -> Answer {
    let size = match max_results {
        None => usize::MAX,
        Some(size @ 5..=1000) => usize::try_from(size).unwrap_or(usize::MAX),
        Some(size) => {
            return Err(ApiError::new(
                "InvalidParameterValue",
                format!(
                    "Value ( {size} ) for parameter maxResults is invalid. Expecting a value \
                         between 5 and 1000."
                ),
            ));
        }
    };
    let page = page(items, next_token, size);
    Ok(json!({set: page.items, "nextToken": page.next}))
}

/// Matches `*` (any text) and `?` (one character).
fn glob(pattern: &str, text: &str) -> bool {
    let pattern: Vec<char> = pattern.chars().collect();
    let text: Vec<char> = text.chars().collect();
    let (mut at, mut seen) = (0, 0);
    // Where the last star was, and how much of the text it has swallowed.
    let mut star: Option<(usize, usize)> = None;
    while seen < text.len() {
        match pattern.get(at) {
            Some('*') => {
                star = Some((at, seen));
                at += 1;
            }
            Some(wanted) if *wanted == '?' || *wanted == text[seen] => {
                at += 1;
                seen += 1;
            }
            _ => match star {
                None => return false,
                Some((star_at, swallowed)) => {
                    star = Some((star_at, swallowed + 1));
                    at = star_at + 1;
                    seen = swallowed + 1;
                }
            },
        }
    }
    pattern[at..].iter().all(|rest| *rest == '*')
}
