//! Certificates from Secrets: a rotation reaches ACM, the private key nobody else, and its end is told.

use std::path::Path;
use std::time::{Duration, Instant};

use bytes::Bytes;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use serde_json::{Value, json};
use tributary_tests_e2e::certificates::{Certificate, DAY};
use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation, Part};
use tributary_tests_e2e::kubernetes::objects::{apply, get, manifests, named, repository};
use tributary_tests_e2e::{until, wire};

/// A busy machine takes longer than the five seconds that it should be: figures are printed.
const GENEROUS: Duration = Duration::from_secs(30);

const HOST: &str = "tls.example.com";
const SECRET: &str = "rotated-tls";

/// `WatchLoadBalancersRequest`: ALBs, the one shard of one.
const ALL_ALBS: &[u8] = &[0x08, 1, 0x12, 2, 0x10, 1];

/// A set of one HTTPS listener, whose certificate is in a Secret.
fn set(name: &str, port: u16, secret: &str) -> Value {
    let mut set = named("ListenerSet", "infra", name);
    set["spec"] = json!({
        "parentRef": { "name": "my-gateway" },
        "listeners": [{
            "name": "tls",
            "port": port,
            "protocol": "HTTPS",
            "hostname": HOST,
            "tls": { "certificateRefs": [{ "name": secret }] },
        }],
    });
    set
}

/// The imported certificates, and those that the listeners of a port have for their own.
async fn in_acm(installation: &Installation, port: u16) -> (Vec<Value>, Vec<Value>) {
    let state = installation.state().await;
    let (mut imported, mut on_port) = (Vec::new(), Vec::new());
    for region in state["regions"].as_object().unwrap().values() {
        let certificates = region["certificates"].as_object().unwrap().values();
        imported.extend(
            certificates
                .filter(|it| it["origin"] == "IMPORTED")
                .cloned(),
        );
        let listeners = region["listeners"].as_object().unwrap().values();
        let there = listeners.filter(|listener| listener["port"] == port);
        on_port.extend(there.map(|listener| listener["default_certificate"].clone()));
    }
    (imported, on_port)
}

/// The one certificate that was imported.
async fn imported(installation: &Installation) -> Value {
    let (imported, _) = in_acm(installation, 0).await;
    assert_eq!(imported.len(), 1, "{imported:#?}");
    imported.into_iter().next().unwrap()
}

#[tokio::test]
async fn a_rotated_secret_reaches_acm_in_place_and_its_private_key_nothing_else() {
    let mut installation = Installation::new(Vec::new()).await;
    for part in FIVE {
        installation.start_with(part, 0, &["--log", "trace"]);
    }
    let cluster = installation.cluster();
    let first = Certificate::ending_in(HOST, 365 * DAY);
    let mut objects = manifests(&repository("examples/listenersets"));
    objects.push(first.secret("infra", SECRET));
    objects.push(set("with-secret", 8443, SECRET));
    apply(cluster, &objects).await;
    installation.settled().await;

    let stored = get(cluster, &first.secret("infra", SECRET)).await.unwrap();
    let mut secrets = first.secrets(&stored);
    let before = imported(&installation).await;
    assert_eq!(before["pem"], first.certificate);
    let (_, own) = in_acm(&installation, 8443).await;
    assert_eq!(own, [before["arn"].clone()]);

    let second = Certificate::ending_in(HOST, 400 * DAY);
    let begun = Instant::now();
    apply(cluster, &[second.secret("infra", SECRET)]).await;
    until("the new certificate is in ACM", async || {
        imported(&installation).await["pem"] == second.certificate
    })
    .await;
    let rotated = begun.elapsed();
    eprintln!("a rotated Secret is in ACM after {rotated:?}");
    assert!(rotated < GENEROUS);
    installation.settled().await;
    let after = imported(&installation).await;
    assert_eq!(after["arn"], before["arn"]);
    let (_, own) = in_acm(&installation, 8443).await;
    assert_eq!(own, [before["arn"].clone()]);

    let stored = get(cluster, &second.secret("infra", SECRET)).await.unwrap();
    secrets.extend(second.secrets(&stored));
    let streams = streams(&installation).await;
    installation.stop_all().await;
    let files = files(installation.folder());
    for part in FIVE {
        let log = installation.log(part, 0);
        assert!(log.contains("TRACE"), "{part:?} does not log everything");
    }
    let logged = installation.log(Part::AlbProgrammer, 0);
    assert!(logged.contains(SECRET), "the search would find nothing");
    let mut searched = streams;
    searched.extend(files);
    for (place, bytes) in &searched {
        for secret in &secrets {
            let shown = String::from_utf8_lossy(secret);
            assert!(!contains(bytes, secret), "{place} holds {shown}");
        }
    }
    // What the key would look like is looked for rightly: the Secret itself has all that is not derived from bytes.
    let plain = format!("{}{}", second.private_key, stored);
    let found = secrets.iter().filter(|it| contains(plain.as_bytes(), it));
    assert_eq!(found.count(), 3, "two lines of PEM, and the base64 of it");
}

/// What the watcher and the merger tell whoever asks, whole answers or until they have spoken of the Secret.
async fn streams(installation: &Installation) -> Vec<(String, Vec<u8>)> {
    let (watcher, merger) = (installation.watcher(), installation.merger(0));
    let methods = [
        (
            watcher,
            "/tributary.snapshot.v1.SnapshotService/GetSnapshot",
            Bytes::new(),
        ),
        (
            watcher,
            "/tributary.snapshot.v1.SnapshotService/WatchSnapshot",
            Bytes::new(),
        ),
        (
            merger,
            "/tributary.desired.v1.DesiredService/WatchLoadBalancers",
            Bytes::from_static(ALL_ALBS),
        ),
        (
            merger,
            "/tributary.judgement.v1.JudgementService/WatchJudgements",
            Bytes::new(),
        ),
    ];
    let mut said = Vec::new();
    for (server, method, request) in methods {
        let mut stream = wire::call(server, method, request).await;
        let (mut bytes, mut named) = (Vec::new(), false);
        while let Some(message) = stream.message().await.unwrap() {
            bytes.extend_from_slice(&message);
            named |= contains(&message, SECRET.as_bytes());
            // A watch does not end by itself.
            if named && !method.ends_with("GetSnapshot") {
                break;
            }
        }
        assert!(named, "{method} says nothing of the Secret");
        said.push((method.to_owned(), bytes));
    }
    said
}

/// Everything below a folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(self::files(&path));
        } else {
            files.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
    files
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

/// Events with this reason in the namespace of the sets, as `type object field: note`.
async fn told(installation: &Installation, reason: &str) -> Vec<String> {
    let events: Api<Event> = Api::namespaced(installation.cluster().client(), "infra");
    let listed = events.list(&ListParams::default()).await.unwrap();
    let of_reason = listed
        .into_iter()
        .filter(|it| it.reason.as_deref() == Some(reason));
    of_reason
        .map(|event| {
            let regarding = event.regarding.unwrap();
            format!(
                "{} {}/{} {}: {}",
                event.type_.unwrap(),
                regarding.kind.unwrap(),
                regarding.name.unwrap(),
                regarding.field_path.unwrap(),
                event.note.unwrap(),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_certificate_that_ends_soon_or_has_ended_is_told_to_the_owner_of_the_listener() {
    let installation = Installation::of_five().await;
    let cluster = installation.cluster();
    let mut objects = manifests(&repository("examples/listenersets"));
    let of = [
        ("fresh", Certificate::ending_in(HOST, 90 * DAY)),
        ("soon", Certificate::ending_in(HOST, 3 * DAY)),
        ("over", Certificate::ended(HOST)),
    ];
    for (port, (name, certificate)) in (8443..).zip(&of) {
        objects.push(certificate.secret("infra", name));
        objects.push(set(name, port, name));
    }
    apply(cluster, &objects).await;
    until("both are told", async || {
        let expiring = told(&installation, "CertificateExpiring").await;
        let expired = told(&installation, "CertificateExpired").await;
        !expiring.is_empty() && !expired.is_empty()
    })
    .await;
    installation.settled().await;
    let one = |told: Vec<String>, expected: &str| {
        let [told] = told.as_slice() else {
            panic!("not one Event: {told:#?}");
        };
        assert!(told.starts_with(expected), "{told}");
    };
    one(
        told(&installation, "CertificateExpiring").await,
        "Warning ListenerSet/soon spec.listeners{tls}: Listener \"tls\": the certificate in Secret infra/soon ends at 20",
    );
    one(
        told(&installation, "CertificateExpired").await,
        "Warning ListenerSet/over spec.listeners{tls}: Listener \"tls\": the certificate in Secret infra/over ended at 2020-12-",
    );
}
