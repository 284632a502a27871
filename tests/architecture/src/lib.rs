//! The invariants of the design, checked by looking at the workspace.
//!
//! What can be seen in `cargo metadata`, in the manifests, in the sources and in the contracts is checked here, and the
//! build fails when it is broken; what can only be seen by running (order of arrival, idempotence) is a property test
//! elsewhere.
//!
//! ```text
//!  cargo metadata ─┐                      ┌─> dependencies   who may reach what
//!  manifests      ─┼─ read ─> facts ──────┼─> purity         what pure code may name, and that it cannot fail
//!  sources (syn)  ─┤                      ├─> layers         which module imports which
//!                  │                      ├─> layout         names, sizes, docs, files that nothing lists
//!  contracts      ─┘                      ├─> testing        no sleeps, nothing ignored, nothing left to do
//!                                         ├─> contracts      what never travels, what is decided in one place
//!                                         ├─> documents      pages that the program's texts name, and files that pages name
//!                                         └─> vocabulary     words that were given up
//! ```
//!
//! Every check is a function from facts to the sentences that say what is broken; no sentence, no fault. [`mod@read`] is the
//! only module that touches the disk or starts a program, so that each check is itself tested with a workspace that
//! breaks it. This crate knows names of packages and paths; it must know nothing of what the code means.
//!
//! The types of clippy.toml catch more (they see through aliases) but only what is listed type by type; here whole
//! modules and dependency trees are refused. The two overlap on purpose.

pub mod contracts;
pub mod dependencies;
pub mod documents;
pub mod facts;
pub mod layers;
pub mod layout;
pub mod purity;
pub mod read;
pub mod syntax;
pub mod testing;
pub mod vocabulary;

mod modules;
