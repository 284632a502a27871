//! How soon after the last attempt one object's status may be written again.
//!
//! ```text
//! conditions  x x x     x x  x  x              at once, three in a row; then one comes back every half a second
//! counts      x       x x x  x  x x  x x x x x  x x x x x x x ...            x
//! writes      x at once  x     x          x                x    every 5 s    x at once, after 10 s of quiet
//!              100 ms    200 ms   400 ms ...    5 s
//! ```
//!
//! A thousand routes that attach one by one change their Gateway's counts a thousand times: that costs about a dozen
//! writes in the first twenty seconds, and one every five seconds from then on. A set that AWS takes within a moment is
//! told once, that it is accepted and programmed; one that takes longer is told each, the latter at once. What counts write
//! takes nothing from conditions.

use std::time::Duration;

use tokio::time::Instant;

/// After the first write, while only counts change.
const FIRST: Duration = Duration::from_millis(100);
/// No interval is longer.
const MOST: Duration = Duration::from_secs(5);
/// What somebody waits for is written so often in a row: accepted, programmed, and one that nobody foresees.
const BURST: u32 = 3;
/// A write of the burst comes back after that, so what somebody waits for is never later.
const PROMPT: Duration = Duration::from_millis(500);
/// What is said now is about to change: AWS mostly makes a target group and a rule sooner. One write then says both.
const TOGETHER: Duration = Duration::from_millis(500);
/// No write was wanted for so long: begin anew.
const QUIET: Duration = Duration::from_secs(10);
/// After an attempt, the longest time that it counts.
pub(crate) const MEMORY: Duration = MOST.saturating_add(QUIET);
/// An interval is shorter by up to this share, so that objects that changed together do not stay together.
const JITTER: f64 = 0.1;

/// What a difference is worth; the least is the most urgent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Urgency {
    /// A condition, an address: somebody waits for it.
    Prompt,
    /// The same, of an object that awaits a programmer's word.
    Awaiting,
    /// Only counts.
    Slow,
}

/// The pace of one object.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Pace {
    last: Option<Attempt>,
    /// When the burst is whole again; absent while it is.
    whole: Option<Instant>,
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
        let Self { last, whole } = self;
        last.is_none() && whole.is_none()
    }

    /// Forgets attempts that have no influence any more.
    pub(crate) fn forget(&mut self, now: Instant) {
        self.last = self.last.filter(|last| now < last.over());
        self.whole = self.whole.filter(|whole| now < *whole);
    }

    /// When an attempt may be made: `now` unless others were moments ago.
    pub(crate) fn due(&self, urgency: Urgency, now: Instant) -> Instant {
        match urgency {
            Urgency::Slow => self.last.map_or(now, |last| last.next().max(now)),
            Urgency::Prompt => self.prompt(now),
            Urgency::Awaiting => self.prompt(now).max(now + TOGETHER),
        }
    }

    /// When one of the burst is there.
    fn prompt(&self, now: Instant) -> Instant {
        let rest = PROMPT * (BURST - 1);
        let due = self.whole.and_then(|whole| whole.checked_sub(rest));
        due.map_or(now, |due| due.max(now))
    }

    /// An attempt is made. `random` is between 0 and 1.
    pub(crate) fn attempt(&mut self, urgency: Urgency, now: Instant, random: f64) {
        let step = match self.last {
            Some(last) if now < last.over() => (last.step * 2).min(MOST),
            Some(_) | None => FIRST,
        };
        let shorter = 1.0 - JITTER * random;
        self.last = Some(Attempt {
            at: now,
            step,
            interval: step.mul_f64(shorter),
        });
        match urgency {
            Urgency::Slow => {}
            Urgency::Prompt | Urgency::Awaiting => {
                let spent = self.whole.unwrap_or(now).max(now);
                self.whole = Some(spent + PROMPT.mul_f64(shorter));
            }
        }
    }
}

impl Attempt {
    fn next(self) -> Instant {
        self.at + self.interval
    }

    /// From then on it is as if it had not been.
    fn over(self) -> Instant {
        self.next() + QUIET
    }
}

#[cfg(test)]
mod tests;
