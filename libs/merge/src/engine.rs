//! The merge itself: what it remembers, what is dirty, and the waves that recompute it.

pub(crate) mod dirty;
pub(crate) mod gateway_state;
pub(crate) mod load_balancer;
pub(crate) mod merge;
pub(crate) mod propagate;
pub(crate) mod resolve;
