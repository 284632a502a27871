//! `get --watch`: what is different each time.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::iter::repeat;
use std::time::Duration;

use serde_json::{Value, json};
use tonic::Code;
use tributary_runtime::Backoff;
use tributary_runtime::names::SecondsCounter;

use super::{Style, lines};
use crate::query::client::Client;
use crate::query::error::QueryError;
use crate::query::output::Output;
use crate::query::print::{Cell, Table, document, tell, text, written};

#[cfg(test)]
mod tests;

/// Between two looks: a person sees it at once, and a question of all listeners costs a merger some milliseconds.
const LOOK: Duration = Duration::from_secs(1);

/// While nobody answers.
const AGAIN: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(5),
};

/// Whether it is said what became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Events {
    Told,
    Hidden,
}

/// What was printed before.
pub(crate) struct Seen {
    events: Events,
    items: BTreeMap<String, Item>,
    /// Of the columns under the header; nothing before there is one.
    widths: Option<Vec<usize>>,
    is_new: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Item {
    row: Vec<Cell>,
    document: Value,
}

/// What is to be printed.
pub(crate) struct News {
    header: Vec<&'static str>,
    changes: Vec<(&'static str, Item)>,
}

/// Looks again and again, until it is told something that does not pass.
pub(super) async fn follow(
    client: &Client,
    seen: &mut Seen,
    out: &mut dyn Write,
    look: impl AsyncFn(&mut Seen, &mut dyn Write) -> Result<(), QueryError>,
) -> Result<(), QueryError> {
    // A command that lives for one question has no metrics port: nobody reads the counter.
    let mut delays = AGAIN.delays(SecondsCounter::default());
    let mut is_lost = false;
    loop {
        let delay = if is_lost { delays.next_delay() } else { LOOK };
        tokio::time::sleep(delay).await;
        match look(seen, out).await {
            Ok(()) if is_lost => {
                tell(&format!("{} answers again", client.server()));
                is_lost = false;
                delays.reset();
            }
            Ok(()) => {}
            Err(error) if passes(&error) => {
                if !is_lost {
                    tell(&format!("{error}; it is asked again"));
                }
                is_lost = true;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Whether a failure may be over in a moment.
fn passes(error: &QueryError) -> bool {
    match error {
        // Certificates are renewed, too.
        QueryError::Unreachable { .. }
        | QueryError::NotBelieved { .. }
        | QueryError::NotBelievedBy { .. }
        | QueryError::CutOff { .. }
        | QueryError::Hangs { .. }
        | QueryError::Slow { .. } => true,
        QueryError::Refused { code, .. } => matches!(
            code,
            Code::Unavailable | Code::ResourceExhausted | Code::Cancelled | Code::Internal
        ),
        QueryError::Address(_)
        | QueryError::Plain { .. }
        | QueryError::TokenAlone
        | QueryError::Unreadable { .. }
        | QueryError::Tls(_)
        | QueryError::Reach(_)
        | QueryError::Token { .. }
        | QueryError::Name(_)
        | QueryError::NotFound { .. }
        | QueryError::NoListener { .. }
        | QueryError::Unlabelled
        | QueryError::LabelsIgnored { .. }
        | QueryError::Format { .. }
        | QueryError::Write(_) => false,
    }
}

impl Seen {
    pub(crate) fn new(events: Events) -> Self {
        Self {
            events,
            items: BTreeMap::new(),
            widths: None,
            is_new: true,
        }
    }

    /// Whether nothing was looked at yet.
    pub(crate) fn is_new(&self) -> bool {
        self.is_new
    }

    /// What is different from the last time: what is there now in its order, then what is gone.
    pub(crate) fn news(&mut self, table: &Table, documents: Vec<Value>) -> News {
        self.is_new = false;
        let Table { header, rows } = table;
        let mut changes = Vec::new();
        let mut there = BTreeSet::new();
        for (row, document) in rows.iter().zip(documents) {
            let name = identity(&document);
            let item = Item {
                row: row.clone(),
                document,
            };
            there.insert(name.clone());
            let before = self.items.get(&name);
            let event = match before {
                Some(before) if *before == item => continue,
                Some(_) => "MODIFIED",
                None => "ADDED",
            };
            changes.push((event, item.clone()));
            self.items.insert(name, item);
        }
        let gone: Vec<String> = self.items.keys().cloned().collect();
        for name in gone {
            if !there.contains(&name)
                && let Some(item) = self.items.remove(&name)
            {
                changes.push(("DELETED", item));
            }
        }
        News {
            header: header.clone(),
            changes,
        }
    }

    /// One after the other, as kubectl does.
    pub(super) fn print(
        &mut self,
        out: &mut dyn Write,
        style: Style<'_>,
        news: News,
    ) -> Result<(), QueryError> {
        let News { header, changes } = news;
        if changes.is_empty() {
            return Ok(());
        }
        let columns = match style {
            Style::Of(Output::Table | Output::Wide) => None,
            Style::Columns(columns) => Some(columns),
            Style::Of(output @ (Output::Yaml | Output::Json)) => {
                for (
                    event,
                    Item {
                        row: _,
                        document: of,
                    },
                ) in changes
                {
                    if output == Output::Yaml {
                        written(out, "---\n")?;
                    }
                    match self.events {
                        Events::Told => {
                            document(out, output, &json!({"type": event, "object": of}))?;
                        }
                        Events::Hidden => document(out, output, &of)?,
                    }
                }
                return Ok(());
            }
            Style::Line(template) | Style::Filled(template) => {
                for (_, Item { row: _, document }) in changes {
                    written(out, &format!("{}\n", template.fill(&document)))?;
                }
                return Ok(());
            }
        };
        let with_event = |event: &'static str, row: Vec<Cell>| match self.events {
            Events::Told => [vec![Cell::from(event)], row].concat(),
            Events::Hidden => row,
        };
        let header = match columns {
            Some(columns) => columns.header(),
            None => header.into_iter().map(Cell::from).collect(),
        };
        let header = with_event("EVENT", header);
        let mut rows = Vec::new();
        if self.widths.is_none() {
            rows.push(header.clone());
        }
        for (event, Item { row, document }) in changes {
            let row = columns.map_or(row, |columns| columns.row(&document));
            rows.push(with_event(event, row));
        }
        let table = Table {
            header: vec![""; header.len()],
            rows,
        };
        let least = match (&self.widths, self.events) {
            (Some(widths), _) => widths.clone(),
            (None, Events::Told) => vec!["MODIFIED".len()],
            (None, Events::Hidden) => Vec::new(),
        };
        let shown = table.rows_under(&least);
        let widths = table
            .widths()
            .into_iter()
            .zip(least.into_iter().chain(repeat(0)));
        self.widths
            .get_or_insert_with(|| widths.map(|(own, least)| own.max(least)).collect());
        text(out, &lines(&shown))
    }
}

/// What makes it the same item: who it is of, and its name.
fn identity(document: &Value) -> String {
    let parts = ["kind", "metadata", "owner", "listener", "type", "gateway"];
    let parts = parts.map(|part| match (part, &document[part]) {
        // Of its metadata the generation changes.
        ("metadata", metadata) => json!([metadata["namespace"], metadata["name"]]),
        (_, value) => value.clone(),
    });
    json!(parts).to_string()
}
