//! Objects and kinds that are gone.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams};
use tributary_model::Kind;
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
    if let tributary_model::judgement::Judgement::Route(judged) = &mut judged {
        judged.generation = 3;
    }
    system.merger.judge(judged, None);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_reads_total"), 1);
    assert_eq!(seen.version().await, version);
}

#[tokio::test]
async fn a_kind_that_is_removed_is_waited_for() {
    let server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    cluster.install_crds(Channel::Standard).await;
    let namespace = cluster.namespace("ends").await;
    let tls = object(Kind::TlsRoute, &namespace, "tls");
    let http = object(Kind::HttpRoute, &namespace, "http");
    for object in [&tls, &http] {
        create(cluster, object).await;
    }
    let system = System::start(cluster).await;
    system.merger.judge(route(&tls), None);
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);

    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client());
    let name = "tlsroutes.gateway.networking.k8s.io";
    crds.delete(name, &DeleteParams::default()).await.unwrap();
    until("the kind is gone", async || {
        let left = crds.get_opt(name).await.unwrap();
        left.is_none().then_some(())
    })
    .await;
    let seen = Seen::new(cluster.client(), &tls);
    until("the kind is no longer served", async || {
        seen.is_unknown().await.then_some(())
    })
    .await;

    // Known at the version at which it was served, and asked for there in vain.
    let gone = system.metric("tributary_status_objects_gone_total");
    let mut judged = route(&tls);
    if let tributary_model::judgement::Judgement::Route(judged) = &mut judged {
        judged.parents[0].shadowed = true;
    }
    system.merger.judge(judged.clone(), None);
    system.merger.judge(route(&http), None);
    let said = system
        .merger
        .until("it failed", |said| !said.failed.is_empty())
        .await;
    assert_eq!(said.failed[0].object, tls);
    assert!(
        said.failed[0].reason.contains("does not serve TLSRoute"),
        "{said:?}"
    );
    assert_eq!(system.metric("tributary_status_objects_gone_total"), gone);
    let status = Seen::new(cluster.client(), &http).json().await;
    let accepted = condition(&status["parents"][0]["conditions"], "Accepted");
    assert_eq!(accepted.as_deref(), Some("True/Accepted"));

    cluster.install_crds(Channel::Standard).await;
    create(cluster, &tls).await;
    until("the status is written", async || {
        // Judged again when it is there again, as the merger does.
        system.merger.judge(judged.clone(), seen.status().await);
        let status = seen.json().await;
        condition(&status["parents"][0]["conditions"], "Accepted")
    })
    .await;
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);
}
