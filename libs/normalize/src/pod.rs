//! Pods that wait for the health of their target.

use k8s_openapi::api::core::v1::{PodCondition, PodReadinessGate};
use serde_json::Value;
use tributary_model::Name;
use tributary_model::gate::Gate;
use tributary_model::workload::Pod;

use crate::envelope::Envelope;
use crate::fault::{Fault, Path};
use crate::read::read_quietly;

/// Where a pod has its gates.
const GATES: &str = "/spec/readinessGates";
/// Set by the kubelet: every container is ready.
const CONTAINERS_READY: &str = "ContainersReady";
/// Set by the kubelet: so are the containers and all gates.
const READY: &str = "Ready";
/// Of a condition Ready that is False: the kubelet's, when nothing but gates is missing. A node that is lost turns it
/// False, too, and gives no reason.
const GATES_NOT_READY: &str = "ReadinessGatesNotReady";

/// Whether a pod has a gate that waits for its target's health.
pub(crate) fn has_gate(object: &Value) -> bool {
    let gates = object.pointer(GATES).and_then(Value::as_array);
    gates.into_iter().flatten().any(|gate| {
        let condition_type = gate["conditionType"].as_str();
        condition_type.and_then(Gate::of).is_some()
    })
}

pub(crate) fn pod(envelope: Envelope<'_>) -> Result<Pod, Fault> {
    let object = envelope.object;
    let gates: Vec<PodReadinessGate> = list(object, GATES, "spec.readinessGates")?;
    let conditions: Vec<PodCondition> = list(object, "/status/conditions", "status.conditions")?;
    let uid = object.pointer("/metadata/uid").and_then(Value::as_str);
    let closed = gates
        .iter()
        .map(|gate| &gate.condition_type)
        .filter(|gate| Gate::of(gate).is_some() && !is_true(&conditions, gate));
    Ok(Pod {
        meta: envelope.meta,
        uid: uid.map(Name::from),
        awaits_health: awaits_health(&gates, &conditions),
        closed_gates: closed.cloned().collect(),
    })
}

fn is_true(conditions: &[PodCondition], condition_type: &str) -> bool {
    let mut conditions = conditions.iter();
    conditions.any(|condition| condition.type_ == condition_type && condition.status == "True")
}

/// Whether nothing but gates for a target's health is missing (Kubernetes, Pod readiness: Ready are all containers, and the
/// conditions of all gates True, where an absent one counts as False).
///
/// When the last gate is open the kubelet has yet to say so, and then the EndpointSlice: until then it counts, too, or the
/// target would be deregistered in between. It does not if something else than the kubelet has taken Ready away.
fn awaits_health(gates: &[PodReadinessGate], conditions: &[PodCondition]) -> bool {
    let is_true = |condition_type: &str| is_true(conditions, condition_type);
    let (of_health, others): (Vec<_>, Vec<_>) = gates
        .iter()
        .map(|gate| gate.condition_type.as_str())
        .partition(|condition_type| Gate::of(condition_type).is_some());
    if !is_true(CONTAINERS_READY) || !others.into_iter().all(is_true) {
        return false;
    }
    let is_open = of_health.into_iter().all(is_true);
    !is_open
        || conditions
            .iter()
            .find(|condition| condition.type_ == READY)
            .is_none_or(|ready| {
                ready.status == "True" || ready.reason.as_deref() == Some(GATES_NOT_READY)
            })
}

/// Kubernetes writes an empty list as null, too.
fn list<T: serde::de::DeserializeOwned>(
    object: &Value,
    pointer: &str,
    at: &'static str,
) -> Result<Vec<T>, Fault> {
    match object.pointer(pointer) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(entries) => read_quietly(&Path::root(at), entries),
    }
}
