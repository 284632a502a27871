//! Collections that are updated in place, so that one change costs its part of them.

pub(crate) mod conflicts;
pub(crate) mod port;
pub(crate) mod uses;
