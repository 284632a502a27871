//! For people, who have no certificate: whom they believe.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::ServerName;
use rustls::version::TLS13;
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::{TlsConnector, client};

use super::files::{ALPN, TlsError, certificates};
use super::{Peer, in_time};

/// The authority of one installation's services.
#[derive(Clone)]
pub struct Trust {
    client: Arc<ClientConfig>,
    installation: String,
}

impl Trust {
    /// By PEM, which was found at `origin`.
    ///
    /// # Errors
    /// Where there is no certificate in it.
    pub fn of(authorities: &[u8], origin: &Path, installation: &str) -> Result<Self, TlsError> {
        let bad = |why: String| TlsError::Content {
            file: origin.to_owned(),
            why,
        };
        let mut roots = RootCertStore::empty();
        for authority in certificates(authorities).map_err(bad)? {
            roots
                .add(authority)
                .map_err(|error| bad(error.to_string()))?;
        }
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut client = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13])
            .map_err(|error| bad(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        client.alpn_protocols = vec![ALPN.to_vec()];
        Ok(Self {
            client: Arc::new(client),
            installation: installation.to_owned(),
        })
    }

    /// From a file.
    ///
    /// # Errors
    /// Names it where it cannot be read or used.
    pub fn load(file: &Path, installation: &str) -> Result<Self, TlsError> {
        let read = std::fs::read(file).map_err(|source| TlsError::Read {
            file: file.to_owned(),
            source,
        })?;
        Self::of(&read, file, installation)
    }

    /// Shakes hands over a connection with a server that must be this service of the installation.
    ///
    /// # Errors
    /// Where its certificate is another's or is not believed, or it takes too long.
    pub async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        service: &str,
        connection: S,
    ) -> io::Result<client::TlsStream<S>> {
        let name = Peer {
            service: service.to_owned(),
            installation: self.installation.clone(),
        };
        let name = ServerName::try_from(name.to_string()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::clone(&self.client));
        in_time(connector.connect(name, connection)).await
    }
}

impl fmt::Debug for Trust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Trust")
            .field("installation", &self.installation)
            .finish_non_exhaustive()
    }
}
