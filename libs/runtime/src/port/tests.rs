use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::Semaphore;

use super::*;

const BOUNDS: Bounds = Bounds {
    server: "test",
    most: 2,
    refused: Duration::from_secs(1),
    drain: Duration::from_secs(3),
};

async fn bound() -> Port {
    Port::bind((Ipv4Addr::LOCALHOST, 0).into()).await.unwrap()
}

/// Says one byte as soon as it is let.
async fn speak(mut tcp: TcpStream, may: Arc<Semaphore>) {
    may.acquire().await.unwrap().forget();
    tcp.write_all(b"x").await.unwrap();
}

#[tokio::test]
async fn beyond_the_most_one_waits_until_another_has_ended() {
    let (port, shutdown) = (bound().await, CancellationToken::new());
    let (may, taken) = (Arc::new(Semaphore::new(0)), AtomicUsize::new(0));
    let address = port.local_addr();
    let serving = port.serve(BOUNDS, &shutdown, |tcp| {
        taken.fetch_add(1, Ordering::Relaxed);
        Some(speak(tcp, Arc::clone(&may)))
    });
    let asking = async {
        let mut clients = Vec::new();
        for _ in 0..=BOUNDS.most {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        while taken.load(Ordering::Relaxed) < BOUNDS.most {
            tokio::task::yield_now().await;
        }
        // All are connected: who is not taken by now is in the backlog.
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
        assert_eq!(taken.load(Ordering::Relaxed), BOUNDS.most);
        may.add_permits(BOUNDS.most + 1);
        for mut client in clients {
            assert_eq!(client.read(&mut [0; 2]).await.unwrap(), 1);
        }
        shutdown.cancel();
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn whom_the_server_does_not_take_is_closed() {
    let (port, shutdown) = (bound().await, CancellationToken::new());
    let address = port.local_addr();
    let serving = port.serve(BOUNDS, &shutdown, |_| None::<std::future::Ready<()>>);
    let asking = async {
        let mut client = TcpStream::connect(address).await.unwrap();
        assert_eq!(client.read(&mut [0]).await.unwrap(), 0);
        shutdown.cancel();
    };
    tokio::join!(serving, asking);
}

#[tokio::test]
async fn a_stop_cuts_what_does_not_end_in_time() {
    let (port, shutdown) = (bound().await, CancellationToken::new());
    let address = port.local_addr();
    let serving = port.serve(BOUNDS, &shutdown, |tcp| {
        Some(speak(tcp, Arc::new(Semaphore::new(0))))
    });
    let asking = async {
        let mut client = TcpStream::connect(address).await.unwrap();
        shutdown.cancel();
        // From here on the clock goes on as soon as nobody has anything to do.
        tokio::time::pause();
        // A reset is an end, too: it may not have been taken from the backlog yet.
        assert_eq!(client.read(&mut [0]).await.unwrap_or_default(), 0);
    };
    tokio::join!(serving, asking);
}
