//! What a listener must satisfy before it is made or changed.

use crate::elbv2::certificates;
use crate::elbv2::certificates::CertificateArg;
use crate::error::ApiError;
use crate::resources::load_balancers::Kind;
use crate::resources::protocols::Protocol;
use crate::state::State;

/// Which protocols a kind of load balancer listens for.
pub(super) fn check_protocol(kind: Kind, protocol: Protocol) -> Result<(), ApiError> {
    let allowed = match protocol {
        Protocol::Http | Protocol::Https => Kind::Application,
        Protocol::Tcp | Protocol::Tls | Protocol::Udp | Protocol::TcpUdp => Kind::Network,
    };
    if kind == allowed {
        return Ok(());
    }
    let list = match kind {
        Kind::Application => "HTTP, HTTPS",
        Kind::Network => "TCP, TLS, UDP, TCP_UDP",
    };
    Err(ApiError::validation(format!(
        "Listener protocol '{}' must be one of '{list}'",
        protocol.name()
    )))
}

/// A port that was given and can be listened on.
pub(super) fn check_port(port: Option<i64>) -> Result<u16, ApiError> {
    match port.map(u16::try_from) {
        Some(Ok(port)) if port > 0 => Ok(port),
        Some(_) => Err(ApiError::validation(
            "Listener ports must be between 1 and 65535",
        )),
        None => Err(ApiError::validation("A listener port must be specified")),
    }
}

/// One listener for each port of a load balancer, whatever its protocol.
pub(super) fn port_free(
    state: &State,
    load_balancer: &str,
    port: u16,
    own: Option<&str>,
) -> Result<(), ApiError> {
    let taken = state
        .listeners_of(load_balancer)
        .any(|listener| listener.port == port && Some(listener.arn.as_str()) != own);
    if taken {
        return Err(ApiError::new(
            "DuplicateListener",
            format!("A listener already exists on port {port} for load balancer '{load_balancer}'"),
        ));
    }
    Ok(())
}

/// The one certificate that the operation itself takes.
pub(super) fn default_certificate(
    certificates: Vec<CertificateArg>,
) -> Result<Option<String>, ApiError> {
    let mut certificates = certificates.into_iter();
    let first = certificates.next();
    if certificates.next().is_some() {
        return Err(ApiError::validation(
            "Exactly one certificate can be specified for a listener; add others by \
             AddListenerCertificates",
        ));
    }
    first.map(certificates::arn_of).transpose()
}
