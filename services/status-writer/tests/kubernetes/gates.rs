//! Readiness gates of pods are opened, and nothing else of their status is touched.

use serde_json::{Value, json};
use tributary_model::judgement::{Judgement, PodJudgement};
use tributary_model::{Kind, Name, ObjectRef};
use tributary_tests_kubernetes::shared::shared;

use crate::objects::object;
use crate::system::{Seen, System};

const GATE: &str = "gateway.tributary.dev/target-health";

fn pod(pod: &ObjectRef) -> Value {
    json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": { "name": &*pod.key.name, "namespace": &*pod.key.namespace },
        "spec": {
            "containers": [{ "name": "main", "image": "example.com/none" }],
            "readinessGates": [{ "conditionType": GATE }],
        },
    })
}

fn judged(pod: &ObjectRef, uid: &str) -> Judgement {
    Judgement::Pod(PodJudgement {
        key: pod.key.clone(),
        generation: 1,
        uid: Some(Name::from(uid)),
        gates: [GATE.to_owned()].into(),
    })
}

/// Types and statuses of the conditions.
async fn conditions(seen: &Seen) -> Vec<(String, String)> {
    let status = seen.json().await;
    let conditions = status["conditions"].as_array().cloned();
    let text = |condition: &Value, field: &str| condition[field].as_str().unwrap().to_owned();
    let mut conditions: Vec<_> = conditions
        .into_iter()
        .flatten()
        .map(|it| (text(&it, "type"), text(&it, "status")))
        .collect();
    conditions.sort();
    conditions
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = pairs.iter();
    owned
        .map(|(one, other)| ((*one).to_owned(), (*other).to_owned()))
        .collect()
}

#[tokio::test]
async fn a_gate_is_opened_beside_the_kubelets_conditions_without_reading() {
    let cluster = shared().await;
    let namespace = cluster.namespace("gates").await;
    let web = object(Kind::Pod, &namespace, "web");
    let seen = Seen::new(cluster.client(), &web);
    seen.create(pod(&web)).await;
    let kubelets = json!({ "phase": "Running", "conditions": [
        { "type": "ContainersReady", "status": "True" },
        { "type": "Ready", "status": "False", "reason": "ReadinessGatesNotReady" },
    ] });
    seen.write(kubelets).await;
    let uid = seen.object().await.metadata.uid.unwrap();
    let system = System::start(&cluster).await;
    system.merger.judge(judged(&web, &uid), None);
    assert_eq!(system.merger.settled().await.failed, []);
    assert_eq!(
        conditions(&seen).await,
        pairs(&[
            ("ContainersReady", "True"),
            ("Ready", "False"),
            (GATE, "True")
        ])
    );
    assert_eq!(seen.json().await["phase"], "Running");
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
    assert_eq!(system.metric("tributary_status_reads_total"), 0);
}

#[tokio::test]
async fn a_pod_of_the_same_name_that_came_later_is_left_alone() {
    let cluster = shared().await;
    let namespace = cluster.namespace("gates").await;
    let web = object(Kind::Pod, &namespace, "web");
    let seen = Seen::new(cluster.client(), &web);
    seen.create(pod(&web)).await;
    let before = seen.version().await;
    let system = System::start(&cluster).await;
    system.merger.judge(judged(&web, "earlier"), None);
    let said = system
        .merger
        .until("it failed", |said| !said.failed.is_empty());
    let reason = said.await.failed[0].reason.clone();
    assert!(reason.starts_with("invalid"), "{reason}");
    assert_eq!(seen.version().await, before);
    assert_eq!(system.metric("tributary_status_writes_total"), 0);
}

#[tokio::test]
async fn a_pod_that_is_gone_holds_nobody_up() {
    let cluster = shared().await;
    let namespace = cluster.namespace("gates").await;
    let web = object(Kind::Pod, &namespace, "web");
    let system = System::start(&cluster).await;
    system.merger.judge(judged(&web, "u"), None);
    assert_eq!(system.merger.settled().await.failed, []);
    assert_eq!(system.metric("tributary_status_writes_total"), 0);
}
