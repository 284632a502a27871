//! A non-leader never writes, and says nothing.

use std::sync::Arc;

use futures::FutureExt;
use futures::future::BoxFuture;
use tokio::sync::watch;
use tributary_model::Kind;
use tributary_status_writer::Leadership;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::objects::{create, object, route};
use crate::system::{Seen, System};

#[derive(Debug)]
struct Told(watch::Sender<bool>);

impl Leadership for Told {
    fn may_write(&self) -> bool {
        *self.0.borrow()
    }

    fn leading(&self) -> BoxFuture<'_, ()> {
        let mut told = self.0.subscribe();
        async move {
            let leads = told.wait_for(|leads| *leads).await;
            leads.map(drop).unwrap();
        }
        .boxed()
    }
}

#[tokio::test]
async fn who_leads_later_writes_later() {
    let cluster = shared().await;
    let namespace = cluster.namespace("leads").await;
    let app = object(Kind::HttpRoute, &namespace, "app");
    create(&cluster, &app).await;
    let seen = Seen::new(cluster.client(), &app);
    let version = seen.version().await;
    let told = Arc::new(Told(watch::Sender::new(false)));
    let leadership = Arc::clone(&told);
    let system = System::start_as(cluster.kubeconfig(), leadership).await;
    system.merger.judge(route(&app), None);
    until("it waits", async || {
        (system.metric("tributary_status_pending") == 1).then_some(())
    })
    .await;
    assert_eq!(system.merger.acknowledged(), None);
    assert_eq!(system.metric("tributary_status_reads_total"), 0);
    assert_eq!(seen.version().await, version);

    told.0.send_replace(true);
    system.merger.settled().await;
    assert_eq!(system.metric("tributary_status_writes_total"), 1);
    assert_ne!(seen.version().await, version);
}
