//! Goldens: a folder of YAML in, status and desired state out, one idea a folder.
//!
//! ```text
//!  cases/<idea>/rule.md        the idea: the rule it shows, with its section of the specification
//!              /input/*.yaml   what people wrote
//!              /written/       status files of an earlier run: what our status writer wrote
//!              /report.yaml    what the programmers say; without it: everything is served
//!              /status.yaml    expected: what each object's status becomes
//!              /desired.yaml   expected: what each load balancer should be
//!              /ops.txt        expected: what AWS is asked for to make that of nothing
//!              /before/*.yaml  what people had written; only where the idea is a change
//!              /change.txt     expected: what AWS is asked for to make of that what is desired
//! ```
//!
//! The pipeline is the real one without its services: folder, merge, judge, status, plan. `UPDATE_GOLDEN=1`
//! writes what comes out; a person then reads the difference against the rule. A golden that shows a wrong
//! result is a bug, not a golden.
//!
//! **Knows:** how the libraries follow one another. **Must not know:** what the right answer is.

mod operations;
mod pipeline;
mod render;
mod report;

use std::path::{Path, PathBuf};

use serde_json::Value;

/// What a case came to, as the text of its expected files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// `status.yaml`.
    pub status: String,
    /// `desired.yaml`.
    pub desired: String,
    /// `ops.txt`.
    pub operations: String,
    /// `change.txt`.
    pub change: Option<String>,
}

/// Why a case could not be run, or did not come out as expected.
#[derive(Debug, thiserror::Error)]
pub enum GoldenError {
    /// A file of the case could not be read or written.
    #[error("{}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The folder could not be read.
    #[error("input of {}", path.display())]
    Input {
        /// The case.
        path: PathBuf,
        /// Why.
        source: tributary_folder::memory::MemoryError,
    },
    /// `report.yaml` is not one.
    #[error("{}: {reason}", path.display())]
    Report {
        /// The file.
        path: PathBuf,
        /// Where and why.
        reason: String,
    },
    /// The outcome cannot be written as YAML.
    #[error("{}: {reason}", path.display())]
    Yaml {
        /// The case.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// The outcome is not the expected one.
    #[error("{} differs from what came out; `UPDATE_GOLDEN=1` writes it, then read the difference:\n{difference}", path.display())]
    Different {
        /// The expected file.
        path: PathBuf,
        /// Lines that are expected (-) and lines that came out (+).
        difference: String,
    },
}

/// Runs a case.
///
/// # Errors
/// When the case's own files cannot be read. What is wrong in its input is part of the outcome.
pub fn run(case: &Path) -> Result<Outcome, GoldenError> {
    let decided = pipeline::decide(case)?;
    let text = |value: &Value| {
        serde_saphyr::to_string(value).map_err(|error| GoldenError::Yaml {
            path: case.to_owned(),
            reason: error.to_string(),
        })
    };
    Ok(Outcome {
        status: text(&decided.status)?,
        desired: text(&decided.desired)?,
        operations: decided.operations,
        change: decided.change,
    })
}

/// Compares an outcome with the case's expected files.
///
/// # Errors
/// When they differ, or cannot be read.
pub fn check(case: &Path, outcome: &Outcome) -> Result<(), GoldenError> {
    for (path, text) in expected_files(case, outcome) {
        let expected = std::fs::read_to_string(&path).map_err(|source| GoldenError::File {
            path: path.clone(),
            source,
        })?;
        if expected != text {
            let difference = difference(&expected, text);
            return Err(GoldenError::Different { path, difference });
        }
    }
    Ok(())
}

/// Writes an outcome as the case's expected files.
///
/// # Errors
/// When they cannot be written.
pub fn write(case: &Path, outcome: &Outcome) -> Result<(), GoldenError> {
    for (path, text) in expected_files(case, outcome) {
        std::fs::write(&path, text).map_err(|source| GoldenError::File { path, source })?;
    }
    Ok(())
}

fn expected_files<'a>(case: &Path, outcome: &'a Outcome) -> Vec<(PathBuf, &'a str)> {
    let Outcome {
        status,
        desired,
        operations,
        change,
    } = outcome;
    let change = change.iter().map(|change| ("change.txt", change));
    [
        ("status.yaml", status),
        ("desired.yaml", desired),
        ("ops.txt", operations),
    ]
    .into_iter()
    .chain(change)
    .map(|(name, text)| (case.join(name), text.as_str()))
    .collect()
}

/// The lines between the first and the last that differ, with three before and after.
fn difference(expected: &str, actual: &str) -> String {
    let expected: Vec<&str> = expected.lines().collect();
    let actual: Vec<&str> = actual.lines().collect();
    let same_before = expected
        .iter()
        .zip(&actual)
        .take_while(|(one, other)| one == other)
        .count();
    let shorter = expected.len().min(actual.len()) - same_before;
    let from_end = expected.iter().rev().zip(actual.iter().rev());
    let same_after = from_end
        .take_while(|(one, other)| one == other)
        .count()
        .min(shorter);
    let context = &expected[same_before.saturating_sub(CONTEXT)..same_before];
    let end = expected.len() - same_after;
    let after = &expected[end..(end + CONTEXT).min(expected.len())];
    let marked = |mark: &'static str, lines: &[&str]| -> String {
        lines.iter().flat_map(|line| [mark, *line, "\n"]).collect()
    };
    [
        marked(" ", context),
        marked("-", &expected[same_before..end]),
        marked("+", &actual[same_before..actual.len() - same_after]),
        marked(" ", after),
    ]
    .concat()
}

const CONTEXT: usize = 3;

#[cfg(test)]
mod tests;
