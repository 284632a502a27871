//! The whole system through its real programs: folders in, status files and load balancers out.
//!
//! ```text
//!  folder ──> tributary up, or sandbox + five programs ──> status files ──┐
//!    ^                     ^        │                                     ├─ equal? ─ `up --once` from scratch
//!    └ edits               └ kills  └─> /_sandbox/state: what AWS holds ──┘
//! ```
//!
//! All tests are in `tests/system`. They start the programs that lie beside them in the target directory;
//! `TRIBUTARY_BIN_DIR` names another place. `cargo build --workspace --bins` makes them, and `just test` does
//! that first.
//!
//! **Knows:** command lines, manifests, status files, the sandbox's side door. **Must not know:** any library
//! of the project: what is promised to a person must hold without them.
