//! A status without the times of transitions.

use serde_json::Value;
use tributary_model::status::Status;
use tributary_normalize::status_to_json;

pub(super) fn json(status: &Status) -> Value {
    without(status_to_json(status))
}

fn without(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(field, _)| field != "lastTransitionTime")
            .map(|(field, value)| (field, without(value)))
            .collect(),
        Value::Array(entries) => entries.into_iter().map(without).collect(),
        other => other,
    }
}
