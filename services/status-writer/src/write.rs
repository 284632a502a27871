//! The loop: judgements in, statuses out, and how far that has come back to the merger.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use prometheus_client::metrics::counter::Counter;
use tokio::time::{Instant, sleep_until, timeout};
use tributary_model::judgement::{JudgedObject, Judgement};
use tributary_model::{ObjectRef, Timestamp};
use tributary_proto::call::{Acknowledgement, SetAside};
use tributary_proto::judgement::{AcknowledgeJudgementsRequest, WatchJudgementsRequest};
use tributary_runtime::backoff::Delays;
use tributary_runtime::metrics::MetricName;
use tributary_runtime::names::SecondsCounter;
use tributary_runtime::{Backoff, Context};
use tributary_status::{Next, next};
use tributary_stream::{Position, Positioned, StreamOptions, Transport, Update, clients, watch};

use crate::store::Store;

/// Statuses that were written.
const STATUS_WRITES: MetricName<Counter> = MetricName::new(
    "tributary_status_writes",
    "Statuses that were written",
    Counter::default,
);
/// Statuses that could not be written.
const STATUS_FAILURES: MetricName<Counter> = MetricName::new(
    "tributary_status_write_failures",
    "Attempts to write a status that failed",
    Counter::default,
);
/// Seconds waited before failed writes were tried again.
const STATUS_BACKOFF_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_status_backoff_seconds",
    "Seconds waited before failed writes were tried again",
    SecondsCounter::default,
);

/// After a status that could not be written, or an acknowledgement that did not arrive.
const TRY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(30),
};
/// The merger answers at once or is gone.
const ACKNOWLEDGE_DEADLINE: Duration = Duration::from_secs(5);

struct Writer {
    store: Store,
    /// Judgements that could not be written yet, and why.
    failed: BTreeMap<ObjectRef, (Arc<JudgedObject>, String)>,
    /// Judgements that can never be written as they are, and why.
    set_aside: BTreeMap<ObjectRef, String>,
    position: Position,
    acknowledged: bool,
    writes: Counter,
    failures: Counter,
    again: Delays,
    due: Option<Instant>,
}

pub(crate) async fn write(context: &Context, merger: Transport, store: Store) {
    let ready = context.condition("judgements");
    let client = clients::judgement(merger);
    let mut updates = watch(context, StreamOptions::named("judgement"), {
        let client = client.clone();
        move || {
            let mut client = client.clone();
            async move { client.watch_judgements(WatchJudgementsRequest {}).await }
        }
    });
    let mut writer = Writer {
        store,
        failed: BTreeMap::new(),
        set_aside: BTreeMap::new(),
        position: Position::default(),
        acknowledged: true,
        writes: context.metrics.get(&STATUS_WRITES),
        failures: context.metrics.get(&STATUS_FAILURES),
        again: TRY_AGAIN.delays(context.metrics.get(&STATUS_BACKOFF_SECONDS)),
        due: None,
    };
    loop {
        tokio::select! {
            update = updates.next() => {
                let mut next = update;
                if next.is_none() {
                    return;
                }
                while let Some(update) = next {
                    let span = tributary_stream::span(&update);
                    if span.in_scope(|| writer.take(update)) {
                        ready.met();
                    }
                    next = updates.next().now_or_never().flatten();
                }
            }
            () = writer.is_due() => writer.try_again(),
        }
        if !writer.acknowledged {
            let request = AcknowledgeJudgementsRequest::from(&writer.acknowledgement());
            let mut client = client.clone();
            match timeout(ACKNOWLEDGE_DEADLINE, client.acknowledge_judgements(request)).await {
                Ok(Ok(_)) => writer.acknowledged = true,
                Ok(Err(status)) => {
                    tracing::debug!(message = status.message(), "acknowledged again later");
                }
                Err(_) => tracing::debug!("the merger does not answer, acknowledged again later"),
            }
        }
        writer.schedule();
    }
}

impl Writer {
    /// Returns whether a listing is complete.
    fn take(&mut self, update: Positioned<Update<ObjectRef, JudgedObject>>) -> bool {
        let Positioned {
            position,
            traceparent: _,
            item,
        } = update;
        self.position = position;
        self.acknowledged = false;
        match item {
            Update::Reset(judged) => {
                self.prune(&judged.keys().cloned().collect());
                for (object, judged) in judged {
                    self.write(object, judged.item);
                }
            }
            Update::Apply(object, judged) => self.write(object, judged),
            Update::Delete(object) => self.remove(&object),
            Update::Synced => return true,
            Update::Repositioned(_) | Update::Refused(_) => {}
        }
        false
    }

    fn write(&mut self, object: ObjectRef, judged: Arc<JudgedObject>) {
        self.set_aside.remove(&object);
        match self.wrote(&object, &judged) {
            Ok(()) => {
                self.failed.remove(&object);
            }
            Err(error) => {
                self.failures.inc();
                tracing::warn!(%object, %error, "status is written again later");
                self.failed.insert(object, (judged, error));
            }
        }
    }

    fn wrote(&mut self, object: &ObjectRef, judged: &JudgedObject) -> Result<(), String> {
        let JudgedObject { judgement, current } = judged;
        let stored = self.store.read(object).map_err(|error| error.to_string())?;
        let status = match next(judgement, stored.as_ref().or(current.as_ref()), now()) {
            Next::Unchanged | Next::Outdated => return Ok(()),
            Next::Write(status) => status,
            Next::WritePart { status, reason } => {
                self.put_aside(object, reason);
                status
            }
            Next::SetAside { reason } => {
                self.put_aside(object, reason);
                return Ok(());
            }
        };
        self.store
            .write(object, generation(judgement), &status)
            .map_err(|error| error.to_string())?;
        self.writes.inc();
        tracing::info!(%object, "status written");
        Ok(())
    }

    fn put_aside(&mut self, object: &ObjectRef, reason: String) {
        tracing::warn!(%object, reason, "status cannot be written as it should be");
        self.set_aside.insert(object.clone(), reason);
    }

    fn remove(&mut self, object: &ObjectRef) {
        self.failed.remove(object);
        self.set_aside.remove(object);
        if let Err(error) = self.store.remove(object) {
            self.failures.inc();
            tracing::warn!(%object, %error, "its status stays although it is gone");
        }
    }

    /// What is gone since an earlier run.
    fn prune(&mut self, judged: &BTreeSet<ObjectRef>) {
        for object in self
            .store
            .list()
            .into_iter()
            .filter(|object| !judged.contains(object))
        {
            self.remove(&object);
        }
    }

    fn try_again(&mut self) {
        self.due = None;
        self.acknowledged = false;
        for (object, (judged, _)) in std::mem::take(&mut self.failed) {
            self.write(object, judged);
        }
    }

    fn schedule(&mut self) {
        if self.failed.is_empty() && self.acknowledged {
            self.again.reset();
            self.due = None;
        } else if self.due.is_none() {
            self.due = Some(Instant::now() + self.again.next_delay());
        }
    }

    async fn is_due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    fn acknowledgement(&self) -> Acknowledgement {
        let aside = |(object, reason): (&ObjectRef, &String)| SetAside {
            object: object.clone(),
            reason: reason.clone(),
        };
        let failed = self.failed.iter();
        Acknowledgement {
            position: self.position,
            set_aside: self.set_aside.iter().map(aside).collect(),
            failed: failed
                .map(|(object, (_, reason))| aside((object, reason)))
                .collect(),
        }
    }
}

fn generation(judgement: &Judgement) -> i64 {
    match judgement {
        Judgement::GatewayClass(judged) => judged.generation,
        Judgement::Gateway(judged) => judged.generation,
        Judgement::ListenerSet(judged) => judged.generation,
        Judgement::Route(judged) => judged.generation,
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}
