//! Programmers that share load balancers by Leases: a real API server, a real merger, the sandbox as AWS.
#![cfg(test)]

mod shares;
mod world;
