//! Decisions in words, for the platform team.

use tributary_model::ObjectRef;
use tributary_model::view::Explanation;

use crate::settle::Merge;

/// Explains an object, or one of its listeners.
pub(crate) fn explain(
    merge: &Merge,
    object: &ObjectRef,
    listener: Option<&str>,
) -> Vec<Explanation> {
    let _ = (merge, object, listener);
    Vec::new()
}
