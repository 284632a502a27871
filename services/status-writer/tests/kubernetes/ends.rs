//! Objects and kinds that are gone.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, PostParams};
use tributary_model::judgement::Judgement;
use tributary_model::{Kind, ObjectRef};
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::objects::{create, object, route};
use crate::system::{Seen, System, condition};

#[tokio::test]
async fn an_object_that_is_gone_is_dropped_and_written_when_it_is_back() {
    let cluster = shared().await;
    let namespace = cluster.namespace("ends").await;
    let app = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &app).await;
    let seen = Seen::new(cluster.client(), &app);
    seen.delete().await;
    let system = System::start(&cluster).await;
    system.merger.judge(route(&app), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);
    assert_eq!(said.set_aside, []);
    assert_eq!(system.metric("tributary_status_objects_gone_total"), 1);
    assert_eq!(system.metric("tributary_status_write_failures_total"), 0);

    system.merger.remove(&app);
    create(&cluster, &app).await;
    system.merger.settled().await;
    system.merger.judge(route(&app), None);
    system.merger.settled().await;
    let status = seen.json().await;
    let accepted = condition(&status["parents"][0]["conditions"], "Accepted");
    assert_eq!(accepted.as_deref(), Some("True/Accepted"));
}

/// An object that was made anew has generation 1 again: a judgement of the old one's third is not its.
#[tokio::test]
async fn a_judgement_of_an_earlier_object_is_not_written() {
    let cluster = shared().await;
    let namespace = cluster.namespace("ends").await;
    let app = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &app).await;
    let seen = Seen::new(cluster.client(), &app);
    let version = seen.version().await;
    let system = System::start(&cluster).await;
    let mut judged = route(&app);
    if let Judgement::Route(route) = &mut judged {
        route.generation = 3;
    }
    system.merger.judge(judged, None);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_reads_total"), 1);
    assert_eq!(seen.version().await, version);
}

/// First its version is not served for a while, then it is not there at all, then nobody answers.
#[tokio::test]
async fn a_kind_that_is_removed_is_waited_for_and_so_is_the_server() {
    let mut server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    cluster.install_crds(Channel::Standard).await;
    let namespace = cluster.namespace("ends").await;
    let tls = object(Kind::TlsRoute, &namespace, "tls");
    let http = object(Kind::HttpRoute, &namespace, "http");
    for object in [&tls, &http] {
        create(cluster, object).await;
    }
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client());
    let seen = Seen::new(cluster.client(), &tls);
    let system = System::start(cluster).await;
    system.merger.judge(judged(&tls, false), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);

    serve(&crds, false).await;
    until("the kind is no longer served", async || {
        seen.is_unknown().await.then_some(())
    })
    .await;
    system.merger.judge(judged(&tls, true), None);
    system.merger.judge(route(&http), None);
    until_unserved(&system, &tls).await;
    let status = Seen::new(cluster.client(), &http).json().await;
    let accepted = condition(&status["parents"][0]["conditions"], "Accepted");
    assert_eq!(accepted.as_deref(), Some("True/Accepted"));
    serve(&crds, true).await;
    // Nobody judges it again: it is tried again.
    system
        .merger
        .until("it is written", |said| said.failed.is_empty())
        .await;
    assert!(told_shadowed(&seen).await);

    crds.delete(CRD, &DeleteParams::default()).await.unwrap();
    until("the kind is gone", async || {
        seen.is_unknown().await.then_some(())
    })
    .await;
    system.merger.judge(judged(&tls, false), None);
    until_unserved(&system, &tls).await;
    // The kind's being gone says nothing of the object.
    assert_eq!(system.metric("tributary_status_objects_gone_total"), 0);
    cluster.install_crds(Channel::Standard).await;
    create(cluster, &tls).await;
    // The watcher has seen both, and the merger says so.
    system.merger.remove(&tls);
    system.merger.settled().await;
    system.merger.judge(judged(&tls, true), None);
    system
        .merger
        .until("it is written", |said| said.failed.is_empty())
        .await;
    assert!(told_shadowed(&seen).await);

    server.kill();
    system.merger.judge(judged(&tls, false), None);
    let said = system
        .merger
        .until("it failed", |said| !said.failed.is_empty())
        .await;
    let reason = &said.failed[0].reason;
    assert!(reason.starts_with("unavailable"), "{reason}");
    server.start_again().await;
    system
        .merger
        .until("it is written", |said| said.failed.is_empty())
        .await;
    assert!(!told_shadowed(&seen).await);
}

const CRD: &str = "tlsroutes.gateway.networking.k8s.io";

async fn serve(crds: &Api<CustomResourceDefinition>, served: bool) {
    let mut crd = crds.get(CRD).await.unwrap();
    for version in &mut crd.spec.versions {
        version.served = served && version.name == "v1";
    }
    let params = PostParams::default();
    crds.replace(CRD, &params, &crd).await.unwrap();
}

fn judged(object: &ObjectRef, shadowed: bool) -> Judgement {
    let mut judged = route(object);
    if let Judgement::Route(route) = &mut judged {
        route.parents[0].shadowed = shadowed;
    }
    judged
}

/// A route that an older one keeps the traffic from is told so in a message.
async fn told_shadowed(seen: &Seen) -> bool {
    let status = seen.json().await;
    let conditions = status["parents"][0]["conditions"].as_array().unwrap();
    let accepted = conditions.iter().find(|it| it["type"] == "Accepted");
    accepted.unwrap()["message"]
        .to_string()
        .contains("another route")
}

async fn until_unserved(system: &System, object: &ObjectRef) {
    let said = system
        .merger
        .until("it failed", |said| !said.failed.is_empty())
        .await;
    assert_eq!(said.failed[0].object, *object);
    let reason = &said.failed[0].reason;
    assert!(reason.contains("does not serve TLSRoute"), "{reason}");
}
