//! The order of a Gateway's listeners (rule precedence).

use std::cmp::Ordering;

use crate::key::ObjectKey;
use crate::time::Timestamp;

/// A listener's place among all of its Gateway: the Gateway's own in spec order, then those of sets by age,
/// then by the joined `namespace/name`. Lower is stronger.
///
/// A key and not a number, so that a listener that comes or goes changes no other listener's place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Precedence {
    /// Of its owner.
    pub class: PrecedenceClass,
    /// The Gateway or ListenerSet.
    pub owner: ObjectKey,
    /// Place in the owner's `spec.listeners`, 0 first.
    pub index: u32,
}

/// What an owner's listeners claim their place by, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PrecedenceClass {
    /// The Gateway's own, in spec order.
    Gateway,
    /// A set's, by age, then by `namespace/name`.
    ListenerSet {
        /// `metadata.creationTimestamp`.
        created: Timestamp,
    },
}

impl Ord for Precedence {
    fn cmp(&self, other: &Self) -> Ordering {
        let Self {
            class,
            owner,
            index,
        } = self;
        class
            .cmp(&other.class)
            .then_with(|| owner.joined_cmp(&other.owner))
            .then_with(|| index.cmp(&other.index))
    }
}

impl PartialOrd for Precedence {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests;
