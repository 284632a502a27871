//! The loop: judgements in, statuses out, and how far that has come back to the merger.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, OptionFuture};
use futures::stream::BoxStream;
use futures::{FutureExt, StreamExt};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tracing::Instrument;
use tributary_kubernetes::lease::identity;
use tributary_model::ObjectRef;
use tributary_model::judgement::JudgedObject;
use tributary_proto::call::SetAside;
use tributary_proto::judgement::WatchJudgementsRequest;
use tributary_runtime::{Concern, Concerns, Condition, Context};
use tributary_stream::{Positioned, StreamOptions, Ties, Transport, Update, clients, watch_tied};

use crate::acknowledge::Acknowledging;
use crate::expiry::Expiry;
use crate::kubernetes::Forwarder;
use crate::outcome::Outcome;
use crate::queue::Queue;
use crate::sink::Sink;
use crate::store::Store;

/// Updates that are taken in before anything else has its turn again.
const BATCH: usize = 1_000;
/// Requests that are under way when we stop have so long to end.
const STOP_DEADLINE: Duration = Duration::from_secs(5);

/// Causes are told to people, a line each.
const LONGEST_CAUSE: usize = 240;

type Updates = BoxStream<'static, Positioned<Update<ObjectRef, JudgedObject>>>;

pub(crate) async fn write(context: &Context, merger: Transport, store: Store) {
    let (sink, forwarder) = Sink::new(context, store);
    let client = clients::judgement(merger);
    let ready = Arc::new(context.condition("judgements"));
    let ties = Ties {
        arrival: Some(Arc::clone(&ready)),
        concerns: None,
    };
    let instance = identity();
    let updates = watch_tied(context, StreamOptions::named("judgement"), ties, {
        let (client, instance) = (client.clone(), instance.clone());
        move || {
            let mut client = client.clone();
            let request = WatchJudgementsRequest {
                instance: instance.clone(),
            };
            async move { client.watch_judgements(request).await }
        }
    });
    let writer = Writer {
        queue: Queue::new(context, sink.policy()),
        expiry: Expiry::default(),
        acknowledging: Acknowledging::new(context, client, instance),
        ready,
        unwritten: context.concern("statuses"),
        concerns: context.concerns(),
        sink,
        attempts: JoinSet::new(),
    };
    // Nobody waits for the last events: what they tell is in the status.
    let events = OptionFuture::from(forwarder.map(Forwarder::forward));
    tokio::select! {
        () = writer.write(updates) => {}
        Some(()) = events => {}
    }
}

/// Span of one attempt to write a status.
const SPAN_WRITE: &str = "write";

struct Writer {
    sink: Sink,
    queue: Queue,
    expiry: Expiry,
    acknowledging: Acknowledging,
    ready: Arc<Condition>,
    unwritten: Concern,
    /// All of this service.
    concerns: Concerns,
    attempts: JoinSet<(ObjectRef, Outcome)>,
}

impl Writer {
    async fn write(mut self, mut updates: Updates) {
        let mut call: Option<BoxFuture<'static, bool>> = None;
        loop {
            let now = Instant::now();
            let leads = self.sink.leadership().may_write();
            let clock = crate::now();
            while leads && let Some((object, notices)) = self.expiry.take(clock) {
                self.sink.warn(&object, notices);
            }
            while leads && let Some(attempt) = self.queue.start(now, fastrand::f64()) {
                let sink = self.sink.clone();
                let span = tracing::debug_span!(parent: &attempt.span, SPAN_WRITE, object = %attempt.object);
                let writing = async move {
                    let outcome = sink.write(&attempt).await;
                    (attempt.object, outcome)
                };
                self.attempts.spawn(writing.instrument(span));
            }
            let forget_due = self.queue.forget(now);
            let idle = call.is_none();
            let due = self.acknowledging.due(&self.queue, now);
            if leads && idle && due.is_some_and(|due| due <= now) {
                let failed = self.queue.failed();
                self.tell(&failed);
                let concerns = self.concerns.seen();
                let acknowledging = &mut self.acknowledging;
                call = Some(acknowledging.call(&self.queue, failed, concerns, now));
                continue;
            }
            let wake = leads
                .then(|| {
                    let call_due = due.filter(|_| idle);
                    let expiry_due = self.expiry.next_due(clock).map(|after| now + after);
                    let due = [self.queue.next_due(), call_due, expiry_due, forget_due];
                    due.into_iter().flatten().min()
                })
                .flatten();
            tokio::select! {
                update = updates.next() => {
                    let Some(update) = update else {
                        break;
                    };
                    self.take_batch(update, &mut updates);
                }
                Some(ended) = self.attempts.join_next() => self.ended(ended),
                taken = answer(&mut call) => {
                    self.acknowledging.called(taken, Instant::now());
                    call = None;
                }
                () = until(wake), if wake.is_some() => {}
                () = self.concerns.changed() => self.acknowledging.changed(),
                () = self.sink.leadership().leading(), if !leads => {
                    // Whoever led until now has told the merger how far it came; now we do.
                    self.acknowledging.changed();
                }
            }
        }
        let ending = async { while self.attempts.join_next().await.is_some() {} };
        if timeout(STOP_DEADLINE, ending).await.is_err() {
            tracing::debug!("requests under way are given up");
        }
    }

    /// What waits to be read is read before anything is written: the latest wins.
    fn take_batch(
        &mut self,
        first: Positioned<Update<ObjectRef, JudgedObject>>,
        updates: &mut Updates,
    ) {
        let mut update = Some(first);
        for _ in 0..BATCH {
            let Some(next) = update else {
                return;
            };
            tributary_stream::span(&next).in_scope(|| self.take(next));
            update = updates.next().now_or_never().flatten();
        }
        if let Some(last) = update {
            tributary_stream::span(&last).in_scope(|| self.take(last));
        }
    }

    fn take(&mut self, update: Positioned<Update<ObjectRef, JudgedObject>>) {
        let Positioned {
            position,
            traceparent: _,
            item,
        } = update;
        self.acknowledging.read(position);
        let now = Instant::now();
        match item {
            Update::Reset(judged) => {
                self.prune(&judged.keys().cloned().collect(), now);
                for (object, judged) in judged {
                    self.apply(&object, judged.item, now);
                }
            }
            Update::Apply(object, judged) => self.apply(&object, judged, now),
            Update::Delete(object) => self.remove(&object, now),
            Update::Repositioned(object) => self.queue.reposition(&object, now),
            Update::Synced => self.ready.met(),
            Update::Refused(_) => {}
        }
    }

    fn apply(&mut self, object: &ObjectRef, judged: Arc<JudgedObject>, now: Instant) {
        self.expiry.apply(object, &judged.judgement, crate::now());
        self.queue.apply(object, judged, now);
    }

    /// What is gone since an earlier run, or since the merger's last.
    fn prune(&mut self, judged: &BTreeSet<ObjectRef>, now: Instant) {
        self.expiry.retain(judged);
        let forgotten = self
            .queue
            .objects()
            .filter(|object| !judged.contains(object));
        let forgotten: BTreeSet<ObjectRef> = forgotten.cloned().collect();
        for object in forgotten.into_iter().chain(self.sink.others(judged)) {
            self.queue.remove(&object, now);
        }
    }

    fn remove(&mut self, object: &ObjectRef, now: Instant) {
        self.expiry.remove(object);
        if self.sink.removes() || self.queue.remembers(object) {
            self.queue.remove(object, now);
        }
    }

    /// How many statuses cannot be written, and why not the first: it stands for all where a right is missing.
    fn tell(&self, failed: &[SetAside]) {
        let Some(SetAside { object, reason }) = failed.first() else {
            return self.unwritten.clear();
        };
        let (count, reason) = (failed.len(), reason.chars().take(LONGEST_CAUSE));
        let reason: String = reason.collect();
        let why = format!("{count} cannot be written, {object}: {reason}");
        self.unwritten.raise_because(why);
    }

    fn ended(&mut self, ended: Result<(ObjectRef, Outcome), JoinError>) {
        match ended {
            Ok((object, outcome)) => {
                self.queue.done(&object, outcome, Instant::now());
                self.acknowledging.changed();
            }
            // As if it had happened here: the supervisor deals with it.
            Err(error) => {
                if let Ok(panic) = error.try_into_panic() {
                    std::panic::resume_unwind(panic);
                }
            }
        }
    }
}

async fn answer(call: &mut Option<BoxFuture<'static, bool>>) -> bool {
    match call {
        Some(call) => call.await,
        None => std::future::pending().await,
    }
}

async fn until(wake: Option<Instant>) {
    if let Some(wake) = wake {
        sleep_until(wake).await;
    }
}
