//! A store that others watch.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use futures::stream::{self, BoxStream};
use futures::{Stream, StreamExt};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::watch;
use tonic::Status;
use tributary_proto::event::{Event, EventMessage, Position, Positioned};
use tributary_runtime::metrics::MetricName;
use tributary_runtime::names::{STREAM_LAG_GENERATIONS, STREAM_SUBSCRIBERS, StreamLabels};
use tributary_runtime::telemetry::traceparent;
use tributary_runtime::{CancellationToken, Context};

use crate::store::{Filter, Reader, Resume, Store};

#[cfg(test)]
mod tests;

/// What an RPC that watches returns.
pub type EventStream<M> = BoxStream<'static, Result<M, Status>>;

/// Items by key that others watch. Clones are the same store.
///
/// Each change has the generation after the last and carries the traceparent of the span it was made in. Until
/// [`Published::mark_complete`], a reader gets items as they come and no `InitDone`.
pub struct Published<K, V> {
    shared: Arc<Shared<K, V>>,
}

/// One reader. It has no queue: each call reads what is newest.
pub struct Subscription<K, V> {
    shared: Arc<Shared<K, V>>,
    reader: Reader<K, V>,
    changes: watch::Receiver<()>,
    id: u64,
    read: Arc<AtomicU64>,
}

struct Shared<K, V> {
    store: RwLock<Store<K, V>>,
    /// Says that something is new, not what.
    changes: watch::Sender<()>,
    shutdown: CancellationToken,
    next_id: AtomicU64,
    /// The generation that each reader has read.
    readers: Mutex<BTreeMap<u64, Arc<AtomicU64>>>,
    subscribers: Gauge,
    lag: Gauge,
}

impl<K, V> Published<K, V>
where
    K: Ord + Clone + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
{
    /// An empty, incomplete store of epoch 0. Its subscriptions end when the context stops.
    pub fn new(context: &Context, stream: &'static str) -> Self {
        let labels = StreamLabels { stream };
        let gauge = |name: &MetricName<Family<StreamLabels, Gauge>>| {
            context.metrics.get(name).get_or_create_owned(&labels)
        };
        Self {
            shared: Arc::new(Shared {
                store: RwLock::new(Store::new()),
                changes: watch::Sender::new(()),
                shutdown: context.shutdown.clone(),
                next_id: AtomicU64::new(0),
                readers: Mutex::default(),
                subscribers: gauge(&STREAM_SUBSCRIBERS),
                lag: gauge(&STREAM_LAG_GENERATIONS),
            }),
        }
    }

    /// Of an empty one: positions begin here, so none is taken for one of another stream with the same epoch.
    #[must_use]
    pub fn numbered_from(self, generation: u64) -> Self {
        self.write(|store| {
            store.number_from(generation);
            false
        });
        self
    }

    /// Sets an item. An equal one changes nothing and is not sent. Returns whether it changed.
    pub fn set(&self, key: K, value: Arc<V>) -> bool {
        self.write(|store| store.set(key, value, None, traceparent))
    }

    /// Sets an item that is known to be another one than before: a large one is not compared once more.
    pub fn replace(&self, key: K, value: Arc<V>) {
        self.write(|store| {
            store.put(key, value, None, traceparent);
            true
        });
    }

    /// Sets an item at a position of somebody else's: a report names the desired state that it speaks of. An equal
    /// item at another position is a change. `Init`, `InitDone` and `Delete` carry the newest position given.
    pub fn set_at(&self, key: K, value: Arc<V>, position: Position) -> bool {
        self.write(|store| store.set(key, value, Some(position), traceparent))
    }

    /// Removes an item. Returns whether it was there.
    pub fn remove(&self, key: &K) -> bool {
        self.write(|store| store.remove(key, None, traceparent))
    }

    /// Removes an item at a position of somebody else's, as in [`Published::set_at`].
    pub fn remove_at(&self, key: &K, position: Position) -> bool {
        self.write(|store| store.remove(key, Some(position), traceparent))
    }

    /// Makes the store hold these items and no others. Returns whether anything changed.
    pub fn replace_all(&self, items: BTreeMap<K, Arc<V>>) -> bool {
        self.write(|store| {
            let gone: Vec<K> = store
                .iter()
                .map(|(key, _)| key)
                .filter(|key| !items.contains_key(key))
                .cloned()
                .collect();
            let mut changed = false;
            for (key, value) in items {
                changed |= store.set(key, value, None, traceparent);
            }
            for key in gone {
                changed |= store.remove(&key, None, traceparent);
            }
            changed
        })
    }

    /// Says that nothing is missing: from now on absence means something. It cannot be taken back.
    pub fn mark_complete(&self) {
        self.write(Store::mark_complete);
    }

    /// Begins a new epoch, after a change of leadership; every reader gets a full listing. A lower epoch is ignored.
    pub fn set_epoch(&self, epoch: u64) {
        self.write(|store| store.set_epoch(epoch));
    }

    /// Epoch and generation of the newest change, or the newest position that was given.
    pub fn position(&self) -> Position {
        self.shared.read().position()
    }

    /// Whether nothing is missing.
    pub fn is_complete(&self) -> bool {
        self.shared.read().is_complete()
    }

    /// One item.
    pub fn get(&self, key: &K) -> Option<Arc<V>> {
        self.shared.read().get(key).map(Arc::clone)
    }

    /// Everything at one moment, with its position: for unary calls.
    pub fn snapshot(&self) -> (Position, BTreeMap<K, Arc<V>>) {
        let store = self.shared.read();
        let items = store
            .iter()
            .map(|(key, value)| (key.clone(), Arc::clone(value)));
        (store.position(), items.collect())
    }

    /// Some of it at one moment, with its position. The filter runs under the store's lock.
    pub fn select(&self, passes: impl Fn(&K, &V) -> bool) -> (Position, Vec<Arc<V>>) {
        let store = self.shared.read();
        let items = store.iter().filter(|(key, value)| passes(key, value));
        let items = items.map(|(_, value)| Arc::clone(value)).collect();
        (store.position(), items)
    }

    /// How many items there are.
    pub fn len(&self) -> usize {
        self.shared.read().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A reader of everything.
    pub fn subscribe(&self) -> Subscription<K, V> {
        self.reader(Reader::new(None))
    }

    /// A reader of some items: of a shard, of a Gateway. An item that the filter no longer admits is deleted for the
    /// reader. The filter runs under the store's lock: no I/O, no other store.
    pub fn subscribe_where(
        &self,
        filter: impl Fn(&K, &V) -> bool + Send + Sync + 'static,
    ) -> Subscription<K, V> {
        self.reader(Reader::new(Some(Box::new(filter))))
    }

    /// The same for one that may have been here before: it is told what changed since then, as far as the store
    /// remembers, and otherwise everything.
    pub fn subscribe_again(
        &self,
        resume: Option<Resume<K>>,
        filter: impl Fn(&K, &V) -> bool + Send + Sync + 'static,
    ) -> Subscription<K, V> {
        let filter: Filter<K, V> = Box::new(filter);
        self.reader(match resume {
            Some(resume) => Reader::again(resume, Some(filter)),
            None => Reader::new(Some(filter)),
        })
    }

    fn reader(&self, reader: Reader<K, V>) -> Subscription<K, V> {
        let shared = Arc::clone(&self.shared);
        let id = shared.next_id.fetch_add(1, Ordering::Relaxed);
        // A reader that has not begun is behind nothing: it begins with a listing.
        let read = Arc::new(AtomicU64::new(shared.read().generation()));
        shared.readers().insert(id, Arc::clone(&read));
        shared.subscribers.inc();
        Subscription {
            reader,
            changes: shared.changes.subscribe(),
            id,
            read,
            shared,
        }
    }

    fn write(&self, change: impl FnOnce(&mut Store<K, V>) -> bool) -> bool {
        let changed = change(&mut self.shared.write());
        if changed {
            self.shared.changes.send_replace(());
            self.shared.measure_lag();
        }
        changed
    }
}

impl<K, V> Subscription<K, V>
where
    K: Ord + Clone + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
{
    /// The next event, as soon as there is one; none when the context has stopped.
    pub async fn next(&mut self) -> Option<Positioned<Event<K, Arc<V>>>> {
        loop {
            if self.shared.shutdown.is_cancelled() {
                return None;
            }
            // Seen before the store is read: a change in between wakes us once too often, never once too little.
            self.changes.borrow_and_update();
            let next = self.shared.read().next(&mut self.reader);
            self.read.store(self.reader.read(), Ordering::Relaxed);
            if let Some(event) = next {
                // A listing is long and never waits by itself.
                tokio::task::coop::consume_budget().await;
                return Some(event);
            }
            self.shared.measure_lag();
            tokio::select! {
                changed = self.changes.changed() => changed.ok()?,
                () = self.shared.shutdown.cancelled() => return None,
            }
        }
    }

    /// The events as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Positioned<Event<K, Arc<V>>>> + Send {
        stream::unfold(self, |mut subscription| async move {
            let event = subscription.next().await?;
            Some((event, subscription))
        })
    }
}

/// What an RPC that watches returns: the events as messages, and `UNAVAILABLE` when the service stops, so that the
/// client looks for another replica or waits for this one.
pub fn events<M, K, V>(subscription: Subscription<K, V>) -> EventStream<M>
where
    M: EventMessage<Key = K>,
    M::Wire: for<'a> From<&'a V>,
    K: Ord + Clone + Send + Sync + 'static,
    V: PartialEq + Send + Sync + 'static,
{
    let stopping = stream::once(async { Err(Status::unavailable("the service is stopping")) });
    subscription
        .into_stream()
        .map(|event| Ok(M::encode_event::<V, _>(&event)))
        .chain(stopping)
        .boxed()
}

impl<K, V> Shared<K, V> {
    // The store changes in single steps that do not panic; what a poisoned lock guards is whole.
    fn read(&self) -> RwLockReadGuard<'_, Store<K, V>> {
        self.store.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, Store<K, V>> {
        self.store.write().unwrap_or_else(PoisonError::into_inner)
    }

    fn readers(&self) -> std::sync::MutexGuard<'_, BTreeMap<u64, Arc<AtomicU64>>> {
        self.readers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Ord + Clone, V: PartialEq> Shared<K, V> {
    fn measure_lag(&self) {
        let generation = self.read().generation();
        let slowest = self
            .readers()
            .values()
            .map(|read| read.load(Ordering::Relaxed))
            .min()
            .unwrap_or(generation);
        let lag = generation.saturating_sub(slowest);
        self.lag.set(i64::try_from(lag).unwrap_or(i64::MAX));
    }
}

impl<K, V> Drop for Subscription<K, V> {
    fn drop(&mut self) {
        self.shared.readers().remove(&self.id);
        self.shared.subscribers.dec();
    }
}

impl<K, V> Clone for Published<K, V> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<K, V> fmt::Debug for Published<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Published").finish_non_exhaustive()
    }
}

impl<K: fmt::Debug, V> fmt::Debug for Subscription<K, V> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Subscription")
            .field("reader", &self.reader)
            .finish_non_exhaustive()
    }
}
