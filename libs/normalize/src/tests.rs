//! What goes in as YAML and what comes out, one case per rule.

mod configuration;
mod envelope;
mod gateway;
mod listener;
mod pod;
mod property;
mod route;
mod secret;
mod workload;

use tributary_model::{Meta, ObjectKey, Timestamp};

use super::*;

fn defaults() -> Defaults {
    Defaults {
        namespace: "default".into(),
        created: Timestamp(1_000),
        generation: 7,
    }
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

/// Metadata of an object named `ns/name` that says nothing else about itself.
fn meta(namespace: &str, name: &str) -> Meta {
    Meta {
        key: ObjectKey::new(namespace, name),
        generation: 7,
        created: Timestamp(1_000),
        deleting: false,
    }
}

fn accepted(text: &str) -> (SourceObject, Vec<Warning>) {
    match normalize(&yaml(text), &defaults()) {
        Ok(Normalized::Ours { object, warnings }) => (*object, warnings),
        other => panic!("not accepted: {other:?}"),
    }
}

/// The resource that the YAML means, without any warning.
fn resource_of(text: &str) -> Resource {
    let (object, warnings) = accepted(text);
    assert_eq!(warnings, []);
    Arc::unwrap_or_clone(object.resource)
}

fn refused(text: &str, field: &str, reason: &str) {
    let rejected = match normalize(&yaml(text), &defaults()) {
        Err(rejected) => rejected,
        other => panic!("not refused: {other:?}"),
    };
    assert_eq!(rejected.field, field, "{rejected}");
    assert!(rejected.reason.contains(reason), "{rejected}");
}

fn foreign(text: &str) -> Foreign {
    match normalize(&yaml(text), &defaults()) {
        Ok(Normalized::Foreign(foreign)) => foreign,
        other => panic!("not foreign: {other:?}"),
    }
}
