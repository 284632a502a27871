use std::sync::Arc;

use axum::body::Bytes;
use axum::routing::{get, post};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::*;
use crate::tls::tests::{Authority, name};

/// As Go's client of webhooks: no certificate, HTTP/1.1.
async fn connect(authority: &str, to: SocketAddr) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    for it in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        roots.add(it.unwrap()).unwrap();
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&TLS13])
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    let name = ServerName::try_from(name("merger")).unwrap();
    let tcp = TcpStream::connect(to).await?;
    TlsConnector::from(Arc::new(config))
        .connect(name, tcp)
        .await
}

/// The first line of the answer.
async fn ask(stream: &mut TlsStream<TcpStream>, path: &str, body: &[u8]) -> String {
    let head = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    // Who refuses a body may not read it to its end.
    let _ = stream.write_all(body).await;
    let mut answer = vec![0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    answer.lines().next().unwrap_or_default().to_owned()
}

/// One that says how long what it hears is.
struct Served {
    authority: Authority,
    folder: tempfile::TempDir,
    address: SocketAddr,
    shutdown: CancellationToken,
    serving: JoinSet<()>,
}

async fn served(routes: Router) -> Served {
    let authority = Authority::new();
    let (folder, tls) = authority.service("merger");
    let https = Https::bind("127.0.0.1:0".parse().unwrap()).await.unwrap();
    let address = https.local_addr();
    let shutdown = CancellationToken::new();
    let mut serving = JoinSet::new();
    serving.spawn(https.serve(tls, routes, shutdown.clone()));
    Served {
        authority,
        folder,
        address,
        shutdown,
        serving,
    }
}

fn length() -> Router {
    Router::new().route("/", post(async |body: Bytes| body.len().to_string()))
}

#[tokio::test]
async fn who_has_no_certificate_is_served_more_than_once_on_a_connection() {
    let served = served(length()).await;
    let mut stream = connect(&served.authority.certificate, served.address)
        .await
        .unwrap();
    for _ in 0..2 {
        assert_eq!(ask(&mut stream, "/", b"abc").await, "HTTP/1.1 200 OK");
    }
}

#[tokio::test]
async fn a_body_has_a_bound() {
    let served = served(length()).await;
    let (most, more) = (vec![b'x'; MOST_BYTES], vec![b'x'; MOST_BYTES + 1]);
    for (body, expected) in [
        (most, "HTTP/1.1 200 OK"),
        (more, "HTTP/1.1 413 Payload Too Large"),
    ] {
        let mut stream = connect(&served.authority.certificate, served.address)
            .await
            .unwrap();
        assert_eq!(ask(&mut stream, "/", &body).await, expected);
    }
}

#[tokio::test]
async fn the_next_connection_has_the_renewed_certificate() {
    let served = served(length()).await;
    let next = Authority::new();
    next.write(served.folder.path(), &name("merger"), 2999);
    // Files are looked at once a second at most.
    until(async || connect(&next.certificate, served.address).await.is_ok()).await;
    assert!(
        connect(&served.authority.certificate, served.address)
            .await
            .is_err()
    );
}

/// Polls; the test's own deadline is nextest's.
async fn until(holds: impl AsyncFn() -> bool) {
    while !holds().await {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn who_does_not_shake_hands_is_dropped() {
    let served = served(length()).await;
    let mut tcp = TcpStream::connect(served.address).await.unwrap();
    // From here on the clock goes on as soon as nobody has anything to do.
    tokio::time::pause();
    assert_eq!(tcp.read(&mut [0]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_stop_lets_running_requests_end_and_no_more_begin() {
    let (begun, may_end) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tells, waits) = (Arc::clone(&begun), Arc::clone(&may_end));
    let slow = async move || {
        tells.notify_one();
        waits.notified().await;
        "done"
    };
    let mut served = served(Router::new().route("/", get("up").post(slow))).await;
    let mut stream = connect(&served.authority.certificate, served.address)
        .await
        .unwrap();
    let mut asked = JoinSet::new();
    asked.spawn(async move { ask(&mut stream, "/", b"").await });
    begun.notified().await;
    served.shutdown.cancel();
    while connect(&served.authority.certificate, served.address)
        .await
        .is_ok()
    {}
    may_end.notify_one();
    assert_eq!(asked.join_next().await.unwrap().unwrap(), "HTTP/1.1 200 OK");
    served.serving.join_next().await.unwrap().unwrap();
}
