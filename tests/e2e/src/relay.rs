//! A way to a server that can be cut.

use std::net::SocketAddr;

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::address;

/// Passes bytes on, or does not.
#[derive(Debug)]
pub struct Relay {
    /// Where it listens.
    pub address: SocketAddr,
    is_open: watch::Sender<bool>,
    running: JoinSet<()>,
}

impl Relay {
    /// One that is open.
    pub async fn to(server: SocketAddr) -> Self {
        let address = address::free(server.ip());
        let listener = TcpListener::bind(address).await.unwrap();
        let is_open = watch::Sender::new(true);
        let opens = is_open.subscribe();
        let mut running = JoinSet::new();
        running.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(pass(client, server, opens.clone()));
            }
        });
        Self {
            address,
            is_open,
            running,
        }
    }

    /// Every connection ends, and new ones come to nothing.
    pub fn cut(&self) {
        assert!(!self.running.is_empty());
        self.is_open.send_replace(false);
    }

    /// New connections are passed on again.
    pub fn mend(&self) {
        self.is_open.send_replace(true);
    }
}

async fn pass(mut client: TcpStream, server: SocketAddr, mut opens: watch::Receiver<bool>) {
    if !*opens.borrow_and_update() {
        return;
    }
    // A server that is not there is one more way to be cut.
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        // Either side may end it as it likes: what it comes to is the client's affair.
        _ = copy_bidirectional(&mut client, &mut server) => {}
        _ = opens.wait_for(|is_open| !is_open) => {}
    }
}
