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

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tracing::{Instrument, Span};
use tributary_aws::{Flights, Known, Outcome, StepResult, observe, refresh};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerPhase;
use tributary_plan::limits::{Context as PlanContext, Limits};
use tributary_plan::observed::Completeness;
use tributary_plan::op::{Op, Plan, Step};
use tributary_plan::plan;
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::telemetry;

use crate::choices::Choices;
use crate::holds::HeldGateway;
use crate::metrics::{OBSERVATIONS, WORKER_WAIT_SECONDS, WaitLabels};
use crate::supervisor::Shared;
use crate::target::{Target, Wanted};
use crate::tries::{Doubt, Tries};

/// Steps of one load balancer in flight at once in a group of operations, of 32 that `tributary-aws` has of all: calls of
/// one that hang leave room for the others'. How fast AWS may be asked is bounded by the pace there.
const STEPS_AT_ONCE: usize = 24;
/// While AWS takes its time, and after what is no call of a plan.
const TRY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(30),
};
/// Somebody else may change what is ours: it is looked at this often when nothing else happens.
const DRIFT: Backoff = Backoff {
    first: Duration::from_mins(4),
    most: Duration::from_mins(10),
};
/// When nothing has landed for so long, what has is told, and the turn is somebody else's: what is still in flight hangs.
const QUIET: Duration = Duration::from_millis(50);
/// Calls in flight may end before a stop; the next start looks at what the others did.
const LAST_CALLS: Duration = Duration::from_secs(10);

struct Worker {
    shared: Shared,
    key: LoadBalancerKey,
    known: Option<Known>,
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
    drift: Delays,
    observations: Counter,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doubted {
    No,
    /// It was long ago; a change comes first.
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
    /// Try what failed once more, or look again at what AWS is setting up.
    Again,
    /// Nothing is left to do: look for drift after a long while.
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
            Next::Now | Next::Again | Next::Drift | Next::Gone => Span::none(),
        };
        let waiting = worker.wait(next, turn, &mut target, &mut limits);
        match waiting.instrument(span).await {
            Woken::Again => {}
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
            drift: delays(DRIFT, "drift"),
            observations: shared.context.metrics.get(&OBSERVATIONS),
            known: None,
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
        let Planned { told, steps } = self.plan(desired, &known);
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
            .is_none_or(|known| known.observed().completeness != Completeness::Complete);
        let choices = desired.map(Choices::of).unwrap_or_default();
        let must_look =
            is_partial || self.doubt == Doubted::ByEvidence || !self.choices.include(&choices);
        if must_look || self.doubt == Doubted::ByAge {
            self.observations.inc();
            let looking = observe(&self.shared.aws, &self.shared.site, &self.key, desired);
            let look = if must_look {
                looking.await
            } else {
                tokio::select! {
                    look = looking => look,
                    _ = changes.changed() => {
                        self.doubt = Doubted::No;
                        return false;
                    }
                }
            };
            self.choices = choices;
            self.doubt = Doubted::No;
            match &mut self.known {
                Some(known) => known.refresh(look),
                None => self.known = Some(Known::new(look)),
            }
            return true;
        }
        if let Some(known) = &mut self.known
            && let Err(error) = refresh(&self.shared.aws, &self.shared.site, known, desired).await
        {
            tracing::debug!(%error, "the load balancer's state is taken to be as it was");
            self.doubt = Doubted::ByEvidence;
        }
        true
    }

    fn plan(&mut self, desired: Option<&DesiredLoadBalancer>, known: &Known) -> Planned {
        let now = Instant::now();
        self.tries.forget_old(now);
        let planned = |setbacks| {
            let context = PlanContext {
                cluster: self.shared.site.cluster.clone(),
                installation: self.shared.site.installation.clone(),
                limits: self.shared.limits.borrow().clone(),
                backend: self.shared.site.backend.clone(),
                refused_certificates: self.tries.refused_certificates(),
                setbacks,
                client_secrets: BTreeMap::new(),
            };
            plan(desired, &self.key, known.observed(), &context)
        };
        let told = planned(self.tries.told());
        // What is refused and due again is asked for, and told as refused until it is not.
        let due = self.tries.still_refused(now);
        let steps = due.map_or_else(|| told.steps.clone(), |setbacks| planned(setbacks).steps);
        self.wake = self.tries.next_due(now);
        let mut told = match self.shared.reports.get(&self.key) {
            Some(last) => told.with_served(&last),
            None => told,
        };
        told.report.settled &= self.flights.is_empty();
        Planned { told, steps }
    }

    fn report(&self, target: &Target, plan: &Plan) {
        self.shared.reports.set_at(
            self.key.clone(),
            Arc::new(plan.report.clone()),
            target.position,
        );
    }

    /// Nothing can be done now.
    fn rest(&mut self, target: &Target, plan: &Plan, known: &Known) -> Next {
        if !plan.waiting.is_empty() {
            tracing::debug!(waiting = plan.waiting.join("; "), "waiting");
            // Only what a describe of the load balancer alone can tell is asked for; anything else needs a look.
            if plan.report.phase != LoadBalancerPhase::Provisioning
                || known.observed().completeness != Completeness::Complete
            {
                self.doubt = Doubted::ByEvidence;
            }
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

    /// Folds what lands into what is known, until there is a reason for another plan.
    async fn wait(
        &mut self,
        next: Next,
        mut turn: Option<OwnedSemaphorePermit>,
        target: &mut watch::Receiver<Target>,
        limits: &mut watch::Receiver<Limits>,
    ) -> Woken {
        let (mut again, drift) = match next {
            Next::Now => return Woken::Again,
            Next::Busy | Next::Gone => (None, None),
            Next::Again => (Some(Instant::now() + self.again.next_delay()), None),
            Next::Drift => (None, Some(Instant::now() + self.drift.next_delay())),
        };
        let shutdown = self.shared.context.shutdown.clone();
        let mut has_landed = false;
        loop {
            let is_certain = self.doubt != Doubted::ByEvidence;
            let is_over = self.flights.is_over();
            if is_over {
                turn = None;
            }
            if (next == Next::Busy && self.flights.has_released())
                || (has_landed && is_over && is_certain)
            {
                return Woken::Again;
            }
            let flies = !(is_over && self.flights.is_empty());
            let tells = has_landed && is_certain;
            if next == Next::Busy && !flies && again.or(self.wake).is_none() {
                // What is known is in doubt, and no call is due before the look.
                again = Some(Instant::now() + self.again.next_delay());
            }
            let wake = [again, drift, self.wake].into_iter().flatten().min();
            tokio::select! {
                Some(result) = land(&mut self.flights, self.known.as_mut()), if flies => {
                    has_landed |= self.landed(result);
                }
                changed = target.changed() => {
                    if changed.is_err() {
                        return Woken::Ended;
                    }
                    self.again.reset();
                    return Woken::Again;
                }
                changed = limits.changed() => {
                    // The sender lives as long as the supervisor, which waits for us.
                    return if changed.is_err() { Woken::Ended } else { Woken::Again };
                }
                () = sleep(QUIET), if turn.is_some() || tells => {
                    if tells {
                        return Woken::Again;
                    }
                    turn = None;
                }
                () = until(wake) => {
                    if drift.is_some_and(|drift| drift <= Instant::now()) && is_certain {
                        self.doubt = Doubted::ByAge;
                    }
                    return Woken::Again;
                }
                () = shutdown.cancelled() => return Woken::Ended,
            }
        }
    }

    /// Returns whether it changes anything for the next plan.
    fn landed(&mut self, result: StepResult) -> bool {
        let StepResult { step, outcome } = result;
        match outcome {
            Outcome::Done => {
                tracing::info!(op = %step.op, "done");
                self.tries.done(&step.op);
                true
            }
            Outcome::Failed(error) => {
                let now = Instant::now();
                match self.tries.failed(&step.op, &error, now) {
                    Doubt::None => {}
                    Doubt::Look => self.doubt = Doubted::ByEvidence,
                }
                let due = self.tries.next_due(now);
                self.wake = [self.wake, due].into_iter().flatten().min();
                true
            }
            Outcome::Skipped(_) | Outcome::Stopped => false,
        }
    }

    /// Lets calls in flight end; none begins any more.
    async fn end(mut self) {
        let landing = async {
            while let Some(result) = land(&mut self.flights, self.known.as_mut()).await {
                self.landed(result);
            }
        };
        if timeout(LAST_CALLS, landing).await.is_err() {
            tracing::warn!(load_balancer = %self.key, "calls were in flight at the stop: the next start looks first");
        }
    }
}

/// The next result; none if nothing is known, for then nothing is in flight.
async fn land(flights: &mut Flights, known: Option<&mut Known>) -> Option<StepResult> {
    match known {
        Some(known) => flights.land(known).await,
        None => None,
    }
}

async fn until(at: Option<Instant>) {
    match at {
        Some(at) => sleep_until(at).await,
        None => std::future::pending().await,
    }
}
