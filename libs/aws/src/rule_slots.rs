//! Room for rules in the security groups of targets.
//!
//! A group has 60 rules for all load balancers, and each plan is made from a look of its own: many that begin at once all see an empty
//! group. So who adds a rule takes its place first, beside those that are on their way and that his look cannot have shown.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

#[cfg(test)]
mod tests;

/// AWS's default quota of rules of a security group, for each family of addresses.
const QUOTA: usize = 60;

/// Places that were taken in this process, by group.
#[derive(Debug, Default)]
pub(crate) struct RuleSlots(Mutex<BTreeMap<String, TakenSlots>>);

#[derive(Debug, Default)]
struct TakenSlots {
    on_their_way: usize,
    /// When calls ended; those before a look are in it.
    ended: Vec<Instant>,
}

/// A place for one rule, until its call has ended.
#[derive(Debug)]
pub(crate) struct RuleSlot<'a> {
    slots: &'a RuleSlots,
    group: String,
}

impl RuleSlots {
    /// A place, if so many rules are left besides. `seen` rules were there in a look that began then.
    pub(crate) fn take(
        &self,
        group: &str,
        seen: usize,
        looked: Instant,
        spare: usize,
    ) -> Option<RuleSlot<'_>> {
        let mut groups = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let places = groups.entry(group.to_owned()).or_default();
        let unseen = places
            .ended
            .iter()
            .filter(|ended| **ended >= looked)
            .count();
        let taken = seen + unseen + places.on_their_way;
        if spare > 0 && taken + 1 + spare > QUOTA {
            return None;
        }
        places.on_their_way += 1;
        drop(groups);
        Some(RuleSlot {
            slots: self,
            group: group.to_owned(),
        })
    }
}

impl Drop for RuleSlot<'_> {
    fn drop(&mut self) {
        let slots = &self.slots.0;
        let mut groups = slots.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(places) = groups.get_mut(&self.group) {
            places.on_their_way = places.on_their_way.saturating_sub(1);
            places.ended.push(Instant::now());
            // Looks that began before these are over.
            let surplus = places.ended.len().saturating_sub(QUOTA);
            places.ended.drain(..surplus);
        }
    }
}
