//! What can only be seen from outside, over a socket.

#![allow(clippy::expect_used)] // a test's helper functions fail the test

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary_sandbox::{Audience, Error, FaultOptions, Options, Sandbox, SeedOptions};

struct Running {
    address: SocketAddr,
    sandbox: Sandbox,
    shutdown: CancellationToken,
    server: JoinSet<Result<(), Error>>,
}

async fn start(faults: &str) -> Running {
    let sandbox = Sandbox::new(Options {
        faults: serde_json::from_str(faults).expect("faults"),
        seed: SeedOptions {
            issued_certificates: Vec::new(),
            ..SeedOptions::default()
        },
        ..Options::default()
    });
    let bound = sandbox
        .clone()
        .bind(([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port");
    let address = bound.local_addr();
    let shutdown = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(bound.serve(shutdown.clone()));
    Running {
        address,
        sandbox,
        shutdown,
        server,
    }
}

/// Everything that comes back until the connection ends.
async fn send(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!(
        "{method} {path} HTTP/1.1\r\nhost: sandbox\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut answer = Vec::new();
    // A connection that is reset has answered nothing: what came before is what there is.
    match stream.read_to_end(&mut answer).await {
        Ok(_) => {}
        Err(error) => assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset),
    }
    String::from_utf8(answer).expect("text")
}

async fn describe_vpcs(address: SocketAddr) -> String {
    send(
        address,
        "POST",
        "/",
        "Action=DescribeVpcs&Version=2016-11-15",
    )
    .await
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    for address in ["0.0.0.0:0", "192.0.2.1:0", "[::]:0"] {
        let sandbox = Sandbox::new(Options::default());
        let refused = sandbox.bind(address.parse().expect("an address")).await;
        assert!(matches!(refused, Err(Error::NotLoopback(_))), "{address}");
    }
}

#[tokio::test]
async fn every_address_is_listened_on_when_anybody_may_ask() {
    let sandbox = Sandbox::new(Options {
        audience: Audience::Anybody,
        ..Options::default()
    });
    let bound = sandbox.bind("0.0.0.0:0".parse().expect("an address")).await;
    let address = bound.expect("a free port").local_addr();
    assert!(
        address.ip().is_unspecified() && address.port() != 0,
        "{address}"
    );
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let running = start("{}").await;
    let second = Sandbox::new(Options::default()).bind(running.address).await;
    let error = second.err().expect("two servers cannot have one port");
    assert_eq!(
        error.to_string(),
        format!("cannot listen on {}", running.address)
    );
}

#[tokio::test]
async fn unsigned_requests_go_to_the_default_region() {
    let running = start("{}").await;
    let zones = "Action=DescribeAvailabilityZones&Version=2016-11-15";
    let answer = send(running.address, "POST", "/", zones).await;
    assert!(
        answer.contains("<zoneName>us-west-2a</zoneName>"),
        "{answer}"
    );
}

#[tokio::test]
async fn a_reset_answers_nothing_at_all() {
    let rules = r#"{"rules": [{"operation": "DescribeVpcs", "kind": "reset", "times": 1}]}"#;
    let running = start(rules).await;
    assert_eq!(describe_vpcs(running.address).await, "");
    assert!(describe_vpcs(running.address).await.contains("<vpcSet>"));
}

#[tokio::test]
async fn faults_and_calls_have_a_side_door() {
    let running = start("{}").await;
    let address = running.address;
    let rules = r#"{"rules": [{"operation": "DescribeVpcs", "kind": "throttle", "times": 1}]}"#;
    let put = send(address, "PUT", "/_sandbox/faults", rules).await;
    assert!(put.starts_with("HTTP/1.1 200"), "{put}");
    let throttled = describe_vpcs(address).await;
    assert!(throttled.starts_with("HTTP/1.1 503"), "{throttled}");
    assert!(
        throttled.contains("<Code>RequestLimitExceeded</Code>"),
        "{throttled}"
    );
    assert_eq!(running.sandbox.faults().rules[0].times, Some(0));
    let calls = send(address, "GET", "/_sandbox/calls", "").await;
    assert!(calls.contains(r#""ec2:DescribeVpcs":1"#), "{calls}");
    let bad = send(address, "PUT", "/_sandbox/faults", r#"{"rule": []}"#).await;
    assert!(bad.starts_with("HTTP/1.1 422"), "{bad}");
    let lost = send(address, "GET", "/_sandbox/nowhere", "").await;
    assert!(lost.starts_with("HTTP/1.1 404"), "{lost}");
    send(address, "DELETE", "/_sandbox/faults", "").await;
    assert_eq!(running.sandbox.faults(), FaultOptions::default());
}

#[tokio::test]
async fn interfaces_have_a_side_door() {
    let running = start("{}").await;
    let address = running.address;
    let path = "/_sandbox/interfaces";
    let pod = r#"[{"address": "172.31.0.9"}]"#;
    let put = send(address, "PUT", path, pod).await;
    assert!(put.starts_with("HTTP/1.1 200"), "{put}");
    assert!(put.contains(r#""address":"172.31.0.9""#), "{put}");
    let look = "Action=DescribeNetworkInterfaces&Version=2016-11-15";
    let shown = send(address, "POST", "/", look).await;
    let address_shown = "<privateIpAddress>172.31.0.9</privateIpAddress>";
    assert!(shown.contains(address_shown), "{shown}");
    let elsewhere = format!("{path}?region=eu-west-1");
    let unknown = r#"[{"address": "172.31.0.9", "groups": ["sg-1"]}]"#;
    let refused = send(address, "PUT", &elsewhere, unknown).await;
    assert!(refused.starts_with("HTTP/1.1 422"), "{refused}");
    assert!(refused.contains("InvalidGroup.NotFound"), "{refused}");
    let deleted = send(address, "DELETE", path, r#"["172.31.0.9"]"#).await;
    assert!(deleted.starts_with("HTTP/1.1 204"), "{deleted}");
    let shown = send(address, "POST", "/", look).await;
    assert!(!shown.contains(address_shown), "{shown}");
}

#[tokio::test]
async fn a_shutdown_ends_the_server_and_frees_the_port() {
    let mut running = start("{}").await;
    describe_vpcs(running.address).await;
    running.shutdown.cancel();
    let ended = running.server.join_next().await.expect("a server");
    ended.expect("the task").expect("a clean end");
    assert!(TcpStream::connect(running.address).await.is_err());
}
