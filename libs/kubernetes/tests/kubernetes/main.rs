//! What we read and write, against a real API server.
#![cfg(test)]

mod author;
mod clocks;
mod finalizer;
mod lease;
mod secret;
mod shards;
