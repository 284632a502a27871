//! One gRPC server: a service's contracts with health and reflection, over TCP or inside the process.
//!
//! ```text
//!  GrpcServices ─ add_service(…)… ─ build ──> Grpc ─┬─ routes() ──> a local transport
//!                                                  └─ bind(addr) ──> BoundGrpc ─ [secured(tls)] ─ serve(context)
//! ```

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::Request;
use axum::http::HeaderValue;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use futures::StreamExt;
use futures::future::Either;
use tokio::time::timeout;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;
use tonic::body::Body;
use tonic::server::NamedService;
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};
use tracing::Instrument;

use crate::connections::{Connections, Held, Most};
use crate::context::Context;
use crate::names::{HEADER_TRACEPARENT, HEADER_VERSION, SPAN_RPC};
use crate::readiness::Readiness;
use crate::telemetry;
use crate::tls::Tls;

mod guard;
mod readers;

pub use guard::{Access, Bearer, Caller, Person, Tokens, Visitor};

use guard::{Guard, ask};
use readers::{Readers, hurry};

#[cfg(test)]
mod tests;

/// Half-open connections are found after this and [`KEEP_ALIVE_TIMEOUT`].
const KEEP_ALIVE_INTERVAL: Duration = Duration::from_secs(20);

/// How long an answer to a keep-alive ping may take.
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(10);

/// Connections: a few of each service and of each person who asks. A port-forward makes everybody's address the same.
const CONNECTIONS: Most = Most {
    all: 4096,
    of_address: 256,
};

/// Of one call, all together. The largest is a token, with some kilobytes at most.
const MAX_HEADER_BYTES: u32 = 16 * 1024;

/// Streams per connection: each of our clients holds a handful, so more is a mistake or an attack.
const MAX_CONCURRENT_STREAMS: u32 = 1024;

/// Time that running calls have after the stop, less than a service's tasks have; our own streams end by themselves
/// at once.
const DRAIN_DEADLINE: Duration = Duration::from_secs(3);

/// Handshakes at a time; each has its deadline. More than one address has connections.
const HANDSHAKES: usize = 1024;

/// Contracts being gathered for one server.
#[derive(Clone, Debug, Default)]
pub struct GrpcServices {
    routes: Routes,
    names: Vec<&'static str>,
    descriptor_sets: Vec<&'static [u8]>,
}

/// A complete server, not bound to any port. Clones are the same services.
#[derive(Clone, Debug)]
pub struct Grpc {
    routes: Routes,
    names: Vec<&'static str>,
    health: HealthReporter,
}

/// A server whose port is bound and which is not served yet: callers wait in the backlog.
#[derive(Debug)]
pub struct BoundGrpc {
    grpc: Grpc,
    incoming: TcpIncoming,
    local_addr: SocketAddr,
    tls: Option<Tls>,
    tokens: Option<Arc<dyn Tokens>>,
}

/// Why a server could not be built or served.
#[derive(Debug, thiserror::Error)]
pub enum GrpcError {
    /// A descriptor set cannot be read: it is not that of the contracts.
    #[error("invalid descriptor set for gRPC reflection")]
    Reflection(#[source] tonic_reflection::server::Error),
    /// Not bound: taken, or not ours to take.
    #[error("cannot listen on {address} for gRPC")]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// Serving failed.
    #[error("cannot serve gRPC on {address}")]
    Serve {
        /// The address bound.
        address: SocketAddr,
        /// Why not.
        source: tonic::transport::Error,
    },
}

impl GrpcServices {
    /// Adds one contract's generated server. Its message limit is its own to set: tonic's 4 MiB is too little for most
    /// of our streams.
    #[must_use]
    pub fn add_service<S>(mut self, service: S) -> Self
    where
        S: tower::Service<http::Request<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Response: IntoResponse,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Adds an encoded `FileDescriptorSet`, for reflection.
    #[must_use]
    pub fn describe(mut self, descriptor_set: &'static [u8]) -> Self {
        self.descriptor_sets.push(descriptor_set);
        self
    }

    /// Adds health, reflection (v1 and v1alpha: grpcurl of either age) and trace propagation.
    pub fn build(self) -> Result<Grpc, GrpcError> {
        let Self {
            routes,
            names,
            descriptor_sets,
        } = self;
        let (health, health_service) = health_reporter();
        let reflection = || {
            let builder = tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
                .with_service_name(HEALTH);
            let builder = names
                .iter()
                .fold(builder, |builder, name| builder.with_service_name(*name));
            descriptor_sets
                .iter()
                .fold(builder, |builder, descriptor_set| {
                    builder.register_encoded_file_descriptor_set(descriptor_set)
                })
        };
        let routes = routes
            .add_service(health_service)
            .add_service(
                reflection()
                    .with_service_name("grpc.reflection.v1.ServerReflection")
                    .build_v1()
                    .map_err(GrpcError::Reflection)?,
            )
            .add_service(
                reflection()
                    .with_service_name("grpc.reflection.v1alpha.ServerReflection")
                    .build_v1alpha()
                    .map_err(GrpcError::Reflection)?,
            );
        Ok(Grpc {
            routes: Routes::from(routes.into_axum_router().layer(from_fn(about_each_call)))
                .prepare(),
            names,
            health,
        })
    }
}

const HEALTH: &str = "grpc.health.v1.Health";

impl Grpc {
    /// The services themselves, for clients inside this process.
    pub fn routes(&self) -> Routes {
        self.routes.clone()
    }

    /// Binds the port, so that a port in use is known before any work starts. Port 0 takes a free one.
    pub fn bind(self, address: SocketAddr) -> Result<BoundGrpc, GrpcError> {
        let fail = |source| GrpcError::Bind { address, source };
        let incoming = TcpIncoming::bind(address)
            .map_err(fail)?
            .with_nodelay(Some(true))
            .with_keepalive(Some(KEEP_ALIVE_INTERVAL));
        let local_addr = incoming.local_addr().map_err(fail)?;
        Ok(BoundGrpc {
            grpc: self,
            incoming,
            local_addr,
            tls: None,
            tokens: None,
        })
    }
}

impl BoundGrpc {
    /// The address that was bound.
    pub fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Lets people in by token, where there is TLS: said before [`BoundGrpc::secured`].
    #[must_use]
    pub fn with_tokens(mut self, tokens: Option<Arc<dyn Tokens>>) -> Self {
        self.tokens = tokens;
        self
    }

    /// With a certificate over TLS, and for those alone who may: every call is asked about, health and reflection among
    /// them. Without one it stays as it is.
    #[must_use]
    pub fn secured(mut self, tls: Option<Tls>, access: Access) -> Self {
        let Some(tls) = tls else {
            return self;
        };
        let guard = Guard {
            installation: tls.installation().into(),
            access,
            tokens: self.tokens.clone(),
        };
        let routes = self.grpc.routes.into_axum_router();
        let routes = routes.layer(from_fn_with_state(guard, ask));
        self.grpc.routes = Routes::from(routes).prepare();
        self.tls = Some(tls);
        self
    }

    /// Serves until cancelled; then refuses new calls and gives the running ones a few seconds. Health follows the
    /// readiness: `SERVING` while ready.
    pub async fn serve(self, context: Context) -> Result<(), GrpcError> {
        let Context {
            name: _,
            shutdown,
            metrics,
            readiness,
        } = context;
        let Self {
            grpc:
                Grpc {
                    routes,
                    names,
                    health,
                },
            incoming,
            local_addr,
            tls,
            tokens: _,
        } = self;
        let routes = routes.into_axum_router();
        let routes = routes.layer(from_fn_with_state(Readers::new(&metrics), hurry));
        let connections = Connections::new(&metrics, "grpc", CONNECTIONS);
        let incoming = incoming.filter_map(move |tcp| {
            let held = tcp.map(|tcp| connections.admit(tcp)).transpose();
            std::future::ready(held)
        });
        let http = Server::builder()
            .http2_keepalive_interval(Some(KEEP_ALIVE_INTERVAL))
            .http2_keepalive_timeout(Some(KEEP_ALIVE_TIMEOUT))
            .http2_adaptive_window(Some(true))
            .http2_max_header_list_size(MAX_HEADER_BYTES)
            .max_concurrent_streams(MAX_CONCURRENT_STREAMS)
            .add_routes(Routes::from(routes).prepare());
        let stop = shutdown.clone().cancelled_owned();
        let serving = match tls {
            None => Either::Left(http.serve_with_incoming_shutdown(incoming, stop)),
            Some(tls) => {
                let secured = incoming.map(move |tcp| handshake(tls.clone(), tcp));
                let secured = secured.buffer_unordered(HANDSHAKES);
                let secured = secured.filter_map(std::future::ready);
                Either::Right(http.serve_with_incoming_shutdown(secured, stop))
            }
        };
        let drained = async {
            shutdown.cancelled().await;
            set_health(&health, &names, ServingStatus::NotServing).await;
            // Pending for ever after the first: only the deadline matters from here on.
            timeout(DRAIN_DEADLINE, std::future::pending::<()>())
                .await
                .is_err()
        };
        tokio::select! {
            served = serving => served.map_err(|source| GrpcError::Serve { address: local_addr, source }),
            _ = drained => {
                tracing::debug!(address = %local_addr, "calls were cut at the stop");
                Ok(())
            }
            () = follow_readiness(&health, &names, &readiness, &shutdown) => Ok(()),
        }
    }
}

/// Nothing where it failed, which is the client's affair.
async fn handshake(tls: Tls, tcp: io::Result<Held>) -> Option<io::Result<TlsStream<Held>>> {
    let tcp = match tcp {
        Ok(tcp) => tcp,
        Err(error) => return Some(Err(error)),
    };
    match tls.accept(tcp).await {
        Ok(stream) => Some(Ok(stream)),
        Err(error) => {
            tracing::debug!(%error, "a connection came to nothing");
            None
        }
    }
}

/// Never returns: what ends serving is the server.
async fn follow_readiness(
    health: &HealthReporter,
    names: &[&'static str],
    readiness: &Readiness,
    shutdown: &CancellationToken,
) {
    let following = async {
        loop {
            set_health(health, names, ServingStatus::NotServing).await;
            readiness.ready().await;
            set_health(health, names, ServingStatus::Serving).await;
            readiness.unready().await;
        }
    };
    shutdown.run_until_cancelled(following).await;
    std::future::pending::<()>().await;
}

async fn set_health(health: &HealthReporter, names: &[&'static str], status: ServingStatus) {
    // The empty name is the server as a whole.
    for name in names.iter().copied().chain([""]) {
        health.set_service_status(name, status).await;
    }
}

/// Its trace is the caller's, and the answer says which version answers.
async fn about_each_call(request: Request, next: Next) -> Response {
    let span = tracing::debug_span!(SPAN_RPC, method = request.uri().path());
    let traceparent = request.headers().get(HEADER_TRACEPARENT);
    if let Some(traceparent) = traceparent.and_then(|value| value.to_str().ok()) {
        telemetry::join(&span, traceparent);
    }
    let mut response = next.run(request).instrument(span).await;
    let version = HeaderValue::from_static(env!("CARGO_PKG_VERSION"));
    response.headers_mut().insert(HEADER_VERSION, version);
    response
}
