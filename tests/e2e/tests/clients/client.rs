//! The three programs and their common command line.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use serde_json::Value;
use tributary_tests_e2e::process::{beside_the_test, run};
use tributary_tests_e2e::system::{System, words};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Client {
    Rust,
    Go,
    Python,
}

pub(crate) const CLIENTS: [Client; 3] = [Client::Rust, Client::Go, Client::Python];

impl Client {
    pub(crate) fn program(self) -> PathBuf {
        let folder = beside_the_test();
        let path = match self {
            Self::Rust => folder.join("tributary-client"),
            Self::Go => folder.join("../clients/go/client"),
            Self::Python => folder.join("../clients/python/client"),
        };
        assert!(
            path.is_file(),
            "{} is not there: say `just clients`",
            path.display()
        );
        path
    }
}

/// To a server as the client of a system, with its certificate.
pub(crate) fn certified(system: &System, server: SocketAddr) -> Vec<OsString> {
    let folder = system.certificates("client");
    let file = |name: &str| folder.join(name).into_os_string();
    vec![
        "--server".into(),
        server.to_string().into(),
        "--ca".into(),
        file("ca.crt"),
        "--cert".into(),
        file("tls.crt"),
        "--key".into(),
        file("tls.key"),
    ]
}

/// JSON, a document a line.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines().map(serde_json::from_str);
    lines.collect::<Result<_, _>>().unwrap()
}

/// All listeners as `tributary get` prints them, with the fields that the clients show.
pub(crate) async fn told_by_get(system: &System) -> Vec<Value> {
    let mut args = words(&["get", "listeners", "-o", "json", "--server"]);
    args.push(system.merger.to_string().into());
    args.extend(system.certified("client"));
    let ended = run("tributary", &args).await;
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    let mut list: Value = serde_json::from_str(&ended.stdout).unwrap();
    let Value::Array(mut items) = list["items"].take() else {
        panic!("{}", ended.stdout);
    };
    for item in &mut items {
        let fields = item.as_object_mut().unwrap();
        for field in [
            "apiVersion",
            "kind",
            "labels",
            "precedence",
            "rival",
            "loadBalancer",
            "programmed",
        ] {
            assert!(fields.remove(field).is_some(), "{field} in {fields:?}");
        }
    }
    items
}
