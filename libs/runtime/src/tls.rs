//! Mutual TLS between services, from files that change while they run.
//!
//! ```text
//!  DIR/{tls.crt, tls.key, ca.crt} ── looked at for a new connection, once a second at most ──> Loaded
//!      ├─ server: its certificate; a client's is verified where it has one ──> Peer, of which `grpc` asks Access
//!      └─ client: its certificate; the server's must be that of the service that was meant
//! ```
//!
//! The names of the files are those of a Kubernetes Secret of type `kubernetes.io/tls` as cert-manager writes it. What is
//! renewed counts for the next connection; open ones go on. Files that cannot be used leave what was there; at the start they are
//! waited for. The readiness says what is wrong: Kubernetes may bring the files, and a person the right ones, later.
//!
//! A service is known by a name in its certificate's subject alternative names, `SERVICE.INSTALLATION.services.tributary.dev`,
//! which nobody resolves: addresses of pods and Services change, who one is does not.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use rustls::ServerConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::{Instant, timeout};
use tokio_rustls::{TlsAcceptor, TlsConnector, client, server};

use crate::Metrics;
use crate::error::chain;
use crate::names::{
    TLS_CERTIFICATE_NOT_AFTER_SECONDS, TLS_CERTIFICATE_NOT_BEFORE_SECONDS, TLS_HANDSHAKE_FAILURES,
    TLS_RELOAD_FAILURES,
};

mod files;
mod peer;
mod trouble;
mod trust;
mod watched;

pub use files::TlsError;
pub use peer::{NoPeer, Peer};
pub use trouble::Trouble;
pub use trust::Trust;
pub(crate) use watched::watched;

use files::{Files, Loaded};

#[cfg(test)]
pub(crate) mod tests;

/// Files are not looked at more often.
const LOOK: Duration = Duration::from_secs(1);
/// Whoever has not shaken hands by then never will.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(5);
/// A server that has not answered by then hangs, and the next one is asked; a busy one takes some milliseconds.
pub(crate) const ANSWER: Duration = Duration::from_secs(3);

/// One service's certificate, and whom it believes. Clones share what they know.
#[derive(Clone)]
pub struct Tls(Arc<Inner>);

struct Inner {
    folder: PathBuf,
    installation: String,
    state: Mutex<State>,
    failures: Counter,
    refused: Counter,
    not_before: Gauge,
    not_after: Gauge,
}

struct State {
    looked: Instant,
    files: Files,
    loaded: Arc<Loaded>,
    /// Why the files that are there now cannot be used, said once.
    refused: Option<String>,
}

impl Tls {
    /// From the files of a folder. `installation` is whose services are believed.
    ///
    /// # Errors
    /// Names the file that cannot be read or used.
    pub fn load(metrics: &Metrics, folder: &Path, installation: &str) -> Result<Self, TlsError> {
        let files = Files::read(folder)?;
        let loaded = Arc::new(Loaded::new(folder, &files)?);
        let not_before = metrics.get(&TLS_CERTIFICATE_NOT_BEFORE_SECONDS);
        let not_after = metrics.get(&TLS_CERTIFICATE_NOT_AFTER_SECONDS);
        not_before.set(loaded.not_before);
        not_after.set(loaded.not_after);
        Ok(Self(Arc::new(Inner {
            folder: folder.to_owned(),
            installation: installation.to_owned(),
            state: Mutex::new(State {
                looked: Instant::now(),
                files,
                loaded,
                refused: None,
            }),
            failures: metrics.get(&TLS_RELOAD_FAILURES),
            refused: metrics.get(&TLS_HANDSHAKE_FAILURES),
            not_before,
            not_after,
        })))
    }

    /// Whose services are believed.
    pub fn installation(&self) -> &str {
        &self.0.installation
    }

    /// What counts for a connection that is made now.
    fn current(&self) -> Arc<Loaded> {
        let inner = &self.0;
        // Whole after any panic: its parts are set one by one, each of them whole.
        let mut state = inner.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.looked.elapsed() < LOOK {
            return Arc::clone(&state.loaded);
        }
        state.looked = Instant::now();
        let read = match Files::read(&inner.folder) {
            Ok(files) if files == state.files => {
                state.refused = None;
                return Arc::clone(&state.loaded);
            }
            Ok(files) => Loaded::new(&inner.folder, &files).map(|loaded| (files, loaded)),
            Err(error) => Err(error),
        };
        match read {
            Ok((files, loaded)) => {
                inner.not_before.set(loaded.not_before);
                inner.not_after.set(loaded.not_after);
                tracing::info!(folder = %inner.folder.display(), "certificate read anew");
                state.files = files;
                state.loaded = Arc::new(loaded);
                state.refused = None;
            }
            Err(error) => {
                inner.failures.inc();
                let why = chain(&error);
                if state.refused.as_ref() != Some(&why) {
                    tracing::warn!(error = why, "the certificate stays as it was");
                    state.refused = Some(why);
                }
            }
        }
        Arc::clone(&state.loaded)
    }

    /// Lets a client in. One without a certificate is let in, too: what it may ask is decided by the call.
    ///
    /// # Errors
    /// Where the client's certificate is not one that is believed, or it takes too long.
    pub(crate) async fn accept<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        tcp: S,
    ) -> io::Result<server::TlsStream<S>> {
        self.shake(&self.current().server, tcp).await
    }

    /// The same for who is none of the installation, and is asked for no certificate.
    pub(crate) async fn accept_web<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        tcp: S,
    ) -> io::Result<server::TlsStream<S>> {
        self.shake(&self.current().web, tcp).await
    }

    async fn shake<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        config: &Arc<ServerConfig>,
        tcp: S,
    ) -> io::Result<server::TlsStream<S>> {
        let acceptor = TlsAcceptor::from(Arc::clone(config));
        let accepted = timeout(HANDSHAKE, acceptor.accept(tcp)).await;
        let accepted = accepted.map_err(io::Error::from).flatten();
        accepted.inspect_err(|_| {
            self.0.refused.inc();
        })
    }

    /// Shakes hands with a server that must be this service of the installation, `merger` for example.
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
            installation: self.0.installation.clone(),
        };
        let name = ServerName::try_from(name.to_string()).map_err(io::Error::other)?;
        let connector = TlsConnector::from(Arc::clone(&self.current().client));
        in_time(connector.connect(name, connection)).await
    }
}

/// A handshake with a server.
async fn in_time<T>(shaking: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    let shaken = timeout(ANSWER, shaking).await;
    shaken.unwrap_or_else(|_| Err(io::Error::new(io::ErrorKind::TimedOut, Trouble::Hangs)))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("folder", &self.0.folder)
            .field("installation", &self.0.installation)
            .finish_non_exhaustive()
    }
}
