//! One who wants a Lease: what it saw, since when, and what it should do next. No I/O and no clock.

use std::time::Duration;

use tokio::time::Instant;

use super::Timing;

#[cfg(test)]
mod tests;

/// What a Lease says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    /// Nobody after a release.
    pub(super) holder: Option<String>,
    /// How often a term has begun.
    pub(super) transitions: u64,
    /// As the holder asked for.
    pub(super) duration: Duration,
    /// Another after each write.
    pub(super) version: String,
}

/// What is to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claim {
    pub(super) holder: Option<String>,
    pub(super) transitions: u64,
    pub(super) duration: Duration,
    /// Of the record that it replaces; none if there is none.
    pub(super) version: Option<String>,
    pub(super) is_new_term: bool,
}

/// A time of leading.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Term {
    pub(super) epoch: u64,
    /// Over at this moment unless it is renewed before. None: never.
    pub(super) until: Option<Instant>,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing is known, or no longer.
    Look,
    /// Take it, or keep it.
    Write(Claim),
    /// Until then nothing is to be done, but for looking at it now and then if it is somebody else's.
    Wait(Instant),
}

#[derive(Debug)]
pub(super) struct Candidate {
    identity: String,
    timing: Timing,
    seen: Option<Seen>,
    term: Option<Term>,
    /// The highest count of transitions that was ever seen: it goes on after somebody deleted the Lease.
    transitions: u64,
}

#[derive(Debug)]
struct Seen {
    /// None: there is no such Lease.
    record: Option<Record>,
    /// Since when this record, or its absence, is known here.
    since: Instant,
}

impl Candidate {
    pub(super) fn new(identity: String, timing: Timing) -> Self {
        Self {
            identity,
            timing,
            seen: None,
            term: None,
            transitions: 0,
        }
    }

    /// What it leads by, now.
    pub(super) fn term(&self, now: Instant) -> Option<Term> {
        self.term.filter(|term| term.holds(now))
    }

    /// A record was read; the answer came at `now`.
    pub(super) fn observe(&mut self, record: Option<Record>, now: Instant) {
        if let Some(record) = &record {
            self.transitions = self.transitions.max(record.transitions);
        }
        let is_mine = |term: Term| {
            record.as_ref().is_some_and(|record| {
                record.holder.as_ref() == Some(&self.identity) && record.transitions == term.epoch
            })
        };
        self.term = self.term.filter(|term| term.holds(now) && is_mine(*term));
        let version = |record: &Option<Record>| record.as_ref().map(|it| it.version.clone());
        let is_known = self
            .seen
            .as_ref()
            .is_some_and(|seen| version(&seen.record) == version(&record));
        if !is_known {
            self.seen = Some(Seen { record, since: now });
        }
    }

    pub(super) fn next(&mut self, now: Instant) -> Next {
        self.term = self.term(now);
        let Some(Seen { record, since }) = &self.seen else {
            return Next::Look;
        };
        if let (Some(term), Some(record)) = (self.term, record) {
            let asked = term
                .until
                .and_then(|until| until.checked_sub(self.timing.deadline));
            return match asked.map(|asked| asked + self.timing.renew) {
                Some(due) if now < due => Next::Wait(due),
                Some(_) | None => Next::Write(self.claim(Some(record), term.epoch)),
            };
        }
        let free_at = match record {
            // There never was one that we know of.
            None if self.transitions == 0 => now,
            // Somebody deleted it: who holds it will notice within a renewal.
            None => *since + self.timing.duration,
            Some(record) => match &record.holder {
                None => now,
                // Ours of before: nobody else has our name.
                Some(holder) if *holder == self.identity => now,
                Some(_) => *since + record.duration.max(self.timing.duration),
            },
        };
        if now < free_at {
            return Next::Wait(free_at);
        }
        Next::Write(self.claim(record.as_ref(), self.transitions + 1))
    }

    /// A write of ours, begun at `begun`, succeeded; the answer came at `now`.
    pub(super) fn wrote(&mut self, record: Record, begun: Instant, now: Instant) {
        let term = Term {
            epoch: record.transitions,
            until: Some(begun + self.timing.deadline),
        };
        // A renewal whose answer comes after the term was over is none: who follows us has seen it end.
        let goes_on = self.term(now).is_some_and(|it| it.epoch == term.epoch);
        let is_new = record.transitions > self.transitions;
        self.term = (term.holds(now) && (goes_on || is_new)).then_some(term);
        self.transitions = self.transitions.max(record.transitions);
        self.seen = Some(Seen {
            record: Some(record),
            since: now,
        });
    }

    /// A write of ours did not succeed, or nobody knows.
    pub(super) fn doubt(&mut self) {
        self.seen = None;
    }

    /// Gives it up; what is to be written then, if the Lease is ours.
    pub(super) fn release(&mut self) -> Option<Claim> {
        self.term = None;
        let record = self.seen.take()?.record?;
        (record.holder.as_ref() == Some(&self.identity)).then_some(Claim {
            holder: None,
            transitions: record.transitions,
            duration: self.timing.duration,
            version: Some(record.version),
            is_new_term: false,
        })
    }

    fn claim(&self, replaces: Option<&Record>, transitions: u64) -> Claim {
        Claim {
            holder: Some(self.identity.clone()),
            transitions,
            duration: self.timing.duration,
            version: replaces.map(|record| record.version.clone()),
            is_new_term: self.term.is_none(),
        }
    }
}

impl Term {
    pub(super) fn holds(&self, now: Instant) -> bool {
        self.until.is_none_or(|until| now < until)
    }
}
