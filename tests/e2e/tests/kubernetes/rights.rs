//! What the accounts of deploy/ may do is what the programs do: nothing less, and nothing more.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};

use bytes::Bytes;
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams, PostParams};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tonic::Code;
use tributary_tests_e2e::process::run;
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::trust::{Authority, Shown, ask};
use tributary_tests_e2e::until;
use tributary_tests_kubernetes::cluster::{Cluster, client};

use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, NAMESPACE, Part};
use tributary_tests_e2e::kubernetes::objects::{
    apply, delete, get, manifests, named, repository, statuses,
};

/// Everything that anybody asks, without what it is about.
const AUDIT: &str = "\
apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
";

/// The roles that people are given.
const PEOPLE: [&str; 2] = ["listeners-view", "listeners-reach"];

/// What the accounts get on top where pods are to have readiness gates.
const OPTIONAL: &str = "deploy/rbac/optional";

/// The configuration of which the certificates' account may say whom the API server trusts.
const WEBHOOK: &str = "tributary-pod-readiness-gates";

const GATE: &str = "gateway.tributary.dev/target-health";

/// An account, a verb, and what it is done to: `status-writer patch gateway.networking.k8s.io gateways/status`.
type Deed = String;

/// Only where the API server streams no lists (before Kubernetes 1.34, unless it is switched on) a watch of pods begins
/// with one; other kinds are listed for `Sync`, too.
const ELSEWHERE: &str = "watcher list  pods";

#[tokio::test]
async fn every_right_is_used_and_none_is_missing() {
    let folder = TempDir::new().unwrap();
    let (policy, log) = (
        folder.path().join("policy.yaml"),
        folder.path().join("audit"),
    );
    std::fs::write(&policy, AUDIT).unwrap();
    let mut installation = Installation::new(vec![
        format!("--audit-policy-file={}", policy.display()),
        format!("--audit-log-path={}", log.display()),
    ])
    .await;
    let authority = Authority::new();
    installation.certify(&authority);
    let optional = manifests(&repository(OPTIONAL));
    apply(installation.cluster(), &optional).await;
    for part in FIVE {
        if part != Part::StatusWriter {
            installation.start(part, 0);
        }
    }
    // Every kind that gets a status, a certificate from a Secret, something to tell, something to remove.
    let mut objects = manifests(&repository("examples/listenersets"));
    objects.extend(manifests(&repository("examples/two-teams")));
    objects.extend(manifests(&repository("examples/conflict")));
    objects.extend(manifests(&repository("examples/nlb")));
    let secrets: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] == "Secret")
        .cloned()
        .collect();
    let mut own = secrets[0].clone();
    own["metadata"] = json!({ "name": "own", "namespace": "routes" });
    objects.push(own);
    objects.extend(every_route());
    objects.extend(gated());
    objects.sort_by_key(|object| object["kind"] != "Namespace");
    apply(installation.cluster(), &objects).await;
    for (what, kinds) in [
        ("gateways", "Gateway "),
        ("listenersets", "ListenerSet "),
        ("routes", "Route "),
    ] {
        let names = statuses(installation.cluster()).await.into_keys();
        let count = names.filter(|name| name.contains(kinds)).count();
        until(what, async || {
            installation.listed(what).await.len() == count
        })
        .await;
    }
    // What the status writer hears of is older than what is there: it has to read.
    installation.signal(Part::Watcher, 0, Signal::STOP);
    for object in &mut objects {
        object["metadata"]["labels"]["seen"] = json!("later");
    }
    apply(installation.cluster(), &objects).await;
    installation.start(Part::StatusWriter, 0);
    let judged = u32::try_from(statuses(installation.cluster()).await.len()).unwrap();
    let have_been_read = async || {
        let reads = "tributary_status_reads_total";
        let answer = installation.metric_if_it_answers(Part::StatusWriter, 0, reads);
        answer.await.is_some_and(|reads| reads >= f64::from(judged))
    };
    until("all are read", have_been_read).await;
    installation.signal(Part::Watcher, 0, Signal::CONT);
    installation.settled().await;
    let cluster = installation.cluster();
    open_a_gate(cluster).await;
    // Somebody with a token and no right asks.
    let token = cluster.token(NAMESPACE, "tributary-watcher").await;
    let asked = ask(
        installation.merger(0),
        "merger",
        &authority,
        Shown::Token(&token),
        "tributary.listeners.v1.ListenersService/ListListeners",
        Bytes::new(),
    );
    assert_eq!(asked.await.unwrap_err().code(), Code::PermissionDenied);
    // What is told a second time is told by the first Event, which is patched.
    for _ in 0..2 {
        delete(cluster, &secrets).await;
        installation.settled().await;
        apply(cluster, &secrets).await;
        installation.settled().await;
    }
    let gateways: Vec<_> = objects
        .iter()
        .filter(|object| object["kind"] == "Gateway")
        .cloned()
        .collect();
    delete(cluster, &gateways).await;
    for gateway in &gateways {
        until("a Gateway is gone", async || {
            get(cluster, gateway).await.is_none()
        })
        .await;
    }
    keep_certificates(cluster).await;
    installation.stop_all().await;

    let audit = std::fs::read_to_string(&log).unwrap();
    let events = audit
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let (mut done, mut denied) = (BTreeSet::new(), BTreeSet::new());
    for event in events {
        let Some(deed) = deed(&event) else { continue };
        match event["annotations"]["authorization.k8s.io/decision"].as_str() {
            Some("allow") => done.insert(deed),
            _ => denied.insert(deed),
        };
    }
    assert_eq!(denied, BTreeSet::new(), "rights that are missing");
    let granted = granted();
    let unused: Vec<_> = granted.difference(&done).collect();
    assert_eq!(unused, [ELSEWHERE], "rights that nobody needs");
}

/// Of the chart's, what counts here: somebody else makes it, and it concerns no namespace of this test.
fn webhook() -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "MutatingWebhookConfiguration",
        "metadata": { "name": WEBHOOK },
        "webhooks": [{
            "name": "pod-readiness-gates.gateway.tributary.dev",
            "admissionReviewVersions": ["v1"],
            "sideEffects": "None",
            "failurePolicy": "Ignore",
            "namespaceSelector": { "matchLabels": { "nobody": "has-this" } },
            "rules": [{
                "apiGroups": [""],
                "apiVersions": ["v1"],
                "resources": ["pods"],
                "operations": ["CREATE"],
            }],
            "clientConfig": { "url": "https://127.0.0.1:1/pods" },
        }],
    })
}

/// Made, given another authority, and deleted.
async fn keep_certificates(cluster: &Cluster) {
    apply(cluster, &[webhook()]).await;
    let kubeconfig = cluster.kubeconfig_of(NAMESPACE, "tributary-tls").await;
    let kubeconfig = kubeconfig.to_str().unwrap();
    let keep = async |services: &str| {
        let mut args = words(&[
            "certificates",
            "--kubeconfig",
            kubeconfig,
            "--for",
            services,
        ]);
        args.extend(words(&["--namespace", NAMESPACE, "--webhook", WEBHOOK]));
        let ended = run("tributary", &args).await;
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    };
    keep("merger,client").await;
    let mut authority = named("Secret", NAMESPACE, "tributary-authority");
    authority["apiVersion"] = json!("v1");
    delete(cluster, &[authority]).await;
    keep("merger,client").await;
    keep("merger").await;
    let kept = get(cluster, &webhook()).await.unwrap();
    let trusted = &kept["webhooks"][0]["clientConfig"]["caBundle"];
    assert!(trusted.is_string(), "{kept}");
}

/// What an event of the audit log says, if one of the five did it to a resource.
fn deed(event: &Value) -> Option<Deed> {
    let account = format!("system:serviceaccount:{NAMESPACE}:tributary-");
    let user = event["user"]["username"].as_str()?.strip_prefix(&account)?;
    let object = event.get("objectRef")?;
    let resource = object["resource"].as_str()?;
    let group = object["apiGroup"].as_str().unwrap_or("");
    let resource = match object["subresource"].as_str() {
        Some(subresource) => format!("{resource}/{subresource}"),
        None => resource.to_owned(),
    };
    let verb = event["verb"].as_str()?;
    Some(format!("{user} {verb} {group} {resource}"))
}

/// What the roles of deploy/rbac grant, those that are optional among them.
fn granted() -> BTreeSet<Deed> {
    let mut granted = BTreeSet::new();
    let texts = |list: &Value| -> Vec<String> {
        let list = list.as_array().unwrap().iter();
        list.map(|text| text.as_str().unwrap().to_owned()).collect()
    };
    let folders = ["deploy/rbac", OPTIONAL].map(repository);
    let roles: Vec<Value> = folders.iter().flat_map(|it| manifests(it)).collect();
    for role in roles {
        let Some(grants) = role["rules"].as_array() else {
            continue;
        };
        let name = role["metadata"]["name"].as_str().unwrap();
        let account = name.strip_prefix("tributary-").unwrap();
        if PEOPLE.contains(&account) {
            continue;
        }
        for rule in grants {
            for group in texts(&rule["apiGroups"]) {
                for resource in texts(&rule["resources"]) {
                    for verb in texts(&rule["verbs"]) {
                        granted.insert(format!("{account} {verb} {group} {resource}"));
                    }
                }
            }
        }
    }
    granted
}

/// A pod behind a Service of the examples that waits for a gate, and the slice that Kubernetes would write of it.
fn gated() -> [Value; 2] {
    let mut pod = named("Pod", "team-blue", "gated");
    pod["apiVersion"] = json!("v1");
    pod["spec"] = json!({
        "containers": [{ "name": "main", "image": "example.com/none" }],
        "readinessGates": [{ "conditionType": GATE }],
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": "shop-gated",
            "namespace": "team-blue",
            "labels": { "kubernetes.io/service-name": "shop" },
        },
        "addressType": "IPv4",
        "ports": [{ "name": "http", "port": 8080, "protocol": "TCP" }],
        "endpoints": [{
            "addresses": ["10.0.11.23"],
            "conditions": { "ready": false },
            "targetRef": { "kind": "Pod", "namespace": "team-blue", "name": "gated" },
        }],
    });
    [pod, slice]
}

/// Its containers are ready, so it waits for nothing but its target's health.
async fn open_a_gate(cluster: &Cluster) {
    let pods: Api<Pod> = Api::namespaced(cluster.client(), "team-blue");
    let ready =
        json!({ "status": { "conditions": [{ "type": "ContainersReady", "status": "True" }] } });
    let params = PatchParams::default();
    pods.patch_status("gated", &params, &Patch::Strategic(ready))
        .await
        .unwrap();
    until("its gate is opened", async || {
        let pod = pods.get("gated").await.unwrap();
        let mut conditions = pod
            .status
            .into_iter()
            .filter_map(|it| it.conditions)
            .flatten();
        conditions.any(|it| it.type_ == GATE && it.status == "True")
    })
    .await;
}

/// A route of each kind on a listener of its own.
fn every_route() -> Vec<Value> {
    let listener = |name: &str, port: u16, protocol: &str| json!({ "name": name, "port": port, "protocol": protocol });
    let mut tls = listener("tls", 9443, "TLS");
    tls["tls"] = json!({ "mode": "Passthrough" });
    let mut own = listener("own", 9444, "TLS");
    own["tls"] = json!({ "mode": "Terminate", "certificateRefs": [{ "name": "own" }] });
    let rules = json!([{ "backendRefs": [{ "name": "app", "port": 80 }] }]);
    let mut objects = vec![
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "routes" } }),
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "GatewayClass",
            "metadata": { "name": "routes-nlb" },
            "spec": { "controllerName": "gateway.k8s.aws/nlb" },
        }),
        json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": { "name": "streams", "namespace": "routes" },
            "spec": {
                "gatewayClassName": "routes-nlb",
                "listeners": [listener("tcp", 9000, "TCP"), listener("udp", 9001, "UDP"), tls, own],
            },
        }),
        json!({
            "apiVersion": "gateway.k8s.aws/v1",
            "kind": "TargetGroupConfiguration",
            "metadata": { "name": "app", "namespace": "routes" },
            "spec": { "targetReference": { "name": "app" }, "defaultConfiguration": {} },
        }),
    ];
    for kind in ["TCPRoute", "UDPRoute", "TLSRoute"] {
        let mut route = named(kind, "routes", "app");
        route["spec"] = json!({ "parentRefs": [{ "name": "streams" }], "rules": rules });
        if kind == "TLSRoute" {
            route["spec"]["hostnames"] = json!(["a.example.com"]);
        }
        objects.push(route);
    }
    let mut grpc = named("GRPCRoute", "infra", "grpc");
    grpc["spec"] = json!({ "parentRefs": [{ "name": "my-gateway" }], "rules": rules });
    objects.push(grpc);
    objects
}

#[tokio::test]
async fn a_programmer_changes_nothing_of_a_gateway_but_its_finalizer() {
    let installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    let mut gateway = named("Gateway", "default", "web");
    gateway["spec"] = json!({
        "gatewayClassName": "alb",
        "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
    });
    apply(cluster, &[gateway.clone()]).await;
    let account = cluster
        .kubeconfig_of(NAMESPACE, "tributary-alb-programmer")
        .await;
    let resource = kube::api::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk(
        "gateway.networking.k8s.io",
        "v1",
        "Gateway",
    ));
    let gateways: Api<kube::api::DynamicObject> =
        Api::namespaced_with(client(&account).await, "default", &resource);
    let patch = async |patch: Value| {
        let params = PatchParams::default();
        gateways.patch("web", &params, &Patch::Merge(patch)).await
    };
    // A policy is in force some moments after it was made; until then each patch has to change something.
    let tried = AtomicUsize::new(0);
    until("the policy is in force", async || {
        let number = tried.fetch_add(1, Ordering::Relaxed).to_string();
        patch(json!({ "metadata": { "labels": { "tried": number } } }))
            .await
            .is_err()
    })
    .await;
    for (forbidden, why) in [
        (
            json!({ "spec": { "gatewayClassName": "mine" } }),
            "nothing of a Gateway but its finalizers",
        ),
        (
            json!({ "metadata": { "annotations": { "a": "b" } } }),
            "nothing of a Gateway but its finalizers",
        ),
        (
            json!({ "metadata": { "finalizers": ["example.com/mine"] } }),
            "no finalizer that is not its own",
        ),
    ] {
        let refused = patch(forbidden).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let own = json!({ "metadata": { "finalizers": ["gateway.tributary.dev/load-balancer-alb"] } });
    patch(own).await.unwrap();
    // A person may do all of it.
    gateway["metadata"]["annotations"] = json!({ "a": "b" });
    apply(cluster, &[gateway]).await;
}

#[tokio::test]
async fn the_status_writer_changes_nothing_of_a_class_but_that_it_is_in_use() {
    let installation = Installation::new(Vec::new()).await;
    let cluster = installation.cluster();
    let mut class = json!({
        "apiVersion": "gateway.networking.k8s.io/v1",
        "kind": "GatewayClass",
        "metadata": { "name": "mine" },
        "spec": { "controllerName": "gateway.k8s.aws/alb" },
    });
    apply(cluster, &[class.clone()]).await;
    let account = cluster
        .kubeconfig_of(NAMESPACE, "tributary-status-writer")
        .await;
    let resource = kube::api::ApiResource::from_gvk(&kube::core::GroupVersionKind::gvk(
        "gateway.networking.k8s.io",
        "v1",
        "GatewayClass",
    ));
    let classes: Api<kube::api::DynamicObject> = Api::all_with(client(&account).await, &resource);
    let patch = async |patch: Value| {
        let params = PatchParams::default();
        classes.patch("mine", &params, &Patch::Merge(patch)).await
    };
    // A policy is in force some moments after it was made; until then each patch has to change something.
    let tried = AtomicUsize::new(0);
    until("the policy is in force", async || {
        let number = tried.fetch_add(1, Ordering::Relaxed).to_string();
        patch(json!({ "metadata": { "labels": { "tried": number } } }))
            .await
            .is_err()
    })
    .await;
    for (forbidden, why) in [
        (
            json!({ "spec": { "description": "theirs" } }),
            "nothing of a GatewayClass but its finalizers",
        ),
        (
            json!({ "metadata": { "annotations": { "a": "b" } } }),
            "nothing of a GatewayClass but its finalizers",
        ),
        (
            json!({ "metadata": { "finalizers": ["example.com/mine"] } }),
            "no finalizer but that of a class in use",
        ),
    ] {
        let refused = patch(forbidden).await.unwrap_err().to_string();
        assert!(refused.contains(why), "{refused}");
    }
    let in_use = "gateway-exists-finalizer.gateway.networking.k8s.io";
    patch(json!({ "metadata": { "finalizers": [in_use] } }))
        .await
        .unwrap();
    // A person may do all of it.
    class["metadata"]["annotations"] = json!({ "a": "b" });
    apply(cluster, &[class]).await;
}

#[tokio::test]
async fn nobody_has_another_ones_rights() {
    let installation = Installation::new(Vec::new()).await;
    let reviews: Api<SubjectAccessReview> = Api::all(installation.cluster().client());
    let may = async |part: Part, verb: &str, group: &str, resource: &str| {
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        let review: SubjectAccessReview = serde_json::from_value(json!({
            "spec": {
                "user": format!("system:serviceaccount:{NAMESPACE}:tributary-{}", part.name()),
                "resourceAttributes": {
                    "namespace": "default",
                    "verb": verb,
                    "group": group,
                    "resource": resource,
                    "subresource": subresource,
                },
            },
        }))
        .unwrap();
        let answer = reviews
            .create(&PostParams::default(), &review)
            .await
            .unwrap();
        answer.status.unwrap().allowed
    };
    let gateway_api = "gateway.networking.k8s.io";
    until("the accounts have their rights", async || {
        may(Part::Watcher, "list", "", "secrets").await
            && may(Part::StatusWriter, "patch", gateway_api, "gateways/status").await
    })
    .await;
    for part in FIVE {
        let is_programmer = matches!(part, Part::AlbProgrammer | Part::NlbProgrammer);
        assert_eq!(
            may(part, "get", "", "secrets").await,
            is_programmer,
            "{part:?}"
        );
        assert_eq!(
            may(part, "list", "", "secrets").await,
            part == Part::Watcher,
            "{part:?}"
        );
        for status in [
            "gateways/status",
            "listenersets/status",
            "httproutes/status",
        ] {
            let may = may(part, "patch", gateway_api, status).await;
            assert_eq!(may, part == Part::StatusWriter, "{part:?} {status}");
        }
        let patches = may(part, "patch", gateway_api, "gateways").await;
        assert_eq!(patches, is_programmer, "{part:?}");
        let patches = may(part, "patch", gateway_api, "gatewayclasses").await;
        assert_eq!(patches, part == Part::StatusWriter, "{part:?}");
        // Leases are those of the installation's own namespace.
        assert!(
            !may(part, "patch", "coordination.k8s.io", "leases").await,
            "{part:?}"
        );
    }
}
