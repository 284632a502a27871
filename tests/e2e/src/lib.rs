//! The whole system through its real programs: folders in, status files and load balancers out.
//!
//! ```text
//!  folder ──> tributary up, or sandbox + five programs ──> status files ──┐
//!    ^                     ^        │                                     ├─ equal? ─ `up --once` from scratch
//!    └ edits               └ kills  └─> /_sandbox/state: what AWS holds ──┘
//! ```
//!
//! All tests are in `tests/system`; here is what starts the programs and looks at what they leave, which the
//! benchmarks of `tests/bench` use too. Programs are those that lie beside the test in the target directory;
//! `TRIBUTARY_BIN_DIR` names another place. `cargo build --workspace --bins` makes them, and `just test` does
//! that first.
//!
//! **Knows:** command lines, manifests, status files, the sandbox's side door. **Must not know:** any library
//! of the project: what is promised to a person must hold without them.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "all of it is for tests, which end where they meet what they did not expect"
)]

pub mod address;
pub mod manifests;
pub mod process;
pub mod sandbox;
pub mod status;
pub mod system;
pub mod web;

/// For what must come to be on a busy machine.
const LONGEST: std::time::Duration = std::time::Duration::from_mins(1);

/// Looks until it is so.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = tokio::time::Instant::now() + LONGEST;
    while !is_so().await {
        assert!(
            tokio::time::Instant::now() < end,
            "not within {LONGEST:?}: {what}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
