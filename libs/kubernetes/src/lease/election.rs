//! One leader of a service.

use tokio::time::{Instant, sleep, sleep_until, timeout, timeout_at};
use tributary_runtime::backoff::Delays;
use tributary_runtime::{Condition, Context};

use super::api::Leases;
use super::candidate::{Candidate, Next};
use super::duplicates::Duplicates;
use super::epochs::ShardEpochs;
use super::leadership::{Leadership, Terms};
use super::metrics::Meter;
use super::{RELEASE_DEADLINE, RETRY, Timing};
use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};

/// A candidate for a Lease.
#[derive(Debug)]
pub struct Election {
    leases: Leases,
    name: String,
    identity: String,
    timing: Timing,
    terms: Terms,
    leadership: Leadership,
}

struct Running {
    leases: Leases,
    name: String,
    candidate: Candidate,
    terms: Terms,
    meter: Meter,
    delays: Delays,
    /// What fails, said once until something works again.
    told: Option<Class>,
    timing: Timing,
    /// The Lease can be read, and written where that was tried last.
    usable: Condition,
}

/// What is refused, and will be refused again.
fn is_refused(class: Class) -> bool {
    match class {
        Class::Unauthorized | Class::Forbidden | Class::Invalid | Class::NotFound => true,
        Class::Conflict | Class::Expired | Class::Unavailable => false,
    }
}

impl Election {
    /// Of a Lease of that name; `identity` must be this process's alone. Nothing happens before it runs.
    pub fn new(
        cluster: &Cluster,
        namespace: &str,
        name: &str,
        identity: String,
        timing: Timing,
    ) -> Self {
        let leases = Leases::new(cluster, namespace, None);
        Self::of(leases, name.to_owned(), identity, timing)
    }

    pub(super) fn of(leases: Leases, name: String, identity: String, timing: Timing) -> Self {
        let (terms, leadership) = Terms::new();
        Self {
            leases,
            name,
            identity,
            timing,
            terms,
            leadership,
        }
    }

    /// What comes of it.
    pub fn leadership(&self) -> Leadership {
        self.leadership.clone()
    }

    /// Whether another namespace has a Lease of the same name, as long as this one leads.
    pub fn duplicates(&self) -> Duplicates {
        Duplicates {
            leases: self.leases.clone(),
            name: self.name.clone(),
            leadership: self.leadership(),
            timing: self.timing,
        }
    }

    /// The shards whose Leases are in the same namespace.
    pub fn shards(&self) -> ShardEpochs {
        ShardEpochs::of(self.leases.clone())
    }

    /// Wants to lead until the context stops, then gives the Lease up, so that the next one leads at once.
    pub async fn run(self, context: &Context) {
        let Self {
            leases,
            name,
            identity,
            timing,
            terms,
            leadership: _,
        } = self;
        let meter = Meter::new(&context.metrics, &name);
        let mut running = Running {
            candidate: Candidate::new(identity, timing),
            delays: RETRY.delays(meter.backoff.clone()),
            leases,
            name,
            terms,
            meter,
            told: None,
            timing,
            usable: context.condition("lease"),
        };
        loop {
            let step = running.step();
            if context.shutdown.run_until_cancelled(step).await.is_none() {
                break;
            }
        }
        running.release().await;
    }
}

impl Running {
    async fn step(&mut self) {
        let now = Instant::now();
        self.tell(now);
        let until = self.candidate.term(now).and_then(|term| term.until);
        match self.candidate.next(now) {
            Next::Wait(due) if until.is_some() => sleep_until(due).await,
            Next::Wait(due) => {
                let look_at = now + self.timing.jittered_poll();
                sleep_until(due.min(look_at)).await;
                if look_at < due {
                    self.look(None).await;
                }
            }
            Next::Look => self.look(until).await,
            Next::Write(claim) => {
                let begun = Instant::now();
                let write = self.leases.write(&self.name, &claim);
                // What is answered later is of no use: the term would be over.
                let answer = timeout_at(until.unwrap_or(begun + self.timing.deadline), write).await;
                match answer.unwrap_or_else(|_| Err(Failure::timed_out("writing a Lease"))) {
                    Ok(record) => {
                        self.candidate.wrote(record, begun, Instant::now());
                        self.delays.reset();
                        self.told = None;
                        self.usable.met();
                    }
                    Err(failure) => {
                        self.candidate.doubt();
                        self.set_back(&failure, until).await;
                    }
                }
            }
        }
    }

    async fn look(&mut self, until: Option<Instant>) {
        let deadline = until.unwrap_or(Instant::now() + REQUEST_DEADLINE.min(self.timing.duration));
        let answer = timeout_at(deadline, self.leases.get(&self.name)).await;
        match answer.unwrap_or_else(|_| Err(Failure::timed_out("reading a Lease"))) {
            Ok(record) => {
                let now = Instant::now();
                self.candidate.observe(record, now);
                // Where it is to be written next, only that shows whether it can be.
                if !matches!(self.candidate.next(now), Next::Write(_)) {
                    self.usable.met();
                }
            }
            Err(failure) => self.set_back(&failure, until).await,
        }
    }

    /// Waits before the next attempt, but not beyond the term.
    async fn set_back(&mut self, failure: &Failure, until: Option<Instant>) {
        self.meter.failed(failure.class);
        let is_new = self.told.replace(failure.class) != Some(failure.class);
        let address = &self.leases.address;
        let why = format!("{}: {failure}", self.name);
        if is_refused(failure.class) {
            self.usable.unmet_because(why);
        } else {
            self.usable.still_unmet_because(why);
        }
        match failure.class {
            _ if !is_new => {
                tracing::debug!(lease = self.name, %failure, "not read or written either");
            }
            // Somebody was quicker.
            Class::Conflict => tracing::debug!(lease = self.name, %failure, "not written"),
            Class::Unauthorized | Class::Forbidden | Class::Invalid | Class::NotFound => {
                tracing::warn!(lease = self.name, %failure, address, "cannot read or write the Lease");
            }
            Class::Expired | Class::Unavailable => {
                tracing::info!(lease = self.name, %failure, address, "the Lease cannot be read or written now");
            }
        }
        let delay = self.delays.next_delay();
        match until {
            Some(until) => sleep_until(until.min(Instant::now() + delay)).await,
            None => sleep(delay).await,
        }
    }

    fn tell(&self, now: Instant) {
        let term = self.candidate.term(now);
        if self.terms.tell(term) {
            self.meter.leads(term.is_some());
            if let Some(term) = term {
                tracing::info!(lease = self.name, epoch = term.epoch, "leads");
            } else {
                tracing::info!(lease = self.name, "leads no more");
            }
        }
    }

    async fn release(mut self) {
        self.terms.tell(None);
        self.meter.leads(false);
        let releasing = async {
            // A renewal may have been cut off: its outcome is not known.
            let now = self.leases.get(&self.name).await?;
            self.candidate.observe(now, Instant::now());
            if let Some(claim) = self.candidate.release() {
                self.leases.write(&self.name, &claim).await?;
            }
            Ok::<_, Failure>(())
        };
        let released = timeout(RELEASE_DEADLINE, releasing).await;
        match released.unwrap_or_else(|_| Err(Failure::timed_out("releasing a Lease"))) {
            Ok(()) => tracing::info!(lease = self.name, "released"),
            Err(failure) => {
                tracing::warn!(lease = self.name, %failure, "not released: it has to expire");
            }
        }
    }
}
