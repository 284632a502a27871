//! The whole system through its real programs: folders in, status files and load balancers out.
//!
//! ```text
//!  folder ──> tributary up, or sandbox + five programs ──> status files ──┐
//!    ^                     ^        │                                     ├─ equal? ─ `up --once` from scratch
//!    └ edits               └ kills  └─> /_sandbox/state: what AWS holds ──┘
//! ```
//!
//! All tests are in `tests/system`, with an API server instead of the folders in `tests/kubernetes`, and with the clients
//! of `examples/clients` in `tests/clients`; here is what starts the programs and looks at what they leave, which the
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
pub mod certificates;
pub mod kubernetes;
pub mod manifests;
pub mod metrics;
pub mod process;
pub mod relay;
pub mod sandbox;
pub mod status;
pub mod system;
pub mod trust;
pub mod web;
pub mod wire;

use std::time::Duration;

use tokio::time::{interval, timeout};

/// For what must come to be on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);
/// Nobody tells that a file or a page of another process has changed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Looks until it is so.
pub async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let mut looks = interval(BETWEEN_LOOKS);
    let looking = async {
        while !is_so().await {
            looks.tick().await;
        }
    };
    assert!(
        timeout(LONGEST, looking).await.is_ok(),
        "not within {LONGEST:?}: {what}"
    );
}
