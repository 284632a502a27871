//! A reader that was here before: what it is told is what it missed.

use std::collections::BTreeSet;
use std::fmt;

use tributary_proto::event::Position;

use super::{Entry, Filtered, Store};

/// Where a reader was before, from which it goes on if it can.
pub struct Resume<K> {
    /// Everything up to here was told.
    pub after: Position,
    /// Whether the reader may have an item of this key, of which what it was then is forgotten. It is told that such an
    /// item is gone, and nothing of any other.
    pub may_have: Box<dyn Fn(&K) -> bool + Send + Sync>,
}

impl<K: Ord + Clone, V: PartialEq> Store<K, V> {
    /// Whether what changed since a position is still known. The epoch makes a generation this store's own: each start and
    /// each term as a leader has another, and 0 is everybody's who was never elected.
    pub(super) fn goes_on_after(&self, after: Position) -> bool {
        self.is_complete()
            && self.given.is_none()
            && self.epoch != 0
            && after.epoch == self.epoch
            && (self.forgotten..=self.generation).contains(&after.generation)
    }

    /// What has not changed since is what the reader was sent, if it passes; of the rest nobody knows.
    pub(super) fn may_have_been_sent(
        &self,
        filtered: &Filtered<K, V>,
        after: Position,
        may_have: &(dyn Fn(&K) -> bool + Send + Sync),
    ) -> BTreeSet<K> {
        let was_sent = |(key, entry): &(&K, &Entry<V>)| match &entry.value {
            Some(value) if entry.generation <= after.generation => (filtered.filter)(key, value),
            None if entry.generation <= after.generation => false,
            Some(_) | None => may_have(key),
        };
        let sent = self.entries.iter().filter(was_sent);
        sent.map(|(key, _)| key.clone()).collect()
    }
}

impl<K> fmt::Debug for Resume<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { after, may_have: _ } = self;
        formatter
            .debug_struct("Resume")
            .field("after", after)
            .finish_non_exhaustive()
    }
}
