//! Real servers and clients, inside the process and over loopback TCP, with kills in between.

mod reports;
mod service;
mod watching;
