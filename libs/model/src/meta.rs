//! `metadata` of an object.

use crate::key::ObjectKey;
use crate::time::Timestamp;

/// The part of `ObjectMeta` that decisions depend on.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Meta {
    /// Namespace and name.
    pub key: ObjectKey,
    /// `metadata.generation`; 1 where the source has none.
    pub generation: i64,
    /// `metadata.creationTimestamp`.
    pub created: Timestamp,
    /// `metadata.deletionTimestamp` is set: the object no longer contributes.
    pub deleting: bool,
}
