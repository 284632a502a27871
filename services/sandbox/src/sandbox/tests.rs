use std::io::Write;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};

use crate::call_log::Outcome;
use crate::clock::{Clock, ManualClock};
use crate::faults::FaultOptions;
use crate::operation::Parameters;
use crate::options::{Options, SeedInterface, SeedOptions};
use crate::service::Service;
use crate::wire::Call;
use crate::wire::tree::Tree;

use super::{Reply, Sandbox};

fn sandbox(faults: Value) -> (Sandbox, ManualClock) {
    let clock = ManualClock::starting_at("2026-01-01T00:00:00Z".parse().unwrap());
    let sandbox = Sandbox::new(Options {
        clock: Clock::Manual(clock.clone()),
        faults: serde_json::from_value(faults).unwrap(),
        seed: SeedOptions {
            issued_certificates: Vec::new(),
            ..SeedOptions::default()
        },
        ..Options::default()
    });
    (sandbox, clock)
}

/// Calls EC2 with `name=value` pairs: the answer, an error code, or `closed`.
async fn call(sandbox: &Sandbox, region: &str, operation: &str, pairs: &[(&str, &str)]) -> Value {
    call_of(sandbox, Service::Ec2, region, operation, pairs).await
}

async fn call_of(
    sandbox: &Sandbox,
    service: Service,
    region: &str,
    operation: &str,
    pairs: &[(&str, &str)],
) -> Value {
    let pairs = pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    let reply = sandbox
        .call(Call {
            service,
            operation: operation.to_owned(),
            region: Some(region.to_owned()),
            parameters: Parameters::Query(Tree::from_pairs(pairs).unwrap()),
        })
        .await;
    match reply {
        Reply::Answer(Ok(answer)) => answer,
        Reply::Answer(Err(error)) => json!(error.code),
        Reply::Close => json!("closed"),
    }
}

async fn create(sandbox: &Sandbox, name: &str) -> Value {
    let pairs = [("GroupName", name), ("GroupDescription", "d")];
    call(sandbox, "us-west-2", "CreateSecurityGroup", &pairs).await
}

async fn names(sandbox: &Sandbox, region: &str) -> Vec<String> {
    let shown = call(sandbox, region, "DescribeSecurityGroups", &[]).await;
    let groups = shown["securityGroupInfo"].as_array().expect("groups");
    let mut names: Vec<String> = groups
        .iter()
        .map(|group| group["groupName"].as_str().unwrap().to_owned())
        .filter(|name| name != "default")
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn operations_outside_are_unknown_in_each_service_s_words() {
    let (sandbox, _) = sandbox(json!({}));
    for (service, operation, wanted) in [
        (Service::Elbv2, "CreateTrustStore", "InvalidAction"),
        (Service::Ec2, "RebootInstances", "InvalidAction"),
        (Service::Sts, "AssumeRole", "InvalidAction"),
        (
            Service::Acm,
            "ExportCertificate",
            "UnknownOperationException",
        ),
        (
            Service::Tagging,
            "TagResources",
            "UnknownOperationException",
        ),
    ] {
        let found = call_of(&sandbox, service, "us-west-2", operation, &[]).await;
        assert_eq!(found, wanted, "{operation}");
    }
}

#[tokio::test]
async fn regions_are_apart() {
    let (sandbox, _) = sandbox(json!({}));
    create(&sandbox, "web").await;
    assert_eq!(names(&sandbox, "us-west-2").await, ["web"]);
    assert!(names(&sandbox, "eu-west-1").await.is_empty());
}

#[tokio::test]
async fn a_lost_answer_took_effect_and_a_reset_did_not() {
    let (sandbox, _) = sandbox(json!({"rules": [
        {"operation": "Create*", "kind": "lost_answer", "times": 1},
        {"operation": "Create*", "kind": "reset", "times": 1},
    ]}));
    assert_eq!(create(&sandbox, "lost").await, "closed");
    assert_eq!(create(&sandbox, "reset").await, "closed");
    assert_eq!(names(&sandbox, "us-west-2").await, ["lost"]);
    let outcomes: Vec<Outcome> = sandbox
        .call_log()
        .into_iter()
        .map(|record| record.outcome)
        .collect();
    assert_eq!(outcomes, [Outcome::LostAnswer, Outcome::Reset, Outcome::Ok]);
}

#[tokio::test]
async fn a_refused_write_is_answered_even_when_its_answer_should_get_lost() {
    let (sandbox, _) = sandbox(json!({"rules": [{"operation": "*", "kind": "lost_answer"}]}));
    assert_eq!(create(&sandbox, "sg-1").await, "InvalidParameterValue");
}

#[tokio::test]
async fn a_stale_read_sees_the_state_before_the_last_writes() {
    let (sandbox, _) = sandbox(json!({"rules": [
        {"operation": "Describe*", "kind": "stale", "writes": 2, "times": 1},
    ]}));
    for name in ["a", "b", "c"] {
        create(&sandbox, name).await;
    }
    assert_eq!(names(&sandbox, "us-west-2").await, ["a"]);
    assert_eq!(names(&sandbox, "us-west-2").await, ["a", "b", "c"]);
}

#[tokio::test]
async fn a_stale_read_sees_the_state_of_then() {
    let (sandbox, clock) = sandbox(json!({"rules": [
        {"operation": "Describe*", "kind": "stale", "millis": 1500},
    ]}));
    for name in ["a", "b", "c"] {
        create(&sandbox, name).await;
        clock.advance(Duration::from_secs(1));
    }
    // Written 3, 2 and 1 seconds ago.
    assert_eq!(names(&sandbox, "us-west-2").await, ["a", "b"]);
    clock.advance(Duration::from_secs(1));
    assert_eq!(names(&sandbox, "us-west-2").await, ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn latency_delays() {
    let (sandbox, _) = sandbox(json!({"latency_ms": 20}));
    let start = tokio::time::Instant::now();
    names(&sandbox, "us-west-2").await;
    assert_eq!(start.elapsed(), Duration::from_millis(20));
}

#[tokio::test]
async fn faults_change_while_running() {
    let (sandbox, _) = sandbox(json!({}));
    let always = json!({"rules": [{"operation": "*", "kind": "throttle"}]});
    sandbox.set_faults(serde_json::from_value(always).unwrap());
    assert_eq!(create(&sandbox, "web").await, "RequestLimitExceeded");
    sandbox.set_faults(FaultOptions::default());
    create(&sandbox, "web").await;
    assert_eq!(names(&sandbox, "us-west-2").await, ["web"]);
}

#[tokio::test]
async fn calls_are_counted() {
    let (sandbox, _) = sandbox(json!({}));
    create(&sandbox, "web").await;
    create(&sandbox, "web").await;
    names(&sandbox, "us-west-2").await;
    call(&sandbox, "us-west-2", "DescribeVolumes", &[]).await;
    let counts = sandbox.call_counts();
    assert_eq!(
        (counts.total, counts.reads, counts.writes, counts.failed),
        (4, 2, 2, 2)
    );
    assert_eq!(counts.operations["ec2:CreateSecurityGroup"], 2);
    sandbox.reset_calls();
    assert_eq!(sandbox.call_counts().total, 0);
}

#[tokio::test]
async fn quotas_change_while_running() {
    let (sandbox, _) = sandbox(json!({}));
    let mut quotas = sandbox.quotas();
    quotas.security_groups_per_vpc = 2;
    names(&sandbox, "us-west-2").await;
    sandbox.set_quotas(quotas);
    create(&sandbox, "web").await;
    assert_eq!(create(&sandbox, "more").await, "SecurityGroupLimitExceeded");
}

fn seed(value: Value) -> Vec<SeedInterface> {
    serde_json::from_value(value).unwrap()
}

async fn interfaces(sandbox: &Sandbox) -> Value {
    let shown = call(sandbox, "us-west-2", "DescribeNetworkInterfaces", &[]).await;
    shown["networkInterfaceSet"].clone()
}

/// A sandbox with a cluster's security group.
fn with_cluster() -> Sandbox {
    Sandbox::new(Options {
        seed: SeedOptions {
            issued_certificates: Vec::new(),
            cluster: Some("demo".to_owned()),
            ..SeedOptions::default()
        },
        ..Options::default()
    })
}

#[tokio::test]
async fn interfaces_are_seeded_once_however_often_they_are_asked_for() {
    let sandbox = with_cluster();
    let world = json!([
        {"address": "172.31.0.9", "instanceId": "i-0abc", "prefixes": ["172.31.0.32/28"]},
        {"address": "172.31.0.10", "instanceId": "i-0abc", "secondaryAddresses": ["172.31.0.50"]},
        {"address": "10.244.0.5", "groupName": "pods"},
        {"address": "2001:db8:1234:1a00::9"},
        {"address": "172.31.0.33"},
        {"address": "172.31.0.50"},
    ]);
    let first = sandbox.seed_interfaces(None, &seed(world.clone())).unwrap();
    let again = sandbox.seed_interfaces(None, &seed(world)).unwrap();
    assert_eq!(first, again);
    let shown = interfaces(&sandbox).await;
    // An address of the first one's prefix, and the second one of the second.
    assert_eq!(shown.as_array().unwrap().len(), 4);
    assert_eq!(first[4].network_interface_id, first[0].network_interface_id);
    assert_eq!(first[5].network_interface_id, first[1].network_interface_id);
    assert_eq!(names(&sandbox, "us-west-2").await.len(), 2);
    let nodes = call(&sandbox, "us-west-2", "DescribeInstances", &[]).await;
    let node = &nodes["reservationSet"][0]["instancesSet"][0];
    assert_eq!(node["privateIpAddress"], "172.31.0.9");
    assert_eq!(node["networkInterfaceSet"].as_array().unwrap().len(), 2);
    let tags = [
        ("Filter.1.Name", "tag:kubernetes.io/cluster/demo"),
        ("Filter.1.Value.1", "owned"),
    ];
    let groups = call(&sandbox, "us-west-2", "DescribeSecurityGroups", &tags).await;
    let cluster = groups["securityGroupInfo"][0]["groupId"].as_str().unwrap();
    assert_eq!(first[0].groups, [cluster]);
    assert_ne!(first[2].groups, [cluster]);
}

#[tokio::test]
async fn a_seeded_interface_changes_and_goes() {
    let sandbox = with_cluster();
    let made = sandbox
        .seed_interfaces(None, &seed(json!([{"address": "172.31.0.9"}])))
        .unwrap();
    let changed = json!([{"address": "172.31.0.9", "groupName": "pods", "secondaryAddresses": ["172.31.0.10"]}]);
    let changed = sandbox.seed_interfaces(None, &seed(changed)).unwrap();
    assert_eq!(
        made[0].network_interface_id,
        changed[0].network_interface_id
    );
    assert_ne!(made[0].groups, changed[0].groups);
    let shown = interfaces(&sandbox).await;
    let addresses = shown[0]["privateIpAddressesSet"].as_array().unwrap();
    assert_eq!(addresses.len(), 2);
    sandbox.remove_interfaces(None, &["172.31.0.9".parse().unwrap()]);
    assert_eq!(interfaces(&sandbox).await, json!([]));
}

#[tokio::test]
async fn a_node_goes_with_its_last_interface() {
    let sandbox = with_cluster();
    let node = json!([
        {"address": "172.31.0.9", "instanceId": "i-0abc"},
        {"address": "172.31.0.10", "instanceId": "i-0abc"},
    ]);
    sandbox.seed_interfaces(None, &seed(node)).unwrap();
    for (address, left) in [("172.31.0.9", 1), ("172.31.0.10", 0)] {
        sandbox.remove_interfaces(None, &[address.parse().unwrap()]);
        let shown = call(&sandbox, "us-west-2", "DescribeInstances", &[]).await;
        assert_eq!(shown["reservationSet"].as_array().unwrap().len(), left);
    }
}

#[tokio::test]
async fn what_cannot_be_seeded_changes_nothing() {
    let sandbox = with_cluster();
    for (wrong, wanted) in [
        (json!({"address": "172.31.0.9"}), "InvalidParameterValue"),
        (
            json!({"address": "172.31.0.10", "groups": ["sg-1"]}),
            "InvalidGroup.NotFound",
        ),
        (
            json!({"address": "172.31.0.10", "groups": ["sg-1"], "groupName": "pods"}),
            "InvalidParameterCombination",
        ),
    ] {
        let both = json!([{"address": "172.31.0.9"}, wrong]);
        let refused = sandbox.seed_interfaces(None, &seed(both)).unwrap_err();
        assert_eq!(refused.code, wanted);
        assert_eq!(interfaces(&sandbox).await, json!([]));
    }
}

/// Everything that is logged in a test, as text.
#[derive(Clone, Default)]
struct Written(Arc<Mutex<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn each_refused_call_is_logged_once_and_in_few_words() {
    let written = Written::default();
    let writer = written.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::INFO)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    let _default = tracing::subscriber::set_default(subscriber);
    let throttle = json!({"operation": "DescribeSubnets", "kind": "throttle", "times": 1});
    let (sandbox, _) = sandbox(json!({"rules": [throttle]}));
    call(&sandbox, "us-west-2", "DescribeVpcs", &[]).await;
    call(&sandbox, "us-west-2", "DescribeSubnets", &[]).await;
    create(&sandbox, &format!("sg-{}", "x".repeat(100_000))).await;
    call(&sandbox, "us-west-2", "RebootInstances", &[]).await;
    let text = String::from_utf8(written.0.lock().unwrap().clone()).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    for (line, words) in lines.iter().zip([
        [
            "INFO",
            "DescribeSubnets",
            "RequestLimitExceeded",
            "us-west-2",
        ],
        [
            "INFO",
            "CreateSecurityGroup",
            "InvalidParameterValue",
            "sg-xxx",
        ],
        ["INFO", "RebootInstances", "InvalidAction", "ec2"],
    ]) {
        assert!(words.iter().all(|word| line.contains(word)), "{line}");
        assert!(line.len() < 600, "{} bytes", line.len());
    }
    assert_eq!(lines.len(), 3, "{text}");
}
