//! Points in time, as Kubernetes keeps them.

/// Seconds since 1970-01-01T00:00:00Z. Kubernetes timestamps have one-second resolution.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(pub i64);
