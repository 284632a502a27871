//! The way to one API server.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kube::client::ClientBuilder;
use kube::config::{AuthInfo, InferConfigError, KubeConfigOptions, Kubeconfig, KubeconfigError};
use kube::{Client, Config};
use tower::util::MapRequestLayer;
use tributary_model::Installation;

use crate::token::TokenFile;

/// A request that is not a watch has an answer by then; a list of 500 objects takes some milliseconds.
pub(crate) const REQUEST_DEADLINE: Duration = Duration::from_secs(30);
/// Seconds after which the server ends a watch, which goes on where it ended: one request every two seconds, for all kinds.
pub(crate) const WATCH_SECONDS: u32 = 30;
/// A connection on which neither a change nor that end has come by then has fallen silent. Other requests have their
/// answer by then, too.
pub(crate) const SILENCE: Duration = Duration::from_secs(WATCH_SECONDS as u64 + 5);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// One API server and who we are there. Clones share the connections.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    address: String,
    installation: Installation,
}

/// Why there is no way to an API server. Says nothing about whether one answers: that the first request shows.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig that was named.
    #[error("cannot use kubeconfig {path}")]
    Kubeconfig {
        /// As it was given.
        path: PathBuf,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// The context that was named.
    #[error("cannot use context {context}")]
    Context {
        /// As it was given.
        context: String,
        /// What is wrong with it.
        source: Box<KubeconfigError>,
    },
    /// None was named, and nothing else says where the API server is.
    #[error(
        "no API server: neither a kubeconfig ($KUBECONFIG, ~/.kube/config) nor a service account is there"
    )]
    Nowhere(#[source] Box<InferConfigError>),
    /// Certificates or credentials that cannot be used.
    #[error("cannot use the credentials for {address}")]
    Credentials {
        /// Of the API server.
        address: String,
        /// What is wrong with them.
        source: Box<kube::Error>,
    },
}

impl Cluster {
    /// With a kubeconfig; without one as kubectl does it: `$KUBECONFIG`, `~/.kube/config`, else the pod's service
    /// account. Asks nobody yet.
    ///
    /// # Errors
    /// When a file is missing or cannot be used.
    pub async fn connect(kubeconfig: Option<&Path>) -> Result<Self, ConnectError> {
        let config = configuration(kubeconfig, None).await?;
        let address = config.cluster_url.to_string();
        let client = client(adjusted(config)).map_err(|source| ConnectError::Credentials {
            address: address.clone(),
            source: Box::new(source),
        })?;
        Ok(Self {
            client,
            address,
            installation: Installation::default(),
        })
    }

    /// As this installation: its finalizers, its field manager and its Leases. Otherwise it is the default one.
    #[must_use]
    pub fn of_installation(self, installation: Installation) -> Self {
        Self {
            installation,
            ..self
        }
    }

    /// Who we are among the Tributaries there.
    pub fn installation(&self) -> &Installation {
        &self.installation
    }

    /// Where the API server is.
    pub fn address(&self) -> &str {
        &self.address
    }

    pub(crate) fn client(&self) -> Client {
        self.client.clone()
    }
}

/// By a kubeconfig and one of its contexts; without them as kubectl does it.
pub(crate) async fn configuration(
    kubeconfig: Option<&Path>,
    context: Option<&str>,
) -> Result<Config, ConnectError> {
    let options = KubeConfigOptions {
        context: context.map(str::to_owned),
        ..KubeConfigOptions::default()
    };
    match (kubeconfig, context) {
        (Some(path), _) => {
            from_file(path, &options)
                .await
                .map_err(|source| ConnectError::Kubeconfig {
                    path: path.to_owned(),
                    source: Box::new(source),
                })
        }
        (None, Some(context)) => {
            Config::from_kubeconfig(&options)
                .await
                .map_err(|source| ConnectError::Context {
                    context: context.to_owned(),
                    source: Box::new(source),
                })
        }
        (None, None) => Config::infer()
            .await
            .map_err(|source| ConnectError::Nowhere(Box::new(source))),
    }
}

async fn from_file(path: &Path, options: &KubeConfigOptions) -> Result<Config, KubeconfigError> {
    let kubeconfig = Kubeconfig::read_from(path)?;
    Config::from_custom_kubeconfig(kubeconfig, options).await
}

pub(crate) fn client(mut config: Config) -> Result<Client, kube::Error> {
    let AuthInfo {
        username, token, ..
    } = &config.auth_info;
    // The order in which kube takes them.
    let token_file = match (username, token) {
        (None, None) => config.auth_info.token_file.take(),
        (Some(_), _) | (_, Some(_)) => None,
    };
    let Some(path) = token_file else {
        return Client::try_from(config);
    };
    let file = TokenFile::open(Path::new(&path)).map_err(kube::Error::Auth)?;
    let authorize = MapRequestLayer::new(move |request| file.authorize(request));
    Ok(ClientBuilder::try_from(config)?
        .with_layer(&authorize)
        .build())
}

pub(crate) fn adjusted(mut config: Config) -> Config {
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // Of an idle connection, too: a request would find out no sooner that nothing comes through it any more.
    config.read_timeout = Some(SILENCE);
    // Whoever calls has one loop that tries again, with a bound and a metric.
    config.default_retry = false;
    // A proxy that the environment names does not reach this machine's own loopback.
    let is_loopback = config.cluster_url.host().is_some_and(|host| {
        let address = host.trim_matches(['[', ']']).parse::<IpAddr>();
        host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    });
    if is_loopback {
        config.proxy_url = None;
    }
    config
}

impl fmt::Debug for Cluster {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Cluster")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
