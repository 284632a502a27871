//! Whole commands against a server in this process.

use std::sync::Arc;

use clap::Parser;
use tributary_model::view::ListenerView;
use tributary_model::{Kind, OwnerKind};

use super::fixtures::server::Server;
use super::fixtures::{gateway, labels, listener_set, load_balancer, lost, of, own, plain, served};
use super::output::Output;
use super::{describe, everything, explain, get, wait};
use crate::args::{Cli, Command};

fn server() -> Server {
    Server {
        objects: vec![gateway(), listener_set("team-a")],
        load_balancers: vec![load_balancer()],
        ..Server::of([
            served(own("https"), 0),
            lost(of("team-a", "https"), 1, own("https")),
        ])
    }
}

/// What a command line prints, or its error.
async fn run(server: Server, line: &str) -> String {
    let client = server.client();
    let mut out = Vec::new();
    let words = ["tributary"].into_iter().chain(line.split(' '));
    let done = match Cli::try_parse_from(words).unwrap().command {
        Command::Get(args) => get(&client, &args, &mut out).await,
        Command::Describe(args) => describe(&client, &args, &mut out).await,
        Command::Explain(args) => explain(&client, &args, &mut out).await,
        Command::Wait(args) => wait(&client, &args, &mut out).await,
        other => panic!("{other:?}"),
    };
    match done {
        Ok(_) => plain(&String::from_utf8(out).unwrap()),
        Err(error) => format!("Error: {error:#}"),
    }
}

async fn check(line: &str, expected: &str) {
    let printed = run(server(), line).await;
    assert!(printed.contains(expected), "{printed}");
}

#[tokio::test]
async fn each_resource_is_shown() {
    check("get gateways", "infra       edge   alb    True").await;
    check("get lset", "team-a      app    infra/edge   True").await;
    check("get listeners -o wide", "infra/edge   Gateway").await;
    check("get lb", "infra       edge      alb    Active").await;
    check(
        "get conflicts",
        "HostnameConflict   Gateway infra/edge/https",
    )
    .await;
}

#[tokio::test]
async fn names_select() {
    check(
        "get listenersets team-a/app -o json",
        "\"kind\": \"ListenerSet\"",
    )
    .await;
    check("get listeners app -n team-a -o yaml", "state: Conflicted").await;
    check(
        "get listeners infra/edge/https -o json",
        "\"programmed\": true",
    )
    .await;
}

#[tokio::test]
async fn unknown_names_are_errors() {
    check(
        "get listenersets x/y",
        "Error: listenerset \"x/y\" not found",
    )
    .await;
    check("explain gateway x/y", "Error: gateway \"x/y\" not found").await;
}

#[tokio::test]
async fn explanations_are_printed() {
    let server = Server {
        explanations: vec![served(own("https"), 0).explanation],
        ..server()
    };
    let printed = run(server.clone(), "explain gateway infra/edge").await;
    assert!(
        printed.contains("Decision:      holds its port and hostname"),
        "{printed}"
    );
    let printed = run(server, "explain gateway infra/edge https -o json").await;
    assert!(printed.contains("\"wouldChange\": []"), "{printed}");
}

#[tokio::test]
async fn what_is_selected_is_printed_in_the_order_and_form_that_is_asked_for() {
    check(
        "get listeners --field-selector state=Conflicted --field {.items[*].listener}",
        "https\n",
    )
    .await;
    check(
        "get listeners --sort-by .owner.namespace -o jsonpath={.items[*].owner.namespace}",
        "infra team-a",
    )
    .await;
    check(
        "get listeners --field-selector owner.kind!=Gateway -o custom-columns=WHO:.owner.namespace,STATE:.state",
        "WHO      STATE\nteam-a   Conflicted\n",
    )
    .await;
    let printed = run(server(), "get listeners --field-selector state=Conflicted").await;
    assert!(
        printed.contains("team-a") && !printed.contains("infra   "),
        "{printed}"
    );
    check("get gateways infra/edge --field .metadata.name", "edge\n").await;
}

/// Team A's set and its listener have labels, the Gateway and its own have others.
fn labelled() -> Server {
    let (web, shop) = (
        labels(&[("app", "web")]),
        labels(&[("app", "shop"), ("env", "test")]),
    );
    let mut server = server();
    for view in &mut server.objects {
        let is_gateway = view.judgement.object().kind == Kind::Gateway;
        let labels = if is_gateway { &web } else { &shop };
        view.labels.clone_from(labels);
    }
    let (_, listeners) = server.listeners.snapshot();
    for (key, view) in listeners {
        let labels = match key.owner.kind {
            OwnerKind::Gateway => web.clone(),
            OwnerKind::ListenerSet => shop.clone(),
        };
        let view = ListenerView {
            labels,
            ..(*view).clone()
        };
        server.listeners.set(key, Arc::new(view));
    }
    server
}

#[tokio::test]
async fn labels_select_objects_and_the_listeners_of_their_owners() {
    for (line, expected) in [
        (
            "get listeners -l app=shop --field {.items[*].owner.namespace}",
            "team-a\n",
        ),
        (
            "get listeners -l env!=test --field {.items[*].owner.namespace}",
            "infra\n",
        ),
        (
            "get conflicts -l app --field {.items[*].owner.namespace}",
            "team-a\n",
        ),
        (
            "get gateways -l app=web --field {.items[*].metadata.labels.app}",
            "web\n",
        ),
        (
            "get gateways -l app=shop --field {.items[*].metadata.name}",
            "\n",
        ),
        ("get lset -l !app --field {.items[*].metadata.name}", "\n"),
        // Both hold.
        (
            "get listeners -l app --field-selector state=Conflicted --field {.items[*].labels.env}",
            "test\n",
        ),
        ("get lb -l app=web", "Error: load balancers have no labels"),
    ] {
        let printed = run(labelled(), line).await;
        assert!(printed.starts_with(expected), "{line}: {printed}");
    }
}

#[tokio::test]
async fn an_earlier_server_that_knows_no_labels_is_not_believed() {
    let server = Server {
        knows_labels: false,
        ..server()
    };
    for line in ["get listeners -l app=shop", "get gateways -l app=shop"] {
        let printed = run(server.clone(), line).await;
        assert!(printed.contains("does not select by labels"), "{printed}");
    }
}

#[tokio::test]
async fn one_object_is_described() {
    check("describe gateway infra/edge", "Name:          edge\n").await;
    check("describe lset app -n team-a", "Namespace:     team-a\n").await;
    check("describe gateway x/y", "Error: gateway \"x/y\" not found").await;
    check("describe gateway edge", "Error: ").await;
}

#[tokio::test]
async fn a_settled_server_ends_the_wait() {
    check("wait --timeout 5s", "settled\n").await;
}

#[tokio::test]
async fn everything_is_a_list_of_objects_or_all_tables() {
    let client = server().client();
    let mut out = Vec::new();
    everything(&client, Output::Yaml, &mut out).await.unwrap();
    let yaml = String::from_utf8(out).unwrap();
    assert!(
        yaml.starts_with("apiVersion: v1\nkind: List\nitems:\n"),
        "{yaml}"
    );
    assert!(yaml.contains("  kind: Gateway\n"), "{yaml}");
    let mut out = Vec::new();
    everything(&client, Output::Table, &mut out).await.unwrap();
    let tables = String::from_utf8(out).unwrap();
    assert!(tables.contains("Conflicts\n"), "{tables}");
}
