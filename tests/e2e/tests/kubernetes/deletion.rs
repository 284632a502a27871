//! A Gateway that is deleted with everything attached to it, while its load balancer may not be deleted.

use http::Method;
use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::{Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{
    apply, conditions, delete, get, manifests, named, repository,
};
use tributary_tests_e2e::{sandbox, until, web};

const ATTRIBUTE: &str = "deletion_protection.enabled";

#[tokio::test]
async fn a_protected_load_balancer_keeps_its_gateway_until_the_protection_is_off() {
    let mut installation = Installation::of_five().await;
    let cluster = installation.cluster();
    let mut objects = manifests(&repository("examples/listenersets"));
    let gateway = named("Gateway", "infra", "my-gateway");
    for object in &mut objects {
        if object["kind"] == "Gateway" {
            object["spec"]["infrastructure"] = json!({ "parametersRef": {
                "group": "gateway.k8s.aws",
                "kind": "LoadBalancerConfiguration",
                "name": "protected",
            } });
        }
    }
    objects.push(json!({
        "apiVersion": "gateway.k8s.aws/v1beta1",
        "kind": "LoadBalancerConfiguration",
        "metadata": { "name": "protected", "namespace": "infra" },
        "spec": { "loadBalancerAttributes": [{ "key": ATTRIBUTE, "value": "true" }] },
    }));
    apply(cluster, &objects).await;
    installation.settled().await;
    let served = get(cluster, &gateway).await.unwrap();
    let before = installation.inventory().await;
    let load_balancers = held(&installation).await;
    assert_eq!(load_balancers.len(), 1);

    delete(cluster, std::slice::from_ref(&gateway)).await;
    until("the Gateway says why it stays", async || {
        message(&get(cluster, &gateway).await.unwrap()).contains(ATTRIBUTE)
    })
    .await;
    let shown = get(cluster, &gateway).await.unwrap();
    assert!(shown["metadata"]["deletionTimestamp"].is_string());
    assert_eq!(
        conditions(&shown["status"]),
        ["Accepted=True/Accepted", "Programmed=False/Pending"]
    );
    let name = load_balancers.values().next().unwrap()["name"].as_str();
    assert!(message(&shown).contains(name.unwrap()), "{shown}");
    // It answers as it did.
    assert_eq!(shown["status"]["addresses"], served["status"]["addresses"]);
    assert_eq!(installation.inventory().await, before);

    // Nothing of it is in anybody's memory only.
    for part in [Part::Merger, Part::AlbProgrammer] {
        installation.kill(part, 0);
        installation.start(part, 0);
    }
    let cluster = installation.cluster();
    let arn = load_balancers.keys().next().unwrap();
    switch_off(&installation, arn).await;
    until("the Gateway is gone", async || {
        get(cluster, &gateway).await.is_none()
    })
    .await;
    until("AWS holds nothing any more", async || {
        installation.is_clean().await
    })
    .await;
}

/// What `Programmed` says.
fn message(gateway: &Value) -> String {
    let conditions = gateway["status"]["conditions"].as_array().unwrap();
    let programmed = conditions.iter().find(|it| it["type"] == "Programmed");
    programmed.unwrap()["message"].as_str().unwrap().to_owned()
}

/// The load balancers of AWS by ARN.
async fn held(installation: &Installation) -> serde_json::Map<String, Value> {
    let state = sandbox::state(installation.sandbox).await;
    let regions = state["regions"].as_object().unwrap().values();
    regions
        .flat_map(|region| region["load_balancers"].as_object().unwrap().clone())
        .collect()
}

/// As somebody does in AWS's console.
async fn switch_off(installation: &Installation, arn: &str) {
    let query = [
        "Action=ModifyLoadBalancerAttributes&Version=2015-12-01",
        &format!("LoadBalancerArn={arn}"),
        &format!("Attributes.member.1.Key={ATTRIBUTE}"),
        "Attributes.member.1.Value=false",
    ]
    .join("&");
    let uri = format!("http://{}/?{query}", installation.sandbox);
    let (status, answer) = web::ask(Method::POST, &uri, String::new()).await.unwrap();
    assert_eq!(status, 200, "{answer}");
}
