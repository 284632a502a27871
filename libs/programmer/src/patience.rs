//! How long what a plan waits for is waited for, and from when on waiting is told.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use tributary_model::ListenerRef;
use tributary_model::desired::RuleOrigin;
use tributary_model::report::RuleProblem;
use tributary_plan::waits::{Elapsed, Wait, Waited, Waiting};

#[cfg(test)]
mod tests;

/// Of targets that traffic moves to. A new target of an ALB is healthy with its first check, and checks are at most five
/// minutes apart.
const HEALTH: Duration = Duration::from_mins(5);
/// A wait that was long enough is over for so long, while the steps that it held up are taken.
const REMEMBERED: Duration = Duration::from_mins(10);
/// A rule that is in place within this time is not told to be on its way: that would cost two writes of a status.
const TOLD: Duration = Duration::from_secs(2);

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct Patience {
    /// With clients of a load balancer that was replaced.
    clients: Duration,
    since: BTreeMap<Wait, Instant>,
    pending: BTreeMap<(RuleOrigin, ListenerRef), Instant>,
}

impl Patience {
    pub(crate) fn new(clients: Duration) -> Self {
        Self {
            clients,
            since: BTreeMap::new(),
            pending: BTreeMap::new(),
        }
    }

    /// What has been waited for, and whether that was long enough.
    pub(crate) fn waited(&self, now: Instant) -> Waited {
        let waits = self.since.iter().map(|it| {
            let elapsed = if self.end(&it) <= now {
                Elapsed::Enough
            } else {
                Elapsed::Some
            };
            (it.0.clone(), elapsed)
        });
        Waited::For(waits.collect())
    }

    /// Takes in what a plan waits for.
    pub(crate) fn note(&mut self, waits: &[Waiting], now: Instant) {
        let waited: BTreeSet<&Wait> = waits.iter().map(|it| &it.wait).collect();
        let mut since = std::mem::take(&mut self.since);
        since.retain(|wait, at| {
            let end = self.end(&(wait, at));
            waited.contains(wait) || end <= now && now < end + REMEMBERED
        });
        for wait in waited {
            since.entry(wait.clone()).or_insert(now);
        }
        self.since = since;
    }

    /// Of the rules that are on their way those that have been so for a while.
    pub(crate) fn told(&mut self, pending: Vec<RuleProblem>, now: Instant) -> Vec<RuleProblem> {
        let key = |it: &RuleProblem| (it.origin.clone(), it.listener.clone());
        let before = std::mem::take(&mut self.pending);
        for problem in &pending {
            let key = key(problem);
            let since = before.get(&key).copied().unwrap_or(now);
            self.pending.insert(key, since);
        }
        let is_told = |it: &RuleProblem| {
            let since = self.pending.get(&key(it));
            since.is_some_and(|since| *since + TOLD <= now)
        };
        pending.into_iter().filter(is_told).collect()
    }

    /// When the next wait is over or told.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let ends = self.since.iter().map(|it| self.end(&it));
        let told = self.pending.values().map(|since| *since + TOLD);
        ends.chain(told).filter(|at| *at > now).min()
    }

    fn end(&self, (wait, since): &(&Wait, &Instant)) -> Instant {
        **since
            + match wait {
                Wait::Health { .. } => HEALTH,
                Wait::Clients { .. } => self.clients,
            }
    }
}
