//! How soon after the last attempt one object's status may be written again.
//!
//! ```text
//! changes  x       x x x  x  x x  x x x x x  x x x x x x x ...            x
//! writes   x at once  x     x          x                x    every 5 s    x at once, after 10 s of quiet
//!           100 ms    200 ms   400 ms ...    5 s
//! ```
//!
//! A thousand routes that attach one by one change their Gateway's counts a thousand times: that costs about a dozen
//! writes in the first twenty seconds, and one every five seconds from then on.

use std::time::Duration;

use tokio::time::Instant;

/// After the first write.
const FIRST: Duration = Duration::from_millis(100);
/// No interval is longer.
const MOST: Duration = Duration::from_secs(5);
/// What somebody waits for is never later than that.
const PROMPT: Duration = Duration::from_millis(500);
/// No write was wanted for so long: begin anew.
const QUIET: Duration = Duration::from_secs(10);
/// After an attempt, the longest time that it counts.
pub(crate) const MEMORY: Duration = MOST.saturating_add(QUIET);
/// An interval is shorter by up to this share, so that objects that changed together do not stay together.
const JITTER: f64 = 0.1;

/// What a difference is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Urgency {
    /// A condition, an address: somebody waits for it.
    Prompt,
    /// Only counts.
    Slow,
}

/// The pace of one object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    last: Option<Attempt>,
}

#[derive(Clone, Copy, Debug)]
struct Attempt {
    at: Instant,
    /// Doubles.
    step: Duration,
    /// Until the next: the step without its jitter.
    interval: Duration,
}

impl Pace {
    /// Whether there was no attempt.
    pub(crate) fn is_blank(&self) -> bool {
        self.last.is_none()
    }

    /// Forgets an attempt that has no influence any more.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.last = self.last.filter(|last| now < last.over());
    }

    /// When an attempt may be made: `now` unless the last one was moments ago.
    pub(crate) fn due(&self, urgency: Urgency, now: Instant) -> Instant {
        let Some(Attempt { at, interval, .. }) = self.last else {
            return now;
        };
        let interval = match urgency {
            Urgency::Slow => interval,
            Urgency::Prompt => interval.min(PROMPT),
        };
        (at + interval).max(now)
    }

    /// An attempt is made. `random` is between 0 and 1.
    pub(crate) fn attempt(&mut self, now: Instant, random: f64) {
        let step = match self.last {
            Some(last) if now < last.over() => (last.step * 2).min(MOST),
            Some(_) | None => FIRST,
        };
        self.last = Some(Attempt {
            at: now,
            step,
            interval: step.mul_f64(1.0 - JITTER * random),
        });
    }
}

impl Attempt {
    /// From then on it is as if it had not been.
    fn over(self) -> Instant {
        self.at + self.interval + QUIET
    }
}

#[cfg(test)]
mod tests;
