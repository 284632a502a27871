//! Between messages and domain types.
//!
//! `From<&model::T>` writes; `TryFrom<types::T>` reads, with a [`ConvertError`] that names the field.

pub(crate) use call::position;
pub use error::ConvertError;

mod call;
mod codec;
mod config;
mod desired;
mod elb;
mod error;
mod health;
mod judgement;
mod key;
mod listener;
mod listing;
mod precedence;
mod report;
mod resolved;
mod resource;
mod route;
mod status;
mod view;
mod workload;

#[cfg(test)]
mod tests;
