//! The watch client against real servers.

use std::sync::{Arc, Mutex};

use futures::StreamExt;
use futures::stream::BoxStream;
use tonic::Code;
use tributary_model::ObjectRef;
use tributary_model::resource::{Resource, SourceObject};
use tributary_proto::snapshot::{SyncRequest, WatchSnapshotRequest};
use tributary_runtime::Context;
use tributary_stream::{
    Positioned, StreamOptions, Ties, Transport, Update, clients, watch, watch_tied,
};

use crate::service::{Objects, Server, any_port, grpc, namespace};

pub(crate) type Updates = BoxStream<'static, Positioned<Update<ObjectRef, SourceObject>>>;

pub(crate) fn objects(context: &Context, labels: &[(&str, &str)]) -> Objects {
    let objects = Objects::new(context, "snapshot");
    for (name, label) in labels {
        let (key, object) = namespace(name, label);
        objects.set(key, object);
    }
    objects.mark_complete();
    objects
}

pub(crate) fn watching(context: &Context, transport: Transport) -> Updates {
    let client = clients::snapshot(transport);
    watch(context, StreamOptions::named("snapshot"), move || {
        let mut client = client.clone();
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    })
}

/// The next so many updates in short: `R(a=1)`, `a=1`, `~a`, `-a`, `S`.
pub(crate) async fn next(updates: &mut Updates, count: usize) -> String {
    let mut words = Vec::new();
    for _ in 0..count {
        words.push(word(updates.next().await.unwrap().item));
    }
    words.join(" ")
}

fn word(update: Update<ObjectRef, SourceObject>) -> String {
    match update {
        Update::Reset(items) => {
            let items: Vec<String> = items.values().map(|held| label(&held.item)).collect();
            format!("R({})", items.join(","))
        }
        Update::Apply(_, object) => label(&object),
        Update::Repositioned(key) => format!("~{}", key.key.name),
        Update::Delete(key) => format!("-{}", key.key.name),
        Update::Refused(refused) => format!("?{refused}"),
        Update::Synced => "S".to_owned(),
    }
}

fn label(object: &SourceObject) -> String {
    match &*object.resource {
        Resource::Namespace(namespace) => {
            format!("{}={}", namespace.meta.key.name, namespace.labels["team"])
        }
        other => panic!("{other:?}"),
    }
}

async fn follows(server: &Objects, mut updates: Updates) {
    assert_eq!(next(&mut updates, 2).await, "R(a=1,b=1) S");
    let (key, object) = namespace("a", "2");
    server.set(key, object);
    assert_eq!(next(&mut updates, 1).await, "a=2");
    let (key, _) = namespace("b", "1");
    server.remove(&key);
    assert_eq!(next(&mut updates, 1).await, "-b");
}

#[tokio::test]
async fn a_local_watch_follows() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1"), ("b", "1")]);
    let updates = watching(&context, Transport::local(grpc(&server).routes()));
    follows(&server, updates).await;
}

#[tokio::test]
async fn a_remote_watch_follows() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1"), ("b", "1")]);
    let running = Server::start(any_port(), grpc(&server));
    let transport = Transport::remote(&format!("http://{}", running.address)).unwrap();
    follows(&server, watching(&context, transport)).await;
}

#[tokio::test]
async fn a_reconnect_to_the_same_tells_nothing_but_that() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1"), ("b", "1")]);
    let running = Server::start(any_port(), grpc(&server));
    let address = running.address;
    let mut updates = watching(
        &context,
        Transport::remote(&format!("http://{address}")).unwrap(),
    );
    assert_eq!(next(&mut updates, 2).await, "R(a=1,b=1) S");

    running.kill().await;
    let _running = Server::start(address, grpc(&server));
    assert_eq!(next(&mut updates, 1).await, "S");
    let text = context.metrics.text().unwrap();
    assert!(
        text.contains("tributary_stream_reconnects_total{stream=\"snapshot\"}"),
        "{text}"
    );
}

#[tokio::test]
async fn what_changed_while_the_server_was_away_is_told_as_differences() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1"), ("b", "1")]);
    let running = Server::start(any_port(), grpc(&server));
    let address = running.address;
    let mut updates = watching(
        &context,
        Transport::remote(&format!("http://{address}")).unwrap(),
    );
    assert_eq!(next(&mut updates, 2).await, "R(a=1,b=1) S");

    running.kill().await;
    // Another process: it counts from 1 again.
    let server = objects(&Context::new("another"), &[("c", "1"), ("a", "1")]);
    let _running = Server::start(address, grpc(&server));
    assert_eq!(next(&mut updates, 4).await, "~a c=1 -b S");
}

#[tokio::test]
async fn a_server_that_comes_later_is_waited_for() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1")]);
    let running = Server::start(any_port(), grpc(&server));
    let address = running.address;
    running.kill().await;
    let mut updates = watching(
        &context,
        Transport::remote(&format!("http://{address}")).unwrap(),
    );
    {
        let mut first = Box::pin(updates.next());
        assert!(futures::poll!(&mut first).is_pending());
    }
    let _running = Server::start(address, grpc(&server));
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
}

#[tokio::test]
async fn a_new_epoch_is_a_new_listing_on_the_same_stream() {
    let context = Context::new("test");
    let server = objects(&Context::new("leader"), &[("a", "1")]);
    let mut updates = watching(&context, Transport::local(grpc(&server).routes()));
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
    server.set_epoch(3);
    assert_eq!(next(&mut updates, 2).await, "~a S");
}

#[tokio::test]
async fn a_call_that_tells_concerns_is_made_anew_when_they_change() {
    let context = Context::new("test");
    let server = objects(&context, &[("a", "1")]);
    let client = clients::snapshot(Transport::local(grpc(&server).routes()));
    let concern = context.concern("aws");
    let concerns = context.concerns();
    let ties = Ties {
        concerns: Some(concerns.clone()),
        ..Ties::default()
    };
    let said = Arc::new(Mutex::new(Vec::new()));
    let saying = Arc::clone(&said);
    let mut updates: Updates = watch_tied(
        &context,
        StreamOptions::named("snapshot"),
        ties,
        move || {
            saying.lock().unwrap().push(concerns.now().concat());
            let mut client = client.clone();
            async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
        },
    );
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
    concern.raise_because("no credentials");
    // What is there was told.
    assert_eq!(next(&mut updates, 1).await, "S");
    assert_eq!(*said.lock().unwrap(), ["", "aws: no credentials"]);
}

#[tokio::test]
async fn why_nothing_has_arrived_yet_is_told() {
    let context = Context::new("test");
    let arrival = Arc::new(context.condition("snapshot"));
    let ties = Ties {
        arrival: Some(Arc::clone(&arrival)),
        ..Ties::default()
    };
    let server = objects(&context, &[]);
    let client = clients::snapshot(Transport::local(grpc(&server).routes()));
    let readiness = context.readiness.clone();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = Arc::clone(&seen);
    let mut updates: Updates = watch_tied(
        &context,
        StreamOptions::named("snapshot"),
        ties,
        move || {
            let first = {
                let mut seen = seeing.lock().unwrap();
                seen.push(readiness.unmet().concat());
                seen.len() == 1
            };
            let mut client = client.clone();
            async move {
                if first {
                    return Err(tonic::Status::unavailable("nobody leads"));
                }
                client.watch_snapshot(WatchSnapshotRequest {}).await
            }
        },
    );
    assert_eq!(next(&mut updates, 2).await, "R() S");
    assert_eq!(
        *seen.lock().unwrap(),
        ["test/snapshot", "test/snapshot: nobody leads"]
    );
}

#[tokio::test]
async fn a_deposed_server_is_left() {
    let context = Context::new("test");
    let stopping = Context::new("leader");
    let leader = objects(&stopping, &[("a", "2")]);
    leader.set_epoch(2);
    let deposed = objects(&Context::new("deposed"), &[("a", "1")]);
    deposed.set_epoch(1);
    let successor = objects(&Context::new("successor"), &[("a", "3")]);
    successor.set_epoch(3);
    let mut turns = [&leader, &deposed, &successor]
        .map(|it| clients::snapshot(Transport::local(grpc(it).routes())))
        .into_iter();
    let mut updates: Updates = watch(&context, StreamOptions::named("snapshot"), move || {
        let mut client = turns.next().unwrap();
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    });
    assert_eq!(next(&mut updates, 2).await, "R(a=2) S");
    stopping.shutdown.cancel();
    assert_eq!(next(&mut updates, 2).await, "a=3 S");
}

#[tokio::test]
async fn the_stop_ends_the_watch_while_it_waits() {
    let context = Context::new("test");
    let server = objects(&Context::new("server"), &[]);
    let mut updates = watching(&context, Transport::local(grpc(&server).routes()));
    assert_eq!(next(&mut updates, 2).await, "R() S");
    let mut waiting = Box::pin(updates.next());
    assert!(futures::poll!(&mut waiting).is_pending());
    context.shutdown.cancel();
    assert!(waiting.await.is_none());
}

#[tokio::test]
async fn the_end_of_the_server_is_survived() {
    let context = Context::new("test");
    let stopping = Context::new("server");
    let server = objects(&stopping, &[("a", "1")]);
    let next_server = objects(&Context::new("server"), &[("a", "2")]);
    let first = clients::snapshot(Transport::local(grpc(&server).routes()));
    let second = clients::snapshot(Transport::local(grpc(&next_server).routes()));
    let mut calls = 0;
    let mut updates: Updates = watch(&context, StreamOptions::named("snapshot"), move || {
        calls += 1;
        let mut client = if calls == 1 {
            first.clone()
        } else {
            second.clone()
        };
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    });
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
    stopping.shutdown.cancel();
    assert_eq!(next(&mut updates, 2).await, "a=2 S");
}

#[tokio::test]
async fn large_items_pass() {
    let context = Context::new("test");
    // Over tonic's default of 4 MiB.
    let label = "x".repeat(6 * 1024 * 1024);
    let server = objects(&context, &[("a", &label)]);
    let running = Server::start(any_port(), grpc(&server));
    let transport = Transport::remote(&format!("http://{}", running.address)).unwrap();
    let mut updates = watching(&context, transport);
    let told = next(&mut updates, 2).await;
    assert_eq!(told.len(), "R(a=) S".len() + label.len());
}

#[tokio::test]
async fn a_uri_that_is_none_is_refused() {
    for uri in ["not a uri", "nonsense", "ftp://127.0.0.1:7070"] {
        assert!(Transport::remote(uri).is_err(), "{uri}");
    }
}

#[tokio::test]
async fn the_next_address_is_called_when_one_is_gone_whichever_was_started_first() {
    let context = Context::new("test");
    let (younger, older) = (
        objects(&context, &[("a", "1")]),
        objects(&context, &[("a", "2")]),
    );
    younger.set_epoch(9);
    older.set_epoch(3);
    let first = Server::start(any_port(), grpc(&younger));
    let second = Server::start(any_port(), grpc(&older));
    let both = format!("http://{}, http://{}", first.address, second.address);
    let client = clients::snapshot(Transport::remote(&both).unwrap());
    let options = StreamOptions::named("snapshot").unfenced();
    let mut updates: Updates = watch(&context, options, move || {
        let mut client = client.clone();
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    });
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
    first.kill().await;
    assert_eq!(next(&mut updates, 2).await, "a=2 S");
}

#[tokio::test]
async fn a_call_goes_to_the_next_address_after_one_that_is_gone() {
    let context = Context::new("test");
    let leader = Server::start(any_port(), grpc(&objects(&context, &[])));
    let gone = any_port_that_nobody_has().await;
    for addresses in [
        format!("http://{gone},http://{}", leader.address),
        format!("http://{gone},http://{gone},http://{}", leader.address),
    ] {
        let transport = Transport::remote(&addresses).unwrap();
        let mut codes = Vec::new();
        for _ in 0..3 {
            let mut client = clients::snapshot(transport.clone());
            let status = client.sync(SyncRequest {}).await.unwrap_err();
            codes.push(status.code());
        }
        assert_eq!(codes.pop(), Some(Code::Unimplemented), "{codes:?}");
        assert_eq!(codes.first(), Some(&Code::Unavailable));
    }
}

async fn any_port_that_nobody_has() -> std::net::SocketAddr {
    let listener = tokio::net::TcpListener::bind(any_port()).await.unwrap();
    listener.local_addr().unwrap()
}
