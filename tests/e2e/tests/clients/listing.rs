//! `list`: what is there, page by page, and what passes a filter.

use serde_json::{Value, json};
use tributary_tests_e2e::process::run_other;
use tributary_tests_e2e::system::{System, words};

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
