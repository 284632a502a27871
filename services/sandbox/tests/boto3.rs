//! boto3, which knows nothing of this project, works against the sandbox by endpoint URL alone.

use std::process::Command;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary_sandbox::{Options, Sandbox};

#[tokio::test(flavor = "multi_thread")]
async fn boto3_drives_every_operation() {
    if !boto3_is_there() {
        assert!(
            std::env::var_os("CI").is_none(),
            "CI needs boto3: python3 -m pip install boto3"
        );
        eprintln!("skipped: python3 has no boto3 (python3 -m pip install boto3)");
        return;
    }
    let options = Options {
        provisioning: Duration::ZERO,
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
    let script = tokio::task::spawn_blocking(move || {
        Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/boto3_smoke.py"))
            .args(["--endpoint", &endpoint])
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

fn boto3_is_there() -> bool {
    let python = Command::new("python3")
        .args(["-c", "import boto3"])
        .output();
    python.is_ok_and(|output| output.status.success())
}
