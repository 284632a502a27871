//! Clusters whose CRDs of the Gateway API are another channel's, or older than ours.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::api::{Api, DeleteParams, PostParams};
use serde_json::Value;
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{
    apply, conditions, delete, get, manifests, named, repository,
};
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::crds::Channel;

const GROUP: &str = "gateway.networking.k8s.io";

/// The document's example, a part of it: what a kind without CRD leaves.
fn example(kinds_without_crd: &[&str]) -> Vec<Value> {
    let mut objects = manifests(&repository("examples/listenersets"));
    objects.retain(|object| !kinds_without_crd.contains(&object["kind"].as_str().unwrap()));
    objects
}

async fn started(installation: &mut Installation) {
    for part in FIVE {
        installation.start(part, 0);
    }
    installation.settled().await;
}

/// Its status, from its JSON in whichever version is served.
async fn status(installation: &Installation, mut object: Value, version: &str) -> Value {
    object["apiVersion"] = format!("{GROUP}/{version}").into();
    let found = get(installation.cluster(), &object).await.unwrap();
    found["status"].clone()
}

async fn gone(installation: &Installation, objects: &[Value], mut gateway: Value, version: &str) {
    gateway["apiVersion"] = format!("{GROUP}/{version}").into();
    delete(installation.cluster(), objects).await;
    until("the Gateway is gone", async || {
        get(installation.cluster(), &gateway).await.is_none()
    })
    .await;
    until("AWS holds nothing any more", async || {
        installation.is_clean().await
    })
    .await;
}

#[tokio::test]
async fn the_experimental_channel_serves_like_the_standard_one() {
    let mut installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    cluster.install_crds(Channel::Experimental).await;
    let objects = example(&[]);
    apply(cluster, &objects).await;
    started(&mut installation).await;
    for kind in [
        named("Gateway", "infra", "my-gateway"),
        named("ListenerSet", "infra", "app-listeners"),
    ] {
        assert_eq!(
            conditions(&status(&installation, kind, "v1").await),
            ["Accepted=True/Accepted", "Programmed=True/Programmed"]
        );
    }
    let gateway = named("Gateway", "infra", "my-gateway");
    gone(&installation, &objects, gateway, "v1").await;
}

/// Before ListenerSets were stable: there are none, and of other kinds only versions that came earlier are served.
#[tokio::test]
async fn old_crds_leave_what_they_have_to_be_served() {
    let mut installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    remove(cluster, "listenersets").await;
    for plural in [
        "gatewayclasses",
        "gateways",
        "httproutes",
        "referencegrants",
    ] {
        serve_no_v1(cluster, plural).await;
    }
    let mut objects = example(&["ListenerSet"]);
    for object in &mut objects {
        if object["apiVersion"] == format!("{GROUP}/v1") {
            object["apiVersion"] = format!("{GROUP}/v1beta1").into();
        }
        if object["kind"] == "Gateway" {
            let spec = object["spec"].as_object_mut().unwrap();
            spec.remove("allowedListeners");
        }
    }
    apply(cluster, &objects).await;
    started(&mut installation).await;

    let gateway = named("Gateway", "infra", "my-gateway");
    let told = status(&installation, gateway.clone(), "v1beta1").await;
    assert_eq!(
        conditions(&told),
        ["Accepted=True/Accepted", "Programmed=True/Programmed"]
    );
    assert_eq!(
        conditions(&told["listeners"][0]),
        [
            "Accepted=True/Accepted",
            "Programmed=True/Programmed",
            "Conflicted=False/NoConflicts",
            "ResolvedRefs=True/ResolvedRefs"
        ]
    );
    let route = named("HTTPRoute", "infra", "app-route");
    let told = status(&installation, route, "v1beta1").await;
    // The Gateway's listener takes it; of the set that cannot be nothing is said.
    let parents = told["parents"].as_array().unwrap();
    assert_eq!(parents.len(), 1, "{told}");
    assert_eq!(
        conditions(&parents[0]),
        ["Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"]
    );

    // One line says what is missing.
    let log = installation.log(Part::Watcher, 0);
    let lines: Vec<_> = log
        .lines()
        .filter(|line| line.contains("ListenerSet"))
        .collect();
    assert_eq!(lines.len(), 1, "{log}");
    assert!(lines[0].contains("until their CRDs appear"), "{log}");
    for part in FIVE {
        let log = installation.log(part, 0);
        assert!(!log.contains("panicked"), "{part:?}: {log}");
    }
    gone(&installation, &objects, gateway, "v1beta1").await;
    installation.stop_all().await;
}

async fn remove(cluster: &Cluster, plural: &str) {
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client());
    let name = format!("{plural}.{GROUP}");
    crds.delete(&name, &DeleteParams::default()).await.unwrap();
    until("the CRD is gone", async || {
        crds.get_opt(&name).await.unwrap().is_none()
    })
    .await;
}

async fn serve_no_v1(cluster: &Cluster, plural: &str) {
    let crds: Api<CustomResourceDefinition> = Api::all(cluster.client());
    let name = format!("{plural}.{GROUP}");
    let mut crd = crds.get(&name).await.unwrap();
    let versions = &mut crd.spec.versions;
    assert!(versions.iter().any(|it| it.name == "v1beta1"), "{plural}");
    for version in versions {
        version.served = version.name == "v1beta1";
    }
    crds.replace(&name, &PostParams::default(), &crd)
        .await
        .unwrap();
    until("the versions are served", async || {
        let versions = |version: &'static str| {
            let client = cluster.client();
            let group = format!("{GROUP}/{version}");
            async move {
                let listed = client.list_api_group_resources(&group).await;
                listed.is_ok_and(|list| list.resources.iter().any(|it| it.name == plural))
            }
        };
        versions("v1beta1").await && !versions("v1").await
    })
    .await;
}
