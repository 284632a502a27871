//! Kinds come, go, and are denied.

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::json;
use tributary_model::Kind;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::seen::{Watcher, gateway};

fn synced(kind: &str) -> String {
    format!("tributary_watch_synced{{kind=\"{kind}\"}}")
}

#[tokio::test]
async fn kinds_without_crds_hold_nothing_up_and_are_watched_as_soon_as_they_appear() {
    let server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    let namespace = cluster.namespace("kinds").await;
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(cluster, &namespace).await;
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    assert_eq!(watcher.metric(&synced("Gateway")), None);
    let missing = "watcher/kinds: not served: GatewayClass, Gateway, ListenerSet, HTTPRoute";
    assert_eq!(watcher.context.readiness.concerns(), [missing]);
    assert_eq!(watcher.metric(&synced("Service")), Some(1.0));

    cluster.install_crds(Channel::Standard).await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    until("the Gateway is shown", async || {
        let shown = watcher.shows(&namespace).await;
        (shown.len() == 2).then_some(())
    })
    .await;
    watcher.check(cluster, &namespace).await;
    assert_eq!(watcher.metric(&synced("Gateway")), Some(1.0));
    until("nothing is missing any more", async || {
        watcher
            .context
            .readiness
            .concerns()
            .is_empty()
            .then_some(())
    })
    .await;

    cluster.remove_gateway_api().await;
    until("the kind is given up", async || {
        (watcher.metric(&synced("Gateway")) == Some(0.0)).then_some(())
    })
    .await;
    watcher.check(cluster, &namespace).await;
    assert_eq!(watcher.shows(&namespace).await.len(), 1);
    until("it is ready all the same", async || {
        watcher.is_ready().then_some(())
    })
    .await;

    cluster.install_crds(Channel::Experimental).await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    until("the Gateway is shown again", async || {
        let shown = watcher.shows(&namespace).await;
        (shown.len() == 2).then_some(())
    })
    .await;
    watcher.check(cluster, &namespace).await;
    watcher.stop().await;
}

#[tokio::test]
async fn a_kind_that_may_not_be_read_is_told_and_the_rest_works() {
    let cluster = shared().await;
    let namespace = cluster.namespace("denied").await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    let all_but_secrets: PolicyRule = serde_json::from_value(json!({
        "apiGroups": ["", "discovery.k8s.io", "gateway.networking.k8s.io", "gateway.k8s.aws"],
        "resources": [
            "namespaces", "services", "nodes", "pods", "endpointslices",
            "gatewayclasses", "gateways", "listenersets", "referencegrants", "backendtlspolicies",
            "httproutes", "grpcroutes", "tcproutes", "udproutes", "tlsroutes",
            "loadbalancerconfigurations", "targetgroupconfigurations", "listenerruleconfigurations",
        ],
        "verbs": ["list", "watch"],
    }))
    .unwrap();
    let account = cluster
        .account(&namespace, "watcher", &[all_but_secrets], Scope::Cluster)
        .await;
    let watcher = Watcher::start(&account).await;
    let told = until("it says which kind it cannot read", async || {
        watcher
            .rejections()
            .await
            .into_iter()
            .find(|it| it.object == "every Secret")
    })
    .await;
    assert!(told.reason.contains("secrets cannot be read"), "{told:?}");
    assert!(told.reason.contains("forbidden"), "{told:?}");
    // Completeness is asked of what can be read.
    watcher.sync().await;
    assert_eq!(watcher.shows(&namespace).await.len(), 2);
    let unmet = watcher.context.readiness.unmet();
    assert_eq!(unmet.len(), 1, "{unmet:?}");
    assert!(
        unmet[0].starts_with("watcher/readable: Secret: "),
        "{unmet:?}"
    );
    assert!(unmet[0].contains("forbidden"), "{unmet:?}");
    assert_eq!(watcher.unread().await, [Kind::Secret]);

    // As a person who mends it would.
    let secrets = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": { "name": format!("{namespace}-secrets") },
        "rules": [{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "watch"] }],
    });
    cluster.apply(&secrets).await.unwrap();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": { "name": format!("{namespace}-secrets") },
        "roleRef": {
            "apiGroup": "rbac.authorization.k8s.io",
            "kind": "ClusterRole",
            "name": format!("{namespace}-secrets"),
        },
        "subjects": [{ "kind": "ServiceAccount", "name": "watcher", "namespace": namespace }],
    });
    cluster.apply(&binding).await.unwrap();
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    assert_eq!(watcher.rejections().await, []);
    assert_eq!(watcher.unread().await, []);
    watcher.stop().await;
}

/// What they cost is that pods which wait for a gate are no targets: no reason to serve nobody.
#[tokio::test]
async fn pods_that_may_not_be_read_are_told_and_make_nobody_unready() {
    let cluster = shared().await;
    let namespace = cluster.namespace("podless").await;
    let all_but_pods: PolicyRule = serde_json::from_value(json!({
        "apiGroups": ["", "discovery.k8s.io", "gateway.networking.k8s.io", "gateway.k8s.aws"],
        "resources": [
            "namespaces", "services", "nodes", "secrets", "endpointslices",
            "gatewayclasses", "gateways", "listenersets", "referencegrants", "backendtlspolicies",
            "httproutes", "grpcroutes", "tcproutes", "udproutes", "tlsroutes",
            "loadbalancerconfigurations", "targetgroupconfigurations", "listenerruleconfigurations",
        ],
        "verbs": ["list", "watch"],
    }))
    .unwrap();
    let account = cluster
        .account(&namespace, "watcher", &[all_but_pods], Scope::Cluster)
        .await;
    let watcher = Watcher::start(&account).await;
    let told = until("it says that it cannot read pods", async || {
        let rejections = watcher.rejections().await.into_iter();
        rejections.into_iter().find(|it| it.object == "every Pod")
    })
    .await;
    assert!(told.reason.contains("pods cannot be read"), "{told:?}");
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    watcher.sync().await;
    assert_eq!(watcher.unread().await, [Kind::Pod]);
    let concerns = watcher.context.readiness.concerns();
    assert_eq!(concerns.len(), 1, "{concerns:?}");
    assert!(
        concerns[0].starts_with("watcher/pods: Pod: "),
        "{concerns:?}"
    );
    watcher.stop().await;
}

#[tokio::test]
async fn a_server_that_cannot_stream_lists_is_asked_for_pages() {
    let server = Server::start(Options {
        api_server_args: vec!["--feature-gates=WatchList=false".to_owned()],
        controllers: Some(Vec::new()),
        ..Options::default()
    })
    .await;
    let cluster = server.cluster();
    cluster.install_crds(Channel::Standard).await;
    cluster.apply(&gateway("default", "web")).await.unwrap();
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(cluster, "default").await;
    watcher.stop().await;
}

#[tokio::test]
async fn an_object_from_before_the_rules_is_refused_by_name_and_stops_nothing() {
    let server = Server::start(Options {
        controllers: Some(Vec::new()),
        ..Options::default()
    })
    .await;
    let cluster = server.cluster();
    let anything = json!({
        "type": "object",
        "x-kubernetes-preserve-unknown-fields": true,
    });
    let crd = json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {
            "name": "gateways.gateway.networking.k8s.io",
            "annotations": { "api-approved.kubernetes.io": "unapproved, for a test" },
        },
        "spec": {
            "group": "gateway.networking.k8s.io",
            "names": { "kind": "Gateway", "plural": "gateways" },
            "scope": "Namespaced",
            "versions": [{
                "name": "v1",
                "served": true,
                "storage": true,
                "schema": { "openAPIV3Schema": anything },
            }],
        },
    });
    cluster.apply(&crd).await.unwrap();
    let mut bad = gateway("default", "bad");
    bad["spec"]["listeners"][0]["port"] = json!("eighty");
    until("the kind is served", async || {
        cluster.apply(&bad).await.ok()
    })
    .await;
    cluster.apply(&gateway("default", "good")).await.unwrap();
    let watcher = Watcher::start(cluster.kubeconfig()).await;
    watcher.check(cluster, "default").await;
    let refused = watcher.rejections().await;
    assert_eq!(refused.len(), 1, "{refused:?}");
    assert_eq!(refused[0].object, "Gateway default/bad");
    assert_eq!(refused[0].field, "spec.listeners[0].port");
    let series = "tributary_watch_refused_objects{kind=\"Gateway\"}";
    assert_eq!(watcher.metric(series), Some(1.0));

    cluster.apply(&gateway("default", "bad")).await.unwrap();
    watcher.check(cluster, "default").await;
    assert_eq!(watcher.rejections().await, []);
    assert_eq!(watcher.metric(series), Some(0.0));
    watcher.stop().await;
}
