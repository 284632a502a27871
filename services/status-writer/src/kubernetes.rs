//! Statuses in Kubernetes: read, decide, write if nobody wrote meanwhile.
//!
//! ```text
//!  judgement + status as the merger sent it ──> need ── says so already ──> no request at all
//!                                                │
//!                GET <── conflict, 404 ──┐       v
//!                 └──> next, again ──> PATCH ─┬─ 200 ──> notices ──> Events      (the first without a GET, at the
//!                                             │                                   version that the watcher saw)
//!                                             ├─ 400, 413, 422 ──> set aside, an Event
//!                                             └─ anything else ──> failed: later, again
//! ```

mod events;
mod kinds;
mod marks;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::{DefaultDirectRateLimiter, Jitter, Quota, RateLimiter};
use prometheus_client::metrics::counter::Counter;
use tokio::time::Instant;
use tributary_kubernetes::{Class, Cluster, Failure, Found, Gates, LiveStatus, Served};
use tributary_model::ObjectRef;
use tributary_model::judgement::{JudgedObject, Judgement, PodJudgement};
use tributary_model::status::Status;
use tributary_runtime::Context;
use tributary_runtime::names::SecondsCounter;
use tributary_status::{Next, Notice, next, not_written, notices, only_counts_differ};

use crate::leadership::{AlwaysLeading, Leadership};
use crate::names::{
    STATUS_CONFLICTS, STATUS_GONE, STATUS_RATE_LIMIT_SECONDS, STATUS_READS, STATUS_WRITES,
};
use crate::outcome::{Need, Outcome};
use crate::pace::Urgency;
use crate::{generation, now};

use self::events::Events;
pub(crate) use self::events::Forwarder;
use self::kinds::Kinds;

/// Writes at the same time.
pub(crate) const PLACES: usize = 32;
/// Somebody who writes faster than we read is met this often, then waited for.
const TRIES: u32 = 5;
/// Those who wait for the rate limit do not all go on at the same moment.
const TURN_JITTER: Duration = Duration::from_millis(10);

/// Where statuses go when they go to Kubernetes.
#[derive(Clone, Debug)]
pub struct Kubernetes {
    /// Which cluster, and as whom.
    pub cluster: Cluster,
    /// Whether this replica is the one that writes.
    pub leadership: Arc<dyn Leadership>,
    /// Of all objects together.
    pub writes_per_second: NonZeroU32,
}

/// Leaves the API server to others for the most part: one replica of it does some thousands.
pub const WRITES_PER_SECOND: NonZeroU32 = NonZeroU32::MIN.saturating_add(999);

/// The part that works.
#[derive(Debug)]
pub(crate) struct Writer {
    cluster: Cluster,
    leadership: Arc<dyn Leadership>,
    limiter: DefaultDirectRateLimiter,
    kinds: Arc<Kinds>,
    events: Events,
    limit_seconds: SecondsCounter,
    reads: Counter,
    writes: Counter,
    conflicts: Counter,
    gone: Counter,
}

/// The object as the watcher saw it, when that is enough for a write. The write is bound to its version: if it is
/// not that any more, it is refused, and the object is read.
pub(crate) fn seen(judged: &JudgedObject) -> Option<LiveStatus> {
    let JudgedObject {
        judgement,
        current,
        resource_version,
    } = judged;
    let version = resource_version.as_ref()?.to_string();
    let Next::Write(_) = next(judgement, current.as_ref(), now()) else {
        return None;
    };
    Some(LiveStatus {
        // Nothing is told of it: what is written answers with it, and what is refused is read.
        uid: String::new(),
        generation: generation(judgement),
        version,
        status: Ok(current.clone()),
    })
}

/// What one try came to.
enum Tried {
    Ended(Outcome),
    /// Somebody wrote between our reading and our writing.
    Overtaken,
}

impl Kubernetes {
    /// Without a leader's election, at the default rate.
    pub fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            leadership: Arc::new(AlwaysLeading),
            writes_per_second: WRITES_PER_SECOND,
        }
    }
}

/// Whether a judgement asks for anything. Two statuses have a say: the one that the merger sent along, which lags behind
/// our own writes, and the one that we know to be there, which lags behind others'.
pub(crate) fn need(judged: &JudgedObject, known: Option<&Status>, aside: Option<&str>) -> Need {
    let JudgedObject {
        judgement,
        current,
        resource_version: _,
    } = judged;
    let given = |status: Option<&Status>| match next(judgement, status, now()) {
        Next::Unchanged | Next::Outdated => Need::Nothing,
        Next::SetAside { reason } if aside == Some(reason.as_str()) => Need::StillAside,
        Next::SetAside { .. } => Need::Attempt(Urgency::Prompt),
        Next::Write(next) | Next::WritePart { status: next, .. } => {
            let slow = status.is_some_and(|status| only_counts_differ(status, &next));
            Need::Attempt(if slow {
                Urgency::Slow
            } else if judgement.is_awaited() {
                Urgency::Awaiting
            } else {
                Urgency::Prompt
            })
        }
    };
    // Once its gates are open nothing is judged of a pod any more.
    if marks::asks(judgement) || matches!(judgement, Judgement::Pod(_)) {
        return Need::Attempt(Urgency::Prompt);
    }
    let by_current = given(current.as_ref());
    match (by_current, known.map(|known| given(Some(known)))) {
        (by_current, None) => by_current,
        (_, Some(Need::Attempt(urgency))) | (Need::Attempt(urgency), Some(_)) => {
            Need::Attempt(urgency)
        }
        (Need::StillAside, Some(_)) | (_, Some(Need::StillAside)) => Need::StillAside,
        (Need::Nothing, Some(Need::Nothing)) => Need::Nothing,
    }
}

impl Writer {
    pub(crate) fn new(context: &Context, kubernetes: Kubernetes) -> (Self, Forwarder) {
        let Kubernetes {
            cluster,
            leadership,
            writes_per_second,
        } = kubernetes;
        let metrics = &context.metrics;
        let kinds = Arc::new(Kinds::new(cluster.clone()));
        let (events, forwarder) = events::new(
            context,
            &cluster,
            Arc::clone(&kinds),
            Arc::clone(&leadership),
        );
        let writer = Self {
            kinds,
            cluster,
            leadership,
            limiter: RateLimiter::direct(Quota::per_second(writes_per_second)),
            events,
            limit_seconds: metrics.get(&STATUS_RATE_LIMIT_SECONDS),
            reads: metrics.get(&STATUS_READS),
            writes: metrics.get(&STATUS_WRITES),
            conflicts: metrics.get(&STATUS_CONFLICTS),
            gone: metrics.get(&STATUS_GONE),
        };
        (writer, forwarder)
    }

    pub(crate) fn leadership(&self) -> &dyn Leadership {
        &*self.leadership
    }

    /// Tells what came with time, of an object whose status may well say everything.
    pub(crate) fn warn(&self, object: &ObjectRef, notices: Vec<Notice>) {
        self.events.tell_unread(object, notices);
    }

    /// Makes one object's status say what is judged. `aside` is what it is set aside for already.
    pub(crate) async fn write(
        &self,
        object: &ObjectRef,
        judged: &JudgedObject,
        mut seen: Option<LiveStatus>,
        aside: Option<&str>,
    ) -> Outcome {
        if let Judgement::Pod(pod) = &judged.judgement {
            return self.open(pod).await;
        }
        for _ in 0..TRIES {
            match self.attempt(object, judged, seen.take(), aside).await {
                Ok(Tried::Ended(outcome)) => return self.mark(judged, outcome).await,
                Ok(Tried::Overtaken) => {
                    self.conflicts.inc();
                }
                Err(failure) => {
                    return Outcome::Failed {
                        reason: failure.to_string(),
                    };
                }
            }
        }
        Outcome::Failed {
            reason: format!("somebody else wrote {TRIES} times between reading and writing"),
        }
    }

    /// Opens a pod's gates. They are conditions of their own: nobody else's are read or written.
    async fn open(&self, judged: &PodJudgement) -> Outcome {
        self.turn().await;
        if !self.leadership.may_write() {
            return Outcome::NotLeading;
        }
        let PodJudgement {
            key,
            generation: _,
            uid,
            gates,
        } = judged;
        match self
            .cluster
            .open_gates(key, uid.as_ref(), gates, now())
            .await
        {
            Ok(Gates::Open) => {
                self.writes.inc();
                let gates = gates.iter().map(String::as_str).collect::<Vec<_>>();
                tracing::info!(pod = %key, gates = gates.join(", "), "targets are healthy, readiness gates opened");
                Outcome::Done { known: None }
            }
            Ok(Gates::Gone) => {
                self.gone.inc();
                Outcome::Gone
            }
            Err(failure) => Outcome::Failed {
                reason: failure.to_string(),
            },
        }
    }

    /// What is to be written beside a status, once that says what it should.
    async fn mark(&self, judged: &JudgedObject, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::Done { known } if self.leadership.may_write() => {
                match marks::write(&self.cluster, &judged.judgement).await {
                    Ok(()) => Outcome::Done { known },
                    Err(failure) => Outcome::Failed {
                        reason: failure.to_string(),
                    },
                }
            }
            Outcome::Done { .. }
            | Outcome::Failed { .. }
            | Outcome::SetAside { .. }
            | Outcome::Gone
            | Outcome::NotLeading => outcome,
        }
    }

    async fn attempt(
        &self,
        object: &ObjectRef,
        judged: &JudgedObject,
        seen: Option<LiveStatus>,
        aside: Option<&str>,
    ) -> Result<Tried, Failure> {
        let served = self.kinds.served(object.kind).await?;
        self.turn().await;
        if !self.leadership.may_write() {
            return Ok(Tried::Ended(Outcome::NotLeading));
        }
        let is_unread = seen.is_some();
        let live = match seen {
            Some(seen) => seen,
            None => match self.read(&served, object).await? {
                Some(live) => live,
                None => return Ok(Tried::Ended(Outcome::Gone)),
            },
        };
        let told = |reason: &str| aside == Some(reason);
        let LiveStatus {
            uid,
            generation: live_generation,
            version,
            status: current,
        } = live;
        let current = match current {
            Ok(current) => current,
            Err(why) => {
                let reason = format!("its status cannot be read: {why}");
                if !told(&reason) {
                    self.tell(&served, object, &uid, vec![not_written(&reason)]);
                }
                return Ok(Tried::Ended(Outcome::SetAside {
                    reason,
                    known: None,
                }));
            }
        };
        // Generations only grow: it was another object of that name that was judged. This one's judgement comes.
        if live_generation < generation(&judged.judgement) {
            return Ok(Tried::Ended(Outcome::Done { known: current }));
        }
        let (status, left_out) = match next(&judged.judgement, current.as_ref(), now()) {
            Next::Unchanged | Next::Outdated => {
                return Ok(Tried::Ended(Outcome::Done { known: current }));
            }
            Next::SetAside { reason } => {
                if !told(&reason) {
                    self.tell(&served, object, &uid, vec![not_written(&reason)]);
                }
                return Ok(Tried::Ended(Outcome::SetAside {
                    reason,
                    known: current,
                }));
            }
            Next::Write(status) => (status, None),
            Next::WritePart { status, reason } => (status, Some(reason)),
        };
        if !self.leadership.may_write() {
            return Ok(Tried::Ended(Outcome::NotLeading));
        }
        let written = self
            .cluster
            .write_status(&served, &object.key, &version, &status)
            .await;
        let (refused, known) = match written {
            Ok(written) => {
                self.writes.inc();
                tracing::info!(%object, "status written");
                let notices = notices(current.as_ref(), &status);
                self.tell(&served, object, &written.uid, notices);
                (None, written.status.ok().flatten())
            }
            Err(failure) => match failure.class {
                // A 404 may be the object's or its kind's: reading tells.
                Class::Conflict | Class::NotFound => return Ok(Tried::Overtaken),
                // Whose status it is that cannot be written is told by reading it.
                Class::Invalid if is_unread => return Ok(Tried::Overtaken),
                Class::Invalid => (Some(failure.message), current),
                Class::Unauthorized | Class::Forbidden | Class::Expired | Class::Unavailable => {
                    return Err(failure);
                }
            },
        };
        Ok(Tried::Ended(match refused.or(left_out) {
            None => Outcome::Done { known },
            Some(reason) => {
                if !told(&reason) {
                    self.tell(&served, object, &uid, vec![not_written(&reason)]);
                }
                Outcome::SetAside { reason, known }
            }
        }))
    }

    /// The object now; nothing when it is gone.
    async fn read(
        &self,
        served: &Served,
        object: &ObjectRef,
    ) -> Result<Option<LiveStatus>, Failure> {
        self.reads.inc();
        match self.cluster.live_status(served, &object.key).await? {
            Found::Live(live) => Ok(Some(*live)),
            Found::NoObject => {
                self.gone.inc();
                tracing::debug!(%object, "gone before its status was written");
                Ok(None)
            }
            Found::NoKind => Err(self.kinds.missing(object.kind)),
        }
    }

    fn tell(&self, served: &Served, object: &ObjectRef, uid: &str, notices: Vec<Notice>) {
        for notice in notices {
            self.events.tell(served, object, uid, notice);
        }
    }

    /// Waits for the limit of writes a second. At most [`PLACES`] wait.
    async fn turn(&self) {
        let asked = Instant::now();
        let jitter = Jitter::up_to(TURN_JITTER);
        self.limiter.until_ready_with_jitter(jitter).await;
        self.limit_seconds.inc_by(asked.elapsed().as_secs_f64());
    }
}

#[cfg(test)]
mod tests;
