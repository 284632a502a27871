//! What a worker waits for between two plans.

use std::time::Duration;

use futures::FutureExt;
use tokio::sync::{OwnedSemaphorePermit, watch};
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tributary_aws::{Flights, Known, Outcome, StepResult};
use tributary_plan::limits::Limits;
use tributary_plan::observed::LoadBalancerState;

use super::{Doubted, Next, Woken, Worker};
use crate::target::Target;
use crate::tries::Doubt;

/// When nothing has landed for so long, what has is told, and the turn is somebody else's: what is still in flight hangs.
const QUIET: Duration = Duration::from_millis(50);
/// Calls in flight may end before a stop; the next start looks at what the others did.
const LAST_CALLS: Duration = Duration::from_secs(10);

impl Worker {
    /// Folds what lands into what is known, until there is a reason for another plan.
    pub(super) async fn wait(
        &mut self,
        next: Next,
        mut turn: Option<OwnedSemaphorePermit>,
        target: &mut watch::Receiver<Target>,
        limits: &mut watch::Receiver<Limits>,
    ) -> Woken {
        let (mut again, drift) = match next {
            Next::Now => return Woken::Again,
            Next::Busy | Next::Provisioning | Next::Gone => (None, None),
            Next::Again => (Some(Instant::now() + self.again.next_delay()), None),
            Next::Drift => (None, Some(self.drift.due())),
        };
        let state = self.state_look();
        let shutdown = self.shared.context.shutdown.clone();
        let mut has_landed = false;
        loop {
            let is_certain = self.doubt != Doubted::ByEvidence;
            let is_over = self.flights.is_over();
            if is_over {
                turn = None;
            }
            let has_released = next == Next::Busy && self.flights.has_released();
            if (has_released && self.next_plan <= Instant::now())
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
            // What lands has its state looked at anyway.
            let state = state.filter(|_| turn.is_none());
            let checks = [self.checks.due(), self.reach.due()];
            let checks = checks.into_iter().flatten().min();
            let checks = checks.filter(|_| turn.is_none());
            // More may land meanwhile, and be in the same plan.
            let released = has_released.then_some(self.next_plan);
            let wake = [again, drift, state, checks, self.wake, released];
            let wake = wake.into_iter().flatten().min();
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

    /// What has landed by now is in the next plan, too: of fifty that land together each would take a plan of its own.
    pub(super) fn land_ready(&mut self) {
        while let Some(Some(result)) = land(&mut self.flights, self.known.as_mut()).now_or_never() {
            self.landed(result);
        }
    }

    /// When its state is looked at, while AWS sets a load balancer of it up.
    fn state_look(&self) -> Option<Instant> {
        let mut load_balancers = self
            .known
            .iter()
            .flat_map(|it| &it.observed().load_balancers);
        load_balancers.find(|(_, it)| it.state == LoadBalancerState::Provisioning)?;
        let next = self.shared.aws.next_state_look();
        let wait = next.saturating_duration_since(Instant::now());
        self.state_waits.inc_by(wait.as_secs_f64());
        Some(next)
    }

    /// Returns whether it changes anything for the next plan.
    fn landed(&mut self, result: StepResult) -> bool {
        let StepResult { step, outcome } = result;
        match outcome {
            Outcome::Done => {
                tracing::info!(op = %step.op.brief(), "done");
                self.tries.done(&step.op);
                if let Some(known) = &self.known {
                    self.checks.done(&step.op, known.observed(), Instant::now());
                }
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
    pub(super) async fn end(mut self) {
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
