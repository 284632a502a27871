//! Events on their way to Kubernetes: beside the statuses, which never wait for them.

use std::num::NonZeroU32;
use std::sync::Arc;

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use prometheus_client::metrics::counter::Counter;
use tokio::sync::mpsc::{self, Receiver, Sender};
use tokio::time::Instant;
use tributary_kubernetes::{
    Cluster, Event, EventRecorder, EventType, Failure, Found, Regarding, Served,
};
use tributary_model::{Kind, ObjectRef};
use tributary_runtime::Context;
use tributary_runtime::names::SecondsCounter;
use tributary_status::{Notice, Weight};

use super::kinds::Kinds;
use crate::leadership::Leadership;
use crate::names::{STATUS_EVENT_FAILURES, STATUS_EVENT_WAIT_SECONDS, STATUS_EVENTS};

/// Who says it, qualified by the installation.
const REPORTER: &str = "status-writer";
/// What was done when there was something to tell of a status.
const WRITE_STATUS: &str = "WriteStatus";
/// What was done when there was something to tell of time that passes.
const CHECK_CERTIFICATES: &str = "CheckCertificates";
/// More are dropped: what they tell is in the status.
const QUEUE: usize = 1_000;
/// An event costs the API server as much as a status, and is worth less.
const PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(19);

/// The end that tells.
#[derive(Debug)]
pub(crate) struct Events {
    queue: Sender<QueuedEvent>,
    failures: Counter,
}

/// What waits to be written.
#[derive(Debug)]
enum QueuedEvent {
    /// About an object that was just read.
    Of(Box<(Event, Regarding)>),
    /// About one that was not.
    Unread(ObjectRef, Vec<Notice>),
}

/// The end that writes.
#[derive(Debug)]
pub(crate) struct Forwarder {
    queue: Receiver<QueuedEvent>,
    cluster: Cluster,
    kinds: Arc<Kinds>,
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
    kinds: Arc<Kinds>,
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
        cluster: cluster.clone(),
        kinds,
        recorder: cluster.event_recorder(&cluster.installation().qualified(REPORTER)),
        leadership,
        limiter: RateLimiter::direct(Quota::per_second(PER_SECOND)),
        events: metrics.get(&STATUS_EVENTS),
        failures: metrics.get(&STATUS_EVENT_FAILURES),
        wait_seconds: metrics.get(&STATUS_EVENT_WAIT_SECONDS),
    };
    (events, forwarder)
}

impl Events {
    /// Tells what changed with the status of an object that was just read.
    pub(crate) fn tell(&self, served: &Served, object: &ObjectRef, uid: &str, notice: Notice) {
        let regarding = regarding(served, object, uid, &notice);
        let told = Box::new((event(WRITE_STATUS, notice), regarding));
        self.send(object, QueuedEvent::Of(told));
    }

    /// Tells what came with time, which nobody has read the object for.
    pub(crate) fn tell_unread(&self, object: &ObjectRef, notices: Vec<Notice>) {
        self.send(object, QueuedEvent::Unread(object.clone(), notices));
    }

    fn send(&self, object: &ObjectRef, told: QueuedEvent) {
        if self.queue.try_send(told).is_err() {
            self.failures.inc();
            tracing::debug!(%object, "an event is dropped: too many wait");
        }
    }
}

impl Forwarder {
    /// Writes events until nobody tells any.
    pub(crate) async fn forward(mut self) {
        while let Some(told) = self.queue.recv().await {
            match told {
                QueuedEvent::Of(told) => {
                    let (event, regarding) = *told;
                    self.publish(event, regarding).await;
                }
                QueuedEvent::Unread(object, notices) => {
                    if let Err(error) = self.read_and_publish(&object, notices).await {
                        self.failures.inc();
                        tracing::debug!(%object, %error, "events are lost");
                    }
                }
            }
        }
    }

    /// An event names its object by its uid, too.
    async fn read_and_publish(
        &self,
        object: &ObjectRef,
        notices: Vec<Notice>,
    ) -> Result<(), Failure> {
        if !self.leadership.may_write() {
            return Ok(());
        }
        let served = self.kinds.served(object.kind).await?;
        let uid = match self.cluster.live_status(&served, &object.key).await? {
            Found::Live(live) => live.uid,
            Found::NoObject => return Ok(()),
            Found::NoKind => return Err(self.kinds.missing(object.kind)),
        };
        for notice in notices {
            let regarding = regarding(&served, object, &uid, &notice);
            self.publish(event(CHECK_CERTIFICATES, notice), regarding)
                .await;
        }
        Ok(())
    }

    async fn publish(&self, event: Event, regarding: Regarding) {
        let asked = Instant::now();
        // One at a time: nobody to be apart from, so no jitter.
        self.limiter.until_ready().await;
        self.wait_seconds.inc_by(asked.elapsed().as_secs_f64());
        if !self.leadership.may_write() {
            return;
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

fn event(action: &'static str, notice: Notice) -> Event {
    let Notice {
        weight,
        reason,
        listener: _,
        note,
    } = notice;
    Event {
        event_type: match weight {
            Weight::Normal => EventType::Normal,
            Weight::Warning => EventType::Warning,
        },
        reason,
        action,
        note,
    }
}

fn regarding(served: &Served, object: &ObjectRef, uid: &str, notice: &Notice) -> Regarding {
    let listener = notice.listener.as_ref();
    Regarding {
        served: served.clone(),
        key: object.key.clone(),
        uid: uid.to_owned(),
        field_path: listener.map(|name| format!("spec.listeners{{{name}}}")),
    }
}
