//! How much is written: nothing when nothing changed, and little when only counts do.

use futures::{StreamExt, stream};
use tributary_model::Kind;
use tributary_tests_kubernetes::shared::shared;

use crate::objects::{create, foreign_parents, gateway, manifest, object, route};
use crate::system::{Seen, System};

#[tokio::test]
async fn nothing_is_asked_and_nothing_is_written_when_nothing_changed() {
    let cluster = shared().await;
    let namespace = cluster.namespace("counts").await;
    let web = object(Kind::Gateway, &namespace, "web");
    create(&cluster, &web).await;
    let seen = Seen::new(cluster.client(), &web);
    let system = System::start(&cluster).await;
    system.merger.judge(gateway(&web, 1), None);
    system.merger.settled().await;
    let version = seen.version().await;
    assert_eq!(system.metric("tributary_status_writes_total"), 1);

    // Our own write comes back.
    system.merger.judge(gateway(&web, 1), seen.status().await);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
    assert_eq!(system.metric("tributary_status_reads_total"), 1);

    let system = system.restart(&cluster).await;
    system
        .merger
        .judge(route(&object(Kind::HttpRoute, &namespace, "none")), None);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_writes_total"), 0);
    // Only of the route that is not there.
    assert_eq!(system.metric("tributary_status_reads_total"), 1);
    assert_eq!(seen.version().await, version);
}

/// The watcher has read it: a write that is bound to what it saw needs no reading.
#[tokio::test]
async fn what_the_watcher_saw_is_not_read_again() {
    let cluster = shared().await;
    let namespace = cluster.namespace("counts").await;
    let app = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &app).await;
    let seen = Seen::new(cluster.client(), &app);
    seen.write(foreign_parents(2)).await;
    let (status, version) = (seen.status().await, seen.version().await);

    let system = System::start(&cluster).await;
    let version = version.parse().unwrap();
    system.merger.judge_at(route(&app), status, Some(version));
    system.merger.settled().await;
    assert_eq!(seen.json().await["parents"].as_array().unwrap().len(), 3);
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
    assert_eq!(system.metric("tributary_status_reads_total"), 0);
}

/// Somebody wrote since the watcher saw it: the write is refused, and the next one knows what they wrote.
#[tokio::test]
async fn what_was_written_since_the_watcher_saw_it_stays() {
    let cluster = shared().await;
    let namespace = cluster.namespace("counts").await;
    let app = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &app).await;
    let seen = Seen::new(cluster.client(), &app);
    let (status, version) = (seen.status().await, seen.version().await);
    seen.write(foreign_parents(2)).await;

    let system = System::start(&cluster).await;
    let version = version.parse().unwrap();
    system.merger.judge_at(route(&app), status, Some(version));
    system.merger.settled().await;
    assert_eq!(seen.json().await["parents"].as_array().unwrap().len(), 3);
    assert_eq!(system.metric("tributary_status_conflicts_total"), 1);
    assert_eq!(system.metric("tributary_status_reads_total"), 1);
}

/// What the merger sends along is older than what is there: it is read, and left.
#[tokio::test]
async fn what_is_there_already_is_not_written_again() {
    let cluster = shared().await;
    let namespace = cluster.namespace("counts").await;
    let web = object(Kind::Gateway, &namespace, "web");
    create(&cluster, &web).await;
    let seen = Seen::new(cluster.client(), &web);
    let system = System::start(&cluster).await;
    system.merger.judge(gateway(&web, 1), None);
    system.merger.settled().await;
    let version = seen.version().await;

    let system = system.restart(&cluster).await;
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_reads_total"), 1);
    assert_eq!(system.metric("tributary_status_writes_total"), 0);
    assert_eq!(seen.version().await, version);
}

/// Routes that are judged one after the other. Some requests of our own in between, so that the writer keeps up: when the
/// last one is judged it has written nearly all of them.
#[tokio::test]
async fn a_thousand_routes_attached_one_by_one_cost_twenty_writes_of_their_gateway() {
    const ROUTES: u32 = 1_000;
    let cluster = shared().await;
    let namespace = cluster.namespace("counts").await;
    let web = object(Kind::Gateway, &namespace, "web");
    create(&cluster, &web).await;
    let seen = Seen::new(cluster.client(), &web);
    let apps: Vec<_> = (1..=ROUTES)
        .map(|index| object(Kind::HttpRoute, &namespace, &format!("app-{index}")))
        .collect();
    stream::iter(&apps)
        .for_each_concurrent(16, async |app| {
            let new = Seen::new(cluster.client(), app);
            new.create(manifest(app)).await;
        })
        .await;
    let system = System::start(&cluster).await;
    let mut current = None;
    for (attached, app) in (1..).zip(&apps) {
        system.merger.judge(route(app), None);
        if attached % 5 == 0 {
            current = seen.status().await;
        }
        system
            .merger
            .judge(gateway(&web, attached), current.clone());
    }
    let said = system.merger.settled().await;
    assert_eq!(said.failed, []);
    assert_eq!(said.set_aside, []);
    let status = seen.json().await;
    assert_eq!(status["listeners"][0]["attachedRoutes"], ROUTES);
    let writes = system.metric("tributary_status_writes_total") - u64::from(ROUTES);
    println!("{writes} writes of the Gateway");
    assert!(writes <= 20, "{writes}");
    assert!(writes >= 2, "{writes}");
}
