//! `up` on an API server: its sandbox has network interfaces for the pods that there are.

use serde_json::json;
use tributary_tests_e2e::kubernetes::installation::Installation;
use tributary_tests_e2e::kubernetes::objects::{apply, manifests, repository};
use tributary_tests_e2e::process::{Process, run};
use tributary_tests_e2e::sandbox::health;
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::{address, until};
use tributary_tests_kubernetes::node::Node;

#[tokio::test]
async fn pods_that_come_are_healthy_targets() {
    let installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    let _node = Node::of_cluster(cluster).await;
    let mut objects = manifests(&repository("examples/listenersets"));
    apply(cluster, &objects).await;
    let host = address::host();
    let (server, sandbox) = (address::free(host), address::free(host));
    let mut arguments = words(&["up", "--source", "kubernetes", "--kubeconfig"]);
    arguments.push(cluster.kubeconfig().into());
    arguments.extend(words(&["--grpc-listen", &server.to_string()]));
    arguments.extend(words(&["--sandbox-listen", &sandbox.to_string()]));
    let up = Process::start("tributary", &arguments, &installation.folder().join("up"));
    let wait = words(&["wait", "--server", &server.to_string()]);
    let waited = run("tributary", &wait).await;
    assert_eq!(waited.code, Some(0), "{}{}", waited.stdout, waited.stderr);
    let are_healthy = async |count: usize| {
        let targets = health(sandbox).await;
        let mut healthy = targets.iter().map(|line| line.ends_with(":8080 healthy"));
        targets.len() == count && healthy.all(|it| it)
    };
    until("two healthy targets", async || are_healthy(2).await).await;

    let deployment = objects.iter_mut().find(|it| it["kind"] == "Deployment");
    let deployment = deployment.unwrap();
    deployment["spec"]["replicas"] = json!(4);
    apply(cluster, std::slice::from_ref(deployment)).await;
    until("four healthy targets", async || are_healthy(4).await).await;
    up.terminate();
}
