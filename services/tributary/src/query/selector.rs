//! Which of many, in kubectl's words. `-l` is about the objects' own labels, and the merger selects by it; the keys of
//! `--field-selector` are fields of `-o json`: `state=Conflicted`, `owner.namespace in (green,blue)`, `!hostname`.
//!
//! The grammar: <https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors>. (kube writes
//! selectors and reads none.)

use std::str::FromStr;

use serde_json::Value;
use tributary_model::selector::{LabelOperator, LabelRequirement, LabelSelector};

use super::path::{Path, word};

#[cfg(test)]
mod tests;

/// All of its requirements are to be met.
#[derive(Clone, Debug)]
pub(crate) struct Selector(Vec<Requirement>);

#[derive(Clone, Debug)]
struct Requirement {
    key: String,
    path: Path,
    is: Is,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Is {
    There,
    Away,
    In(Vec<String>),
    /// Also where it is away, as in Kubernetes.
    NotIn(Vec<String>),
}

/// `-l`. Nothing at all selects everything, as kubectl has it.
pub(crate) fn labels(text: &str) -> Result<LabelSelector, SelectorError> {
    let mut selector = LabelSelector::default();
    if text.trim().is_empty() {
        return Ok(selector);
    }
    for (key, is) in requirements(text)? {
        let (operator, values) = match is {
            Is::There => (LabelOperator::Exists, Vec::new()),
            Is::Away => (LabelOperator::DoesNotExist, Vec::new()),
            Is::In(values) => (LabelOperator::In, values),
            Is::NotIn(values) => (LabelOperator::NotIn, values),
        };
        let failed = |reason: String| SelectorError {
            text: text.to_owned(),
            reason,
        };
        if !is_key(key) {
            return Err(failed(format!("\"{key}\" is no label's name")));
        }
        if let Some(value) = values.iter().find(|it| !it.is_empty() && !is_name(it)) {
            return Err(failed(format!("\"{value}\" is no label's value")));
        }
        selector.match_expressions.push(LabelRequirement {
            key: key.to_owned(),
            operator,
            values,
        });
    }
    Ok(selector)
}

/// `[PREFIX/]NAME`, the prefix a DNS subdomain.
fn is_key(key: &str) -> bool {
    let Some((prefix, name)) = key.split_once('/') else {
        return is_name(key);
    };
    let is_subdomain = prefix.split('.').all(|part| {
        let plain = |it: char| it.is_ascii_lowercase() || it.is_ascii_digit() || it == '-';
        is_name(part) && part.chars().all(plain)
    });
    prefix.len() <= 253 && is_subdomain && is_name(name)
}

/// Up to 63 letters, digits and `-_.`, of which none of these is at an end.
fn is_name(text: &str) -> bool {
    let is_end = |it: Option<char>| it.is_some_and(|it| it.is_ascii_alphanumeric());
    let is_inner = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    text.len() <= 63
        && is_end(text.chars().next())
        && is_end(text.chars().next_back())
        && text.chars().all(is_inner)
}

/// What is no selector.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{text}\" is no selector: {reason}")]
pub(crate) struct SelectorError {
    text: String,
    reason: String,
}

impl Selector {
    /// Whether it is one of those that are meant.
    pub(crate) fn selects(&self, document: &Value) -> bool {
        self.0.iter().all(|requirement| requirement.holds(document))
    }

    /// Keys of which no document has a value: a label's name, maybe.
    pub(crate) fn unknown<'a>(&'a self, documents: &[Value]) -> Vec<&'a str> {
        let mut unknown = Vec::new();
        for Requirement { key, path, is: _ } in &self.0 {
            if !documents
                .iter()
                .any(|document| !path.of(document).is_empty())
            {
                unknown.push(&key[..]);
            }
        }
        unknown
    }
}

impl Requirement {
    fn holds(&self, document: &Value) -> bool {
        let Self { key: _, path, is } = self;
        let found = path.of(document);
        let is_among = |values: &[String]| found.iter().any(|value| values.contains(&word(value)));
        match is {
            Is::There => !found.is_empty(),
            Is::Away => found.is_empty(),
            Is::In(values) => is_among(values),
            Is::NotIn(values) => !is_among(values),
        }
    }
}

impl FromStr for Selector {
    type Err = SelectorError;

    fn from_str(text: &str) -> Result<Self, SelectorError> {
        let by_path = requirements(text)?.into_iter().map(|(key, is)| {
            let path = key.parse().map_err(|_| SelectorError {
                text: text.to_owned(),
                reason: format!("\"{key}\" is no field of -o json"),
            })?;
            let key = key.to_owned();
            Ok(Requirement { key, path, is })
        });
        Ok(Self(by_path.collect::<Result<_, _>>()?))
    }
}

/// All of them are to be met.
fn requirements(text: &str) -> Result<Vec<(&str, Is)>, SelectorError> {
    let requirements = split(text).into_iter().map(requirement);
    requirements
        .collect::<Result<_, _>>()
        .map_err(|reason| SelectorError {
            text: text.to_owned(),
            reason,
        })
}

/// At commas outside of brackets.
fn split(text: &str) -> Vec<&str> {
    let mut depth = 0_i32;
    text.split(|character| {
        match character {
            '(' | '[' => depth += 1,
            ')' | ']' => depth -= 1,
            _ => {}
        }
        character == ',' && depth == 0
    })
    .collect()
}

fn requirement(text: &str) -> Result<(&str, Is), String> {
    let text = text.trim();
    let one = |value: &str| vec![value.trim().to_owned()];
    let (key, is) = if let Some(key) = text.strip_prefix('!') {
        (key, Is::Away)
    } else if let Some((key, value)) = text.split_once("!=") {
        (key, Is::NotIn(one(value)))
    } else if let Some((key, value)) = text.split_once("==").or(text.split_once('=')) {
        (key, Is::In(one(value)))
    } else if let Some((key, values)) = text.split_once(" notin ") {
        (key, Is::NotIn(set(values)?))
    } else if let Some((key, values)) = text.split_once(" in ") {
        (key, Is::In(set(values)?))
    } else {
        (text, Is::There)
    };
    let key = key.trim();
    if key.is_empty() || key.contains(char::is_whitespace) {
        return Err(format!(
            "expected KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY, not \"{text}\""
        ));
    }
    Ok((key, is))
}

/// `(A,B)`.
fn set(text: &str) -> Result<Vec<String>, String> {
    let inner = text
        .trim()
        .strip_prefix('(')
        .and_then(|it| it.strip_suffix(')'));
    let inner = inner.ok_or_else(|| format!("expected (A,B), not \"{text}\""))?;
    let values = inner.split(',').map(|value| value.trim().to_owned());
    Ok(values.collect())
}
