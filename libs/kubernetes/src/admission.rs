//! The API server's question about a new pod, and the answer: as it is, or with a readiness gate more.

use std::error::Error;

use k8s_openapi::api::core::v1::{ContainerPort, Pod};
use kube::core::admission::{AdmissionRequest, AdmissionResponse, AdmissionReview, Operation};
use serde_json::{Value, json};
use tributary_model::Name;
use tributary_model::gate::NewPod;
use tributary_model::workload::L4Protocol;

/// What is asked, and for which pod. An answer belongs to its question.
#[derive(Clone, Debug)]
pub struct PodReview(AdmissionRequest<Pod>);

/// A body that is no such question, or one that cannot be answered.
#[derive(Debug, thiserror::Error)]
pub enum ReviewError {
    /// Not the JSON of one about a pod.
    #[error("not an AdmissionReview of a Pod")]
    Content(#[source] serde_json::Error),
    /// An answer, or nothing at all.
    #[error("an AdmissionReview without a request")]
    NoRequest,
    /// The answer has no JSON.
    #[error("the answer cannot be written")]
    Answer(#[source] Box<dyn Error + Send + Sync>),
}

impl PodReview {
    /// From the body of the request.
    ///
    /// # Errors
    /// Where it is none.
    pub fn read(body: &[u8]) -> Result<Self, ReviewError> {
        let review: AdmissionReview<Pod> =
            serde_json::from_slice(body).map_err(ReviewError::Content)?;
        let request = review.try_into().map_err(|_| ReviewError::NoRequest)?;
        Ok(Self(request))
    }

    /// The pod that is about to be made; nothing where something else happens to it, when its gates cannot be changed any more.
    pub fn pod(&self) -> Option<NewPod> {
        let request = &self.0;
        if request.operation != Operation::Create || request.sub_resource.is_some() {
            return None;
        }
        let pod = request.object.as_ref()?;
        let spec = pod.spec.as_ref()?;
        let ports = spec
            .containers
            .iter()
            .flat_map(|it| it.ports.iter().flatten());
        let gates = spec.readiness_gates.iter().flatten();
        Some(NewPod {
            namespace: request.namespace.as_deref()?.into(),
            labels: pod.metadata.labels.clone().unwrap_or_default(),
            named_ports: ports.filter_map(named).collect(),
            gates: gates.map(|gate| gate.condition_type.clone()).collect(),
        })
    }

    /// Lets it be made as it is.
    ///
    /// # Errors
    /// Where the answer has no JSON.
    pub fn as_it_is(&self) -> Result<Vec<u8>, ReviewError> {
        written(AdmissionResponse::from(&self.0))
    }

    /// Lets it be made with a gate more.
    ///
    /// # Errors
    /// Where the answer has no JSON.
    pub fn with_gate(&self, gate: &str) -> Result<Vec<u8>, ReviewError> {
        let spec = self.0.object.as_ref().and_then(|pod| pod.spec.as_ref());
        let gates = spec.and_then(|spec| spec.readiness_gates.as_ref());
        let gate = json!({ "conditionType": gate });
        let add = match gates {
            Some(_) => json!([{ "op": "add", "path": "/spec/readinessGates/-", "value": gate }]),
            None => json!([{ "op": "add", "path": "/spec/readinessGates", "value": [gate] }]),
        };
        written(patched(AdmissionResponse::from(&self.0), add)?)
    }
}

fn patched(answer: AdmissionResponse, patch: Value) -> Result<AdmissionResponse, ReviewError> {
    let patch = serde_json::from_value(patch).map_err(unwritten)?;
    answer.with_patch(patch).map_err(unwritten)
}

fn written(answer: AdmissionResponse) -> Result<Vec<u8>, ReviewError> {
    serde_json::to_vec(&answer.into_review()).map_err(unwritten)
}

fn unwritten(error: impl Error + Send + Sync + 'static) -> ReviewError {
    ReviewError::Answer(Box::new(error))
}

/// The API server has filled in the protocol's default.
fn named(port: &ContainerPort) -> Option<(Name, L4Protocol)> {
    let protocol = match port.protocol.as_deref() {
        None | Some("TCP") => L4Protocol::Tcp,
        Some("UDP") => L4Protocol::Udp,
        Some("SCTP") => L4Protocol::Sctp,
        Some(_) => return None,
    };
    Some((port.name.as_deref()?.into(), protocol))
}

#[cfg(test)]
mod tests;
