use std::path::Path;

use futures::StreamExt;
use serde_json::Value;
use tributary_proto::snapshot::WatchSnapshotRequest;
use tributary_proto::snapshot::watch_snapshot_response::Event;
use tributary_runtime::{Context, GrpcServices, OnError};
use tributary_sandbox::{Options, Sandbox};
use tributary_stream::{Transport, clients};
use tributary_watcher::{Emptied, Service, Source};

use super::ahead;

/// First addresses of all network interfaces.
fn addresses(sandbox: &Sandbox) -> Vec<String> {
    let state = sandbox.state().unwrap();
    let interfaces = &state["regions"]["us-west-2"]["network"]["interfaces"];
    let interfaces = interfaces.as_object().into_iter().flatten();
    let first = |interface: &Value| {
        interface["addresses"]["primary"]
            .as_str()
            .map(str::to_owned)
    };
    let mut addresses: Vec<String> = interfaces.filter_map(|(_, it)| first(it)).collect();
    addresses.sort();
    addresses
}

/// Also after the stream was broken.
#[tokio::test]
async fn interfaces_are_there_before_the_snapshot_is_heard() {
    let context = Context::new("up");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/listenersets");
    let source = Source::Folder {
        root,
        state_dir: None,
        status_dir: None,
        emptied: Emptied::Waits,
    };
    let watcher = Service::new(context.clone(), source).unwrap();
    let services = watcher.contracts(GrpcServices::default());
    let to_watcher = Transport::local(services.build().unwrap().routes());
    let sandbox = Sandbox::new(Options::default());
    let heard = ahead(&context, to_watcher, sandbox.clone()).unwrap();
    let tasks = context.tasks();
    tasks.spawn("watcher", OnError::ShutDown, watcher.run());

    for _ in 0..2 {
        let mut client = clients::snapshot(heard.clone());
        let answer = client.watch_snapshot(WatchSnapshotRequest {}).await;
        let mut messages = answer.unwrap().into_inner();
        let mut is_listed = false;
        while !is_listed {
            let event = messages.next().await.unwrap().unwrap().event;
            is_listed = matches!(event, Some(Event::InitDone(_)));
        }
        assert_eq!(addresses(&sandbox), ["10.0.1.11", "10.0.2.12"]);
    }
    context.shutdown.cancel();
}
