//! ReferenceGrants (rules backend-refs, certificate-grants). Judged before existence, which must not leak.

use std::sync::Arc;

use tributary_model::key::GATEWAY_GROUP;
use tributary_model::workload::GrantFrom;
use tributary_model::{Kind, Name, ObjectKey};

use crate::read::reader::Reader;

/// Who refers: kind and namespace. Grants are inherited in neither direction: a ListenerSet's reference
/// needs a grant for ListenerSets, whatever its Gateway was granted, and the other way round.
#[derive(Clone, Copy)]
pub(crate) struct Referrer<'a> {
    pub(crate) kind: Kind,
    pub(crate) namespace: &'a Name,
}

/// Whether the reference is allowed: same namespace, or a grant in the target's.
pub(crate) fn permits(
    reader: &mut Reader<'_>,
    referrer: Referrer<'_>,
    group: &str,
    kind: &str,
    target: &ObjectKey,
) -> bool {
    if *referrer.namespace == target.namespace {
        return true;
    }
    let from = GrantFrom {
        group: GATEWAY_GROUP.to_owned(),
        kind: referrer.kind.as_str().to_owned(),
        namespace: Arc::clone(referrer.namespace),
    };
    reader
        .grants(&target.namespace)
        .any(|grant| grant.permits(&from, group, kind, target))
}
