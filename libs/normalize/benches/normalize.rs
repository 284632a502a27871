//! What one document costs: from text to JSON, and from JSON to the model.
//!
//! `cargo bench -p tributary-normalize`.

#![expect(
    clippy::expect_used,
    reason = "a benchmark ends where its world is not what it should be"
)]

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use serde_json::Value;
use tributary_model::Timestamp;
use tributary_normalize::{Defaults, Normalized, normalize};

const DOCUMENTS: [(&str, &str); 3] = [
    (
        "HTTPRoute",
        "\
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: route, namespace: team}
spec:
  parentRefs:
  - {group: gateway.networking.k8s.io, kind: ListenerSet, name: app}
  rules:
  - matches:
    - path: {type: PathPrefix, value: /v1}
      headers:
      - {name: x-canary, value: 'true'}
    backendRefs:
    - {name: web, port: 80, weight: 9}
    - {name: canary, port: 80, weight: 1}
",
    ),
    (
        "ListenerSet",
        "\
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: app, namespace: team}
spec:
  parentRef: {name: gw, namespace: infra}
  listeners:
  - {name: http, port: 80, protocol: HTTP, hostname: app.example.com}
  - name: https
    port: 443
    protocol: HTTPS
    hostname: app.example.com
    tls: {certificateRefs: [{name: certificate}]}
",
    ),
    (
        "EndpointSlice",
        "\
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: web-1, namespace: team, labels: {kubernetes.io/service-name: web}}
addressType: IPv4
ports:
- {name: '', port: 8080, protocol: TCP}
endpoints:
- {addresses: [10.0.0.1], conditions: {ready: true}}
- {addresses: [10.0.0.2], conditions: {ready: true}}
- {addresses: [10.0.0.3], conditions: {ready: false, terminating: true}}
",
    ),
];

fn parsed(text: &str) -> Value {
    serde_saphyr::from_str(text).expect("one of the documents above")
}

fn documents(criterion: &mut Criterion) {
    let defaults = Defaults {
        namespace: "default".into(),
        created: Timestamp(0),
        generation: 1,
    };
    let mut group = criterion.benchmark_group("parse");
    for (kind, text) in DOCUMENTS {
        group.bench_function(BenchmarkId::from_parameter(kind), |bench| {
            bench.iter(|| parsed(text));
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("normalize");
    for (kind, text) in DOCUMENTS {
        let value = parsed(text);
        let normalized = normalize(&value, &defaults).expect("one of the documents above");
        assert!(matches!(normalized, Normalized::Ours { .. }));
        group.bench_function(BenchmarkId::from_parameter(kind), |bench| {
            bench.iter(|| normalize(&value, &defaults));
        });
    }
    group.finish();
}

criterion_group!(benches, documents);
criterion_main!(benches);
