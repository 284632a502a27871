//! Servers that end: with their parent, or to come back as the same cluster.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::pin::pin;
use std::process::{Command, Stdio};
use std::time::Duration;

use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::ListParams;
use serde_json::json;
use tempfile::TempDir;
use tokio::time::timeout;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::cluster::{Cluster, address, client};
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::wait::until;

/// Longer than an answer takes; a paused server gives none in it.
const A_MOMENT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_killed_parent_takes_the_server_along() {
    let mut parent = Command::new(env!("CARGO_BIN_EXE_tributary-tests-kubernetes"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = BufReader::new(parent.stdout.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let kubeconfig = Path::new(line.trim_end().strip_prefix("export KUBECONFIG=").unwrap());
    let address = address(kubeconfig);
    assert!(TcpStream::connect(&address).is_ok());

    // SIGKILL: it can do nothing about it any more.
    parent.kill().unwrap();
    parent.wait().unwrap();
    until("the server is gone, and its folder with it", async || {
        let gone = TcpStream::connect(&address).is_err() && !kubeconfig.exists();
        gone.then_some(())
    })
    .await;
}

#[tokio::test]
async fn objects_and_tokens_survive_a_stop_and_a_kill() {
    let mut server = Server::start(Options::default()).await;
    let rule = serde_json::from_value(json!({
        "apiGroups": [""],
        "resources": ["configmaps"],
        "verbs": ["list"],
    }))
    .unwrap();
    let account = server
        .cluster()
        .account("default", "reader", &[rule], Scope::Namespace)
        .await;
    let reader = client(&account).await;
    remember(server.cluster(), "first").await;
    server.stop().await;
    server.start_again().await;
    remember(server.cluster(), "second").await;
    server.kill();
    server.start_again().await;
    let config_maps: Api<ConfigMap> = Api::namespaced(reader, "default");
    let listed = config_maps.list(&ListParams::default()).await.unwrap();
    let names: BTreeSet<_> = listed
        .into_iter()
        .filter_map(|it| it.metadata.name)
        // A controller's own, sooner or later.
        .filter(|name| name != "kube-root-ca.crt")
        .collect();
    assert_eq!(names, ["first", "second"].map(str::to_owned).into());
}

#[tokio::test]
async fn a_paused_server_answers_when_it_is_resumed() {
    let options = Options {
        controllers: Some(Vec::new()),
        ..Options::default()
    };
    let server = Server::start(options).await;
    server.pause();
    let mut asked = pin!(remember(server.cluster(), "asked"));
    assert!(timeout(A_MOMENT, &mut asked).await.is_err());
    server.resume();
    asked.await;
}

#[tokio::test]
async fn a_kept_folder_is_the_same_cluster() {
    let folder = TempDir::with_prefix("tributary-").unwrap();
    let options = Options {
        dir: Some(folder.path().to_owned()),
        controllers: Some(Vec::new()),
        ..Options::default()
    };
    let first = Server::start(options.clone()).await;
    remember(first.cluster(), "kept").await;
    drop(first);
    let second = Server::start(options).await;
    let config_maps: Api<ConfigMap> = Api::namespaced(second.cluster().client(), "default");
    config_maps.get("kept").await.unwrap();
}

async fn remember(cluster: &Cluster, name: &str) {
    let config_map = json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": { "name": name, "namespace": "default" },
    });
    cluster.apply(&config_map).await.unwrap();
}
