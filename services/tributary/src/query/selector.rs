//! `-l`: which of many, in kubectl's words for labels. The merger knows no labels, so a key is a field of `-o json`:
//! `state=Conflicted`, `owner.namespace in (green,blue)`, `!hostname`.

use std::str::FromStr;

use serde_json::Value;

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

    /// Keys of which no document has a value: a label's name, most likely.
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
        let failed = |reason: String| SelectorError {
            text: text.to_owned(),
            reason,
        };
        let requirements = split(text).into_iter().map(requirement);
        let requirements = requirements.collect::<Result<_, _>>().map_err(failed)?;
        Ok(Self(requirements))
    }
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

fn requirement(text: &str) -> Result<Requirement, String> {
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
    let path: Path = key
        .parse()
        .map_err(|_| format!("expected KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY or !KEY, with a field of -o json as KEY, not \"{text}\""))?;
    Ok(Requirement {
        key: key.to_owned(),
        path,
        is,
    })
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
