//! How many connections a server has at once: so many in all, and so many from one address, so that whoever opens all that
//! it can leaves room for the others.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, Ipv4Addr};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tonic::transport::server::{Connected, TcpConnectInfo};

use crate::Metrics;
use crate::names::{CONNECTIONS, CONNECTIONS_DROPPED, DroppedLabels, ServerLabels};

#[cfg(test)]
mod tests;

/// Why a connection came to nothing; a label of [`CONNECTIONS_DROPPED`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Why {
    /// The server has as many as it takes.
    TooMany,
    /// So has this address.
    TooManyOfAddress,
    /// It did not ask, or did not take the answer, in time.
    Slow,
}

/// The most at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Most {
    /// Of all.
    pub(crate) all: usize,
    /// Of one address.
    pub(crate) of_address: usize,
}

/// Those of one server. Clones count together.
#[derive(Clone, Debug)]
pub(crate) struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    server: &'static str,
    most: Most,
    open: Mutex<Open>,
    gauge: Gauge,
    dropped: Family<DroppedLabels, Counter>,
}

#[derive(Debug, Default)]
struct Open {
    all: usize,
    by_address: HashMap<IpAddr, usize>,
}

/// A connection that counts as long as this is there.
#[derive(Debug)]
pub(crate) struct Held {
    connections: Connections,
    address: IpAddr,
    tcp: TcpStream,
}

impl Connections {
    pub(crate) fn new(metrics: &Metrics, server: &'static str, most: Most) -> Self {
        let labels = ServerLabels { server };
        let gauge = metrics.get(&CONNECTIONS).get_or_create_owned(&labels);
        Self(Arc::new(Inner {
            server,
            most,
            open: Mutex::default(),
            gauge,
            dropped: metrics.get(&CONNECTIONS_DROPPED),
        }))
    }

    /// Nothing where there are enough: it is closed.
    pub(crate) fn admit(&self, tcp: TcpStream) -> Option<Held> {
        // Of one that is gone already there is no address.
        let address = tcp.peer_addr().map(|address| address.ip());
        let address = address.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED));
        match self.count(address) {
            Ok(()) => Some(Held {
                connections: self.clone(),
                address,
                tcp,
            }),
            Err(why) => {
                self.dropped(why);
                tracing::debug!(server = self.0.server, %address, ?why, "a connection is closed");
                None
            }
        }
    }

    /// Counts one that came to nothing.
    pub(crate) fn dropped(&self, why: Why) {
        let labels = DroppedLabels {
            server: self.0.server,
            why: match why {
                Why::TooMany => "too_many",
                Why::TooManyOfAddress => "too_many_of_address",
                Why::Slow => "slow",
            },
        };
        self.0.dropped.get_or_create(&labels).inc();
    }

    fn count(&self, address: IpAddr) -> Result<(), Why> {
        let Inner {
            most, open, gauge, ..
        } = &*self.0;
        // Whole after any panic: nothing between its steps can.
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        if open.all >= most.all {
            return Err(Why::TooMany);
        }
        let of_address = open.by_address.entry(address).or_default();
        if *of_address >= most.of_address {
            return Err(Why::TooManyOfAddress);
        }
        *of_address += 1;
        open.all += 1;
        gauge.inc();
        Ok(())
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        let Inner { open, gauge, .. } = &*self.connections.0;
        let mut open = open.lock().unwrap_or_else(PoisonError::into_inner);
        open.all = open.all.saturating_sub(1);
        match open.by_address.get_mut(&self.address) {
            Some(count) if *count > 1 => *count -= 1,
            Some(_) | None => {
                open.by_address.remove(&self.address);
            }
        }
        gauge.dec();
    }
}

impl Connected for Held {
    type ConnectInfo = TcpConnectInfo;

    fn connect_info(&self) -> TcpConnectInfo {
        self.tcp.connect_info()
    }
}

impl AsyncRead for Held {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_read(context, buffer)
    }
}

impl AsyncWrite for Held {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.tcp).poll_shutdown(context)
    }

    fn is_write_vectored(&self) -> bool {
        self.tcp.is_write_vectored()
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.tcp).poll_write_vectored(context, slices)
    }
}
