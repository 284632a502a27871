//! The fixtures by what they promise: a real API server, and a node that is played.
#![cfg(test)]

mod dies;
mod kinds;
mod restarts;
mod rights;
mod workloads;
