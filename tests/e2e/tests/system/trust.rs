//! Who may call what, with certificates: each RPC by each identity on running services, through a client that is none of ours.

use std::collections::BTreeSet;
use std::time::Duration;

use bytes::Bytes;
use regex::Regex;
use tempfile::TempDir;
use tonic::Code;
use tributary_tests_e2e::process::{Process, run};
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::trust::{Authority, Begin, Ends, Identity, Shown, begin, name};
use tributary_tests_e2e::web::{get, until_status};
use tributary_tests_e2e::{address, until};
use walkdir::WalkDir;

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

/// All that the contracts have, `package.v1.Service/Method` without the project's name: what people generate their clients from.
fn every_rpc() -> BTreeSet<String> {
    let part = Regex::new(r"(?m)^package tributary\.(.*);|^service (\w+)|^\s+rpc (\w+)\(").unwrap();
    let contracts = concat!(env!("CARGO_MANIFEST_DIR"), "/../../proto");
    let files = WalkDir::new(contracts).into_iter().map(Result::unwrap);
    let protos = files.filter(|file| file.path().extension().is_some_and(|it| it == "proto"));
    let mut rpcs = BTreeSet::new();
    for file in protos {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let (mut package, mut service) = (String::new(), String::new());
        for found in part.captures_iter(&text) {
            let named = |number| found.get(number).map(|it| it.as_str().to_owned());
            if let Some(name) = named(1) {
                package = name;
            } else if let Some(name) = named(2) {
                service = name;
            } else if let Some(name) = named(3) {
                rpcs.insert(format!("{package}.{service}/{name}"));
            }
        }
    }
    rpcs
}

#[test]
fn every_rpc_of_the_contracts_has_a_row() {
    let rows: BTreeSet<String> = TABLE.iter().map(|(_, rpc, _)| (*rpc).to_owned()).collect();
    assert_eq!(rows, every_rpc());
    assert_eq!(rows.len(), TABLE.len());
}

const IDENTITIES: [&str; 6] = [
    "watcher",
    "merger",
    "alb-programmer",
    "nlb-programmer",
    "status-writer",
    "client",
];

fn name_of(part: Part) -> &'static str {
    if part == Part::Watcher {
        "watcher"
    } else {
        "merger"
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
    let strange = Authority::new();
    for (part, rpc, callers) in TABLE {
        let method = format!("tributary.{rpc}");
        let by = async |identity: Option<&Identity>| {
            let shown = identity.map_or(Shown::Nothing, Shown::Certificate);
            begin(
                address(*part),
                name_of(*part),
                &authority,
                shown,
                &method,
                Bytes::new(),
            )
            .await
        };
        for caller in IDENTITIES {
            let identity = authority.identity(&name(caller), Ends::LATER);
            let expected = if callers.contains(&caller) {
                Begin::LetIn
            } else {
                Begin::Refused(Code::PermissionDenied)
            };
            assert_eq!(by(Some(&identity)).await, expected, "{rpc} by {caller}");
            // Whoever it says it is.
            let of_west = format!("{caller}.west.services.tributary.dev");
            for (what, identity, expected) in [
                (
                    "expired",
                    authority.identity(&name(caller), Ends::BEFORE),
                    Begin::NotConnected,
                ),
                (
                    "another authority's",
                    strange.identity(&name(caller), Ends::LATER),
                    Begin::NotConnected,
                ),
                (
                    "another installation's",
                    authority.identity(&of_west, Ends::LATER),
                    Begin::Refused(Code::PermissionDenied),
                ),
            ] {
                let begun = by(Some(&identity)).await;
                assert_eq!(begun, expected, "{rpc} by {caller}, {what}");
            }
        }
        let refused = Begin::Refused(Code::Unauthenticated);
        assert_eq!(by(None).await, refused, "{rpc} by nobody");
        // With folders there is no API server to say whose a token is.
        let token = Shown::Token("a.b.c");
        let service = name_of(*part);
        let by_token = begin(
            address(*part),
            service,
            &authority,
            token,
            &method,
            Bytes::new(),
        );
        let refused = Begin::Refused(Code::Unauthenticated);
        assert_eq!(by_token.await, refused, "{rpc} by token");
        let nobody = authority.identity("example.com", Ends::LATER);
        let refused = Begin::Refused(Code::PermissionDenied);
        assert_eq!(by(Some(&nobody)).await, refused, "{rpc} by another's name");
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
        let by = async |shown| {
            begin(
                system.merger,
                "merger",
                &authority,
                shown,
                method,
                Bytes::new(),
            )
            .await
        };
        let shown = Shown::Certificate(&identity);
        assert_eq!(by(shown).await, Begin::LetIn, "{method}");
        let refused = Begin::Refused(Code::Unauthenticated);
        assert_eq!(by(Shown::Nothing).await, refused, "{method}");
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
}

#[tokio::test]
async fn a_certificate_is_waited_for_and_what_is_wrong_with_it_is_said() {
    let (system, folder) = (System::new(), TempDir::new().unwrap());
    let admin = address::free(system.watcher.ip()).to_string();
    let tls = folder.path().join("watcher");
    let mut args = words(&["--admin-listen", &admin, "--grpc-listen"]);
    args.extend(words(&[&system.watcher.to_string(), "--source"]));
    args.extend([system.source().into(), "--tls-dir".into(), tls.into()]);
    let log = folder.path().join("log");
    let watcher = Process::start("tributary-watcher", &args, &log);
    let page = format!("http://{admin}/readyz");
    let is_said = async |why: &str| {
        until(why, async || {
            let answer = get(&page).await;
            answer.is_ok_and(|(status, text)| status == 503 && text.contains(why))
        })
        .await;
    };
    is_said("watcher/certificate: cannot read").await;
    let authority = Authority::new();
    let write = |identity: &Identity| {
        authority.write_identity(folder.path(), "watcher", identity);
    };
    write(&authority.identity(&name("watcher"), Ends::BEFORE));
    is_said("watcher/tls.crt ended at").await;
    write(&authority.identity(&name("merger"), Ends::LATER));
    is_said("and not for watcher.tributary.services.tributary.dev").await;
    write(&Authority::new().identity(&name("watcher"), Ends::LATER));
    is_said("tls.crt is not believed by the authorities of ca.crt").await;
    write(&authority.identity(&name("watcher"), Ends::LATER));
    until_status(&page, 200).await;
    // The same process all the time.
    watcher.terminate();
    assert_eq!(watcher.ended(Duration::from_secs(25)).await.code(), Some(0));
}
