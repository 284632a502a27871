//! What one team's calls cost another team on the same load balancer while AWS throttles them, each call taking 50 ms.
//!
//! A sample of each takes turns: alone, beside a certificate that ACM does not take, beside targets that ELBv2 does not
//! take. The other team changes something when the first refusal is there, and needs no call of that kind itself.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::interval;
use tributary_tests_e2e::certificates::{Certificate, DAY};
use tributary_tests_e2e::manifests::{World, file};
use tributary_tests_e2e::sandbox::{call_log, put_faults, reset_calls};
use tributary_tests_e2e::system::System;

use crate::changes::{answered_at, programmed_at};
use crate::figures::{Figures, milliseconds};

const WORLD: World = World {
    gateways: 1,
    sets: 20,
    routes: 1,
};
/// Calls are looked at this often; it is in no figure.
const LOOK: Duration = Duration::from_millis(10);
const LATENCY_MS: u16 = 50;
/// The number of the set whose team is throttled, and of the one that is added beside it.
const THROTTLED: usize = 90;
const ADDED: usize = 91;
/// The set whose route gets another path.
const CHANGED: usize = 7;

/// Prints everything of this file.
pub async fn measure(figures: &mut Figures, samples: usize) {
    let system = System::of_world(WORLD).await;
    put_faults(system.sandbox, &json!({"latency_ms": LATENCY_MS})).await;
    // A set of its own, with a certificate that is imported anew each time.
    let with_certificate = |sample: usize| {
        let team = format!("team-0-{THROTTLED}");
        let secret = Certificate::ending_in(&format!("sample-{sample}.example.com"), 365 * DAY)
            .secret(&team, "cert");
        let listener = format!("hostname: app-0-{THROTTLED}.example.com}}");
        let with = listener.replace('}', ", tls: {certificateRefs: [{name: cert}]}}");
        let text = WORLD.tenant(0, THROTTLED, "v1").replace(&listener, &with);
        format!("{text}---\n{secret}\n")
    };
    let [
        mut set,
        mut beside_certificate,
        mut path,
        mut beside_targets,
    ] = [const { Vec::new() }; 4];
    for sample in 0..samples {
        set.push(one_set(&system).await);
        system.settled().await;
        throttle(&system, "ImportCertificate", with_certificate(sample)).await;
        beside_certificate.push(one_set(&system).await);
        leave(&system).await;
        path.push(one_path(&system, 2 * sample).await);
        throttle(&system, "RegisterTargets", WORLD.tenant(0, THROTTLED, "v1")).await;
        beside_targets.push(one_path(&system, 2 * sample + 1).await);
        leave(&system).await;
    }
    for (name, samples) in [
        ("one set and route, alone: Programmed", set),
        ("… beside a throttled ImportCertificate", beside_certificate),
        ("one path, alone: answered", path),
        ("… beside throttled RegisterTargets", beside_targets),
    ] {
        figures.add(name, "ms", "", samples);
    }
}

/// Until the status says that a new set's listener and route are programmed.
pub(crate) async fn one_set(system: &System) -> f64 {
    let added = file(&system.source(), 0, ADDED);
    let status = system.status();
    let status = status.join(format!("listenerset/team-0-{ADDED}/app.yaml"));
    let made = SystemTime::now();
    std::fs::write(&added, WORLD.tenant(0, ADDED, "v1")).unwrap();
    let mut look = interval(LOOK);
    let told = loop {
        match programmed_at(&status) {
            Some(moment) => break moment,
            None => look.tick().await,
        };
    };
    std::fs::remove_file(added).unwrap();
    while status.exists() {
        look.tick().await;
    }
    milliseconds(made, told)
}

/// Until AWS has answered the call that changes the rule.
async fn one_path(system: &System, turn: usize) -> f64 {
    reset_calls(system.sandbox).await;
    let version = ["v2", "v1"][turn % 2];
    let made = SystemTime::now();
    let text = WORLD.tenant(0, CHANGED, version);
    std::fs::write(file(&system.source(), 0, CHANGED), text).unwrap();
    let call = called(system, |call| {
        call["operation"] == "ModifyRule" && call["outcome"] == "ok"
    });
    milliseconds(made, answered_at(&call.await))
}

/// The throttled team asks for its set, and was refused once.
async fn throttle(system: &System, operation: &str, text: String) {
    let rule = json!({"operation": operation, "kind": "throttle"});
    let faults = json!({"latency_ms": LATENCY_MS, "rules": [rule]});
    put_faults(system.sandbox, &faults).await;
    std::fs::write(file(&system.source(), 0, THROTTLED), text).unwrap();
    called(system, |call| {
        call["operation"] == operation && call["outcome"] != "ok"
    })
    .await;
}

/// Its set and the throttling are gone.
async fn leave(system: &System) {
    std::fs::remove_file(file(&system.source(), 0, THROTTLED)).unwrap();
    put_faults(system.sandbox, &json!({"latency_ms": LATENCY_MS})).await;
    system.settled().await;
    reset_calls(system.sandbox).await;
}

async fn called(system: &System, is_wanted: impl Fn(&Value) -> bool) -> Value {
    let mut look = interval(LOOK);
    loop {
        let calls = call_log(system.sandbox).await;
        if let Some(call) = calls.into_iter().find(&is_wanted) {
            return call;
        }
        look.tick().await;
    }
}
