//! The sandbox's side door.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use serde_json::Value;
use tokio::time::timeout;

/// The sandbox answers from memory.
const PATIENCE: Duration = Duration::from_secs(10);

/// What a region holds that could be there twice, by the names that `GET /_sandbox/state` uses.
const COUNTED: [&str; 6] = [
    "load_balancers",
    "listeners",
    "rules",
    "target_groups",
    "security_groups",
    "certificates",
];

/// What AWS holds: how many of each kind, and the names that a controller chose.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Inventory {
    counts: BTreeMap<&'static str, usize>,
    names: BTreeSet<String>,
}

pub(crate) async fn inventory(sandbox: SocketAddr) -> Inventory {
    let state = ask(Method::GET, sandbox, "state", None).await;
    let mut inventory = Inventory::default();
    for region in state["regions"].as_object().unwrap().values() {
        for what in COUNTED {
            let held = region[what].as_object().unwrap();
            *inventory.counts.entry(what).or_default() += held.len();
            let names = held.values().filter_map(|thing| thing["name"].as_str());
            inventory
                .names
                .extend(names.map(|name| format!("{what}/{name}")));
        }
    }
    inventory
}

/// How many calls there were of each operation since the last reset.
pub(crate) async fn calls(sandbox: SocketAddr) -> BTreeMap<String, u64> {
    let calls = ask(Method::GET, sandbox, "calls", None).await;
    let operations = calls["operations"].as_object().unwrap();
    operations
        .iter()
        .map(|(operation, count)| (operation.clone(), count.as_u64().unwrap()))
        .collect()
}

pub(crate) async fn reset_calls(sandbox: SocketAddr) {
    ask(Method::DELETE, sandbox, "calls", None).await;
}

/// In the shape of `PUT /_sandbox/faults`.
pub(crate) async fn put_faults(sandbox: SocketAddr, faults: &Value) {
    ask(Method::PUT, sandbox, "faults", Some(faults)).await;
}

/// What is left of the faults.
pub(crate) async fn faults(sandbox: SocketAddr) -> Value {
    ask(Method::GET, sandbox, "faults", None).await
}

async fn ask(method: Method, sandbox: SocketAddr, path: &str, body: Option<&Value>) -> Value {
    let request = Request::builder()
        .method(method)
        .uri(format!("http://{sandbox}/_sandbox/{path}"))
        .header(http::header::CONTENT_TYPE, "application/json")
        .body(Full::new(Bytes::from(
            body.map(ToString::to_string).unwrap_or_default(),
        )))
        .unwrap();
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let answer = timeout(PATIENCE, async {
        let answer = client.request(request).await.unwrap();
        let status = answer.status();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        assert!(status.is_success(), "{path}: {status}: {body:?}");
        body
    });
    let body = answer.await.unwrap();
    if body.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(&body).unwrap()
}
