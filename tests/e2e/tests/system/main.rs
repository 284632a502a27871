//! Real programs, real files, real sockets.
#![cfg(test)]

mod address;
mod edits;
mod examples;
mod faults;
mod five;
mod kills;
mod process;
mod quiet;
mod sandbox;
mod scratch;
mod status;
mod stops;
mod system;
mod teams;
mod unreadable;
