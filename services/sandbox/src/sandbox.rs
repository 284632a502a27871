//! The sandbox itself: regions, faults and the call log behind one handle.

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::call_log::{CallCounts, CallLog, CallRecord, Outcome};
use crate::clock::Clock;
use crate::ec2;
use crate::error::ApiError;
use crate::faults::{End, FaultOptions, Faults, Staleness};
use crate::iam::{self, Policy};
use crate::ids;
use crate::operation::{Answer, Operation, Request};
use crate::options::{Audience, Options, SeedError, SeedInterface, SeededInterface};
use crate::quotas::Quotas;
use crate::service::{Access, Service};
use crate::state::State;
use crate::wire::{Call, Misunderstood};
use crate::{dispatch, seed};

/// Old states that a region keeps for stale reads.
const HISTORY: usize = 64;

/// Characters of a refusal's message that are logged.
const LOGGED: usize = 300;

/// A running local AWS. Clones are handles to the same one.
#[derive(Clone)]
pub struct Sandbox {
    shared: Arc<Shared>,
}

struct Shared {
    options: Options,
    clock: Clock,
    regions: Mutex<BTreeMap<String, Region>>,
    quotas: Mutex<Quotas>,
    faults: Mutex<Faults>,
    calls: Mutex<CallLog>,
    policy: Mutex<Option<Arc<Policy>>>,
    requests: AtomicU64,
}

/// A region and what it was like before its last writes.
struct Region {
    state: State,
    history: VecDeque<(Timestamp, State)>,
}

/// What becomes of a call.
#[derive(Debug)]
pub(crate) enum Reply {
    Answer(Answer),
    /// The connection is closed without an answer.
    Close,
}

impl Sandbox {
    /// A sandbox with nothing in it but the seed.
    pub fn new(options: Options) -> Self {
        let shared = Shared {
            clock: options.clock.clone(),
            regions: Mutex::default(),
            quotas: Mutex::new(options.quotas.clone()),
            faults: Mutex::new(Faults::new(options.faults.clone())),
            calls: Mutex::default(),
            policy: Mutex::default(),
            requests: AtomicU64::new(0),
            options,
        };
        Self {
            shared: Arc::new(shared),
        }
    }

    /// What it was started with.
    pub fn options(&self) -> &Options {
        &self.shared.options
    }

    /// How many calls there were since the last reset.
    pub fn call_counts(&self) -> CallCounts {
        lock(&self.shared.calls).counts()
    }

    /// The calls since the last reset, oldest first; the last ten thousand at most.
    pub fn call_log(&self) -> Vec<CallRecord> {
        self.calls_after(0, usize::MAX)
    }

    /// Starts counting calls anew.
    pub fn reset_calls(&self) {
        lock(&self.shared.calls).reset();
    }

    /// Faults from now on, instead of those before.
    pub fn set_faults(&self, faults: FaultOptions) {
        let mut present = lock(&self.shared.faults);
        *present = Faults::new(faults);
        if !present.want_history() {
            for region in lock(&self.shared.regions).values_mut() {
                region.history.clear();
            }
        }
    }

    /// The faults in force; `times` is what is left.
    pub fn faults(&self) -> FaultOptions {
        lock(&self.shared.faults).remaining().clone()
    }

    /// From now on callers may do what this policy allows and nothing else.
    pub fn set_policy(&self, policy: Policy) {
        *lock(&self.shared.policy) = Some(Arc::new(policy));
    }

    /// Quotas from now on, in every region. What is over them stays.
    pub fn set_quotas(&self, quotas: Quotas) {
        for region in lock(&self.shared.regions).values_mut() {
            region.state.quotas = quotas.clone();
        }
        *lock(&self.shared.quotas) = quotas;
    }

    /// The quotas in force.
    pub fn quotas(&self) -> Quotas {
        lock(&self.shared.quotas).clone()
    }

    /// Makes network interfaces of nodes and pods be there, in a region (`None`: the default one),
    /// and changes those that are there already. If one is refused, nothing is changed.
    pub fn seed_interfaces(
        &self,
        region: Option<&str>,
        interfaces: &[SeedInterface],
    ) -> Result<Vec<SeededInterface>, SeedError> {
        let now = self.shared.clock.now();
        let seeded = self.within(region, now, |region| {
            ec2::seeding::interfaces(&mut region.state, interfaces, now)
        });
        seeded.map_err(|error| SeedError {
            code: error.code.into_owned(),
            message: error.message,
        })
    }

    /// Takes away network interfaces by their first addresses, except load balancers' own.
    pub fn remove_interfaces(&self, region: Option<&str>, addresses: &[IpAddr]) {
        let now = self.shared.clock.now();
        self.within(region, now, |region| {
            ec2::seeding::remove(&mut region.state, addresses);
        });
    }

    /// Everything that AWS holds, by region; private keys are left out.
    pub fn state(&self) -> Result<Value, serde_json::Error> {
        let mut all = serde_json::Map::new();
        for (name, region) in lock(&self.shared.regions).iter() {
            all.insert(name.clone(), serde_json::to_value(&region.state)?);
        }
        Ok(json!({"regions": all}))
    }

    pub(crate) fn calls_after(&self, after: u64, limit: usize) -> Vec<CallRecord> {
        lock(&self.shared.calls).records(after, limit)
    }

    /// Who may reach it.
    pub(crate) fn audience(&self) -> Audience {
        self.shared.options.audience
    }

    /// A new request id, of AWS's shape.
    pub(crate) fn request_id(&self) -> String {
        let number = self.shared.requests.fetch_add(1, Ordering::Relaxed);
        let hex = ids::hex(&format!("request/{number}"));
        format!(
            "{}-{}-{}-{}-{}",
            &hex[..8],
            &hex[8..12],
            &hex[12..16],
            &hex[16..20],
            &hex[20..32]
        )
    }

    /// Counts a request that could not be read.
    pub(crate) fn note_misunderstood(&self, misunderstood: &Misunderstood) {
        let Misunderstood {
            service,
            operation,
            error,
        } = misunderstood;
        let region = &self.shared.options.default_region;
        log_refusal((*service, operation), region, error);
        let outcome = Outcome::Error(error.code.to_string());
        self.note((*service, operation), region, Access::Read, outcome);
    }

    /// Runs one call, with whatever faults hit it.
    pub(crate) async fn call(&self, call: Call) -> Reply {
        let Call {
            service,
            operation: name,
            region,
            parameters,
        } = call;
        let region = region.unwrap_or_else(|| self.shared.options.default_region.clone());
        let Some(operation) = dispatch::operation(service, &name) else {
            let error = service.unknown_operation(&name);
            log_refusal((service, &name), &region, &error);
            let outcome = Outcome::Error(error.code.to_string());
            self.note((service, &name), &region, Access::Read, outcome);
            return Reply::Answer(Err(error));
        };
        let access = operation.access();
        let action = lock(&self.shared.faults).decide(service, &name, access);
        if !action.latency.is_zero() {
            tokio::time::sleep(action.latency).await;
        }
        let request = Request {
            service,
            now: self.shared.clock.now(),
            parameters,
        };
        let (reply, outcome) = match action.end {
            End::Reset => (Reply::Close, Outcome::Reset),
            End::Fail(error) => answered(Err(error)),
            End::Normal => answered(self.run((&name, operation), &region, &request, action.stale)),
            End::LoseAnswer => match self.run((&name, operation), &region, &request, None) {
                Ok(_) => (Reply::Close, Outcome::LostAnswer),
                // A write that was refused has no effect whose answer could get lost.
                Err(error) => answered(Err(error)),
            },
        };
        if let Reply::Answer(Err(error)) = &reply {
            log_refusal((service, &name), &region, error);
        }
        self.note((service, &name), &region, access, outcome);
        reply
    }

    fn run(
        &self,
        (name, operation): (&str, Operation),
        region: &str,
        request: &Request,
        stale: Option<Staleness>,
    ) -> Answer {
        let policy = lock(&self.shared.policy).clone();
        let keep_history = lock(&self.shared.faults).want_history();
        self.within(Some(region), request.now, |region| {
            if let Some(policy) = &policy {
                iam::check(policy, name, request, &region.state)?;
            }
            match operation {
                Operation::Read(read) => read(region.seen(request.now, stale), request),
                Operation::Write(write) if keep_history => {
                    let before = region.state.clone();
                    let answer = write(&mut region.state, request)?;
                    if region.history.len() == HISTORY {
                        region.history.pop_front();
                    }
                    region.history.push_back((request.now, before));
                    Ok(answer)
                }
                Operation::Write(write) => write(&mut region.state, request),
            }
        })
    }

    /// Does something to a region, which is there from the first time that it is asked for.
    fn within<T>(
        &self,
        region: Option<&str>,
        now: Timestamp,
        doing: impl FnOnce(&mut Region) -> T,
    ) -> T {
        let name = region.unwrap_or(&self.shared.options.default_region);
        let quotas = self.quotas();
        let mut regions = lock(&self.shared.regions);
        let region = regions.entry(name.to_owned()).or_insert_with(|| Region {
            state: seed::region(name, &self.shared.options, quotas, now),
            history: VecDeque::new(),
        });
        doing(region)
    }

    fn note(&self, call: (Service, &str), region: &str, access: Access, outcome: Outcome) {
        let (service, operation) = call;
        tracing::debug!(
            service = service.name(),
            operation,
            region,
            ?outcome,
            "call"
        );
        let now = self.shared.clock.now();
        lock(&self.shared.calls).record(now, call, region, access, outcome);
    }
}

impl Region {
    /// The state that a read sees. `history` holds the state before each write, with the moment
    /// of the write, oldest first.
    fn seen(&self, now: Timestamp, stale: Option<Staleness>) -> &State {
        let before = match stale {
            None | Some(Staleness::Writes(0)) => None,
            Some(Staleness::Writes(writes)) => {
                let index = self.history.len().saturating_sub(writes);
                self.history.get(index)
            }
            Some(Staleness::Age(age)) => {
                let then = now.checked_sub(age).unwrap_or(Timestamp::MIN);
                self.history.iter().find(|(written, _)| *written > then)
            }
        };
        before.map_or(&self.state, |(_, state)| state)
    }
}

/// Says once what was refused and why. Messages hold what callers wrote, which may be long; values
/// that are secret are in none of them.
fn log_refusal((service, operation): (Service, &str), region: &str, error: &ApiError) {
    tracing::info!(
        service = service.name(),
        operation = bounded(operation),
        region,
        code = &*error.code,
        reason = bounded(&error.message),
        "call refused"
    );
}

/// The beginning of a text.
fn bounded(text: &str) -> &str {
    let end = text.char_indices().nth(LOGGED);
    end.map_or(text, |(end, _)| &text[..end])
}

fn answered(answer: Answer) -> (Reply, Outcome) {
    let outcome = match &answer {
        Ok(_) => Outcome::Ok,
        Err(ApiError { code, .. }) => Outcome::Error(code.to_string()),
    };
    (Reply::Answer(answer), outcome)
}

/// A panic elsewhere does not make the state wrong: operations check before they change.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
