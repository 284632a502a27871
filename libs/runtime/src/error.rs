//! Errors of anybody, and how they are shown.

use std::error::Error;
use std::fmt::Write as _;

/// An error of whatever type, as tasks and services return them.
pub type BoxError = Box<dyn Error + Send + Sync + 'static>;

/// An error and what caused it, on one line: `outer: middle: inner`.
///
/// Our errors do not repeat their source in `Display`, so the line says everything once.
pub fn chain(error: &(dyn Error + 'static)) -> String {
    let mut line = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        // Writing into a String cannot fail; the result carries nothing.
        if write!(line, ": {cause}").is_err() {
            break;
        }
        source = cause.source();
    }
    line
}
