//! When the way to targets is looked at again that are told as not opened, or that time out: soon while anything changes, then
//! ever more rarely, and never where nothing is wanting.
//!
//! A round is two to four calls for all of them. Of what is told there is one every 30 to 60 s in the long run, so at most 480 calls an
//! hour and 80 rounds as a rule; of targets that only time out, mostly because what runs there does, one every 150 to 300 s.

use std::time::Duration;

use tokio::time::Instant;
use tributary_aws::Wanting;
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;

#[cfg(test)]
mod tests;

/// Between two rounds for what is told, at most.
const LONGEST: Duration = Duration::from_mins(1);
/// The same for what times out.
const LONGEST_OUT: Duration = Duration::from_mins(5);
/// A target that times out may be starting: its first round comes so much later.
const PATIENCE: u32 = 5;

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct Reach {
    told: Rounds,
    out: Rounds,
}

#[derive(Debug)]
struct Rounds {
    delays: Delays,
    due: Option<Instant>,
    /// What the delays stand on.
    wanting: Wanting,
}

impl Reach {
    /// `first` is the first delay.
    pub(crate) fn new(first: Duration, waited: &SecondsCounter) -> Self {
        let rounds = |first, most| Rounds {
            delays: Backoff { first, most }.delays(waited.clone()),
            due: None,
            wanting: Wanting::default(),
        };
        Self {
            told: rounds(first, LONGEST),
            out: rounds(first * PATIENCE, LONGEST_OUT),
        }
    }

    /// When to look; never while nothing is wanting.
    pub(crate) fn due(&self) -> Option<Instant> {
        [self.told.due, self.out.due].into_iter().flatten().min()
    }

    /// Takes in what is wanting now, and what times out.
    pub(crate) fn note(&mut self, told: Wanting, out: Wanting, now: Instant) {
        self.told.note(told, now);
        self.out.note(out, now);
    }

    /// What to look at now; nothing if it is not time.
    pub(crate) fn take(&mut self, now: Instant) -> Wanting {
        let told = self.told.take(now);
        told.and(self.out.take(now))
    }
}

impl Rounds {
    fn note(&mut self, wanting: Wanting, now: Instant) {
        if wanting.is_empty() {
            self.due = None;
        } else if !wanting.is_within(&self.wanting) {
            self.delays.reset();
            let soon = now + self.delays.next_delay();
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        } else if self.due.is_none() {
            self.due = Some(now + self.delays.next_delay());
        }
        self.wanting = wanting;
    }

    fn take(&mut self, now: Instant) -> Wanting {
        if self.due.is_none_or(|due| due > now) {
            return Wanting::default();
        }
        self.due = None;
        self.wanting.clone()
    }
}
