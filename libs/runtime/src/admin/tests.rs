use std::net::{Ipv4Addr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tower::ServiceExt;

use super::{Admin, AdminError, routes};
use crate::context::Context;
use crate::names::{TASK_FAILURES, TaskLabels};

#[track_caller]
fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

#[track_caller]
fn answers(context: &Context, path: &str, status: StatusCode, text: &str) {
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (answered, body) = block_on(async {
        let response = routes(context).oneshot(request).await.unwrap();
        let answered = response.status();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (answered, String::from_utf8(body.to_vec()).unwrap())
    });
    assert_eq!(answered, status);
    assert!(body.contains(text), "{body}");
}

#[test]
fn alive_from_the_start() {
    answers(&Context::new("merger"), "/livez", StatusCode::OK, "ok");
}

#[test]
fn unready_names_what_is_missing() {
    let context = Context::new("merger");
    let _snapshot = context.condition("snapshot");
    answers(
        &context,
        "/readyz",
        StatusCode::SERVICE_UNAVAILABLE,
        "merger/snapshot\n",
    );
}

#[test]
fn ready_when_all_is_met() {
    let context = Context::new("merger");
    let snapshot = context.condition("snapshot");
    snapshot.met();
    answers(&context, "/readyz", StatusCode::OK, "ok");
}

#[test]
fn a_concern_is_named_ready_or_not() {
    let context = Context::new("merger");
    let snapshot = context.condition("snapshot");
    let programmers = context.concern("alb-programmers");
    programmers.raise();
    let unready = "not ready\nmerger/snapshot\nconcern: merger/alb-programmers\n";
    answers(
        &context,
        "/readyz",
        StatusCode::SERVICE_UNAVAILABLE,
        unready,
    );
    snapshot.met();
    let ready = "ok\nconcern: merger/alb-programmers\n";
    answers(&context, "/readyz", StatusCode::OK, ready);
}

#[test]
fn metrics_are_openmetrics_text() {
    let context = Context::new("merger");
    context
        .metrics
        .get(&TASK_FAILURES)
        .get_or_create(&TaskLabels { task: "x" })
        .inc();
    answers(&context, "/metrics", StatusCode::OK, "# EOF");
}

#[tokio::test]
async fn a_port_in_use_is_named() {
    let taken = Admin::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let error = Admin::bind(taken.local_addr()).await.unwrap_err();
    assert!(matches!(error, AdminError::Bind { address, .. } if address == taken.local_addr()));
}

#[tokio::test]
async fn serving_ends_with_the_context() {
    let context = Context::new("merger");
    let admin = Admin::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    context.shutdown.cancel();
    admin.serve(context).await.unwrap();
}
