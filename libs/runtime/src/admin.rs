//! The admin port: `/metrics`, `/livez`, `/readyz`, for whoever reaches it: none of them tells what is in an object. A
//! connection has one request and a few seconds for all of it.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::time::timeout;

use crate::connections::{Connections, Held, Most, Why};
use crate::context::Context;
use crate::metrics::Metrics;
use crate::port::{Bounds, Port};
use crate::readiness::Readiness;

#[cfg(test)]
mod tests;

/// The media type of OpenMetrics text, which Prometheus asks for.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Probes of the kubelet and some scrapers.
const CONNECTIONS: Most = Most {
    all: 128,
    of_address: 32,
};

/// From the connection to the end of its request's headers.
const REQUEST_DEADLINE: Duration = Duration::from_secs(3);
/// All of it, the answer too.
const CONNECTION_DEADLINE: Duration = Duration::from_secs(10);
/// hyper's least.
const MAX_REQUEST_BYTES: usize = 8192;
const MAX_HEADERS: usize = 64;
const BOUNDS: Bounds = Bounds {
    server: "admin",
    // Who is one too many is hung up on: a scraper that waits would miss the next round, too.
    most: usize::MAX,
    refused: Duration::from_secs(1),
    // Each has its deadline, so nobody is cut.
    drain: CONNECTION_DEADLINE,
};

/// The admin port, bound but not served yet.
#[derive(Debug)]
pub struct Admin(Port);

/// Why the admin port is not served.
#[derive(Debug, thiserror::Error)]
pub enum AdminError {
    /// Not bound: taken, or not ours to take.
    #[error("cannot listen on {address} for /metrics, /livez and /readyz")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

impl Admin {
    /// Binds the port, so that a port in use is known before any work starts. Port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> Result<Self, AdminError> {
        let port = Port::bind(address).await;
        Ok(Self(
            port.map_err(|source| AdminError::Bind { address, source })?,
        ))
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.0.local_addr()
    }

    /// Serves until the context stops.
    pub async fn serve(self, context: Context) -> Result<(), AdminError> {
        let pages = routes(&context);
        let connections = Connections::new(&context.metrics, "admin", CONNECTIONS);
        let connection = |tcp| {
            let held = connections.admit(tcp)?;
            Some(answer(connections.clone(), pages.clone(), held))
        };
        self.0.serve(BOUNDS, &context.shutdown, connection).await;
        Ok(())
    }
}

/// One request.
async fn answer(connections: Connections, pages: Router, held: Held) {
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_DEADLINE)
        .max_headers(MAX_HEADERS)
        .max_buf_size(MAX_REQUEST_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(held), TowerToHyperService::new(pages));
    match timeout(CONNECTION_DEADLINE, served).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) if error.is_timeout() => connections.dropped(Why::Slow),
        Ok(Err(error)) => tracing::debug!(%error, "a connection to the admin port came to nothing"),
        Err(_elapsed) => connections.dropped(Why::Slow),
    }
}

/// The admin pages as a router: a service may add its own (a console, a debug page).
pub fn routes(context: &Context) -> Router {
    Router::new()
        .route("/livez", get(|| async { "ok\n" }))
        .route("/readyz", get(readyz).with_state(context.readiness.clone()))
        .route("/metrics", get(metrics).with_state(context.metrics.clone()))
}

async fn readyz(State(readiness): State<Readiness>) -> Response {
    let (status, mut lines) = if readiness.is_ready() {
        (StatusCode::OK, vec!["ok".to_owned()])
    } else {
        let mut lines = vec!["not ready".to_owned()];
        lines.extend(readiness.unmet());
        (StatusCode::SERVICE_UNAVAILABLE, lines)
    };
    let concerns = readiness.concerns().into_iter();
    lines.extend(concerns.map(|concern| format!("concern: {concern}")));
    (status, lines.join("\n") + "\n").into_response()
}

async fn metrics(State(metrics): State<Metrics>) -> Response {
    match metrics.text() {
        Ok(text) => ([(header::CONTENT_TYPE, OPENMETRICS)], text).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}
