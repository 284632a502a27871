//! The status writer over files, following a merger that this test plays.
#![cfg(test)]

use std::convert::Infallible;
use std::path::Path;

use tributary_model::Kind;
use tributary_runtime::{Context, OnError, Tasks};
use tributary_status_writer::{Options, Store};

#[expect(
    dead_code,
    reason = "these tests need less of it than those against Kubernetes"
)]
#[path = "../kubernetes/merger.rs"]
mod merger;
#[expect(
    dead_code,
    reason = "these tests need less of it than those against Kubernetes"
)]
#[path = "../kubernetes/objects.rs"]
mod objects;

use merger::Merger;
use objects::{gateway, object, route};

fn start(context: &Context, merger: &Merger, folder: &Path) -> Tasks {
    let options = Options {
        merger: merger.transport(),
        store: Store::folder(folder.to_owned()).unwrap(),
    };
    let tasks = context.tasks();
    let writer = tributary_status_writer::write(context.child("status-writer"), options);
    tasks.spawn("status-writer", OnError::ShutDown, async {
        writer.await;
        Ok::<(), Infallible>(())
    });
    tasks
}

#[tokio::test]
async fn a_file_is_written_changed_and_removed_as_soon_as_it_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    let context = Context::new("test");
    let merger = Merger::new(&context);
    let _tasks = start(&context, &merger, folder.path());
    let web = object(Kind::Gateway, "infra", "web");
    let file = folder.path().join("gateway/infra/web.yaml");
    for routes in 1..50 {
        merger.judge(gateway(&web, routes), None);
        merger.settled().await;
        let written = std::fs::read_to_string(&file).unwrap();
        assert!(
            written.contains(&format!("attachedRoutes: {routes}")),
            "{written}"
        );
    }
    merger.remove(&web);
    merger.settled().await;
    assert!(!file.exists());
}

#[tokio::test]
async fn what_is_gone_since_an_earlier_run_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("gateway/infra/web.yaml");
    {
        let context = Context::new("test");
        let merger = Merger::new(&context);
        let _tasks = start(&context, &merger, folder.path());
        merger.judge(gateway(&object(Kind::Gateway, "infra", "web"), 1), None);
        merger.settled().await;
        assert!(file.exists());
    }
    let context = Context::new("test");
    let merger = Merger::new(&context);
    merger.judge(route(&object(Kind::HttpRoute, "team", "app")), None);
    let _tasks = start(&context, &merger, folder.path());
    merger.settled().await;
    assert!(!file.exists());
    assert!(folder.path().join("httproute/team/app.yaml").exists());
}

/// A folder in the way of a file costs that file only, until it is gone.
#[tokio::test]
async fn a_file_that_cannot_be_written_is_listed_and_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let in_the_way = folder.path().join("gateway/infra/web.yaml");
    std::fs::create_dir_all(in_the_way.join("below")).unwrap();
    let context = Context::new("test");
    let merger = Merger::new(&context);
    let _tasks = start(&context, &merger, folder.path());
    let web = object(Kind::Gateway, "infra", "web");
    merger.judge(gateway(&web, 1), None);
    merger.judge(route(&object(Kind::HttpRoute, "team", "app")), None);
    let said = merger.settled().await;
    assert_eq!(said.failed.len(), 1, "{said:?}");
    assert_eq!(said.failed[0].object, web);
    assert!(folder.path().join("httproute/team/app.yaml").exists());
    std::fs::remove_dir_all(&in_the_way).unwrap();
    merger
        .until("it is written", |said| said.failed.is_empty())
        .await;
    assert!(in_the_way.is_file());
}
