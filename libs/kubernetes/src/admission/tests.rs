use std::collections::{BTreeMap, BTreeSet};

use super::*;

const GATE: &str = "gateway.tributary.dev/target-health";

/// As the API server asks (Kubernetes, Dynamic Admission Control: webhook request).
fn question(operation: &str, sub_resource: Option<&str>, spec: &Value) -> Value {
    let mut request = json!({
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "kind": { "group": "", "version": "v1", "kind": "Pod" },
        "resource": { "group": "", "version": "v1", "resource": "pods" },
        "namespace": "shop",
        "operation": operation,
        "userInfo": { "username": "system:serviceaccount:kube-system:replicaset-controller" },
        "object": {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": { "generateName": "web-", "labels": { "app": "web" } },
            "spec": spec,
        },
        "oldObject": null,
        "dryRun": false,
        "options": { "apiVersion": "meta.k8s.io/v1", "kind": "CreateOptions" },
    });
    if let Some(sub_resource) = sub_resource {
        request["subResource"] = json!(sub_resource);
    }
    json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request })
}

fn review(spec: &Value) -> PodReview {
    PodReview::read(question("CREATE", None, spec).to_string().as_bytes()).unwrap()
}

#[test]
fn a_new_pod_is_known_by_labels_named_ports_and_gates() {
    let spec = json!({
        "containers": [
            { "name": "a", "ports": [
                { "name": "http", "containerPort": 8080, "protocol": "TCP" },
                { "containerPort": 9090, "protocol": "TCP" },
            ] },
            { "name": "b", "ports": [{ "name": "dns", "containerPort": 53, "protocol": "UDP" }] },
            { "name": "c" },
        ],
        "initContainers": [{ "name": "d", "ports": [{ "name": "early", "containerPort": 1 }] }],
        "readinessGates": [{ "conditionType": "example.com/warm" }],
    });
    let expected = NewPod {
        namespace: "shop".into(),
        labels: BTreeMap::from([("app".to_owned(), "web".to_owned())]),
        named_ports: BTreeSet::from([
            ("http".into(), L4Protocol::Tcp),
            ("dns".into(), L4Protocol::Udp),
        ]),
        gates: BTreeSet::from(["example.com/warm".to_owned()]),
    };
    assert_eq!(review(&spec).pod(), Some(expected));
}

#[test]
fn gates_of_a_pod_that_is_there_are_left_alone() {
    let spec = json!({ "containers": [] });
    for (operation, sub_resource) in [
        ("UPDATE", None),
        ("UPDATE", Some("status")),
        ("CREATE", Some("binding")),
        ("CREATE", Some("eviction")),
    ] {
        let question = question(operation, sub_resource, &spec).to_string();
        let review = PodReview::read(question.as_bytes()).unwrap();
        assert_eq!(review.pod(), None, "{operation} {sub_resource:?}");
    }
}

/// RFC 6902: `add` puts a whole list where there is none, and `-` is the place behind the last.
#[test]
fn an_answer_lets_the_pod_be_made_and_adds_no_more_than_the_gate() {
    let none = json!({ "containers": [] });
    let one =
        json!({ "containers": [], "readinessGates": [{ "conditionType": "example.com/warm" }] });
    let empty = json!({ "containers": [], "readinessGates": [] });
    let gate = json!({ "conditionType": GATE });
    for (spec, op) in [
        (
            &none,
            json!([{ "op": "add", "path": "/spec/readinessGates", "value": [gate] }]),
        ),
        (
            &one,
            json!([{ "op": "add", "path": "/spec/readinessGates/-", "value": gate }]),
        ),
        (
            &empty,
            json!([{ "op": "add", "path": "/spec/readinessGates/-", "value": gate }]),
        ),
    ] {
        let answer = review(spec).with_gate(GATE).unwrap();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer["apiVersion"], "admission.k8s.io/v1");
        assert_eq!(answer["kind"], "AdmissionReview");
        let response = &answer["response"];
        assert_eq!(response["uid"], "705ab4f5-6393-11e8-b7cc-42010a800002");
        assert_eq!(response["allowed"], true);
        assert_eq!(response["patchType"], "JSONPatch");
        // kube writes bytes as a list of numbers, which Go reads into its own as well as base64.
        let patch: Vec<u8> = serde_json::from_value(response["patch"].clone()).unwrap();
        let patch: Value = serde_json::from_slice(&patch).unwrap();
        assert_eq!(patch, op);
    }
    let answer: Value = serde_json::from_slice(&review(&one).as_it_is().unwrap()).unwrap();
    assert_eq!(answer["response"]["allowed"], true);
    assert_eq!(answer["response"].get("patch"), None);
}

#[test]
fn what_is_no_question_about_a_pod_is_refused() {
    let answer = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview" });
    for (body, expected) in [
        (String::new(), "not an AdmissionReview of a Pod"),
        ("{}".to_owned(), "not an AdmissionReview of a Pod"),
        (answer.to_string(), "an AdmissionReview without a request"),
        ("[]".to_owned(), "not an AdmissionReview of a Pod"),
    ] {
        let error = PodReview::read(body.as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), expected, "{body}");
    }
}
