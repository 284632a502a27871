//! What people wait for on a real API server: one more set, and 50 at once, with no latency and with 50 ms for every call.
//!
//! Beside ours stands the least that a controller can be: it watches, and writes one status for each object that comes.
//! What that takes is the API server's own share of every figure here.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::api::{
    Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams, WatchEvent, WatchParams,
};
use kube::core::GroupVersionKind;
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::interval;
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{api, create, delete, named};
use tributary_tests_e2e::sandbox::{call_log, put_faults, reset_calls};
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::server::Options;

use crate::cluster::{GARBAGE_PERCENT, LOOK, is_programmed};
use crate::figures::Figures;
use crate::first::number;
use crate::objects::{Load, create_all, make, team};
use crate::process::{cpu_since, cpu_times};

/// One more, so many times.
const SAMPLES: usize = 20;
/// Sets that are there before.
const THERE: usize = 1;
/// At once.
const MANY: usize = 50;
const LATENCY_MS: u16 = 50;
/// What a set with a route and a Service of its own waits for one after the other: its target group and the rule.
const DEPENDENT: u16 = 2;
/// Statuses that the status writer writes at once.
const PLACES: usize = 32;
/// Of what the least controller answers.
const ALONE: &str = "alone";

/// Prints everything of this file.
pub async fn measure(figures: &mut Figures) {
    let server = Options {
        garbage_percent: Some(GARBAGE_PERCENT),
        ..Options::default()
    };
    let mut installation = Installation::with(server, &json!({})).await;
    let load = Load {
        gateways: 1,
        sets: THERE,
        routes: 1,
        churn: Duration::ZERO,
    };
    make(installation.cluster(), load).await;
    for part in FIVE {
        installation.start(part, 0);
    }
    installation.settled().await;
    let mut least = JoinSet::new();
    least.spawn(self::least(installation.cluster().client()));
    one(figures, &installation, 0).await;
    one(figures, &installation, LATENCY_MS).await;
    many(figures, &installation).await;
    drop(least);
    installation.stop_all().await;
}

/// A set with a Service and a route of its own.
fn tenant(number: usize) -> Vec<Value> {
    let name = format!("more-{number}");
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": name, "namespace": team(0) },
        "spec": { "ports": [{ "port": 80 }] },
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": format!("{name}-1"),
            "namespace": team(0),
            "labels": { "kubernetes.io/service-name": name },
        },
        "addressType": "IPv4",
        "ports": [{ "name": "", "port": 8080, "protocol": "TCP" }],
        "endpoints": [{ "addresses": ["10.0.0.1"], "conditions": { "ready": true } }],
    });
    let mut route = named("HTTPRoute", &team(0), &name);
    route["spec"] = json!({
        "parentRefs": [{ "group": "gateway.networking.k8s.io", "kind": "ListenerSet", "name": name }],
        "rules": [{ "backendRefs": [{ "name": name, "port": 80 }] }],
    });
    let mut set = named("ListenerSet", &team(0), &name);
    set["spec"] = json!({
        "parentRef": { "name": "gw-0", "namespace": "infra" },
        "listeners": [{
            "name": "web",
            "port": 80,
            "protocol": "HTTP",
            "hostname": format!("{name}.example.com"),
        }],
    });
    vec![service, slice, route, set]
}

/// The set is made last. Until its status says that it is programmed, and until its rule is there, too.
async fn one(figures: &mut Figures, installation: &Installation, latency: u16) {
    let cluster = installation.cluster();
    put_faults(installation.sandbox, &json!({ "latency_ms": latency })).await;
    let [mut told, mut served, mut share, mut writes, mut calls] = [const { Vec::new() }; 5];
    for sample in 0..SAMPLES {
        share.push(alone(cluster).await);
        reset_calls(installation.sandbox).await;
        let before = written(installation).await;
        let tenant = tenant(sample);
        let (set, rest) = tenant.split_last().unwrap();
        create_all(cluster, rest.to_vec()).await;
        create(cluster, set).await;
        let begun = Instant::now();
        until(cluster, set, is_programmed, THERE + 1).await;
        told.push(milliseconds(begun));
        installation.settled().await;
        served.push(milliseconds(begun));
        // Its route has one, too.
        writes.push(written(installation).await - before - 1.0);
        calls.push(number(call_log(installation.sandbox).await.len() as u64));
        delete(cluster, &tenant).await;
        installation.settled().await;
    }
    let name = format!("one more set, {latency} ms a call");
    figures.add(
        format!("{name}: the API server's own share"),
        "ms",
        "",
        share.clone(),
    );
    figures.add(
        format!("{name}: made to Programmed"),
        "ms",
        "",
        told.clone(),
    );
    let beyond = told.iter().zip(&share).map(|(told, share)| told - share);
    let aim = if latency == 0 { "< 30" } else { "" };
    figures.add(
        format!("{name}: beyond that share"),
        "ms",
        aim,
        beyond.collect(),
    );
    figures.add(
        format!("{name}: everything told and at rest"),
        "ms",
        "",
        served,
    );
    figures.add(
        format!("{name}: status writes of set and Gateway"),
        "",
        "",
        writes,
    );
    figures.add(format!("{name}: calls"), "calls", "", calls);
}

/// All of them come at once: the watcher stands still while they are made, and the clock starts when it goes on.
async fn many(figures: &mut Figures, installation: &Installation) {
    let cluster = installation.cluster();
    put_faults(installation.sandbox, &json!({ "latency_ms": LATENCY_MS })).await;
    let [mut floors, mut told, mut times] = [const { Vec::new() }; 3];
    let [mut writes, mut orders] = [const { Vec::new() }; 2];
    let mut cpu: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for _ in 0..SAMPLES {
        // A status for each set and for each route.
        let share = written_alone(cluster, 2 * MANY).await;
        let floor = f64::from(LATENCY_MS * DEPENDENT) + share;
        reset_calls(installation.sandbox).await;
        let before = written(installation).await;
        let tenants: Vec<Vec<Value>> = (0..MANY).map(tenant).collect();
        installation.signal(Part::Watcher, 0, Signal::STOP);
        create_all(cluster, tenants.concat()).await;
        installation.signal(Part::Watcher, 0, Signal::CONT);
        let busy = cpu_times();
        let begun = Instant::now();
        until(cluster, &tenants[0][3], is_programmed, THERE + MANY).await;
        let took = milliseconds(begun);
        for (program, milliseconds) in cpu_since(&busy) {
            cpu.entry(program).or_default().push(milliseconds);
        }
        floors.push(floor);
        told.push(took);
        times.push(took / floor);
        installation.settled().await;
        writes.push((written(installation).await - before) / number(MANY as u64) - 1.0);
        let calls = call_log(installation.sandbox).await;
        let order = calls
            .iter()
            .filter(|call| call["operation"] == "SetRulePriorities");
        orders.push(number(order.count() as u64));
        delete(cluster, &tenants.concat()).await;
        installation.settled().await;
    }
    let name = format!("{MANY} sets at once, {LATENCY_MS} ms a call");
    figures.add(
        format!("{name}: floor of the dependent calls"),
        "ms",
        "",
        floors,
    );
    figures.add(
        format!("{name}: the last one made to all Programmed"),
        "ms",
        "",
        told,
    );
    figures.add(format!("{name}: times the floor"), "", "< 1.3", times);
    for (program, samples) in cpu {
        figures.add(format!("{name}: CPU of {program}"), "ms", "", samples);
    }
    figures.add(
        format!("{name}: status writes for each set"),
        "",
        "",
        writes,
    );
    figures.add(format!("{name}: SetRulePriorities"), "calls", "< 2", orders);
}

/// Milliseconds from the answer that it is made until the least controller's status is there.
async fn alone(cluster: &Cluster) -> f64 {
    let route = bare_route(0);
    create(cluster, &route).await;
    let begun = Instant::now();
    until(cluster, &route, is_answered, 1).await;
    let took = milliseconds(begun);
    delete(cluster, &[route]).await;
    took
}

/// Milliseconds for so many statuses of objects that nobody watches, with as many writers as there are in the status writer.
async fn written_alone(cluster: &Cluster, count: usize) -> f64 {
    let mut routes: Vec<Value> = (0..count).map(bare_route).collect();
    for route in &mut routes {
        route["metadata"]["labels"] = json!({});
    }
    create_all(cluster, routes.clone()).await;
    let all = api(cluster, &routes[0]);
    let begun = Instant::now();
    let answers = routes.iter().map(|route| {
        let mut route: DynamicObject = serde_json::from_value(route.clone()).unwrap();
        route.metadata.generation = Some(1);
        answer(&all, WatchEvent::Added(route))
    });
    let answers = stream::iter(answers).buffer_unordered(PLACES);
    answers.collect::<()>().await;
    let took = milliseconds(begun);
    delete(cluster, &routes).await;
    took
}

fn bare_route(number: usize) -> Value {
    let mut route = named("HTTPRoute", &team(0), &format!("{ALONE}-{number}"));
    route["metadata"]["labels"] = json!({ "bench": ALONE });
    route["spec"] = json!({});
    route
}

async fn least(client: kube::Client) {
    let kind = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", "HTTPRoute");
    let resource = ApiResource::from_gvk(&kind);
    let all: Api<DynamicObject> = Api::namespaced_with(client, &team(0), &resource);
    let only = WatchParams::default().labels(&format!("bench={ALONE}"));
    loop {
        // The API server ends each after some minutes.
        let events = all.watch(&only, "0").await.unwrap();
        let answers = events.map(|event| answer(&all, event.unwrap()));
        answers.buffer_unordered(PLACES).collect::<()>().await;
    }
}

async fn answer(all: &Api<DynamicObject>, event: WatchEvent<DynamicObject>) {
    let WatchEvent::Added(route) = event else {
        return;
    };
    let status = json!({ "status": { "parents": [{
        "parentRef": { "name": ALONE },
        "controllerName": "example.com/alone",
        "conditions": [{
            "type": "Accepted",
            "status": "True",
            "reason": "Accepted",
            "message": "",
            "observedGeneration": route.metadata.generation,
            "lastTransitionTime": "2026-01-01T00:00:00Z",
        }],
    }] } });
    let name = route.metadata.name.unwrap();
    all.patch_status(&name, &PatchParams::default(), &Patch::Merge(&status))
        .await
        .unwrap();
}

/// Until so many objects of this one's kind and namespace are so.
async fn until(cluster: &Cluster, of: &Value, is: fn(&DynamicObject) -> bool, count: usize) {
    let all = api(cluster, of);
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        let found = all.list(&ListParams::default()).await.unwrap();
        if found.iter().filter(|object| is(object)).count() >= count {
            return;
        }
    }
}

fn is_answered(route: &DynamicObject) -> bool {
    route.data["status"]["parents"][0]["parentRef"]["name"] == ALONE
}

async fn written(installation: &Installation) -> f64 {
    let series = "tributary_status_writes_total";
    installation.metric(Part::StatusWriter, 0, series).await
}

fn milliseconds(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
