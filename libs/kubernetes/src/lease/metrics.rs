//! Names of the metrics about Leases.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tributary_runtime::Metrics;
use tributary_runtime::metrics::MetricName;
use tributary_runtime::names::SecondsCounter;

use crate::failure::Class;

/// Which Lease, or group of Leases.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LeaseLabels {
    lease: String,
}

/// What failed.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct FailureLabels {
    lease: String,
    class: &'static str,
}

const LEASE_FAILURES: MetricName<Family<FailureLabels, Counter>> = MetricName::new(
    "tributary_lease_failures",
    "Requests about Leases that failed, by what the failure calls for",
    Family::default,
);

const LEASE_BACKOFF_SECONDS: MetricName<Family<LeaseLabels, SecondsCounter>> = MetricName::new(
    "tributary_lease_backoff_seconds",
    "Seconds waited before requests about Leases were made again",
    Family::default,
);

const LEASES_HELD: MetricName<Family<LeaseLabels, Gauge>> = MetricName::new(
    "tributary_leases_held",
    "Leases that this process holds at this moment",
    Family::default,
);

pub(super) struct Meter {
    lease: String,
    failures: Family<FailureLabels, Counter>,
    held: Gauge,
    pub(super) backoff: SecondsCounter,
}

impl Meter {
    pub(super) fn new(metrics: &Metrics, lease: &str) -> Self {
        let labels = LeaseLabels {
            lease: lease.to_owned(),
        };
        Self {
            lease: lease.to_owned(),
            failures: metrics.get(&LEASE_FAILURES),
            held: metrics.get(&LEASES_HELD).get_or_create_owned(&labels),
            backoff: metrics
                .get(&LEASE_BACKOFF_SECONDS)
                .get_or_create_owned(&labels),
        }
    }

    pub(super) fn failed(&self, class: Class) {
        let labels = FailureLabels {
            lease: self.lease.clone(),
            class: class.as_str(),
        };
        self.failures.get_or_create(&labels).inc();
    }

    pub(super) fn leads(&self, leads: bool) {
        self.held.set(i64::from(leads));
    }

    pub(super) fn holds(&self, count: usize) {
        self.held.set(i64::try_from(count).unwrap_or(i64::MAX));
    }
}
