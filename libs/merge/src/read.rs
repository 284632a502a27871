//! The objects as they were read, and who read which of them.

pub(crate) mod dependencies;
pub(crate) mod input;
pub(crate) mod reader;
pub(crate) mod store;
