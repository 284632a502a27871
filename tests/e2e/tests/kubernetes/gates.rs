//! The API server asks a merger that does not lead whether new pods get a readiness gate, over TLS, by a webhook as the chart has it.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, PostParams};
use rustix::process::Signal;
use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::{Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{apply, get, named};
use tributary_tests_e2e::trust::{Authority, Ends, name};
use tributary_tests_e2e::until;

const GATE: &str = "gateway.tributary.dev/target-health";
const INJECT: &str = "gateway.tributary.dev/pod-readiness-gate-inject";
/// The webhook's, and what a busy machine adds to it: less than API servers have for a request.
const PATIENCE: Duration = Duration::from_secs(2);
const SLOW: Duration = Duration::from_secs(15);

/// As deploy/chart has it, but that the merger is called by its address: there are no Services' addresses here.
fn webhook(merger: SocketAddr, trusted: &str) -> Value {
    let bundle = serde_json::to_value(ByteString(trusted.as_bytes().to_vec())).unwrap();
    let has = format!("g, g.conditionType == '{GATE}'");
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": "tributary-pod-readiness-gates" },
        "webhooks": [{
            "name": "pod-readiness-gates.gateway.tributary.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Ignore",
            "reinvocationPolicy": "IfNeeded",
            "timeoutSeconds": PATIENCE.as_secs(),
            "namespaceSelector": { "matchLabels": { INJECT: "enabled" } },
            "matchConditions": [
                { "name": "has-labels", "expression": "has(object.metadata.labels)" },
                {
                    "name": "has-no-gate",
                    "expression": format!("!has(object.spec.readinessGates) || !object.spec.readinessGates.exists({has})"),
                },
            ],
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "resources": ["pods"],
                "operations": ["CREATE"],
                "scope": "Namespaced",
            }],
            "clientConfig": { "url": format!("https://{merger}/pods"), "caBundle": bundle },
        }],
    })
}

/// A Service `web` behind a route, and one behind none.
fn team(namespace: &str, labels: &Value) -> Vec<Value> {
    let object = |version: &str, kind: &str, name: &str, spec: Value| {
        let metadata = json!({ "name": name, "namespace": namespace });
        json!({ "apiVersion": version, "kind": kind, "metadata": metadata, "spec": spec })
    };
    let service = |name: &str| {
        let spec = json!({
            "selector": { "app": name },
            "ports": [{ "port": 80, "targetPort": "http" }],
        });
        object("v1", "Service", name, spec)
    };
    let gateway_api = "gateway.networking.k8s.io/v1";
    vec![
        json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": namespace, "labels": labels },
        }),
        object(
            gateway_api,
            "Gateway",
            "web",
            json!({
                "gatewayClassName": "alb",
                "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
            }),
        ),
        object(
            gateway_api,
            "HTTPRoute",
            "web",
            json!({
                "parentRefs": [{ "name": "web" }],
                "rules": [{ "backendRefs": [{ "name": "web", "port": 80 }] }],
            }),
        ),
        service("web"),
        service("worker"),
    ]
}

fn pod(app: &str, gates: &[&str]) -> Pod {
    let gates: Vec<_> = gates
        .iter()
        .map(|it| json!({ "conditionType": it }))
        .collect();
    let container = json!({
        "name": "main",
        "image": "example.com/none",
        "ports": [{ "name": "http", "containerPort": 8080 }],
    });
    let pod = json!({
        "metadata": { "generateName": "a-", "labels": { "app": app } },
        "spec": { "containers": [container], "readinessGates": gates },
    });
    serde_json::from_value(pod).unwrap()
}

/// The API server that asks, and the pods that it would make.
struct World {
    installation: Installation,
}

impl World {
    /// Gates of a pod as it would be made.
    async fn gates(&self, namespace: &str, pod: &Pod) -> Vec<String> {
        let pods: Api<Pod> = Api::namespaced(self.installation.cluster().client(), namespace);
        let params = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        let made = pods.create(&params, pod).await.unwrap();
        let gates = made.spec.unwrap().readiness_gates.unwrap_or_default();
        gates.into_iter().map(|it| it.condition_type).collect()
    }

    async fn gets_one(&self) -> bool {
        self.gates("shop", &pod("web", &[])).await == [GATE]
    }

    async fn asked(&self) -> f64 {
        let metrics = self.installation.metrics(Part::Merger, 1).await;
        let lines = metrics.lines();
        let each = lines.filter_map(|line| line.strip_prefix("tributary_pod_admissions_total{"));
        each.map(|line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
            .sum()
    }

    async fn asks(&self, merger: SocketAddr, trusted: &str) {
        apply(self.installation.cluster(), &[webhook(merger, trusted)]).await;
    }
}

#[tokio::test]
async fn new_pods_get_a_gate_where_somebody_opens_it_and_wait_for_nobody() {
    let mut installation = Installation::new(Vec::new()).await;
    let (first, next) = (Authority::new(), Authority::new());
    installation.certify(&first);
    let asked = installation.free_address();
    let names = [name("merger"), asked.ip().to_string()];
    installation.certify_anew(
        &first,
        Part::Merger,
        &first.identity_of(&names, Ends::LATER),
    );
    installation.start(Part::Watcher, 0);
    installation.start(Part::Merger, 0);
    let leads = "tributary_leases_held{lease=\"tributary-merger\"}";
    let is_led = async || {
        let held = installation.metric_if_it_answers(Part::Merger, 0, leads);
        held.await == Some(1.0)
    };
    until("one leads", is_led).await;
    let listen = asked.to_string();
    installation.start_with(Part::Merger, 1, &["--gates-listen", &listen]);
    let mut objects = vec![json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": { "name": "alb" },
        "spec": { "controllerName": "gateway.k8s.aws/alb" },
    })];
    objects.extend(team("shop", &json!({ INJECT: "enabled" })));
    objects.extend(team("plain", &json!({})));
    objects.extend(team("off", &json!({ INJECT: "disabled" })));
    apply(installation.cluster(), &objects).await;
    for namespace in ["shop", "plain", "off"] {
        let mut account = named("ServiceAccount", namespace, "default");
        account["apiVersion"] = json!("v1");
        until("pods can be made", async || {
            get(installation.cluster(), &account).await.is_some()
        })
        .await;
    }
    let world = World { installation };
    world.asks(asked, &first.certificate).await;

    // As soon as all of it is known, and the API server has heard of the webhook.
    until("a pod gets a gate", async || world.gets_one().await).await;
    let asked_before = world.asked().await;
    let gates = async |namespace: &str, app: &str, gates: &[&str]| {
        world.gates(namespace, &pod(app, gates)).await
    };
    let warm = "example.com/warm";
    assert_eq!(gates("shop", "web", &[warm]).await, [warm, GATE]);
    let none: [&str; 0] = [];
    assert_eq!(gates("shop", "worker", &[]).await, none);
    assert!((world.asked().await - asked_before - 2.0).abs() < 0.5);
    // Nobody is asked about these.
    assert_eq!(gates("shop", "web", &[GATE]).await, [GATE]);
    assert_eq!(gates("plain", "web", &[]).await, none);
    assert_eq!(gates("off", "web", &[]).await, none);
    assert!((world.asked().await - asked_before - 2.0).abs() < 0.5);

    // Another authority, trusted first; the merger runs on, and its connections with it.
    let process = world.installation.process_id(Part::Merger, 1);
    let both = format!("{}{}", first.certificate, next.certificate);
    world.asks(asked, &both).await;
    let renewed = next.identity_of(&names, Ends::LATER);
    world
        .installation
        .certify_anew(&next, Part::Merger, &renewed);
    world.asks(asked, &next.certificate).await;
    until("the next certificate is shown", async || {
        world.gets_one().await
    })
    .await;
    // One that nobody is signed by: the former one would do for as long as a connection of its time is open.
    world.asks(asked, &Authority::new().certificate).await;
    until("another authority is of no use", async || {
        !world.gets_one().await
    })
    .await;
    world.asks(asked, &next.certificate).await;
    until("it is asked again", async || world.gets_one().await).await;
    assert_eq!(world.installation.process_id(Part::Merger, 1), process);

    // One that hangs with open connections costs a pod some time and the gate.
    world.installation.signal(Part::Merger, 1, Signal::STOP);
    let began = Instant::now();
    assert_eq!(gates("shop", "web", &[]).await, none);
    let took = began.elapsed();
    assert!((PATIENCE..SLOW).contains(&took), "{took:?}");
    world.installation.signal(Part::Merger, 1, Signal::CONT);
    until("it is asked again", async || world.gets_one().await).await;
    let World { mut installation } = world;
    installation.kill(Part::Merger, 1);
    let world = World { installation };
    let began = Instant::now();
    assert_eq!(world.gates("shop", &pod("web", &[])).await, none);
    assert!(began.elapsed() < SLOW);
}
