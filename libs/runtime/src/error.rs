//! Errors of anybody, and how they are shown.

use std::error::Error;

/// An error of whatever type, as tasks and services return them.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// An error and what caused it, on one line: `outer: middle: inner`.
///
/// Our errors do not repeat their source in `Display`. Some of others do: what the line says already is not said again.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !line.contains(&said) {
            line.push_str(": ");
            line.push_str(&said);
        }
        source = cause.source();
    }
    line
}
