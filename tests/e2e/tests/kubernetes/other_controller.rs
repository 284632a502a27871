//! The AWS Load Balancer Controller beside the five: its Lease is held, and nothing else of it is there.

use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{apply, conditions, get, named};
use tributary_tests_e2e::until;

/// Ours, of an ALB.
const FINALIZER: &str = "gateway.tributary.dev/load-balancer-alb";

fn web(name: &str) -> Value {
    let mut gateway = named("Gateway", "default", name);
    gateway["spec"] = json!({
        "gatewayClassName": "alb",
        "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
    });
    gateway
}

/// Waits until a Gateway has a condition that begins so.
async fn says(installation: &Installation, gateway: &Value, expected: &str) {
    until(expected, async || {
        let found = get(installation.cluster(), gateway).await;
        let said = found.map(|found| conditions(&found["status"]));
        said.is_some_and(|said| said.iter().any(|it| it.starts_with(expected)))
    })
    .await;
}

#[tokio::test]
async fn a_gateway_is_left_to_a_program_that_serves_its_class_unless_it_is_ours_already() {
    let mut installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    let (theirs, mut ours) = (web("theirs"), web("ours"));
    ours["metadata"]["finalizers"] = json!([FINALIZER]);
    let class = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": { "name": "alb" },
        "spec": { "controllerName": "gateway.k8s.aws/alb" },
    });
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": "aws-load-balancer-controller-leader", "namespace": "kube-system" },
        "spec": {
            "holderIdentity": "lbc",
            "leaseDurationSeconds": 60,
            "renewTime": "2026-01-01T00:00:00.000000Z",
        },
    });
    let objects = [lease, class, theirs.clone(), ours.clone()];
    apply(cluster, &objects).await;
    for part in FIVE {
        installation.start(part, 0);
    }
    let left = "gateway.tributary.dev/Managed=False/ClassServedByAnotherController";
    says(&installation, &theirs, left).await;
    says(&installation, &ours, "Programmed=True").await;
    let found = get(installation.cluster(), &theirs).await.unwrap();
    assert_eq!(found["metadata"].get("finalizers"), None);
    let class = get(installation.cluster(), &objects[1]).await.unwrap();
    let written = class["status"]["conditions"].as_array().cloned();
    let accepted = |it: &Value| it["type"] == "Accepted" && it["status"] == "True";
    assert!(!written.unwrap_or_default().iter().any(accepted));

    // Its Gateway features are off, says whoever runs both.
    assert_eq!(installation.stop(Part::Watcher, 0).await, Some(0));
    installation.start_with(Part::Watcher, 0, &["--lbc-lease", "none"]);
    says(&installation, &theirs, "Programmed=True").await;
    let found = get(installation.cluster(), &theirs).await.unwrap();
    assert!(
        !conditions(&found["status"])
            .iter()
            .any(|it| it.contains("Managed"))
    );
    assert_eq!(found["metadata"]["finalizers"], json!([FINALIZER]));
}
