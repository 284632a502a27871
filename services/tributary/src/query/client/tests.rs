use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tonic::Status;
use tributary_stream::Transport;

use super::Client;
use crate::query::error::QueryError;

fn client() -> Client {
    let routes = tonic::service::Routes::default();
    Client {
        server: "127.0.0.1:7070".to_owned(),
        ..Client::over(Transport::local(routes))
    }
}

#[test]
fn a_server_that_is_not_there_is_named_with_the_innermost_cause_and_the_remedy() {
    let refused = io::Error::new(io::ErrorKind::ConnectionRefused, "connection refused");
    let status = Status::from_error(Box::new(io::Error::other(refused)));
    assert_eq!(
        client().failed(&status).to_string(),
        "no Tributary server at 127.0.0.1:7070 (connection refused): start one with `tributary up`, or say where it is, \
         with --server or a kubeconfig"
    );
}

#[test]
fn a_server_that_refuses_is_quoted() {
    assert_eq!(
        client()
            .failed(&Status::invalid_argument("object.kind: is required"))
            .to_string(),
        "127.0.0.1:7070 answered InvalidArgument: object.kind: is required"
    );
}

/// Nobody listens there any more.
async fn gone() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    listener.local_addr().unwrap()
}

/// How often a question is asked of so many servers, if each answers with this.
async fn asked(servers: usize, answer: impl Fn() -> Status) -> usize {
    let address = gone().await;
    let addresses = vec![format!("http://{address}"); servers].join(",");
    let client = Client::over(Transport::remote(&addresses).unwrap());
    let count = AtomicUsize::new(0);
    let asking = client.call(async || {
        count.fetch_add(1, Ordering::Relaxed);
        Err::<(), _>(answer())
    });
    asking.await.unwrap_err();
    count.into_inner()
}

#[tokio::test(start_paused = true)]
async fn each_server_is_asked_once_while_they_are_gone_and_some_times_while_nobody_leads() {
    let refused = || Status::from_error(Box::new(io::Error::other("refused")));
    assert_eq!(asked(1, refused).await, 1);
    assert_eq!(asked(3, refused).await, 3);
    let standby = || Status::unavailable("another leads");
    assert_eq!(asked(1, standby).await, 6);
    assert_eq!(asked(3, standby).await, 6);
    let denied = || Status::permission_denied("no");
    assert_eq!(asked(3, denied).await, 1);
}

#[tokio::test(start_paused = true)]
async fn a_server_that_hangs_is_said_to_hang() {
    let stopped = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = stopped.local_addr().unwrap();
    let transport = Transport::remote(&format!("http://{address}")).unwrap();
    let error = Client::over(transport)
        .list_load_balancers()
        .await
        .unwrap_err();
    assert!(matches!(error, QueryError::Hangs { .. }), "{error:?}");
    assert_eq!(
        error.to_string(),
        "this process hangs: it takes connections and answers nothing"
    );
}

/// As a server with TLS does to a client without: an alert, and the end.
#[tokio::test]
async fn a_server_that_wants_tls_is_told_from_one_that_is_not_there() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut server = JoinSet::new();
    server.spawn(async move {
        let (mut tcp, _) = listener.accept().await.unwrap();
        let mut preface = [0; 24];
        tcp.read_exact(&mut preface).await.unwrap();
        tcp.write_all(b"\x15\x03\x03\x00\x02\x02\x0a\x15\x03")
            .await
            .unwrap();
    });
    let transport = Transport::remote(&format!("http://{address}")).unwrap();
    let asked = Client::over(transport).list_load_balancers().await;
    let error = asked.unwrap_err();
    assert!(matches!(error, QueryError::CutOff { .. }), "{error:?}");
    let gone = Transport::remote(&format!("http://{}", gone().await)).unwrap();
    let error = Client::over(gone).list_load_balancers().await.unwrap_err();
    assert!(matches!(error, QueryError::Unreachable { .. }), "{error:?}");
}
