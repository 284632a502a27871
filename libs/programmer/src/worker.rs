//! One load balancer: look, plan, report, send what may be sent, wait; from the top whenever its target changes.
//!
//! ```text
//!           ┌──────────────── target, limits, a try that is due, drift ───────────────┐
//!           v                                                                         │
//!  turn ─> look (if in doubt) ─> plan ─> report ─> flights ──┬─ all landed, or quiet ─┤
//!                                                            └─ what hangs or is tried again waits alone
//! ```
//!
//! No call is waited for but a look: what is in flight when the next plan is made stays there, and the plan goes around it.
//! For drift one question is asked; only what that finds is a reason to look.

mod asking;
mod waiting;

use asking::Found;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;
use tokio::time::Instant;
use tracing::{Instrument, Span};
use tributary_aws::{Flights, Known, calls_of_a_look, observe, refresh, tell_the_gateway};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerPhase;
use tributary_plan::limits::Context as PlanContext;
use tributary_plan::observed::Observed;
use tributary_plan::op::{Op, Step};
use tributary_plan::{Plan, plan};
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;
use tributary_runtime::telemetry;

use crate::choices::Choices;
use crate::drift::{self, Drift};
use crate::health::Checks;
use crate::holds::HeldGateway;
use crate::metrics::{OBSERVATIONS, WORKER_WAIT_SECONDS, WaitLabels};
use crate::reach::Reach;
use crate::shared::Shared;
use crate::target::{Target, Wanted};
use crate::tries::Tries;
use crate::wait_limits::WaitLimits;

/// Steps of one load balancer in flight at once in a group of operations, of 64 that `tributary-aws` has of all: calls of
/// one that hang leave room for the others', and fifty sets that come together wait for one another no longer than AWS
/// makes them. How fast AWS may be asked is bounded by the pace there.
const STEPS_AT_ONCE: usize = 56;
/// A plan that only follows from a call that has landed is not made before so many times what the last one took: of hundreds of rules
/// that are on their way each landing would take a plan of all of them.
const BREATH: u32 = 3;
/// While AWS takes its time, and after what is no call of a plan.
const TRY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(30),
};

struct Worker {
    shared: Shared,
    key: LoadBalancerKey,
    known: Option<Known>,
    /// When what has landed may be planned with.
    next_plan: Instant,
    /// Whether the knowledge is to be compared with AWS before the next plan.
    doubt: Doubted,
    /// What the last look was told to look at besides what is ours.
    choices: Choices,
    flights: Flights,
    tries: Tries,
    /// When something is due again that failed.
    wake: Option<Instant>,
    gateway: HeldGateway,
    again: Delays,
    drift: Drift,
    checks: Checks,
    reach: Reach,
    wait_limits: WaitLimits,
    /// What somebody else changed, as it is told while it is mended.
    mended: Option<String>,
    state_waits: SecondsCounter,
    observations: Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubted {
    No,
    /// It was long ago: it is asked about. A change comes first.
    ByAge,
    /// A call says so: a plan from it might make things twice.
    ByEvidence,
}

/// What a worker waits for besides its target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    /// The same again at once.
    Now,
    /// Steps are in flight, or will be.
    Busy,
    /// Try what failed once more, or look again at what is in the way.
    Again,
    /// AWS is setting the load balancer up: its state is looked at with everybody else's.
    Provisioning,
    /// Nothing is left to do: ask about drift after a while.
    Drift,
    /// Nothing is left at all.
    Gone,
}

enum Woken {
    Again,
    Ended,
}

/// Steps to take, and the plan as it is told.
struct Planned {
    told: Plan,
    steps: Vec<Step>,
}

pub(crate) async fn work(
    shared: Shared,
    key: LoadBalancerKey,
    mut target: watch::Receiver<Target>,
    idle: Arc<AtomicBool>,
) {
    let mut worker = Worker::new(shared, key);
    let mut limits = worker.shared.limits.clone();
    let shutdown = worker.shared.context.shutdown.clone();
    loop {
        let now = target.borrow_and_update().clone();
        let span = tracing::info_span!("program", load_balancer = %worker.key, generation = now.position.generation);
        telemetry::join(&span, &now.traceparent);
        let turns = Arc::clone(&worker.shared.turns);
        let turning = async {
            // The API server is asked without a turn: others need it to ask AWS.
            if now.desired.is_some() && !worker.gateway.hold().await {
                return Some((Next::Again, None));
            }
            let turn = turns.acquire_owned().await.ok()?;
            match worker.once(&now, &mut target).await {
                Next::Gone => {
                    drop(turn);
                    Some((worker.leave(&now).await, None))
                }
                next => Some((next, Some(turn))),
            }
        };
        let turned = shutdown
            .run_until_cancelled(turning.instrument(span.clone()))
            .await;
        let Some(Some((next, turn))) = turned else {
            break;
        };
        if let (Next::Drift, Some(desired)) = (next, &now.desired) {
            desired.pack();
        }
        if next == Next::Gone {
            idle.store(true, Ordering::Release);
        }
        let span = match next {
            Next::Busy => span,
            Next::Now | Next::Again | Next::Provisioning | Next::Drift | Next::Gone => Span::none(),
        };
        let waiting = worker.wait(next, turn, &mut target, &mut limits);
        match waiting.instrument(span).await {
            Woken::Again => worker.land_ready(),
            Woken::Ended => break,
        }
    }
    worker.end().await;
}

impl Worker {
    fn new(shared: Shared, key: LoadBalancerKey) -> Self {
        let waits = shared.context.metrics.get(&WORKER_WAIT_SECONDS);
        let delays = |policy: Backoff, reason| {
            policy.delays(waits.get_or_create_owned(&WaitLabels { reason }))
        };
        Self {
            again: delays(TRY_AGAIN, "again"),
            drift: Drift::new(waits.get_or_create_owned(&WaitLabels { reason: "drift" })),
            checks: Checks::new(
                shared.aws.state_pace(),
                waits.get_or_create_owned(&WaitLabels { reason: "health" }),
            ),
            reach: Reach::new(
                shared.aws.state_pace(),
                &waits.get_or_create_owned(&WaitLabels { reason: "targets" }),
            ),
            wait_limits: WaitLimits::new(shared.stay),
            mended: None,
            state_waits: waits.get_or_create_owned(&WaitLabels {
                reason: "provisioning",
            }),
            observations: shared.context.metrics.get(&OBSERVATIONS),
            known: None,
            next_plan: Instant::now(),
            doubt: Doubted::ByEvidence,
            choices: Choices::default(),
            flights: Flights::new(
                shared.aws.clone(),
                Arc::clone(&shared.secrets),
                STEPS_AT_ONCE,
                shared.context.shutdown.clone(),
            ),
            tries: Tries::new(waits),
            wake: None,
            gateway: HeldGateway::new(shared.holds.clone(), key.gateway.clone()),
            shared,
            key,
        }
    }

    async fn once(&mut self, target: &Target, changes: &mut watch::Receiver<Target>) -> Next {
        let desired = match target.desired.as_deref().map(Wanted::whole).transpose() {
            Ok(desired) => desired,
            Err(error) => {
                tracing::error!(%error, "what it should be cannot be read any more");
                return Next::Again;
            }
        };
        let desired = desired.as_deref();
        if !self.look(desired, changes).await {
            return Next::Now;
        }
        let Some(mut known) = self.known.take() else {
            return Next::Again;
        };
        known.relate();
        self.note(known.observed(), desired);
        let began = Instant::now();
        let Planned { mut told, steps } = self.plan(desired, &known);
        self.next_plan = Instant::now() + began.elapsed() * BREATH;
        self.tell_drift(&steps, &mut told);
        self.report(target, &told);
        let now = Instant::now();
        let due = |op: &Op| self.tries.due(op, now);
        self.flights.take_up(&steps, &known, due);
        let next = if steps.is_empty() && self.flights.is_empty() {
            self.rest(target, &told, &known)
        } else {
            if self.flights.is_empty() && !told.waiting.is_empty() {
                // Every step is tried again later, and AWS may be done before.
                let look = now + self.again.next_delay();
                self.wake = Some(self.wake.map_or(look, |wake| wake.min(look)));
            }
            Next::Busy
        };
        self.known = Some(known);
        next
    }

    /// Makes sure that there is something to plan from: from memory, or from AWS where memory is doubted. Returns false if
    /// a change came that needs no look.
    async fn look(
        &mut self,
        desired: Option<&DesiredLoadBalancer>,
        changes: &mut watch::Receiver<Target>,
    ) -> bool {
        let is_partial = self
            .known
            .as_ref()
            .is_none_or(|known| !known.observed().is_whole());
        let choices = desired.map(Choices::of).unwrap_or_default();
        let must_look =
            is_partial || self.doubt == Doubted::ByEvidence || !self.choices.include(&choices);
        if must_look {
            let look = self.everything(desired).await;
            let lost = self.take_in(look, choices);
            if desired.is_some() && !lost.is_subset(&self.flights.named()) {
                self.mended.get_or_insert_default();
            }
            return true;
        }
        if self.doubt == Doubted::ByAge {
            let found = tokio::select! {
                found = self.ask() => Some(found),
                _ = changes.changed() => None,
            };
            self.doubt = Doubted::No;
            match found {
                // Asked again when there is nothing else to do.
                None => return false,
                Some(Found::AsKnown) => {}
                Some(Found::Drift) => {
                    let look = self.everything(desired).await;
                    self.take_in(look, choices);
                    self.mended = Some(String::new());
                    return true;
                }
            }
        }
        if let Some(known) = &mut self.known
            && let Err(error) =
                refresh(&self.shared.aws, &self.shared.environment, known, desired).await
        {
            tracing::debug!(%error, "the load balancer's state is taken to be as it was");
            self.doubt = Doubted::ByEvidence;
        }
        self.check(changes).await;
        self.reach_again(changes).await;
        true
    }

    async fn everything(&self, desired: Option<&DesiredLoadBalancer>) -> Observed {
        self.observations.inc();
        observe(
            &self.shared.aws,
            &self.shared.environment,
            &self.key,
            desired,
        )
        .await
    }

    /// Returns what somebody else removed since the last look.
    fn take_in(&mut self, look: Observed, choices: Choices) -> BTreeSet<String> {
        let calls = calls_of_a_look(&look);
        self.drift.looked(calls, Instant::now(), fastrand::f64());
        self.choices = choices;
        self.doubt = Doubted::No;
        if let Some(known) = &mut self.known {
            return known.refresh(look);
        }
        self.known = Some(Known::new(look));
        BTreeSet::new()
    }

    /// What was found to be changed by somebody else is told until it is mended, before anything else: of many problems a status
    /// counts the last.
    fn tell_drift(&mut self, steps: &[Step], told: &mut Plan) {
        let Some(mended) = &mut self.mended else {
            return;
        };
        if steps.is_empty() && told.waiting.is_empty() {
            self.mended = None;
            return;
        }
        if mended.is_empty() {
            if steps.is_empty() {
                return;
            }
            *mended = drift::told(steps);
            tracing::warn!("{mended}");
        }
        // What keeps it from being there stays the first.
        let at = usize::from(told.report.blocked);
        told.report.problems.insert(at, mended.clone());
    }

    fn plan(&mut self, desired: Option<&DesiredLoadBalancer>, known: &Known) -> Planned {
        let now = Instant::now();
        self.tries.forget_old(now);
        let waited = self.wait_limits.waited(now);
        let planned = |failures| {
            let context = PlanContext {
                cluster: self.shared.environment.cluster.clone(),
                installation: self.shared.environment.installation.clone(),
                defaults: self.shared.defaults.clone(),
                limits: self.shared.limits.borrow().clone(),
                backend: self.shared.environment.backend.clone(),
                refused_certificates: self.tries.refused_certificates(),
                failures,
                client_secrets: BTreeMap::new(),
                waited: waited.clone(),
            };
            plan(desired, &self.key, known.observed(), &context)
        };
        let failures = self.tries.told();
        let told = planned(failures.clone());
        // What is refused and due again is asked for, and told as refused until it is not.
        let due = self.tries.still_refused(now);
        let steps = due.map_or_else(|| told.steps.clone(), |failures| planned(failures).steps);
        let mut told = told;
        if let Some(last) = self.shared.reports.get(&self.key) {
            told.report.keep_served(&last);
        }
        told.report.settled &= self.flights.is_empty();
        self.wait_limits.note(&told.waits, now);
        let pending = told.pending_rules(&failures);
        told.report.rules.extend(pending);
        let dues = [self.tries.next_due(now), self.wait_limits.next_due(now)];
        self.wake = dues.into_iter().flatten().min();
        Planned { told, steps }
    }

    fn report(&self, target: &Target, plan: &Plan) {
        let mut report = plan.report.clone();
        tell_the_gateway(&mut report);
        let key = self.key.clone();
        self.shared
            .reports
            .set_at(key, Arc::new(report), target.position);
    }

    /// Nothing can be done now.
    fn rest(&mut self, target: &Target, plan: &Plan, known: &Known) -> Next {
        if !plan.waiting.is_empty() {
            tracing::debug!(waiting = plan.waiting.join("; "), "waiting");
            // Only what a describe of the load balancer alone can tell is asked for; anything else needs a look.
            if plan.report.phase == LoadBalancerPhase::Provisioning && known.observed().is_whole() {
                return Next::Provisioning;
            }
            self.doubt = Doubted::ByEvidence;
            return Next::Again;
        }
        self.again.reset();
        if target.desired.is_none() && plan.report.phase == LoadBalancerPhase::Deleted {
            return Next::Gone;
        }
        Next::Drift
    }

    /// Nothing is left of it.
    async fn leave(&mut self, target: &Target) -> Next {
        if !self.gateway.let_go().await {
            return Next::Again;
        }
        self.shared.reports.remove_at(&self.key, target.position);
        Next::Gone
    }
}
