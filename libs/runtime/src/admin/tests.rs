use std::net::{Ipv4Addr, SocketAddr};

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::Instant;
use tower::ServiceExt;

use super::{Admin, AdminError, CONNECTION_DEADLINE, CONNECTIONS, routes};
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

/// What a page would tell is told to whoever asks: there are these three, and they are read only.
#[test]
fn there_are_three_pages_and_no_other() {
    let context = Context::new("merger");
    for path in [
        "/",
        "/config",
        "/debug",
        "/debug/pprof",
        "/env",
        "/snapshot",
        "/metrics/x",
    ] {
        answers(&context, path, StatusCode::NOT_FOUND, "");
    }
    for path in ["/livez", "/readyz", "/metrics"] {
        let request = Request::post(path).body(Body::empty()).unwrap();
        let response = block_on(routes(&context).oneshot(request)).unwrap();
        assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
}

/// A port with clients, until they are done.
async fn served<T>(asks: impl AsyncFnOnce(&Context, SocketAddr) -> T) -> T {
    let context = Context::new("merger");
    let admin = Admin::bind(SocketAddr::from((Ipv4Addr::LOCALHOST, 0)))
        .await
        .unwrap();
    let address = admin.local_addr();
    let asking = async {
        let told = asks(&context, address).await;
        context.shutdown.cancel();
        told
    };
    let (served, told) = tokio::join!(admin.serve(context.clone()), asking);
    served.unwrap();
    told
}

/// All that comes until the other side closes.
async fn read(mut tcp: TcpStream) -> String {
    let mut text = Vec::new();
    // A reset is an end, too.
    tcp.read_to_end(&mut text).await.unwrap_or_default();
    String::from_utf8(text).unwrap()
}

const REQUEST: &[u8] = b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n";

#[tokio::test]
async fn a_connection_has_one_request() {
    let answer = served(async |_, address| {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        tcp.write_all(REQUEST).await.unwrap();
        read(tcp).await
    })
    .await;
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    assert!(answer.ends_with("ok\n"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn who_does_not_ask_in_time_is_hung_up_on() {
    for said in [&b""[..], b"GET /livez HTTP/1.1\r\nhost: x\r\n"] {
        served(async |context, address| {
            let begun = Instant::now();
            let mut tcp = TcpStream::connect(address).await.unwrap();
            tcp.write_all(said).await.unwrap();
            read(tcp).await;
            assert!(begun.elapsed() <= CONNECTION_DEADLINE, "{said:?}");
            let text = context.metrics.text().unwrap();
            assert!(
                text.contains(
                    "tributary_connections_dropped_total{server=\"admin\",why=\"slow\"} 1"
                ),
                "{text}"
            );
        })
        .await;
    }
}

#[tokio::test]
async fn a_request_of_any_size_is_not_read() {
    let answer = served(async |_, address| {
        let mut tcp = TcpStream::connect(address).await.unwrap();
        let path = "x".repeat(64 * 1024);
        let request = format!("GET /{path} HTTP/1.1\r\nhost: x\r\n\r\n");
        // It may be closed before all is written.
        tcp.write_all(request.as_bytes()).await.unwrap_or_default();
        read(tcp).await
    })
    .await;
    assert!(!answer.contains("200 OK"), "{answer}");
}

#[tokio::test]
async fn one_address_has_so_many_connections_and_no_more() {
    served(async |_, address| {
        let mut held = Vec::new();
        for _ in 0..CONNECTIONS.of_address {
            held.push(TcpStream::connect(address).await.unwrap());
        }
        let refused = TcpStream::connect(address).await.unwrap();
        assert_eq!(read(refused).await, "");
        drop(held);
    })
    .await;
}
