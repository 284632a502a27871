//! Carrying out plans: as much at once as dependencies and AWS's groups of operations allow, everybody's steps apart from
//! everybody else's.
//!
//! ```text
//! steps ──> ready (all `after` done, all `following` over) ──> in flight (bounded by group) ──> landed ──> folded into Known
//!    ^          │                                                                       │
//!    │          └── held back: what touches, needs or follows something in flight       │
//!    │                         of an earlier plan, or something that is tried again soon│
//!    └───────────── the next plan takes the place of all that has not begun <───────────┘
//! ```
//!
//! What is in flight outlives its plan, so that no plan waits for its slowest call. Each is a task of a set that is dropped
//! with the [`Flights`]: whoever drops it no longer knows what took effect and must look again.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;
use tributary_plan::effect::Effect;
use tributary_plan::op::{Action, Handle, Op, Step, StepId};

use crate::Aws;
use crate::elbv2::Answer;
use crate::error::{AwsError, Class};
use crate::known::Known;
use crate::pace::Group;
use crate::secrets::SecretSource;

mod claims;
mod elb;
mod named;
mod other;
mod schedule;
mod sharing;
mod step;
mod targets;

use claims::Claims;
use schedule::Schedule;

/// Steps in flight at once of a group that AWS throttles. Those that wait would only stand in line: the fewer they are,
/// the sooner another tenant's step of the same group gets its turn.
const SLOWED_AT_ONCE: usize = 2;

/// The steps of one load balancer on their way to AWS: those of the newest plan, and what is left in flight of earlier ones.
#[derive(Debug)]
pub struct Flights {
    aws: Aws,
    /// Private keys and client secrets.
    secrets: Arc<dyn SecretSource>,
    at_once: usize,
    stop: CancellationToken,
    schedule: Schedule,
    /// Number of the newest plan.
    plan: u64,
    /// What steps of the newest plan have created.
    created: Created,
    tasks: JoinSet<Landed>,
    in_flight: BTreeMap<u64, InFlight>,
    next_flight: u64,
    /// Flights of earlier plans for which steps of the newest one are held back.
    awaited: BTreeSet<u64>,
    has_released: bool,
}

/// Whether an operation may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// It may.
    Now,
    /// It is tried again soon: what needs it waits, and so does what follows it.
    Soon,
    /// It has failed for so long that what only follows it goes on without it.
    Later,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// Which, with who pays when it failed.
    pub step: Arc<Step>,
    /// Done or not.
    pub outcome: Outcome,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It took effect.
    Done,
    /// It did not, or nobody knows.
    Failed(AwsError),
    /// Not tried: this step of its plan, which it needs or follows, was not done.
    Skipped(StepId),
    /// Not tried: execution was stopped.
    Stopped,
}

#[derive(Debug)]
struct InFlight {
    step: Arc<Step>,
    group: Group,
    /// Of the newest plan, or what it holds on to after its plan was given up.
    of: Of,
}

#[derive(Debug)]
enum Of {
    Newest,
    Earlier(Claims),
}

#[derive(Debug)]
struct Landed {
    flight: u64,
    answer: Answer<Effect>,
}

impl Flights {
    /// Nothing in flight. `at_once` bounds the steps in flight of each group of operations, at least one; once `stop` is
    /// cancelled no step begins, and those in flight end.
    pub fn new(
        aws: Aws,
        secrets: Arc<dyn SecretSource>,
        at_once: usize,
        stop: CancellationToken,
    ) -> Self {
        Self {
            aws,
            secrets,
            at_once: at_once.max(1),
            stop,
            schedule: Schedule::default(),
            plan: 0,
            created: Created::default(),
            tasks: JoinSet::new(),
            in_flight: BTreeMap::new(),
            next_flight: 0,
            awaited: BTreeSet::new(),
            has_released: false,
        }
    }

    /// Takes up a plan that was made from what is known: it takes the place of what has not begun of the last one. Steps
    /// that touch what is still in flight are held back, with all that needs or follows them, and so are new things of a
    /// kind of which one is in flight that the plan does not count.
    pub fn take_up(&mut self, steps: &[Step], known: &Known, due: impl Fn(&Op) -> Due) {
        for flight in self.in_flight.values_mut() {
            match flight.of {
                Of::Newest => {
                    let claims = Claims::of(&flight.step.op, &self.created, known.observed());
                    flight.of = Of::Earlier(claims);
                }
                Of::Earlier(_) => {}
            }
        }
        self.plan += 1;
        self.created = Created::default();
        self.awaited.clear();
        self.has_released = false;
        self.schedule = Schedule::new(steps);
        for (step, flight) in self.in_the_way(steps, known) {
            self.awaited.insert(flight);
            self.schedule.hold(step);
        }
        for step in steps {
            match due(&step.op) {
                Due::Now => {}
                Due::Soon => self.schedule.hold(step.id),
                Due::Later => self.schedule.skip(step.id),
            }
        }
        self.depart();
    }

    /// Steps that must wait, and the flight that each waits for.
    fn in_the_way(&self, steps: &[Step], known: &Known) -> Vec<(StepId, u64)> {
        let earlier: Vec<(u64, &InFlight, &Claims)> = self
            .in_flight
            .iter()
            .filter_map(|(number, flight)| match &flight.of {
                Of::Newest => None,
                Of::Earlier(claims) => Some((*number, flight, claims)),
            })
            .collect();
        if earlier.is_empty() {
            return Vec::new();
        }
        let nothing = Created::default();
        let planned: Vec<(&Step, Claims)> = steps
            .iter()
            .map(|step| (step, Claims::of(&step.op, &nothing, known.observed())))
            .collect();
        let mut held = Vec::new();
        for (number, flight, claims) in earlier {
            let places = claims::places(&flight.step.op);
            let is_counted = planned.iter().any(|(step, planned)| {
                planned.makes_the_same(claims) && claims::places(&step.op) == places
            });
            for (step, planned) in &planned {
                let uncounted = !is_counted && !claims::places(&step.op).is_disjoint(&places);
                if uncounted || planned.conflicts_with(claims) {
                    held.push((step.id, number));
                }
            }
        }
        held
    }

    /// The next step that ended, folded into what is known; nothing when none is in flight. Dropped while it waits, it
    /// loses nothing.
    pub async fn land(&mut self, known: &mut Known) -> Option<StepResult> {
        self.depart();
        if let Some((step, outcome)) = self.schedule.next_dropped() {
            return Some(StepResult { step, outcome });
        }
        let result = loop {
            let Landed { flight, answer } = match self.tasks.join_next().await? {
                Ok(landed) => landed,
                // It is our own panic, in another task.
                Err(error) => match error.try_into_panic() {
                    Ok(panic) => std::panic::resume_unwind(panic),
                    Err(_) => continue,
                },
            };
            if let Some(in_flight) = self.in_flight.remove(&flight) {
                break self.landed(flight, in_flight, answer, known);
            }
        };
        self.depart();
        if self.is_over() {
            known.relate();
        }
        Some(result)
    }

    fn landed(
        &mut self,
        number: u64,
        flight: InFlight,
        answer: Answer<Effect>,
        known: &mut Known,
    ) -> StepResult {
        let InFlight { step, group: _, of } = flight;
        self.has_released |= self.awaited.remove(&number);
        let outcome = match answer {
            Ok(effect) => {
                let created = effect.created().map(str::to_owned);
                known.take(effect);
                if let Of::Newest = of {
                    self.created.insert(step.id, created);
                    self.schedule.done(step.id);
                }
                Outcome::Done
            }
            Err(error) => {
                let request_id = error.request_id.as_deref();
                tracing::debug!(op = %step.op.brief(), %error, request_id, "step failed");
                if error.class == Class::NeedsReobserve {
                    let named = match &of {
                        Of::Newest => named::named(&step.op, &self.created),
                        Of::Earlier(claims) => claims.named().to_vec(),
                    };
                    for id in named {
                        known.doubt(&id);
                    }
                }
                if let Of::Newest = of {
                    match error.class {
                        Class::Permanent => self.schedule.failed(step.id),
                        // It is tried again: what it is to replace stays until then.
                        Class::Retryable | Class::Throttled | Class::NeedsReobserve => {
                            self.schedule.hold(step.id);
                        }
                    }
                }
                Outcome::Failed(error)
            }
        };
        StepResult { step, outcome }
    }

    /// Whether nothing is left of the newest plan but what is held back: nothing begins, nothing of it is in flight.
    pub fn is_over(&self) -> bool {
        let is_newest = |flight: &InFlight| match flight.of {
            Of::Newest => true,
            Of::Earlier(_) => false,
        };
        self.schedule.is_idle() && !self.in_flight.values().any(is_newest)
    }

    /// Whether something has landed for which steps of the newest plan were held back: the next plan has them.
    pub fn has_released(&self) -> bool {
        self.has_released
    }

    /// ARNs and ids that what is in flight names: it may change or remove them.
    pub fn named(&self) -> BTreeSet<String> {
        let flights = self.in_flight.values();
        let named = flights.flat_map(|flight| match &flight.of {
            Of::Newest => named::named(&flight.step.op, &self.created),
            Of::Earlier(claims) => claims.named().to_vec(),
        });
        named.collect()
    }

    /// Whether nothing is in flight.
    pub fn is_empty(&self) -> bool {
        self.in_flight.is_empty()
    }

    /// Begins what may begin.
    fn depart(&mut self) {
        if self.stop.is_cancelled() {
            self.schedule.stop();
        }
        loop {
            let mut busy: BTreeMap<Group, usize> = BTreeMap::new();
            for flight in self.in_flight.values() {
                *busy.entry(flight.group).or_default() += 1;
            }
            let has_room = |group: Group| {
                let at_once = if self.aws.is_slowed(group) {
                    self.at_once.min(SLOWED_AT_ONCE)
                } else {
                    self.at_once
                };
                busy.get(&group).copied().unwrap_or_default() < at_once
            };
            let Some(step) = self.schedule.next(has_room) else {
                return;
            };
            self.fly(step);
        }
    }

    fn fly(&mut self, step: Arc<Step>) {
        let flight = self.next_flight;
        self.next_flight += 1;
        let needed = self.created.of(&step);
        let (aws, secrets) = (self.aws.clone(), Arc::clone(&self.secrets));
        let group = claims::group(&step.op);
        let flying = {
            let step = Arc::clone(&step);
            async move {
                let answer = step::take(&aws, &*secrets, &step.op, &needed).await;
                Landed { flight, answer }
            }
        };
        self.tasks.spawn(flying.in_current_span());
        let in_flight = InFlight {
            step,
            group,
            of: Of::Newest,
        };
        self.in_flight.insert(flight, in_flight);
    }
}

/// ARNs and ids that a step's handles may stand for.
#[derive(Debug, Default)]
struct Created(BTreeMap<StepId, String>);

impl Created {
    fn insert(&mut self, step: StepId, id: Option<String>) {
        if let Some(id) = id {
            self.0.insert(step, id);
        }
    }

    /// What the step needs to know.
    fn of(&self, step: &Step) -> Self {
        let needed = step.after.iter();
        Self(
            needed
                .filter_map(|id| Some((*id, self.0.get(id)?.clone())))
                .collect(),
        )
    }

    fn known(&self, handle: &Handle) -> Option<String> {
        match handle {
            Handle::Existing(id) => Some(id.clone()),
            Handle::Created { step, .. } => self.0.get(step).cloned(),
        }
    }

    fn id(&self, handle: &Handle) -> Answer<String> {
        match handle {
            Handle::Existing(id) => Ok(id.clone()),
            Handle::Created { step, name } => self.0.get(step).cloned().ok_or_else(|| {
                let message =
                    format!("step {step} was to create {name} and is not among those it follows");
                AwsError::new(Class::Permanent, "plan", message)
            }),
        }
    }

    fn ids<'h>(&self, handles: impl IntoIterator<Item = &'h Handle>) -> Answer<BTreeSet<String>> {
        handles.into_iter().map(|handle| self.id(handle)).collect()
    }

    fn action(&self, action: &Action<Handle>) -> Answer<Action<String>> {
        let groups = action.target_groups().map(|handle| self.id(handle));
        Ok(action.with_target_groups(groups.collect::<Answer<Vec<_>>>()?))
    }
}
