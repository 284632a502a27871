use serde::Serialize;
use serde_json::{Value, json};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{RefCause, UnresolvedRef};

use super::{conflict, explanation, listener, load_balancer, object};
use crate::query::fixtures::{
    ADDRESS, ELB_LISTENER, in_state, listener_set, lost, of, own, served,
};

fn check(shape: impl Serialize, expected: &Value) {
    assert_eq!(serde_json::to_value(shape).unwrap(), *expected);
}

#[test]
fn a_listener_has_every_field() {
    check(
        listener(&served(of("team-a", "https"), 1)),
        &json!({
            "apiVersion": "tributary.dev/v1",
            "kind": "Listener",
            "owner": { "kind": "ListenerSet", "namespace": "team-a", "name": "app" },
            "listener": "https",
            "gateway": { "namespace": "infra", "name": "edge" },
            "port": 443,
            "protocol": "HTTPS",
            "hostname": "app.example.com",
            "precedence": { "class": "ListenerSet", "created": "2026-03-01T09:00:00Z", "index": 1 },
            "state": "Programmed",
            "reason": null,
            "rival": null,
            "attachedRoutes": 1,
            "loadBalancer": { "type": "alb", "namespace": "infra", "name": "edge" },
            "dnsName": ADDRESS,
            "elbListener": ELB_LISTENER,
            "programmed": true,
            "labels": {},
        }),
    );
}

#[test]
fn a_field_without_a_value_is_null() {
    let mut view = lost(own("https"), 0, own("other"));
    view.resolved.hostname = None;
    view.dns_name = None;
    check(
        listener(&view),
        &json!({
            "apiVersion": "tributary.dev/v1",
            "kind": "Listener",
            "owner": { "kind": "Gateway", "namespace": "infra", "name": "edge" },
            "listener": "https",
            "gateway": { "namespace": "infra", "name": "edge" },
            "port": 443,
            "protocol": "HTTPS",
            "hostname": null,
            "precedence": { "class": "Gateway", "created": null, "index": 0 },
            "state": "Conflicted",
            "reason": "HostnameConflict with Gateway infra/edge/other",
            "rival": { "kind": "Gateway", "namespace": "infra", "name": "edge", "listener": "other" },
            "attachedRoutes": 0,
            "loadBalancer": { "type": "alb", "namespace": "infra", "name": "edge" },
            "dnsName": null,
            "elbListener": null,
            "programmed": false,
            "labels": {},
        }),
    );
}

#[test]
fn a_conflict_names_rival_rule_and_remedy() {
    check(
        conflict(&lost(of("team-b", "https"), 2, of("team-a", "https"))),
        &json!({
            "apiVersion": "tributary.dev/v1",
            "kind": "Conflict",
            "owner": { "kind": "ListenerSet", "namespace": "team-b", "name": "app" },
            "listener": "https",
            "gateway": { "namespace": "infra", "name": "edge" },
            "port": 443,
            "protocol": "HTTPS",
            "hostname": "app.example.com",
            "precedence": { "class": "ListenerSet", "created": "2026-03-01T09:00:00Z", "index": 2 },
            "conflict": "HostnameConflict",
            "rival": { "kind": "ListenerSet", "namespace": "team-a", "name": "app", "listener": "https" },
            "decision": "not served: hostname conflict with ListenerSet team-a/app/https",
            "rule": "distinct-hostnames",
            "ruleLink": "docs/rules/conflicts.md#distinct-hostnames",
            "because": ["ListenerSet team-a/app is older"],
            "wouldChange": ["another port or hostname", "the removal of ListenerSet team-a/app/https"],
        }),
    );
}

#[test]
fn an_explanation_is_what_was_said() {
    check(
        explanation(&served(own("https"), 0).explanation),
        &json!({
            "apiVersion": "tributary.dev/v1",
            "kind": "Explanation",
            "subject": "Gateway infra/edge/https",
            "decision": "holds its port and hostname",
            "rule": "distinct-listeners",
            "ruleLink": "docs/rules/conflicts.md#distinct-listeners",
            "rival": null,
            "because": ["1 accepted routes reach it"],
            "wouldChange": [],
        }),
    );
}

#[test]
fn a_load_balancer_counts_what_it_should_have() {
    check(
        load_balancer(&crate::query::fixtures::load_balancer()),
        &json!({
            "apiVersion": "tributary.dev/v1",
            "kind": "LoadBalancer",
            "type": "alb",
            "gateway": { "namespace": "infra", "name": "edge" },
            "phase": "Active",
            "dnsName": ADDRESS,
            "arn": "arn:aws:elasticloadbalancing:eu-central-1:1:loadbalancer/app/edge/1",
            "desired": { "listeners": 2, "rules": 3, "certificates": 1, "targetGroups": 2, "targets": 4 },
            "desiredGeneration": 7,
            "reportedGeneration": 7,
            "settled": true,
            "problems": [],
            "refusedRules": [],
        }),
    );
}

#[test]
fn an_object_is_one_of_kubernetes_with_its_status() {
    let shape = serde_json::to_value(object(&listener_set("team-a"))).unwrap();
    assert_eq!(shape["apiVersion"], "gateway.networking.k8s.io/v1");
    assert_eq!(shape["kind"], "ListenerSet");
    assert_eq!(
        shape["metadata"],
        json!({ "name": "app", "namespace": "team-a", "generation": 1 })
    );
    let accepted = &shape["status"]["conditions"][0];
    assert_eq!(accepted["type"], "Accepted");
    assert_eq!(accepted["status"], "True");
    // Only what was written has times.
    assert_eq!(accepted["lastTransitionTime"], json!(null));
}

fn check_state(state: Option<ProgrammedState>, expected: &str) {
    let view = in_state(served(own("https"), 0), state);
    let shape = serde_json::to_value(listener(&view)).unwrap();
    let said = format!("{}: {}", shape["state"], shape["reason"]);
    assert_eq!(said.replace('"', ""), expected);
}

/// As in `ResolvedRefs`, references come first of what keeps a listener without a certificate.
#[test]
fn of_a_secret_that_is_away_the_state_says_whether_the_listener_is_served() {
    let check = |programmed, expected: &str| {
        let mut view = in_state(served(own("https"), 0), Some(programmed));
        view.resolved.unresolved_refs = vec![UnresolvedRef {
            field: "tls.certificateRefs[0]".to_owned(),
            cause: RefCause::InvalidCertificateRef,
            message: "no Secret".to_owned(),
        }];
        let shape = serde_json::to_value(listener(&view)).unwrap();
        let said = format!("{}: {}", shape["state"], shape["reason"]);
        assert_eq!(said.replace('"', ""), expected);
    };
    check(ProgrammedState::Programmed, "Programmed: null");
    check(
        ProgrammedState::NoCertificate("why".to_owned()),
        "UnresolvedRefs: tls.certificateRefs[0]: no Secret",
    );
}

#[test]
fn every_report_has_its_state() {
    let why = || "why".to_owned();
    check_state(None, "Pending: no programmer has reported on it yet");
    check_state(Some(ProgrammedState::Programmed), "Programmed: null");
    check_state(Some(ProgrammedState::Pending(why())), "Pending: why");
    check_state(
        Some(ProgrammedState::TooManyListeners(why())),
        "TooManyListeners: why",
    );
    check_state(
        Some(ProgrammedState::NoCertificate(why())),
        "NoCertificate: why",
    );
    check_state(Some(ProgrammedState::Refused(why())), "Refused: why");
    check_state(
        Some(ProgrammedState::PortUnavailable(why())),
        "NotServed: why",
    );
}
