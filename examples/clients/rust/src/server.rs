//! The way to the merger.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Context;
use tonic::service::Interceptor;
use tonic::service::interceptor::InterceptedService;
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};
use tonic::{Request, Status};
use tributary_proto::listeners::listeners_service_client::ListenersServiceClient;

/// Where the merger is, whom we believe to be it, and who we are.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Server {
    /// Of the merger.
    #[arg(
        long = "server",
        value_name = "ADDRESS",
        default_value = "127.0.0.1:7070"
    )]
    address: String,
    /// In the merger's certificate.
    #[arg(
        long = "server-name",
        value_name = "NAME",
        default_value = "merger.tributary.services.tributary.dev"
    )]
    authority: String,
    /// Certificates of those who sign the merger's.
    #[arg(long, value_name = "FILE", required_unless_present = "plaintext")]
    ca: Option<PathBuf>,
    /// A client certificate.
    #[arg(long, value_name = "FILE", requires = "key")]
    cert: Option<PathBuf>,
    /// Its key.
    #[arg(long, value_name = "FILE", requires = "cert")]
    key: Option<PathBuf>,
    /// A token, read for each request.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Without TLS, for `tributary up` on this machine. A token goes over TLS only.
    #[arg(long, conflicts_with_all = ["ca", "cert", "token_file"])]
    plaintext: bool,
}

/// The generated client on a connection of its own.
pub(crate) type Client = ListenersServiceClient<InterceptedService<Channel, Bearer>>;

/// Adds the token in a file, which the kubelet renews in place, to each request.
#[derive(Clone, Debug)]
pub(crate) struct Bearer(Option<PathBuf>);

/// One that hangs is found within five seconds, even if nothing is to be told.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
const KEEP_ALIVE_TIMEOUT: Duration = Duration::from_secs(3);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);

impl Server {
    /// Reads the files anew, so that renewed certificates count from the next connection on. The connection is made
    /// with the first call.
    pub(crate) fn connect(&self) -> anyhow::Result<Client> {
        let Self {
            address,
            authority,
            ca,
            cert,
            key,
            token_file,
            plaintext,
        } = self;
        let scheme = if *plaintext { "http" } else { "https" };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{address}"))?
            .connect_timeout(CONNECT_TIMEOUT)
            .http2_keep_alive_interval(KEEP_ALIVE)
            .keep_alive_timeout(KEEP_ALIVE_TIMEOUT);
        if let Some(ca) = ca {
            let mut tls = ClientTlsConfig::new()
                .ca_certificate(Certificate::from_pem(read(ca)?))
                .domain_name(authority);
            if let (Some(cert), Some(key)) = (cert, key) {
                tls = tls.identity(Identity::from_pem(read(cert)?, read(key)?));
            }
            endpoint = endpoint.tls_config(tls)?;
        }
        Ok(ListenersServiceClient::with_interceptor(
            endpoint.connect_lazy(),
            Bearer(token_file.clone()),
        ))
    }
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        if let Some(file) = &self.0 {
            let token = read(file).map_err(|error| Status::unavailable(format!("{error:#}")))?;
            let bearer = format!("Bearer {}", token.trim()).parse();
            let bearer = bearer.map_err(|_| Status::unauthenticated("the file holds no token"))?;
            request.metadata_mut().insert("authorization", bearer);
        }
        Ok(request)
    }
}
