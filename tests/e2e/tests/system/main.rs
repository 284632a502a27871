//! Real programs, real files, real sockets.
#![cfg(test)]

use tributary_tests_e2e::{address, metrics, process, sandbox, status, system, until, web};

mod admin;
mod away;
mod bad_input;
mod bad_start;
mod classes;
mod collector;
mod costs;
mod edits;
mod examples;
mod faults;
mod five;
mod hangs;
mod kills;
mod metrics_reference;
mod proxy;
mod quiet;
mod reachable;
mod scratch;
mod seen;
mod skew;
mod stops;
mod teams;
mod tour;
mod trust;
mod truth;
