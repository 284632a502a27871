//! Objects that are wrong, beside the document's example: each is named with its field, costs itself, and nothing else.

use std::os::unix::fs::symlink;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::examples::example;
use crate::sandbox::assert_same;
use crate::scratch::{Scratch, judged, up_once};
use crate::status::{Statuses, assert_equal, conditions, normal, status};

/// Files of the document's example.
const EXAMPLE: [&str; 5] = [
    "gateway.yaml",
    "listenerset.yaml",
    "route.yaml",
    "service.yaml",
    "without-a-cluster/endpoints.yaml",
];

/// The example, with room for more.
fn beside_the_example() -> TempDir {
    let folder = TempDir::new().unwrap();
    std::fs::create_dir(folder.path().join("without-a-cluster")).unwrap();
    for name in EXAMPLE {
        std::fs::copy(example("listenersets").join(name), folder.path().join(name)).unwrap();
    }
    folder
}

fn set(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {{name: {name}, namespace: infra}}\nspec:\n  parentRef: {{name: my-gateway}}\n  listeners: [{rest}]\n"
    )
}

fn route(name: &str, rest: &str) -> String {
    format!(
        "apiVersion: gateway.networking.k8s.io/v1\nkind: HTTPRoute\nmetadata: {{name: {name}, namespace: infra}}\nspec: {{{rest}}}\n"
    )
}

/// File, text, and what stderr says of it on one line.
fn refused() -> Vec<(&'static str, String, Vec<&'static str>)> {
    let long = format!("{}e", "a.".repeat(126) + "a");
    assert_eq!(long.len(), 254);
    let megabyte = "x".repeat(1 << 20);
    vec![
        ("broken.yaml", "# Fine.\n---\nkind: [not, closed\n".to_owned(), vec!["document 2 (line 2)", "line 3"]),
        ("text.yaml", "only words\n".to_owned(), vec!["not a Kubernetes object"]),
        ("deep.yaml", format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000)), vec!["document 1"]),
        ("port.yaml", set("port", "{name: a, port: 70000, protocol: HTTP}"), vec!["ListenerSet infra/port", "spec.listeners[0].port", "70000"]),
        ("mode.yaml", set("mode", "{name: a, port: 1, protocol: HTTPS, tls: {mode: Sideways}}"), vec!["ListenerSet infra/mode", "spec.listeners[0].tls.mode", "Sideways"]),
        ("from.yaml", set("from", "{name: a, port: 1, protocol: HTTP, allowedRoutes: {namespaces: {from: Everywhere}}}"), vec!["ListenerSet infra/from", "spec.listeners[0].allowedRoutes.namespaces.from", "Everywhere"]),
        ("host.yaml", set("host", "{name: a, port: 1, protocol: HTTP, hostname: bad_host}"), vec!["ListenerSet infra/host", "spec.listeners[0].hostname", "bad_host"]),
        ("long-host.yaml", set("long-host", &format!("{{name: a, port: 1, protocol: HTTP, hostname: {megabyte}}}")), vec!["ListenerSet infra/long-host", "spec.listeners[0].hostname"]),
        ("long-name.yaml", set(&long, "{name: a, port: 1, protocol: HTTP}"), vec!["metadata.name", "1 to 253 characters, it has 254"]),
        ("path.yaml", route("path", "rules: [{matches: [{path: {type: Glob, value: /}}]}]"), vec!["HTTPRoute infra/path", "spec.rules[0].matches[0].path.type", "Glob"]),
        ("filter.yaml", route("filter", "rules: [{filters: [{type: Teleport}]}]"), vec!["HTTPRoute infra/filter", "spec.rules[0].filters[0].type", "Teleport"]),
        ("weight.yaml", route("weight", "rules: [{backendRefs: [{name: a, port: 1, weight: -1}]}]"), vec!["HTTPRoute infra/weight", "spec.rules[0].backendRefs[0].weight", "0 to 1000000, it is -1"]),
        ("base64.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: tls, namespace: infra}\ntype: kubernetes.io/tls\ndata: {tls.crt: '%', tls.key: '%'}\n".to_owned(), vec!["Secret infra/tls", "data[tls.crt]", "not base64"]),
    ]
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_costs_itself() {
    let folder = beside_the_example();
    let path = |name: &str| folder.path().join(name);
    let mut refused = refused();
    for (name, text, _) in &refused {
        std::fs::write(path(name), text).unwrap();
    }
    std::fs::write(path("binary.yaml"), b"\xff\xfe\0").unwrap();
    // Sparse: no disk is filled.
    let huge = std::fs::File::create(path("huge.yaml")).unwrap();
    huge.set_len(1 << 40).unwrap();
    std::fs::create_dir(path("deep")).unwrap();
    symlink("../deep", path("deep/circle")).unwrap();
    symlink("self.yaml", path("self.yaml")).unwrap();
    symlink("nowhere", path("gone.yaml")).unwrap();
    for (name, said) in [
        ("binary.yaml", "UTF-8"),
        ("huge.yaml", "split it"),
        ("deep/circle", "loop"),
        ("self.yaml", "symbolic links"),
        ("gone.yaml", "No such file"),
    ] {
        refused.push((name, String::new(), vec![said]));
    }
    let got = up_once(folder.path()).await;
    let stderr = &got.ended.stderr;
    assert_eq!(got.ended.code, Some(1), "{stderr}");
    for (name, _, said) in refused {
        let start = format!("refused: {name}");
        let lines: Vec<_> = stderr
            .lines()
            .filter(|line| line.starts_with(&start))
            .collect();
        let [line] = lines[..] else {
            panic!("{name}: {lines:?}")
        };
        for said in said {
            assert!(line.contains(said), "{said}: {line}");
        }
        assert!(line.len() < 2_000, "{name}: {} bytes", line.len());
        assert!(!line.contains("last good"), "nothing was there: {line}");
    }
    let expected = judged(&example("listenersets")).await;
    assert_equal(&normal(got.statuses), &normal(expected.statuses), "all");
    assert_same(&got.inventory, &expected.inventory, "all");
}

/// Read, and served, all the same.
#[tokio::test]
async fn unknown_fields_huge_annotations_and_the_longest_names_are_served() {
    let folder = beside_the_example();
    let longest = format!("{}a", "a.".repeat(126));
    assert_eq!(longest.len(), 253);
    let unknown = set(
        "unknown",
        "{name: a, port: 81, protocol: HTTP, shape: round}",
    )
    .replace("metadata: {", "metadata: {lables: {a: b}, ")
    .replace("spec:\n", "color: red\nspec:\n  size: big\n");
    let annotated = set("annotated", "{name: a, port: 82, protocol: HTTP}").replace(
        "metadata: {",
        &format!(
            "metadata: {{annotations: {{big: '{}'}}, ",
            "x".repeat(1 << 20)
        ),
    );
    let long = [
        set(
            &longest,
            &format!("{{name: {longest}, port: 83, protocol: HTTP}}"),
        ),
        route(
            &longest,
            &format!(
                "parentRefs: [{{name: {longest}, kind: ListenerSet, sectionName: {longest}}}], rules: [{{backendRefs: [{{name: my-service, port: 80}}]}}]"
            ),
        ),
    ];
    let text = [&[unknown, annotated], &long[..]].concat().join("---\n");
    std::fs::write(folder.path().join("more.yaml"), text).unwrap();
    let Scratch {
        ended, statuses, ..
    } = judged(folder.path()).await;
    for field in [
        "metadata.lables",
        "color",
        "spec.size",
        "spec.listeners[0].shape",
    ] {
        let told = format!("field=\"{field}\"");
        assert_eq!(
            ended.stderr.matches(&told).count(),
            1,
            "{field}: {}",
            ended.stderr
        );
    }
    for name in ["unknown", "annotated"] {
        let path = format!("listenerset/infra/{name}.yaml");
        assert_programmed(&status(&statuses, &path)["listeners"][0]);
    }
    assert_programmed(
        &status(&statuses, named(&statuses, "listenerset", &longest))["listeners"][0],
    );
    let route = status(&statuses, named(&statuses, "httproute", &longest));
    assert_eq!(
        conditions(&route["parents"][0]),
        ["Accepted=True/Accepted", "ResolvedRefs=True/ResolvedRefs"]
    );
}

fn assert_programmed(listener: &Value) {
    let conditions = conditions(listener);
    assert!(
        conditions.contains(&"Programmed=True/Programmed".to_owned()),
        "{listener}"
    );
}

/// The path of the status of an object whose name may be cut there.
fn named<'a>(statuses: &'a Statuses, kind: &str, name: &str) -> &'a str {
    let folder = format!("{kind}/infra/");
    let of_kind = statuses
        .iter()
        .filter(|(path, _)| path.starts_with(&folder));
    let mut found = of_kind.filter(|(_, text)| {
        let document: Value = serde_saphyr::from_str(text).unwrap();
        document["metadata"]["name"] == name
    });
    found.next().unwrap().0
}

/// A certificate with its key, PEM.
fn certificate(host: &str, until: i32) -> (String, String) {
    let key = rcgen::KeyPair::generate().unwrap();
    let mut params = rcgen::CertificateParams::new(vec![host.to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(until, 1, 1);
    (params.self_signed(&key).unwrap().pem(), key.serialize_pem())
}

#[tokio::test]
async fn a_certificate_that_is_of_no_use_costs_its_listener() {
    let (fit, key) = certificate("a.example.com", 2120);
    let (expired, expired_key) = certificate("a.example.com", 2021);
    let (elsewhere, elsewhere_key) = certificate("elsewhere.org", 2120);
    let words = "not PEM".to_owned();
    let served = "Programmed=True/Programmed ResolvedRefs=True/ResolvedRefs";
    let unserved = "Programmed=False/Invalid ResolvedRefs=False/InvalidCertificateRef";
    // Name, certificate, key; what becomes of its listener, and what its status says.
    let cases = [
        (
            "fit",
            &fit,
            &key,
            served,
            "The load balancer serves the listener.",
        ),
        (
            "text",
            &words,
            &words,
            unserved,
            "Secret infra/text: tls.crt has no PEM certificate",
        ),
        (
            "keyless",
            &fit,
            &words,
            unserved,
            "Secret infra/keyless: tls.key has no PEM private key",
        ),
        (
            "misfit",
            &fit,
            &elsewhere_key,
            unserved,
            "Secret infra/misfit: tls.key does not belong to the certificate",
        ),
        (
            "expired",
            &expired,
            &expired_key,
            unserved,
            "Secret infra/expired could not be imported",
        ),
        (
            "elsewhere",
            &elsewhere,
            &elsewhere_key,
            served,
            "no certificate is for a.example.com, they are for elsewhere.org",
        ),
    ];
    let folder = beside_the_example();
    for (port, (name, certificate, key, ..)) in (9000..).zip(&cases) {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/tls",
            "metadata": {"name": name, "namespace": "infra"},
            "stringData": {"tls.crt": certificate, "tls.key": key},
        });
        let listener = format!(
            "{{name: a, port: {port}, protocol: HTTPS, hostname: a.example.com, tls: {{certificateRefs: [{{name: {name}}}]}}}}"
        );
        let text = format!("{}---\n{secret}\n", set(name, &listener));
        std::fs::write(folder.path().join(format!("{name}.yaml")), text).unwrap();
    }
    let got = judged(folder.path()).await;
    for (name, _, _, expected, said) in cases {
        let status = status(&got.statuses, &format!("listenerset/infra/{name}.yaml"));
        let listener = &status["listeners"][0];
        let mut found = conditions(listener);
        found.retain(|it| it.starts_with("Programmed") || it.starts_with("ResolvedRefs"));
        assert_eq!(found.join(" "), expected, "{name}: {listener}");
        assert!(
            listener.to_string().contains(said),
            "{name}: {said}: {listener}"
        );
    }
    let expected = judged(&example("listenersets")).await.statuses;
    let mut statuses = got.statuses;
    statuses.retain(|path, _| expected.contains_key(path) && !path.starts_with("gateway/"));
    for (path, text) in normal(statuses) {
        assert_eq!(Some(&text), normal(expected.clone()).get(&path), "{path}");
    }
}
