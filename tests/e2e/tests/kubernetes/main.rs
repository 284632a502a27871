//! The five programs against a real API server, each with the account and the rights that deploy/ gives it.

#![expect(
    clippy::unwrap_used,
    reason = "a test ends where it meets what it did not expect"
)]

mod certificates;
mod crds;
mod deletion;
mod example;
mod expired;
mod gates;
mod kills;
mod leaders;
mod metrics;
mod other_controller;
mod people;
mod reachable;
mod rights;
mod secrets;
mod two_installations;
