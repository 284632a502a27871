//! One load balancer: observe, plan, execute, report, wait; from the top whenever its target changes.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use tokio::sync::watch;
use tokio::time::{Instant, sleep};
use tracing::Instrument;
use tributary_aws::{
    Class, Execution, Known, Outcome, StepResult, execute, observe, refresh_load_balancer_state,
};
use tributary_model::config::LoadBalancerSettings;
use tributary_model::desired::{CertificateSource, DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerPhase;
use tributary_plan::limits::{Context as PlanContext, SecretVersion};
use tributary_plan::observed::Completeness;
use tributary_plan::op::{Op, Plan};
use tributary_plan::plan;
use tributary_plan::setbacks::Setback;
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::telemetry;

use crate::metrics::{OBSERVATIONS, WORKER_WAIT_SECONDS, WaitLabels};
use crate::supervisor::Shared;
use crate::target::{Target, Wanted};

/// Steps of one load balancer in flight at once: as many as `tributary-aws` has in flight of one group of operations.
/// Fewer would make a plan wait for answers only; how fast AWS may be asked is bounded by the pace there.
const STEPS_AT_ONCE: usize = 32;
/// After steps that may succeed later, and while AWS takes its time.
const TRY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(500),
    most: Duration::from_secs(30),
};
/// Somebody else may change what is ours: it is looked at this often when nothing else happens.
const DRIFT: Backoff = Backoff {
    first: Duration::from_mins(4),
    most: Duration::from_mins(10),
};
/// What AWS refused for good may be possible once a person has changed a quota or a permission.
const REFUSED_FOR: Duration = Duration::from_mins(10);

struct Worker {
    shared: Shared,
    key: LoadBalancerKey,
    known: Option<Known>,
    /// The knowledge is to be compared with AWS before the next plan.
    doubted: bool,
    /// What the last look was told to look at besides what is ours.
    choices: Choices,
    setbacks: BTreeMap<String, (Setback, Instant)>,
    refused_certificates: BTreeMap<SecretVersion, (String, Instant)>,
    /// The Gateway stays until we let it go.
    holds_gateway: bool,
    again: Delays,
    drift: Delays,
    observations: Counter,
}

/// What a desired state may choose from: a look is made for it, and does for any that asks for no more.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Choices {
    certificates: BTreeSet<String>,
    discovers: bool,
    /// Subnets and security groups are chosen by these.
    settings: Option<LoadBalancerSettings>,
}

impl Choices {
    fn of(desired: &DesiredLoadBalancer) -> Self {
        let mut choices = Self {
            settings: Some(desired.settings.clone()),
            ..Self::default()
        };
        let listeners = desired.listeners.values();
        for (_, source) in listeners.flat_map(|listener| listener.certificates()) {
            match source {
                CertificateSource::Arn(arn) => {
                    choices.certificates.insert(arn.clone());
                }
                CertificateSource::Discovered { .. } => choices.discovers = true,
                CertificateSource::Secret { .. } => {}
            }
        }
        choices
    }

    fn include(&self, other: &Self) -> bool {
        let Self {
            certificates,
            discovers,
            settings,
        } = other;
        certificates.is_subset(&self.certificates)
            && (self.discovers || !discovers)
            && (settings.is_none() || *settings == self.settings)
    }
}

/// What a worker waits for besides its target.
enum Next {
    /// The same again at once.
    Now,
    /// Try what failed once more.
    Again,
    /// AWS is setting something up: look at it again.
    Look,
    /// Nothing is left to do: look for drift after a long while.
    Drift,
    /// Nothing is left at all.
    Gone,
}

pub(crate) async fn work(
    shared: Shared,
    key: LoadBalancerKey,
    mut target: watch::Receiver<Target>,
    idle: Arc<AtomicBool>,
) {
    let waits = shared.context.metrics.get(&WORKER_WAIT_SECONDS);
    let delays =
        |policy: Backoff, reason| policy.delays(waits.get_or_create_owned(&WaitLabels { reason }));
    let mut worker = Worker {
        again: delays(TRY_AGAIN, "again"),
        drift: delays(DRIFT, "drift"),
        observations: shared.context.metrics.get(&OBSERVATIONS),
        known: None,
        doubted: true,
        choices: Choices::default(),
        setbacks: BTreeMap::new(),
        refused_certificates: BTreeMap::new(),
        holds_gateway: false,
        shared,
        key,
    };
    let mut limits = worker.shared.limits.clone();
    loop {
        let now = target.borrow_and_update().clone();
        let span = tracing::info_span!("program", load_balancer = %worker.key, generation = now.position.generation);
        telemetry::join(&span, &now.traceparent);
        let turn = {
            let turns = Arc::clone(&worker.shared.turns);
            tokio::select! {
                turn = turns.acquire_owned() => turn,
                () = worker.shared.context.shutdown.cancelled() => return,
            }
        };
        let next = worker.once(&now).instrument(span).await;
        drop(turn);
        if let (Next::Drift, Some(desired)) = (&next, &now.desired) {
            desired.pack();
        }
        let delay = match next {
            Next::Now => Duration::ZERO,
            Next::Again | Next::Look => worker.again.next_delay(),
            Next::Drift => worker.drift.next_delay(),
            Next::Gone => {
                idle.store(true, Ordering::Release);
                Duration::MAX
            }
        };
        tokio::select! {
            changed = target.changed() => {
                if changed.is_err() {
                    return;
                }
                worker.again.reset();
            }
            changed = limits.changed() => {
                // The sender lives as long as the supervisor, which waits for us.
                if changed.is_err() {
                    return;
                }
            }
            () = sleep(delay) => worker.doubted |= matches!(next, Next::Drift),
            () = worker.shared.context.shutdown.cancelled() => return,
        }
    }
}

impl Worker {
    async fn once(&mut self, target: &Target) -> Next {
        let desired = match target.desired.as_deref().map(Wanted::whole).transpose() {
            Ok(desired) => desired,
            Err(error) => {
                tracing::error!(%error, "what it should be cannot be read any more");
                return Next::Again;
            }
        };
        let desired = desired.as_deref();
        if desired.is_some() && !self.hold().await {
            return Next::Again;
        }
        self.look(desired).await;
        let Some(mut known) = self.known.take() else {
            return Next::Again;
        };
        let plan = self.plan(desired, &known);
        self.report(target, &plan);
        let next = if plan.steps.is_empty() {
            self.rest(target, &plan, &known).await
        } else {
            self.carry_out(&plan, &mut known).await
        };
        self.known = Some(known);
        next
    }

    /// Makes sure that the Gateway stays as long as anything of its load balancer may.
    async fn hold(&mut self) -> bool {
        let Some(holds) = &self.shared.holds else {
            return true;
        };
        if !self.holds_gateway {
            match holds.hold(&self.key.gateway).await {
                Ok(()) => self.holds_gateway = true,
                Err(error) => {
                    tracing::warn!(%error, "nothing is created before the Gateway is held");
                }
            }
        }
        self.holds_gateway
    }

    /// Nothing is left: the Gateway may go.
    async fn let_go(&mut self) -> bool {
        let Some(holds) = &self.shared.holds else {
            return true;
        };
        let result = holds.let_go(&self.key.gateway).await;
        if let Err(error) = &result {
            tracing::warn!(%error, "the Gateway cannot be let go yet");
        }
        self.holds_gateway = false;
        result.is_ok()
    }

    /// Makes sure that there is something to plan from: from memory, or from AWS where memory is doubted.
    async fn look(&mut self, desired: Option<&DesiredLoadBalancer>) {
        let is_partial = self
            .known
            .as_ref()
            .is_none_or(|known| known.observed().completeness != Completeness::Complete);
        let choices = desired.map(Choices::of).unwrap_or_default();
        if self.doubted || is_partial || !self.choices.include(&choices) {
            self.choices = choices;
            self.observations.inc();
            let look = observe(&self.shared.aws, &self.shared.site, &self.key, desired).await;
            self.doubted = false;
            match &mut self.known {
                Some(known) => known.refresh(look),
                None => self.known = Some(Known::new(look)),
            }
            return;
        }
        if let Some(known) = &mut self.known
            && let Err(error) = refresh_load_balancer_state(&self.shared.aws, known).await
        {
            tracing::debug!(%error, "the load balancer's state is taken to be as it was");
            self.doubted = true;
        }
    }

    fn plan(&mut self, desired: Option<&DesiredLoadBalancer>, known: &Known) -> Plan {
        let now = Instant::now();
        self.setbacks.retain(|_, (_, until)| *until > now);
        self.refused_certificates
            .retain(|_, (_, until)| *until > now);
        let context = PlanContext {
            cluster: self.shared.site.cluster.clone(),
            installation: self.shared.site.installation.clone(),
            limits: self.shared.limits.borrow().clone(),
            refused_certificates: self
                .refused_certificates
                .iter()
                .map(|(version, (reason, _))| (version.clone(), reason.clone()))
                .collect(),
            setbacks: self
                .setbacks
                .iter()
                .map(|(op, (setback, _))| (op.clone(), setback.clone()))
                .collect(),
            client_secrets: BTreeMap::new(),
        };
        let plan = plan(desired, &self.key, known.observed(), &context);
        match self.shared.reports.get(&self.key) {
            Some(last) => plan.with_served(&last),
            None => plan,
        }
    }

    fn report(&self, target: &Target, plan: &Plan) {
        self.shared.reports.set_at(
            self.key.clone(),
            Arc::new(plan.report.clone()),
            target.position,
        );
    }

    /// Nothing can be done now.
    async fn rest(&mut self, target: &Target, plan: &Plan, known: &Known) -> Next {
        if !plan.waiting.is_empty() {
            tracing::debug!(waiting = plan.waiting.join("; "), "waiting");
            // Only what a describe of the load balancer alone can tell is asked for; anything else needs a look.
            self.doubted |= plan.report.phase != LoadBalancerPhase::Provisioning
                || known.observed().completeness != Completeness::Complete;
            return Next::Look;
        }
        self.again.reset();
        if target.desired.is_none() && plan.report.phase == LoadBalancerPhase::Deleted {
            if !self.let_go().await {
                return Next::Again;
            }
            self.shared.reports.remove_at(&self.key, target.position);
            return Next::Gone;
        }
        Next::Drift
    }

    async fn carry_out(&mut self, plan: &Plan, known: &mut Known) -> Next {
        let shutdown = self.shared.context.shutdown.clone();
        let execution = Execution {
            aws: &self.shared.aws,
            secrets: &*self.shared.secrets,
            concurrency: STEPS_AT_ONCE,
            stop: &shutdown,
        };
        let results = execute(&execution, plan, known).await;
        let mut next = Next::Now;
        for (step, result) in plan.steps.iter().zip(results) {
            let StepResult { step: _, outcome } = result;
            match outcome {
                Outcome::Done => {
                    tracing::info!(op = %step.op, "done");
                    self.setbacks.remove(&step.op.to_string());
                }
                Outcome::Failed(error) => {
                    if error.class != Class::Permanent {
                        next = Next::Again;
                        self.doubted |= error.class == Class::NeedsReobserve;
                    }
                    self.remember(&step.op, &error);
                }
                Outcome::Skipped(_) => {}
                Outcome::Stopped => next = Next::Again,
            }
        }
        next
    }

    fn remember(&mut self, op: &Op, error: &tributary_aws::AwsError) {
        let until = Instant::now() + REFUSED_FOR;
        let text = error.to_string();
        if error.class != Class::Permanent {
            tracing::debug!(%op, %error, "tried again later");
            self.setbacks
                .insert(op.to_string(), (Setback::Retrying(text), until));
            return;
        }
        tracing::warn!(%op, %error, "AWS refuses it");
        match op {
            Op::ImportCertificate {
                secret,
                fingerprint,
                ..
            } => {
                let version = SecretVersion {
                    secret: secret.clone(),
                    fingerprint: fingerprint.clone(),
                };
                self.refused_certificates.insert(version, (text, until));
            }
            _ => {
                self.setbacks
                    .insert(op.to_string(), (Setback::Refused(text), until));
            }
        }
    }
}
