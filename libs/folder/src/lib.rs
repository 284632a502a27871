//! A folder of manifests as a source of objects.
//!
//! ```text
//! scan: files, by path ──> document: JSON values ──> index: one version per object ──> SourceObjects
//!                                                      │ memory: first seen, generation, last good
//! ```
//!
//! **Knows:** where documents begin and end, which of two equal names counts, what was there before.
//! A file that breaks after it was good keeps its objects' last good version, and so does everything below what cannot
//! be read; only a file that a complete listing does not show is deleted (`index::gaps`).
//!
//! **Must not know:** what the objects mean (that is normalize's and the merge's business) or who wants
//! them. The watcher streams them; a programmer reads one Secret by name with [`secret::find`].

pub mod document;
pub mod index;
pub mod memory;
pub mod scan;
pub mod secret;
pub mod status;
pub mod watch;

pub use index::{Emptied, Folder, Reading};
