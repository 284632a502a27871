//! What a client talks through: a connection, or the server's own services.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use http::HeaderValue;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::Endpoint;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};
use tributary_runtime::BoxError;
use tributary_runtime::grpc::{KEEP_ALIVE_INTERVAL, KEEP_ALIVE_TIMEOUT};
use tributary_runtime::names::HEADER_TRACEPARENT;
use tributary_runtime::telemetry::traceparent;

/// A peer inside the cluster answers within milliseconds or is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Flow control per stream and per connection: enough that a listing of 40,000 items at a kilobyte does not wait for a
/// round trip every 64 KiB, little enough that a slow reader makes its sender wait rather than fill our memory.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// A gRPC client's way to its server. Generated clients are built over it and do not know which way it is; clones
/// share the connection. Each call carries the traceparent of the span that it is made in.
#[derive(Clone, Debug)]
pub struct Transport {
    service: BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>,
}

/// Why a transport could not be made.
#[derive(Debug, thiserror::Error)]
#[error("{uri:?} is not the address of a gRPC server, such as http://127.0.0.1:7400")]
pub struct TransportError {
    uri: String,
    source: Option<tonic::transport::Error>,
}

impl Transport {
    /// Through a connection, made at the first call and again whenever it is gone. Inside a runtime only.
    pub fn remote(uri: &str) -> Result<Self, TransportError> {
        let failed = |source| TransportError {
            uri: uri.to_owned(),
            source,
        };
        let endpoint =
            Endpoint::from_shared(uri.to_owned()).map_err(|source| failed(Some(source)))?;
        // A bare word parses, too: as a host that no connection can be made to.
        if !matches!(endpoint.uri().scheme_str(), Some("http" | "https")) {
            return Err(failed(None));
        }
        let endpoint = endpoint
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE_INTERVAL)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT)
            // A stream on which nothing changes for an hour looks like an idle connection.
            .keep_alive_while_idle(true)
            .tcp_nodelay(true)
            .initial_stream_window_size(STREAM_WINDOW_BYTES)
            .initial_connection_window_size(CONNECTION_WINDOW_BYTES);
        let service = endpoint.connect_lazy().map_err(BoxError::from);
        Ok(Self {
            service: BoxCloneSyncService::new(service),
        })
    }

    /// Straight into services of this process.
    pub fn local(routes: Routes) -> Self {
        let service = ServiceExt::<http::Request<Body>>::map_err(routes, |never| match never {});
        Self {
            service: BoxCloneSyncService::new(service),
        }
    }
}

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // A traceparent is ASCII, so only the empty one, of no span, stays behind.
        match HeaderValue::try_from(traceparent()) {
            Ok(value) if !value.is_empty() => {
                request.headers_mut().insert(HEADER_TRACEPARENT, value);
            }
            Ok(_) | Err(_) => {}
        }
        self.service.call(request).boxed()
    }
}
