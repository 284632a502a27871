//! Real servers and clients, inside the process and over loopback TCP, with kills in between.

// clippy.toml allows these in tests, by which it means functions marked so: all of this is a test.
#![allow(clippy::unwrap_used, clippy::panic)]

mod hanging;
mod reports;
mod service;
mod traces;
mod watching;
