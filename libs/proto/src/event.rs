//! What a stream of these contracts says, in domain types.
//!
//! ```text
//! Init, InitApply*, InitDone, (Apply | Delete)*
//! ```
//!
//! [`EventMessage`] is implemented by the message of every such stream, so that one watch server and one
//! watch client (`tributary-stream`) serve them all.

use std::borrow::Borrow;
use std::fmt;
use std::hash::Hash;

use crate::convert::ConvertError;
use crate::types;

mod messages;

/// How far the sender had come. Ordered by epoch, then by generation: what is older is dropped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Position {
    /// Fencing: grows with each change of leadership (transition count of the Lease); 0 without one.
    pub epoch: u64,
    /// Counts the sender's changes within the epoch.
    pub generation: u64,
}

/// Something said by a sender at some point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Positioned<T> {
    /// How far the sender had come.
    pub position: Position,
    /// W3C trace context of the change; empty when not traced.
    pub traceparent: String,
    /// What it said.
    pub item: T,
}

/// One event. The receiver collects `InitApply` in a shadow and swaps it in at `InitDone`; absence means
/// nothing before that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event<K, T> {
    /// A full listing starts, the first or a new one.
    Init,
    /// An entry of the full listing.
    InitApply(T),
    /// The full listing is complete.
    InitDone,
    /// This is so now.
    Apply(T),
    /// This is gone.
    Delete(K),
}

/// A message that could not be read. It blocks no other: the stream goes on behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused<K> {
    /// What it is about, as far as that could be read. A receiver must not take the item for absent: what
    /// it had under this key stays until it can be read or is deleted.
    pub key: Option<K>,
    /// How far the sender had come; absent when the message does not say.
    pub position: Option<Position>,
    /// What is wrong with it.
    pub error: ConvertError,
}

/// The message of a stream of events.
pub trait EventMessage: prost::Message + Default + Clone + 'static {
    /// Identity of items.
    type Key: Clone + Ord + fmt::Debug + fmt::Display + Send + Sync + 'static;
    /// What the stream is about.
    type Item: Clone + PartialEq + Hash + fmt::Debug + Send + Sync + 'static;
    /// Message of an item.
    type Wire: prost::Message + for<'a> From<&'a Self::Item>;

    /// The identity of an item.
    fn key(item: &Self::Item) -> Self::Key;

    /// As a message. What is sent as an item (`V`: itself, or [`Packed`](crate::packed::Packed)) may be owned, borrowed
    /// or shared.
    fn encode_event<V, T: Borrow<V>>(event: &Positioned<Event<Self::Key, T>>) -> Self
    where
        Self::Wire: for<'a> From<&'a V>;

    /// From a message.
    ///
    /// # Errors
    /// When it names no position or event, or holds an item that cannot be converted.
    fn decode_event(self) -> Result<DecodedEvent<Self>, Refused<Self::Key>>;
}

/// An event of a stream whose message is `M`.
pub type DecodedEvent<M> = Positioned<Event<<M as EventMessage>::Key, <M as EventMessage>::Item>>;

impl<T> Positioned<T> {
    /// The same position with another item.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Positioned<U> {
        let Self {
            position,
            traceparent,
            item,
        } = self;
        Positioned {
            position,
            traceparent,
            item: change(item),
        }
    }
}

impl<K, T> Event<K, T> {
    /// The same event about another item.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Event<K, U> {
        match self {
            Self::Init => Event::Init,
            Self::InitApply(item) => Event::InitApply(change(item)),
            Self::InitDone => Event::InitDone,
            Self::Apply(item) => Event::Apply(change(item)),
            Self::Delete(key) => Event::Delete(key),
        }
    }
}

impl From<&Position> for types::Position {
    fn from(position: &Position) -> Self {
        let Position { epoch, generation } = *position;
        Self { epoch, generation }
    }
}

impl From<types::Position> for Position {
    fn from(position: types::Position) -> Self {
        let types::Position { epoch, generation } = position;
        Self { epoch, generation }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.epoch, self.generation)
    }
}

impl<K: fmt::Display> fmt::Display for Refused<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.key {
            Some(key) => write!(f, "{key} is refused: {}", self.error),
            None => write!(
                f,
                "an item without a readable name is refused: {}",
                self.error
            ),
        }
    }
}

impl<K: fmt::Debug + fmt::Display> std::error::Error for Refused<K> {}

#[cfg(test)]
mod tests;
