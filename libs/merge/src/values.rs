//! What the layers remember and hand on. Values only: nothing here imports another layer.

pub(crate) mod facts;
pub(crate) mod host_map;
pub(crate) mod order;
pub(crate) mod target_group;
pub(crate) mod wire;
pub(crate) mod words;
