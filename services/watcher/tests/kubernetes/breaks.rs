//! Watches break, and nothing is lost.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::moody::{Mood, Moody};
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::seen::{Watcher, delete, gateway, route};

/// The watch's resource version is soon too old: 410 Gone.
fn forgetful() -> Options {
    Options {
        api_server_args: vec!["--etcd-compaction-interval=2s".to_owned()],
        controllers: Some(Vec::new()),
        ..Options::default()
    }
}

#[tokio::test]
async fn nothing_is_lost_when_the_server_stops_and_is_killed_amid_changes() {
    let mut server = Server::start(forgetful()).await;
    server.cluster().install_crds(Channel::Standard).await;
    let namespace = "default";
    let watcher = Watcher::start(server.cluster().kubeconfig()).await;
    watcher.check(server.cluster(), namespace).await;
    for (round, is_killed) in [true, false, true].into_iter().enumerate() {
        let admin = Cluster::connect(server.cluster().kubeconfig()).await;
        let (made, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
        let interruption = async {
            until("changes are being made", async || {
                (made.load(Ordering::Relaxed) >= 20).then_some(())
            })
            .await;
            if is_killed {
                server.kill();
            } else {
                server.stop().await;
            }
            server.start_again().await;
            stop.store(true, Ordering::Relaxed);
        };
        tokio::join!(churn(&admin, round, &made, &stop), interruption);
        // Made and gone again: there may be no event of it that is still known.
        admin.apply(&gateway(namespace, "web")).await.unwrap();
        delete(&admin, &gateway(namespace, "web")).await;
        watcher.check(&admin, namespace).await;
    }
    let failures =
        watcher.metric("tributary_watch_failures_total{kind=\"HTTPRoute\",class=\"unavailable\"}");
    assert!(failures > Some(0.0), "no watch broke: {failures:?}");
    watcher.stop().await;
}

#[tokio::test]
async fn a_server_that_is_not_there_yet_is_waited_for() {
    let mut server = Server::start(forgetful()).await;
    server.cluster().install_crds(Channel::Standard).await;
    server
        .cluster()
        .apply(&gateway("default", "web"))
        .await
        .unwrap();
    server.stop().await;
    let watcher = Watcher::start(server.cluster().kubeconfig()).await;
    until("it was tried", async || {
        let failed = watcher
            .metric("tributary_watch_failures_total{kind=\"discovery\",class=\"unavailable\"}");
        (failed > Some(0.0)).then_some(())
    })
    .await;
    assert!(!watcher.is_ready());
    server.start_again().await;
    watcher.check(server.cluster(), "default").await;
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    watcher.stop().await;
}

#[tokio::test]
async fn a_server_that_refuses_fails_and_dawdles_is_read_in_the_end() {
    let cluster = shared().await;
    let namespace = cluster.namespace("moody").await;
    let server = Moody::before(&cluster).await;
    for (number, mood) in [
        Mood::Refuses(429),
        Mood::Refuses(500),
        Mood::Refuses(503),
        Mood::Slow(Duration::from_millis(300)),
    ]
    .into_iter()
    .enumerate()
    {
        server.is(mood);
        let watcher = Watcher::start(server.kubeconfig()).await;
        until("everything was read", async || {
            watcher.is_ready().then_some(())
        })
        .await;
        // By watches that began in that mood.
        let changed = route(&namespace, "app", &format!("/{number}"));
        cluster.apply(&changed).await.unwrap();
        server.is(Mood::Good);
        watcher.check(&cluster, &namespace).await;
        let failures = watcher.metrics("tributary_watch_failures_total{");
        match mood {
            Mood::Refuses(_) => assert!(failures > 0.0, "{mood:?}: nothing was refused"),
            Mood::Slow(_) | Mood::Good => assert!(failures < 1.0, "{mood:?}: {failures}"),
        }
        watcher.stop().await;
    }
}

/// Applies routes over and over until it is told to stop, and counts what succeeds; requests that fail are part of it.
async fn churn(admin: &Cluster, round: usize, made: &AtomicUsize, stop: &AtomicBool) {
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            return;
        }
        let route = route(
            "default",
            &format!("r{}", number % 30),
            &format!("/{round}/{number}"),
        );
        if admin.apply(&route).await.is_ok() {
            made.fetch_add(1, Ordering::Relaxed);
        }
    }
}
