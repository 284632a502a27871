//! What plans are made from and what they consist of. Values only: nothing here imports another layer.

pub(crate) mod attributes;
pub mod defaults;
pub mod effect;
pub mod limits;
pub mod names;
pub mod observed;
pub mod op;
pub(crate) mod plan;
pub(crate) mod ports;
pub mod tags;
pub mod waits;
