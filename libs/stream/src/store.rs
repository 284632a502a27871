//! The store behind a watch, and how a reader reads it. No I/O and no waiting: see [`crate::Published`].
//!
//! Every change has a generation. Per key only the newest is remembered, and an index from generation to key lets a
//! reader go on from where it was: what it missed in between was overwritten, and nothing was queued for it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Bound;
use std::sync::Arc;

use tributary_proto::event::{Event, Position, Positioned};

mod resume;

pub use resume::Resume;

#[cfg(test)]
mod tests;

/// How many removed keys are remembered. A reader that was away for longer starts over with a full listing, which
/// costs it more and is no less right.
const MOST_TOMBSTONES: usize = 4096;

/// Which items a reader is sent.
pub(crate) type Filter<K, V> = Box<dyn Fn(&K, &V) -> bool + Send + Sync>;

#[derive(Debug)]
pub(crate) struct Store<K, V> {
    epoch: u64,
    generation: u64,
    /// The generation at which the owner first said that nothing is missing.
    complete_at: Option<u64>,
    /// The newest position that the owner gave of its own; none if positions are the store's.
    given: Option<Position>,
    entries: BTreeMap<K, Entry<V>>,
    by_generation: BTreeMap<u64, K>,
    tombstones: BTreeSet<u64>,
    /// Removals up to this generation are forgotten.
    forgotten: u64,
    most_tombstones: usize,
    live: usize,
}

#[derive(Debug)]
struct Entry<V> {
    generation: u64,
    given: Option<Position>,
    traceparent: String,
    /// None is a tombstone.
    value: Option<Arc<V>>,
}

/// Where one reader is.
pub(crate) struct Reader<K, V> {
    phase: Phase<K>,
    epoch: u64,
    /// Every change up to this generation is read or, while listing, will have been.
    read: u64,
    filtered: Option<Filtered<K, V>>,
}

/// A reader with a filter must be told when an item leaves what it sees: so it remembers what it was sent.
struct Filtered<K, V> {
    filter: Filter<K, V>,
    sent: BTreeSet<K>,
}

#[derive(Debug)]
enum Phase<K> {
    Start,
    /// It was here before.
    Again(Resume<K>),
    /// In the order of keys, not of generations: an item that changes meanwhile moves to the end of the generations,
    /// and a listing in that order would be complete without it.
    Listing {
        after: Option<K>,
    },
    Following,
}

impl<K: Ord + Clone, V: PartialEq> Store<K, V> {
    pub(crate) fn new() -> Self {
        Self::remembering(MOST_TOMBSTONES)
    }

    /// Of an empty one: what it is told from now on comes after this generation.
    pub(crate) fn number_from(&mut self, generation: u64) {
        self.generation = generation;
        self.forgotten = generation;
    }

    fn remembering(most_tombstones: usize) -> Self {
        Self {
            epoch: 0,
            generation: 0,
            complete_at: None,
            given: None,
            entries: BTreeMap::new(),
            by_generation: BTreeMap::new(),
            tombstones: BTreeSet::new(),
            forgotten: 0,
            most_tombstones,
            live: 0,
        }
    }

    /// Returns whether anything is different now.
    pub(crate) fn set(
        &mut self,
        key: K,
        value: Arc<V>,
        given: Option<Position>,
        traceparent: impl FnOnce() -> String,
    ) -> bool {
        self.given = self.given.max(given);
        let known = self.entries.get(&key);
        if let Some(entry) = known
            && entry.given == given
            && entry.value.as_ref() == Some(&value)
        {
            return false;
        }
        self.put(key, value, given, traceparent);
        true
    }

    /// Sets an item without comparing it.
    pub(crate) fn put(
        &mut self,
        key: K,
        value: Arc<V>,
        given: Option<Position>,
        traceparent: impl FnOnce() -> String,
    ) {
        self.given = self.given.max(given);
        let was_live = self.contains(&key);
        self.change(key, Some(value), given, traceparent());
        if !was_live {
            self.live += 1;
        }
    }

    /// Returns whether it was there.
    pub(crate) fn remove(
        &mut self,
        key: &K,
        given: Option<Position>,
        traceparent: impl FnOnce() -> String,
    ) -> bool {
        self.given = self.given.max(given);
        if !self.contains(key) {
            return false;
        }
        self.change(key.clone(), None, given, traceparent());
        self.live -= 1;
        self.tombstones.insert(self.generation);
        if self.tombstones.len() > self.most_tombstones
            && let Some(oldest) = self.tombstones.pop_first()
            && let Some(key) = self.by_generation.remove(&oldest)
        {
            self.entries.remove(&key);
            self.forgotten = oldest;
        }
        true
    }

    fn change(
        &mut self,
        key: K,
        value: Option<Arc<V>>,
        given: Option<Position>,
        traceparent: String,
    ) {
        self.generation += 1;
        self.by_generation.insert(self.generation, key.clone());
        let entry = Entry {
            generation: self.generation,
            given,
            traceparent,
            value,
        };
        if let Some(before) = self.entries.insert(key, entry) {
            self.by_generation.remove(&before.generation);
            self.tombstones.remove(&before.generation);
        }
    }

    /// Returns whether that is news.
    pub(crate) fn mark_complete(&mut self) -> bool {
        if self.complete_at.is_some() {
            return false;
        }
        self.complete_at = Some(self.generation);
        // Filled in order, their nodes are half empty; made from all entries at once, they are full.
        self.entries = std::mem::take(&mut self.entries).into_iter().collect();
        self.by_generation = std::mem::take(&mut self.by_generation)
            .into_iter()
            .collect();
        true
    }

    /// Returns whether that is news: an epoch never goes back.
    pub(crate) fn set_epoch(&mut self, epoch: u64) -> bool {
        if epoch <= self.epoch {
            return false;
        }
        self.epoch = epoch;
        true
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.complete_at.is_some()
    }

    pub(crate) fn contains(&self, key: &K) -> bool {
        self.get(key).is_some()
    }

    pub(crate) fn get(&self, key: &K) -> Option<&Arc<V>> {
        self.entries.get(key)?.value.as_ref()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&K, &Arc<V>)> {
        self.entries
            .iter()
            .filter_map(|(key, entry)| Some((key, entry.value.as_ref()?)))
    }

    pub(crate) fn len(&self) -> usize {
        self.live
    }

    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }

    pub(crate) fn position(&self) -> Position {
        self.given.unwrap_or(Position {
            epoch: self.epoch,
            generation: self.generation,
        })
    }

    /// What the reader is told next, if anything is new to it.
    pub(crate) fn next(&self, reader: &mut Reader<K, V>) -> Option<Positioned<Event<K, Arc<V>>>> {
        if let Phase::Again(resume) = &reader.phase {
            let Resume { after, may_have } = resume;
            if self.goes_on_after(*after) {
                reader.epoch = self.epoch;
                reader.read = after.generation;
                if let Some(filtered) = &mut reader.filtered {
                    filtered.sent = self.may_have_been_sent(filtered, *after, may_have);
                }
                reader.phase = Phase::Following;
            }
        }
        let behind = match reader.phase {
            Phase::Start | Phase::Again(_) => true,
            Phase::Listing { .. } => reader.epoch != self.epoch,
            // A listing that took longer than the tombstones last is finished first: every round gives the reader a
            // whole state, however fast keys come and go.
            Phase::Following => reader.epoch != self.epoch || reader.read < self.forgotten,
        };
        if behind {
            return Some(self.begin(reader));
        }
        match &reader.phase {
            Phase::Start | Phase::Again(_) | Phase::Listing { .. } => self.next_listed(reader),
            Phase::Following => self.next_change(reader),
        }
    }

    fn begin(&self, reader: &mut Reader<K, V>) -> Positioned<Event<K, Arc<V>>> {
        reader.phase = Phase::Listing { after: None };
        reader.epoch = self.epoch;
        reader.read = self.generation;
        if let Some(filtered) = &mut reader.filtered {
            filtered.sent.clear();
        }
        self.unnamed(Event::Init)
    }

    fn next_listed(&self, reader: &mut Reader<K, V>) -> Option<Positioned<Event<K, Arc<V>>>> {
        let Phase::Listing { after } = &mut reader.phase else {
            return None;
        };
        let from = after.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        for (key, entry) in self.entries.range::<K, _>((from, Bound::Unbounded)) {
            let Some(value) = &entry.value else { continue };
            if admits(&mut reader.filtered, key, value) {
                *after = Some(key.clone());
                return Some(self.positioned(entry, Event::InitApply(Arc::clone(value))));
            }
        }
        // What was set before the store was complete belongs to the listing, wherever its key stands.
        let complete_at = self.complete_at.unwrap_or(u64::MAX);
        if reader.read < complete_at.min(self.forgotten) {
            // A removal of something listed may be among what is forgotten.
            return Some(self.begin(reader));
        }
        for (generation, key) in self.by_generation.range(reader.read.saturating_add(1)..) {
            if *generation > complete_at {
                break;
            }
            let Some(entry) = self.entries.get(key) else {
                continue;
            };
            if let Some(value) = &entry.value
                && admits(&mut reader.filtered, key, value)
            {
                reader.read = *generation;
                return Some(self.positioned(entry, Event::InitApply(Arc::clone(value))));
            }
            if held(&mut reader.filtered, key) {
                // It may have been listed, and a listing cannot take back.
                return Some(self.begin(reader));
            }
            reader.read = *generation;
        }
        self.complete_at?;
        reader.phase = Phase::Following;
        Some(self.unnamed(Event::InitDone))
    }

    fn next_change(&self, reader: &mut Reader<K, V>) -> Option<Positioned<Event<K, Arc<V>>>> {
        for (generation, key) in self.by_generation.range(reader.read.saturating_add(1)..) {
            let Some(entry) = self.entries.get(key) else {
                continue;
            };
            reader.read = *generation;
            let admitted = match &entry.value {
                Some(value) if admits(&mut reader.filtered, key, value) => Some(value),
                Some(_) | None => None,
            };
            if let Some(value) = admitted {
                return Some(self.positioned(entry, Event::Apply(Arc::clone(value))));
            }
            if held(&mut reader.filtered, key) {
                return Some(self.positioned(entry, Event::Delete(key.clone())));
            }
        }
        reader.read = self.generation;
        None
    }

    fn positioned<T>(&self, entry: &Entry<V>, item: T) -> Positioned<T> {
        let Entry {
            generation,
            given,
            traceparent,
            value: _,
        } = entry;
        let own = Position {
            epoch: self.epoch,
            generation: *generation,
        };
        Positioned {
            position: given.unwrap_or(own),
            traceparent: traceparent.clone(),
            item,
        }
    }

    fn unnamed<T>(&self, item: T) -> Positioned<T> {
        Positioned {
            position: self.position(),
            traceparent: String::new(),
            item,
        }
    }
}

impl<K: Ord, V> Reader<K, V> {
    /// One that goes on where it was, if the store remembers that far.
    pub(crate) fn again(resume: Resume<K>, filter: Option<Filter<K, V>>) -> Self {
        Self {
            phase: Phase::Again(resume),
            ..Self::new(filter)
        }
    }

    pub(crate) fn new(filter: Option<Filter<K, V>>) -> Self {
        let filtered = filter.map(|filter| Filtered {
            filter,
            sent: BTreeSet::new(),
        });
        Self {
            phase: Phase::Start,
            epoch: 0,
            read: 0,
            filtered,
        }
    }

    /// The generation up to which everything is read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }
}

impl<K: fmt::Debug, V> fmt::Debug for Reader<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            phase,
            epoch,
            read,
            filtered,
        } = self;
        formatter
            .debug_struct("Reader")
            .field("phase", phase)
            .field("epoch", epoch)
            .field("read", read)
            .field("filtered", &filtered.is_some())
            .finish()
    }
}

/// Whether the reader sees the item; from then on it holds it.
fn admits<K: Ord + Clone, V>(filtered: &mut Option<Filtered<K, V>>, key: &K, value: &V) -> bool {
    let Some(Filtered { filter, sent }) = filtered else {
        return true;
    };
    let admitted = filter(key, value);
    if admitted && !sent.contains(key) {
        sent.insert(key.clone());
    }
    admitted
}

/// Whether the reader may hold the item; from then on it does not.
fn held<K: Ord, V>(filtered: &mut Option<Filtered<K, V>>, key: &K) -> bool {
    match filtered {
        Some(Filtered { filter: _, sent }) => sent.remove(key),
        None => true,
    }
}
