//! Every name of a span or metric that the shared parts give. Units are in the name; prometheus-client
//! adds `_total` to counters.

use std::sync::atomic::AtomicU64;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

use crate::metrics::{Described, MetricName};

/// Span of one RPC on its server; the traceparent of the caller is its parent.
pub const SPAN_RPC: &str = "rpc";

/// Span of one message of a stream on its receiver; the traceparent of the sender is its parent.
pub const SPAN_RECEIVE: &str = "receive";

/// The header that carries a W3C trace context over HTTP and gRPC.
pub const HEADER_TRACEPARENT: &str = "traceparent";

/// What every process has.
pub const OF_PROCESS: &[Described] = &[
    BUILD_INFO.described(),
    START_TIME_SECONDS.described(),
    TASK_FAILURES.described(),
    TASK_BACKOFF_SECONDS.described(),
    CONNECTIONS.described(),
    CONNECTIONS_DROPPED.described(),
    TLS_CERTIFICATE_NOT_BEFORE_SECONDS.described(),
    TLS_CERTIFICATE_NOT_AFTER_SECONDS.described(),
    TLS_RELOAD_FAILURES.described(),
    TLS_HANDSHAKE_FAILURES.described(),
];

/// What a gRPC server has.
pub const OF_SERVERS: &[Described] = &[SLOW_READERS.described()];

/// What the server of a stream has.
pub const OF_SENDERS: &[Described] = &[
    STREAM_SUBSCRIBERS.described(),
    STREAM_LAG_GENERATIONS.described(),
];

/// What the reader of a stream has.
pub const OF_READERS: &[Described] = &[
    STREAM_RECONNECTS.described(),
    STREAM_BACKOFF_SECONDS.described(),
    STREAM_REFUSED_ITEMS.described(),
    STREAM_STALE_MESSAGES.described(),
];

/// Which program this is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct BuildLabels {
    /// `merger` …; `tributary` where all are in one process.
    pub service: &'static str,
    /// Of the release.
    pub version: &'static str,
}

/// Always 1: what it says is in its labels.
pub const BUILD_INFO: MetricName<Family<BuildLabels, Gauge>> = MetricName::new(
    "tributary_build_info",
    "1, with the service and its version as labels",
    Family::default,
)
.labelled(&["service", "version"]);

/// Another value is another process: a counter that a failure ends with the process is never read.
pub const START_TIME_SECONDS: MetricName<Gauge> = MetricName::new(
    "tributary_start_time_seconds",
    "When the process began, in seconds since 1970",
    Gauge::default,
);

/// The header in which a server says which version it is.
pub const HEADER_VERSION: &str = "tributary-version";

/// What is of concern to the watcher, a value for each, with its stream of snapshots: the stream ends when that changes.
pub const HEADER_CONCERNS: &str = "tributary-concerns-bin";

/// Which task a number is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct TaskLabels {
    /// Name of the task.
    pub task: &'static str,
}

/// Which of a process's servers a number is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct ServerLabels {
    /// `grpc` or `admin`.
    pub server: &'static str,
}

/// Of connections that came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct DroppedLabels {
    /// `grpc` or `admin`.
    pub server: &'static str,
    /// `too_many`, `too_many_of_address` or `slow`.
    pub why: &'static str,
}

/// Which RPC a number is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct RpcLabels {
    /// `/package.Service/Method`.
    pub rpc: String,
}

/// Connections at this moment.
pub const CONNECTIONS: MetricName<Family<ServerLabels, Gauge>> = MetricName::new(
    "tributary_connections",
    "Connections of a server at this moment",
    Family::default,
)
.labelled(&["server"]);

/// Connections that the server closed.
pub const CONNECTIONS_DROPPED: MetricName<Family<DroppedLabels, Counter>> = MetricName::new(
    "tributary_connections_dropped",
    "Connections that a server closed: it has as many as it takes, in all or of one address, or they were too slow",
    Family::default,
)
.labelled(&["server", "why"])
.shown_when("a connection was closed");

/// Streams that the server ended.
pub const SLOW_READERS: MetricName<Family<RpcLabels, Counter>> = MetricName::new(
    "tributary_slow_readers",
    "Streams that were ended since their reader took nothing for 30 seconds",
    Family::default,
)
.labelled(&["rpc"])
.shown_when("a reader was dropped");

/// When the certificate that is served with began.
pub const TLS_CERTIFICATE_NOT_BEFORE_SECONDS: MetricName<Gauge> = MetricName::new(
    "tributary_tls_certificate_not_before_seconds",
    "When the certificate in use between the services began, in seconds since 1970",
    Gauge::default,
)
.shown_when("it is told `--tls-dir`");

/// When the certificate that is served with ends.
pub const TLS_CERTIFICATE_NOT_AFTER_SECONDS: MetricName<Gauge> = MetricName::new(
    "tributary_tls_certificate_not_after_seconds",
    "When the certificate in use between the services ends, in seconds since 1970",
    Gauge::default,
)
.shown_when("it is told `--tls-dir`");

/// Certificates that could not be read anew.
pub const TLS_RELOAD_FAILURES: MetricName<Counter> = MetricName::new(
    "tributary_tls_reload_failures",
    "Looks at changed certificate files that could not be used, or could not be read",
    Counter::default,
)
.shown_when("it is told `--tls-dir`");

/// Connections that came to nothing.
pub const TLS_HANDSHAKE_FAILURES: MetricName<Counter> = MetricName::new(
    "tributary_tls_handshake_failures",
    "Connections of clients whose certificate is not believed, or that are no TLS",
    Counter::default,
)
.shown_when("it is told `--tls-dir`");

/// Which stream a number is of.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct StreamLabels {
    /// Name of the stream: `snapshot`, `desired`, `judgement` …
    pub stream: &'static str,
}

/// A counter of fractions: seconds waited.
pub type SecondsCounter = Counter<f64, AtomicU64>;

/// Errors and panics of supervised tasks.
pub const TASK_FAILURES: MetricName<Family<TaskLabels, Counter>> = MetricName::new(
    "tributary_task_failures",
    "Supervised tasks that ended with an error or a panic",
    Family::default,
)
.labelled(&["task"])
.shown_when("a task has failed");

/// Seconds that supervised tasks waited before they were started again.
pub const TASK_BACKOFF_SECONDS: MetricName<Family<TaskLabels, SecondsCounter>> = MetricName::new(
    "tributary_task_backoff_seconds",
    "Seconds waited before failed tasks were started again",
    Family::default,
)
.labelled(&["task"])
.shown_when("a task that failed is started again");

/// Streams that were started again.
pub const STREAM_RECONNECTS: MetricName<Family<StreamLabels, Counter>> = MetricName::new(
    "tributary_stream_reconnects",
    "Calls of a stream that were made again after it ended or failed",
    Family::default,
)
.labelled(&["stream"]);

/// Seconds that streams waited before they were started again.
pub const STREAM_BACKOFF_SECONDS: MetricName<Family<StreamLabels, SecondsCounter>> =
    MetricName::new(
        "tributary_stream_backoff_seconds",
        "Seconds waited before streams were started again",
        Family::default,
    )
    .labelled(&["stream"]);

/// Items that could not be converted.
pub const STREAM_REFUSED_ITEMS: MetricName<Family<StreamLabels, Counter>> = MetricName::new(
    "tributary_stream_refused_items",
    "Received items that could not be converted; their last good version is kept",
    Family::default,
)
.labelled(&["stream"]);

/// Messages that were older than what the receiver had.
pub const STREAM_STALE_MESSAGES: MetricName<Family<StreamLabels, Counter>> = MetricName::new(
    "tributary_stream_stale_messages",
    "Received messages that were dropped for being older than what was there",
    Family::default,
)
.labelled(&["stream"]);

/// Readers of a stream at this moment.
pub const STREAM_SUBSCRIBERS: MetricName<Family<StreamLabels, Gauge>> = MetricName::new(
    "tributary_stream_subscribers",
    "Readers of a published store at this moment",
    Family::default,
)
.labelled(&["stream"]);

/// How far the slowest reader of a stream is behind.
pub const STREAM_LAG_GENERATIONS: MetricName<Family<StreamLabels, Gauge>> = MetricName::new(
    "tributary_stream_lag_generations",
    "Changes of a published store that its slowest reader has not read",
    Family::default,
)
.labelled(&["stream"]);
