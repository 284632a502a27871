//! What cannot be read costs itself.

use std::path::Path;

use tempfile::TempDir;

use crate::examples::example;
use crate::sandbox::assert_same;
use crate::scratch::{judged, up_once};
use crate::status::{assert_equal, normal};

/// A file beside the document's example: `up --once` fails, names it, and writes the rest as if it were not there.
async fn check(file: &str, text: &str, said: &[&str]) {
    let folder = TempDir::new().unwrap();
    for name in [
        "gateway.yaml",
        "listenerset.yaml",
        "route.yaml",
        "service.yaml",
    ] {
        copy(&example("listenersets").join(name), folder.path());
    }
    std::fs::write(folder.path().join(file), text).unwrap();
    let got = up_once(folder.path()).await;
    assert_eq!(got.ended.code, Some(1), "{}", got.ended.stderr);
    for said in said {
        assert!(
            got.ended.stderr.contains(said),
            "{said}: {}",
            got.ended.stderr
        );
    }
    let expected = judged(&example("listenersets")).await;
    assert_equal(&normal(got.statuses), &normal(expected.statuses), file);
    assert_same(&got.inventory, &expected.inventory, file);
}

fn copy(file: &Path, folder: &Path) {
    std::fs::copy(file, folder.join(file.file_name().unwrap())).unwrap();
}

#[tokio::test]
async fn a_document_that_cannot_be_read_fails_once_and_costs_itself() {
    check(
        "broken.yaml",
        "kind: [not, closed\n",
        &["refused", "broken.yaml"],
    )
    .await;
}

#[tokio::test]
async fn a_listener_set_that_the_schema_refuses_costs_itself() {
    check(
        "team.yaml",
        "apiVersion: gateway.networking.k8s.io/v1\nkind: ListenerSet\nmetadata: {name: team, namespace: infra}\nspec:\n  parentRef: {name: my-gateway}\n  listeners:\n  - {name: http, port: 70000, protocol: HTTP}\n",
        &["refused", "team.yaml", "infra/team", "port"],
    )
    .await;
}
