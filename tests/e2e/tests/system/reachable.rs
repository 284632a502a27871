//! Targets are reached as in AWS: by network interfaces that the nodes and pods of the source have, and by what their security
//! groups let in.

use std::path::Path;

use crate::examples::example;
use crate::sandbox::{calls, health, reset_calls, state};
use crate::status::{Statuses, conditions, of};
use crate::system::{Part, System, words};
use crate::until;

const ENDPOINTS: &str = "without-a-cluster/endpoints.yaml";

/// The user's document, with endpoints.
fn documents_example(to: &Path) {
    std::fs::create_dir(to.join("without-a-cluster")).unwrap();
    for name in [
        "gateway.yaml",
        "listenerset.yaml",
        "route.yaml",
        "service.yaml",
        ENDPOINTS,
    ] {
        std::fs::copy(example("listenersets").join(name), to.join(name)).unwrap();
    }
}

/// `up` with the document's example, programmed and told.
async fn up(more: &[&str]) -> System {
    let mut system = System::new();
    system.more = words(more);
    documents_example(&system.source());
    system.start(Part::Up);
    system.settled().await;
    system
}

/// In the sandbox a target is healthy a second after its registration.
async fn until_health(system: &System, expected: &[&str]) {
    until(&format!("{expected:?}"), async || {
        health(system.sandbox).await == expected
    })
    .await;
}

/// The text of the only object of a kind.
fn of_kind<'s>(statuses: &'s Statuses, kind: &str) -> Option<&'s String> {
    let line = format!("kind: {kind}");
    let mut texts = statuses.values();
    texts.find(|text| text.lines().any(|it| it == line))
}

fn replace(system: &System, file: &str, from: &str, to: &str) {
    let path = system.source().join(file);
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{text}");
    std::fs::write(path, text.replace(from, to)).unwrap();
}

/// First addresses of the network interfaces, each with what holds it.
async fn interfaces(system: &System) -> Vec<(String, String)> {
    let state = state(system.sandbox).await;
    let regions = state["regions"].as_object().unwrap().values();
    let interfaces =
        regions.flat_map(|it| it["network"]["interfaces"].as_object().unwrap().values());
    interfaces
        .map(|interface| {
            let address = interface["addresses"]["primary"].as_str().unwrap();
            (address.to_owned(), interface["holder"].to_string())
        })
        .collect()
}

#[tokio::test]
async fn the_documents_example_ends_with_healthy_targets() {
    let system = up(&[]).await;
    until_health(
        &system,
        &["10.0.1.11:8080 healthy", "10.0.2.12:8080 healthy"],
    )
    .await;
}

#[tokio::test]
async fn without_backend_rules_no_target_is_reached() {
    let system = up(&["--manage-backend-security-groups=false"]).await;
    let expected = ["10.0.1.11:8080", "10.0.2.12:8080"]
        .map(|target| format!("{target} unhealthy Target.Timeout"));
    until_health(&system, &expected.each_ref().map(String::as_str)).await;
    // Each of the three says so, and what serves stays Programmed.
    until("every status tells it", async || {
        let statuses = system.statuses();
        ["Gateway", "ListenerSet", "HTTPRoute"].iter().all(|kind| {
            let told = of_kind(&statuses, kind);
            told.is_some_and(|text| text.contains("Target.Timeout"))
        })
    })
    .await;
    let statuses = system.statuses();
    let conditions = conditions(&of(of_kind(&statuses, "Gateway").unwrap()));
    for condition in [
        "Programmed=True/Programmed",
        "gateway.tributary.dev/Degraded=True/NotAsAsked",
    ] {
        assert!(
            conditions.iter().any(|it| it == condition),
            "{conditions:?}"
        );
    }
}

#[tokio::test]
async fn other_endpoints_are_reached_and_those_before_have_no_interface_any_more() {
    let system = up(&[]).await;
    reset_calls(system.sandbox).await;
    replace(&system, ENDPOINTS, "10.0.1.11", "10.0.1.13");
    until_health(
        &system,
        &["10.0.1.13:8080 healthy", "10.0.2.12:8080 healthy"],
    )
    .await;
    let interfaces = interfaces(&system).await;
    let is_there = |address: &str| interfaces.iter().any(|(it, _)| it == address);
    assert!(
        !is_there("10.0.1.11") && is_there("10.0.1.13"),
        "{interfaces:?}"
    );
    // Its group lets the load balancer in already.
    let calls = calls(system.sandbox).await;
    assert_eq!(
        calls.get("ec2:AuthorizeSecurityGroupIngress"),
        None,
        "{calls:?}"
    );
}

/// The load balancer is let in at the port that targets have, and no longer at the one that none has any more.
#[tokio::test]
async fn another_port_of_endpoints_is_reached() {
    let system = up(&[]).await;
    replace(&system, ENDPOINTS, "port: 8080", "port: 8081");
    until_health(
        &system,
        &["10.0.1.11:8081 healthy", "10.0.2.12:8081 healthy"],
    )
    .await;
}

/// What the sandbox refuses is told, and keeps nobody else out.
#[tokio::test]
async fn endpoints_beside_one_at_a_load_balancers_address_are_reached() {
    let system = up(&[]).await;
    let interfaces = interfaces(&system).await;
    let mut of_load_balancers = interfaces
        .iter()
        .filter(|(_, holder)| holder.contains("application_load_balancer"));
    let (taken, _) = of_load_balancers.next().unwrap();
    let path = system.source().join(ENDPOINTS);
    let text = std::fs::read_to_string(&path).unwrap();
    let text = text
        .replace("10.0.1.11", taken)
        .replace("10.0.2.12", "10.0.2.13");
    std::fs::write(path, text).unwrap();
    until("10.0.2.13 is healthy", async || {
        let health = health(system.sandbox).await;
        health.contains(&"10.0.2.13:8080 healthy".to_owned())
    })
    .await;
    let log = system.log(Part::Up);
    let told = log
        .lines()
        .any(|line| line.contains("InvalidIPAddress.InUse") && line.contains(taken));
    assert!(told, "{log}");
}

fn node(system: &System, name: &str, instance: &str) {
    let text = format!(
        "\
apiVersion: v1
kind: Node
metadata: {{name: {name}}}
spec: {{providerID: 'aws:///us-west-2a/{instance}'}}
status:
  conditions:
  - {{type: Ready, status: 'True'}}
"
    );
    std::fs::write(system.source().join(format!("{name}.yaml")), text).unwrap();
}

#[tokio::test]
async fn nodes_are_instances_that_come_and_go_with_them() {
    let mut system = System::new();
    system.more = words(&["--default-target-type", "instance"]);
    documents_example(&system.source());
    replace(
        &system,
        "service.yaml",
        "    targetPort: 8080\n---",
        "    targetPort: 8080\n    nodePort: 30080\n  type: NodePort\n---",
    );
    node(&system, "first", "i-0000000000000000a");
    system.start(Part::Up);
    system.settled().await;
    until_health(&system, &["i-0000000000000000a:30080 healthy"]).await;
    node(&system, "second", "i-0000000000000000b");
    let both = [
        "i-0000000000000000a:30080 healthy",
        "i-0000000000000000b:30080 healthy",
    ];
    until_health(&system, &both).await;
    std::fs::remove_file(system.source().join("first.yaml")).unwrap();
    until_health(&system, &["i-0000000000000000b:30080 healthy"]).await;
    let state = state(system.sandbox).await;
    let instances = &state["regions"]["us-west-2"]["network"]["instances"];
    let ids: Vec<&String> = instances.as_object().unwrap().keys().collect();
    assert_eq!(ids, ["i-0000000000000000b"]);
}

/// A range of the VPC, and one that only the interface has.
#[tokio::test]
async fn endpoints_of_ipv6_are_reached() {
    let mut system = System::new();
    documents_example(&system.source());
    replace(
        &system,
        "gateway.yaml",
        "  gatewayClassName: aws-alb-gateway-class\n",
        "  gatewayClassName: aws-alb-gateway-class
  infrastructure:
    parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: both}
",
    );
    let both = "\
apiVersion: gateway.k8s.aws/v1beta1
kind: LoadBalancerConfiguration
metadata: {name: both, namespace: infra}
spec: {ipAddressType: dualstack}
";
    std::fs::write(system.source().join("both.yaml"), both).unwrap();
    replace(
        &system,
        "service.yaml",
        "  selector:\n    app: my-app\n  ports:\n  - name: http",
        "  ipFamilies: [IPv6]\n  ports:\n  - name: http",
    );
    replace(&system, ENDPOINTS, "addressType: IPv4", "addressType: IPv6");
    replace(&system, ENDPOINTS, "10.0.1.11", "'2001:db8:1234:1a00::11'");
    replace(&system, ENDPOINTS, "10.0.2.12", "'fd00::12'");
    system.start(Part::Up);
    system.settled().await;
    let expected = [
        "2001:db8:1234:1a00::11:8080 healthy",
        "fd00::12:8080 healthy",
    ];
    until_health(&system, &expected).await;
}

/// Another region than the sandbox's usual one.
#[tokio::test]
async fn targets_are_reached_in_the_region_that_is_asked_for() {
    let system = up(&["--region", "eu-central-1", "--cluster", "blue"]).await;
    until_health(
        &system,
        &["10.0.1.11:8080 healthy", "10.0.2.12:8080 healthy"],
    )
    .await;
    let state = state(system.sandbox).await;
    let regions: Vec<&String> = state["regions"].as_object().unwrap().keys().collect();
    assert_eq!(regions, ["eu-central-1"]);
}
