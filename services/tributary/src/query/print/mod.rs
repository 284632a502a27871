//! Answers on paper: a table for people, YAML and JSON for programs.

mod progress;
pub(crate) mod table;

use std::io::{self, Write};

use anstream::{AutoStream, ColorChoice};
use serde::Serialize;

use super::error::QueryError;
use super::output::Output;

pub(crate) use progress::Progress;
pub(crate) use table::{Cell, Table, Tone};

/// How much a table shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What fits a screen.
    Usual,
    /// Reasons, ARNs and order too.
    Wide,
}

/// Whether a list may come out as its only item, as kubectl prints what was asked for by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// Always `kind: List`.
    List,
    /// Without a list around it if there is exactly one.
    Single,
}

/// `kind: List`, as kubectl prints several objects.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct List<'a, T> {
    api_version: &'static str,
    kind: &'static str,
    items: &'a [T],
}

/// Prints items in the form that was asked for. No table at all is printed of nothing.
pub(crate) fn print<'a, T, S: Serialize>(
    out: &mut dyn Write,
    output: Output,
    form: Form,
    items: &'a [T],
    table: impl Fn(&[T], Detail) -> Table,
    shape: impl Fn(&'a T) -> S,
) -> Result<(), QueryError> {
    let detail = match output {
        Output::Table => Detail::Usual,
        Output::Wide => Detail::Wide,
        Output::Yaml | Output::Json => return document_of(out, output, form, items, shape),
    };
    if items.is_empty() {
        return Ok(());
    }
    text(out, &table(items, detail).text())
}

/// Prints items for programs.
pub(crate) fn document_of<'a, T, S: Serialize>(
    out: &mut dyn Write,
    output: Output,
    form: Form,
    items: &'a [T],
    shape: impl Fn(&'a T) -> S,
) -> Result<(), QueryError> {
    let shapes: Vec<S> = items.iter().map(shape).collect();
    if let (Form::Single, [only]) = (form, &shapes[..]) {
        return document(out, output, only);
    }
    let list = List {
        api_version: "v1",
        kind: "List",
        items: &shapes,
    };
    document(out, output, &list)
}

/// YAML or JSON, ended by a line end.
pub(crate) fn document(
    out: &mut dyn Write,
    output: Output,
    document: &impl Serialize,
) -> Result<(), QueryError> {
    let mut text = match output {
        Output::Yaml => serde_saphyr::to_string(document).map_err(|error| QueryError::Format {
            format: "YAML",
            reason: error.to_string(),
        })?,
        Output::Json | Output::Table | Output::Wide => serde_json::to_string_pretty(document)
            .map_err(|error| QueryError::Format {
                format: "JSON",
                reason: error.to_string(),
            })?,
    };
    if !text.ends_with('\n') {
        text.push('\n');
    }
    written(out, &text)
}

/// Writes text for people: coloured if stdout is a terminal and nothing (NO_COLOR, TERM=dumb) speaks against it.
pub(crate) fn text(out: &mut dyn Write, styled: &str) -> Result<(), QueryError> {
    written(out, &for_stdout(styled))
}

/// Styled text as stdout should get it.
pub(crate) fn for_stdout(styled: &str) -> String {
    match AutoStream::choice(&io::stdout()) {
        ColorChoice::Never => anstream::adapter::strip_str(styled).to_string(),
        ColorChoice::Auto | ColorChoice::Always | ColorChoice::AlwaysAnsi => styled.to_owned(),
    }
}

/// A line for the person, on stderr.
pub(crate) fn tell(line: &str) {
    // Nobody is left to be told that stderr is closed; unlike eprintln, this does not panic over it.
    writeln!(io::stderr(), "{line}").unwrap_or_default();
}

/// A reader that has read enough (`| head`) is no error.
pub(crate) fn written(out: &mut dyn Write, text: &str) -> Result<(), QueryError> {
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(QueryError::Write),
    }
}

#[cfg(test)]
mod tests;
