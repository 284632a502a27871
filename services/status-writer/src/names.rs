//! Every name of a metric of the status writer. prometheus-client adds `_total` to counters.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use tributary_runtime::metrics::{Described, MetricName};
use tributary_runtime::names::SecondsCounter;

/// What the status writer alone has.
pub const METRICS: &[Described] = &[
    STATUS_WRITES.described(),
    STATUS_FAILURES.described(),
    STATUS_BACKOFF_SECONDS.described(),
    STATUS_WAITED_SECONDS.described(),
    STATUS_RATE_LIMIT_SECONDS.described(),
    STATUS_PENDING.described(),
    STATUS_IN_FLIGHT.described(),
    STATUS_SET_ASIDE.described(),
    STATUS_READS.described(),
    STATUS_CONFLICTS.described(),
    STATUS_GONE.described(),
    STATUS_EVENTS.described(),
    STATUS_EVENT_FAILURES.described(),
    STATUS_EVENT_WAIT_SECONDS.described(),
];

/// Statuses that were written.
pub(crate) const STATUS_WRITES: MetricName<Counter> = MetricName::new(
    "tributary_status_writes",
    "Statuses that were written",
    Counter::default,
);
/// Statuses that could not be written.
pub(crate) const STATUS_FAILURES: MetricName<Counter> = MetricName::new(
    "tributary_status_write_failures",
    "Attempts to write a status that failed",
    Counter::default,
);
/// Seconds waited before failed writes were tried again.
pub(crate) const STATUS_BACKOFF_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_status_backoff_seconds",
    "Seconds waited before failed writes were tried again",
    SecondsCounter::default,
);
/// Seconds that statuses waited for their turn.
pub(crate) const STATUS_WAITED_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_status_waited_seconds",
    "Seconds that statuses waited for their turn: for their own pace and for a free place",
    SecondsCounter::default,
);
/// Seconds that writes waited for the rate limit.
pub(crate) const STATUS_RATE_LIMIT_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_status_rate_limit_seconds",
    "Seconds that writes waited for the limit of writes a second",
    SecondsCounter::default,
)
.shown_when("it writes to Kubernetes");
/// Objects whose status waits to be written.
pub(crate) const STATUS_PENDING: MetricName<Gauge> = MetricName::new(
    "tributary_status_pending",
    "Objects whose status waits to be written at this moment",
    Gauge::default,
);
/// Writes at this moment.
pub(crate) const STATUS_IN_FLIGHT: MetricName<Gauge> = MetricName::new(
    "tributary_status_in_flight",
    "Statuses that are being written at this moment",
    Gauge::default,
);
/// Objects whose status is set aside.
pub(crate) const STATUS_SET_ASIDE: MetricName<Gauge> = MetricName::new(
    "tributary_status_set_aside",
    "Objects whose status can never be written as it should be",
    Gauge::default,
);
/// Statuses that were read.
pub(crate) const STATUS_READS: MetricName<Counter> = MetricName::new(
    "tributary_status_reads",
    "Objects that were read from the API server before a write",
    Counter::default,
)
.shown_when("it writes to Kubernetes");
/// Writes that met another writer.
pub(crate) const STATUS_CONFLICTS: MetricName<Counter> = MetricName::new(
    "tributary_status_conflicts",
    "Writes that were computed again since somebody else wrote meanwhile",
    Counter::default,
)
.shown_when("it writes to Kubernetes");
/// Objects that were gone.
pub(crate) const STATUS_GONE: MetricName<Counter> = MetricName::new(
    "tributary_status_objects_gone",
    "Objects that were gone when their status was to be written",
    Counter::default,
)
.shown_when("it writes to Kubernetes");
/// Events that were written.
pub(crate) const STATUS_EVENTS: MetricName<Counter> = MetricName::new(
    "tributary_status_events",
    "Kubernetes Events that were written",
    Counter::default,
)
.shown_when("it writes to Kubernetes");
/// Events that were not.
pub(crate) const STATUS_EVENT_FAILURES: MetricName<Counter> = MetricName::new(
    "tributary_status_event_failures",
    "Kubernetes Events that were refused, not answered, or too many",
    Counter::default,
)
.shown_when("it writes to Kubernetes");
/// Seconds that events waited for the rate limit.
pub(crate) const STATUS_EVENT_WAIT_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_status_event_wait_seconds",
    "Seconds that Kubernetes Events waited for the limit of events a second",
    SecondsCounter::default,
)
.shown_when("it writes to Kubernetes");
