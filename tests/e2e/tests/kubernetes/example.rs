//! The document's example, from its YAML to its status, and away again.

use serde_json::json;
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::node::Node;

use tributary_tests_e2e::kubernetes::installation::Installation;
use tributary_tests_e2e::kubernetes::objects::{
    apply, conditions, delete, get, manifests, named, repository,
};

#[tokio::test]
async fn the_documents_example_gets_the_documents_status_and_leaves_nothing_behind() {
    let installation = Installation::of_five().await;
    let cluster = installation.cluster();
    let _node = Node::of_cluster(cluster).await;
    let objects = manifests(&repository("examples/listenersets"));
    apply(cluster, &objects).await;
    let (gateway, set, route) = (
        named("Gateway", "infra", "my-gateway"),
        named("ListenerSet", "infra", "app-listeners"),
        named("HTTPRoute", "infra", "app-route"),
    );
    until("two pods are targets", async || {
        let lines = installation.inventory().await;
        lines
            .iter()
            .filter(|line| line.starts_with("target "))
            .count()
            == 2
    })
    .await;
    installation.settled().await;

    let shown = get(cluster, &gateway).await.unwrap();
    let status = &shown["status"];
    assert_eq!(
        conditions(status),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
    assert_eq!(status["attachedListenerSets"], 1);
    let address = status["addresses"][0]["value"].as_str().unwrap();
    assert!(address.ends_with(".elb.amazonaws.com"), "{address}");
    assert_eq!(
        shown["metadata"]["finalizers"],
        json!(["gateway.tributary.dev/load-balancer-alb"])
    );

    let shown = get(cluster, &set).await.unwrap();
    let status = &shown["status"];
    assert_eq!(
        conditions(status),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
    for (index, name) in ["app-http", "app-https"].into_iter().enumerate() {
        let listener = &status["listeners"][index];
        assert_eq!(listener["name"], name);
        assert_eq!(
            conditions(listener),
            [
                "Accepted=True/Accepted",
                "Programmed=True/Programmed",
                "Conflicted=False/NoConflicts",
                "ResolvedRefs=True/ResolvedRefs"
            ]
        );
    }
    let shown = get(cluster, &route).await.unwrap();
    let parents = shown["status"]["parents"].as_array().unwrap();
    assert_eq!(parents.len(), 2);
    for parent in parents {
        assert_eq!(parent["controllerName"], "gateway.k8s.aws/alb");
        assert_eq!(
            conditions(parent),
            ["Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"]
        );
    }

    delete(cluster, &objects).await;
    until("the Gateway is gone", async || {
        get(cluster, &gateway).await.is_none()
    })
    .await;
    until("AWS holds nothing any more", async || {
        installation.is_clean().await
    })
    .await;
}
