//! What listeners have behind their ports, by protocol, and ports as ranges.

use tributary_model::elb::ElbProtocol;

/// Whether an ELB listener of this protocol has certificates.
pub(crate) fn terminates_tls(protocol: ElbProtocol) -> bool {
    match protocol {
        ElbProtocol::Https | ElbProtocol::Tls => true,
        ElbProtocol::Http | ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp => false,
    }
}

pub(crate) fn carries_tcp(protocol: ElbProtocol) -> bool {
    match protocol {
        ElbProtocol::Http
        | ElbProtocol::Https
        | ElbProtocol::Tcp
        | ElbProtocol::Tls
        | ElbProtocol::TcpUdp => true,
        ElbProtocol::Udp => false,
    }
}

pub(crate) fn carries_udp(protocol: ElbProtocol) -> bool {
    match protocol {
        ElbProtocol::Udp | ElbProtocol::TcpUdp => true,
        ElbProtocol::Http | ElbProtocol::Https | ElbProtocol::Tcp | ElbProtocol::Tls => false,
    }
}

/// Neighbouring ports as one range: a group holds 60 rules only.
pub(crate) fn ranges(ports: impl Iterator<Item = u16>) -> impl Iterator<Item = (u16, u16)> {
    let mut ranges: Vec<(u16, u16)> = Vec::new();
    for port in ports {
        match ranges.last_mut() {
            Some((_, to)) if to.checked_add(1) == Some(port) => *to = port,
            Some(_) | None => ranges.push((port, port)),
        }
    }
    ranges.into_iter()
}

#[cfg(test)]
mod tests;
