//! Events on their way to Kubernetes: beside the statuses, which never wait for them.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;
use tributary_kubernetes::{Cluster, Event, EventRecorder, EventType, Regarding, Served};
use tributary_model::{Kind, ObjectRef};
use tributary_runtime::Context;
use tributary_runtime::names::SecondsCounter;
use tributary_status::{Notice, Weight};

use crate::leadership::Leadership;
use crate::names::{STATUS_EVENT_FAILURES, STATUS_EVENT_WAIT_SECONDS, STATUS_EVENTS};

/// Who says it.
const REPORTER: &str = "gateway.tributary.dev/status-writer";
/// What was done when there was something to tell.
const ACTION: &str = "WriteStatus";
/// More are dropped: what they tell is in the status.
const QUEUE: usize = 1_000;
/// An event costs the API server as much as a status, and is worth less.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// The end that tells.
#[derive(Debug)]
pub(crate) struct Events {
    queue: Sender<(Event, Regarding)>,
    failures: Counter,
}

/// The end that writes.
#[derive(Debug)]
pub(crate) struct Forwarder {
    queue: Receiver<(Event, Regarding)>,
    recorder: EventRecorder,
    leadership: Arc<dyn Leadership>,
    limiter: DefaultDirectRateLimiter,
    events: Counter,
    failures: Counter,
    wait_seconds: SecondsCounter,
}

pub(crate) fn new(
    context: &Context,
    cluster: &Cluster,
    leadership: Arc<dyn Leadership>,
) -> (Events, Forwarder) {
    let metrics = &context.metrics;
    let (sender, receiver) = mpsc::channel(QUEUE);
    let events = Events {
        queue: sender,
        failures: metrics.get(&STATUS_EVENT_FAILURES),
    };
    let forwarder = Forwarder {
        queue: receiver,
        recorder: cluster.event_recorder(REPORTER),
        leadership,
        limiter: RateLimiter::direct(Quota::per_second(PER_SECOND)),
        events: metrics.get(&STATUS_EVENTS),
        failures: metrics.get(&STATUS_EVENT_FAILURES),
        wait_seconds: metrics.get(&STATUS_EVENT_WAIT_SECONDS),
    };
    (events, forwarder)
}

impl Events {
    pub(crate) fn tell(&self, served: &Served, object: &ObjectRef, uid: &str, notice: Notice) {
        let Notice {
            weight,
            reason,
            listener,
            note,
        } = notice;
        let event = Event {
            event_type: match weight {
                Weight::Normal => EventType::Normal,
                Weight::Warning => EventType::Warning,
            },
            reason,
            action: ACTION,
            note,
        };
        let regarding = Regarding {
            served: served.clone(),
            key: object.key.clone(),
            uid: uid.to_owned(),
            field_path: listener.map(|name| format!("spec.listeners{{{name}}}")),
        };
        if self.queue.try_send((event, regarding)).is_err() {
            self.failures.inc();
            tracing::debug!(%object, "an event is dropped: too many wait");
        }
    }
}

impl Forwarder {
    /// Writes events until nobody tells any.
    pub(crate) async fn forward(mut self) {
        while let Some((event, regarding)) = self.queue.recv().await {
            let asked = Instant::now();
            // One at a time: nobody to be apart from, so no jitter.
            self.limiter.until_ready().await;
            self.wait_seconds.inc_by(asked.elapsed().as_secs_f64());
            if !self.leadership.may_write() {
                continue;
            }
            let kind: Kind = regarding.served.kind();
            let key = regarding.key.clone();
            match self.recorder.publish(event, regarding).await {
                Ok(()) => {
                    self.events.inc();
                }
                Err(error) => {
                    self.failures.inc();
                    tracing::debug!(object = %ObjectRef::new(kind, key), %error, "an event is lost");
                }
            }
        }
    }
}
