//! What one change costs where 50 sets share a Gateway, each call to AWS taking 50 ms.
//!
//! Times are from before the file is written: what the watcher waits for an editor to finish (100 ms of quiet) is
//! in them. A moment in a status file is its last change; one at AWS is when the call was answered.

use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tokio::time::interval;
use tributary_tests_e2e::manifests::{World, file};
use tributary_tests_e2e::sandbox::{call_log, put_faults, reset_calls};
use tributary_tests_e2e::status::conditions;
use tributary_tests_e2e::system::System;

use crate::figures::{Figures, milliseconds};
use crate::first::number;

const WORLD: World = World {
    gateways: 1,
    sets: 50,
    routes: 1,
};
/// At once: with the others no quota of AWS's is passed.
const MANY: usize = 39;
/// Files and calls are looked at this often; it is in no figure.
const LOOK: Duration = Duration::from_millis(10);
const LATENCY_MS: u16 = 50;

/// One change: when it was made, and what the system did.
struct Change {
    made: SystemTime,
    calls: Vec<Value>,
}

/// Prints everything of this file.
pub async fn measure(figures: &mut Figures, samples: usize) {
    let system = System::of_world(WORLD).await;
    put_faults(system.sandbox, &json!({"latency_ms": LATENCY_MS})).await;
    reset_calls(system.sandbox).await;
    nothing(figures, &system).await;
    path(figures, &system, samples).await;
    sets(figures, &system, "one set and route", 1, samples, "<= 350").await;
    sets(
        figures,
        &system,
        "39 sets and routes",
        MANY,
        samples.div_ceil(4),
        "<= 1000",
    )
    .await;
}

async fn nothing(figures: &mut Figures, system: &System) {
    let tenant = file(&system.source(), 0, 7);
    let text = WORLD.tenant(0, 7, "v1");
    let annotated = text.replace(
        "metadata: {name: app,",
        "metadata: {annotations: {note: any}, name: app,",
    );
    assert_ne!(text, annotated);
    for (what, text) in [("saved again", &text), ("annotated", &annotated)] {
        let made = SystemTime::now();
        std::fs::write(&tenant, text).unwrap();
        system.settled().await;
        let calls = taken(system, made).await.calls.len();
        let name = format!("nothing changed ({what}): calls");
        figures.add(name, "calls", "0", vec![number(calls as u64)]);
        let written = system.statuses().into_keys();
        let written = written.filter(|path| changed(&system.status().join(path)) > Some(made));
        let name = format!("nothing changed ({what}): status writes");
        figures.add(name, "files", "0", vec![number(written.count() as u64)]);
    }
    std::fs::write(&tenant, &text).unwrap();
    system.settled().await;
}

async fn path(figures: &mut Figures, system: &System, samples: usize) {
    let (mut counts, mut last) = (Vec::new(), Vec::new());
    for sample in 0..samples {
        let version = if sample % 2 == 0 { "v2" } else { "v1" };
        let made = SystemTime::now();
        std::fs::write(file(&system.source(), 0, 7), WORLD.tenant(0, 7, version)).unwrap();
        let mut look = interval(LOOK);
        while call_log(system.sandbox).await.is_empty() {
            look.tick().await;
        }
        system.settled().await;
        let change = taken(system, made).await;
        counts.push(number(change.calls.len() as u64));
        last.push(change.answered().1);
    }
    figures.add("one path: calls", "calls", "<= 2", counts);
    figures.add("one path: last answer of AWS", "ms", "", last);
}

async fn sets(
    figures: &mut Figures,
    system: &System,
    name: &str,
    count: usize,
    samples: usize,
    aim: &'static str,
) {
    let source = system.source();
    let added = WORLD.sets..WORLD.sets + count;
    let [mut counts, mut first, mut last, mut told, mut served] = [const { Vec::new() }; 5];
    for _ in 0..samples {
        let tenants: Vec<(PathBuf, String)> = added
            .clone()
            .map(|set| (file(&source, 0, set), WORLD.tenant(0, set, "v1")))
            .collect();
        let made = SystemTime::now();
        for (file, text) in tenants {
            std::fs::write(file, text).unwrap();
        }
        let status = |set| {
            let status = system.status();
            status.join(format!("listenerset/team-0-{set}/app.yaml"))
        };
        let mut look = interval(LOOK);
        let mut programmed = 0.0_f64;
        for set in added.clone() {
            let moment = loop {
                match programmed_at(&status(set)) {
                    Some(moment) => break moment,
                    None => look.tick().await,
                };
            };
            programmed = programmed.max(milliseconds(made, moment));
        }
        system.settled().await;
        let change = taken(system, made).await;
        let answered = change.answered();
        counts.push(number(change.calls.len() as u64) / number(count as u64));
        first.push(answered.0 - f64::from(LATENCY_MS));
        last.push(answered.1);
        told.push(programmed);
        served.push(programmed.max(answered.1));
        for set in added.clone() {
            std::fs::remove_file(file(&source, 0, set)).unwrap();
        }
        system.settled().await;
        reset_calls(system.sandbox).await;
    }
    figures.add(format!("{name}: calls for each"), "calls", "<= 4", counts);
    figures.add(format!("{name}: first call to AWS"), "ms", "", first);
    figures.add(format!("{name}: last answer of AWS"), "ms", "", last);
    figures.add(format!("{name}: status says Programmed"), "ms", aim, told);
    figures.add(format!("{name}: told and served"), "ms", aim, served);
}

/// The calls since the last change was taken.
async fn taken(system: &System, made: SystemTime) -> Change {
    let calls = call_log(system.sandbox).await;
    reset_calls(system.sandbox).await;
    Change { made, calls }
}

impl Change {
    /// Milliseconds until the first call was answered, and the last one.
    fn answered(&self) -> (f64, f64) {
        let moments = self
            .calls
            .iter()
            .map(|call| milliseconds(self.made, answered_at(call)));
        moments.fold((f64::INFINITY, 0.0), |(first, last), moment| {
            (first.min(moment), last.max(moment))
        })
    }
}

/// When AWS answered a call of the log.
pub(crate) fn answered_at(call: &Value) -> SystemTime {
    let moment: jiff::Timestamp = call["time"].as_str().unwrap().parse().unwrap();
    moment.into()
}

/// When a set's status came to say that its listener and its route are programmed.
pub(crate) fn programmed_at(path: &Path) -> Option<SystemTime> {
    let moment = changed(path)?;
    let text = std::fs::read_to_string(path).ok()?;
    let status = tributary_tests_e2e::status::of(&text);
    let programmed = "Programmed=True/Programmed".to_owned();
    let listener = &status["listeners"][0];
    let is_programmed = listener["attachedRoutes"] == 1
        && conditions(&status).contains(&programmed)
        && conditions(listener).contains(&programmed);
    is_programmed.then_some(moment)
}

fn changed(path: &Path) -> Option<SystemTime> {
    std::fs::metadata(path).ok()?.modified().ok()
}
