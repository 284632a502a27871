//! How long to wait before trying again: exponential, jittered, bounded.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBackoff, ExponentialBuilder};

use crate::names::SecondsCounter;

#[cfg(test)]
mod tests;

/// A policy. The delays it gives never pass `most`, jitter included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The first delay, before jitter (which adds up to as much again).
    pub first: Duration,
    /// No delay is longer.
    pub most: Duration,
}

/// The delays of one series of attempts.
#[derive(Debug)]
pub struct Delays {
    policy: Backoff,
    series: ExponentialBackoff,
    waited_seconds: SecondsCounter,
}

impl Backoff {
    /// For calls between our own services: quick at first, since a restart takes a second or less, and
    /// never so slow that it adds much to the seconds in which a new leader is found.
    pub const RECONNECT: Self = Self {
        first: Duration::from_millis(50),
        most: Duration::from_millis(500),
    };

    /// For tasks that failed: their reason is rarely gone within the second.
    pub const RESTART: Self = Self {
        first: Duration::from_millis(500),
        most: Duration::from_mins(1),
    };

    /// Begins a series. What is waited is added to the counter.
    pub fn delays(self, waited_seconds: SecondsCounter) -> Delays {
        Delays {
            policy: self,
            series: series(self),
            waited_seconds,
        }
    }
}

impl Delays {
    /// The policy.
    pub fn policy(&self) -> Backoff {
        self.policy
    }

    /// The next delay, counted as waited.
    pub fn next_delay(&mut self) -> Duration {
        // The series has no end; `most` stands in for one all the same.
        let delay = self
            .series
            .next()
            .unwrap_or(self.policy.most)
            .min(self.policy.most);
        self.waited_seconds.inc_by(delay.as_secs_f64());
        delay
    }

    /// Waits for the next delay.
    pub async fn wait(&mut self) {
        let delay = self.next_delay();
        tokio::time::sleep(delay).await;
    }

    /// Begins anew, after something worked.
    pub fn reset(&mut self) {
        self.series = series(self.policy);
    }
}

fn series(policy: Backoff) -> ExponentialBackoff {
    ExponentialBuilder::new()
        .with_min_delay(policy.first.min(policy.most / 2))
        // backon's jitter comes on top and may double a delay: half of the bound keeps the bound, and the
        // longest delays jittered too.
        .with_max_delay(policy.most / 2)
        .with_jitter()
        .without_max_times()
        .build()
}
