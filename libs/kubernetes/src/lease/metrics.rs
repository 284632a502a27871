//! Names of the metrics about Leases.

use std::collections::BTreeSet;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tributary_runtime::Metrics;
use tributary_runtime::metrics::{Described, MetricName};
use tributary_runtime::names::SecondsCounter;

use crate::failure::Class;

/// Which Lease, or group of Leases.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct LeaseLabels {
    lease: String,
}

/// Which share of the work.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(super) struct ShardLabels {
    lease: String,
    shard: u32,
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
)
.labelled(&["lease", "class"])
.shown_when("a request about a Lease has failed");

const LEASE_BACKOFF_SECONDS: MetricName<Family<LeaseLabels, SecondsCounter>> = MetricName::new(
    "tributary_lease_backoff_seconds",
    "Seconds waited before requests about Leases were made again",
    Family::default,
)
.labelled(&["lease"])
.shown_when("it shares its work by Leases");

const LEASES_HELD: MetricName<Family<LeaseLabels, Gauge>> = MetricName::new(
    "tributary_leases_held",
    "Leases that this process holds at this moment",
    Family::default,
)
.labelled(&["lease"])
.shown_when("it shares its work by Leases");

const SHARD_HELD: MetricName<Family<ShardLabels, Gauge>> = MetricName::new(
    "tributary_shard_held",
    "1 for each share of the load balancers that this process programs; the sum over processes is 1",
    Family::default,
)
.labelled(&["lease", "shard"])
.shown_when("it shares its work by Leases");

/// What a service has that shares its work by Leases.
pub const METRICS: &[Described] = &[
    LEASE_FAILURES.described(),
    LEASE_BACKOFF_SECONDS.described(),
    LEASES_HELD.described(),
];

/// What a service has besides that divides shards.
pub const OF_SHARDS: &[Described] = &[SHARD_HELD.described()];

pub(super) struct Meter {
    lease: String,
    failures: Family<FailureLabels, Counter>,
    held: Gauge,
    shards: Family<ShardLabels, Gauge>,
    shown: BTreeSet<u32>,
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
            shards: metrics.get(&SHARD_HELD),
            shown: BTreeSet::new(),
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

    pub(super) fn holds(&mut self, shards: BTreeSet<u32>) {
        self.held
            .set(i64::try_from(shards.len()).unwrap_or(i64::MAX));
        let labels = |shard: &u32| ShardLabels {
            lease: self.lease.clone(),
            shard: *shard,
        };
        for taken in shards.difference(&self.shown) {
            self.shards.get_or_create(&labels(taken)).set(1);
        }
        for lost in self.shown.difference(&shards) {
            self.shards.remove(&labels(lost));
        }
        self.shown = shards;
    }
}
