//! Readiness gates of new pods: what the API server asks before it makes one, by a MutatingWebhookConfiguration.
//!
//! Every replica answers, whoever leads: which pods become targets follows from the snapshot alone, and all have that. One that
//! does not have all of it yet says so, and the pod is made as it is (`failurePolicy: Ignore`).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use tributary_kubernetes::{PodReview, ReviewError};
use tributary_model::elb::LoadBalancerKind;
use tributary_model::gate::Gating;
use tributary_runtime::metrics::MetricName;
use tributary_runtime::{Metrics, chain};

use crate::shared::{Shared, Torn};

#[cfg(test)]
mod tests;

/// Where the API server asks.
const PATH: &str = "/pods";

/// Whether new pods get readiness gates.
#[derive(Clone, Debug, clap::Args)]
pub struct GatesArgs {
    /// Address at which the API server asks over TLS, at `/pods`, whether a pod that is about to be made gets a readiness gate of
    /// this installation. It needs --tls-dir. Without it nobody is told, and only pods that have a gate already wait for one.
    #[arg(long, value_name = "ADDR")]
    pub gates_listen: Option<SocketAddr>,
    /// Kinds of load balancers that somebody programs here. A pod behind others gets no gate: nobody would open it.
    #[arg(long, value_name = "alb|nlb", value_delimiter = ',', default_value = "alb,nlb", value_parser = kind)]
    pub gates_for: Vec<LoadBalancerKind>,
}

fn kind(text: &str) -> Result<LoadBalancerKind, String> {
    [LoadBalancerKind::Alb, LoadBalancerKind::Nlb]
        .into_iter()
        .find(|it| it.as_str() == text)
        .ok_or_else(|| "expected alb or nlb".to_owned())
}

/// What became of a question.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct OutcomeLabels {
    outcome: &'static str,
}

pub(crate) const ADMISSIONS: MetricName<Family<OutcomeLabels, Counter>> = MetricName::new(
    "tributary_pod_admissions",
    "Questions of the API server whether a new pod gets a readiness gate, by what was answered",
    Family::default,
)
.labelled(&["outcome"])
.shown_when("it is told `--gates-listen`");

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Decided(Gating),
    /// A pod that is there, whose gates cannot be changed.
    NotNew,
    Refused,
    /// The snapshot is not there yet.
    NotReady,
}

impl Outcome {
    const ALL: [Self; 7] = [
        Self::Decided(Gating::Added),
        Self::Decided(Gating::Carried),
        Self::Decided(Gating::NoTarget),
        Self::Decided(Gating::Unread),
        Self::NotNew,
        Self::Refused,
        Self::NotReady,
    ];

    fn as_str(self) -> &'static str {
        match self {
            Self::Decided(Gating::Added) => "added",
            Self::Decided(Gating::Carried) => "carried",
            Self::Decided(Gating::NoTarget) => "no_target",
            Self::Decided(Gating::Unread) => "unread",
            Self::NotNew => "not_new",
            Self::Refused => "refused",
            Self::NotReady => "not_ready",
        }
    }
}

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
enum NoAnswer {
    #[error(transparent)]
    Body(#[from] BytesRejection),
    #[error(transparent)]
    Review(#[from] ReviewError),
    #[error("not everything was read yet")]
    NotReady,
    #[error(transparent)]
    Torn(#[from] Torn),
}

/// Answers.
#[derive(Debug)]
pub(crate) struct Gates {
    shared: Arc<Shared>,
    gate: String,
    programmed: BTreeSet<LoadBalancerKind>,
    admissions: Family<OutcomeLabels, Counter>,
}

impl Gates {
    pub(crate) fn new(
        shared: Arc<Shared>,
        metrics: &Metrics,
        gate: String,
        programmed: BTreeSet<LoadBalancerKind>,
    ) -> Self {
        let admissions = metrics.get(&ADMISSIONS);
        for outcome in Outcome::ALL {
            let outcome = outcome.as_str();
            // A rate needs the zero before the first.
            drop(admissions.get_or_create(&OutcomeLabels { outcome }));
        }
        Self {
            shared,
            gate,
            programmed,
            admissions,
        }
    }

    pub(crate) fn routes(self) -> Router {
        let gates = Arc::new(self);
        Router::new().route(PATH, post(admit).with_state(gates))
    }

    fn answer(&self, body: Result<Bytes, BytesRejection>) -> Result<(Outcome, Vec<u8>), NoAnswer> {
        let review = PodReview::read(&body?)?;
        let Some(pod) = review.pod() else {
            return Ok((Outcome::NotNew, review.as_it_is()?));
        };
        let gating = {
            let state = self.shared.lock()?;
            if !state.is_complete() {
                return Err(NoAnswer::NotReady);
            }
            state.merge().gating(&pod, &self.programmed)
        };
        tracing::debug!(namespace = &*pod.namespace, ?gating, "a new pod");
        let answer = match gating {
            Gating::Added => review.with_gate(&self.gate)?,
            Gating::Carried | Gating::NoTarget | Gating::Unread => review.as_it_is()?,
        };
        Ok((Outcome::Decided(gating), answer))
    }
}

async fn admit(State(gates): State<Arc<Gates>>, body: Result<Bytes, BytesRejection>) -> Response {
    let (outcome, response) = match gates.answer(body) {
        Ok((outcome, answer)) => {
            let json = [(header::CONTENT_TYPE, "application/json")];
            (outcome, (json, answer).into_response())
        }
        Err(error) => {
            let (outcome, code) = match &error {
                NoAnswer::Body(rejection) => (Outcome::Refused, rejection.status()),
                NoAnswer::Review(_) => (Outcome::Refused, StatusCode::BAD_REQUEST),
                NoAnswer::NotReady | NoAnswer::Torn(_) => {
                    (Outcome::NotReady, StatusCode::SERVICE_UNAVAILABLE)
                }
            };
            let why = chain(&error);
            tracing::debug!(error = why, "a question about a new pod is not answered");
            (outcome, (code, why + "\n").into_response())
        }
    };
    let outcome = outcome.as_str();
    gates
        .admissions
        .get_or_create(&OutcomeLabels { outcome })
        .inc();
    response
}
