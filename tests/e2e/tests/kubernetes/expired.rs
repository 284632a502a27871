//! A kubeconfig whose client certificate has expired: refused by the API server, told of, and good again after a
//! restart with a new one.

use std::ops::Range;

use tempfile::TempDir;
use tributary_tests_e2e::address;
use tributary_tests_e2e::kubernetes::unserved::{admin, all_wait_for_it, in_a_cluster};
use tributary_tests_e2e::process::{Process, run};
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::web::until_status;
use tributary_tests_kubernetes::cluster;
use tributary_tests_kubernetes::shared::shared;

/// Between the first days of two years.
const EXPIRED: Range<i32> = 2020..2021;
const GOOD: Range<i32> = 2020..4000;

#[tokio::test]
async fn an_expired_certificate_is_told_of_and_waited_with() {
    let cluster = shared().await;
    let namespace = cluster.namespace("expired").await;
    let server = cluster::address(cluster.kubeconfig());
    let kubeconfig = cluster.kubeconfig_by_certificate(&namespace, EXPIRED);
    all_wait_for_it(&kubeconfig, "unauthorized", &[&server, "expired"]).await;

    let mut args = words(&["up", "--once", "--timeout", "5s", "--source", "kubernetes"]);
    let grpc = address::free(address::host()).to_string();
    args.extend(words(&["--grpc-listen", &grpc, "--kubeconfig"]));
    args.push(kubeconfig.into());
    let ended = run("tributary", &args).await;
    assert_eq!(ended.code, Some(1), "{}", ended.stderr);
    for said in [&server, "expired", "pending: the watcher has not read"] {
        assert!(ended.stderr.contains(said), "{said}: {}", ended.stderr);
    }

    // Nothing differs but the years. A kubeconfig is read at the start only.
    let kubeconfig = cluster.kubeconfig_by_certificate(&namespace, GOOD);
    let args = in_a_cluster("tributary-watcher", "--source kubernetes", &kubeconfig);
    let folder = TempDir::new().unwrap();
    let _watcher = Process::start("tributary-watcher", &args, &folder.path().join("log"));
    until_status(&format!("http://{}/readyz", admin(&args)), 200).await;
}
