//! Nothing that can be written in JSON makes this crate panic.

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Words that lead somewhere.
const WORDS: [&str; 44] = [
    "metadata",
    "name",
    "namespace",
    "labels",
    "spec",
    "status",
    "listeners",
    "port",
    "protocol",
    "hostname",
    "tls",
    "mode",
    "certificateRefs",
    "allowedRoutes",
    "parentRefs",
    "parentRef",
    "rules",
    "matches",
    "path",
    "type",
    "value",
    "filters",
    "backendRefs",
    "weight",
    "headers",
    "timeouts",
    "request",
    "data",
    "tls.crt",
    "tls.key",
    "endpoints",
    "addresses",
    "addressType",
    "conditions",
    "actions",
    "requestRedirect",
    "a",
    "Exact",
    "HTTP",
    "IPv4",
    "1s",
    "/",
    "*.a",
    "gateway.networking.k8s.io",
];

fn word() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => prop::sample::select(&WORDS[..]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0..70_000_i64).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 48, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            btree_map(word(), inner, 0..6)
                .prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// An object of one of our kinds with arbitrary content.
fn any_object() -> impl Strategy<Value = Value> {
    let kind = prop::sample::select(&Kind::ALL[..]);
    (kind, any_json(), any_json(), any_json()).prop_map(|(kind, spec, status, rest)| {
        let api_version = match kind.group() {
            "" => "v1".to_owned(),
            group => format!("{group}/v1"),
        };
        let mut object = json!({
            "apiVersion": api_version,
            "kind": kind.as_str(),
            "metadata": {"name": "a"},
            "type": "kubernetes.io/tls",
            "addressType": "IPv4",
            "spec": spec,
            "status": status,
        });
        if let (Value::Object(object), Value::Object(rest)) = (&mut object, rest) {
            object.extend(rest);
        }
        object
    })
}

/// 0001-01-01T00:00:00Z, and the last second of 9999.
const YEAR_1: i64 = -62_135_596_800;
const YEAR_9999: i64 = 253_402_300_799;

proptest! {
    #[test]
    fn any_json_is_answered(value in any_json()) {
        let _ = normalize(&value, &defaults());
        let _ = identify(&value, &defaults());
        let _ = tls_material(&value);
        let _ = expand(value);
    }

    #[test]
    fn any_object_of_ours_is_answered(object in any_object()) {
        let identity = identify(&object, &defaults());
        match normalize(&object, &defaults()) {
            Ok(Normalized::Ours { object, .. }) => {
                prop_assert_eq!(identity, Ok(Some(object.resource.object_ref())));
            }
            Ok(Normalized::Foreign(_)) => prop_assert_eq!(identity, Ok(None)),
            Err(rejected) => prop_assert!(!rejected.reason.is_empty()),
        }
    }

    #[test]
    fn the_model_writes_timestamps_as_kubernetes_does(seconds in YEAR_1..=YEAR_9999) {
        let timestamp = Timestamp(seconds);
        prop_assert_eq!(timestamp.to_string(), timestamp_to_rfc3339(timestamp));
    }

    #[test]
    fn any_timestamp_can_be_written_and_read(seconds in any::<i64>()) {
        let text = timestamp_to_rfc3339(Timestamp(seconds));
        let read = timestamp_from_rfc3339(&text);
        prop_assert!(read.is_ok());
        prop_assert_eq!(read.map(timestamp_to_rfc3339), Ok(text));
    }
}
