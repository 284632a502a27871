//! The way to the API server is lost and found again: tokens that are good no more, connections that fall silent.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, DeleteParams};
use kube::config::Kubeconfig;
use serde_json::json;
use tempfile::TempDir;
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::silent::Silent;
use tributary_tests_kubernetes::wait::until;

use crate::seen::{Watcher, delete, gateway, route};

/// A busy machine takes longer than it should: figures are printed.
const GENEROUS: Duration = Duration::from_secs(30);

/// A ServiceAccount that may read everything, and the file that its token is in, as a pod has it.
struct Account<'a> {
    cluster: &'a Cluster,
    namespace: &'a str,
    folder: TempDir,
}

impl Account<'_> {
    const NAME: &'static str = "watcher";

    async fn new<'a>(cluster: &'a Cluster, namespace: &'a str) -> Account<'a> {
        let everything: PolicyRule = serde_json::from_value(json!({
            "apiGroups": ["*"],
            "resources": ["*"],
            "verbs": ["list", "watch"],
        }))
        .unwrap();
        cluster
            .account(namespace, Self::NAME, &[everything], Scope::Cluster)
            .await;
        let folder = TempDir::new().unwrap();
        let account = Account {
            cluster,
            namespace,
            folder,
        };
        account.write_token().await;
        account
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join("token")
    }

    async fn write_token(&self) {
        let token = self.cluster.token(self.namespace, Self::NAME).await;
        std::fs::write(self.token_file(), token).unwrap();
    }

    fn kubeconfig(&self) -> PathBuf {
        let admin = Kubeconfig::read_from(self.cluster.kubeconfig()).unwrap();
        let mut kubeconfig = serde_json::to_value(&admin).unwrap();
        // The context calls its user so, whoever it is.
        kubeconfig["users"] =
            json!([{ "name": "admin", "user": { "tokenFile": self.token_file() } }]);
        let path = self.folder.path().join("kubeconfig");
        std::fs::write(&path, kubeconfig.to_string()).unwrap();
        path
    }

    /// Tokens are of one account: another one of the same name does not bring them back.
    async fn invalidate_tokens(&self) {
        let accounts: Api<ServiceAccount> = Api::namespaced(self.cluster.client(), self.namespace);
        accounts
            .delete(Self::NAME, &DeleteParams::default())
            .await
            .unwrap();
        let again = json!({
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": { "name": Self::NAME, "namespace": self.namespace },
        });
        self.cluster.apply(&again).await.unwrap();
    }
}

#[tokio::test]
async fn a_token_that_is_good_no_more_is_read_again_from_its_file() {
    let cluster = shared().await;
    let namespace = cluster.namespace("token").await;
    let account = Account::new(&cluster, &namespace).await;
    cluster.apply(&gateway(&namespace, "gone")).await.unwrap();
    let watcher = Watcher::start(&account.kubeconfig()).await;
    watcher.check(&cluster, &namespace).await;

    account.invalidate_tokens().await;
    let refused = "tributary_watch_failures_total{kind=\"discovery\",class=\"unauthorized\"}";
    until("it is refused", async || {
        (watcher.metric(refused) > Some(0.0)).then_some(())
    })
    .await;
    // Meanwhile something comes, something changes, something goes, and something was there in between only.
    delete(&cluster, &gateway(&namespace, "gone")).await;
    for path in ["/a", "/b"] {
        let route = route(&namespace, "app", path);
        cluster.apply(&route).await.unwrap();
    }
    cluster.apply(&gateway(&namespace, "brief")).await.unwrap();
    delete(&cluster, &gateway(&namespace, "brief")).await;

    account.write_token().await;
    let begun = Instant::now();
    watcher.check(&cluster, &namespace).await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a fresh token in the file to a complete view");
    assert!(took < GENEROUS, "{took:?}");
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    watcher.stop().await;
}

#[tokio::test]
async fn a_connection_that_falls_silent_is_given_up() {
    let cluster = shared().await;
    let namespace = cluster.namespace("silent").await;
    cluster.apply(&gateway(&namespace, "gone")).await.unwrap();
    let way = Silent::before(&cluster).await;
    let watcher = Watcher::start(way.kubeconfig()).await;
    watcher.check(&cluster, &namespace).await;

    // Connections stay, and nothing comes through any more, as behind a load balancer that forgot them. New ones work.
    way.silence();
    let begun = Instant::now();
    delete(&cluster, &gateway(&namespace, "gone")).await;
    cluster
        .apply(&route(&namespace, "app", "/new"))
        .await
        .unwrap();
    until("the change is seen", async || {
        let shown = watcher.shows(&namespace).await;
        (shown.keys().any(|it| &*it.key.name == "app")).then_some(())
    })
    .await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from silence to the change");
    watcher.check(&cluster, &namespace).await;
    until("it is ready", async || watcher.is_ready().then_some(())).await;
    watcher.stop().await;
}
