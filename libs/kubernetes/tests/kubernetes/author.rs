//! Who wrote a status, as a watch tells it.

use futures::StreamExt;
use futures::stream::BoxStream;
use kube::api::{Api, ApiResource, DynamicObject, Patch, PatchParams};
use serde_json::json;
use tributary_kubernetes::{Cluster, Failure, Found, WatchEvent, WatchMode};
use tributary_model::resource::Author;
use tributary_model::status::{Condition, ConditionStatus, ListenerSetStatus, Status};
use tributary_model::{Kind, ObjectKey, Timestamp};
use tributary_tests_kubernetes::shared::shared;

/// What the next change of the object says.
async fn next(
    events: &mut BoxStream<'static, Result<WatchEvent, Failure>>,
    object: &ObjectKey,
) -> Author {
    loop {
        match events.next().await.unwrap().unwrap() {
            WatchEvent::Apply { key, author, .. } if key == *object => return author,
            // Others share the server.
            WatchEvent::Apply { .. }
            | WatchEvent::Delete { .. }
            | WatchEvent::Init
            | WatchEvent::InitDone => {}
        }
    }
}

fn accepted(message: &str) -> Status {
    Status::ListenerSet(ListenerSetStatus {
        conditions: vec![Condition {
            condition_type: "Accepted".to_owned(),
            status: ConditionStatus::True,
            reason: "Accepted".to_owned(),
            message: message.to_owned(),
            observed_generation: Some(1),
            last_transition_time: Timestamp(1_800_000_000),
        }],
        listeners: Vec::new(),
    })
}

#[tokio::test]
async fn a_status_is_ours_from_our_writers_word_to_another_ones() {
    let admin = shared().await;
    let namespace = admin.namespace("author").await;
    let cluster = Cluster::connect(Some(admin.kubeconfig())).await.unwrap();
    let served = cluster.served().await.unwrap().read;
    let sets = &served[&Kind::ListenerSet];
    let key = ObjectKey::new(namespace.as_str(), "app");
    let mut events = cluster.watch(sets, WatchMode::Streaming);
    let set = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "ListenerSet",
        "metadata": { "name": "app", "namespace": namespace },
        "spec": {
            "parentRef": { "name": "web" },
            "listeners": [{ "name": "a", "port": 80, "protocol": "HTTP" }],
        },
    });
    admin.apply(&set).await.unwrap();
    // The CRD's default conditions are nobody's judgement.
    assert_ne!(next(&mut events, &key).await, Author::Us);

    let write = async |message: &str| {
        let Found::Live(live) = cluster.live_status(sets, &key).await.unwrap() else {
            panic!("it is there");
        };
        let status = accepted(message);
        let written = cluster.write_status(sets, &key, &live.version, &status);
        written.await.unwrap();
    };
    write("the set is attached").await;
    assert_eq!(next(&mut events, &key).await, Author::Us);

    let resource = ApiResource {
        group: "gateway.networking.k8s.io".to_owned(),
        version: "v1".to_owned(),
        api_version: "gateway.networking.k8s.io/v1".to_owned(),
        kind: "ListenerSet".to_owned(),
        plural: "listenersets".to_owned(),
    };
    let api: Api<DynamicObject> = Api::namespaced_with(admin.client(), &namespace, &resource);
    let other = PatchParams {
        field_manager: Some("other-controller".to_owned()),
        ..PatchParams::default()
    };
    // Only its words differ.
    let theirs = json!({ "status": { "conditions": [
        {
            "type": "Accepted",
            "status": "True",
            "reason": "Accepted",
            "message": "admitted",
            "observedGeneration": 1,
            "lastTransitionTime": "2027-01-15T08:00:00Z",
        },
    ] } });
    let patch = Patch::Merge(&theirs);
    api.patch_status("app", &other, &patch).await.unwrap();
    assert_eq!(next(&mut events, &key).await, Author::Other);

    write("the set is attached").await;
    assert_eq!(next(&mut events, &key).await, Author::Us);
    // What others change beside it changes nothing.
    let labels = json!({ "metadata": { "labels": { "a": "b" } } });
    api.patch("app", &other, &Patch::Merge(&labels))
        .await
        .unwrap();
    assert_eq!(next(&mut events, &key).await, Author::Us);
}
