//! When targets that are not healthy are asked about again: soon while anything changes, then ever more rarely.
//!
//! A group costs a call, so not all are asked about at once, and not while all are healthy: pods that fail later are Kubernetes'
//! to find. What a load balancer with unhealthy targets costs is a round a minute.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;
use tributary_aws::unhealthy;
use tributary_model::desired::DesiredTarget;
use tributary_plan::observed::{Observed, TargetState};
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;

#[cfg(test)]
mod tests;

/// Between two rounds, at most.
const LONGEST: Duration = Duration::from_mins(1);
/// Groups in a round.
const AT_ONCE: usize = 20;

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct Checks {
    delays: Delays,
    due: Option<Instant>,
    /// What the delays stand on: the targets of groups that are not all healthy.
    known: BTreeMap<String, BTreeMap<DesiredTarget, TargetState>>,
    /// The last group of the last round.
    last: Option<String>,
}

impl Checks {
    /// `first` is the first delay.
    pub(crate) fn new(first: Duration, waited: SecondsCounter) -> Self {
        let policy = Backoff {
            first,
            most: LONGEST,
        };
        Self {
            delays: policy.delays(waited),
            due: None,
            known: BTreeMap::new(),
            last: None,
        }
    }

    /// When to ask; never while all are healthy.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Takes in what is known now.
    pub(crate) fn note(&mut self, observed: &Observed, now: Instant) {
        let groups = unhealthy(observed).into_iter();
        let known: BTreeMap<_, _> = groups
            .filter_map(|arn| {
                let targets = observed.target_groups.get(&arn)?.targets.clone();
                Some((arn, targets))
            })
            .collect();
        if known.is_empty() {
            self.due = None;
        } else if known != self.known {
            self.delays.reset();
            let soon = now + self.delays.next_delay();
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        } else if self.due.is_none() {
            self.due = Some(now + self.delays.next_delay());
        }
        self.known = known;
    }

    /// The groups to ask about now, if it is time: a round of those that were not asked about last.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<String> {
        if self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.due = None;
        let is_later = |arn: &&String| self.last.as_ref().is_some_and(|last| *arn > last);
        let later = self.known.keys().filter(is_later);
        let earlier = self.known.keys().filter(|arn| !is_later(arn));
        let round: Vec<String> = later.chain(earlier).take(AT_ONCE).cloned().collect();
        self.last = round.last().cloned();
        round
    }
}
