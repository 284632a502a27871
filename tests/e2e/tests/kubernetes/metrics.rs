//! docs/reference/metrics.md is what the programs expose, in a cluster, too.

use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation};
use tributary_tests_e2e::kubernetes::objects::{apply, manifests, repository};
use tributary_tests_e2e::metrics::differences;
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::node::Node;

/// What is so here; `tests/system` says what of the reference is tried where.
const HOLDING: [&str; 5] = [
    "its source is Kubernetes",
    "its source is Kubernetes, and `--lbc-lease` not `none`",
    "it shares its work by Leases",
    "it writes to Kubernetes",
    "it leads and there is one",
];

#[tokio::test]
async fn each_service_exposes_its_part_of_the_reference() {
    let installation = Installation::of_five().await;
    let cluster = installation.cluster();
    let _node = Node::of_cluster(cluster).await;
    apply(cluster, &manifests(&repository("examples/listenersets"))).await;
    installation.settled().await;
    until("the merger has counted", async || {
        let text = installation.metrics(FIVE[1], 0).await;
        text.contains("tributary_routes{") && text.contains("tributary_load_balancer_quota_used{")
    })
    .await;
    let mut wrong = Vec::new();
    for part in FIVE {
        let text = installation.metrics(part, 0).await;
        wrong.extend(differences(part.name(), &text, &HOLDING));
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
