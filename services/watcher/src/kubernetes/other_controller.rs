//! Whether the AWS Load Balancer Controller runs beside us: its Lease is renewed.
//!
//! No two clocks are compared: what counts is that a renewal was seen within some time. What the snapshot says changes
//! when that program comes or goes, and not with its renewals.

mod life;

use std::future::pending;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use futures::stream::BoxStream;
use tokio::time::{Instant, Sleep, sleep, sleep_until};
use tributary_kubernetes::{Class, Cluster, Failure, WatchEvent};
use tributary_model::other_controller::OtherController;
use tributary_model::resource::SourceObject;
use tributary_model::view::Rejection;
use tributary_model::{Labels, ObjectKey, Resource};
use tributary_proto::packed::Packed;
use tributary_runtime::Context;
use tributary_runtime::backoff::Delays;

use self::life::{Life, Renewal};
use super::watching::AGAIN;
use crate::metrics::{
    FailureLabels, KindLabels, LEASE_EVENTS, OTHER_CONTROLLER, OTHER_CONTROLLER_CHANGES,
    WATCH_BACKOFF_SECONDS, WATCH_FAILURES,
};
use crate::{OtherLease, Shared};

/// In metrics, beside the kinds.
const LEASE_NAME: &str = "Lease";
/// The snapshot waits so long for the first answer: without it Gateways could be taken that are another program's.
const FIRST_ANSWER: Duration = Duration::from_secs(30);

pub(crate) struct Beside {
    context: Context,
    shared: Shared,
    /// Nothing is watched without it.
    watched: Option<Watched>,
    answered: bool,
    answer_by: Instant,
    /// Why the Lease cannot be read, while it cannot; and whether that was told.
    pub(crate) forbidden: Option<Rejection>,
    failing: Option<Class>,
}

struct Watched {
    lease: ObjectKey,
    events: BoxStream<'static, Result<WatchEvent, Failure>>,
    delays: Delays,
    waiting: Option<Pin<Box<Sleep>>>,
    life: Life,
}

enum Happened {
    Told(Result<WatchEvent, Failure>),
    Expired,
    Unanswered,
}

impl Beside {
    pub(crate) fn new(
        context: &Context,
        cluster: &Cluster,
        shared: Shared,
        lease: Option<OtherLease>,
    ) -> Self {
        let waited = context.metrics.get(&WATCH_BACKOFF_SECONDS);
        let labels = KindLabels { kind: LEASE_NAME };
        if lease.is_some() {
            // 0 until something happens, and not absent.
            context.metrics.get(&OTHER_CONTROLLER);
            context.metrics.get(&OTHER_CONTROLLER_CHANGES);
            context.metrics.get(&LEASE_EVENTS);
        }
        let watched = lease.map(|OtherLease { lease, bounds }| Watched {
            events: cluster.watch_lease(&lease),
            delays: AGAIN.delays(waited.get_or_create_owned(&labels)),
            waiting: None,
            life: Life::new(bounds),
            lease,
        });
        Self {
            context: context.clone(),
            shared,
            answered: watched.is_none(),
            answer_by: Instant::now() + FIRST_ANSWER,
            watched,
            forbidden: None,
            failing: None,
        }
    }

    /// Whether it is known, as far as it can be.
    pub(crate) fn is_answered(&self) -> bool {
        self.answered
    }

    /// Follows the Lease to the next thing that happens. May be dropped at any time.
    pub(crate) async fn next(&mut self) {
        let Some(watched) = &mut self.watched else {
            return pending().await;
        };
        let answer_by = self.answer_by;
        let is_waited_for = !self.answered;
        let expires = watched.life.expires();
        let happened = tokio::select! {
            told = watched.told() => Happened::Told(told),
            () = sleep_until(expires.unwrap_or(answer_by)), if expires.is_some() => Happened::Expired,
            () = sleep_until(answer_by), if is_waited_for => Happened::Unanswered,
        };
        self.take(happened);
    }

    fn take(&mut self, happened: Happened) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        let now = Instant::now();
        match happened {
            Happened::Told(Ok(WatchEvent::Init)) => return,
            Happened::Told(Ok(event)) => {
                watched.delays.reset();
                match event {
                    WatchEvent::Apply { object, .. } => {
                        self.context.metrics.get(&LEASE_EVENTS).inc();
                        watched.life.seen(Renewal::of(&object), now);
                    }
                    WatchEvent::InitDone => self.answered = true,
                    // What was seen last counts for its time, so that a successor can come.
                    WatchEvent::Delete { .. } | WatchEvent::Init => {}
                }
                if self.failing.take().is_some() {
                    tracing::info!(lease = %watched.lease, "the Lease can be read now");
                }
                self.forbidden = None;
            }
            Happened::Told(Err(failure)) => self.failed(&failure, now),
            Happened::Expired => watched.life.end(now),
            Happened::Unanswered => {
                tracing::warn!(lease = %watched.lease, "the API server does not say whether another program renews it: believed to be absent");
                self.answered = true;
            }
        }
        self.publish();
    }

    fn failed(&mut self, failure: &Failure, now: Instant) {
        let Some(watched) = &mut self.watched else {
            return;
        };
        let class = failure.class;
        let labels = FailureLabels {
            kind: LEASE_NAME,
            class: class.as_str(),
        };
        let failures = self.context.metrics.get(&WATCH_FAILURES);
        failures.get_or_create(&labels).inc();
        watched.waiting = Some(Box::pin(sleep(watched.delays.next_delay())));
        let is_new = self.failing.replace(class) != Some(class);
        let lease = &watched.lease;
        // A renewal may have been missed. Who was seen to run is not gone because we may not look any more.
        watched.life.interrupted(now);
        if class != Class::Forbidden {
            if is_new {
                const DOWN: &str =
                    "the watch of another program's Lease is down and is begun again";
                // Of the whole server, and told once: by the kinds' watches.
                if matches!(class, Class::Unauthorized | Class::Unavailable) {
                    tracing::debug!(%lease, %failure, "{DOWN}");
                } else {
                    tracing::warn!(%lease, %failure, "{DOWN}");
                }
            }
            return;
        }
        self.answered = true;
        if is_new {
            tracing::error!(%lease, %failure, "cannot be read: the watcher needs a role in its namespace with the verbs list and watch on it, or --lbc-lease none");
            self.forbidden = Some(Rejection {
                source: super::objects::SOURCE.to_owned(),
                object: format!("Lease {lease}"),
                field: String::new(),
                reason: format!(
                    "leases.coordination.k8s.io cannot be read: {}",
                    failure.message
                ),
                last_good_kept: watched.life.is_alive(),
                object_ref: None,
            });
        }
    }

    /// Says what is so, if that is other than what was said.
    fn publish(&self) {
        let Some(watched) = &self.watched else {
            return;
        };
        let other = Resource::OtherController(OtherController::by(watched.lease.clone()));
        let key = other.object_ref();
        let is_alive = watched.life.is_alive();
        if is_alive == self.shared.published.get(&key).is_some() {
            return;
        }
        let lease = &watched.lease;
        self.context.metrics.get(&OTHER_CONTROLLER_CHANGES).inc();
        self.context
            .metrics
            .get(&OTHER_CONTROLLER)
            .set(i64::from(is_alive));
        if is_alive {
            tracing::info!(%lease, "the AWS Load Balancer Controller runs: Gateways of its classes that are not ours yet are left alone");
            let object = SourceObject {
                resource: Arc::new(other),
                status: None,
                resource_version: None,
                labels: Labels::default(),
            };
            self.shared
                .published
                .set(key, Arc::new(Packed::of(&object)));
        } else {
            tracing::info!(%lease, "not renewed any more: Gateways of the AWS Load Balancer Controller's classes are taken");
            self.shared.published.remove(&key);
        }
    }
}

impl Watched {
    async fn told(&mut self) -> Result<WatchEvent, Failure> {
        if let Some(waiting) = &mut self.waiting {
            waiting.as_mut().await;
            self.waiting = None;
        }
        match self.events.next().await {
            Some(told) => told,
            None => Err(Failure::timed_out("watch")),
        }
    }
}
