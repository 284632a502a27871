//! `metadata.labels`, by which people select objects. No decision depends on them but where Gateway API says so, of
//! Namespaces, whose own are elsewhere.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

#[cfg(test)]
mod tests;

/// The labels of one object. Cheap to clone, and one text in memory, since there are as many as routes: 16 bytes and those of
/// the text, where a map of five takes a thousand.
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Labels(
    /// `key=value` lines, ordered by key; nothing where there are none.
    Option<Arc<str>>,
);

/// What is no label: Kubernetes allows neither `=` in a key nor a line end anywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoLabel {
    /// Of the first one.
    pub key: String,
}

impl Labels {
    /// The most that is carried of one object, in bytes of [`Labels::text`]. The longest label has 381, so these are 42 of them;
    /// each of an object's 64 listeners shows them all.
    pub const MOST_BYTES: usize = 16 * 1024;

    /// Of a map, as objects and messages have them.
    ///
    /// # Errors
    /// When one could not be told from its neighbours.
    pub fn of(labels: &BTreeMap<String, String>) -> Result<Self, NoLabel> {
        let is_none = |(key, value): &(&String, &String)| {
            key.is_empty() || key.contains(['=', '\n']) || value.contains('\n')
        };
        if let Some((key, _)) = labels.iter().find(is_none) {
            return Err(NoLabel { key: key.clone() });
        }
        let lines: Vec<String> = labels
            .iter()
            .map(|(key, value)| format!("{key}={value}"))
            .collect();
        Ok(Self((!lines.is_empty()).then(|| lines.join("\n").into())))
    }

    /// Ordered by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.text()
            .split('\n')
            .filter_map(|line| line.split_once('='))
    }

    /// The value of a key.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.iter()
            .find_map(|(own, value)| (own == key).then_some(value))
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// `key=value` lines, ordered by key.
    pub fn text(&self) -> &str {
        self.0.as_deref().unwrap_or_default()
    }

    /// As messages have them.
    pub fn to_map(&self) -> BTreeMap<String, String> {
        self.iter()
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect()
    }
}

impl fmt::Debug for Labels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_map().entries(self.iter()).finish()
    }
}
