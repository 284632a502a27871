//! Which load balancers somebody speaks for.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::Instant;
use tributary_model::desired::LoadBalancerKey;
use tributary_proto::call::LoadBalancerShard;

use super::{MOST_STRAYS, MergerState};

/// A programmer that is started anew is back within seconds, and another takes its shards over after some more (a
/// Lease lasts four): who was not heard for this long is missing. Before that nothing is said, so that a rolling update
/// writes no status.
pub(crate) const SILENCE: Duration = Duration::from_mins(1);

impl MergerState {
    /// A stream of reports has said all that there is.
    pub(crate) fn heard(&mut self, stream: u64, share: LoadBalancerShard) {
        self.speakers.insert(stream, share);
        self.listen(Instant::now());
    }

    /// A stream of reports is over.
    pub(crate) fn fell_silent(&mut self, stream: u64) {
        self.speakers.remove(&stream);
        self.strays.retain(|_, said_by| *said_by != stream);
        self.listen(Instant::now());
    }

    /// Judges anew whose load balancer nobody has spoken for too long, or is spoken for again.
    pub(crate) fn listen(&mut self, now: Instant) {
        let mut before = std::mem::take(&mut self.silent_since);
        let is_heard =
            |key: &LoadBalancerKey| self.speakers.values().any(|share| share.includes(key));
        self.silent_since = self
            .desired_at
            .keys()
            .filter(|key| !is_heard(key))
            .map(|key| (key.clone(), before.remove(key).unwrap_or(now)))
            .collect();
        let unheard = self.silent_since.iter();
        let unheard = unheard.filter(|(_, since)| now >= **since + SILENCE);
        let unheard = unheard.map(|(key, _)| key.clone()).collect();
        self.set_unheard(unheard);
    }

    /// Nobody can have been missed so far: reports come to the leader alone.
    pub(crate) fn await_programmers(&mut self) {
        self.silent_since.clear();
        self.set_unheard(BTreeSet::new());
    }

    fn set_unheard(&mut self, unheard: BTreeSet<LoadBalancerKey>) {
        let affected = self.reports.hear_nothing_of(unheard);
        self.stale.extend(affected);
        self.judge_stale();
    }

    /// Desired load balancers of which no programmer was heard for too long.
    pub(crate) fn unheard(&self) -> impl Iterator<Item = &LoadBalancerKey> {
        let desired = self.desired_at.keys();
        desired.filter(|key| self.reports.is_unheard(key))
    }

    /// A stream has something that nobody wants.
    pub(crate) fn has_stray(&mut self, key: LoadBalancerKey, stream: u64) {
        if self.strays.len() < MOST_STRAYS {
            self.strays.insert(key, stream);
        }
    }

    /// What programmers have although nobody wants it.
    pub(crate) fn strays(&self) -> impl Iterator<Item = &LoadBalancerKey> {
        // It may be wanted by now: then its report is awaited as any other.
        self.strays.keys().filter(|key| !self.is_desired(key))
    }
}
