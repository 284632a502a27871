//! What a listener is on the wire, and which kind of load balancer serves that.

use tributary_model::elb::LoadBalancerKind;
use tributary_model::listener::Protocol;

/// What a listener is on the wire: two classes share a port only as TCP and UDP do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum WireClass {
    Http,
    Https,
    TlsTerminate,
    TlsPassthrough,
    Tcp,
    Udp,
}

/// What a listener is by itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Validity {
    /// It takes part in distinctness.
    Valid(WireClass),
    /// Its protocol is none that Gateway API defines.
    UnknownProtocol,
    /// Field path within the listener, and why.
    Invalid { field: String, reason: String },
}

/// What a controller name says about the kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KindChoice {
    Always(LoadBalancerKind),
    /// Whichever fits the Gateway's own first distinct listener.
    ByProtocol,
}

/// The kind of load balancer that serves a protocol.
pub(crate) fn family(protocol: &Protocol) -> Option<LoadBalancerKind> {
    match protocol {
        Protocol::Http | Protocol::Https => Some(LoadBalancerKind::Alb),
        Protocol::Tcp | Protocol::Udp | Protocol::Tls => Some(LoadBalancerKind::Nlb),
        Protocol::Other(_) => None,
    }
}
