//! How long a change takes to each of its stages, from its arrival here.
//!
//! The clock is this process's own, so no two clocks are compared. What lies before, from the API server to here, is not in
//! it: objects carry times in whole seconds only. The watcher sends within milliseconds of the watch event.

use std::collections::{BTreeMap, VecDeque};

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use tokio::time::Instant;
use tributary_model::desired::LoadBalancerKey;
use tributary_runtime::Metrics;
use tributary_runtime::metrics::MetricName;
use tributary_stream::Position;

#[cfg(test)]
mod tests;

/// A stage of a change.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct StageLabels {
    stage: &'static str,
}

/// From a merge's milliseconds to the minutes in which AWS makes a load balancer.
const BUCKETS: [f64; 16] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0,
];

pub(crate) const CHANGE_SECONDS: MetricName<Family<StageLabels, Histogram>> = MetricName::new(
    "tributary_change_seconds",
    "Seconds from a change's arrival at the merger: to its desired state published (desired), programmed (programmed), \
     and what it means at once in status (status)",
    by_stage,
)
.labelled(&["stage"]);

fn by_stage() -> Family<StageLabels, Histogram> {
    Family::new_with_constructor(|| Histogram::new(BUCKETS))
}

/// Changes of one kind that are timed at once; more are not, while these are not done.
const MOST_TIMED: usize = 64;

/// Changes under way.
#[derive(Debug)]
pub(crate) struct Latency {
    desired: Histogram,
    programmed: Histogram,
    written: Histogram,
    /// Of the first of the changes that are taken in together.
    arrived: Option<Instant>,
    to_program: BTreeMap<LoadBalancerKey, Timed>,
    to_write: Timed,
}

/// What is waited for, oldest first, and since when.
#[derive(Debug, Default)]
struct Timed(VecDeque<(Position, Instant)>);

impl Latency {
    pub(crate) fn new(metrics: &Metrics) -> Self {
        let family = metrics.get(&CHANGE_SECONDS);
        let stage = |stage| family.get_or_create_owned(&StageLabels { stage });
        Self {
            desired: stage("desired"),
            programmed: stage("programmed"),
            written: stage("status"),
            arrived: None,
            to_program: BTreeMap::new(),
            to_write: Timed::default(),
        }
    }

    /// Changes begin to come.
    pub(crate) fn arrived(&mut self, at: Instant) {
        self.arrived.get_or_insert(at);
    }

    /// They are taken in: these load balancers are desired otherwise since these positions, and judgements up to `judged`
    /// say what follows, if any do.
    pub(crate) fn settled<'a>(
        &mut self,
        load_balancers: impl Iterator<Item = (&'a LoadBalancerKey, Position)>,
        judged: Option<Position>,
    ) {
        let Some(arrived) = self.arrived.take() else {
            return;
        };
        for (key, position) in load_balancers {
            self.desired.observe(arrived.elapsed().as_secs_f64());
            let timed = self.to_program.entry(key.clone()).or_default();
            timed.begin(position, arrived);
        }
        if let Some(judged) = judged {
            self.to_write.begin(judged, arrived);
        }
    }

    /// What was taken in is not timed: a first listing.
    pub(crate) fn skip(&mut self) {
        self.arrived = None;
    }

    /// A programmer has nothing left to do for this desired state.
    pub(crate) fn programmed(&mut self, key: &LoadBalancerKey, position: Position) {
        if let Some(timed) = self.to_program.get_mut(key) {
            timed.end(position, &self.programmed);
            if timed.0.is_empty() {
                self.to_program.remove(key);
            }
        }
    }

    /// Nobody programs it any more.
    pub(crate) fn gone(&mut self, key: &LoadBalancerKey) {
        self.to_program.remove(key);
    }

    /// Statuses are written up to here.
    pub(crate) fn written(&mut self, position: Position) {
        self.to_write.end(position, &self.written);
    }

    /// Another epoch: what was said in the last one is not answered any more.
    pub(crate) fn forget(&mut self) {
        self.arrived = None;
        self.to_program.clear();
        self.to_write.0.clear();
    }
}

impl Timed {
    fn begin(&mut self, position: Position, at: Instant) {
        if self.0.len() < MOST_TIMED {
            self.0.push_back((position, at));
        }
    }

    fn end(&mut self, up_to: Position, histogram: &Histogram) {
        while let Some((_, since)) = self.0.pop_front_if(|(position, _)| *position <= up_to) {
            histogram.observe(since.elapsed().as_secs_f64());
        }
    }
}
