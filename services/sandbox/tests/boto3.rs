//! boto3, which knows nothing of this project, works against the sandbox by endpoint URL alone; and what it is
//! answered there is what moto answers, another stand-in for AWS that is independent of this one.

#![cfg(test)]

use std::process::Command;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary_sandbox::{Options, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn boto3_drives_every_operation() {
    run(&["boto3"], "boto3_smoke.py", Duration::ZERO).await;
}

/// Shows `provisioning` in the answers of create calls, as AWS does.
#[tokio::test(flavor = "multi_thread")]
async fn moto_answers_alike() {
    let modules = ["boto3", "moto.server"];
    run(&modules, "moto/compare.py", Duration::from_millis(1)).await;
}

/// Runs a script of `tests` against a sandbox of its own; it must end well. Python packages that are not there are no
/// failure of a person's machine, but one of CI, which installs them.
async fn run(modules: &[&str], script: &str, provisioning: Duration) {
    if let Some(missing) = modules.iter().find(|module| !is_there(module)) {
        let how = format!("python3 cannot import {missing}: .ci/tools installs it");
        assert!(std::env::var_os("CI").is_none(), "{how}");
        eprintln!("skipped: {how}");
        return;
    }
    let options = Options {
        provisioning,
        ..Options::default()
    };
    let bound = Sandbox::new(options)
        .bind(([127, 0, 0, 1], 0).into())
        .await
        .expect("a free port");
    let endpoint = format!("http://{}", bound.local_addr());
    let shutdown = CancellationToken::new();
    let mut server = JoinSet::new();
    server.spawn(bound.serve(shutdown.clone()));
    let script = format!("{}/tests/{script}", env!("CARGO_MANIFEST_DIR"));
    let script = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .args(["-B", &script, "--endpoint", &endpoint])
            .output()
    });
    let output = script
        .await
        .expect("the script's thread")
        .expect("python3 starts");
    shutdown.cancel();
    let ended = server.join_next().await.expect("a server");
    ended.expect("the server's task").expect("a clean end");
    assert!(
        output.status.success(),
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn is_there(module: &str) -> bool {
    let python = Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .output();
    python.is_ok_and(|output| output.status.success())
}
