//! What we read and write, against a real API server.
#![cfg(test)]

mod lease;
mod shards;
