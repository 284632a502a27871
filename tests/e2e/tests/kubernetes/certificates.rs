//! The certificates of an installation, kept by an account that may do nothing else, and believed by the services.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::{ConfigMap, Secret};
use kube::api::{Api, ListParams};
use serde_json::{Value, json};
use tributary_tests_e2e::kubernetes::installation::NAMESPACE;
use tributary_tests_e2e::kubernetes::objects::{apply, delete, get, manifests, named, repository};
use tributary_tests_e2e::process::{Ended, run};
use tributary_tests_e2e::system::{FIVE, Part, System, words};
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::server::{Options, Server};

const ALL: &str = "watcher,merger,alb-programmer,nlb-programmer,status-writer,client";

/// Of an object: its version, and what is in it.
type Held = BTreeMap<String, (String, BTreeMap<String, ByteString>)>;

/// A run; what is written has arrived at once here.
async fn keep(kubeconfig: &Path, services: &str) -> Ended {
    keep_with(kubeconfig, services, &[]).await
}

async fn keep_with(kubeconfig: &Path, services: &str, more: &[&str]) -> Ended {
    let kubeconfig = kubeconfig.to_str().unwrap();
    let mut args = words(&[
        "certificates",
        "--kubeconfig",
        kubeconfig,
        "--for",
        services,
    ]);
    args.extend(words(&["--namespace", NAMESPACE, "--settle-seconds", "0"]));
    args.extend(words(more));
    run("tributary", &args).await
}

async fn kept(kubeconfig: &Path, cluster: &Cluster) -> Held {
    let ended = keep(kubeconfig, ALL).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    held(cluster).await
}

async fn held(cluster: &Cluster) -> Held {
    let secrets: Api<Secret> = Api::namespaced(cluster.client(), NAMESPACE);
    let secrets = secrets.list(&ListParams::default()).await.unwrap().items;
    let secrets = secrets.into_iter().map(|it| {
        let version = it.metadata.resource_version.unwrap();
        let name = format!("{}: {}", it.metadata.name.unwrap(), it.type_.unwrap());
        (name, (version, it.data.unwrap()))
    });
    let trust: Api<ConfigMap> = Api::namespaced(cluster.client(), NAMESPACE);
    let trust = trust.get_opt("tributary-ca").await.unwrap();
    let trust = trust.into_iter().map(|it| {
        let labels = it.metadata.labels.unwrap();
        assert_eq!(labels["app.kubernetes.io/component"], "trust");
        let data = it.data.unwrap().into_iter();
        let data = data.map(|(key, text)| (key, ByteString(text.into_bytes())));
        let version = it.metadata.resource_version.unwrap();
        ("tributary-ca".to_owned(), (version, data.collect()))
    });
    secrets.chain(trust).collect()
}

/// Each file of a service's Secret.
fn file<'a>(held: &'a Held, service: &str, file: &str) -> &'a [u8] {
    let (_, data) = &held[&format!("tributary-{service}-tls: kubernetes.io/tls")];
    &data[file].0
}

fn trusted(held: &Held, service: &str) -> usize {
    let text = std::str::from_utf8(file(held, service, "ca.crt")).unwrap();
    text.matches("BEGIN CERTIFICATE").count()
}

/// As the kubelet brings it.
fn mount(system: &mut System, held: &Held) {
    for service in ALL.split(',') {
        let files = ["tls.crt", "tls.key", "ca.crt"].map(|name| (name, file(held, service, name)));
        system.certify_with(service, &files);
    }
}

/// The account that may do nothing else.
async fn account(cluster: &Cluster) -> (Vec<Value>, PathBuf) {
    let mut namespace = named("Namespace", "", NAMESPACE);
    namespace["apiVersion"] = json!("v1");
    namespace["metadata"] = json!({ "name": NAMESPACE });
    apply(cluster, &[namespace]).await;
    let mut account = manifests(&repository("deploy/rbac"));
    account.retain(|it| it["metadata"]["name"] == "tributary-tls");
    assert_eq!(account.len(), 3);
    apply(cluster, &account).await;
    let kubeconfig = cluster.kubeconfig_of(NAMESPACE, "tributary-tls").await;
    (account, kubeconfig)
}

const WEBHOOK: &str = "tributary-pod-readiness-gates";
const HOST: &str = "tributary-merger.tributary-system.svc";

/// What the chart adds for readiness gates: the webhook, and the right to it.
fn webhook() -> [Value; 3] {
    let metadata = json!({ "name": WEBHOOK });
    let rbac = "rbac.authorization.k8s.io";
    let webhook = |name: &str| {
        json!({
            "name": name,
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Ignore",
            "rules": [{ "apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"] }],
            "namespaceSelector": { "matchLabels": { "nobody": "has-it" } },
            "clientConfig": { "service": { "name": "tributary-merger", "namespace": NAMESPACE, "port": 9443 } },
        })
    };
    [
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingWebhookConfiguration",
            "metadata": { "name": WEBHOOK, "labels": { "app.kubernetes.io/managed-by": "Helm" } },
            "webhooks": [webhook("one.tributary.dev"), webhook("two.tributary.dev")],
        }),
        json!({
            "apiVersion": format!("{rbac}/v1"),
            "kind": "ClusterRole",
            "metadata": metadata,
            "rules": [{
                "apiGroups": ["admissionregistration.k8s.io"],
                "resources": ["mutatingwebhookconfigurations"],
                "resourceNames": [WEBHOOK],
                "verbs": ["get", "patch"],
            }],
        }),
        json!({
            "apiVersion": format!("{rbac}/v1"),
            "kind": "ClusterRoleBinding",
            "metadata": metadata,
            "roleRef": { "apiGroup": rbac, "kind": "ClusterRole", "name": WEBHOOK },
            "subjects": [{ "kind": "ServiceAccount", "name": "tributary-tls", "namespace": NAMESPACE }],
        }),
    ]
}

#[tokio::test]
async fn the_api_server_trusts_whoever_signs_next() {
    let server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    let (_, kubeconfig) = account(cluster).await;
    // An installation of before, which has no webhook.
    let before = kept(&kubeconfig, cluster).await;
    let webhook = webhook();
    apply(cluster, &webhook).await;
    let hosts = format!("merger={HOST}");
    let more = ["--webhook", WEBHOOK, "--hosts", hosts.as_str()];
    let keep = async || {
        let ended = keep_with(&kubeconfig, ALL, &more).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let object = get(cluster, &webhook[0]).await.unwrap();
        (held(cluster).await, object)
    };
    let encoded = |pem: &[u8]| serde_json::to_value(ByteString(pem.to_vec())).unwrap();

    let (first, object) = keep().await;
    for it in object["webhooks"].as_array().unwrap() {
        assert_eq!(
            it["clientConfig"]["caBundle"],
            encoded(file(&first, "merger", "ca.crt"))
        );
        assert_eq!(
            it["namespaceSelector"],
            webhook[0]["webhooks"][0]["namespaceSelector"]
        );
    }
    assert_eq!(
        object["metadata"]["labels"],
        webhook[0]["metadata"]["labels"]
    );
    assert_eq!(object["metadata"].get("ownerReferences"), None);
    // The merger alone is called by that name, so it alone has another certificate.
    for service in ALL.split(',') {
        let [before, after] = [&before, &first].map(|held| file(held, service, "tls.crt"));
        assert_eq!(before != after, service == "merger", "{service}");
    }
    let (again, same) = keep().await;
    assert_eq!((&again, &same), (&first, &object));

    let mut authority = named("Secret", NAMESPACE, "tributary-authority");
    authority["apiVersion"] = json!("v1");
    delete(cluster, &[authority]).await;
    for (trusts, is_another) in [(2, false), (2, true), (1, true)] {
        let (now, object) = keep().await;
        assert_eq!(trusted(&now, "merger"), trusts);
        let trusts = encoded(file(&now, "merger", "ca.crt"));
        assert_eq!(object["webhooks"][1]["clientConfig"]["caBundle"], trusts);
        let [before, after] = [&first, &now].map(|held| file(held, "merger", "tls.crt"));
        assert_eq!(before != after, is_another);
    }
}

#[tokio::test]
async fn certificates_are_made_kept_and_replaced_while_services_talk() {
    let server = Server::start(Options::default()).await;
    let cluster = server.cluster();
    let (account, kubeconfig) = account(cluster).await;

    let first = kept(&kubeconfig, cluster).await;
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    let expected = [
        "tributary-alb-programmer-tls: kubernetes.io/tls",
        "tributary-authority: Opaque",
        "tributary-ca",
        "tributary-client-tls: kubernetes.io/tls",
        "tributary-merger-tls: kubernetes.io/tls",
        "tributary-nlb-programmer-tls: kubernetes.io/tls",
        "tributary-status-writer-tls: kubernetes.io/tls",
        "tributary-watcher-tls: kubernetes.io/tls",
    ];
    assert_eq!(names, expected);
    assert_eq!(
        first["tributary-ca"].1["ca.crt"].0,
        file(&first, "merger", "ca.crt")
    );
    // Nothing is to be done, so nothing is written.
    assert_eq!(kept(&kubeconfig, cluster).await, first);

    let mut system = System::new();
    mount(&mut system, &first);
    system.start(Part::Sandbox);
    for part in FIVE {
        system.start(part);
    }
    system.settled().await;

    // Another authority: trusted by all, then it signs, then the former is not trusted.
    let mut authority = named("Secret", NAMESPACE, "tributary-authority");
    authority["apiVersion"] = json!("v1");
    delete(cluster, &[authority]).await;
    let mut former = first.clone();
    for (trusts, is_signed) in [(2, false), (2, true), (1, false)] {
        let now = kept(&kubeconfig, cluster).await;
        for service in ALL.split(',') {
            assert_eq!(trusted(&now, service), trusts, "{service}");
            let [before, after] = [&former, &now].map(|held| file(held, service, "tls.crt"));
            assert_eq!(before != after, is_signed, "{service}");
        }
        mount(&mut system, &now);
        // Who calls, who is called and who asks have new connections.
        for part in [Part::Watcher, Part::Merger] {
            system.kill(part);
            system.start(part);
        }
        system.settled().await;
        former = now;
    }
    assert_ne!(
        file(&former, "merger", "ca.crt"),
        file(&first, "merger", "ca.crt")
    );
    assert_eq!(kept(&kubeconfig, cluster).await, former);

    // A service that is off has none.
    let ended = keep(
        &kubeconfig,
        "watcher,merger,alb-programmer,status-writer,client",
    )
    .await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let left = held(cluster).await;
    assert_eq!(left.len(), former.len() - 1);
    assert!(!left.contains_key("tributary-nlb-programmer-tls: kubernetes.io/tls"));

    // Who removes the installation removes the account, and nothing is left.
    delete(cluster, &account).await;
    until("they are gone", async || held(cluster).await.is_empty()).await;
}
