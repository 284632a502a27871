//! Paths: as conditions, and as what redirects and rewrites make of them.

use tributary_model::desired::{Patterns, RuleCondition, RuleTransform};
use tributary_model::route::{Comparison, PathMatch, PathModifier};

use super::patterns::{MAX_VALUE_LENGTH, check_regex, escape};

/// The condition for a path; nothing for one that every path satisfies.
pub(super) fn condition(path: &PathMatch) -> Result<Option<RuleCondition>, String> {
    let patterns = match path {
        PathMatch::Exact(path) if is_plain(path) => Patterns::Wildcard(vec![path.clone()]),
        PathMatch::Exact(path) => Patterns::Regex(vec![format!("^{}$", escape(path))]),
        PathMatch::Prefix(path) => {
            let prefix = path.trim_end_matches('/');
            if prefix.is_empty() {
                return Ok(None);
            }
            if is_plain(prefix) {
                // Whole elements: `/a/*` alone would miss `/a`, and `/a*` would catch `/ab`.
                Patterns::Wildcard(vec![prefix.to_owned(), format!("{prefix}/*")])
            } else {
                Patterns::Regex(vec![format!("^{}(/.*)?$", escape(prefix))])
            }
        }
        PathMatch::Regex(pattern) => {
            check_regex(pattern)?;
            Patterns::Regex(vec![pattern.clone()])
        }
        PathMatch::Grpc {
            service,
            method,
            comparison,
        } => match grpc(service.as_deref(), method.as_deref(), *comparison)? {
            Some(patterns) => patterns,
            None => return Ok(None),
        },
    };
    let (Patterns::Wildcard(values) | Patterns::Regex(values)) = &patterns;
    if values
        .iter()
        .any(|value| value.chars().count() > MAX_VALUE_LENGTH)
    {
        return Err(format!(
            "an ELB compares paths of at most {MAX_VALUE_LENGTH} characters"
        ));
    }
    Ok(Some(RuleCondition::PathPattern(patterns)))
}

/// A gRPC call is a POST to `/service/method`.
fn grpc(
    service: Option<&str>,
    method: Option<&str>,
    comparison: Comparison,
) -> Result<Option<Patterns>, String> {
    if service.is_none() && method.is_none() {
        return Ok(None);
    }
    Ok(Some(match comparison {
        Comparison::Exact => Patterns::Wildcard(vec![format!(
            "/{}/{}",
            service.unwrap_or("*"),
            method.unwrap_or("*")
        )]),
        Comparison::Regex => {
            for pattern in service.iter().chain(&method) {
                check_regex(pattern)?;
            }
            let any = "[^/]+";
            Patterns::Regex(vec![format!(
                "^/({})/({})$",
                service.unwrap_or(any),
                method.unwrap_or(any)
            )])
        }
    }))
}

/// The path of a redirect, with ELB's placeholders; nothing keeps the request's.
pub(super) fn redirected(
    modifier: &PathModifier,
    matched: &PathMatch,
) -> Result<Option<String>, String> {
    match modifier {
        PathModifier::ReplaceFullPath(path) => literal_path(path).map(Some),
        PathModifier::ReplacePrefixMatch(replacement) => {
            let prefix = prefix_of(matched)?;
            let replacement = replacement.trim_end_matches('/');
            if prefix == replacement {
                return Ok(None);
            }
            if !prefix.is_empty() {
                return Err(
                    "an ELB redirect can keep or replace a whole path, or put something before it, \
                     but not cut a prefix off"
                        .to_owned(),
                );
            }
            // `#{path}` is the request's path without its leading slash.
            literal_path(&format!("{replacement}/")).map(|path| Some(format!("{path}#{{path}}")))
        }
    }
}

/// The transform that rewrites a path before it goes to the target.
pub(super) fn rewritten(
    modifier: &PathModifier,
    matched: &PathMatch,
) -> Result<Option<RuleTransform>, String> {
    let (regex, replace) = match modifier {
        // Up to the query, which is kept.
        PathModifier::ReplaceFullPath(path) => (r"^[^?]*".to_owned(), path.clone()),
        PathModifier::ReplacePrefixMatch(replacement) => {
            let prefix = prefix_of(matched)?;
            let replacement = replacement.trim_end_matches('/');
            if prefix == replacement {
                return Ok(None);
            }
            // The rule's condition holds already that the prefix ends at a path element, so the regex need
            // not say it. Without a replacement (or a prefix) the slash behind it must not be lost (doubled).
            if prefix.is_empty() {
                ("^/".to_owned(), format!("{replacement}/"))
            } else if replacement.is_empty() {
                (format!("^{}/?", escape(prefix)), "/".to_owned())
            } else {
                (format!("^{}", escape(prefix)), replacement.to_owned())
            }
        }
    };
    if replace.contains(['$', '\\']) {
        return Err(
            "a rewritten path with `$` or `\\` would be read as a pattern by an ELB".to_owned(),
        );
    }
    Ok(Some(RuleTransform::UrlRewrite { regex, replace }))
}

/// The prefix that a match names, without a trailing slash.
fn prefix_of(matched: &PathMatch) -> Result<&str, String> {
    match matched {
        PathMatch::Prefix(prefix) => Ok(prefix.trim_end_matches('/')),
        PathMatch::Exact(_) | PathMatch::Regex(_) | PathMatch::Grpc { .. } => {
            Err("ReplacePrefixMatch needs a match of type PathPrefix".to_owned())
        }
    }
}

/// A path for a redirect: `#{` would be read as a placeholder.
fn literal_path(path: &str) -> Result<String, String> {
    if path.contains("#{") {
        return Err(
            "a redirect's path with `#{` would be read as a placeholder by an ELB".to_owned(),
        );
    }
    if path.starts_with('/') {
        return Ok(path.to_owned());
    }
    Ok(format!("/{path}"))
}

/// Whether an ELB takes the path as a value that stands for it alone: of the characters that Gateway API admits it
/// refuses `%`, `!`, `(`, `)`, `,`, `;` and `=` (ELBv2 user guide, path conditions), and reads `*` as a pattern.
fn is_plain(path: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.$/~\"'@:+&".contains(&byte);
    path.bytes().all(plain)
}
