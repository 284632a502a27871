//! Two teams on one Gateway, and another Gateway.

use tributary_tests_e2e::system::{FIVE, Part, System};
use tributary_tests_e2e::trust::Authority;

const GATEWAYS: &str = "
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
kind: Gateway
metadata: {name: other, namespace: infra}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: All}}
  listeners: [{name: web, port: 8080, protocol: HTTP}]
";

/// A set on `main`: the older one has the hostname that both want.
pub(crate) fn set(team: &str, day: u32, listeners: &[(&str, u16, &str)]) -> String {
    use std::fmt::Write;
    let mut text = format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: shop, namespace: {team}, labels: {{team: {team}}}, creationTimestamp: \"2026-03-{day:02}T09:00:00Z\"}}
spec:
  parentRef: {{name: main, namespace: infra}}
  listeners:
"
    );
    for (name, port, hostname) in listeners {
        writeln!(
            text,
            "  - {{name: {name}, port: {port}, protocol: HTTP, hostname: {hostname}}}"
        )
        .unwrap();
    }
    text
}

pub(crate) fn write(system: &System, name: &str, text: &str) {
    let path = system.source().join(name);
    let next = path.with_extension("next");
    std::fs::write(&next, text).unwrap();
    std::fs::rename(next, path).unwrap();
}

/// Five services with certificates, and everything programmed.
pub(crate) async fn system() -> System {
    let mut system = System::new();
    system.certify(&Authority::new());
    write(&system, "gateways.yaml", GATEWAYS);
    let blue = [
        ("shop", 80, "shop.example.com"),
        ("own", 8081, "blue.example.com"),
    ];
    write(&system, "blue.yaml", &set("blue", 1, &blue));
    let green = [
        ("shop", 80, "shop.example.com"),
        ("own", 8081, "green.example.com"),
        ("more", 8082, "green.example.com"),
    ];
    write(&system, "green.yaml", &set("green", 2, &green));
    system.start(Part::Sandbox);
    for part in FIVE {
        system.start(part);
    }
    system.settled().await;
    system
}
