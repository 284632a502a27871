//! Protocols of listeners, target groups and health checks.

use serde::{Deserialize, Serialize};

/// What listeners and target groups speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Protocol {
    Http,
    Https,
    Tcp,
    Tls,
    Udp,
    TcpUdp,
}

/// Which HTTP a target speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum ProtocolVersion {
    Http1,
    Http2,
    Grpc,
}

impl Protocol {
    /// Whether TLS ends at the load balancer.
    pub(crate) fn is_tls(self) -> bool {
        match self {
            Self::Https | Self::Tls => true,
            Self::Http | Self::Tcp | Self::Udp | Self::TcpUdp => false,
        }
    }

    /// As it stands in requests and answers.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tcp => "TCP",
            Self::Tls => "TLS",
            Self::Udp => "UDP",
            Self::TcpUdp => "TCP_UDP",
        }
    }
}
