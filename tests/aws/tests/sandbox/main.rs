//! Plan, execute, observe, plan: against a sandbox over HTTP.
#![cfg(test)]

mod away;
mod calls;
mod changes;
mod crashes;
mod desired;
mod drift;
mod faults;
mod flights;
mod foreign;
mod health;
mod numbers;
mod order;
mod policy;
mod programmer;
mod reach;
mod settles;
mod tenants;
mod world;
