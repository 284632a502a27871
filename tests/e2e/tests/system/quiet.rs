//! Nothing changed: nobody is called, nothing is written.

use std::collections::BTreeMap;

use crate::examples::example;
use crate::sandbox::{calls_but_health, reset_calls};
use crate::system::{FIVE, Part, System};
use crate::teams::Teams;

/// Nothing that concerns a load balancer: a Service that no route names, and a route of somebody else's Gateway.
const IRRELEVANT: &str = "\
apiVersion: v1
kind: Service
metadata: {name: aside, namespace: blue}
spec:
  ports:
  - {port: 80}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: theirs}
spec: {controllerName: example.com/theirs}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: theirs, namespace: blue}
spec:
  gatewayClassName: theirs
  listeners:
  - {name: http, protocol: HTTP, port: 80}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: theirs, namespace: blue}
spec:
  parentRefs:
  - {name: theirs}
  rules:
  - backendRefs:
    - {name: aside, port: 80}
";

async fn check(part: Part) {
    let mut system = System::new();
    Teams::new().write(&system.source());
    system.start(part);
    if part == Part::Sandbox {
        for part in FIVE {
            system.start(part);
        }
    }
    system.settled().await;
    let before = system.statuses();
    reset_calls(system.sandbox).await;

    let file = system.source().join("blue.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text).unwrap();
    system.settled().await;
    std::fs::write(system.source().join("aside.yaml"), IRRELEVANT).unwrap();
    system.settled().await;
    assert_eq!(calls_but_health(system.sandbox).await, BTreeMap::new());
    assert_eq!(system.statuses(), before, "statuses were written");
}

#[tokio::test]
async fn an_event_that_changes_nothing_calls_aws_not_at_all() {
    check(Part::Up).await;
}

#[tokio::test]
async fn an_event_that_changes_nothing_calls_aws_not_at_all_over_tcp() {
    check(Part::Sandbox).await;
}

/// A route is its own rules: what the others have is neither looked at nor touched.
#[tokio::test]
async fn one_changed_path_costs_two_calls_at_most() {
    let mut system = System::new();
    std::fs::create_dir(system.source().join("without-a-cluster")).unwrap();
    for name in [
        "gateway.yaml",
        "listenerset.yaml",
        "route.yaml",
        "service.yaml",
        "without-a-cluster/endpoints.yaml",
    ] {
        let from = example("listenersets").join(name);
        std::fs::copy(from, system.source().join(name)).unwrap();
    }
    let route = system.source().join("route.yaml");
    let text = std::fs::read_to_string(&route).unwrap();
    let with_path = |path: &str| {
        let matches = format!(
            "- matches:\n    - path: {{type: PathPrefix, value: {path}}}\n    backendRefs:"
        );
        text.replace("- backendRefs:", &matches)
    };
    // On one listener: a rule of each is what its own change costs.
    let one = with_path("/one").replacen(
        "  - name: my-gateway\n    kind: Gateway\n    sectionName: default-http\n",
        "",
        1,
    );
    assert!(!one.contains("default-http"));
    std::fs::write(&route, &one).unwrap();
    system.start(Part::Up);
    system.settled().await;
    reset_calls(system.sandbox).await;
    std::fs::write(&route, one.replace("/one", "/two")).unwrap();
    system.settled().await;
    let calls = calls_but_health(system.sandbox).await;
    assert!(calls.values().sum::<u64>() <= 2, "{calls:?}");
}
