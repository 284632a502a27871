//! A large world on a real API server, object by object.

use std::time::Duration;

use futures::stream::{self, StreamExt};
use serde_json::{Value, json};
use tributary_model::controller;
use tributary_tests_e2e::kubernetes::objects::{create, named};
use tributary_tests_kubernetes::cluster::Cluster;

/// How large, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Each with a namespace of its own, which has a Service.
    pub gateways: usize,
    /// Of each Gateway, each with a listener for a hostname of its own.
    pub sets: usize,
    /// Of each set, each with a path of its own.
    pub routes: usize,
    /// Ten routes a second are changed for so long.
    pub churn: Duration,
}

/// Requests at once that make the world.
pub(crate) const WRITERS: usize = 16;

pub(crate) async fn make(cluster: &Cluster, load: Load) {
    let mut first = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "infra" } }),
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": { "name": "alb" },
            "spec": { "controllerName": controller::ALB },
        }),
    ];
    first.extend((0..load.gateways).map(|gateway| {
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": team(gateway) } })
    }));
    create_all(cluster, first).await;
    let mut rest = Vec::new();
    for gateway in 0..load.gateways {
        let mut object = named("Gateway", "infra", &format!("gw-{gateway}"));
        object["spec"] = json!({
            "gatewayClassName": "alb",
            "allowedListeners": { "namespaces": { "from": "All" } },
            "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
        });
        rest.push(object);
        rest.push(json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": { "name": "web", "namespace": team(gateway) },
            "spec": { "ports": [{ "port": 80 }] },
        }));
        rest.push(json!({
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "name": "web-1",
                "namespace": team(gateway),
                "labels": { "kubernetes.io/service-name": "web" },
            },
            "addressType": "IPv4",
            "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
            "endpoints": [{ "addresses": ["10.0.0.1"], "conditions": { "ready": true } }],
        }));
        for set in 0..load.sets {
            rest.push(listener_set(gateway, &format!("set-{set}")));
            for number in 0..load.routes {
                rest.push(route(gateway, set, number, "first"));
            }
        }
    }
    create_all(cluster, rest).await;
}

pub(crate) async fn create_all(cluster: &Cluster, objects: Vec<Value>) {
    stream::iter(objects)
        .for_each_concurrent(WRITERS, async |object| create(cluster, &object).await)
        .await;
}

pub(crate) fn team(gateway: usize) -> String {
    format!("team-{gateway}")
}

pub(crate) fn listener_set(gateway: usize, name: &str) -> Value {
    let mut set = named("ListenerSet", &team(gateway), name);
    set["spec"] = json!({
        "parentRef": { "name": format!("gw-{gateway}"), "namespace": "infra" },
        "listeners": [{
            "name": "web",
            "port": 80,
            "protocol": "HTTP",
            "hostname": format!("{name}.example.com"),
        }],
    });
    set
}

pub(crate) fn route(gateway: usize, set: usize, number: usize, version: &str) -> Value {
    let mut route = named(
        "HTTPRoute",
        &team(gateway),
        &format!("route-{set}-{number}"),
    );
    route["spec"] = json!({
        "parentRefs": [{
            "group": "gateway.networking.k8s.io",
            "kind": "ListenerSet",
            "name": format!("set-{set}"),
        }],
        "rules": [{
            "matches": [{
                "path": { "type": "PathPrefix", "value": format!("/{version}/{number}") },
            }],
            "backendRefs": [{ "name": "web", "port": 80 }],
        }],
    });
    route
}
