//! Carrying out a plan: as much at once as its dependencies allow, everybody's steps apart from everybody else's.
//!
//! ```text
//! steps ──> ready (all `after` done, all `following` over) ──> in flight (bounded) ──> done ──> folded into Known
//!    ^                                                             │
//!    └── steps that need a failed one are skipped <── failed ──────┘
//! ```
//!
//! One task, no spawn: dropping the future drops the calls in flight. Whoever does that no longer knows what took effect and
//! must look again.

use std::collections::{BTreeMap, BTreeSet};

use futures::StreamExt;
use futures::stream::FuturesUnordered;
use tokio_util::sync::CancellationToken;
use tributary_plan::op::{Handle, Plan, Step, StepId};

use crate::Aws;
use crate::elbv2::Answer;
use crate::error::{AwsError, Class};
use crate::known::Known;
use crate::secrets::SecretSource;

mod edit;
mod elb;
mod other;
mod schedule;
mod step;
mod targets;

use schedule::Schedule;

/// With what a plan is carried out.
#[derive(Clone, Copy, Debug)]
pub struct Execution<'a> {
    /// Where.
    pub aws: &'a Aws,
    /// Private keys and client secrets.
    pub secrets: &'a dyn SecretSource,
    /// Steps in flight at once, at least one. The pace of AWS's operation groups bounds the rest.
    pub concurrency: usize,
    /// Once cancelled, no step begins; those in flight end.
    pub stop: &'a CancellationToken,
}

/// What became of one step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepResult {
    /// Which.
    pub step: StepId,
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
    /// Not tried: this step, which it needs, was not done.
    Skipped(StepId),
    /// Not tried: execution was stopped.
    Stopped,
}

/// What a successful call means for what is known.
struct Done<'a> {
    /// ARN or id of what was created.
    created: Option<String>,
    change: Change<'a>,
}

type Change<'a> = Box<dyn FnOnce(&mut Known) + Send + 'a>;

/// Runs the plan. What succeeded is in `known` afterwards, so that the next plan needs no look; the results are in the order of
/// the steps.
pub async fn execute(execution: &Execution<'_>, plan: &Plan, known: &mut Known) -> Vec<StepResult> {
    let mut schedule = Schedule::new(&plan.steps);
    let mut created: BTreeMap<StepId, String> = BTreeMap::new();
    let mut in_flight = FuturesUnordered::new();
    let mut results: BTreeMap<StepId, StepResult> = BTreeMap::new();
    loop {
        for (step, outcome) in schedule.take_dropped() {
            results.insert(step.id, result(step, outcome));
        }
        if execution.stop.is_cancelled() {
            for step in schedule.stop() {
                results.insert(step.id, result(step, Outcome::Stopped));
            }
        }
        while in_flight.len() < execution.concurrency.max(1)
            && let Some(step) = schedule.next()
        {
            in_flight.push(run(execution, step, needed(step, &created)));
        }
        let Some((step, answer)) = in_flight.next().await else {
            if schedule.has_dropped() {
                continue;
            }
            break;
        };
        let outcome = match answer {
            Ok(done) => {
                (done.change)(known);
                if let Some(id) = done.created {
                    known.created(&id);
                    created.insert(step.id, id);
                }
                schedule.done(step.id);
                Outcome::Done
            }
            Err(error) => {
                tracing::debug!(op = %step.op, %error, "step failed");
                if error.class == Class::NeedsReobserve {
                    for id in edit::named(&step.op, &created) {
                        known.doubt(&id);
                    }
                }
                schedule.failed(step.id);
                Outcome::Failed(error)
            }
        };
        results.insert(step.id, result(step, outcome));
    }
    edit::relate(known.observed_mut());
    results.into_values().collect()
}

fn result(step: &Step, outcome: Outcome) -> StepResult {
    StepResult {
        step: step.id,
        outcome,
    }
}

async fn run<'a>(
    execution: &'a Execution<'_>,
    step: &'a Step,
    created: Created,
) -> (&'a Step, Answer<Done<'a>>) {
    let answer = step::take(execution, &step.op, &created).await;
    (step, answer)
}

/// ARNs and ids that a step's handles may stand for.
struct Created(BTreeMap<StepId, String>);

fn needed(step: &Step, created: &BTreeMap<StepId, String>) -> Created {
    let needed = step.after.iter();
    Created(
        needed
            .filter_map(|id| Some((*id, created.get(id)?.clone())))
            .collect(),
    )
}

impl Created {
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
}

impl<'a> Done<'a> {
    fn changed(change: impl FnOnce(&mut Known) + Send + 'a) -> Self {
        Self {
            created: None,
            change: Box::new(change),
        }
    }

    fn created(id: String, change: impl FnOnce(&mut Known, String) + Send + 'a) -> Self {
        let created = Some(id.clone());
        Self {
            created,
            change: Box::new(move |known| change(known, id)),
        }
    }

    fn removed(id: &'a str) -> Self {
        Self::changed(move |known| known.removed(id))
    }
}
