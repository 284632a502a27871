//! docs/reference/metrics.md is what the programs expose, no more and no less.

use std::collections::BTreeSet;

use tributary_tests_e2e::certificates::{Certificate, DAY};
use tributary_tests_e2e::trust::Authority;

use crate::metrics::{differences, reference};
use crate::system::{FIVE, Part, System, words};
use crate::until;
use crate::web::get;

/// What is so in the test below.
const HOLDING: [&str; 7] = [
    "it is told `--tls-dir`",
    "it is told `--gates-listen`",
    "its source is a folder",
    "it has a load balancer",
    "it leads and there is one",
    "it leads, and a listener has a certificate in a Secret",
    "it leads and is told `--tenant-metrics`",
];

/// What is so in the test of the same name in `tests/kubernetes`.
const IN_KUBERNETES: [&str; 4] = [
    "its source is Kubernetes",
    "its source is Kubernetes, and `--lbc-lease` not `none`",
    "it shares its work by Leases",
    "it writes to Kubernetes",
];

/// What has to go wrong first, or needs another program: units of the crates show these.
const FAILURES: [&str; 7] = [
    "a connection was closed",
    "a reader was dropped",
    "a task has failed",
    "a task that failed is started again",
    "the API server has refused a request",
    "a request about a Lease has failed",
    "AWS has throttled it",
];

#[test]
fn every_condition_of_the_reference_is_tried_or_a_failure() {
    let rows = reference();
    let conditions: BTreeSet<&str> = rows.iter().map(|row| row.condition.as_str()).collect();
    let known = [""]
        .iter()
        .chain(&HOLDING)
        .chain(&IN_KUBERNETES)
        .chain(&FAILURES);
    assert_eq!(conditions, known.copied().collect());
}

#[tokio::test]
async fn each_service_exposes_its_part_of_the_reference() {
    let mut system = System::new();
    system.certify(&Authority::new());
    std::fs::write(system.source().join("world.yaml"), WORLD).unwrap();
    let certificate = Certificate::ending_in("app.example.com", 90 * DAY);
    let secret = certificate.secret("infra", "app").to_string();
    std::fs::write(system.source().join("secret.yaml"), secret).unwrap();
    system.start(Part::Sandbox);
    let mut pages = Vec::new();
    for part in FIVE {
        let service = match part {
            Part::Watcher => "watcher",
            Part::Merger => "merger",
            Part::AlbProgrammer => "alb-programmer",
            Part::NlbProgrammer => "nlb-programmer",
            Part::StatusWriter => "status-writer",
            Part::Up | Part::Sandbox => unreachable!("none of the five"),
        };
        if part == Part::Merger {
            system.more = words(&["--tenant-metrics", "--gates-listen", "127.0.0.1:0"]);
        }
        let admin = system.start_with_admin(part);
        system.more = Vec::new();
        pages.push((service, format!("http://{admin}/metrics")));
    }
    system.settled().await;
    let merger = pages[1].1.clone();
    until("the merger has counted", async || {
        let (_, text) = get(&merger).await.unwrap();
        text.contains("tributary_tenant_objects{")
            && text.contains("tributary_load_balancer_quota_used{")
    })
    .await;
    let mut wrong = Vec::new();
    for (service, page) in &pages {
        let (_, text) = get(page).await.unwrap();
        wrong.extend(differences(service, &text, &HOLDING));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// One load balancer of each kind, and a listener with a certificate that is imported.
const WORLD: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: nlb}
spec: {controllerName: gateway.k8s.aws/nlb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: All}}
  listeners:
  - {name: https, port: 443, protocol: HTTPS, hostname: app.example.com, tls: {certificateRefs: [{name: app}]}}
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: app, namespace: infra}
spec:
  parentRef: {name: web}
  listeners:
  - {name: http, port: 80, protocol: HTTP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: app, namespace: infra}
spec:
  parentRefs: [{name: web}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: infra}
spec: {ports: [{port: 80}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: app, namespace: infra, labels: {kubernetes.io/service-name: app}}
addressType: IPv4
ports: [{port: 80}]
endpoints: [{addresses: [10.0.1.10], conditions: {ready: true}}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: stream, namespace: infra}
spec:
  gatewayClassName: nlb
  listeners:
  - {name: tcp, port: 9000, protocol: TCP}
---
apiVersion: gateway.networking.k8s.io/v1
kind: TCPRoute
metadata: {name: app, namespace: infra}
spec:
  parentRefs: [{name: stream}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
";
