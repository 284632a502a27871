//! Who leads, by Leases: one leader of a service ([`Election`]), or shards that replicas divide ([`Shards`]).
//!
//! ```text
//!  Lease ─ read, write ─> Candidate (pure: what was seen, since when) ─> Election ─> Leadership: may I write, now?
//!  Leases, one list ────> Division  (pure: who is there, who has what) ─> Shards ──> one task per held shard
//! ```
//!
//! **Knows:** that clocks of two machines may differ by minutes. Nobody compares times: a holder counts from the moment
//! before it asked for its renewal, by its own monotonic clock, and stops by `deadline`; everybody else counts from the
//! moment at which they saw the record change, and waits `duration`, which is longer. Every write names the resource
//! version that it replaces, so of two that take a Lease over one succeeds.
//!
//! **Must not know:** what is led.
//!
//! The epoch is `leaseTransitions`. It grows with every new term, also when a holder that lost its Lease for a moment
//! gets it again. Only who deletes a Lease by hand makes it begin anew; those who saw the old one go on counting.
//!
//! These are the only loops in this crate: nobody else could run them.

mod api;
mod args;
mod candidate;
mod division;
mod duplicates;
mod election;
mod epochs;
mod leadership;
mod metrics;
mod shards;

use std::time::Duration;

pub use args::{DEFAULT_NAMESPACE, LeaderElection, LeaseArgs};
pub use duplicates::Duplicates;
pub use election::Election;
pub use epochs::{ShardEpochs, shard_group};
pub use leadership::Leadership;
pub use metrics::{METRICS, OF_SHARDS};
pub use shards::{Holding, Shards};

/// How long everything about a Lease takes. `renew` < `deadline` < `duration`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timing {
    /// Others wait this long after the last change that they saw. Whole seconds: the API has no others.
    pub duration: Duration,
    /// A holder stops this long after it asked for the last renewal that succeeded.
    pub deadline: Duration,
    /// A holder renews this often.
    pub renew: Duration,
    /// The others look this often, at most; each time a little sooner, so that they do not look together.
    pub poll: Duration,
}

/// 403, 409, 429, 5xx, no answer: what could not be asked is asked again, soon enough for a term to survive it.
const RETRY: tributary_runtime::Backoff = tributary_runtime::Backoff {
    first: Duration::from_millis(50),
    most: Duration::from_secs(1),
};
/// Until then a Lease that is given up is written, or it expires.
const RELEASE_DEADLINE: Duration = Duration::from_secs(2);

impl Default for Timing {
    /// A killed leader is followed within five seconds, one that stops within one.
    fn default() -> Self {
        Self::of(Duration::from_secs(4))
    }
}

impl Timing {
    /// By the duration: three quarters of it until the holder stops, a quarter between renewals.
    pub fn of(duration: Duration) -> Self {
        let duration = Duration::from_secs(duration.as_secs().max(1));
        Self {
            duration,
            deadline: duration * 3 / 4,
            renew: duration / 4,
            poll: Duration::from_millis(500).min(duration / 4),
        }
    }

    /// Between half of it and all of it.
    fn jittered_poll(self) -> Duration {
        self.poll.mul_f64(0.5 + fastrand::f64() / 2.0)
    }
}

/// A name for this process that no other has, however soon it is started after another on the same machine: the
/// pod's name (`$POD_NAME`) or the machine's, and five random letters. Fit for the name of an object.
pub fn identity() -> String {
    let name = std::env::var("POD_NAME")
        .or_else(|_| std::fs::read_to_string("/proc/sys/kernel/hostname"))
        .unwrap_or_default();
    let name: String = name
        .trim()
        .to_lowercase()
        .chars()
        .map(|letter| {
            if letter.is_ascii_alphanumeric() {
                letter
            } else {
                '-'
            }
        })
        .take(LONGEST_NAME)
        .collect();
    let name = match name.trim_matches('-') {
        "" => "replica",
        name => name,
    };
    let random: String = (0..5).map(|_| fastrand::lowercase()).collect();
    format!("{name}-{random}")
}

/// Of a pod or a machine: less is cut off than 63 leaves beside what is added.
const LONGEST_NAME: usize = 40;
