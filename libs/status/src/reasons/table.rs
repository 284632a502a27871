//! The rows.

use tributary_model::resolved::RefCause;
use tributary_model::status::{ConditionStatus, ROUTE_PROGRAMMED};

use super::causes::{conflict_reason, ref_reason};
use super::phrases::{
    DROPPED_RULE, IMPOSSIBLE, NO_CERTIFICATE, NO_CERTIFICATE_ADVICE, NO_USABLE_REFS,
    NO_VALID_LISTENER, NOTHING_TO_SERVE_WITH, PARENT_GONE, REFUSED, SERVED_WITH_NOTES, SOME_SERVED,
    UNAVAILABLE, conflict_message, left_alone, none_served, not_allowed, too_many,
};
use super::{
    ACCEPTED, CONFLICTED, ConditionRow, DEGRADED, Hindrance, INVALID, LISTENERS_NOT_VALID, MANAGED,
    OVERLAPPING_TLS_CONFIG, PARTIALLY_INVALID, PENDING, PORT_UNAVAILABLE, PROGRAMMED,
    RESOLVED_REFS, Situation, TOO_MANY_LISTENERS,
};
use crate::words::{clause, sentence};

/// The table.
pub(crate) fn condition_row(situation: Situation<'_>) -> ConditionRow {
    use ConditionStatus::{False, True, Unknown};
    use Situation as S;
    match situation {
        S::ClassAccepted => row(
            ACCEPTED,
            True,
            "Accepted",
            "Gateways of this class get a load balancer.",
        ),
        S::ClassAcceptedInvalidParameters(why) => invalid_parameters("class's parameters", why),
        S::ClassNotInFull(what) => not_in_full("the class's parameters ask", what),

        S::GatewayAccepted => row(ACCEPTED, True, "Accepted", "The Gateway is accepted."),
        S::GatewayAcceptedSomeListeners => row(
            ACCEPTED,
            True,
            LISTENERS_NOT_VALID,
            "Some of the Gateway's own listeners are not valid; the others are accepted. Their conditions say what to change.",
        ),
        S::GatewayAcceptedNoListener => row(
            ACCEPTED,
            False,
            LISTENERS_NOT_VALID,
            "None of the Gateway's own listeners is valid. Their conditions say what to change.",
        ),
        S::GatewayAcceptedInvalidParameters(why) => invalid_parameters("parameters", why),
        S::GatewayAcceptedUnsupportedAddress => row(
            ACCEPTED,
            False,
            "UnsupportedAddress",
            "Remove spec.addresses: the addresses of an AWS load balancer cannot be chosen there.",
        ),
        S::GatewayAcceptedClassMissing(class) => row(
            ACCEPTED,
            Unknown,
            PENDING,
            format!(
                "GatewayClass {class} is not there, so nobody decides on this Gateway; its load balancer serves on as it was. \
                 Restore the class, or name another one."
            ),
        ),
        S::GatewayNotManaged(why) => {
            row(MANAGED, False, "HeldByAnotherController", left_alone(why))
        }
        S::GatewayClassServed(why) => row(
            MANAGED,
            False,
            "ClassServedByAnotherController",
            left_alone(why),
        ),
        S::GatewayProgrammed => row(
            PROGRAMMED,
            True,
            "Programmed",
            "The load balancer serves the Gateway's own listeners.",
        ),
        S::GatewayDegraded(what) => degraded("The load balancer serves", what),
        S::GatewayNotInFull(what) => not_in_full("the Gateway asks", what),
        S::GatewayProgrammedSome | S::SetProgrammedSome => {
            row(PROGRAMMED, True, "Programmed", SOME_SERVED)
        }
        // Gateway API has PortUnavailable for listeners and ListenerSets only.
        S::GatewayProgrammedNoneServed(hindrance) => {
            row(PROGRAMMED, False, INVALID, none_served(hindrance))
        }
        S::GatewayProgrammedUnreported => row(
            PROGRAMMED,
            False,
            PENDING,
            "Waiting for the first report on the load balancer.",
        ),
        S::GatewayProgrammedProvisioning(why) => row(
            PROGRAMMED,
            False,
            PENDING,
            sentence("The load balancer does not serve yet", why, ""),
        ),
        S::GatewayProgrammedListenersPending => row(
            PROGRAMMED,
            False,
            PENDING,
            "Waiting for the Gateway's own listeners to be programmed.",
        ),
        S::GatewayProgrammedFailed(why) => row(
            PROGRAMMED,
            False,
            "NoResources",
            sentence("The load balancer cannot be had", why, ""),
        ),
        S::GatewayProgrammedLeaving(why) => row(
            PROGRAMMED,
            False,
            PENDING,
            sentence(
                "The Gateway is being deleted, and its load balancer cannot be removed yet",
                why,
                "",
            ),
        ),
        S::GatewayProgrammedNotAccepted => row(
            PROGRAMMED,
            False,
            INVALID,
            "No change is programmed for a Gateway that is not accepted; a load balancer that it has serves on as it was.",
        ),
        S::GatewayProgrammedNoListener => row(
            PROGRAMMED,
            False,
            INVALID,
            "None of the Gateway's own listeners can be programmed.",
        ),

        S::SetAccepted => row(
            ACCEPTED,
            True,
            "Accepted",
            "The ListenerSet is attached to its Gateway.",
        ),
        S::SetAcceptedSomeListeners => row(
            ACCEPTED,
            True,
            LISTENERS_NOT_VALID,
            "Some listeners are not valid; the others are attached. Their conditions say what to change.",
        ),
        S::SetAcceptedNoListener => row(ACCEPTED, False, LISTENERS_NOT_VALID, NO_VALID_LISTENER),
        S::SetAcceptedNotAllowed(cause) => row(ACCEPTED, False, "NotAllowed", not_allowed(cause)),
        S::SetAcceptedParentNotAccepted => row(
            ACCEPTED,
            False,
            "ParentNotAccepted",
            "The parent Gateway is not accepted. Its owner finds the reason in its conditions.",
        ),
        // For tables: on the object what is written stays.
        S::SetAcceptedLeftAlone => row(
            ACCEPTED,
            Unknown,
            PENDING,
            "Nobody here decides on the parent Gateway; what is written of the ListenerSet stays.",
        ),
        S::SetAcceptedParentGone => row(ACCEPTED, False, "ParentNotAccepted", PARENT_GONE),
        S::SetProgrammed => row(
            PROGRAMMED,
            True,
            "Programmed",
            "The load balancer serves the valid listeners.",
        ),
        S::SetProgrammedNoneServed(hindrance) => row(
            PROGRAMMED,
            False,
            match hindrance {
                Hindrance::Ports => PORT_UNAVAILABLE,
                Hindrance::Refused => INVALID,
            },
            none_served(hindrance),
        ),
        S::SetProgrammedPending => row(
            PROGRAMMED,
            False,
            PENDING,
            "Waiting for the load balancer of the parent Gateway to serve the listeners.",
        ),
        S::SetProgrammedParentFailed => row(
            PROGRAMMED,
            False,
            "ParentNotProgrammed",
            "The load balancer of the parent Gateway cannot be had. The Gateway's owner finds the reason in its conditions.",
        ),
        S::SetProgrammedNoListener => {
            row(PROGRAMMED, False, LISTENERS_NOT_VALID, NO_VALID_LISTENER)
        }
        S::SetProgrammedNotAllowed(cause) => {
            row(PROGRAMMED, False, "NotAllowed", not_allowed(cause))
        }
        S::SetProgrammedParentNotAccepted => row(
            PROGRAMMED,
            False,
            "ParentNotProgrammed",
            "No change is programmed while the parent Gateway is not accepted; a load balancer that it has serves on as it was.",
        ),
        S::SetProgrammedParentGone => row(PROGRAMMED, False, "ParentNotProgrammed", PARENT_GONE),

        S::ListenerAccepted => row(ACCEPTED, True, "Accepted", "The listener is valid."),
        S::ListenerAcceptedConflict(conflict, rival) => row(
            ACCEPTED,
            False,
            conflict_reason(conflict),
            conflict_message(conflict, rival),
        ),
        S::ListenerAcceptedUnsupportedProtocol => row(
            ACCEPTED,
            False,
            "UnsupportedProtocol",
            "The Gateway's load balancer cannot serve this protocol: an ALB serves HTTP and HTTPS, an NLB TCP, UDP and TLS.",
        ),
        S::ListenerAcceptedInvalid(field, why) => row(
            ACCEPTED,
            False,
            "UnsupportedValue",
            format!("Correct {field}: {}.", clause(why)),
        ),
        S::ListenerAcceptedTooMany(quota) => {
            row(ACCEPTED, False, TOO_MANY_LISTENERS, too_many(quota))
        }
        S::ListenerAcceptedNoCaCertificate => row(
            ACCEPTED,
            False,
            "NoValidCACertificate",
            "None of the CA certificates that client certificates are checked with can be used.",
        ),
        S::ListenerProgrammed => row(
            PROGRAMMED,
            True,
            "Programmed",
            "The load balancer serves the listener.",
        ),
        S::ListenerProgrammedWithNotes(notes) => row(
            PROGRAMMED,
            True,
            "Programmed",
            sentence(SERVED_WITH_NOTES, notes, ""),
        ),
        S::ListenerProgrammedConflict(conflict, rival) => row(
            PROGRAMMED,
            False,
            conflict_reason(conflict),
            conflict_message(conflict, rival),
        ),
        S::ListenerProgrammedNotAccepted => row(
            PROGRAMMED,
            False,
            INVALID,
            "A listener that is not accepted is not programmed.",
        ),
        S::ListenerProgrammedTooMany(quota) => {
            row(PROGRAMMED, False, TOO_MANY_LISTENERS, too_many(quota))
        }
        S::ListenerProgrammedUnusableRefs => row(PROGRAMMED, False, INVALID, NO_USABLE_REFS),
        S::ListenerProgrammedNoCertificate => {
            row(PROGRAMMED, False, INVALID, NOTHING_TO_SERVE_WITH)
        }
        S::ListenerProgrammedRefused(why) => {
            row(PROGRAMMED, False, INVALID, sentence(REFUSED, why, ""))
        }
        S::ListenerProgrammedImpossible(why) => {
            row(PROGRAMMED, False, INVALID, sentence(IMPOSSIBLE, why, ""))
        }
        S::ListenerProgrammedPortUnavailable(why) => row(
            PROGRAMMED,
            False,
            PORT_UNAVAILABLE,
            sentence(UNAVAILABLE, why, ""),
        ),
        S::ListenerProgrammedPending(why) => row(
            PROGRAMMED,
            False,
            PENDING,
            sentence("Not programmed yet", why, ""),
        ),
        S::ListenerProgrammedWaiting => {
            row(PROGRAMMED, False, PENDING, "Waiting for the load balancer.")
        }
        S::ListenerProgrammedParentFailed => row(
            PROGRAMMED,
            False,
            PENDING,
            "The load balancer of the Gateway cannot be had. The Gateway's conditions say why.",
        ),
        S::ListenerProgrammedParentNotAccepted => row(
            PROGRAMMED,
            False,
            PENDING,
            "Waiting for the Gateway to be accepted.",
        ),
        S::ListenerProgrammedUnreported => row(
            PROGRAMMED,
            False,
            PENDING,
            "Waiting for the first report on the listener.",
        ),
        S::ListenerNotConflicted => row(
            CONFLICTED,
            False,
            "NoConflicts",
            "The listener conflicts with no other one.",
        ),
        S::ListenerConflicted(conflict, rival) => row(
            CONFLICTED,
            True,
            conflict_reason(conflict),
            conflict_message(conflict, rival),
        ),
        S::ResolvedRefs => row(
            RESOLVED_REFS,
            True,
            "ResolvedRefs",
            "All references are resolved.",
        ),
        S::ResolvedRefsNot(cause, what) => row(RESOLVED_REFS, False, ref_reason(cause), what),
        S::ListenerResolvedRefsNoCertificate(why) => row(
            RESOLVED_REFS,
            False,
            ref_reason(RefCause::InvalidCertificateRef),
            sentence(NO_CERTIFICATE, why, NO_CERTIFICATE_ADVICE),
        ),
        S::ListenerOverlappingTls => row(
            OVERLAPPING_TLS_CONFIG,
            True,
            "OverlappingHostnames",
            "The hostname overlaps that of another TLS listener on this port: a client that reuses a connection may get the other one's TLS settings.",
        ),

        S::RouteAccepted => row(ACCEPTED, True, "Accepted", "The route is attached."),
        S::RouteAcceptedShadowed => row(
            ACCEPTED,
            True,
            "Accepted",
            "The route is attached, but another route has the traffic of its port.",
        ),
        S::RouteAcceptedNoMatchingParent => row(
            ACCEPTED,
            False,
            "NoMatchingParent",
            "The parent has no listener with this sectionName and port, or is not attached to a Gateway itself.",
        ),
        S::RouteAcceptedNotAllowedByListeners => row(
            ACCEPTED,
            False,
            "NotAllowedByListeners",
            "No listener's allowedRoutes admits this kind of route from this namespace. The listener's owner can change that.",
        ),
        S::RouteAcceptedNoMatchingListenerHostname => row(
            ACCEPTED,
            False,
            "NoMatchingListenerHostname",
            "No hostname of the route matches the listener's. Change spec.hostnames, or leave it out to take the listener's.",
        ),
        S::RouteAcceptedUnsupportedValue(what) => row(
            ACCEPTED,
            False,
            "UnsupportedValue",
            format!("No rule can be served by the load balancer: {what}."),
        ),
        S::RouteAcceptedIncompatibleFilters(what) => row(
            ACCEPTED,
            False,
            "IncompatibleFilters",
            format!("No rule can be served, since their filters exclude each other: {what}."),
        ),
        S::RoutePending(what) => row(
            ROUTE_PROGRAMMED,
            ConditionStatus::False,
            PENDING,
            sentence("Not all rules are in place yet", what, ""),
        ),
        S::RouteServesNothing(what) => row(
            ROUTE_PROGRAMMED,
            ConditionStatus::False,
            INVALID,
            format!("No rule is served: {what}."),
        ),
        S::RouteDegraded(what) => degraded("The route is served", what),
        S::RouteDegradedAndWaiting(what) => degraded("The route is accepted", what),
        S::RoutePartiallyUnsupported(what) => row(
            PARTIALLY_INVALID,
            True,
            "UnsupportedValue",
            format!("{DROPPED_RULE}: {what}."),
        ),
        S::RoutePartiallyIncompatible(what) => row(
            PARTIALLY_INVALID,
            True,
            "IncompatibleFilters",
            format!("{DROPPED_RULE}: {what}."),
        ),
    }
}

fn degraded(served: &str, what: &str) -> ConditionRow {
    let message = sentence(&format!("{served}, but not as it was asked for"), what, "");
    row(DEGRADED, ConditionStatus::True, "NotAsAsked", message)
}

fn not_in_full(who: &str, what: &str) -> ConditionRow {
    let message = sentence(&format!("Not all that {who} for is done"), what, "");
    row(DEGRADED, ConditionStatus::True, "NotAsAsked", message)
}

fn invalid_parameters(what: &str, why: &str) -> ConditionRow {
    let why = clause(why);
    let message = format!("The {what} cannot be used: {why}. Correct the reference or the object.");
    row(
        ACCEPTED,
        ConditionStatus::False,
        "InvalidParameters",
        message,
    )
}

fn row(
    condition_type: &'static str,
    status: ConditionStatus,
    reason: &'static str,
    message: impl Into<String>,
) -> ConditionRow {
    ConditionRow {
        condition_type,
        status,
        reason,
        message: message.into(),
    }
}
