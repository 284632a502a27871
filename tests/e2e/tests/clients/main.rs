//! The clients of examples/clients, in Rust, Go and Python, against real services with TLS: what they tell is so, and is
//! the same. `just clients` builds them.
#![cfg(test)]

mod client;
mod document;
mod listing;
mod token;
mod watching;
mod world;
