//! How long a program counts as running after its Lease was last seen to be renewed.

use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

/// A renewal is missed so many times over before its program is believed to be gone: a rolling update of it may take
/// some of its Lease's durations (15 s by default, renewed every 2 s).
const DURATIONS: u32 = 10;

/// What a Lease says of its last renewal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Renewal {
    pub(crate) holder: String,
    pub(crate) time: String,
    pub(crate) duration: Duration,
}

/// Of the program that renews a Lease.
pub(crate) struct Life {
    bounds: RangeInclusive<Duration>,
    last: Option<Renewal>,
    /// How long the last renewal counts, and until when.
    counts: Duration,
    until: Option<Instant>,
}

impl Renewal {
    /// From a Lease as its JSON; of one that nobody holds nothing.
    pub(crate) fn of(lease: &Value) -> Option<Self> {
        let spec = &lease["spec"];
        let text = |field: &str| spec[field].as_str().unwrap_or_default().to_owned();
        let holder = text("holderIdentity");
        (!holder.is_empty()).then(|| Self {
            holder,
            time: text("renewTime"),
            duration: Duration::from_secs(
                spec["leaseDurationSeconds"].as_u64().unwrap_or_default(),
            ),
        })
    }
}

impl Life {
    pub(crate) fn new(bounds: RangeInclusive<Duration>) -> Self {
        Self {
            counts: *bounds.start(),
            bounds,
            last: None,
            until: None,
        }
    }

    /// The Lease was read. Only a renewal counts: the same again, or a label on it, shows nobody alive.
    pub(crate) fn seen(&mut self, renewal: Option<Renewal>, now: Instant) {
        let Some(renewal) = renewal else {
            return;
        };
        if self.last.as_ref() == Some(&renewal) {
            return;
        }
        let wanted = renewal.duration.saturating_mul(DURATIONS);
        self.counts = wanted.clamp(*self.bounds.start(), *self.bounds.end());
        self.until = Some(now + self.counts);
        self.last = Some(renewal);
    }

    /// Renewals may have been missed: the time begins anew.
    pub(crate) fn interrupted(&mut self, now: Instant) {
        if let Some(until) = &mut self.until {
            *until = (*until).max(now + self.counts);
        }
    }

    /// The time has come.
    pub(crate) fn end(&mut self, now: Instant) {
        if self.until.is_some_and(|until| until <= now) {
            self.until = None;
        }
    }

    pub(crate) fn is_alive(&self) -> bool {
        self.until.is_some()
    }

    /// When it ends unless it is renewed.
    pub(crate) fn expires(&self) -> Option<Instant> {
        self.until
    }
}

#[cfg(test)]
mod tests;
