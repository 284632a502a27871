//! What a start does not remove although nobody wants it: when the source wants none of the load balancers that are found, it is
//! more likely the wrong source (another folder, another cluster's name) than that all were deleted while nothing ran.
//!
//! A Gateway that waits for its finalizer, and a deletion that the merger tells, say more than absence: neither is asked here.

use std::collections::BTreeSet;

use tributary_model::desired::LoadBalancerKey;

/// Whether a source is believed that wants nothing of what is found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnwantedAll {
    /// It is not: all of it stays until the next start.
    #[default]
    Spare,
    /// It is (`--allow-removing-all`).
    Remove,
}

/// Load balancers that the first search found, if none of them was wanted.
#[derive(Debug)]
pub(crate) struct Spared {
    unwanted_all: UnwantedAll,
    has_judged: bool,
    keys: BTreeSet<LoadBalancerKey>,
}

impl Spared {
    pub(crate) fn new(unwanted_all: UnwantedAll) -> Self {
        Self {
            unwanted_all,
            has_judged: false,
            keys: BTreeSet::new(),
        }
    }

    /// Looks at what a search found: only the first one after the start is judged. Returns whether something is spared
    /// from now on.
    pub(crate) fn judge(
        &mut self,
        found: &BTreeSet<LoadBalancerKey>,
        is_wanted: impl Fn(&LoadBalancerKey) -> bool,
    ) -> bool {
        if std::mem::replace(&mut self.has_judged, true) {
            return false;
        }
        match self.unwanted_all {
            UnwantedAll::Remove => {}
            UnwantedAll::Spare if found.iter().any(is_wanted) => {}
            UnwantedAll::Spare => self.keys.clone_from(found),
        }
        !self.keys.is_empty()
    }

    pub(crate) fn includes(&self, key: &LoadBalancerKey) -> bool {
        self.keys.contains(key)
    }

    /// Somebody wants it: what becomes of it from now on is the source's word.
    pub(crate) fn wanted(&mut self, key: &LoadBalancerKey) {
        self.keys.remove(key);
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &LoadBalancerKey> {
        self.keys.iter()
    }
}

#[cfg(test)]
mod tests;
