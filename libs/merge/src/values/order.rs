//! Precedence (rule precedence). Gateway first, then sets by age, then by the joined `namespace/name`.

use std::cmp::Ordering;

use tributary_model::resolved::RivalClass;
use tributary_model::{ObjectKey, Precedence, PrecedenceClass, Timestamp};

/// A ListenerSet's place among its siblings, or a route's among routes; lower is stronger.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Age {
    pub(crate) created: Timestamp,
    pub(crate) key: ObjectKey,
}

impl Ord for Age {
    fn cmp(&self, other: &Self) -> Ordering {
        // As one string: `a-b/c` sorts before `a/z`. Names hold no `/`, so equal strings are equal keys.
        self.created
            .cmp(&other.created)
            .then_with(|| self.key.joined_cmp(&other.key))
    }
}

impl PartialOrd for Age {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// How a tenant may read its rival, given both places.
pub(crate) fn rival_class(own: &Precedence, rival: &Precedence) -> RivalClass {
    if own.class == rival.class && own.owner == rival.owner {
        return RivalClass::SameResource;
    }
    match rival.class {
        PrecedenceClass::Gateway => RivalClass::ParentGateway,
        PrecedenceClass::ListenerSet { .. } if rival.class < own.class => {
            RivalClass::OlderListenerSet
        }
        PrecedenceClass::ListenerSet { .. } => RivalClass::EarlierByName,
    }
}
