//! Who of several replicas has which shard. No I/O and no clock.
//!
//! A replica is there as long as its own Lease changes; a shard's Lease is written only when the shard moves. So a
//! replica costs one write a second, however many shards it has.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;

use super::candidate::{Claim, Record};
use super::epochs::shard_lease;

#[cfg(test)]
mod tests;

/// What one replica knows of all.
#[derive(Debug)]
pub(super) struct Division {
    group: String,
    count: u32,
    identity: String,
    duration: Duration,
    seen: BTreeMap<String, Seen>,
    /// Replicas that hold a shard and have no Lease of their own, and since when that is known.
    missing: BTreeMap<String, Instant>,
    /// The highest count of transitions of each shard that was ever seen.
    transitions: BTreeMap<u32, u64>,
    /// Shards whose work runs here or still ends, and by which transition they are ours.
    held: BTreeMap<u32, Held>,
}

#[derive(Clone, Copy, Debug)]
struct Held {
    epoch: u64,
    is_ending: bool,
}

#[derive(Debug)]
struct Seen {
    record: Record,
    since: Instant,
}

/// What to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Act {
    /// Take this shard.
    Take(u32, Claim),
    /// End the work on this shard: it is somebody else's, or there is too much of it here.
    End(u32),
    /// Write that this shard is nobody's: nothing works on it here.
    Free(u32, Claim),
    /// Delete the Lease of a replica that is long gone: its name, its version.
    Bury(String, String),
}

/// A replica that was not seen alive for so many durations will not come back.
const BURIED_AFTER: u32 = 15;

impl Division {
    pub(super) fn new(group: &str, count: u32, identity: &str, duration: Duration) -> Self {
        Self {
            group: group.to_owned(),
            count,
            identity: identity.to_owned(),
            duration,
            seen: BTreeMap::new(),
            missing: BTreeMap::new(),
            transitions: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }

    pub(super) fn shard_lease(&self, index: u32) -> String {
        shard_lease(&self.group, index)
    }

    pub(super) fn replica_lease(&self, identity: &str) -> String {
        format!("{}-replica-{identity}", self.group)
    }

    /// A shard was taken: its Lease says so.
    pub(super) fn took(&mut self, index: u32, record: &Record) {
        self.transitions.insert(index, record.transitions);
        let held = Held {
            epoch: record.transitions,
            is_ending: false,
        };
        self.held.insert(index, held);
    }

    /// The work on a shard was told to end.
    pub(super) fn ending(&mut self, index: u32) {
        if let Some(held) = self.held.get_mut(&index) {
            held.is_ending = true;
        }
    }

    /// Takes in all Leases of the group, asked for at `asked` and answered at `now`; returns what to do. Whatever is
    /// done afterwards, however much later, is refused if what it rests on has changed.
    pub(super) fn decide(
        &mut self,
        leases: BTreeMap<String, Record>,
        asked: Instant,
        now: Instant,
    ) -> Vec<Act> {
        self.observe(leases, now);
        let mut acts = self.buried(asked);
        let fair = self.fair_share(asked);
        for (index, held) in &self.held {
            let is_mine = self.shard(*index).is_some_and(|record| {
                record.holder.as_ref() == Some(&self.identity) && record.transitions == held.epoch
            });
            if !is_mine && !held.is_ending {
                acts.push(Act::End(*index));
            }
        }
        let lost = acts.iter().filter(|act| matches!(act, Act::End(_))).count();
        let working = self.held.values().filter(|held| !held.is_ending).count() - lost;
        let surplus = working.saturating_sub(fair);
        let backwards = self.held.iter().rev();
        let ends =
            backwards.filter(|(index, held)| !held.is_ending && !acts.contains(&Act::End(**index)));
        let ends: Vec<Act> = ends
            .take(surplus)
            .map(|(index, _)| Act::End(*index))
            .collect();
        acts.extend(ends);
        // What still ends here counts: it is not for another to take before, so neither for us.
        let mut room = fair.saturating_sub(self.held.len());
        for index in self.order() {
            if self.held.contains_key(&index) {
                continue;
            }
            let record = self.shard(index);
            let holder = record.and_then(|record| record.holder.as_deref());
            let is_mine = holder == Some(self.identity.as_str());
            let is_free = is_mine || holder.is_none_or(|holder| self.is_dead(holder, asked));
            if is_free && room > 0 {
                room -= 1;
                acts.push(Act::Take(index, self.claim(index, record)));
            } else if let (true, Some(record)) = (is_mine, record) {
                // Left over from before, and more than our share.
                acts.push(Act::Free(index, self.freeing(record)));
            }
        }
        acts
    }

    /// The work on a shard has ended: what is written then. It is refused if the shard was lost meanwhile.
    pub(super) fn ended(&mut self, index: u32, taken: &Record) -> Act {
        self.held.remove(&index);
        Act::Free(index, self.freeing(taken))
    }

    fn observe(&mut self, leases: BTreeMap<String, Record>, now: Instant) {
        let mut before = std::mem::take(&mut self.seen);
        for (name, record) in leases {
            let seen = match before.remove(&name) {
                Some(seen) if seen.record.version == record.version => seen,
                Some(_) | None => Seen { record, since: now },
            };
            self.seen.insert(name, seen);
        }
        let mut missing = BTreeMap::new();
        for index in 0..self.count {
            let Some(record) = self.shard(index).cloned() else {
                continue;
            };
            let most = self.transitions.entry(index).or_default();
            *most = record.transitions.max(*most);
            if let Some(holder) = record.holder
                && !self.seen.contains_key(&self.replica_lease(&holder))
            {
                let since = self.missing.get(&holder).copied().unwrap_or(now);
                missing.insert(holder, since);
            }
        }
        self.missing = missing;
    }

    /// The replicas that are there, this one among them, share alike; whole shards, so some have one less.
    fn fair_share(&self, asked: Instant) -> usize {
        let prefix = self.replica_lease("");
        let others = self
            .seen
            .keys()
            .filter_map(|name| name.strip_prefix(&prefix))
            .filter(|holder| *holder != self.identity && !self.is_dead(holder, asked))
            .count();
        usize::try_from(self.count)
            .unwrap_or(usize::MAX)
            .div_ceil(others + 1)
    }

    /// Whether a replica had not renewed its Lease for too long when the listing was made. What it did since does not
    /// matter: it has dropped all its shards by then, and to take one again it has to write that shard's Lease.
    fn is_dead(&self, holder: &str, asked: Instant) -> bool {
        match self.seen.get(&self.replica_lease(holder)) {
            Some(Seen { record, since }) => {
                record.holder.is_none() || asked >= *since + record.duration.max(self.duration)
            }
            None => self
                .missing
                .get(holder)
                .is_none_or(|since| asked >= *since + self.duration),
        }
    }

    fn buried(&self, asked: Instant) -> Vec<Act> {
        let prefix = self.replica_lease("");
        let own = self.replica_lease(&self.identity);
        let replicas = self
            .seen
            .iter()
            .filter(|(name, _)| name.starts_with(&prefix));
        replicas
            .filter(|(name, seen)| {
                **name != own && asked >= seen.since + self.duration * BURIED_AFTER
            })
            .map(|(name, seen)| Act::Bury(name.clone(), seen.record.version.clone()))
            .collect()
    }

    fn shard(&self, index: u32) -> Option<&Record> {
        let seen = self.seen.get(&self.shard_lease(index))?;
        Some(&seen.record)
    }

    /// Each replica begins elsewhere, so that they seldom want the same.
    fn order(&self) -> impl Iterator<Item = u32> + use<> {
        let letters = self.identity.bytes().map(u32::from);
        let start = letters.fold(0_u32, |hash, letter| {
            hash.wrapping_mul(31).wrapping_add(letter)
        });
        let count = self.count;
        (0..count).map(move |step| (start % count + step) % count)
    }

    fn claim(&self, index: u32, record: Option<&Record>) -> Claim {
        Claim {
            holder: Some(self.identity.clone()),
            transitions: self.transitions.get(&index).copied().unwrap_or_default() + 1,
            duration: self.duration,
            version: record.map(|record| record.version.clone()),
            is_new_term: true,
        }
    }

    fn freeing(&self, record: &Record) -> Claim {
        Claim {
            holder: None,
            transitions: record.transitions,
            duration: self.duration,
            version: Some(record.version.clone()),
            is_new_term: false,
        }
    }

    /// Shards whose work runs or still ends here.
    pub(super) fn held(&self) -> BTreeSet<u32> {
        self.held.keys().copied().collect()
    }
}
