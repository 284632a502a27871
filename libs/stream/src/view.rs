//! What a receiver knows, message by message. No I/O and no waiting: see [`crate::watch`] and [`crate::Receiver`].

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::Arc;

use tributary_proto::event::{Event, Position, Positioned, Refused};

#[cfg(test)]
mod tests;

/// What is different now for whoever follows a stream. Updates are consistent: between two of them, what was told
/// adds up to a state that the sender had, or to one on the way between two such states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Update<K, V> {
    /// The first full listing: this and nothing else is there. Comes once in the life of a view.
    Reset(BTreeMap<K, Positioned<Arc<V>>>),
    /// This is so now.
    Apply(K, Arc<V>),
    /// This is as it was, but the sender counts it at another position now: it was restarted, or says the same of a
    /// newer state. Of interest to whoever answers with positions.
    Repositioned(K),
    /// This is gone.
    Delete(K),
    /// This could not be read; if its key could be, its last good version stays.
    Refused(Refused<K>),
    /// A full listing is complete, and everything that it changed has been told. The position is the sender's.
    Synced,
}

/// The receiver's side of a stream, across its reconnects.
///
/// It remembers of what it has told only enough to know it again: whoever was told keeps what it needs.
#[derive(Debug)]
pub struct View<K, V> {
    live: BTreeMap<K, SentItem>,
    listing: Option<Listing<K, V>>,
    synced: bool,
    fencing: Fencing,
    epoch: u64,
    /// Keyed at random: nobody who writes objects can make one pass for another.
    hashes: RandomState,
}

/// An item that was told.
#[derive(Clone, Copy, Debug)]
struct SentItem {
    position: Position,
    digest: u64,
}

/// What a listing of a lower epoch than one seen before means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fencing {
    /// Nothing: positions are not the sender's own.
    #[default]
    None,
    /// Its sender was deposed.
    Epoch,
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Accepted<K, V> {
    /// It was taken in; this is to be told, in this order, which may be nothing.
    Updates(Vec<Positioned<Update<K, V>>>),
    /// It was older than what is there, and dropped.
    Stale,
    /// The sender was deposed: the connection should be given up.
    Deposed,
}

/// A listing on its way. Nothing of it is told before it is complete.
#[derive(Debug)]
struct Listing<K, V> {
    shadow: BTreeMap<K, Listed<V>>,
    /// Listed, but not readable: their last good version stays.
    kept: BTreeSet<K>,
    /// Something was listed of which not even the key could be read: it may be anything that is missing, so nothing
    /// that is missing counts as gone.
    nameless: bool,
}

/// An entry of a listing.
#[derive(Debug)]
struct Listed<V> {
    told: SentItem,
    traceparent: String,
    /// None is what was told before.
    news: Option<Arc<V>>,
}

impl<K: Ord + Clone, V: Hash> View<K, V> {
    /// A view that has seen nothing.
    pub fn new(fencing: Fencing) -> Self {
        Self {
            live: BTreeMap::new(),
            listing: None,
            synced: false,
            fencing,
            epoch: 0,
            hashes: RandomState::new(),
        }
    }

    /// Takes in one message. `key` tells the identity of an item.
    pub fn accept(
        &mut self,
        message: Result<Positioned<Event<K, V>>, Refused<K>>,
        key: impl Fn(&V) -> K,
    ) -> Accepted<K, V> {
        let Positioned {
            position,
            traceparent,
            item,
        } = match message {
            Ok(positioned) => positioned,
            Err(refused) => return self.refuse(refused),
        };
        match item {
            Event::Init => self.begin(position),
            Event::InitDone => self.finish(position),
            // A sender that mixes changes into a listing means the listing.
            Event::InitApply(item) | Event::Apply(item) => {
                let said = Positioned {
                    position,
                    traceparent,
                    item,
                };
                self.apply(key(&said.item), said)
            }
            Event::Delete(item) => self.delete(Positioned {
                position,
                traceparent,
                item,
            }),
        }
    }

    /// The connection is gone: what it had listed so far says nothing about what it had not.
    pub fn disconnect(&mut self) {
        self.listing = None;
    }

    /// Whether a full listing was ever complete.
    pub fn is_synced(&self) -> bool {
        self.synced
    }

    fn begin(&mut self, position: Position) -> Accepted<K, V> {
        match self.fencing {
            Fencing::Epoch if position.epoch < self.epoch => return Accepted::Deposed,
            Fencing::Epoch | Fencing::None => self.epoch = position.epoch,
        }
        self.listing = Some(Listing {
            shadow: BTreeMap::new(),
            kept: BTreeSet::new(),
            nameless: false,
        });
        Accepted::nothing()
    }

    fn apply(&mut self, key: K, said: Positioned<V>) -> Accepted<K, V> {
        let Some(listing) = &mut self.listing else {
            return self.change(key, said);
        };
        let Positioned {
            position,
            traceparent,
            item: value,
        } = said;
        let listed = listing.shadow.get(&key);
        if listed.is_some_and(|listed| position < listed.told.position) {
            return Accepted::Stale;
        }
        let digest = self.hashes.hash_one(&value);
        // Most of a listing after a reconnect was told before; the first listing is told whole.
        let known = self.live.get(&key).filter(|_| self.synced);
        let is_known = known.is_some_and(|told| told.digest == digest);
        let listed = Listed {
            told: SentItem { position, digest },
            traceparent,
            news: (!is_known).then(|| Arc::new(value)),
        };
        listing.shadow.insert(key, listed);
        Accepted::nothing()
    }

    fn change(&mut self, key: K, said: Positioned<V>) -> Accepted<K, V> {
        let Positioned {
            position,
            traceparent,
            item: value,
        } = said;
        let digest = self.hashes.hash_one(&value);
        let update = match self.live.get_mut(&key) {
            Some(told) if position < told.position => return Accepted::Stale,
            Some(told) if told.digest == digest => {
                if told.position == position {
                    return Accepted::nothing();
                }
                told.position = position;
                Update::Repositioned(key)
            }
            Some(_) | None => {
                self.live.insert(key.clone(), SentItem { position, digest });
                Update::Apply(key, Arc::new(value))
            }
        };
        Accepted::Updates(vec![Positioned {
            position,
            traceparent,
            item: update,
        }])
    }

    fn delete(&mut self, said: Positioned<K>) -> Accepted<K, V> {
        if let Some(listing) = &mut self.listing {
            listing.shadow.remove(&said.item);
            listing.kept.remove(&said.item);
            return Accepted::nothing();
        }
        match self.live.get(&said.item) {
            None => return Accepted::nothing(),
            Some(told) if said.position < told.position => return Accepted::Stale,
            Some(_) => {}
        }
        self.live.remove(&said.item);
        Accepted::Updates(vec![said.map(Update::Delete)])
    }

    fn refuse(&mut self, refused: Refused<K>) -> Accepted<K, V> {
        if let Some(listing) = &mut self.listing {
            match &refused.key {
                Some(key) => {
                    listing.kept.insert(key.clone());
                }
                None => listing.nameless = true,
            }
        }
        Accepted::Updates(vec![Positioned {
            position: refused.position.unwrap_or_default(),
            traceparent: String::new(),
            item: Update::Refused(refused),
        }])
    }

    fn finish(&mut self, position: Position) -> Accepted<K, V> {
        let Some(Listing {
            shadow,
            kept,
            nameless,
        }) = self.listing.take()
        else {
            return Accepted::nothing();
        };
        let mut before = std::mem::take(&mut self.live);
        let unnamed = |item| Positioned {
            position,
            traceparent: String::new(),
            item,
        };
        self.live = shadow
            .iter()
            .map(|(key, listed)| (key.clone(), listed.told))
            .collect();
        let mut updates = Vec::new();
        // Nothing was told before the first listing, so it is all news: said in one piece.
        let mut first = BTreeMap::new();
        for (key, listed) in shadow {
            let Listed {
                told,
                traceparent,
                news,
            } = listed;
            let position = told.position;
            let update = match (before.remove(&key), news) {
                (_, Some(value)) if self.synced => Update::Apply(key, value),
                (_, Some(value)) => {
                    let item = Positioned {
                        position,
                        traceparent,
                        item: value,
                    };
                    first.insert(key, item);
                    continue;
                }
                (Some(before), None) if before.position != position => Update::Repositioned(key),
                (Some(_) | None, None) => continue,
            };
            updates.push(Positioned {
                position,
                traceparent,
                item: update,
            });
        }
        for (key, mut told) in before {
            if nameless || kept.contains(&key) {
                // Another sender's count may be ahead of this one's, whose next word on it counts all the same.
                told.position = told.position.min(position);
                self.live.insert(key, told);
            } else {
                updates.push(unnamed(Update::Delete(key)));
            }
        }
        if !self.synced {
            updates = vec![unnamed(Update::Reset(first))];
        }
        self.synced = true;
        updates.push(unnamed(Update::Synced));
        Accepted::Updates(updates)
    }
}

impl<K, V> Accepted<K, V> {
    fn nothing() -> Self {
        Self::Updates(Vec::new())
    }
}
