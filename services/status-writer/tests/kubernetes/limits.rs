//! What the API never takes is set aside: it delays nobody, and a person is told.

use tributary_model::Kind;
use tributary_model::judgement::JudgedOutcome;
use tributary_tests_kubernetes::shared::shared;

use crate::events::until_told;
use crate::objects::{create, foreign_parents, listener, object, route, set};
use crate::system::{Seen, System, condition};

#[tokio::test]
async fn a_route_full_of_others_parents_is_set_aside_until_there_is_room() {
    let cluster = shared().await;
    let namespace = cluster.namespace("limits").await;
    let full = object(Kind::HttpRoute, &namespace, "full");
    let other = object(Kind::HttpRoute, &namespace, "other");
    for object in [&full, &other] {
        create(&cluster, object).await;
    }
    let seen = Seen::new(cluster.client(), &full);
    seen.write(foreign_parents(32)).await;
    let before = seen.version().await;

    let system = System::start(&cluster).await;
    system.merger.judge(route(&full), None);
    system.merger.judge(route(&other), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);
    assert_eq!(said.set_aside.len(), 1, "{said:?}");
    assert_eq!(said.set_aside[0].object, full);
    assert_eq!(seen.version().await, before);
    let status = Seen::new(cluster.client(), &other).json().await;
    let accepted = condition(&status["parents"][0]["conditions"], "Accepted");
    assert_eq!(accepted.as_deref(), Some("True/Accepted"));
    let told = until_told(&cluster, &full, 1).await;
    assert_eq!(told[0].reason.as_deref(), Some("StatusNotWritten"));
    assert_eq!(system.metric("tributary_status_set_aside"), 1);

    seen.write(foreign_parents(31)).await;
    system.merger.judge(route(&full), seen.status().await);
    let said = system
        .merger
        .until("there is room", |said| said.set_aside.is_empty())
        .await;
    assert_eq!(said.failed, []);
    let parents = seen.json().await["parents"].clone();
    assert_eq!(parents.as_array().unwrap().len(), 32);
    assert_eq!(system.metric("tributary_status_set_aside"), 0);
}

/// Beyond three megabytes the API server reads no request, beyond two its client of etcd sends none, and beyond one and a
/// half etcd takes none: each says so in its own words.
#[tokio::test]
async fn a_status_that_is_too_large_is_set_aside() {
    let cluster = shared().await;
    let namespace = cluster.namespace("limits").await;
    let other = object(Kind::HttpRoute, &namespace, "other");
    create(&cluster, &other).await;
    let system = System::start(&cluster).await;
    let mut sets = Vec::new();
    for listeners in [18, 25, 60] {
        let set = object(Kind::ListenerSet, &namespace, &format!("large-{listeners}"));
        create(&cluster, &set).await;
        system.merger.judge(large(&set, listeners), None);
        sets.push(set);
    }
    system.merger.judge(route(&other), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed, [], "{:?}", said.failed);
    let aside: Vec<_> = said.set_aside.iter().map(|it| it.object.clone()).collect();
    assert_eq!(aside, sets);
    for set in &sets {
        let told = until_told(&cluster, set, 1).await;
        assert_eq!(told[0].reason.as_deref(), Some("StatusNotWritten"));
    }
    let status = Seen::new(cluster.client(), &other).json().await;
    assert!(status["parents"][0].is_object(), "{status:#}");
    assert_eq!(system.metric("tributary_status_write_failures_total"), 0);
}

/// A message holds 32,768 characters; each of these has three bytes.
fn large(
    object: &tributary_model::ObjectRef,
    listeners: usize,
) -> tributary_model::judgement::Judgement {
    let reason = "漢".repeat(30_000);
    let listeners = (0..listeners)
        .map(|index| {
            let invalid = JudgedOutcome::Invalid {
                field: "hostname".to_owned(),
                reason: reason.clone(),
            };
            listener(&format!("l{index}"), invalid, 0)
        })
        .collect();
    set(object, listeners)
}
