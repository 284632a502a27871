//! docs/reference/fields.md, held against the schemas and against what is told.
//!
//! ```text
//!  CRDs ──> schema: every field ──┐
//!                                 ├──> each field in one row, each row for a field
//!  fields.md ──> rows ────────────┤
//!                                 └──> each row that says refused: its cases
//!  cases/<Kind>.yaml: a value for the field ──> world ──> normalize, merge, plan, status ──> the condition that says so
//! ```
//!
//! **Knows:** how a row is written, and how the libraries follow one another. **Must not know:** which field is refused.

pub mod case;
pub mod rows;
pub mod schema;
pub mod world;

use std::path::Path;

use serde_json::Value;

/// A file of this crate, or of the repository by `../..`.
///
/// # Panics
/// When it cannot be read, as a test should.
pub fn text(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    std::fs::read_to_string(&path)
        .unwrap_or_else(|error| unreachable!("{}: {error}", path.display()))
}

/// YAML of one document.
///
/// # Panics
/// When it is none, as a test should.
pub fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap_or_else(|error| unreachable!("{error}"))
}
