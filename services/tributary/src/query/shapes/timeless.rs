//! A status without the times of transitions.

use serde_json::Value;

pub(super) fn timeless(value: Value) -> Value {
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .filter(|(field, _)| field != "lastTransitionTime")
            .map(|(field, value)| (field, timeless(value)))
            .collect(),
        Value::Array(entries) => entries.into_iter().map(timeless).collect(),
        other => other,
    }
}
