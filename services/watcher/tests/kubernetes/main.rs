//! The watcher against a real API server: what it shows equals a fresh list, whatever happens in between.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test ends where it meets what it did not expect"
)]

mod access;
mod breaks;
mod kinds;
mod objects;
mod other_controller;
mod seen;
