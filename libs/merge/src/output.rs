//! What others ask of a merge: explanations, judgements, readiness gates.

pub(crate) mod explain;
pub(crate) mod gating;
pub mod judge;
