//! The HTTP server: loopback only unless it is told otherwise, bound before it serves, able to close without an answer.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use crate::admin;
use crate::options::Audience;
use crate::sandbox::{Reply, Sandbox};
use crate::wire;

/// The largest request body: RegisterTargets with a thousand targets needs 100 KiB, a certificate
/// chain 2 MiB at ACM's limit.
const MAX_BODY: usize = 8 * 1024 * 1024;

/// Connections at once; more wait in the kernel's queue.
const MAX_CONNECTIONS: usize = 1024;

/// How long running calls may take to end after the shutdown began.
const GRACE: Duration = Duration::from_secs(5);

/// Why the sandbox cannot serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The address could be reached from another machine.
    #[error(
        "the sandbox listens on loopback addresses only, not on {0}, without `tributary sandbox --listen-anywhere`"
    )]
    NotLoopback(SocketAddr),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// What was asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The server broke.
    #[error("the sandbox's server failed")]
    Serve(#[source] io::Error),
}

/// A sandbox that has its port but does not answer yet.
pub struct Bound {
    sandbox: Sandbox,
    listener: TcpListener,
    address: SocketAddr,
}

/// Marks a response that must not be sent: the connection is closed instead.
#[derive(Clone, Copy)]
struct CloseConnection;

/// Tells hyper to drop the connection.
#[derive(Debug, thiserror::Error)]
#[error("connection closed on purpose")]
struct Closed;

impl Sandbox {
    /// Everything over HTTP, for use in process. A call that a fault lets end without an answer
    /// is answered with status 444 here: only [`Bound::serve`] can close a connection.
    pub fn router(&self) -> Router {
        Router::new()
            .nest("/_sandbox", admin::router())
            .fallback(aws_call)
            .with_state(self.clone())
    }

    /// Takes the port. Port 0 takes a free one, which [`Bound::local_addr`] tells.
    pub async fn bind(self, address: SocketAddr) -> Result<Bound, Error> {
        match self.audience() {
            Audience::ThisMachine if !address.ip().is_loopback() => {
                return Err(Error::NotLoopback(address));
            }
            Audience::ThisMachine | Audience::Anybody => {}
        }
        let bind = |source| Error::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        Ok(Bound {
            sandbox: self,
            listener,
            address,
        })
    }
}

impl Bound {
    /// The address that was taken.
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `shutdown`, then lets running calls end (five seconds at most).
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), Error> {
        let Self {
            sandbox,
            listener,
            address: _,
        } = self;
        let router = sandbox.router();
        let graceful = GracefulShutdown::new();
        let slots = Arc::new(Semaphore::new(MAX_CONNECTIONS));
        let mut connections = JoinSet::new();
        loop {
            let accepted = tokio::select! {
                () = shutdown.cancelled() => break,
                Some(_) = connections.join_next() => continue,
                accepted = accept(&listener, &slots) => accepted.map_err(Error::Serve)?,
            };
            let (stream, slot) = accepted;
            let service = router.clone();
            let server = auto::Builder::new(TokioExecutor::new());
            let connection = server
                .serve_connection(
                    TokioIo::new(stream),
                    service_fn(move |request| answer(service.clone(), request)),
                )
                .into_owned();
            let connection = graceful.watch(connection);
            connections.spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection ended");
                }
                drop(slot);
            });
        }
        drop(listener);
        if tokio::time::timeout(GRACE, graceful.shutdown())
            .await
            .is_err()
        {
            tracing::warn!("connections cut after {GRACE:?}");
        }
        connections.shutdown().await;
        Ok(())
    }
}

async fn accept(
    listener: &TcpListener,
    slots: &Arc<Semaphore>,
) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let slot = Arc::clone(slots)
        .acquire_owned()
        .await
        .map_err(io::Error::other)?;
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                stream.set_nodelay(true)?;
                return Ok((stream, slot));
            }
            // A client that is gone before it was accepted is no failure of the server's.
            Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
            Err(error) => return Err(error),
        }
    }
}

async fn answer(router: Router, request: Request<Incoming>) -> Result<Response, Closed> {
    let response: Result<Response, Infallible> = router.oneshot(request.map(Body::new)).await;
    match response {
        Ok(response) if response.extensions().get::<CloseConnection>().is_some() => Err(Closed),
        Ok(response) => Ok(response),
        Err(never) => match never {},
    }
}

async fn aws_call(State(sandbox): State<Sandbox>, request: Request) -> Response {
    let request_id = sandbox.request_id();
    let (parts, body) = request.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_BODY).await else {
        return plain(StatusCode::PAYLOAD_TOO_LARGE);
    };
    let call = match wire::understand(&parts.headers, parts.uri.query(), &body) {
        Ok(call) => call,
        Err(misunderstood) => {
            sandbox.note_misunderstood(&misunderstood);
            let wire::Misunderstood {
                service,
                operation,
                error,
            } = misunderstood;
            return wire::respond(service, &operation, &request_id, &Err(error));
        }
    };
    let (service, operation) = (call.service, call.operation.clone());
    match sandbox.call(call).await {
        Reply::Answer(answer) => wire::respond(service, &operation, &request_id, &answer),
        Reply::Close => {
            // 444: "no response", as nginx has it.
            let status = StatusCode::from_u16(444).unwrap_or(StatusCode::BAD_GATEWAY);
            let mut response = plain(status);
            response.extensions_mut().insert(CloseConnection);
            response
        }
    }
}

fn plain(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}
