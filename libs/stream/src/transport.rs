//! What a client talks through: a connection, or the server's own services.

use std::error::Error as _;
use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use futures::FutureExt;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, USER_AGENT};
use http::{HeaderValue, Uri};
use http_body_util::BodyExt;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tonic::body::Body;
use tonic::service::Routes;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tower::service_fn;
use tower::util::BoxCloneSyncService;
use tower::{Service, ServiceExt};
use tributary_runtime::names::HEADER_TRACEPARENT;
use tributary_runtime::telemetry::traceparent;
use tributary_runtime::tls::Trouble;
use tributary_runtime::{Bearer, BoxError, Tls};

/// A peer inside the cluster answers within milliseconds or is gone.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);

/// A little less, so that who hangs is told from who is not there.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_millis(1800);

/// Through what the caller makes: the API server's tunnel to a pod, from wherever a person is.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// A server that says nothing for this long is asked whether it is there, and one that hangs (stopped, swapped out, its node
/// frozen) does not answer: together less than the five seconds within which that has to be noticed. Most of it is for
/// the answer, since a server short of processors is late with it.
const PING_INTERVAL: Duration = Duration::from_secs(1);
const PING_TIMEOUT: Duration = Duration::from_secs(3);

/// Flow control per stream and per connection: enough that a listing of 40,000 items at a kilobyte does not wait for a
/// round trip every 64 KiB, little enough that a slow reader makes its sender wait rather than fill our memory.
const STREAM_WINDOW_BYTES: u32 = 1024 * 1024;
const CONNECTION_WINDOW_BYTES: u32 = 4 * 1024 * 1024;

/// A gRPC client's way to its server. Generated clients are built over it and do not know which way it is; clones
/// share the connection. Each call carries the traceparent of the span that it is made in.
#[derive(Clone, Debug)]
pub struct Transport {
    way: Way,
    /// `authorization` of each call.
    token: Option<HeaderValue>,
}

#[derive(Clone, Debug)]
enum Way {
    Local(BoxCloneSyncService<http::Request<Body>, http::Response<Body>, BoxError>),
    Remote(Arc<Remote>),
}

/// Servers of which one is called: the same one by all clones, until it cannot be reached or says that another has to
/// be asked.
#[derive(Debug)]
struct Remote {
    endpoints: Vec<Endpoint>,
    peering: Peering,
    current: Mutex<Current>,
}

#[derive(Debug)]
struct Current {
    /// How often another one was chosen.
    turn: usize,
    channel: Option<Channel>,
}

/// Why a transport could not be made.
#[derive(Debug, thiserror::Error)]
pub enum TransportError {
    /// No URL, or none of a server.
    #[error("{uri:?} is not the address of a gRPC server, such as {EXAMPLE}")]
    Address {
        /// What was given.
        uri: String,
        /// What is wrong with it.
        source: Option<tonic::transport::Error>,
    },
    /// It is no text that a header can hold.
    #[error("the token has characters that no token has")]
    Token,
    /// `https` and no certificate, or `http` and one.
    #[error("{uri:?} begins with {}, which goes {} --tls-dir", scheme(*with_tls), if *with_tls { "only with" } else { "only without" })]
    Scheme {
        /// What was given.
        uri: String,
        /// Whether it asks for TLS.
        with_tls: bool,
    },
}

/// What a client says of itself, beside what tonic says of itself.
pub const PROGRAM: &str = concat!("tributary/", env!("CARGO_PKG_VERSION"));

const EXAMPLE: &str = "http://127.0.0.1:7400";

fn scheme(with_tls: bool) -> &'static str {
    if with_tls { "https" } else { "http" }
}

/// A connection, whatever it is made of.
pub trait Connection: AsyncRead + AsyncWrite + Send + Unpin + 'static {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin + 'static> Connection for T {}

/// Makes a connection to the host and port of an address, the handshake of TLS and all.
pub type Dial =
    Arc<dyn Fn(String) -> BoxFuture<'static, Result<Box<dyn Connection>, BoxError>> + Send + Sync>;

/// How a server is reached.
#[derive(Clone)]
enum Peering {
    Plain,
    /// Through whatever connection is made to the host.
    Dialled(Dial),
    /// With our certificate, if its own is that of this service.
    Tls(Tls, &'static str),
}

impl Transport {
    /// Through a connection, made at the first call and again whenever it is gone. Of several addresses, separated by
    /// commas, the next one is called after one that has no connection or answers UNAVAILABLE: a standby, or a server
    /// that stops. With one address that is a new connection, by which a load balancer may choose another server.
    pub fn remote(uris: &str) -> Result<Self, TransportError> {
        Self::peering(uris, Peering::Plain)
    }

    /// The same to a service of the installation, `merger` for example: with TLS where this one has a certificate.
    ///
    /// # Errors
    /// Also where the scheme is not `https` with a certificate, or `http` without.
    pub fn between(
        uris: &str,
        tls: Option<&Tls>,
        service: &'static str,
    ) -> Result<Self, TransportError> {
        match tls {
            Some(tls) => Self::peering(uris, Peering::Tls(tls.clone(), service)),
            None => Self::remote(uris),
        }
    }

    fn peering(uris: &str, peering: Peering) -> Result<Self, TransportError> {
        let uris = uris.split(',').map(str::trim);
        let endpoints = uris.map(|uri| endpoint(uri, &peering));
        Ok(Self::new(Way::Remote(Arc::new(Remote {
            endpoints: endpoints.collect::<Result<_, _>>()?,
            peering,
            current: Mutex::new(Current {
                turn: 0,
                channel: None,
            }),
        }))))
    }

    /// Through connections that the caller makes, to servers of these names, `HOST` or `HOST:PORT`: through a tunnel, or with
    /// another handshake. `token` goes along with each call.
    ///
    /// # Errors
    /// Where a name is none.
    pub fn dialled(
        hosts: &[String],
        dial: Dial,
        token: Option<&Bearer>,
    ) -> Result<Self, TransportError> {
        let uris: Vec<String> = hosts.iter().map(|host| format!("http://{host}")).collect();
        let Self { way, token: _ } = Self::peering(&uris.join(","), Peering::Dialled(dial))?;
        let token = token.map(|token| HeaderValue::try_from(format!("Bearer {}", token.expose())));
        let mut token = token.transpose().map_err(|_| TransportError::Token)?;
        if let Some(token) = &mut token {
            token.set_sensitive(true);
        }
        Ok(Self { way, token })
    }

    /// How many servers there are to ask: of a Service in front of several it is one.
    pub fn servers(&self) -> usize {
        match &self.way {
            Way::Local(_) => 1,
            Way::Remote(remote) => remote.endpoints.len(),
        }
    }

    /// Straight into services of this process.
    pub fn local(routes: Routes) -> Self {
        let service = ServiceExt::<http::Request<Body>>::map_err(routes, |never| match never {});
        Self::new(Way::Local(BoxCloneSyncService::new(service)))
    }

    fn new(way: Way) -> Self {
        Self { way, token: None }
    }
}

fn endpoint(uri: &str, peering: &Peering) -> Result<Endpoint, TransportError> {
    let failed = |source| TransportError::Address {
        uri: uri.to_owned(),
        source,
    };
    let parse = |uri: &str| Endpoint::from_shared(uri.to_owned());
    let endpoint = parse(uri).map_err(|source| failed(Some(source)))?;
    let with_tls = match endpoint.uri().scheme_str() {
        Some("http") => false,
        Some("https") => true,
        // A bare word parses, too: as a host that no connection can be made to.
        Some(_) | None => return Err(failed(None)),
    };
    let endpoint = match (peering, with_tls) {
        (Peering::Plain | Peering::Dialled(_), false) => endpoint,
        // The connector does it; tonic would want to do it itself.
        (Peering::Tls(..), true) => {
            parse(&uri.replacen("https", "http", 1)).map_err(|source| failed(Some(source)))?
        }
        (Peering::Plain | Peering::Dialled(_), true) | (Peering::Tls(..), false) => {
            let uri = uri.to_owned();
            return Err(TransportError::Scheme { uri, with_tls });
        }
    };
    let endpoint = endpoint.user_agent(PROGRAM);
    let endpoint = endpoint.map_err(|source| failed(Some(source)))?;
    Ok(endpoint
        .connect_timeout(match peering {
            Peering::Plain | Peering::Tls(..) => CONNECT_TIMEOUT,
            Peering::Dialled(_) => DIAL_TIMEOUT,
        })
        .http2_keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        // A stream on which nothing changes for an hour looks like an idle connection.
        .keep_alive_while_idle(true)
        .tcp_nodelay(true)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES))
}

impl Remote {
    /// The channel that is called now, and whose turn it is. Inside a runtime only.
    fn channel(&self) -> Result<(usize, Channel), BoxError> {
        // A turn and a channel of any other turn are whole, too: one that answers nothing is left for the next.
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = current.turn;
        if let Some(channel) = &current.channel {
            return Ok((turn, channel.clone()));
        }
        let count = self.endpoints.len().max(1);
        let endpoint = self.endpoints.get(turn % count);
        let endpoint = endpoint.ok_or("no address of a gRPC server")?;
        let channel = match &self.peering {
            Peering::Plain => endpoint.connect_lazy(),
            Peering::Dialled(dial) => {
                endpoint.connect_with_connector_lazy(dialling(Arc::clone(dial)))
            }
            Peering::Tls(tls, service) => {
                endpoint.connect_with_connector_lazy(tls_connector(tls, service))
            }
        };
        current.channel = Some(channel.clone());
        Ok((turn, channel))
    }

    /// The one whose turn it was is not called again before the others were. What it still sends on open streams is
    /// read all the same.
    fn leave(&self, turn: usize) {
        let mut current = self.current.lock().unwrap_or_else(PoisonError::into_inner);
        // Of many calls that meet the same one chooses another.
        if current.turn == turn {
            current.turn = turn.wrapping_add(1);
            current.channel = None;
        }
    }

    async fn call(
        self: Arc<Self>,
        request: http::Request<Body>,
    ) -> Result<http::Response<Body>, BoxError> {
        let (turn, channel) = self.channel()?;
        let answer = channel.oneshot(request).await.map_err(BoxError::from);
        let is_elsewhere = match &answer {
            Ok(response) => is_unavailable(response),
            Err(_) => true,
        };
        if is_elsewhere {
            self.leave(turn);
        }
        // A stream that breaks says the same of its server as a call that fails. Without it the next call would wait for a server
        // that hangs once more.
        answer.map(|response| {
            response.map(|body| {
                Body::new(body.map_err(move |error| {
                    self.leave(turn);
                    error
                }))
            })
        })
    }
}

/// A connection with TLS to whoever is at the address, if that is the service that is meant.
fn tls_connector(
    tls: &Tls,
    service: &'static str,
) -> impl Service<Uri, Response = TokioIo<TlsStream<TcpStream>>, Error = BoxError, Future: Send>
+ Send
+ use<> {
    let tls = tls.clone();
    let mut tcp = HttpConnector::new();
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    service_fn(move |uri: Uri| {
        let (tls, tcp) = (tls.clone(), tcp.clone());
        async move {
            let connection = tcp.oneshot(uri).await?;
            let shaking = tls.connect(service, connection.into_inner());
            let hangs = |_| io::Error::new(io::ErrorKind::TimedOut, Trouble::Hangs);
            let stream = timeout(HANDSHAKE_TIMEOUT, shaking).await.map_err(hangs)??;
            Ok(TokioIo::new(stream))
        }
    })
}

/// What the caller makes of an address.
fn dialling(
    dial: Dial,
) -> impl Service<Uri, Response = TokioIo<Box<dyn Connection>>, Error = BoxError, Future: Send>
+ Send
+ use<> {
    service_fn(move |uri: Uri| {
        let host = uri.authority().map(ToString::to_string);
        let dialled = dial(host.unwrap_or_default());
        async move { Ok::<_, BoxError>(TokioIo::new(dialled.await?)) }
    })
}

impl fmt::Debug for Peering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Plain => "Plain",
            Self::Dialled(_) => "Dialled",
            Self::Tls(..) => "Tls",
        })
    }
}

/// Whether a call failed since its server hangs: the connection stands, and no ping is answered.
pub fn hangs(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        // Nothing else of hyper's is a timeout: that of a connection is another's.
        if error.downcast_ref().is_some_and(hyper::Error::is_timeout) {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether a call failed although there was a connection: it was closed, or what came over it is no HTTP/2. That nobody is
/// there is an error of the connection's making, and none of hyper's.
pub fn is_cut_off(status: &Status) -> bool {
    let mut cause = status.source();
    while let Some(error) = cause {
        if error.is::<hyper::Error>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// Whether an answer is UNAVAILABLE and no more. At the end of a stream it comes too late for here: who calls again
/// then hears it.
fn is_unavailable(response: &http::Response<Body>) -> bool {
    Status::from_header_map(response.headers())
        .is_some_and(|status| status.code() == Code::Unavailable)
}

impl Service<http::Request<Body>> for Transport {
    type Response = http::Response<Body>;
    type Error = BoxError;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, BoxError>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        match &mut self.way {
            Way::Local(service) => service.poll_ready(context),
            // Each call waits for the channel that it chooses.
            Way::Remote(_) => Poll::Ready(Ok(())),
        }
    }

    fn call(&mut self, mut request: http::Request<Body>) -> Self::Future {
        // A traceparent is ASCII, so only the empty one, of no span, stays behind.
        match HeaderValue::try_from(traceparent()) {
            Ok(value) if !value.is_empty() => {
                request.headers_mut().insert(HEADER_TRACEPARENT, value);
            }
            Ok(_) | Err(_) => {}
        }
        if let Some(token) = &self.token {
            request.headers_mut().insert(AUTHORIZATION, token.clone());
        }
        match &mut self.way {
            Way::Local(service) => {
                let program = HeaderValue::from_static(PROGRAM);
                request.headers_mut().insert(USER_AGENT, program);
                service.call(request).boxed()
            }
            Way::Remote(remote) => {
                let remote = Arc::clone(remote);
                remote.call(request).boxed()
            }
        }
    }
}
