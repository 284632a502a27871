//! The AWS Load Balancer Controller beside us: this test renews its Lease, and stops.

use std::ops::RangeInclusive;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, DeleteParams};
use serde_json::json;
use tributary_model::{Kind, ObjectKey};
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;
use tributary_watcher::OtherLease;

use crate::seen::{Watcher, gateway};

const NAME: &str = "leader";

/// Long enough for a busy machine to see renewals in time.
const LONG: RangeInclusive<Duration> = Duration::from_mins(10)..=Duration::from_mins(10);
const SHORT: RangeInclusive<Duration> = Duration::from_secs(1)..=Duration::from_secs(1);

fn lease(namespace: &str, bounds: RangeInclusive<Duration>) -> OtherLease {
    OtherLease {
        lease: ObjectKey::new(namespace, NAME),
        bounds,
    }
}

async fn renew(cluster: &Cluster, namespace: &str, holder: &str, second: u32) {
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": NAME, "namespace": namespace },
        "spec": {
            "holderIdentity": holder,
            "leaseDurationSeconds": 15,
            "renewTime": format!("2026-01-01T00:00:{second:02}.000000Z"),
        },
    });
    cluster.apply(&lease).await.unwrap();
}

async fn says(watcher: &Watcher, expected: bool) {
    until("it says whether another program runs", async || {
        (watcher.says_that_another_runs().await == expected).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_program_counts_while_its_lease_is_renewed_and_for_its_time_after_that() {
    let cluster = shared().await;
    let namespace = cluster.namespace("beside").await;
    let watcher = Watcher::beside(cluster.kubeconfig(), Some(lease(&namespace, SHORT))).await;
    watcher.sync().await;
    assert!(!watcher.says_that_another_runs().await);
    until("it is ready", async || watcher.is_ready().then_some(())).await;

    renew(&cluster, &namespace, "one", 1).await;
    says(&watcher, true).await;
    // Nobody renews it any more.
    says(&watcher, false).await;
    renew(&cluster, &namespace, "two", 2).await;
    says(&watcher, true).await;
    let leases: Api<Lease> = Api::namespaced(cluster.client(), &namespace);
    leases.delete(NAME, &DeleteParams::default()).await.unwrap();
    says(&watcher, false).await;
    watcher.stop().await;
}

#[tokio::test]
async fn what_is_there_at_the_start_is_in_the_first_snapshot_and_renewals_change_nothing() {
    let cluster = shared().await;
    let namespace = cluster.namespace("renewed").await;
    renew(&cluster, &namespace, "one", 0).await;
    let watcher = Watcher::beside(cluster.kubeconfig(), Some(lease(&namespace, LONG))).await;
    watcher.sync().await;
    // Without a wait: who takes Gateways before it is known takes another program's.
    assert!(watcher.says_that_another_runs().await);
    for second in 1..20 {
        renew(&cluster, &namespace, "one", second).await;
    }
    // A rolling update lets it go for a moment.
    renew(&cluster, &namespace, "", 20).await;
    renew(&cluster, &namespace, "two", 21).await;
    cluster.apply(&gateway(&namespace, "web")).await.unwrap();
    until("the Lease's last state was read", async || {
        (watcher.metric("tributary_watch_lease_events_total") >= Some(22.0)).then_some(())
    })
    .await;
    watcher.sync().await;
    let series = "tributary_watch_other_controller_changes_total";
    assert_eq!(watcher.metric(series), Some(1.0));
    watcher.stop().await;
}

#[tokio::test]
async fn a_lease_that_cannot_be_read_is_named_and_holds_nobody_up() {
    let cluster = shared().await;
    let namespace = cluster.namespace("denied").await;
    renew(&cluster, &namespace, "one", 0).await;
    let kinds = Kind::ALL.map(Kind::group).to_vec();
    let all_but_leases: PolicyRule = serde_json::from_value(json!({
        "apiGroups": kinds,
        "resources": ["*"],
        "verbs": ["list", "watch"],
    }))
    .unwrap();
    let kubeconfig = cluster
        .account(&namespace, "watcher", &[all_but_leases], Scope::Cluster)
        .await;
    let watcher = Watcher::beside(&kubeconfig, Some(lease(&namespace, LONG))).await;
    watcher.sync().await;
    assert!(!watcher.says_that_another_runs().await);
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    let rejections = watcher.rejections().await;
    let of_lease = |text: &str| text.contains("leases.coordination.k8s.io");
    let told = rejections.iter().filter(|it| of_lease(&it.reason));
    let told: Vec<_> = told.map(|it| it.object.clone()).collect();
    assert_eq!(told, [format!("Lease {namespace}/{NAME}")]);
    watcher.stop().await;
}
