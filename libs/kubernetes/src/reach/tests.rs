use serde_json::{Value, json};

use super::*;

fn pod(args: &Value, ports: &Value, ready: &str) -> Pod {
    serde_json::from_value(json!({
        "metadata": { "name": "trib-merger-5d4-abc", "namespace": "system" },
        "spec": { "containers": [{ "name": "merger", "args": args, "ports": ports }] },
        "status": { "conditions": [{ "type": "Ready", "status": ready }] },
    }))
    .unwrap()
}

#[test]
fn a_mergers_pod_says_how_it_is_reached() {
    let ports = json!([
        { "name": "admin", "containerPort": 8080 },
        { "name": "grpc", "containerPort": 9000 },
    ]);
    let args = json!([
        "merger",
        "--installation=west",
        "--tls-dir=/etc/tributary/tls"
    ]);
    let found = pod(&args, &ports, "True");
    assert!(is_ready(&found));
    assert_eq!(installation_of(&found), "west");
    let expected = MergerPod {
        namespace: "system".to_owned(),
        name: "trib-merger-5d4-abc".to_owned(),
        port: 9000,
        with_tls: true,
    };
    assert_eq!(merger(&found), Some(expected));
}

#[test]
fn what_a_pod_does_not_say_is_the_default() {
    let found = pod(&json!(["merger"]), &json!([]), "False");
    assert!(!is_ready(&found));
    assert_eq!(installation_of(&found), "tributary");
    let found = merger(&found).unwrap();
    assert_eq!((found.port, found.with_tls), (7070, false));
}
