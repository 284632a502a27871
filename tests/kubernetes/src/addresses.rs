//! Addresses that nobody else on this machine has.

use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::atomic::{AtomicU16, AtomicU32, Ordering};

/// The port by which an address of a pod is held: a kubelet's.
const HOLDING_PORT: u16 = 10250;

/// A loopback address for one server. It has to find its port free when it starts again: connections leave from
/// 127.0.0.1, so nothing takes a port of another address.
pub(crate) fn host() -> IpAddr {
    static SERVERS: AtomicU32 = AtomicU32::new(0);
    // Process ids have 22 bits on Linux; four servers of one process get an address each.
    let own = (std::process::id() << 2) | (SERVERS.fetch_add(1, Ordering::Relaxed) & 0b11);
    let [_, high, middle, low] = own.to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, high, middle, low));
    // Some systems have 127.0.0.1 only.
    match TcpListener::bind((address, 0)) {
        Ok(_) => address,
        Err(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

/// A port of that address which nobody listens on.
pub(crate) fn free(host: IpAddr) -> SocketAddr {
    TcpListener::bind((host, 0)).unwrap().local_addr().unwrap()
}

/// A pod's address. Kubernetes refuses loopback addresses in EndpointSlices, so pods get 10.244.a.b, and what
/// they serve listens on 127.244.a.b. It is held on the whole machine: many tests play nodes at once.
#[derive(Debug)]
pub(crate) struct PodAddress {
    pub(crate) address: Ipv4Addr,
    _held: Option<TcpListener>,
}

/// Takes the next address that is free, and holds it as long as the value lives.
pub(crate) fn pod() -> PodAddress {
    static TAKEN: AtomicU16 = AtomicU16::new(0);
    // Processes begin at different places, so that few addresses are tried in vain.
    let start = std::process::id().wrapping_mul(251).to_le_bytes();
    let start = u16::from_le_bytes([start[0], start[1]]);
    for _ in 0..u16::MAX {
        let next = start.wrapping_add(TAKEN.fetch_add(1, Ordering::Relaxed));
        let [a, b] = next.to_be_bytes();
        let held = match TcpListener::bind((Ipv4Addr::new(127, 244, a, b), HOLDING_PORT)) {
            Ok(listener) => Some(listener),
            Err(error) if error.kind() == ErrorKind::AddrInUse => continue,
            // Only Linux has all of 127/8.
            Err(_) => None,
        };
        return PodAddress {
            address: Ipv4Addr::new(10, 244, a, b),
            _held: held,
        };
    }
    panic!("all addresses of 10.244/16 are taken");
}
