//! The list: a heading `## Kind` and a table for each kind.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

/// What becomes of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is done.
    Programmed,
    /// It is not done, and told.
    Refused,
    /// There is nothing to do for it.
    NoMeaning,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// A field, or with `.*` at the end every field below.
    pub field: String,
    /// What becomes of it.
    pub state: State,
}

/// Every row, by kind; and lines that look like rows and are none.
pub fn rows(list: &str) -> (BTreeMap<String, Vec<Row>>, Vec<String>) {
    let mut rows: BTreeMap<String, Vec<Row>> = BTreeMap::new();
    let mut bad = Vec::new();
    let mut kind = String::new();
    for line in list.lines() {
        if let Some(heading) = line.strip_prefix("## ") {
            heading.trim().clone_into(&mut kind);
        }
        let Some(cells) = line.strip_prefix("| `") else {
            continue;
        };
        match row(cells) {
            Some(row) => rows.entry(kind.clone()).or_default().push(row),
            None => bad.push(line.to_owned()),
        }
    }
    (rows, bad)
}

fn row(cells: &str) -> Option<Row> {
    let (field, rest) = cells.split_once("` | ")?;
    let (state, told) = rest.split_once(" | ")?;
    let state = match state.trim() {
        "programmed" => State::Programmed,
        "refused" => State::Refused,
        "no meaning" => State::NoMeaning,
        _ => return None,
    };
    // Every row says something: how it is done, where it is told, why it means nothing.
    let says = !told.trim_end_matches('|').trim().is_empty();
    says.then(|| Row {
        field: field.to_owned(),
        state,
    })
}

impl Row {
    /// Whether the row is about a field, unless another one says more about it.
    fn covers(&self, field: &str) -> bool {
        match self.field.strip_suffix(".*") {
            None => self.field == field,
            Some(above) => field
                .strip_prefix(above)
                .is_some_and(|below| below.starts_with(['.', '['])),
        }
    }
}

/// What is wrong with the rows of a kind, which has these fields.
pub fn differences(kind: &str, fields: &[String], rows: &[Row]) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for field in fields {
        match place(field, rows) {
            Some(place) => {
                used.insert(place);
            }
            None => wrong.push(format!("{kind} {field}: in no row")),
        }
    }
    let unused = rows
        .iter()
        .enumerate()
        .filter(|(place, _)| !used.contains(place));
    wrong.extend(unused.map(|(_, row)| format!("{kind} {}: a row of no field", row.field)));
    wrong
}

/// Of the rows that are about a field, its own, else the longest; of two alike the first.
fn place(field: &str, rows: &[Row]) -> Option<usize> {
    let about = rows.iter().enumerate().filter(|(_, row)| row.covers(field));
    let (place, _) = about.min_by_key(|(_, row)| (row.field != field, Reverse(row.field.len())))?;
    Some(place)
}

#[cfg(test)]
mod tests;
