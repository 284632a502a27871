//! The one table ([`condition_row`]) of every condition that Tributary writes: type, status, reason and message.
//!
//! Where the prose of GEP-1713 and the conformance tests of Gateway API disagree the tests win, and they
//! change: a reason is switched here and nowhere else. A message says in one or two sentences what to do,
//! and names a rival by its class only, since a tenant must not learn another tenant's names.

mod causes;
mod phrases;
mod recall;
mod table;

use tributary_model::resolved::{Conflict, NotAllowedCause, RefCause, RivalClass};
use tributary_model::status::ConditionStatus;

pub(crate) use phrases::{SERVED_WITH_NOTES, is_for_want_of_refs};
pub(crate) use recall::{is_report_based, recall};
pub(crate) use table::condition_row;

/// `Accepted`: of every kind and of listeners.
pub(crate) const ACCEPTED: &str = "Accepted";
/// `Programmed`: of Gateways, ListenerSets and listeners.
pub(crate) const PROGRAMMED: &str = "Programmed";
/// `Conflicted`: of listeners.
pub(crate) const CONFLICTED: &str = "Conflicted";
/// `ResolvedRefs`: of listeners and of a route's parents.
pub(crate) const RESOLVED_REFS: &str = "ResolvedRefs";
/// `OverlappingTLSConfig`: of listeners; absent when not true.
pub(crate) const OVERLAPPING_TLS_CONFIG: &str = "OverlappingTLSConfig";
/// Of a Gateway that another program holds; absent otherwise.
pub(crate) const MANAGED: &str = "gateway.tributary.dev/Managed";
/// `PartiallyInvalid`: of a route's parents; absent when not true.
pub(crate) const PARTIALLY_INVALID: &str = "PartiallyInvalid";

/// `ResolvedRefs` False: a certificate is missing or malformed.
pub(crate) const INVALID_CERTIFICATE_REF: &str = "InvalidCertificateRef";
/// Ours: the load balancer serves, but not all that was asked for is so.
pub(crate) const DEGRADED: &str = "gateway.tributary.dev/Degraded";
/// `Accepted` False: a quota of the load balancer leaves no place for the listener.
pub(crate) const TOO_MANY_LISTENERS: &str = "TooManyListeners";
/// `Accepted`: listeners of the object are not valid, all of them where it is False.
pub(crate) const LISTENERS_NOT_VALID: &str = "ListenersNotValid";
/// `Programmed` False, by what was asked for: of a Gateway or ListenerSet where its listeners say what.
pub(crate) const INVALID: &str = "Invalid";
/// What only waits.
pub(crate) const PENDING: &str = "Pending";
/// `Programmed` False: the port is another's.
pub(crate) const PORT_UNAVAILABLE: &str = "PortUnavailable";

/// Behind the message of a Gateway's `Programmed` that no programmer has stood for for too long. It names no time, so
/// that it is written once.
pub(crate) const UNHEARD: &str = " No programmer has reported on the load balancer for more than a minute, so its state may have changed since.";

/// What one condition says, before it is known since when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ConditionRow {
    pub(crate) condition_type: &'static str,
    pub(crate) status: ConditionStatus,
    pub(crate) reason: &'static str,
    pub(crate) message: String,
}

/// Why no valid listener is served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hindrance {
    /// All ports are others'.
    Ports,
    /// AWS refused one at least.
    Refused,
}

/// Every situation that a condition can tell. The name begins with the object, where it matters, and the
/// condition's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Situation<'a> {
    ClassAccepted,
    ClassAcceptedInvalidParameters(&'a str),
    ClassNotInFull(&'a str),

    GatewayAccepted,
    GatewayAcceptedSomeListeners,
    GatewayAcceptedNoListener,
    GatewayAcceptedInvalidParameters(&'a str),
    GatewayAcceptedUnsupportedAddress,
    GatewayAcceptedClassMissing(&'a str),
    GatewayNotManaged(&'a str),
    GatewayClassServed(&'a str),
    GatewayProgrammed,
    GatewayProgrammedSome,
    GatewayDegraded(&'a str),
    GatewayNotInFull(&'a str),
    GatewayProgrammedNoneServed(Hindrance),
    GatewayProgrammedUnreported,
    GatewayProgrammedProvisioning(&'a str),
    GatewayProgrammedListenersPending,
    GatewayProgrammedFailed(&'a str),
    GatewayProgrammedLeaving(&'a str),
    GatewayProgrammedNotAccepted,
    GatewayProgrammedNoListener,

    SetAccepted,
    SetAcceptedSomeListeners,
    SetAcceptedNoListener,
    SetAcceptedNotAllowed(NotAllowedCause),
    SetAcceptedParentNotAccepted,
    SetAcceptedParentGone,
    SetAcceptedLeftAlone,
    SetProgrammed,
    SetProgrammedSome,
    SetProgrammedNoneServed(Hindrance),
    SetProgrammedPending,
    SetProgrammedParentFailed,
    SetProgrammedNoListener,
    SetProgrammedNotAllowed(NotAllowedCause),
    SetProgrammedParentNotAccepted,
    SetProgrammedParentGone,

    ListenerAccepted,
    ListenerAcceptedConflict(Conflict, RivalClass),
    ListenerAcceptedUnsupportedProtocol,
    ListenerAcceptedInvalid(&'a str, &'a str),
    ListenerAcceptedTooMany(&'a str),
    ListenerAcceptedNoCaCertificate,
    ListenerProgrammed,
    ListenerProgrammedWithNotes(&'a str),
    ListenerProgrammedConflict(Conflict, RivalClass),
    ListenerProgrammedNotAccepted,
    ListenerProgrammedTooMany(&'a str),
    ListenerProgrammedUnusableRefs,
    ListenerProgrammedNoCertificate,
    ListenerProgrammedRefused(&'a str),
    ListenerProgrammedImpossible(&'a str),
    ListenerProgrammedPortUnavailable(&'a str),
    ListenerProgrammedPending(&'a str),
    ListenerProgrammedWaiting,
    ListenerProgrammedParentFailed,
    ListenerProgrammedParentNotAccepted,
    ListenerProgrammedUnreported,
    ListenerNotConflicted,
    ListenerConflicted(Conflict, RivalClass),
    ListenerResolvedRefsNoCertificate(&'a str),
    ListenerOverlappingTls,

    ResolvedRefs,
    ResolvedRefsNot(RefCause, &'a str),

    RouteAccepted,
    RouteAcceptedShadowed,
    RouteAcceptedNoMatchingParent,
    RouteAcceptedNotAllowedByListeners,
    RouteAcceptedNoMatchingListenerHostname,
    RouteAcceptedUnsupportedValue(&'a str),
    RouteAcceptedIncompatibleFilters(&'a str),
    RouteDegraded(&'a str),
    RouteDegradedAndWaiting(&'a str),
    RoutePending(&'a str),
    RouteServesNothing(&'a str),
    RoutePartiallyUnsupported(&'a str),
    RoutePartiallyIncompatible(&'a str),
}

#[cfg(test)]
mod tests;
