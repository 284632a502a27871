//! Spans are joined across services.

use futures::StreamExt;
use opentelemetry::trace::TracerProvider as _;
use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::subscriber::DefaultGuard;
use tracing::{Instrument, info_span};
use tracing_subscriber::layer::SubscriberExt;
use tributary_proto::snapshot::{SyncRequest, WatchSnapshotRequest};
use tributary_runtime::Context;
use tributary_runtime::telemetry::traceparent;
use tributary_stream::{StreamOptions, Transport, clients, span, watch};

use crate::service::{Objects, any_port, grpc, namespace};

/// Spans of this thread, which all of a test's tasks run on.
fn traced() -> DefaultGuard {
    let tracer = SdkTracerProvider::builder().build().tracer("test");
    let layer = tracing_opentelemetry::layer().with_tracer(tracer);
    tracing::subscriber::set_default(tracing_subscriber::registry().with(layer))
}

/// `00-<trace>-<span>-<flags>`
fn trace_of(traceparent: &str) -> &str {
    traceparent.split('-').nth(1).unwrap()
}

#[tokio::test]
async fn a_change_carries_its_trace_to_whoever_receives_it() {
    let _traced = traced();
    let context = Context::new("test");
    let objects = Objects::new(&context, "snapshot");
    objects.mark_complete();
    let client = clients::snapshot(Transport::local(grpc(&objects).routes()));
    let mut updates = watch(&context, StreamOptions::named("snapshot"), move || {
        let mut client = client.clone();
        async move { client.watch_snapshot(WatchSnapshotRequest {}).await }
    });
    updates.next().await.unwrap();
    updates.next().await.unwrap();

    let sent = info_span!("change").in_scope(|| {
        let (key, object) = namespace("a", "1");
        objects.set(key, object);
        traceparent()
    });
    let received = updates.next().await.unwrap();
    assert_eq!(received.traceparent, sent);
    let joined = span(&received).in_scope(traceparent);
    assert_eq!(trace_of(&joined), trace_of(&sent));
    assert_ne!(joined, sent);
}

async fn joins(transport: Transport) {
    let call = async {
        let mut client = clients::snapshot(transport);
        let status = client.sync(SyncRequest {}).await.unwrap_err();
        (traceparent(), status.message().to_owned())
    };
    let (caller, server) = call.instrument(info_span!("call")).await;
    assert_eq!(trace_of(&server), trace_of(&caller));
    assert_ne!(server, caller, "the server has a span of its own");
}

#[tokio::test]
async fn a_local_call_is_of_its_callers_trace() {
    let _traced = traced();
    let objects = Objects::new(&Context::new("test"), "snapshot");
    joins(Transport::local(grpc(&objects).routes())).await;
}

#[tokio::test]
async fn a_remote_call_is_of_its_callers_trace() {
    let _traced = traced();
    let context = Context::new("test");
    let objects = Objects::new(&context, "snapshot");
    let bound = grpc(&objects).bind(any_port()).unwrap();
    let transport = Transport::remote(&format!("http://{}", bound.local_addr())).unwrap();
    let serving = bound.serve(context.clone());
    tokio::select! {
        served = serving => panic!("{served:?}"),
        () = joins(transport) => {}
    }
}
