//! A second installation in the cluster, with the same AWS account and the same name of the cluster: `up` beside the five.

use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::Installation;
use tributary_tests_e2e::kubernetes::objects::{apply, conditions, delete, get, named};
use tributary_tests_e2e::process::Process;
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::{address, until};

fn class(name: &str, controller_name: &str) -> Value {
    json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": { "name": name },
        "spec": { "controllerName": controller_name },
    })
}

fn web(class: &str) -> Value {
    let mut gateway = named("Gateway", "default", class);
    gateway["spec"] = json!({
        "gatewayClassName": class,
        "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
    });
    gateway
}

/// Waits until it is Programmed, and returns what is there then.
async fn programmed(installation: &Installation, gateway: &Value) -> Value {
    let now = async || get(installation.cluster(), gateway).await.unwrap();
    until("Programmed", async || {
        let said = conditions(&now().await["status"]);
        said.iter().any(|it| it.starts_with("Programmed=True"))
    })
    .await;
    now().await
}

/// Who wrote its status, by managedFields.
fn writers(object: &Value) -> Vec<&str> {
    let managed = object["metadata"]["managedFields"].as_array().unwrap();
    let of_status = managed.iter().filter(|it| it["subresource"] == "status");
    of_status
        .map(|it| it["manager"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn two_installations_do_not_meet() {
    let installation = Installation::of_five().await;
    let (ours, wests) = (web("alb"), web("west"));
    let objects = [
        class("alb", "gateway.k8s.aws/alb"),
        class("west", "gateway.tributary.dev/west.alb"),
        ours.clone(),
        wests.clone(),
    ];
    apply(installation.cluster(), &objects).await;
    let mut arguments = words(&["up", "--source", "kubernetes", "--installation", "west"]);
    arguments.push("--kubeconfig".into());
    arguments.push(installation.cluster().kubeconfig().into());
    let aws = format!("http://{}", installation.sandbox);
    let listen = address::free(address::host()).to_string();
    arguments.extend(words(&["--aws", &aws, "--grpc-listen", &listen]));
    let log = installation.folder().join("west");
    let west = Process::start("tributary", &arguments, &log);

    let served = programmed(&installation, &ours).await;
    assert_eq!(writers(&served), ["tributary-status-writer"]);
    assert_eq!(
        served["metadata"]["finalizers"],
        json!(["gateway.tributary.dev/load-balancer-alb"])
    );
    let by_west = programmed(&installation, &wests).await;
    assert_eq!(writers(&by_west), ["tributary-west-status-writer"]);
    assert_eq!(
        by_west["metadata"]["finalizers"],
        json!(["gateway.tributary.dev/west.load-balancer-alb"])
    );
    assert_ne!(
        served["status"]["addresses"],
        by_west["status"]["addresses"]
    );

    // What goes is the one's alone.
    delete(installation.cluster(), std::slice::from_ref(&ours)).await;
    until("gone", async || {
        get(installation.cluster(), &ours).await.is_none()
    })
    .await;
    let now = get(installation.cluster(), &wests).await.unwrap();
    assert_eq!(
        now["metadata"]["resourceVersion"],
        by_west["metadata"]["resourceVersion"]
    );
    let held = installation.inventory().await;
    let of = |what: &str| held.iter().filter(|line| line.starts_with(what)).count();
    assert_eq!((of("load_balancers"), of("listeners")), (1, 1), "{held:#?}");
    west.terminate();
}
