//! RBAC: these rules are enough, and without one of them it is said which.

use std::sync::Arc;

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::{Value, json};
use tributary_model::judgement::JudgedOutcome;
use tributary_model::resolved::{Conflict, RivalClass};
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_status_writer::AlwaysLeading;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::events::until_told;
use crate::objects::{
    class, create, foreign_parents, gateway, listener, object, route, served, set,
};
use crate::system::{Seen, System};

/// Verbs and resources, as in deploy/: the whole of what a status writer may do.
const RULES: [(&str, &[&str], &[&str]); 3] = [
    ("gateway.networking.k8s.io", &["get"], &KINDS),
    (
        "gateway.networking.k8s.io",
        &["patch"],
        &[
            "gatewayclasses/status",
            "gateways/status",
            "listenersets/status",
            "httproutes/status",
            "grpcroutes/status",
            "tcproutes/status",
            "udproutes/status",
            "tlsroutes/status",
        ],
    ),
    ("events.k8s.io", &["create", "patch"], &["events"]),
];

const KINDS: [&str; 8] = [
    "gatewayclasses",
    "gateways",
    "listenersets",
    "httproutes",
    "grpcroutes",
    "tcproutes",
    "udproutes",
    "tlsroutes",
];

fn rules() -> Vec<PolicyRule> {
    let rule = |(group, verbs, resources): &(&str, &[&str], &[&str])| -> PolicyRule {
        let rule: Value = json!({
            "apiGroups": [group],
            "verbs": verbs,
            "resources": resources,
        });
        serde_json::from_value(rule).unwrap()
    };
    RULES.iter().map(rule).collect()
}

#[tokio::test]
async fn the_rules_are_enough() {
    let cluster = shared().await;
    let namespace = cluster.namespace("rights").await;
    let account = cluster
        .account(&namespace, "status-writer", &rules(), Scope::Cluster)
        .await;
    let alb = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(&*namespace));
    let web = object(Kind::Gateway, &namespace, "web");
    let extra = object(Kind::ListenerSet, &namespace, "extra");
    let full = object(Kind::HttpRoute, &namespace, "full");
    let routes = [
        Kind::HttpRoute,
        Kind::GrpcRoute,
        Kind::TcpRoute,
        Kind::UdpRoute,
        Kind::TlsRoute,
    ];
    let routes = routes.map(|kind| object(kind, &namespace, "app"));
    for object in [&alb, &web, &extra, &full].into_iter().chain(&routes) {
        create(&cluster, object).await;
    }
    Seen::new(cluster.client(), &full)
        .write(foreign_parents(32))
        .await;

    let system = System::start_as(&account, Arc::new(AlwaysLeading)).await;
    let merger = &system.merger;
    merger.judge(class(&alb), None);
    merger.judge(gateway(&web, 5), None);
    merger.judge(set(&extra, vec![listener("http", served(), 0)]), None);
    merger.judge(route(&full), None);
    for object in &routes {
        merger.judge(route(object), None);
    }
    let said = merger.settled().await;
    assert_eq!(said.failed, []);
    assert_eq!(system.metric("tributary_status_writes_total"), 8);
    until_told(&cluster, &full, 1).await;

    // Lost, won, and lost again: the third counts into the first, which is a patch of it.
    let lost = JudgedOutcome::Conflicted(Conflict::Hostname, RivalClass::OlderListenerSet);
    for outcome in [lost.clone(), served(), lost] {
        merger.judge(set(&extra, vec![listener("http", outcome, 0)]), None);
        merger.settled().await;
    }
    until("the first event is a series", async || {
        let told = until_told(&cluster, &extra, 2).await;
        let series = told[0].series.as_ref()?;
        (series.count == 2).then_some(())
    })
    .await;
    assert_eq!(system.metric("tributary_status_event_failures_total"), 0);
}

#[tokio::test]
async fn what_is_denied_is_listed_and_delays_nobody() {
    let cluster = shared().await;
    let namespace = cluster.namespace("rights").await;
    let mut rules = rules();
    for rule in &mut rules {
        let resources = rule.resources.as_mut().unwrap();
        resources.retain(|resource| resource != "gateways/status");
    }
    let account = cluster
        .account(&namespace, "status-writer", &rules, Scope::Cluster)
        .await;
    let web = object(Kind::Gateway, &namespace, "web");
    let app = object(Kind::HttpRoute, &namespace, "app");
    for object in [&web, &app] {
        create(&cluster, object).await;
    }
    let system = System::start_as(&account, Arc::new(AlwaysLeading)).await;
    system.merger.judge(gateway(&web, 1), None);
    system.merger.judge(route(&app), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed.len(), 1, "{said:?}");
    assert_eq!(said.failed[0].object, web);
    assert!(said.failed[0].reason.contains("forbidden"), "{said:?}");
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
}
