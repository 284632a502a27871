//! Real programs, real files, real sockets.
#![cfg(test)]

use tributary_tests_e2e::{address, process, sandbox, status, system};

mod costs;
mod edits;
mod examples;
mod faults;
mod five;
mod kills;
mod quiet;
mod scratch;
mod stops;
mod teams;
mod unreadable;
