//! What is remembered of one object.

use std::sync::Arc;

use tokio::time::Instant;
use tributary_model::judgement::JudgedObject;
use tributary_model::status::Status;
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;

use super::Policy;
use crate::outcome::{Need, Task};
use crate::pace::{Pace, Urgency};

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Entry {
    pub(super) waiting: Option<Waiting>,
    pub(super) in_flight: Option<Tried>,
    pub(super) pace: Pace,
    /// What the status says since our last attempt, until that has come back from the merger: what the merger sends
    /// along may be older.
    pub(super) known: Option<Status>,
    pub(super) failed: Option<Failed>,
    pub(super) aside: Option<String>,
    /// What was judged of an object that is not there.
    pub(super) gone: Option<Arc<JudgedObject>>,
}

#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) task: Task,
    pub(super) urgency: Urgency,
    pub(super) due: Instant,
    pub(super) since: Instant,
    pub(super) span: tracing::Span,
}

/// What is in flight.
#[derive(Debug)]
pub(super) struct Tried {
    pub(super) task: Task,
    pub(super) urgency: Urgency,
}

#[derive(Debug)]
pub(super) struct Failed {
    pub(super) reason: String,
    pub(super) again: Delays,
}

/// After a status that could not be written.
pub(super) const TRY_AGAIN: Backoff = Backoff {
    first: std::time::Duration::from_millis(200),
    most: std::time::Duration::from_secs(30),
};

impl Entry {
    /// Nothing is in flight: does this ask for an attempt, and when?
    pub(super) fn judge(&mut self, judged: Arc<JudgedObject>, policy: Policy, now: Instant) {
        let needed = (policy.need)(&judged, self.known.as_ref(), self.aside.as_deref());
        if self.known.is_some() && self.known == judged.current {
            self.known = None;
        }
        match needed {
            Need::Nothing => {
                self.waiting = None;
                self.failed = None;
                self.aside = None;
            }
            Need::StillAside => {
                self.waiting = None;
                self.failed = None;
            }
            Need::Attempt(urgency) => {
                let due = if policy.paced {
                    self.pace.due(urgency, now)
                } else {
                    now
                };
                self.wait(Task::Write(judged), urgency, due, now);
            }
        }
    }

    /// The latest wins, and waits no longer than the one before it would have.
    pub(super) fn wait(&mut self, task: Task, urgency: Urgency, due: Instant, now: Instant) {
        let earlier = self.waiting.take();
        self.waiting = Some(Waiting {
            task,
            urgency: earlier
                .as_ref()
                .map_or(urgency, |earlier| earlier.urgency.min(urgency)),
            due: earlier.as_ref().map_or(due, |earlier| earlier.due.min(due)),
            since: earlier.map_or(now, |earlier| earlier.since.min(now)),
            span: tracing::Span::current(),
        });
    }

    /// What was tried is tried again then, unless something newer waits: that is tried then.
    pub(super) fn wait_instead(&mut self, tried: Tried, due: Instant) {
        let Tried { task, urgency } = tried;
        let waiting = self.waiting.take();
        let (task, urgency, span) = match waiting {
            Some(newer) => (newer.task, newer.urgency.min(urgency), newer.span),
            None => (task, urgency, tracing::Span::none()),
        };
        self.waiting = Some(Waiting {
            task,
            urgency,
            due,
            since: due,
            span,
        });
    }

    pub(super) fn is_removed(&self) -> bool {
        let waiting = self.waiting.as_ref();
        waiting.is_some_and(|waiting| matches!(waiting.task, Task::Remove))
    }

    pub(super) fn record(&mut self, known: Option<Status>, aside: Option<String>) {
        self.known = known;
        self.aside = aside;
        self.failed = None;
    }

    /// What stands in line, and when it is due.
    pub(super) fn scheduled(&self) -> Option<(Instant, Urgency)> {
        let waiting = self.waiting.as_ref()?;
        self.in_flight
            .is_none()
            .then_some((waiting.due, waiting.urgency))
    }

    /// What failed is said to have failed, and not waited for.
    pub(super) fn is_pending(&self) -> bool {
        (self.waiting.is_some() || self.in_flight.is_some()) && self.failed.is_none()
    }

    pub(super) fn is_blank(&self) -> bool {
        let Self {
            waiting,
            in_flight,
            pace,
            known,
            failed,
            aside,
            gone,
        } = self;
        waiting.is_none()
            && in_flight.is_none()
            && pace.is_blank()
            && known.is_none()
            && failed.is_none()
            && aside.is_none()
            && gone.is_none()
    }
}
