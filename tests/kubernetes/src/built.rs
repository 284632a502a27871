//! What Go makes for the tests: the server's program and the folder of the Gateway API's module.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The server's program, as .ci/kubernetes built it of these very sources.
pub(crate) fn server() -> PathBuf {
    let script = folder().join("../../.ci/kubernetes");
    PathBuf::from(answer(Command::new(script).arg("path")).trim_end())
}

/// The Gateway API's sources: the version of `crds/go.mod`, checked against `crds/go.sum`.
pub(crate) fn gateway_api() -> PathBuf {
    let module = answer(
        Command::new("go")
            .args(["mod", "download", "-json", "sigs.k8s.io/gateway-api"])
            .env("GOFLAGS", "")
            .current_dir(folder().join("crds")),
    );
    let module: Value = serde_json::from_str(&module).unwrap();
    PathBuf::from(module["Dir"].as_str().unwrap())
}

/// The CRDs of our own.
pub(crate) fn own_crds() -> PathBuf {
    folder().join("../../deploy/crds")
}

fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn answer(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}
