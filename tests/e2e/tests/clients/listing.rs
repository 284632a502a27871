//! `list`: what is there, page by page, and what passes a filter.

use serde_json::{Value, json};
use tempfile::TempDir;
use tributary_tests_e2e::process::{Process, run_other};
use tributary_tests_e2e::relay::Relay;
use tributary_tests_e2e::system::{System, words};
use tributary_tests_e2e::until;

use crate::client::{CLIENTS, Client, certified, lines, told_by_get};
use crate::world;

/// What is listed, and in how many pages.
async fn list(client: Client, system: &System, more: &[&str]) -> (Vec<Value>, usize) {
    let args = [
        words(&["list"]),
        certified(system, system.merger),
        words(more),
    ]
    .concat();
    let ended = run_other(&client.program(), &args).await;
    assert_eq!(ended.code, Some(0), "{client:?}: {}", ended.stderr);
    let pages = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with("page "));
    (lines(&ended.stdout), pages.count())
}

async fn check(system: &System, all: &[Value], more: &[&str], passes: impl Fn(&Value) -> bool) {
    let expected: Vec<&Value> = all.iter().filter(|listener| passes(listener)).collect();
    assert!(
        (1..all.len()).contains(&expected.len()),
        "{more:?} lets some pass: {expected:#?}"
    );
    for client in CLIENTS {
        let (listed, _) = list(client, system, more).await;
        assert_eq!(
            listed.iter().collect::<Vec<_>>(),
            expected,
            "{client:?} {more:?}"
        );
    }
}

#[tokio::test]
async fn three_clients_list_what_the_command_shows() {
    let system = world::system().await;
    let all = told_by_get(&system).await;
    assert_eq!(all.len(), 7, "{all:#?}");
    for client in CLIENTS {
        assert_eq!(
            list(client, &system, &[]).await,
            (all.clone(), 1),
            "{client:?}"
        );
        let by_three = list(client, &system, &["--page-size", "3"]).await;
        assert_eq!(by_three, (all.clone(), 3), "{client:?}");
    }
    check(&system, &all, &["--namespace", "green"], |listener| {
        listener["owner"]["namespace"] == "green"
    })
    .await;
    check(&system, &all, &["--gateway", "infra/main"], |listener| {
        listener["gateway"] == json!({"namespace": "infra", "name": "main"})
    })
    .await;
    check(&system, &all, &["--state", "Conflicted"], |listener| {
        listener["state"] == "Conflicted"
    })
    .await;
    check(
        &system,
        &all,
        &["--hostname", "green.example.com"],
        |listener| listener["hostname"] == "green.example.com",
    )
    .await;
    check(&system, &all, &["--hostname", ""], |listener| {
        listener["hostname"].is_null()
    })
    .await;
    let several = [
        "--namespace",
        "green",
        "--state",
        "Conflicted,Programmed",
        "--hostname",
        "shop.example.com",
    ];
    check(&system, &all, &several, |listener| {
        listener["owner"]["namespace"] == "green" && listener["hostname"] == "shop.example.com"
    })
    .await;
}

#[tokio::test]
async fn three_clients_select_by_labels_of_owners() {
    let system = world::system().await;
    let all = told_by_get(&system).await;
    check(&system, &all, &["--label", "team=green"], |listener| {
        listener["owner"]["namespace"] == "green"
    })
    .await;
    let both = ["--label", "team=green", "--label", "tier=web"];
    for client in CLIENTS {
        let (listed, _) = list(client, &system, &both).await;
        assert_eq!(listed, Vec::<Value>::new(), "{client:?}");
    }
}

#[tokio::test]
async fn who_is_not_let_in_is_told() {
    let system = world::system().await;
    let ca = system.certificates("client").join("ca.crt");
    let mut args = words(&["list", "--server", &system.merger.to_string(), "--ca"]);
    args.push(ca.into());
    for client in CLIENTS {
        let ended = run_other(&client.program(), &args).await;
        assert_eq!(ended.code, Some(1), "{client:?}");
        let said = ended.stderr;
        assert!(
            said.contains("a client certificate is needed"),
            "{client:?}: {said}"
        );
        assert_eq!(ended.stdout, "", "{client:?}");
    }
}

#[tokio::test]
async fn a_list_asks_again_while_nobody_answers() {
    let system = world::system().await;
    let all = told_by_get(&system).await;
    let folder = TempDir::new().unwrap();
    for client in CLIENTS {
        let relay = Relay::to(system.merger).await;
        relay.cut();
        let args = [words(&["list"]), certified(&system, relay.address)].concat();
        let out = folder.path().join(format!("{client:?}.out"));
        let log = folder.path().join(format!("{client:?}.log"));
        let process = Process::start_other(&client.program(), &args, &out, &log);
        until("it has failed", async || {
            let log = std::fs::read_to_string(&log).unwrap();
            log.lines().any(|line| line.starts_with("failed: "))
        })
        .await;
        relay.mend();
        let ended = process.ended(std::time::Duration::from_secs(30)).await;
        assert_eq!(ended.code(), Some(0), "{client:?}");
        let listed = lines(&std::fs::read_to_string(&out).unwrap());
        assert_eq!(listed, all, "{client:?}");
    }
}

#[tokio::test]
async fn a_list_gives_up_where_nobody_ever_answers() {
    let system = world::system().await;
    let relay = Relay::to(system.merger).await;
    relay.cut();
    let args = [words(&["list"]), certified(&system, relay.address)].concat();
    for client in CLIENTS {
        let ended = run_other(&client.program(), &args).await;
        assert_eq!(ended.code, Some(1), "{client:?}: {}", ended.stderr);
        let tries = ended
            .stderr
            .lines()
            .filter(|line| line.starts_with("failed: "));
        assert_eq!(tries.count(), 7, "{client:?}: {}", ended.stderr);
    }
}
