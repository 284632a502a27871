//! Names of the programmers' metrics, and the meter that counts AWS calls.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tributary_aws::{Call, Class, Group, Meter, Wait, WaitReason};
use tributary_runtime::Metrics;
use tributary_runtime::metrics::{Described, MetricName};
use tributary_runtime::names::SecondsCounter;

use crate::reached::Reached;

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct CallLabels {
    /// AWS's name of the operation.
    pub operation: &'static str,
    /// `ok`, `retryable`, `throttled`, `permanent` or `needs_reobserve`.
    pub outcome: &'static str,
}

/// For what a call waited.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct WaitLabels {
    /// Of calls `turn` or `backoff`; of workers what they wait for, `aws` and `aws_again` among them: to ask whether AWS answers.
    pub reason: &'static str,
}

/// Which group of operations.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct GroupLabels {
    /// As `tributary-aws` names it.
    pub group: String,
}

/// AWS calls by operation and outcome.
pub const AWS_CALLS: MetricName<Family<CallLabels, Counter>> = MetricName::new(
    "tributary_aws_calls",
    "Requests to AWS by operation and outcome",
    Family::default,
)
.labelled(&["operation", "outcome"]);

/// Seconds from sending to answer.
pub const AWS_CALL_SECONDS: MetricName<Family<CallLabels, SecondsCounter>> = MetricName::new(
    "tributary_aws_call_seconds",
    "Seconds from sending a request to AWS to its answer",
    Family::default,
)
.labelled(&["operation", "outcome"]);

/// Seconds that calls waited before they were sent.
pub const AWS_WAIT_SECONDS: MetricName<Family<WaitLabels, SecondsCounter>> = MetricName::new(
    "tributary_aws_wait_seconds",
    "Seconds that requests waited before they were sent",
    Family::default,
)
.labelled(&["reason"]);

/// The rate that a group of operations allows itself.
pub const AWS_PACE: MetricName<Family<GroupLabels, Gauge<f64, std::sync::atomic::AtomicU64>>> =
    MetricName::new(
        "tributary_aws_pace_calls_per_second",
        "Requests a second that a group of operations allows itself",
        Family::default,
    )
    .labelled(&["group"])
    .shown_when("AWS has throttled it");

/// Seconds that workers waited before they tried or looked again.
pub const WORKER_WAIT_SECONDS: MetricName<Family<WaitLabels, SecondsCounter>> = MetricName::new(
    "tributary_programmer_wait_seconds",
    "Seconds that workers planned to wait before they tried or looked again",
    Family::default,
)
.labelled(&["reason"]);

/// Load balancers that are looked after.
pub const LOAD_BALANCERS: MetricName<Gauge> = MetricName::new(
    "tributary_programmer_load_balancers",
    "Load balancers that are looked after",
    Gauge::default,
);

/// Looks at AWS.
pub const OBSERVATIONS: MetricName<Counter> = MetricName::new(
    "tributary_programmer_observations",
    "Times that everything of a load balancer was described",
    Counter::default,
)
.shown_when("it has a load balancer");

/// What the programmers alone have.
pub const METRICS: &[Described] = &[
    AWS_CALLS.described(),
    AWS_CALL_SECONDS.described(),
    AWS_WAIT_SECONDS.described(),
    AWS_PACE.described(),
    WORKER_WAIT_SECONDS.described(),
    LOAD_BALANCERS.described(),
    OBSERVATIONS.described(),
];

/// Counts AWS calls into the process's metrics.
#[derive(Clone, Debug)]
pub struct AwsMeter {
    calls: Family<CallLabels, Counter>,
    seconds: Family<CallLabels, SecondsCounter>,
    waits: Family<WaitLabels, SecondsCounter>,
    pace: Family<GroupLabels, Gauge<f64, std::sync::atomic::AtomicU64>>,
    reached: Reached,
}

impl AwsMeter {
    /// Into these metrics; what AWS does as it is asked is noted.
    pub(crate) fn new(metrics: &Metrics, reached: Reached) -> Self {
        Self {
            reached,
            calls: metrics.get(&AWS_CALLS),
            seconds: metrics.get(&AWS_CALL_SECONDS),
            waits: metrics.get(&AWS_WAIT_SECONDS),
            pace: metrics.get(&AWS_PACE),
        }
    }
}

impl Meter for AwsMeter {
    fn called(&self, call: Call) {
        if call.failure.is_none() {
            self.reached.note();
        }
        let outcome = match call.failure {
            None => "ok",
            Some(Class::Retryable) => "retryable",
            Some(Class::Throttled) => "throttled",
            Some(Class::Permanent) => "permanent",
            Some(Class::NeedsReobserve) => "needs_reobserve",
        };
        let labels = CallLabels {
            operation: call.operation,
            outcome,
        };
        self.calls.get_or_create(&labels).inc();
        self.seconds
            .get_or_create(&labels)
            .inc_by(call.took.as_secs_f64());
    }

    fn waited(&self, wait: Wait) {
        let reason = match wait.reason {
            WaitReason::Turn => "turn",
            WaitReason::Backoff => "backoff",
        };
        self.waits
            .get_or_create(&WaitLabels { reason })
            .inc_by(wait.time.as_secs_f64());
    }

    fn paced(&self, group: Group, calls_per_second: f64) {
        self.pace
            .get_or_create(&GroupLabels {
                group: format!("{group:?}"),
            })
            .set(calls_per_second);
    }
}
