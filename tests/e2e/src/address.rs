//! Addresses that no other test has.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// A loopback address for one system. Tests run side by side, and a program that is killed must find its port
/// free when it is started again: connections leave from 127.0.0.1, so nothing takes a port of another address.
pub fn host() -> IpAddr {
    // Process ids have 22 bits on Linux; four systems of one process get an address each.
    static SYSTEMS: AtomicU32 = AtomicU32::new(0);
    let own = (std::process::id() << 2) | (SYSTEMS.fetch_add(1, Ordering::Relaxed) & 0b11);
    let [_, high, middle, low] = own.to_be_bytes();
    let address = IpAddr::V4(Ipv4Addr::new(127, high, middle, low));
    // Some systems have 127.0.0.1 only.
    match TcpListener::bind((address, 0)) {
        Ok(_) => address,
        Err(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
    }
}

/// A port of that address which nobody listens on, and which nobody else in this process has been given: its program may
/// not listen yet.
pub fn free(host: IpAddr) -> SocketAddr {
    static GIVEN: Mutex<BTreeSet<SocketAddr>> = Mutex::new(BTreeSet::new());
    loop {
        let address = TcpListener::bind((host, 0)).unwrap().local_addr().unwrap();
        if GIVEN.lock().unwrap().insert(address) {
            return address;
        }
    }
}
