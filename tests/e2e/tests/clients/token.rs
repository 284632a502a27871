//! The token of a file goes along with each request, over TLS only.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::net::SocketAddr;
use std::task::{Context, Poll};
use std::time::Duration;

use tempfile::TempDir;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::Service;
use tonic::server::NamedService;
use tonic::transport::{Server, ServerTlsConfig};
use tributary_tests_e2e::address;
use tributary_tests_e2e::process::{Process, run_other};
use tributary_tests_e2e::system::words;
use tributary_tests_e2e::trust::{Authority, Ends, Identity, name};

use crate::client::CLIENTS;

/// Says what it was shown, is away for who has the first token, and believes no other.
#[derive(Clone)]
struct Doorkeeper(mpsc::UnboundedSender<Option<String>>);

impl NamedService for Doorkeeper {
    const NAME: &'static str = "tributary.listeners.v1.ListenersService";
}

impl Service<http::Request<Body>> for Doorkeeper {
    type Response = http::Response<Body>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        let shown = request.headers().get("authorization");
        let shown = shown.map(|value| value.to_str().unwrap().to_owned());
        let status = if shown.as_deref() == Some("Bearer first") {
            Status::unavailable("come again")
        } else {
            Status::unauthenticated("a token that nobody knows")
        };
        // The test may be over.
        self.0.send(shown).unwrap_or_default();
        ready(Ok(status.into_http()))
    }
}

/// A merger's door, and what is shown there.
struct Door {
    address: SocketAddr,
    shown: mpsc::UnboundedReceiver<Option<String>>,
    folder: TempDir,
    _running: JoinSet<()>,
}

impl Door {
    async fn next(&mut self) -> Option<String> {
        let shown = timeout(PATIENCE, self.shown.recv()).await;
        shown.expect("somebody comes").unwrap()
    }
}

/// Whoever comes again does so within seconds.
const PATIENCE: Duration = Duration::from_mins(1);

fn door() -> Door {
    let authority = Authority::new();
    let Identity { certificate, key } = authority.identity(&name("merger"), Ends::LATER);
    let identity = tonic::transport::Identity::from_pem(certificate, key);
    let address = address::free(address::host());
    let (says, shown) = mpsc::unbounded_channel();
    let folder = TempDir::new().unwrap();
    std::fs::write(folder.path().join("ca.crt"), &authority.certificate).unwrap();
    let mut running = JoinSet::new();
    let tls = ServerTlsConfig::new().identity(identity);
    let mut server = Server::builder().tls_config(tls).unwrap();
    let serving = server.add_service(Doorkeeper(says)).serve(address);
    running.spawn(async move { serving.await.unwrap() });
    Door {
        address,
        shown,
        folder,
        _running: running,
    }
}

#[tokio::test]
async fn a_token_is_read_anew_for_each_request() {
    for client in CLIENTS {
        let mut door = door();
        let file = |name: &str| door.folder.path().join(name);
        let (token, log) = (file("token"), file("log"));
        std::fs::write(&token, "first\n").unwrap();
        let mut args = words(&["watch", "--server", &door.address.to_string(), "--ca"]);
        args.extend([
            file("ca.crt").into(),
            "--token-file".into(),
            token.clone().into(),
        ]);
        let process = Process::start_other(&client.program(), &args, &file("out"), &log);
        assert_eq!(
            door.next().await.as_deref(),
            Some("Bearer first"),
            "{client:?}"
        );
        std::fs::write(&token, "second\n").unwrap();
        // Some request may have been on its way.
        loop {
            let shown = door.next().await;
            match shown.as_deref() {
                Some("Bearer first") => {}
                Some("Bearer second") => break,
                other => panic!("{client:?} shows {other:?}"),
            }
        }
        // What would be the same the next time is not tried again.
        let ended = process.ended(PATIENCE).await;
        let said = std::fs::read_to_string(&log).unwrap();
        assert_eq!(ended.code(), Some(1), "{client:?}: {said}");
        assert!(
            said.contains("a token that nobody knows"),
            "{client:?}: {said}"
        );
        assert!(
            !said.contains("first") && !said.contains("second"),
            "{client:?}: {said}"
        );
    }
}

#[tokio::test]
async fn a_token_is_never_sent_without_tls() {
    let folder = TempDir::new().unwrap();
    let token = folder.path().join("token");
    std::fs::write(&token, "first\n").unwrap();
    for client in CLIENTS {
        let mut args = words(&["list", "--plaintext", "--token-file"]);
        args.push(token.clone().into());
        let ended = run_other(&client.program(), &args).await;
        assert!(
            matches!(ended.code, Some(1 | 2)),
            "{client:?}: {:?}",
            ended.code
        );
        let said = ended.stderr;
        assert!(said.contains("token-file"), "{client:?}: {said}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_there_is_said_at_once() {
    for client in CLIENTS {
        let ended = run_other(
            &client.program(),
            &words(&["watch", "--ca", "nowhere/ca.crt"]),
        )
        .await;
        assert_eq!(ended.code, Some(1), "{client:?}");
        assert!(
            ended.stderr.contains("nowhere/ca.crt"),
            "{client:?}: {}",
            ended.stderr
        );
    }
}
