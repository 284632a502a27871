//! The status writer against a real API server, following a merger that this test plays.
#![cfg(test)]

mod counts;
mod ends;
mod events;
mod gates;
mod leads;
mod limits;
mod marks;
mod merger;
mod objects;
mod others;
mod rights;
mod system;
