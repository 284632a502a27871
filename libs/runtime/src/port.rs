//! A port of HTTP/1 and the one loop that takes its connections, for the admin pages and for the webhooks: each connection is
//! a task, those that there are have a bound, and a stop waits for them, not for ever.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

#[cfg(test)]
mod tests;

/// Bound and not served yet.
#[derive(Debug)]
pub(crate) struct Port {
    listener: TcpListener,
    local_addr: SocketAddr,
}

/// What one server bears.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// As in logs.
    pub(crate) server: &'static str,
    /// With so many connections the next ones wait in the backlog.
    pub(crate) most: usize,
    /// Until there is a connection again after the system has refused one: too many files are open.
    pub(crate) refused: Duration,
    /// What is left to running connections by the stop.
    pub(crate) drain: Duration,
}

impl Port {
    /// Binds it, so that a port in use is known before any work starts. Port 0 takes a free one.
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let local_addr = listener.local_addr()?;
        Ok(Self {
            listener,
            local_addr,
        })
    }

    pub(crate) fn local_addr(&self) -> SocketAddr {
        self.local_addr
    }

    /// Serves until cancelled. `connection` gives what to do with one, or nothing where it is closed at once.
    pub(crate) async fn serve<C>(
        self,
        bounds: Bounds,
        shutdown: &CancellationToken,
        connection: impl Fn(TcpStream) -> Option<C>,
    ) where
        C: Future<Output = ()> + Send + 'static,
    {
        let Bounds { server, drain, .. } = bounds;
        let address = self.local_addr;
        let mut open = JoinSet::new();
        let accepting = self.accept(bounds, &mut open, connection);
        shutdown.run_until_cancelled(accepting).await;
        // Who waits in the backlog is told now.
        drop(self.listener);
        let drained = async {
            while let Some(ended) = open.join_next().await {
                tell(server, ended);
            }
        };
        if timeout(drain, drained).await.is_err() {
            tracing::debug!(server, %address, "connections were cut at the stop");
        }
    }

    /// Never returns.
    async fn accept<C>(
        &self,
        bounds: Bounds,
        open: &mut JoinSet<()>,
        connection: impl Fn(TcpStream) -> Option<C>,
    ) where
        C: Future<Output = ()> + Send + 'static,
    {
        let Bounds {
            server,
            most,
            refused,
            ..
        } = bounds;
        loop {
            let accepted = tokio::select! {
                accepted = self.listener.accept(), if open.len() < most => accepted,
                Some(ended) = open.join_next() => {
                    tell(server, ended);
                    continue;
                }
            };
            match accepted {
                Ok((tcp, _)) => {
                    if let Some(connection) = connection(tcp) {
                        open.spawn(connection);
                    }
                }
                Err(error) => {
                    let address = self.local_addr;
                    tracing::warn!(server, %address, %error, "a connection was not accepted");
                    sleep(refused).await;
                }
            }
        }
    }
}

fn tell(server: &str, ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(server, %error, "a connection's task failed");
    }
}
