//! Admin ports are for whoever reaches them: nothing that a tenant wrote, no key and no token is on any of their pages, whatever
//! has gone wrong. A Gateway's name is the exception, and stands in the rows of the reference that have it for a label.

use std::collections::BTreeSet;
use std::net::SocketAddr;

use bytes::Bytes;
use k8s_openapi::ByteString;
use serde_json::{Value, json};
use tonic::Code;
use tributary_tests_e2e::certificates::{Certificate, DAY};
use tributary_tests_e2e::trust::{Authority, Shown, ask};

use crate::metrics::reference;
use crate::system::{FIVE, Part, System, words};
use crate::until;
use crate::web::{get, until_status};

/// Begins or ends every word that a tenant chooses.
const TENANTS: &str = "zzword";
/// The Gateway, which labels of metrics name.
const GATEWAY: &str = "platform-gateway";
/// Nobody's token.
const TOKEN: &str = "token-that-nobody-may-repeat";
/// What is in `tls.key` of a Secret that cannot be read.
const NO_KEY: &str = "key-that-is-none-and-nobody-may-repeat";
/// What else an admin server may have, and those of it that there are.
const PAGES: [&str; 8] = [
    "",
    "metrics",
    "readyz",
    "livez",
    "config",
    "debug",
    "debug/pprof",
    "snapshot",
];

/// One page of a service at one time.
struct Page {
    place: String,
    text: String,
}

async fn pages(when: &str, admins: &[(Part, SocketAddr)]) -> Vec<Page> {
    let mut pages = Vec::new();
    for (part, admin) in admins {
        for page in PAGES {
            let (status, text) = get(&format!("http://{admin}/{page}")).await.unwrap();
            let place = format!("/{page} of {part:?} {when}, {status}");
            pages.push(Page { place, text });
        }
    }
    pages
}

/// Tenants' objects: right ones, and some in every way wrong that has a metric or a reason.
fn world(key: &Certificate) -> Vec<Value> {
    let team = format!("{TENANTS}-team");
    let gateway_api = "gateway.networking.k8s.io/v1";
    let named = |kind: &str, name: &str| {
        json!({
            "apiVersion": gateway_api,
            "kind": kind,
            "metadata": {
                "name": format!("{TENANTS}-{name}"),
                "namespace": team,
                "labels": { format!("{TENANTS}.example/team"): format!("{TENANTS}-label") },
                "annotations": { "note": format!("{TENANTS} annotation") },
            },
        })
    };
    let https = |name: &str, port: u16, secret: &str| {
        json!({
            "name": format!("{TENANTS}-{name}"),
            "port": port,
            "protocol": "HTTPS",
            "hostname": format!("{TENANTS}-{name}.example.com"),
            "tls": { "certificateRefs": [{ "name": format!("{TENANTS}-{secret}") }] },
        })
    };
    let mut set = named("ListenerSet", "set");
    set["spec"] = json!({
        "parentRef": { "name": GATEWAY, "namespace": "platform" },
        "listeners": [
            https("served", 443, "secret"), https("broken", 8443, "broken"), https("missing", 9443, "missing"),
        ],
    });
    let mut rival = named("ListenerSet", "rival");
    rival["spec"] = set["spec"].clone();
    let mut refused = named("ListenerSet", "refused");
    refused["spec"] =
        json!({ "parentRef": { "name": GATEWAY }, "listeners": format!("{TENANTS}-nonsense") });
    let mut route = named("HTTPRoute", "route");
    route["spec"] = json!({
        "parentRefs": [{ "kind": "ListenerSet", "group": "gateway.networking.k8s.io", "name": format!("{TENANTS}-set") }],
        "hostnames": [format!("{TENANTS}-served.example.com")],
        "rules": [{
            "matches": [{ "path": { "type": "PathPrefix", "value": format!("/{TENANTS}-path") } }],
            "backendRefs": [{ "name": format!("{TENANTS}-service"), "port": 80 }],
        }],
    });
    let secret = key.secret(&team, &format!("{TENANTS}-secret"));
    let mut broken = secret.clone();
    broken["metadata"]["name"] = json!(format!("{TENANTS}-broken"));
    broken["stringData"]["tls.key"] = json!(format!("-----BEGIN PRIVATE KEY-----\n{NO_KEY}\n"));
    vec![
        json!({
            "apiVersion": gateway_api,
            "kind": "GatewayClass",
            "metadata": { "name": "alb" },
            "spec": { "controllerName": "gateway.k8s.aws/alb" },
        }),
        json!({
            "apiVersion": gateway_api,
            "kind": "Gateway",
            "metadata": { "name": GATEWAY, "namespace": "platform" },
            "spec": {
                "gatewayClassName": "alb",
                "allowedListeners": { "namespaces": { "from": "All" } },
                "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
            },
        }),
        set,
        rival,
        refused,
        route,
        secret,
        broken,
    ]
}

#[tokio::test]
async fn no_admin_page_tells_a_key_a_token_or_a_word_of_a_tenant() {
    let mut system = System::new();
    let authority = Authority::new();
    system.certify(&authority);
    let key = Certificate::ending_in("app.example.com", 90 * DAY);
    for (number, object) in world(&key).into_iter().enumerate() {
        let file = system.source().join(format!("{number}.yaml"));
        std::fs::write(file, object.to_string()).unwrap();
    }
    // In the words of a file's name, too.
    let unreadable = format!("{TENANTS}-unreadable.yaml");
    std::fs::write(system.source().join(unreadable), format!("{TENANTS}: [")).unwrap();
    let mut searched = Vec::new();
    let mut admins = Vec::new();
    // Alone, each but the watcher lacks its peer and says so.
    let mut order = FIVE;
    order.reverse();
    for part in order {
        if part == Part::Merger {
            system.more = words(&["--gates-listen", "127.0.0.1:0"]);
        }
        let admin = system.start_with_admin(part);
        system.more = Vec::new();
        until_status(&format!("http://{admin}/livez"), 200).await;
        admins.push((part, admin));
        searched.extend(pages("while others are missing", &admins).await);
    }
    system.start(Part::Sandbox);
    for (_, admin) in &admins {
        until_status(&format!("http://{admin}/readyz"), 200).await;
    }
    let merger = admins.iter().find(|(part, _)| *part == Part::Merger);
    let merger = format!("http://{}/metrics", merger.unwrap().1);
    until("the merger has counted", async || {
        let (_, text) = get(&merger).await.unwrap();
        text.contains("tributary_load_balancer_quota_used{")
            && text.contains("tributary_certificate_not_after_seconds{")
    })
    .await;
    // Somebody asks who may not.
    let asked = ask(
        system.merger,
        "merger",
        &authority,
        Shown::Token(TOKEN),
        "tributary.listeners.v1.ListenersService/ListListeners",
        Bytes::new(),
    );
    let refused = asked.await.unwrap_err();
    assert!(
        matches!(
            refused.code(),
            Code::Unauthenticated | Code::PermissionDenied
        ),
        "{refused}"
    );
    searched.extend(pages("with everything there", &admins).await);
    let stored = ByteString(key.private_key.clone().into_bytes());
    let stored = json!({ "data": { "tls.key": stored } });
    let mut secrets: Vec<String> = key
        .secrets(&stored)
        .into_iter()
        // A page is text.
        .filter_map(|secret| String::from_utf8(secret).ok())
        .collect();
    for part in FIVE {
        let service = match part {
            Part::Watcher => "watcher",
            Part::Merger => "merger",
            Part::AlbProgrammer => "alb-programmer",
            Part::NlbProgrammer => "nlb-programmer",
            Part::StatusWriter => "status-writer",
            Part::Up | Part::Sandbox => unreachable!("none of the five"),
        };
        let file = system.certificates(service).join("tls.key");
        let pem = std::fs::read_to_string(file).unwrap();
        secrets.extend(pem.lines().nth(1).map(str::to_owned));
    }
    // A certificate of a service that cannot be read is a reason to be unready.
    let no_key = format!("-----BEGIN PRIVATE KEY-----\n{NO_KEY}\n");
    let files: [(&str, &[u8]); 3] = [
        ("tls.crt", authority.certificate.as_bytes()),
        ("tls.key", no_key.as_bytes()),
        ("ca.crt", authority.certificate.as_bytes()),
    ];
    for service in ["merger", "watcher"] {
        system.certify_with(service, &files);
    }
    until("a certificate cannot be read", async || {
        let (_, text) = get(&merger).await.unwrap();
        let failures = text
            .lines()
            .find_map(|line| line.strip_prefix("tributary_tls_reload_failures_total "));
        failures.is_some_and(|failures| failures != "0")
    })
    .await;
    searched.extend(pages("with a certificate that cannot be read", &admins).await);

    secrets.extend([TOKEN, NO_KEY, TENANTS].map(str::to_owned));
    for Page { place, text } in &searched {
        for secret in &secrets {
            assert!(!text.contains(secret), "{place} holds {secret}:\n{text}");
        }
    }

    // The Gateway's name is where the reference says, which shows that the search finds what is there.
    let with_gateway: BTreeSet<String> = reference()
        .into_iter()
        .filter(|row| row.labels.contains("gateway_name"))
        .map(|row| row.name)
        .collect();
    let lines = searched.iter().flat_map(|page| page.text.lines());
    let naming: BTreeSet<String> = lines
        .filter(|line| line.contains(GATEWAY))
        .map(|line| line.split('{').next().unwrap().to_owned())
        .collect();
    assert_eq!(naming, with_gateway);
}

/// By the flag that is for it, and in no other metric; no name of an object among it.
#[tokio::test]
async fn tenants_are_named_where_that_was_asked_for() {
    let mut system = System::new();
    let key = Certificate::ending_in("app.example.com", 90 * DAY);
    for (number, object) in world(&key).into_iter().enumerate() {
        let file = system.source().join(format!("{number}.yaml"));
        std::fs::write(file, object.to_string()).unwrap();
    }
    system.more = words(&["--tenant-metrics"]);
    let admin = system.start_with_admin(Part::Merger);
    system.more = Vec::new();
    system.start(Part::Watcher);
    let page = format!("http://{admin}/metrics");
    let tenant = format!("{TENANTS}-team");
    until("tenants are counted", async || {
        // It may not listen yet.
        get(&page)
            .await
            .is_ok_and(|(_, text)| text.contains(&tenant))
    })
    .await;
    let (_, text) = get(&page).await.unwrap();
    for line in text.lines().filter(|line| line.contains(TENANTS)) {
        assert!(line.starts_with("tributary_tenant_objects{"), "{line}");
        assert_eq!(line.matches(TENANTS).count(), 1, "{line}");
    }
}
