//! Listeners as Gateways and ListenerSets declare them.

use std::collections::BTreeMap;
use std::fmt;

use crate::hostname::Hostname;
use crate::key::Name;
use crate::selector::FromNamespaces;

/// One entry of `spec.listeners`, CRD defaults applied.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Listener {
    /// Unique within its owner.
    pub name: Name,
    /// 1..65535.
    pub port: u16,
    /// As declared.
    pub protocol: Protocol,
    /// Absent means every host.
    pub hostname: Option<Hostname>,
    /// Absent when `tls` is.
    pub tls: Option<ListenerTls>,
    /// Default: routes of the same namespace, of the kinds the protocol suggests.
    pub allowed_routes: AllowedRoutes,
}

/// `ProtocolType`. Any string is admitted by the CRD; those that Gateway API does not define are kept.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Protocol {
    /// Cleartext HTTP.
    Http,
    /// HTTP over TLS, terminated here.
    Https,
    /// TLS, terminated or passed through.
    Tls,
    /// TCP.
    Tcp,
    /// UDP.
    Udp,
    /// Anything else, for example `example.com/custom`.
    Other(String),
}

/// `ListenerTLSConfig`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ListenerTls {
    /// Defaults to Terminate.
    pub mode: TlsMode,
    /// In spec order; the first is the listener's own default.
    pub certificate_refs: Vec<CertificateRef>,
    /// Implementation-specific options.
    pub options: BTreeMap<String, String>,
}

/// `TLSModeType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TlsMode {
    /// The load balancer ends TLS.
    Terminate,
    /// The backend ends TLS.
    Passthrough,
}

/// `SecretObjectReference`; group and kind default to a core Secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CertificateRef {
    /// Empty for core.
    pub group: String,
    /// `Secret` unless given.
    pub kind: String,
    /// Absent means the owner's namespace.
    pub namespace: Option<Name>,
    /// Name.
    pub name: Name,
}

/// `AllowedRoutes`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct AllowedRoutes {
    /// Relative to the listener's owner.
    pub namespaces: FromNamespaces,
    /// Empty means: all that the protocol can carry.
    pub kinds: Vec<RouteGroupKind>,
}

/// `RouteGroupKind`: as declared, known or not.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RouteGroupKind {
    /// Defaults to Gateway API's group.
    pub group: String,
    /// Kind.
    pub kind: String,
}

/// `spec.tls.frontend` of a Gateway (Gateway API 1.5): client certificate validation, by port.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct FrontendTls {
    /// For every HTTPS port without an entry of its own.
    pub default: Option<FrontendValidation>,
    /// By port.
    pub per_port: BTreeMap<u16, Option<FrontendValidation>>,
}

/// `FrontendTLSValidation`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FrontendValidation {
    /// ConfigMaps (or other kinds) with CA certificates, as references.
    pub ca_certificate_refs: Vec<CertificateRef>,
    /// `AllowInsecureFallback` when true in mode; `AllowValidOnly` otherwise.
    pub allow_insecure_fallback: bool,
}

impl Protocol {
    /// The API's own spelling.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Http => "HTTP",
            Self::Https => "HTTPS",
            Self::Tls => "TLS",
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
            Self::Other(other) => other,
        }
    }

    /// Any string is a protocol; only the five are known.
    pub fn parse(value: &str) -> Self {
        match value {
            "HTTP" => Self::Http,
            "HTTPS" => Self::Https,
            "TLS" => Self::Tls,
            "TCP" => Self::Tcp,
            "UDP" => Self::Udp,
            other => Self::Other(other.to_owned()),
        }
    }
}

impl fmt::Display for Protocol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Default for AllowedRoutes {
    fn default() -> Self {
        Self {
            namespaces: FromNamespaces::Same,
            kinds: Vec::new(),
        }
    }
}
