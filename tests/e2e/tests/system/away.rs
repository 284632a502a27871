//! A Secret that is away for a while takes nothing along.

use std::fs;

use tributary_tests_e2e::certificates::{Certificate, DAY};

use crate::sandbox::state;
use crate::status::{conditions, status};
use crate::system::{FIVE, Part, System};

const OBJECTS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: main, namespace: infra}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: All}}
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: app, namespace: team-a}
spec:
  parentRef: {name: main, namespace: infra}
  listeners: [{name: a, port: 443, protocol: HTTPS, hostname: a.example.com, tls: {certificateRefs: [{name: tls}]}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: app, namespace: team-a}
spec:
  parentRefs: [{group: gateway.networking.k8s.io, kind: ListenerSet, name: app}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: team-a}
spec: {ports: [{port: 80}]}
";

/// The ARNs of what serves.
async fn arns(system: &System) -> Vec<String> {
    let state = state(system.sandbox).await;
    let regions = state["regions"].as_object().unwrap().values();
    let things = regions.flat_map(|region| {
        ["load_balancers", "listeners", "rules", "certificates"]
            .map(|what| region[what].as_object().unwrap().clone())
    });
    things
        .flat_map(|things| things.into_iter().map(|(arn, _)| arn))
        .collect()
}

/// What the set says of itself, then of its listener; and whether the listener speaks of a former certificate.
fn said(system: &System) -> (Vec<String>, Vec<String>, bool) {
    let set = status(&system.statuses(), "listenerset/team-a/app.yaml");
    let listener = &set["listeners"][0];
    let former = listener
        .to_string()
        .contains("the one imported from it before is served until it does");
    (conditions(&set), conditions(listener), former)
}

fn conditions_of(refs: &str) -> Vec<String> {
    [
        "Accepted=True/Accepted",
        "Programmed=True/Programmed",
        "Conflicted=False/NoConflicts",
        refs,
    ]
    .map(str::to_owned)
    .into()
}

#[tokio::test]
async fn a_secret_that_is_deleted_and_made_again_takes_no_listener_along() {
    let mut system = System::of_five(FIVE);
    let secret = system.source().join("secret.yaml");
    let write = |left| {
        let made = Certificate::ending_in("a.example.com", left * DAY);
        fs::write(&secret, made.secret("team-a", "tls").to_string()).unwrap();
    };
    write(365);
    fs::write(system.source().join("base.yaml"), OBJECTS).unwrap();
    system.settled().await;
    let serving = arns(&system).await;
    let (set, listener, former) = said(&system);
    assert_eq!(listener, conditions_of("ResolvedRefs=True/ResolvedRefs"));
    assert!(!former);

    let away = conditions_of("ResolvedRefs=False/InvalidCertificateRef");
    fs::remove_file(&secret).unwrap();
    system.settled().await;
    assert_eq!(said(&system), (set.clone(), away.clone(), true));
    assert_eq!(arns(&system).await, serving);
    // Nobody remembers what there was.
    for part in [Part::Merger, Part::AlbProgrammer, Part::StatusWriter] {
        system.kill(part);
        system.start(part);
    }
    system.settled().await;
    assert_eq!(said(&system), (set.clone(), away, true));
    assert_eq!(arns(&system).await, serving);

    write(400);
    system.settled().await;
    assert_eq!(said(&system), (set, listener, false));
    assert_eq!(arns(&system).await, serving);
}
