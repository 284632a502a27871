//! Names of the metrics.

use tributary_runtime::metrics::MetricName;
use tributary_runtime::names::SecondsCounter;

/// Until the API server answers.
pub(crate) const BACKOFF_SECONDS: MetricName<SecondsCounter> = MetricName::new(
    "tributary_certificates_backoff_seconds",
    "Seconds waited before a run that failed began again",
    SecondsCounter::default,
);
