//! A view with its metrics and its log: what both directions of a stream share.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tracing::Span;
use tributary_proto::event::{DecodedEvent, EventMessage, Positioned, Refused};
use tributary_runtime::metrics::MetricName;
use tributary_runtime::names::{
    SPAN_RECEIVE, STREAM_REFUSED_ITEMS, STREAM_STALE_MESSAGES, StreamLabels,
};
use tributary_runtime::{Context, telemetry};

use crate::view::{Accepted, Fencing, Update, View};

/// What a message of a stream told: an update, its position, its trace.
pub type Received<M> = Positioned<Update<<M as EventMessage>::Key, <M as EventMessage>::Item>>;

/// A message of a stream that was read, or why it could not be.
pub type Decoded<M> = Result<DecodedEvent<M>, Refused<<M as EventMessage>::Key>>;

/// The receiver of messages of one kind, for servers whose clients send the events. Clients use [`crate::watch`].
///
/// It outlives connections: keep one per sender (per shard), and what the sender said stays until its next full
/// listing is complete.
#[derive(Debug)]
pub struct Receiver<M: EventMessage> {
    stream: &'static str,
    view: View<M::Key, M::Item>,
    refused: Counter,
    stale: Counter,
}

impl<M: EventMessage> Receiver<M> {
    /// A receiver that has received nothing.
    pub fn new(context: &Context, stream: &'static str) -> Self {
        Self::fenced(context, stream, Fencing::None)
    }

    pub(crate) fn fenced(context: &Context, stream: &'static str, fencing: Fencing) -> Self {
        let labels = StreamLabels { stream };
        let counter = |name: &MetricName<Family<StreamLabels, Counter>>| {
            context.metrics.get(name).get_or_create_owned(&labels)
        };
        Self {
            stream,
            view: View::new(fencing),
            refused: counter(&STREAM_REFUSED_ITEMS),
            stale: counter(&STREAM_STALE_MESSAGES),
        }
    }

    /// Takes in one message and returns what is different now, in order.
    pub fn accept(&mut self, message: M) -> Vec<Received<M>> {
        self.accept_decoded(message.decode_event())
    }

    /// The same of a message that was looked into before: what must not be taken is refused there, by name.
    pub fn accept_decoded(&mut self, message: Decoded<M>) -> Vec<Received<M>> {
        // Only a fenced receiver has deposed senders, and those are the client's own.
        self.accept_fenced(message).unwrap_or_default()
    }

    /// None when the sender was deposed.
    pub(crate) fn accept_fenced(&mut self, message: Decoded<M>) -> Option<Vec<Received<M>>> {
        let updates = match self.view.accept(message, M::key) {
            Accepted::Updates(updates) => updates,
            Accepted::Stale => {
                self.stale.inc();
                tracing::debug!(
                    stream = self.stream,
                    "a message was older than what is there"
                );
                return Some(Vec::new());
            }
            Accepted::Deposed => return None,
        };
        for update in &updates {
            if let Update::Refused(refused) = &update.item {
                self.refused.inc();
                tracing::warn!(stream = self.stream, %refused, "its last good version stays");
            }
        }
        Some(updates)
    }

    /// The connection is gone: a listing that was on its way is forgotten, what it was to replace stays.
    pub fn disconnect(&mut self) {
        self.view.disconnect();
    }
}

/// A span for the work that a received change causes, a child of the span in which the sender made it.
pub fn span<T>(received: &Positioned<T>) -> Span {
    let Positioned {
        position,
        traceparent,
        item: _,
    } = received;
    let span = tracing::debug_span!(SPAN_RECEIVE, %position);
    telemetry::join(&span, traceparent);
    span
}
