//! A GatewayClass that is away for a while takes nothing along.

use std::fs;

use crate::sandbox::state;
use crate::status::{Statuses, assert_equal, conditions, status};
use crate::system::{FIVE, Part, System};
use crate::until;

const CLASS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
";

const OBJECTS: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: main, namespace: infra}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: All}}
  listeners: [{name: web, port: 80, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {name: app, namespace: team-a}
spec:
  parentRef: {name: main, namespace: infra}
  listeners: [{name: extra, port: 8080, protocol: HTTP}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: app, namespace: infra}
spec:
  parentRefs: [{name: main}]
  rules: [{backendRefs: [{name: app, port: 80}]}]
---
apiVersion: v1
kind: Service
metadata: {name: app, namespace: infra}
spec: {ports: [{port: 80}]}
";

/// The ARNs of what serves: load balancers and listeners.
async fn arns(system: &System) -> Vec<String> {
    let state = state(system.sandbox).await;
    let regions = state["regions"].as_object().unwrap().values();
    let names = regions.flat_map(|region| {
        ["load_balancers", "listeners"].map(|what| region[what].as_object().unwrap().clone())
    });
    names
        .flat_map(|things| things.into_iter().map(|(arn, _)| arn))
        .collect()
}

/// What stands as it was before, but for the Gateway's `Accepted` and the class itself.
fn assert_stays(system: &System, before: &Statuses) {
    let mut now = system.statuses();
    let gateway = "gateway/infra/main.yaml";
    let said = status(&now, gateway);
    assert_eq!(
        conditions(&said),
        ["Accepted=Unknown/Pending", "Programmed=True/Programmed"]
    );
    let told = said["conditions"][0]["message"].as_str().unwrap();
    assert!(told.contains("GatewayClass alb is not there"), "{told}");
    assert_eq!(said["addresses"], status(before, gateway)["addresses"]);
    let mut before = before.clone();
    for path in [gateway, "gatewayclass/alb.yaml"] {
        before.remove(path);
        now.remove(path);
    }
    assert_equal(&now, &before, "while the class is away");
}

#[tokio::test]
async fn a_class_that_is_deleted_in_use_takes_no_load_balancer_and_no_status_along() {
    let mut system = System::of_five(FIVE);
    let class = system.source().join("cls.yaml");
    fs::write(&class, CLASS).unwrap();
    fs::write(system.source().join("base.yaml"), OBJECTS).unwrap();
    system.settled().await;
    let (before, serving) = (system.statuses(), arns(&system).await);
    assert_eq!(serving.len(), 3, "a load balancer and two listeners");

    fs::remove_file(&class).unwrap();
    system.settled().await;
    assert_stays(&system, &before);
    assert_eq!(arns(&system).await, serving);
    // Nobody remembers what there was.
    for part in [Part::Merger, Part::AlbProgrammer, Part::StatusWriter] {
        system.kill(part);
        system.start(part);
    }
    system.settled().await;
    until(
        "the programmer has asked whether it is wanted",
        async || system.log(Part::AlbProgrammer).contains("not removed"),
    )
    .await;
    assert_stays(&system, &before);
    assert_eq!(arns(&system).await, serving);

    fs::write(&class, CLASS).unwrap();
    system.settled().await;
    assert_eq!(arns(&system).await, serving);
    let said = status(&system.statuses(), "gateway/infra/main.yaml");
    assert_eq!(
        conditions(&said),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
    let said = status(&system.statuses(), "listenerset/team-a/app.yaml");
    assert_eq!(
        conditions(&said),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
}
