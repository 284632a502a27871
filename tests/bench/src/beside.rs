//! What stands beside a large world and is none of ours: memory must not follow it.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::interval;
use tributary_tests_e2e::kubernetes::installation::{Installation, Part};
use tributary_tests_e2e::kubernetes::objects::delete;

use crate::figures::Figures;
use crate::objects::{create_all, team};
use crate::process::resident;

/// Opaque ones, as Helm and others leave behind, of this many bytes each.
const SECRETS: usize = 10_000;
const SECRET_BYTES: usize = 1024;
/// Each with an EndpointSlice; no route names them.
const SERVICES: usize = 5_000;
/// A Pod is made and deleted this often, for so long.
const POD_EVERY: Duration = Duration::from_millis(50);
const PODS_FOR: Duration = Duration::from_secs(20);

/// Memory of the watcher before and after each of them.
pub(crate) async fn measure(
    figures: &mut Figures,
    name: &str,
    installation: &Installation,
    gateways: usize,
) {
    let mut add = |what: String| {
        let held = resident(installation, Part::Watcher);
        figures.add(format!("{name}: watcher {what}"), "MiB", "", vec![held]);
    };
    let cluster = installation.cluster();
    add("before the rest".to_owned());
    let secrets = (0..SECRETS).map(|number| {
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": { "name": format!("other-{number}"), "namespace": team(number % gateways) },
            "stringData": { "release": "x".repeat(SECRET_BYTES) },
        })
    });
    create_all(cluster, secrets.collect()).await;
    add(format!("with {SECRETS} Secrets of others"));
    let (begun, mut ticks, mut pods) = (Instant::now(), interval(POD_EVERY), 0);
    while begun.elapsed() < PODS_FOR {
        ticks.tick().await;
        let pod = pod(&team(pods % gateways), pods);
        create_all(cluster, vec![pod.clone()]).await;
        delete(cluster, &[pod]).await;
        pods += 1;
    }
    add(format!("after {pods} Pods that came and went"));
    let services = (0..SERVICES).flat_map(|number| service(&team(number % gateways), number));
    create_all(cluster, services.collect()).await;
    add(format!("with {SERVICES} Services and EndpointSlices"));
}

fn pod(namespace: &str, number: usize) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": format!("pod-{number}"), "namespace": namespace },
        "spec": { "containers": [{ "name": "main", "image": "example.com/none" }] },
    })
}

fn service(namespace: &str, number: usize) -> [Value; 2] {
    let name = format!("beside-{number}");
    [
        json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": name, "namespace": namespace },
            "spec": { "ports": [{ "port": 80 }] },
        }),
        json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": format!("{name}-1"),
                "namespace": namespace,
                "labels": { "kubernetes.io/service-name": name },
            },
            "addressType": "IPv4",
            "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
            "endpoints": [{ "addresses": ["10.0.0.2"], "conditions": { "ready": true } }],
        }),
    ]
}
