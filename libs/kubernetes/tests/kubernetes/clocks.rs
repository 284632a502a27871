//! Holders whose clocks are minutes off ours: what a Lease says of the time is not asked, only what is seen to change.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::jiff::{SignedDuration, Timestamp};
use kube::api::{Api, Patch, PatchParams};
use serde_json::json;
use tokio::time::interval;
use tributary_kubernetes::lease::Timing;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::shared::shared;

use crate::lease::Candidate;

const AHEAD: SignedDuration = SignedDuration::from_mins(10);
const BEHIND: SignedDuration = SignedDuration::from_mins(-10);

/// A replica whose clock is off by so much.
struct Foreign {
    leases: Api<Lease>,
    off: SignedDuration,
}

impl Foreign {
    async fn holding(cluster: &Cluster, namespace: &str, off: SignedDuration) -> Self {
        let foreign = Self {
            leases: Api::namespaced(cluster.client(), namespace),
            off,
        };
        foreign.renew().await;
        foreign
    }

    /// Takes it, or renews it.
    async fn renew(&self) {
        let now = format!("{:.6}", Timestamp::now() + self.off);
        let lease = json!({
            "apiVersion": "coordination.k8s.io/v1",
            "kind": "Lease",
            "metadata": { "name": "merger" },
            "spec": {
                "holderIdentity": "somebody-else",
                "leaseDurationSeconds": Timing::default().duration.as_secs(),
                "leaseTransitions": 7,
                "acquireTime": now,
                "renewTime": now,
            },
        });
        let params = PatchParams::apply("somebody-else").force();
        self.leases
            .patch("merger", &params, &Patch::Apply(lease))
            .await
            .unwrap();
    }
}

/// By its renewTime it holds for minutes yet, or has not held for minutes.
#[tokio::test]
async fn a_holder_that_renews_no_more_is_followed_after_the_duration_whatever_its_clock_says() {
    let cluster = shared().await;
    for off in [AHEAD, BEHIND] {
        let namespace = cluster.namespace("clocks").await;
        Foreign::holding(&cluster, &namespace, off).await;
        let mut ours = Candidate::start(cluster.kubeconfig(), &namespace).await;
        let begun = Instant::now();
        assert_eq!(ours.leads().await, 8);
        let took = begun.elapsed();
        eprintln!("measured: {took:?} until a holder with a clock {off:#} off was followed");
        // From when it was first seen: not sooner, and not in ten minutes.
        let duration = Timing::default().duration;
        assert!(
            took + Duration::from_secs(1) > duration,
            "{off:#}: {took:?}"
        );
        assert!(
            took < duration + Duration::from_secs(10),
            "{off:#}: {took:?}"
        );
        ours.end().await;
    }
}

#[tokio::test]
async fn a_holder_that_renews_leads_whatever_its_clock_says() {
    let cluster = shared().await;
    let namespace = cluster.namespace("clocks").await;
    let foreign = Foreign::holding(&cluster, &namespace, BEHIND).await;
    let mut ours = Candidate::start(cluster.kubeconfig(), &namespace).await;
    let Timing {
        duration, renew, ..
    } = Timing::default();
    let mut renewals = interval(renew);
    let enough = Instant::now() + 3 * duration;
    while Instant::now() < enough {
        renewals.tick().await;
        foreign.renew().await;
        assert_eq!(ours.leadership.leading(), None, "it leads beside a holder");
    }
    assert!(!ours.leadership.may_write());
    // It was not asleep: as soon as nobody renews, it leads.
    assert_eq!(ours.leads().await, 8);
    ours.end().await;
}
