//! What the whole system costs, measured from outside on its real programs: `just bench system`.
//!
//! ```text
//!  worlds as files ──> sandbox + five programs ──> status files: when they say Programmed
//!       ^ edits               │          └───────> /proc: memory
//!                             └─> call log: how many calls, and when the last one was answered
//! ```
//!
//! **Knows:** what `tests/e2e` knows, the sizes of `tributary_testkit::worlds`, and the contracts. **Must not know:** how anything
//! is done. Figures are printed, never asserted: a busy machine is no bug. The numbers of AWS calls are asserted, by
//! `tests/e2e`.

#![expect(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "all of it is for benchmarks, which end where they meet what they did not expect"
)]

mod alone;
mod beside;
pub mod changes;
pub mod cluster;
pub mod figures;
pub mod first;
pub mod flood;
pub mod memory;
pub mod objects;
pub mod once;
mod process;
pub mod scale;
pub mod tenants;
pub mod waiting;

use tributary_testkit::worlds::Size;
use tributary_tests_e2e::manifests::World;

/// A world of this size, to be written as files.
pub fn world(size: Size) -> World {
    let Size {
        gateways,
        sets,
        routes,
    } = size;
    World {
        gateways,
        sets,
        routes,
    }
}
