//! What a person asks a running server: get, describe, explain, wait, and the live table of `up`.
//!
//! ```text
//! arguments ──> name (what is meant) ──> client, fetch (ListenersService) ──> model views
//!                                                                              │
//!               stdout <── print (table | yaml | json) <── rows, state <───────┘
//! ```
//!
//! **Knows:** the query contract and how its answers look on paper. **Must not know:** how anything is decided; words
//! for decisions come from the server.
//!
//! Data goes to the writer that is passed in, everything else to stderr. An error that these functions return has
//! been told to nobody yet: the caller prints `Error: {error:#}` and exits with 1.

mod choice;
mod client;
mod describe;
mod error;
mod everything;
mod explain;
mod fetch;
mod get;
mod health;
mod lines;
mod live;
mod name;
mod output;
mod path;
mod print;
mod reach;
mod refused;
mod rows;
mod selector;
mod shapes;
mod state;
mod wait;

pub(crate) use client::Client;
pub(crate) use describe::describe;
pub(crate) use everything::everything;
pub(crate) use explain::explain;
pub(crate) use get::get;
pub(crate) use health::health;
pub(crate) use lines::lines;
pub(crate) use live::live;
pub(crate) use output::{GetOutput, Output};
pub(crate) use path::{Path, PathError, Template};
pub(crate) use refused::{refusal, rejections};
pub(crate) use selector::{Selector, SelectorError, labels};
pub(crate) use wait::wait;

#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod tests;
