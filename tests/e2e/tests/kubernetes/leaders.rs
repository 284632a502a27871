//! Two replicas of a service, one of which leads: killed, stopped, paused.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{
    apply, conditions, get, manifests, named, normal, repository, statuses,
};
use tributary_tests_e2e::sandbox::assert_same;
use tributary_tests_e2e::until;

/// A busy machine takes longer than the five seconds that it should be: figures are printed.
const GENEROUS: Duration = Duration::from_secs(30);

const STATUS_WRITES: &str = "tributary_status_writes_total";

async fn with_two(part: Part) -> Installation {
    let mut installation = Installation::of_five().await;
    let example = manifests(&repository("examples/listenersets"));
    apply(installation.cluster(), &example).await;
    installation.settled().await;
    installation.start(part, 1);
    installation
}

fn set(name: &str, port: u16) -> Value {
    let mut set = named("ListenerSet", "infra", name);
    set["spec"] = json!({
        "parentRef": { "name": "my-gateway" },
        "listeners": [{ "name": "web", "port": port, "protocol": "HTTP" }],
    });
    set
}

async fn is_programmed(installation: &Installation, set: &Value) -> bool {
    let found = get(installation.cluster(), set).await.unwrap();
    conditions(&found["status"]).contains(&"Programmed=True/Programmed".to_owned())
}

/// Makes a set and returns how long it takes to be served.
async fn served(installation: &Installation, set: Value) -> Duration {
    let begun = Instant::now();
    apply(installation.cluster(), std::slice::from_ref(&set)).await;
    until("the set is served", async || {
        is_programmed(installation, &set).await
    })
    .await;
    begun.elapsed()
}

#[tokio::test]
async fn a_merger_that_is_killed_or_stopped_is_followed_by_the_other() {
    let mut installation = with_two(Part::Merger).await;
    installation.kill(Part::Merger, 0);
    let killed = served(&installation, set("after-kill", 8081)).await;
    installation.start(Part::Merger, 0);
    assert_eq!(installation.stop(Part::Merger, 1).await, Some(0));
    let stopped = served(&installation, set("after-stop", 8082)).await;
    eprintln!("served after a kill in {killed:?}, after a stop in {stopped:?}");
    assert!(killed < GENEROUS && stopped < GENEROUS);
    installation.settled().await;

    let held = installation.inventory().await;
    installation.stop_all().await;
    assert_same(
        &held,
        &installation.from_scratch().await,
        "after two successions",
    );
}

#[tokio::test]
async fn a_status_writer_that_was_paused_writes_nothing_any_more() {
    let mut installation = with_two(Part::StatusWriter).await;
    installation.signal(Part::StatusWriter, 0, Signal::STOP);
    let paused = served(&installation, set("while-paused", 8081)).await;
    eprintln!("served while the leader stands still in {paused:?}");
    // It is counted once the API server has answered, which may be after somebody has seen it.
    until("the other's write is counted", async || {
        let writes = installation.metric(Part::StatusWriter, 1, STATUS_WRITES);
        writes.await > 0.0
    })
    .await;
    let before = statuses(installation.cluster()).await;

    installation.signal(Part::StatusWriter, 0, Signal::CONT);
    let written = installation
        .metric(Part::StatusWriter, 0, STATUS_WRITES)
        .await;
    // It has heard of the change, and of every judgement, by the time the next one is told.
    served(&installation, set("after-pause", 8082)).await;
    let changed = before_of(&before, statuses(installation.cluster()).await);
    assert_eq!(changed, before, "what was written is written again");
    let now = installation
        .metric(Part::StatusWriter, 0, STATUS_WRITES)
        .await;
    assert_eq!(now.total_cmp(&written), std::cmp::Ordering::Equal);

    // The other one goes: it leads again, and has nothing to write.
    assert_eq!(installation.stop(Part::StatusWriter, 1).await, Some(0));
    served(&installation, set("in-the-end", 8083)).await;
}

/// Of what there was before, without the Gateway, whose sets are counted.
fn before_of(
    before: &std::collections::BTreeMap<String, Value>,
    mut now: std::collections::BTreeMap<String, Value>,
) -> std::collections::BTreeMap<String, Value> {
    now.retain(|name, _| before.contains_key(name));
    if let Some(gateway) = before.get("Gateway infra/my-gateway") {
        now.insert("Gateway infra/my-gateway".to_owned(), gateway.clone());
    }
    now
}

#[tokio::test]
async fn two_replicas_of_everything_program_each_load_balancer_once() {
    let mut installation = Installation::of_five().await;
    for part in FIVE {
        if part != Part::Watcher {
            installation.start(part, 1);
        }
    }
    let mut objects = manifests(&repository("examples/listenersets"));
    for number in 0..12 {
        let mut gateway = named("Gateway", "infra", &format!("gateway-{number}"));
        gateway["spec"] = json!({
            "gatewayClassName": "aws-alb-gateway-class",
            "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
        });
        objects.push(gateway);
    }
    apply(installation.cluster(), &objects).await;
    let gateways: Vec<_> = objects
        .iter()
        .filter(|it| it["kind"] == "Gateway")
        .collect();
    let all_served = async |installation: &Installation| {
        for gateway in &gateways {
            if !is_programmed(installation, gateway).await {
                return false;
            }
        }
        true
    };
    until("all are served", async || all_served(&installation).await).await;
    installation.kill(Part::AlbProgrammer, 0);
    // What the killed one had is the other one's now: a listener more on each.
    for gateway in &gateways {
        let mut gateway = (*gateway).clone();
        gateway["spec"]["listeners"] = json!([
            { "name": "http", "port": 80, "protocol": "HTTP" },
            { "name": "more", "port": 8080, "protocol": "HTTP", "hostname": "more.example.com" },
        ]);
        apply(installation.cluster(), &[gateway]).await;
    }
    installation.settled().await;
    let calls = tributary_tests_e2e::sandbox::calls(installation.sandbox).await;
    let of_creation = calls
        .iter()
        .filter(|(name, _)| name.ends_with("CreateLoadBalancer"));
    let created: u64 = of_creation.map(|(_, count)| count).sum();
    assert_eq!(created, 13, "{calls:#?}");

    let held = installation.inventory().await;
    installation.stop_all().await;
    let written = normal(statuses(installation.cluster()).await);
    assert_same(&held, &installation.from_scratch().await, "after a kill");
    assert_eq!(written, normal(statuses(installation.cluster()).await));
}
