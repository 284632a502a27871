//! How long what a plan waits for is waited for.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use tributary_plan::waits::{Elapsed, Wait, Waited, Waiting};

#[cfg(test)]
mod tests;

/// Of targets that traffic moves to. A new target of an ALB is healthy with its first check, and checks are at most five
/// minutes apart.
const HEALTH: Duration = Duration::from_mins(5);
/// A wait that was long enough is over for so long, while the steps that it held up are taken.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct WaitLimits {
    /// With clients of a load balancer that was replaced.
    clients: Duration,
    since: BTreeMap<Wait, Instant>,
}

impl WaitLimits {
    pub(crate) fn new(clients: Duration) -> Self {
        Self {
            clients,
            since: BTreeMap::new(),
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

    /// When the next wait is over.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let ends = self.since.iter().map(|it| self.end(&it));
        ends.filter(|at| *at > now).min()
    }

    fn end(&self, (wait, since): &(&Wait, &Instant)) -> Instant {
        **since
            + match wait {
                Wait::Health { .. } => HEALTH,
                Wait::Clients { .. } => self.clients,
            }
    }
}
