//! What waits to be written, and since when; what failed, and when that is tried again; what is set aside.
//!
//! ```text
//!  apply ──> waits (latest wins) ── due, a place is free ──> in flight ──> done ─┬─ Done, SetAside, Gone
//!              ^    ^                                                            │
//!              │    └─────────── after a delay of its own ───────────────────────┴─ Failed
//!              └ its own pace
//! ```
//!
//! One attempt per object is in flight, and a bounded number in all. Nothing here waits or asks a clock: the loop
//! (`write`) brings the time.

mod entry;
mod lines;

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus_client::metrics::gauge::Gauge;
use tokio::time::Instant;
use tributary_model::ObjectRef;
use tributary_model::judgement::JudgedObject;
use tributary_model::status::Status;
use tributary_proto::call::SetAside;
use tributary_runtime::Context;
use tributary_runtime::names::SecondsCounter;

use crate::names::{
    STATUS_BACKOFF_SECONDS, STATUS_IN_FLIGHT, STATUS_PENDING, STATUS_SET_ASIDE,
    STATUS_WAITED_SECONDS,
};
use crate::outcome::{Need, Outcome, Task};
use crate::pace::{MEMORY, Urgency};

use entry::{Entry, Failed, TRY_AGAIN, Tried, Waiting};
use lines::Lines;

/// How a place where statuses are kept wants to be asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    /// Attempts at the same time.
    pub(crate) places: usize,
    /// Whether an object keeps a pace. Files are written at once.
    pub(crate) paced: bool,
    /// Whether a judgement asks for anything, given what is known to be written and what is known to be impossible.
    pub(crate) need: fn(&JudgedObject, Option<&Status>, Option<&str>) -> Need,
}

/// One attempt to make.
#[derive(Debug)]
pub(crate) struct Attempt {
    pub(crate) object: ObjectRef,
    pub(crate) task: Task,
    /// Whether nothing newer than the status that came with the judgement is known.
    pub(crate) fresh: bool,
    /// Why it is set aside so far: that is known, and told.
    pub(crate) aside: Option<String>,
    /// Why the last attempt failed: that is told, too.
    pub(crate) failed: Option<String>,
    /// In which the judgement came.
    pub(crate) span: tracing::Span,
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Queue {
    policy: Policy,
    entries: BTreeMap<ObjectRef, Entry>,
    lines: Lines,
    in_flight: usize,
    pending: usize,
    set_aside: usize,
    /// Paces that are over are forgotten then; not before there is one.
    forget_at: Option<Instant>,
    meters: Meters,
}

#[derive(Debug)]
struct Meters {
    backoff_seconds: SecondsCounter,
    waited_seconds: SecondsCounter,
    pending: Gauge,
    in_flight: Gauge,
    set_aside: Gauge,
}

impl Queue {
    pub(crate) fn new(context: &Context, policy: Policy) -> Self {
        let metrics = &context.metrics;
        Self {
            policy,
            entries: BTreeMap::new(),
            lines: Lines::default(),
            in_flight: 0,
            pending: 0,
            set_aside: 0,
            forget_at: None,
            meters: Meters {
                backoff_seconds: metrics.get(&STATUS_BACKOFF_SECONDS),
                waited_seconds: metrics.get(&STATUS_WAITED_SECONDS),
                pending: metrics.get(&STATUS_PENDING),
                in_flight: metrics.get(&STATUS_IN_FLIGHT),
                set_aside: metrics.get(&STATUS_SET_ASIDE),
            },
        }
    }

    /// The object is judged anew, or carries another status.
    pub(crate) fn apply(&mut self, object: &ObjectRef, judged: Arc<JudgedObject>, now: Instant) {
        let policy = self.policy;
        if !self.entries.contains_key(object) && (policy.need)(&judged, None, None) == Need::Nothing
        {
            return;
        }
        self.change(object, |entry| {
            entry.gone = None;
            if entry.in_flight.is_some() {
                // Decided when that has come back.
                entry.wait(Task::Write(judged), Urgency::Prompt, now, now);
            } else {
                entry.judge(judged, policy, now);
            }
        });
    }

    /// The sender counts the object's judgement anew. One whose object was not there may have found it since.
    pub(crate) fn reposition(&mut self, object: &ObjectRef, now: Instant) {
        let gone = self.entries.get_mut(object);
        if let Some(judged) = gone.and_then(|entry| entry.gone.take()) {
            self.apply(object, judged, now);
        }
    }

    /// The object is gone.
    pub(crate) fn remove(&mut self, object: &ObjectRef, now: Instant) {
        self.change(object, |entry| {
            entry.failed = None;
            entry.aside = None;
            entry.gone = None;
            entry.wait(Task::Remove, Urgency::Prompt, now, now);
        });
    }

    /// The objects that something is remembered of.
    pub(crate) fn objects(&self) -> impl Iterator<Item = &ObjectRef> {
        self.entries.keys()
    }

    /// Whether anything is remembered of the object.
    pub(crate) fn remembers(&self, object: &ObjectRef) -> bool {
        self.entries.contains_key(object)
    }

    /// The next attempt, if one is due and a place is free. `random` is between 0 and 1.
    pub(crate) fn start(&mut self, now: Instant, random: f64) -> Option<Attempt> {
        if self.next_due()? > now {
            return None;
        }
        let object = self.lines.next(now)?;
        self.forget_at.get_or_insert(now + MEMORY);
        let waited = self.meters.waited_seconds.clone();
        self.change(&object, |entry| {
            let Waiting {
                task,
                urgency,
                due: _,
                since,
                span,
            } = entry.waiting.take()?;
            waited.inc_by(now.saturating_duration_since(since).as_secs_f64());
            entry.pace.attempt(urgency, now, random);
            entry.in_flight = Some(Tried {
                task: task.clone(),
                urgency,
            });
            Some(Attempt {
                object: object.clone(),
                task,
                fresh: entry.known.is_none(),
                aside: entry.aside.clone(),
                failed: entry.failed.as_ref().map(|failed| failed.reason.clone()),
                span,
            })
        })
    }

    /// Forgets paces that are over, if it is time: nothing is remembered of an object for which nothing is to be done.
    /// Returns when to come back.
    pub(crate) fn forget(&mut self, now: Instant) -> Option<Instant> {
        if self.forget_at.is_some_and(|at| at <= now) {
            self.entries.retain(|_, entry| {
                entry.pace.forget(now);
                !entry.is_blank()
            });
            let paced = self.entries.values().any(|entry| !entry.pace.is_blank());
            self.forget_at = paced.then(|| now + MEMORY);
        }
        self.forget_at
    }

    /// When the next attempt is due; never while all places are taken.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        let due = self.lines.next_due()?;
        (self.in_flight < self.policy.places).then_some(due)
    }

    /// An attempt has ended.
    pub(crate) fn done(&mut self, object: &ObjectRef, outcome: Outcome, now: Instant) {
        let policy = self.policy;
        let backoff_seconds = self.meters.backoff_seconds.clone();
        self.change(object, |entry| {
            let Some(ended) = entry.in_flight.take() else {
                return;
            };
            match outcome {
                Outcome::Done { known } => entry.record(known, None),
                Outcome::SetAside { reason, known } => entry.record(known, Some(reason)),
                Outcome::Gone => {
                    entry.record(None, None);
                    if let Task::Write(judged) = &ended.task {
                        entry.gone = Some(Arc::clone(judged));
                    }
                }
                // Nobody is interested in the status of what is gone meanwhile.
                Outcome::Failed { .. } if entry.is_removed() => {}
                Outcome::Failed { reason } => {
                    let mut again = match entry.failed.take() {
                        Some(failed) => failed.again,
                        None => TRY_AGAIN.delays(backoff_seconds),
                    };
                    let due = now + again.next_delay();
                    entry.failed = Some(Failed { reason, again });
                    entry.wait_instead(ended, due);
                    return;
                }
                Outcome::NotLeading => return entry.wait_instead(ended, now),
            }
            match entry.waiting.take() {
                None if matches!(ended.task, Task::Remove) => *entry = Entry::default(),
                None => {}
                Some(waiting) => match waiting.task {
                    Task::Write(judged) => {
                        let span = waiting.span;
                        span.in_scope(|| entry.judge(judged, policy, now));
                    }
                    Task::Remove => entry.waiting = Some(waiting),
                },
            }
        });
    }

    /// Whether everything is written, set aside, or failed.
    pub(crate) fn is_settled(&self) -> bool {
        self.pending == 0
    }

    /// The whole list of what cannot be written as it should be.
    pub(crate) fn set_aside(&self) -> Vec<SetAside> {
        self.list(|entry| entry.aside.as_ref())
    }

    /// The whole list of what failed and is tried again.
    pub(crate) fn failed(&self) -> Vec<SetAside> {
        self.list(|entry| entry.failed.as_ref().map(|failed| &failed.reason))
    }

    fn list(&self, reason: impl Fn(&Entry) -> Option<&String>) -> Vec<SetAside> {
        self.entries
            .iter()
            .filter_map(|(object, entry)| {
                Some(SetAside {
                    object: object.clone(),
                    reason: reason(entry)?.clone(),
                })
            })
            .collect()
    }

    /// Changes what is remembered of one object, and everything that follows from it.
    fn change<T>(&mut self, object: &ObjectRef, change: impl FnOnce(&mut Entry) -> T) -> T {
        let entry = self.entries.entry(object.clone()).or_default();
        if let Some((due, urgency)) = entry.scheduled() {
            self.lines.remove(object, urgency, due);
        }
        self.pending -= usize::from(entry.is_pending());
        self.in_flight -= usize::from(entry.in_flight.is_some());
        self.set_aside -= usize::from(entry.aside.is_some());
        let result = change(entry);
        if let Some((due, urgency)) = entry.scheduled() {
            self.lines.insert(object, urgency, due);
        }
        self.pending += usize::from(entry.is_pending());
        self.in_flight += usize::from(entry.in_flight.is_some());
        self.set_aside += usize::from(entry.aside.is_some());
        if entry.is_blank() {
            self.entries.remove(object);
        }
        let level =
            |gauge: &Gauge, count: usize| gauge.set(i64::try_from(count).unwrap_or(i64::MAX));
        level(&self.meters.pending, self.pending);
        level(&self.meters.in_flight, self.in_flight);
        level(&self.meters.set_aside, self.set_aside);
        result
    }
}

#[cfg(test)]
mod tests;
