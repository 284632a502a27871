//! The list of the fields of Gateway API's kinds: its CRDs are in Go's module cache.

#![cfg(test)]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use tributary_tests_fields::rows::{differences, rows};
use tributary_tests_fields::{schema, text, yaml};

/// By the names of their definitions.
const KINDS: [&str; 8] = [
    "gatewayclasses",
    "gateways",
    "listenersets",
    "httproutes",
    "grpcroutes",
    "tlsroutes",
    "tcproutes",
    "udproutes",
];

/// The module, at the version of the tests against Kubernetes.
fn gateway_api() -> PathBuf {
    let crds = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubernetes/crds");
    let output = Command::new("go")
        .args(["mod", "download", "-json", "sigs.k8s.io/gateway-api"])
        .env("GOFLAGS", "")
        .current_dir(crds)
        .output()
        .unwrap();
    let module: Value = serde_json::from_slice(&output.stdout).unwrap();
    PathBuf::from(module["Dir"].as_str().unwrap())
}

/// The experimental channel has what the standard one has, and more.
#[test]
fn every_field_of_gateway_apis_kinds_is_in_the_list() {
    let (rows, _) = rows(&text("../../docs/reference/fields.md"));
    let folder = gateway_api().join("config/crd/experimental");
    let mut wrong = Vec::new();
    for name in KINDS {
        let file = folder.join(format!("gateway.networking.k8s.io_{name}.yaml"));
        let definition = yaml(&std::fs::read_to_string(file).unwrap());
        let (kind, fields) = schema::fields(&definition, &["spec"]);
        assert!(fields.len() > 5, "{kind} has more fields than {fields:?}");
        let of_kind = rows.get(&kind).map(Vec::as_slice).unwrap_or_default();
        wrong.extend(differences(&kind, &fields, of_kind));
    }
    assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
}
