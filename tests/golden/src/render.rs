//! The output of the pipeline as short YAML: only what was decided, one line where one will do.

pub(crate) mod desired;
pub(crate) mod status;

use std::collections::BTreeMap;
use std::fmt::Display;

use serde::Serialize;
use serde_json::{Map, Value};

/// A mapping that holds only what says something.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Leaves out null, empty text, empty lists and empty mappings.
    pub(crate) fn put(mut self, key: impl Display, value: impl Into<Value>) -> Self {
        let value = value.into();
        if !is_silent(&value) {
            self.0.insert(key.to_string(), value);
        }
        self
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
    }
}

fn is_silent(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// All of a value's fields that say something.
pub(crate) fn whole(value: &impl Serialize) -> Value {
    // A golden shows what has no JSON.
    serde_json::to_value(value).map_or_else(|error| error.to_string().into(), said)
}

fn said(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .fold(Fields::default(), |it, (key, value)| {
                it.put(key, said(value))
            })
            .into(),
        Value::Array(items) => items.into_iter().map(said).collect(),
        other => other,
    }
}

/// A list of texts.
pub(crate) fn texts<T: Display>(items: impl IntoIterator<Item = T>) -> Value {
    items
        .into_iter()
        .map(|item| Value::String(item.to_string()))
        .collect()
}

/// Attributes and tags.
pub(crate) fn pairs(pairs: &BTreeMap<String, String>) -> Fields {
    pairs
        .iter()
        .fold(Fields::default(), |fields, (key, value)| {
            fields.put(key, value.clone())
        })
}
