//! What `get` is asked for beside the kind: which items, in which order, in which form.

use std::cmp::Ordering;

use serde::Serialize;
use serde_json::{Value, json};

use super::error::QueryError;
use super::output::Columns;
use super::path::{Path, word};
use super::print::{Cell, Form, Table, tell};
use super::rows::NONE;
use super::selector::Selector;

#[cfg(test)]
mod tests;

/// Which, and in which order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Choice<'a> {
    pub(crate) selector: Option<&'a Selector>,
    pub(crate) sort_by: Option<&'a Path>,
}

/// Items with what `-o json` prints of each.
pub(crate) struct Chosen<T> {
    pub(crate) items: Vec<T>,
    pub(crate) documents: Vec<Value>,
}

impl Choice<'_> {
    /// Whether it leaves all as it is.
    pub(crate) fn is_everything(self) -> bool {
        self.selector.is_none() && self.sort_by.is_none()
    }

    /// Those that are meant, in the order that is meant.
    pub(crate) fn of<'a, T: Clone, S: Serialize>(
        self,
        items: &'a [T],
        shape: impl Fn(&'a T) -> S,
    ) -> Result<Chosen<T>, QueryError> {
        let Self { selector, sort_by } = self;
        let documents = items.iter().map(|item| serde_json::to_value(shape(item)));
        let documents = documents.collect::<Result<Vec<_>, _>>();
        let documents = documents.map_err(|error| QueryError::Format {
            format: "JSON",
            reason: error.to_string(),
        })?;
        if let Some(selector) = selector.filter(|_| !documents.is_empty()) {
            for key in selector.unknown(&documents) {
                tell(&format!(
                    "warning: nothing here has a field {key}: --field-selector goes by the fields of -o json, and -l by labels"
                ));
            }
        }
        let mut chosen: Vec<(T, Value)> = items.iter().cloned().zip(documents).collect();
        if let Some(selector) = selector {
            chosen.retain(|(_, document)| selector.selects(document));
        }
        if let Some(path) = sort_by {
            // Stable: what is equal stays as the server ordered it.
            chosen.sort_by(|(_, one), (_, other)| {
                in_order(path.of(one).first(), path.of(other).first())
            });
        }
        let (items, documents) = chosen.into_iter().unzip();
        Ok(Chosen { items, documents })
    }
}

/// What is not there first, then numbers by size and the rest by its text.
fn in_order(one: Option<&&Value>, other: Option<&&Value>) -> Ordering {
    match (one, other) {
        (Some(one), Some(other)) => match (one.as_f64(), other.as_f64()) {
            (Some(one), Some(other)) => one.total_cmp(&other),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => word(one).cmp(&word(other)),
        },
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// What a template is filled in from: as `-o json` prints it.
pub(crate) fn whole(form: Form, documents: &[Value]) -> Value {
    match (form, documents) {
        (Form::Single, [only]) => only.clone(),
        (Form::Single | Form::List, documents) => {
            json!({"apiVersion": "v1", "kind": "List", "items": documents})
        }
    }
}

impl Columns {
    pub(crate) fn header(&self) -> Vec<Cell> {
        self.0.iter().map(|(name, _)| Cell::from(&**name)).collect()
    }

    pub(crate) fn row(&self, document: &Value) -> Vec<Cell> {
        let cells = self.0.iter().map(|(_, path)| {
            let words: Vec<String> = path.of(document).into_iter().map(word).collect();
            match &words[..] {
                [] => Cell::from(NONE),
                words => Cell::from(words.join(",")),
            }
        });
        cells.collect()
    }

    /// With the header as the first row.
    pub(crate) fn table(&self, documents: &[Value]) -> Table {
        let rows = documents.iter().map(|document| self.row(document));
        Table {
            header: vec![""; self.0.len()],
            rows: [self.header()].into_iter().chain(rows).collect(),
        }
    }
}
