//! A field that is asked for, and where it is told that it is not done.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};

/// One case of a row that says refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// The row.
    pub field: String,
    /// What is asked for there, in the kind's own object of the world.
    pub value: Value,
    /// What else that object needs for it, by path.
    #[serde(default)]
    pub with: BTreeMap<String, Value>,
    /// Who is told: kind and name.
    pub told: String,
    /// In which condition, of the object, of one of its listeners or of one of its parents.
    pub condition: String,
    /// A part of the message.
    pub says: String,
}

/// Writes a value into an object; what is on the way is made. `[]` is the first entry of a list.
pub fn set(object: &mut Value, path: &str, value: Value) {
    let path = path.trim_end_matches(".*").replace("[]", "[0]");
    let mut place = object;
    for name in path.split(['.', '[']) {
        place = match name.strip_suffix(']') {
            Some(index) => entry(place, index.parse().unwrap_or_default()),
            None => member(place, name),
        };
    }
    *place = value;
}

fn member<'a>(place: &'a mut Value, name: &str) -> &'a mut Value {
    if !place.is_object() {
        *place = Value::Object(Map::new());
    }
    &mut place[name]
}

fn entry(place: &mut Value, index: usize) -> &mut Value {
    if !place.is_array() {
        *place = Value::Array(Vec::new());
    }
    if let Some(list) = place.as_array_mut() {
        while list.len() <= index {
            list.push(Value::Null);
        }
    }
    &mut place[index]
}

#[cfg(test)]
mod tests;
