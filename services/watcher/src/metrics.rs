//! The watcher's own numbers.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tributary_runtime::metrics::{Described, MetricName};
use tributary_runtime::names::SecondsCounter;

/// What the watcher alone has.
pub const METRICS: &[Described] = &[
    KIND_SYNCED.described(),
    KIND_OBJECTS.described(),
    KIND_REFUSED.described(),
    WATCH_FAILURES.described(),
    WATCH_BACKOFF_SECONDS.described(),
    OTHER_CONTROLLER.described(),
    LEASE_EVENTS.described(),
    OTHER_CONTROLLER_CHANGES.described(),
    FOLDER_REFUSED.described(),
    FOLDER_WITHHELD.described(),
];

/// Which kind a number is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct KindLabels {
    /// `HTTPRoute` …
    pub(crate) kind: &'static str,
}

/// Which kind, and what went wrong.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct FailureLabels {
    /// `HTTPRoute` …, or `discovery`.
    pub(crate) kind: &'static str,
    /// `forbidden`, `unavailable` …
    pub(crate) class: &'static str,
}

/// 1 for a kind that is served and was listed, 0 for one that is not.
pub(crate) const KIND_SYNCED: MetricName<Family<KindLabels, Gauge>> = MetricName::new(
    "tributary_watch_synced",
    "Whether a kind is served by the API server and was listed",
    Family::default,
)
.labelled(&["kind"])
.shown_when("its source is Kubernetes");
/// Objects of a kind, refused ones among them.
pub(crate) const KIND_OBJECTS: MetricName<Family<KindLabels, Gauge>> = MetricName::new(
    "tributary_watch_objects",
    "Objects of a kind, refused ones among them",
    Family::default,
)
.labelled(&["kind"])
.shown_when("its source is Kubernetes");
/// Objects of a kind that are refused at this moment.
pub(crate) const KIND_REFUSED: MetricName<Family<KindLabels, Gauge>> = MetricName::new(
    "tributary_watch_refused_objects",
    "Objects of a kind that cannot be read at this moment",
    Family::default,
)
.labelled(&["kind"])
.shown_when("its source is Kubernetes");
/// Lists, watches and discoveries that failed.
pub(crate) const WATCH_FAILURES: MetricName<Family<FailureLabels, Counter>> = MetricName::new(
    "tributary_watch_failures",
    "Requests to the API server that failed",
    Family::default,
)
.labelled(&["kind", "class"])
.shown_when("the API server has refused a request");
/// Seconds waited before they were tried again.
pub(crate) const WATCH_BACKOFF_SECONDS: MetricName<Family<KindLabels, SecondsCounter>> =
    MetricName::new(
        "tributary_watch_backoff_seconds",
        "Seconds waited before requests to the API server were made again",
        Family::default,
    )
    .labelled(&["kind"])
    .shown_when("its source is Kubernetes");
/// 1 while the AWS Load Balancer Controller runs beside us.
pub(crate) const OTHER_CONTROLLER: MetricName<Gauge> = MetricName::new(
    "tributary_watch_other_controller_live",
    "Whether the AWS Load Balancer Controller's Lease is renewed",
    Gauge::default,
)
.shown_when("its source is Kubernetes, and `--lbc-lease` not `none`");
/// What was told of that Lease: mostly renewals, which change nothing.
pub(crate) const LEASE_EVENTS: MetricName<Counter> = MetricName::new(
    "tributary_watch_lease_events",
    "States of the AWS Load Balancer Controller's Lease that were read",
    Counter::default,
)
.shown_when("its source is Kubernetes, and `--lbc-lease` not `none`");
/// How often the snapshot said of that program that it came or went.
pub(crate) const OTHER_CONTROLLER_CHANGES: MetricName<Counter> = MetricName::new(
    "tributary_watch_other_controller_changes",
    "Times that the AWS Load Balancer Controller was seen to come or go",
    Counter::default,
)
.shown_when("its source is Kubernetes, and `--lbc-lease` not `none`");
/// Of a folder: what `ListRejections` lists.
pub(crate) const FOLDER_REFUSED: MetricName<Gauge> = MetricName::new(
    "tributary_folder_refused",
    "Documents, files and folders of the source that are refused at this moment",
    Gauge::default,
)
.shown_when("its source is a folder");
/// Of a folder: while there are any, something may count that is no longer asked for.
pub(crate) const FOLDER_WITHHELD: MetricName<Gauge> = MetricName::new(
    "tributary_folder_withheld_paths",
    "Files and folders of the source that cannot be read and keep what they held, or hide what they hold",
    Gauge::default,
).shown_when("its source is a folder");
