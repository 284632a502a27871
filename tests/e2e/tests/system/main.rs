//! Real programs, real files, real sockets.
#![cfg(test)]

mod address;
mod bad_input;
mod bad_start;
mod collector;
mod edits;
mod examples;
mod faults;
mod five;
mod kills;
mod process;
mod quiet;
mod sandbox;
mod scratch;
mod seen;
mod status;
mod stops;
mod system;
mod teams;
mod web;

/// For what must come to be on a busy machine.
const LONGEST: std::time::Duration = std::time::Duration::from_mins(1);

/// Looks until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    let end = tokio::time::Instant::now() + LONGEST;
    while !is_so().await {
        assert!(
            tokio::time::Instant::now() < end,
            "not within {LONGEST:?}: {what}"
        );
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
}
