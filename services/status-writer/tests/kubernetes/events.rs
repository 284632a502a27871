//! Events: one per transition.

use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use tributary_model::judgement::{JudgedOutcome, Judgement};
use tributary_model::resolved::{Conflict, RivalClass};
use tributary_model::{Kind, ObjectRef};
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::objects::{create, listener, object, served, set};
use crate::system::{Seen, System};

/// Waits for so many events about an object, oldest first.
pub(crate) async fn until_told(cluster: &Cluster, object: &ObjectRef, count: usize) -> Vec<Event> {
    let uid = Seen::new(cluster.client(), object)
        .object()
        .await
        .metadata
        .uid;
    let events: Api<Event> = Api::namespaced(cluster.client(), &object.key.namespace);
    until("events", async || {
        let listed = events.list(&ListParams::default()).await.unwrap();
        let mut told: Vec<Event> = listed
            .into_iter()
            .filter(|event| {
                let regarding = event.regarding.as_ref();
                regarding.is_some_and(|it| it.uid.is_some() && it.uid == uid)
            })
            .collect();
        told.sort_by_key(|event| event.event_time.as_ref().map(|time| time.0));
        (told.len() >= count).then_some(told)
    })
    .await
}

#[tokio::test]
async fn a_conflict_lost_and_won_again_is_told_once_each() {
    let cluster = shared().await;
    let namespace = cluster.namespace("events").await;
    let extra = object(Kind::ListenerSet, &namespace, "extra");
    create(&cluster, &extra).await;
    let seen = Seen::new(cluster.client(), &extra);
    let system = System::start(&cluster).await;
    let lost = JudgedOutcome::Conflicted(Conflict::Hostname, RivalClass::ParentGateway);
    let judged = |outcome: &JudgedOutcome, routes| -> Judgement {
        set(&extra, vec![listener("http", outcome.clone(), routes)])
    };

    // Twice written, once told.
    for routes in [0, 1] {
        system
            .merger
            .judge(judged(&lost, routes), seen.status().await);
        system.merger.settled().await;
    }
    system
        .merger
        .judge(judged(&served(), 1), seen.status().await);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_writes_total"), 3);

    let told = until_told(&cluster, &extra, 2).await;
    let reasons: Vec<_> = told
        .iter()
        .map(|it| it.reason.as_deref().unwrap())
        .collect();
    assert_eq!(reasons, ["HostnameConflict", "ConflictResolved"]);
    assert!(told.iter().all(|event| event.series.is_none()), "{told:?}");
    let types: Vec<_> = told.iter().map(|it| it.type_.as_deref().unwrap()).collect();
    assert_eq!(types, ["Warning", "Normal"]);
    let path = told[0].regarding.as_ref().unwrap().field_path.as_deref();
    assert_eq!(path, Some("spec.listeners{http}"));
    assert_eq!(system.metric("tributary_status_events_total"), 2);
    assert_eq!(system.metric("tributary_status_event_failures_total"), 0);
}
