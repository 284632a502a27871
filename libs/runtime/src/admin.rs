//! The admin port: `/metrics`, `/livez`, `/readyz`.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::context::Context;
use crate::metrics::Metrics;
use crate::readiness::Readiness;

#[cfg(test)]
mod tests;

/// The media type of OpenMetrics text, which Prometheus asks for.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The admin port, bound but not served yet.
#[derive(Debug)]
pub struct Admin {
    listener: TcpListener,
    local_addr: SocketAddr,
}

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
    /// Serving failed.
    #[error("cannot serve the admin port {address}")]
    Serve {
        /// The address bound.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
}

impl Admin {
    /// Binds the port, so that a port in use is known before any work starts. Port 0 takes a free one.
    pub async fn bind(address: SocketAddr) -> Result<Self, AdminError> {
        let fail = |source| AdminError::Bind { address, source };
        let listener = TcpListener::bind(address).await.map_err(fail)?;
        let local_addr = listener.local_addr().map_err(fail)?;
        Ok(Self {
            listener,
            local_addr,
        })
    }

    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until the context stops.
    pub async fn serve(self, context: Context) -> Result<(), AdminError> {
        let Self {
            listener,
            local_addr,
        } = self;
        let shutdown = context.shutdown.clone();
        axum::serve(listener, routes(&context))
            .with_graceful_shutdown(shutdown.cancelled_owned())
            .await
            .map_err(|source| AdminError::Serve {
                address: local_addr,
                source,
            })
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
