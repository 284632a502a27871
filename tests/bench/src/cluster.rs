//! The five programs on a real API server with a large world, with the accounts of deploy/.

use std::time::{Duration, Instant};

use jiff::Timestamp;
use kube::api::{DynamicObject, ListParams};
use serde_json::{Value, json};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{api, create, get};
use tributary_tests_e2e::sandbox::call_log;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::server::Options;

use crate::figures::Figures;
use crate::objects::{Load, listener_set, make, route};
use crate::process::{mebibytes, status};
use crate::{alone, beside};

/// Elsewhere an API server has cores of its own. Here it shares two with those who are measured, and at the tests' setting
/// nearly half of what it computes is garbage collection.
pub(crate) const GARBAGE_PERCENT: u32 = 400;
/// The processor is measured for so long while nothing happens.
const IDLE: Duration = Duration::from_secs(20);
/// One more set, so many times.
const MORE: usize = 20;
/// Nothing here takes longer.
const LONGEST: Duration = Duration::from_mins(10);
/// How often it is looked whether a status is there.
pub(crate) const LOOK: Duration = Duration::from_millis(5);
/// The same of all objects of a namespace, which costs the API server more.
const SELDOM: Duration = Duration::from_millis(200);
/// Ticks of `/proc/PID/stat` in a second, on every Linux there is.
const TICKS: f64 = 100.0;

/// Cold start, rest, one more set, churn, what stands beside, a start with everything there, the API server alone.
pub async fn measure(figures: &mut Figures, name: &str, load: Load) {
    let quotas = json!({
        "rules-per-application-load-balancer": 2000,
        "target-groups-per-application-load-balancer": 2000,
        "target-groups": 100_000,
        "application-load-balancers": 1000,
        "listeners-per-application-load-balancer": 100,
    });
    let server = Options {
        garbage_percent: Some(GARBAGE_PERCENT),
        ..Options::default()
    };
    let mut installation = Installation::with(server, &quotas).await;
    let begun = Instant::now();
    make(installation.cluster(), load).await;
    let took = begun.elapsed().as_secs_f64();
    figures.add(format!("{name}: making the world"), "s", "", vec![took]);

    let begun = Timestamp::now();
    let (sets, took) = start(&mut installation, load).await;
    figures.add(
        format!("{name}: start of all five to the last rule that AWS was asked for"),
        "s",
        "",
        vec![
            last_rule(&installation)
                .await
                .duration_since(begun)
                .as_secs_f64(),
        ],
    );
    figures.add(
        format!("{name}: start of all five to every set Programmed"),
        "s",
        "",
        vec![sets],
    );
    figures.add(
        format!("{name}: start of all five to every status"),
        "s",
        "< 60",
        vec![took],
    );
    memory(figures, &format!("{name}: after the start"), &installation);
    let written = self::writes(&installation).await;
    figures.add(
        format!("{name}: status writes of the start"),
        "",
        "",
        vec![written],
    );

    let (writes, used) = (writes(&installation).await, processor(&installation));
    sleep(IDLE).await;
    let written = self::writes(&installation).await - writes;
    figures.add(
        format!("{name}: status writes at rest"),
        "",
        "0",
        vec![written],
    );
    spent(
        figures,
        &format!("{name}: at rest"),
        &installation,
        &used,
        IDLE,
    );
    memory(figures, &format!("{name}: at rest"), &installation);

    more(figures, name, &installation).await;
    churn(figures, name, &installation, load).await;
    memory(figures, &format!("{name}: in the end"), &installation);
    beside::measure(figures, name, &installation, load.gateways).await;
    installation.stop_all().await;
    let (_, took) = start(&mut installation, load).await;
    figures.add(
        format!("{name}: start again, with every status there"),
        "s",
        "< 60",
        vec![took],
    );
    memory(figures, &format!("{name}: after that"), &installation);
    installation.stop_all().await;
    alone::measure(figures, name, installation.cluster()).await;
}

/// Seconds until every set is told that it is programmed, and until everything that should be in AWS and in statuses is.
async fn start(installation: &mut Installation, load: Load) -> (f64, f64) {
    let begun = Instant::now();
    for part in FIVE {
        installation.start(part, 0);
    }
    let mut look = interval(SELDOM);
    for gateway in 0..load.gateways {
        let of = listener_set(gateway, "");
        while programmed(installation.cluster(), &of).await < load.sets {
            look.tick().await;
        }
    }
    let sets = begun.elapsed().as_secs_f64();
    installation.settled_within(LONGEST).await;
    (sets, begun.elapsed().as_secs_f64())
}

/// When AWS was asked to create the last one.
async fn last_rule(installation: &Installation) -> Timestamp {
    let log = call_log(installation.sandbox).await;
    let created = log.iter().rfind(|call| call["operation"] == "CreateRule");
    created.unwrap()["time"].as_str().unwrap().parse().unwrap()
}

/// How many objects of this one's kind and namespace are.
async fn programmed(cluster: &Cluster, of: &Value) -> usize {
    let found = api(cluster, of).list(&ListParams::default()).await.unwrap();
    found.iter().filter(|object| is_programmed(object)).count()
}

pub(crate) fn is_programmed(object: &DynamicObject) -> bool {
    let conditions = object.data["status"]["conditions"].as_array();
    let mut conditions = conditions.into_iter().flatten();
    conditions.any(|it| it["type"] == "Programmed" && it["status"] == "True")
}

/// From the answer to the request that makes a set, with its listener's hostname, until its status says Programmed.
async fn more(figures: &mut Figures, name: &str, installation: &Installation) {
    let mut times = Vec::new();
    for number in 0..MORE {
        let set = listener_set(number % 2, &format!("more-{number}"));
        create(installation.cluster(), &set).await;
        let begun = Instant::now();
        let mut look = interval(LOOK);
        loop {
            look.tick().await;
            let found = get(installation.cluster(), &set).await.unwrap();
            let conditions = found["status"]["conditions"].as_array().cloned();
            let is_programmed = conditions.unwrap_or_default().iter().any(|condition| {
                condition["type"] == "Programmed" && condition["status"] == "True"
            });
            if is_programmed {
                break;
            }
        }
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    figures.add(
        format!("{name}: one more set, made to Programmed"),
        "ms",
        "< 500",
        times,
    );
}

/// Ten routes a second get another path.
async fn churn(figures: &mut Figures, name: &str, installation: &Installation, load: Load) {
    let (begun, used) = (Instant::now(), processor(installation));
    let mut ticks = interval(Duration::from_millis(100));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    for number in 0.. {
        if begun.elapsed() > load.churn {
            break;
        }
        ticks.tick().await;
        let changed = route(
            number % load.gateways,
            number / load.gateways % load.sets,
            number % load.routes,
            &format!("v{number}"),
        );
        installation.cluster().apply(&changed).await.unwrap();
    }
    let took = begun.elapsed();
    spent(
        figures,
        &format!("{name}: at ten routes a second"),
        installation,
        &used,
        took,
    );
    let begun = Instant::now();
    installation.settled_within(LONGEST).await;
    let took = begun.elapsed().as_secs_f64();
    figures.add(format!("{name}: from there to rest"), "s", "", vec![took]);
}

async fn writes(installation: &Installation) -> f64 {
    let series = "tributary_status_writes_total";
    installation.metric(Part::StatusWriter, 0, series).await
}

fn memory(figures: &mut Figures, name: &str, installation: &Installation) {
    let (mut now, mut peak) = (0.0, 0.0);
    for part in FIVE {
        let status = status(installation, part);
        let held = mebibytes(&status, "VmRSS:");
        figures.add(format!("{name}: memory of {part:?}"), "MiB", "", vec![held]);
        now += held;
        peak += mebibytes(&status, "VmHWM:");
    }
    figures.add(
        format!("{name}: memory of all five"),
        "MiB",
        "< 512",
        vec![now],
    );
    figures.add(
        format!("{name}: their peaks together"),
        "MiB",
        "",
        vec![peak],
    );
}

/// Seconds that each has computed since its start.
fn processor(installation: &Installation) -> Vec<f64> {
    let of = |part: Part| {
        let stat = format!("/proc/{}/stat", installation.process_id(part, 0));
        let stat = std::fs::read_to_string(stat).unwrap();
        // The name, in parentheses, may have spaces in it.
        let (_, fields) = stat.rsplit_once(") ").unwrap();
        let ticks = fields.split(' ').skip(11).take(2);
        ticks
            .map(|ticks| ticks.parse::<f64>().unwrap())
            .sum::<f64>()
            / TICKS
    };
    FIVE.into_iter().map(of).collect()
}

fn spent(
    figures: &mut Figures,
    name: &str,
    installation: &Installation,
    before: &[f64],
    during: Duration,
) {
    let now = processor(installation);
    for ((part, now), before) in FIVE.into_iter().zip(now).zip(before) {
        let percent = (now - before) / during.as_secs_f64() * 100.0;
        figures.add(
            format!("{name}: one core for {part:?}"),
            "%",
            "",
            vec![percent],
        );
    }
}
