//! Servers that hang: the kernel takes connections and bytes for them, and they say nothing.

use std::net::SocketAddr;
use std::time::Duration;

use futures::StreamExt;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::Code;
use tonic::transport::Endpoint;
use tributary_proto::snapshot::snapshot_service_client::SnapshotServiceClient;
use tributary_proto::snapshot::{SyncRequest, WatchSnapshotRequest};
use tributary_runtime::Context;
use tributary_stream::{StreamOptions, Transport, clients, hangs, watch};

use crate::service::{Server, any_port, grpc, namespace};
use crate::watching::{next, objects, watching};

/// Within which it has to be noticed.
const NOTICED: Duration = Duration::from_secs(5);

#[tokio::test(start_paused = true)]
async fn a_call_to_a_server_that_hangs_ends_within_five_seconds() {
    // Nobody accepts: the kernel does.
    let stopped = TcpListener::bind(any_port()).await.unwrap();
    let address = stopped.local_addr().unwrap();
    let transport = Transport::remote(&format!("http://{address}")).unwrap();
    let begun = Instant::now();
    let mut client = clients::snapshot(transport);
    let status = client.sync(SyncRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(hangs(&status), "{status:?}");
    assert!(begun.elapsed() < NOTICED, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_server_that_is_gone_does_not_hang() {
    let transport = {
        let gone = TcpListener::bind(any_port()).await.unwrap();
        Transport::remote(&format!("http://{}", gone.local_addr().unwrap())).unwrap()
    };
    let mut client = clients::snapshot(transport);
    let status = client.sync(SyncRequest {}).await.unwrap_err();
    assert_eq!(status.code(), Code::Unavailable);
    assert!(!hangs(&status), "{status:?}");
}

/// The call that comes after a stream of a server that hangs must not be to the same one.
#[tokio::test]
async fn a_stream_of_a_server_that_hangs_goes_on_at_the_next_within_five_seconds() {
    let context = Context::new("test");
    let first = Server::start(any_port(), grpc(&objects(&context, &[("a", "1")])));
    let second = Server::start(any_port(), grpc(&objects(&context, &[("a", "2")])));
    let freeze = tokio::sync::watch::Sender::new(false);
    let (between, _running) = freezing(first.address, freeze.subscribe()).await;
    let both = format!("http://{between},http://{}", second.address);
    let client = clients::snapshot(Transport::remote(&both).unwrap());
    let options = StreamOptions::named("snapshot").unfenced();
    let mut updates = watch(&context, options, move || {
        let mut client = client.clone();
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    })
    .boxed();
    assert_eq!(next(&mut updates, 2).await, "R(a=1) S");
    let frozen = Instant::now();
    freeze.send_replace(true);
    assert_eq!(next(&mut updates, 2).await, "a=2 S");
    assert!(frozen.elapsed() < NOTICED, "{:?}", frozen.elapsed());
}

/// A way to a server on which nothing moves any more once it is told to freeze; connections are still taken.
async fn freezing(server: SocketAddr, frozen: Receiver<bool>) -> (SocketAddr, JoinSet<()>) {
    let listener = TcpListener::bind(any_port()).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut running = JoinSet::new();
    running.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (client, _) = listener.accept().await.unwrap();
            let server = TcpStream::connect(server).await.unwrap();
            let (client_reads, client_writes) = client.into_split();
            let (server_reads, server_writes) = server.into_split();
            connections.spawn(pass(client_reads, server_writes, frozen.clone()));
            connections.spawn(pass(server_reads, client_writes, frozen.clone()));
        }
    });
    (address, running)
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    frozen: Receiver<bool>,
) {
    let mut bytes = [0; 4096];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        if *frozen.borrow() {
            // Both ends stay open.
            std::future::pending::<()>().await;
        }
        if to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// A client that opens a watch and never reads keeps nothing for itself, and holds up nobody.
#[tokio::test(start_paused = true)]
async fn who_opens_a_watch_and_never_reads_is_dropped_and_holds_up_nobody() {
    let context = Context::new("test");
    let large = "x".repeat(512 * 1024);
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| (name, &large[..]));
    let published = objects(&context, &names);
    let bound = grpc(&published).bind(any_port()).unwrap();
    let address = format!("http://{}", bound.local_addr());
    let mut serving = JoinSet::new();
    serving.spawn(bound.serve(context.clone()));
    let endpoint = Endpoint::from_shared(address.clone())
        .unwrap()
        .initial_stream_window_size(64 * 1024);
    let mut idle = SnapshotServiceClient::new(endpoint.connect_lazy())
        .max_decoding_message_size(64 * 1024 * 1024);
    let idle = idle.watch_snapshot(WatchSnapshotRequest {}).await.unwrap();
    let mut idle = idle.into_inner();

    let mut updates = watching(&context, Transport::remote(&address).unwrap());
    assert!(next(&mut updates, 2).await.ends_with(") S"));
    let (key, object) = namespace("a", "2");
    published.set(key, object);
    assert_eq!(next(&mut updates, 1).await, "a=2");
    let shown = |line: &str| context.metrics.text().unwrap().contains(line);
    assert!(shown("tributary_stream_subscribers{stream=\"snapshot\"} 2"));
    // Whoever has waited for as long as it takes finds it done.
    let dropped = "tributary_slow_readers_total{rpc=\"/tributary.snapshot.v1.SnapshotService/WatchSnapshot\"} 1";
    let mut seconds = tokio::time::interval(Duration::from_secs(1));
    for _ in 0..60 {
        seconds.tick().await;
        if shown(dropped) {
            break;
        }
    }
    assert!(shown(dropped));
    assert!(shown("tributary_stream_subscribers{stream=\"snapshot\"} 1"));
    let status = loop {
        match idle.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("it passes for whole"),
            Err(status) => break status,
        }
    };
    assert_eq!(status.code(), Code::ResourceExhausted, "{status:?}");
    let (key, object) = namespace("b", "3");
    published.set(key, object);
    assert_eq!(next(&mut updates, 1).await, "b=3");
}
