//! Pages over TLS for who is none of the installation: the API server, which asks webhooks. HTTP/1.1, which is all that it
//! speaks to them (kubernetes issue 75791).
//!
//! Anybody who reaches the port may ask, so everything is bounded: connections, the time of a handshake, of a request and of
//! silence, and the size of a body.

use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::port::{Bounds, Port};
use crate::tls::Tls;

#[cfg(test)]
mod tests;

const BOUNDS: Bounds = Bounds {
    server: "https",
    // An API server has some for each of its webhooks.
    most: 256,
    refused: Duration::from_millis(200),
    drain: Duration::from_secs(3),
};
/// Go's clients close a connection that is idle for 90 seconds: they are to be the first, so that no question is lost.
const SILENCE: Duration = Duration::from_mins(2);
/// From the first line of a request to the answer. Nobody waits longer for a webhook than 30 seconds, for ours 2.
const REQUEST: Duration = Duration::from_secs(10);
/// An object in etcd has 1.5 MiB at most, the API server takes requests of 3 MiB; a question names it once.
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// A port that is bound and not served yet.
#[derive(Debug)]
pub struct Https(Port);

/// Not bound: taken, or not ours to take.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {address} for HTTPS")]
pub struct HttpsError {
    /// The address asked for.
    address: SocketAddr,
    /// Why not.
    source: io::Error,
}

impl Https {
    /// Binds the port, so that a port in use is known before any work starts. Port 0 takes a free one.
    ///
    /// # Errors
    /// When it is taken, or not ours to take.
    pub async fn bind(address: SocketAddr) -> Result<Self, HttpsError> {
        let port = Port::bind(address).await;
        Ok(Self(port.map_err(|source| HttpsError { address, source })?))
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Serves until cancelled; then running requests have a few seconds. A certificate that is renewed counts for the next
    /// connection.
    pub async fn serve(self, tls: Tls, routes: Router, shutdown: CancellationToken) {
        let pages = Pages {
            tls,
            routes: routes
                .layer(DefaultBodyLimit::max(MOST_BYTES))
                .layer(from_fn(in_time)),
            shutdown: shutdown.clone(),
        };
        let connection = |tcp| Some(pages.clone().connection(tcp));
        self.0.serve(BOUNDS, &shutdown, connection).await;
    }
}

/// What each connection needs.
#[derive(Clone)]
struct Pages {
    tls: Tls,
    routes: Router,
    shutdown: CancellationToken,
}

impl Pages {
    async fn connection(self, tcp: TcpStream) {
        let Self {
            tls,
            routes,
            shutdown,
        } = self;
        let stream = match tls.accept_web(tcp).await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::debug!(%error, "a connection came to nothing");
                return;
            }
        };
        let mut connection = pin!(
            http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(SILENCE)
                .serve_connection(TokioIo::new(stream), TowerToHyperService::new(routes))
        );
        let ended = tokio::select! {
            ended = connection.as_mut() => ended,
            () = shutdown.cancelled() => {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        };
        if let Err(error) = ended {
            tracing::debug!(%error, "a connection broke");
        }
    }
}

async fn in_time(request: Request, next: Next) -> Response {
    match timeout(REQUEST, next.run(request)).await {
        Ok(response) => response,
        Err(_) => StatusCode::REQUEST_TIMEOUT.into_response(),
    }
}
