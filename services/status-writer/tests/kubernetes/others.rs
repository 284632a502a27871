//! Other writers: what they wrote stays, and a write of theirs in between is noticed.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use futures::FutureExt;
use futures::future::BoxFuture;
use serde_json::{Value, json};
use tokio::runtime::Handle;
use tokio::task::{Id, block_in_place, try_id};
use tributary_model::Kind;
use tributary_runtime::Context;
use tributary_status_writer::Leadership;
use tributary_tests_kubernetes::shared::shared;

use crate::merger::Merger;
use crate::objects::{
    create, foreign_condition, foreign_parents, gateway, listener, object, route, served, set,
};
use crate::system::{Seen, System, condition, metric};

/// The merger knows nothing of what others wrote: only the live status does.
#[tokio::test]
async fn parents_of_others_stay() {
    let cluster = shared().await;
    let namespace = cluster.namespace("others").await;
    let object = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &object).await;
    let seen = Seen::new(cluster.client(), &object);
    seen.write(foreign_parents(2)).await;
    let theirs = seen.json().await["parents"].clone();

    let system = System::start(&cluster).await;
    system.merger.judge(route(&object), None);
    system.merger.settled().await;
    let parents = seen.json().await["parents"].clone();
    assert_eq!(parents.as_array().unwrap().len(), 3);
    assert_eq!(parents[0], theirs[0]);
    assert_eq!(parents[1], theirs[1]);
    let ours = condition(&parents[2]["conditions"], "Accepted");
    assert_eq!(ours.as_deref(), Some("True/Accepted"));
}

#[tokio::test]
async fn conditions_of_others_stay() {
    let cluster = shared().await;
    let namespace = cluster.namespace("others").await;
    let web = object(Kind::Gateway, &namespace, "web");
    let extra = object(Kind::ListenerSet, &namespace, "extra");
    for object in [&web, &extra] {
        create(&cluster, object).await;
        let theirs = json!({ "conditions": [foreign_condition()] });
        Seen::new(cluster.client(), object).write(theirs).await;
    }

    let system = System::start(&cluster).await;
    system.merger.judge(gateway(&web, 3), None);
    let judged = set(&extra, vec![listener("http", served(), 0)]);
    system.merger.judge(judged, None);
    system.merger.settled().await;
    for object in [&web, &extra] {
        let status = Seen::new(cluster.client(), object).json().await;
        let conditions = status["conditions"].as_array().unwrap();
        assert!(conditions.contains(&foreign_condition()), "{status:#}");
        let ours = condition(&status["conditions"], "Programmed");
        assert_eq!(ours.as_deref(), Some("True/Programmed"), "{status:#}");
    }
    let status = Seen::new(cluster.client(), &web).json().await;
    assert_eq!(status["listeners"][0]["attachedRoutes"], 3);
    assert_eq!(status["addresses"][0]["value"], "web.elb.example");
}

/// What was written and is no longer judged goes.
#[tokio::test]
async fn what_vanishes_is_removed() {
    let cluster = shared().await;
    let namespace = cluster.namespace("others").await;
    let object = object(Kind::ListenerSet, &namespace, "extra");
    create(&cluster, &object).await;
    let seen = Seen::new(cluster.client(), &object);
    let system = System::start(&cluster).await;
    let judged = set(&object, vec![listener("http", served(), 0)]);
    system.merger.judge(judged, None);
    system.merger.settled().await;
    assert_eq!(seen.json().await["listeners"][0]["name"], "http");
    system
        .merger
        .judge(set(&object, Vec::new()), seen.status().await);
    system.merger.settled().await;
    let left = seen.json().await["listeners"].clone();
    assert!(left == json!([]) || left == Value::Null, "{left}");
}

/// Somebody writes between reading and writing, more often than is tried at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_conflict_is_tried_again() {
    let cluster = shared().await;
    let namespace = cluster.namespace("others").await;
    let object = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &object).await;
    let seen = Arc::new(Seen::new(cluster.client(), &object));
    let context = Context::new("test");
    let merger = Merger::new(&context);
    let overtaking = Arc::new(Overtaking {
        context: context.clone(),
        seen: Arc::clone(&seen),
        handle: Handle::current(),
        done: AtomicU64::new(0),
        looping: OnceLock::new(),
    });
    let system = System::follow(context, merger, cluster.kubeconfig(), overtaking).await;
    system.merger.settled().await;
    system.merger.judge(route(&object), None);
    system
        .merger
        .until("it is written", |said| said.failed.is_empty())
        .await;
    let status = seen.json().await;
    let ours = condition(&status["parents"][0]["conditions"], "Accepted");
    assert_eq!(ours.as_deref(), Some("True/Accepted"));
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
    assert_eq!(
        system.metric("tributary_status_conflicts_total"),
        Overtaking::TIMES
    );
    // Five at once, then later.
    assert_eq!(system.metric("tributary_status_write_failures_total"), 1);
}

/// Leads always, and writes to the object whenever it was read and is about to be written.
#[derive(Debug)]
struct Overtaking {
    context: Context,
    seen: Arc<Seen>,
    handle: Handle,
    done: AtomicU64,
    /// The task of the loop, which is the first to ask.
    looping: OnceLock<Option<Id>>,
}

impl Overtaking {
    const TIMES: u64 = 7;
}

impl Leadership for Overtaking {
    fn may_write(&self) -> bool {
        // The loop may ask while an attempt reads: what is written then is read.
        if *self.looping.get_or_init(try_id) == try_id() {
            return true;
        }
        let done = self.done.load(Ordering::SeqCst);
        if done < Self::TIMES && metric(&self.context, "tributary_status_reads_total") > done {
            self.done.store(done + 1, Ordering::SeqCst);
            block_in_place(|| {
                self.handle
                    .block_on(self.seen.label(&format!("times-{done}")));
            });
        }
        true
    }

    fn leading(&self) -> BoxFuture<'_, ()> {
        std::future::ready(()).boxed()
    }
}
