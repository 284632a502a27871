//! The lines of docs/clients.md do what they say.

use tributary_tests_e2e::process::run_other;
use tributary_tests_e2e::system::System;

use crate::world;

const DOCUMENT: &str = include_str!("../../../../docs/clients.md");

/// The lines of its blocks of `grpcurl`.
fn lines() -> Vec<&'static str> {
    let blocks = DOCUMENT
        .split("```sh\n")
        .skip(1)
        .map(|rest| rest.split("```").next().unwrap());
    blocks
        .flat_map(str::lines)
        .filter(|line| line.starts_with("grpcurl "))
        .collect()
}

async fn check(system: &System, line: &str) {
    let path = std::env::var("PATH").unwrap();
    let tls = system.certificates("client");
    let script = format!(
        "PATH='{path}' MERGER={} TLS='{}' AUTHORITY=merger.tributary.services.tributary.dev; export PATH; {line}",
        system.merger,
        tls.display()
    );
    let ended = run_other("/bin/sh".as_ref(), &["-ec".into(), script.into()]).await;
    assert_eq!(ended.code, Some(0), "{line}: {}", ended.stderr);
    assert!(ended.stdout.len() > 10, "{line}: {}", ended.stdout);
}

#[tokio::test]
async fn each_line_of_grpcurl_works() {
    let system = world::system().await;
    let lines = lines();
    assert!(lines.len() >= 5, "{lines:?}");
    for line in lines {
        check(&system, line).await;
    }
}
