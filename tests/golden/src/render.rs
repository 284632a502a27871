//! The output of the pipeline as short YAML: only what was decided, one line where one will do.

pub(crate) mod desired;
mod settings;
pub(crate) mod status;

use std::collections::BTreeMap;
use std::fmt::{Debug, Display};

use serde_json::{Map, Value};

/// A mapping that holds only what says something.
#[derive(Default)]
pub(crate) struct Fields(Map<String, Value>);

impl Fields {
    /// Leaves out null, empty text, empty lists and empty mappings.
    pub(crate) fn put(mut self, key: impl Display, value: impl Into<Value>) -> Self {
        let value = value.into();
        let is_silent = match &value {
            Value::Null => true,
            Value::String(text) => text.is_empty(),
            Value::Array(items) => items.is_empty(),
            Value::Object(fields) => fields.is_empty(),
            Value::Bool(_) | Value::Number(_) => false,
        };
        if !is_silent {
            self.0.insert(key.to_string(), value);
        }
        self
    }

    /// As [`Fields::put`], with the variant's or value's own name.
    pub(crate) fn put_name(self, key: impl Display, value: Option<impl Debug>) -> Self {
        self.put(key, value.map(|value| format!("{value:?}")))
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
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
