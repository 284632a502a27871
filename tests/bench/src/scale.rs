//! One ALB programmer and four: 200 Gateways programmed for the first time, and a change of every rule.
//!
//! At 50 ms a call one programmer and the sandbox keep two cores busy, so four are no faster here; at 1 s a call they wait
//! for AWS, as on a machine of their own. With one route each the calls that follow one another are most of the first
//! programming, however many programmers there are; with sixteen the work is.
//!
//! The merger starts last, so the clock measures programmers that have divided the shards and get all of their work at
//! once; the status writer stays out of it. What AWS is asked for is counted, so nothing that another program does
//! afterwards is in the figures.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use futures::{StreamExt, stream};
use kube::api::{ListParams, Patch, PatchParams};
use serde_json::json;
use tokio::time::interval;
use tributary_tests_e2e::kubernetes::installation::{Installation, NAMESPACE, Part};
use tributary_tests_e2e::kubernetes::objects::api;
use tributary_tests_e2e::sandbox::{calls, put_faults, reset_calls};
use tributary_tests_kubernetes::server::Options;

use crate::cluster::{GARBAGE_PERCENT, LOOK};
use crate::figures::Figures;
use crate::first::number;
use crate::objects::{Load, WRITERS, make, route};

const GATEWAYS: usize = 200;
/// Milliseconds a call, and routes of each Gateway.
const WORK: [(u16, usize); 3] = [(50, 1), (1000, 1), (1000, 16)];
/// The chart's default.
const SHARDS: usize = 8;
/// Of each, in turns.
const SAMPLES: usize = 2;

/// Prints everything of this file.
pub async fn measure(figures: &mut Figures) {
    for (latency, routes) in WORK {
        let mut took: BTreeMap<usize, [Vec<f64>; 3]> = BTreeMap::new();
        for _ in 0..SAMPLES {
            for programmers in [1, 4] {
                let sample = with(programmers, latency, routes).await;
                let took = took.entry(programmers).or_default();
                for (samples, sample) in std::iter::zip(took, sample) {
                    samples.push(sample);
                }
            }
        }
        for (programmers, [first, changed, calls]) in took {
            let name = format!(
                "{GATEWAYS} Gateways of {routes} routes, {latency} ms a call, {programmers} ALB programmers"
            );
            figures.add(format!("{name}: first programming"), "s", "", first);
            figures.add(format!("{name}: every rule changed"), "s", "", changed);
            figures.add(format!("{name}: calls"), "calls", "", calls);
        }
    }
}

/// Seconds of the first programming and of the changes, and how many calls both took.
async fn with(programmers: usize, latency: u16, routes: usize) -> [f64; 3] {
    let server = Options {
        garbage_percent: Some(GARBAGE_PERCENT),
        ..Options::default()
    };
    let quotas = json!({ "target-groups": 1000, "application-load-balancers": 1000 });
    let mut installation = Installation::with(server, &quotas).await;
    let load = Load {
        gateways: GATEWAYS,
        sets: 1,
        routes,
        churn: Duration::ZERO,
    };
    make(installation.cluster(), load).await;
    put_faults(installation.sandbox, &json!({ "latency_ms": latency })).await;
    installation.start(Part::Watcher, 0);
    for replica in 0..programmers {
        installation.start(Part::AlbProgrammer, replica);
    }
    divided(&installation, programmers).await;
    reset_calls(installation.sandbox).await;
    let rules = u64::try_from(GATEWAYS * routes).unwrap();
    let first = until_called(&mut installation, "elbv2:CreateRule", rules).await;
    installation.stop(Part::Merger, 0).await;
    change_each(&installation, routes).await;
    let changed = until_called(&mut installation, "elbv2:ModifyRule", rules).await;
    let made: u64 = calls(installation.sandbox).await.values().sum();
    installation.stop_all().await;
    [first, changed, number(made)]
}

/// Until each replica holds its share of the shards.
async fn divided(installation: &Installation, programmers: usize) {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "namespace": NAMESPACE },
    });
    let leases = api(installation.cluster(), &lease);
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        let mut held: BTreeMap<String, usize> = BTreeMap::new();
        for lease in leases.list(&ListParams::default()).await.unwrap() {
            let name = lease.metadata.name.unwrap_or_default();
            let holder = lease.data["spec"]["holderIdentity"].as_str();
            if name.contains("alb-programmer-shard")
                && let Some(holder) = holder
            {
                *held.entry(holder.to_owned()).or_default() += 1;
            }
        }
        let share = SHARDS / programmers;
        if held.len() == programmers && held.values().all(|count| *count == share) {
            return;
        }
    }
}

/// Seconds from the merger's start until AWS has been asked for so many.
async fn until_called(installation: &mut Installation, operation: &str, wanted: u64) -> f64 {
    installation.start(Part::Merger, 0);
    let begun = Instant::now();
    let mut look = interval(LOOK);
    loop {
        look.tick().await;
        let made = calls(installation.sandbox).await;
        if made.get(operation).is_some_and(|made| *made >= wanted) {
            return begun.elapsed().as_secs_f64();
        }
    }
}

async fn change_each(installation: &Installation, routes: usize) {
    let all = (0..GATEWAYS).flat_map(|gateway| (0..routes).map(move |number| (gateway, number)));
    let patches = all.map(async |(gateway, number)| {
        let changed = route(gateway, 0, number, "second");
        let routes = api(installation.cluster(), &changed);
        let name = changed["metadata"]["name"].as_str().unwrap();
        let patch = Patch::Merge(&changed);
        routes
            .patch(name, &PatchParams::default(), &patch)
            .await
            .unwrap();
    });
    let patches = stream::iter(patches).buffer_unordered(WRITERS);
    patches.collect::<()>().await;
}
