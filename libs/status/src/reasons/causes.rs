//! Reasons that Gateway API names for a cause.

use tributary_model::resolved::{Conflict, RefCause};

use super::INVALID_CERTIFICATE_REF;

pub(super) fn conflict_reason(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Protocol => "ProtocolConflict",
        Conflict::Hostname => "HostnameConflict",
    }
}

pub(super) fn ref_reason(cause: RefCause) -> &'static str {
    match cause {
        RefCause::RefNotPermitted => "RefNotPermitted",
        RefCause::InvalidCertificateRef => INVALID_CERTIFICATE_REF,
        RefCause::InvalidCaCertificateRef => "InvalidCACertificateRef",
        RefCause::InvalidCaCertificateKind => "InvalidCACertificateKind",
        RefCause::InvalidRouteKinds => "InvalidRouteKinds",
        RefCause::InvalidKind => "InvalidKind",
        RefCause::BackendNotFound => "BackendNotFound",
        RefCause::UnsupportedProtocol => "UnsupportedProtocol",
    }
}
