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

use std::time::Duration;

use tokio::time::{interval, timeout};

/// For what must come to be on a busy machine.
const LONGEST: Duration = Duration::from_mins(1);
/// Nobody tells that a file or a page of another process has changed.
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);

/// Looks until it is so.
async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
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
