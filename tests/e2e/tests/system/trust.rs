//! Who may call what, with certificates: each RPC by each identity on running services, through a client that is none of ours.

use std::net::SocketAddr;
use std::time::Duration;

use http::uri::PathAndQuery;
use tokio::time::timeout;
use tonic::client::Grpc;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request};
use tributary_tests_e2e::process::run;
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::trust::{Authority, Ends, Identity, name};
use tributary_tests_e2e::wire::Plain;

use crate::status::{conditions, status};
use crate::system::{FIVE, Part, System};

const PROGRAMMERS: &[&str] = &["alb-programmer", "nlb-programmer"];

/// Where, what, and by whom. Whoever is not named is refused.
const TABLE: &[(Part, &str, &[&str])] = &[
    (
        Part::Watcher,
        "snapshot.v1.SnapshotService/WatchSnapshot",
        &["merger"],
    ),
    (
        Part::Watcher,
        "snapshot.v1.SnapshotService/Sync",
        &["merger"],
    ),
    (
        Part::Watcher,
        "snapshot.v1.SnapshotService/GetSnapshot",
        &["client"],
    ),
    (
        Part::Watcher,
        "snapshot.v1.SnapshotService/ListRejections",
        &["client"],
    ),
    (
        Part::Merger,
        "desired.v1.DesiredService/WatchLoadBalancers",
        PROGRAMMERS,
    ),
    (
        Part::Merger,
        "desired.v1.DesiredService/GetLoadBalancer",
        PROGRAMMERS,
    ),
    (
        Part::Merger,
        "report.v1.ReportService/PublishReports",
        PROGRAMMERS,
    ),
    (
        Part::Merger,
        "judgement.v1.JudgementService/WatchJudgements",
        &["status-writer"],
    ),
    (
        Part::Merger,
        "judgement.v1.JudgementService/AcknowledgeJudgements",
        &["status-writer"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/ListListeners",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/GetListener",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/WatchListeners",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/ListObjects",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/ListLoadBalancers",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/Explain",
        &["client"],
    ),
    (
        Part::Merger,
        "listeners.v1.ListenersService/WaitSettled",
        &["client"],
    ),
    (
        Part::Merger,
        "installation.v1.InstallationService/GetHealth",
        &["client"],
    ),
];

const IDENTITIES: [&str; 6] = [
    "watcher",
    "merger",
    "alb-programmer",
    "nlb-programmer",
    "status-writer",
    "client",
];

/// What an answer begins with is there at once; a stream that is let in may have nothing to say for a long time.
const BEGINS: Duration = Duration::from_secs(10);

/// How a call begins: let in, refused with this code, or no connection at all.
#[derive(Debug, PartialEq, Eq)]
enum Begin {
    LetIn,
    Refused(Code),
    NotConnected,
}

async fn begin(
    server: SocketAddr,
    part: Part,
    authority: &Authority,
    identity: Option<&Identity>,
    method: &str,
) -> Begin {
    let service = if part == Part::Watcher {
        "watcher"
    } else {
        "merger"
    };
    let mut tls = ClientTlsConfig::new()
        .ca_certificate(Certificate::from_pem(&authority.certificate))
        .domain_name(name(service));
    if let Some(Identity { certificate, key }) = identity {
        tls = tls.identity(tonic::transport::Identity::from_pem(certificate, key));
    }
    let endpoint = Endpoint::from_shared(format!("https://{server}")).unwrap();
    let endpoint = endpoint.tls_config(tls).unwrap();
    let Ok(channel) = endpoint.connect().await else {
        return Begin::NotConnected;
    };
    call(channel, method).await
}

/// An empty message is none that any of them needs to be refused for: who is let in hears of the message.
async fn call(channel: Channel, method: &str) -> Begin {
    let mut grpc = Grpc::new(channel);
    if grpc.ready().await.is_err() {
        return Begin::NotConnected;
    }
    let path = PathAndQuery::try_from(format!("/{method}")).unwrap();
    let answer = grpc.server_streaming(Request::new(bytes::Bytes::new()), path, Plain);
    match timeout(BEGINS, answer).await.expect("an answer begins") {
        Ok(_) => Begin::LetIn,
        // In TLS 1.3 a client hears only now that its certificate was refused. What a server says has no source.
        Err(status) if std::error::Error::source(&status).is_some() => Begin::NotConnected,
        Err(status) => match status.code() {
            code @ (Code::PermissionDenied | Code::Unauthenticated) => Begin::Refused(code),
            _ => Begin::LetIn,
        },
    }
}

async fn certified() -> (System, Authority) {
    let mut system = System::new();
    let authority = Authority::new();
    system.certify(&authority);
    std::fs::write(system.source().join("world.yaml"), WORLD).unwrap();
    system.start(Part::Sandbox);
    for part in FIVE {
        system.start(part);
    }
    system.settled().await;
    (system, authority)
}

const WORLD: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: main, namespace: infra}
spec:
  gatewayClassName: alb
  listeners: [{name: web, port: 80, protocol: HTTP}]
";

#[tokio::test]
async fn each_rpc_is_for_those_alone_who_need_it() {
    let (system, authority) = certified().await;
    let address = |part| {
        if part == Part::Watcher {
            system.watcher
        } else {
            system.merger
        }
    };
    for (part, rpc, callers) in TABLE {
        let method = format!("tributary.{rpc}");
        let by = async |identity: Option<&Identity>| {
            begin(address(*part), *part, &authority, identity, &method).await
        };
        for caller in IDENTITIES {
            let identity = authority.identity(&name(caller), Ends::LATER);
            let expected = if callers.contains(&caller) {
                Begin::LetIn
            } else {
                Begin::Refused(Code::PermissionDenied)
            };
            assert_eq!(by(Some(&identity)).await, expected, "{rpc} by {caller}");
        }
        let caller = callers[0];
        assert_eq!(
            by(None).await,
            Begin::Refused(Code::Unauthenticated),
            "{rpc}"
        );
        let ended = authority.identity(&name(caller), Ends::BEFORE);
        assert_eq!(by(Some(&ended)).await, Begin::NotConnected, "{rpc}");
        let stranger = Authority::new().identity(&name(caller), Ends::LATER);
        assert_eq!(by(Some(&stranger)).await, Begin::NotConnected, "{rpc}");
        let other = format!("{caller}.west.services.tributary.dev");
        let other = authority.identity(&other, Ends::LATER);
        let refused = Begin::Refused(Code::PermissionDenied);
        assert_eq!(
            by(Some(&other)).await,
            refused,
            "{rpc} of another installation"
        );
        let nobody = authority.identity("example.com", Ends::LATER);
        let refused = Begin::Refused(Code::PermissionDenied);
        assert_eq!(by(Some(&nobody)).await, refused, "{rpc} by nobody");
    }
}

#[tokio::test]
async fn health_and_reflection_are_for_who_has_a_certificate() {
    let (system, authority) = certified().await;
    let identity = authority.identity(&name("client"), Ends::LATER);
    for method in [
        "grpc.health.v1.Health/Check",
        "grpc.health.v1.Health/Watch",
        "grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
    ] {
        let by =
            async |identity| begin(system.merger, Part::Merger, &authority, identity, method).await;
        assert_eq!(by(Some(&identity)).await, Begin::LetIn, "{method}");
        let refused = Begin::Refused(Code::Unauthenticated);
        assert_eq!(by(None).await, refused, "{method}");
    }
}

#[tokio::test]
async fn certificates_are_renewed_while_everything_runs() {
    let (mut system, _) = certified().await;
    // All of them at once, by another authority: the worst that a renewal can be.
    system.certify(&Authority::new());
    let world = WORLD.replace("port: 80", "port: 81");
    std::fs::write(system.source().join("world.yaml"), world).unwrap();
    // Streams that are open go on, so the change arrives; a question needs a new connection.
    system.settled().await;
    let said = conditions(&status(&system.statuses(), "gateway/infra/main.yaml"));
    assert!(
        said.contains(&"Programmed=True/Programmed".to_owned()),
        "{said:?}"
    );
    // Who starts now has only seen the new one.
    for part in FIVE {
        system.kill(part);
        system.start(part);
    }
    system.settled().await;
}

#[tokio::test]
async fn what_is_wrong_with_a_certificate_is_said_at_the_start() {
    let (system, _) = certified().await;
    let merger = format!("https://{}", system.merger);
    let status = system.status();
    let args = words(&[
        "--status-dir",
        status.to_str().unwrap(),
        "--merger",
        &merger,
    ]);
    let ended = run("tributary-status-writer", &args).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("goes only with --tls-dir"),
        "{}",
        ended.stderr
    );
    let none = words(&["--tls-dir", "nowhere"]);
    let ended = run("tributary-status-writer", &[args, none].concat()).await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stderr.contains("cannot read nowhere/tls.crt"),
        "{}",
        ended.stderr
    );
}
