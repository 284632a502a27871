//! The fixtures by what they promise: a real API server, and a node that is played.
#![cfg(test)]

mod ends;
mod kinds;
mod rights;
mod workloads;
