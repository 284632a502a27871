//! Messages that several rows share, or that are read back.

use tributary_model::resolved::{Conflict, NotAllowedCause, RivalClass};

use super::Hindrance;
use crate::words::sentence;

pub(super) const NO_VALID_LISTENER: &str =
    "None of the listeners is valid. Their conditions say what to change.";
pub(super) const PARENT_GONE: &str =
    "The parent Gateway does not exist any more, or belongs to another controller now.";
pub(super) const TOO_MANY: &str = "The listener does not fit on the load balancer";
pub(super) const TOO_MANY_ADVICE: &str =
    " Raise the quota, or remove listeners, rules or certificates.";
pub(super) const REFUSED: &str = "AWS refused the listener";
pub(super) const IMPOSSIBLE: &str = "The listener cannot be had as it is asked for";
pub(super) const UNAVAILABLE: &str = "The listener cannot have its port";
pub(super) const SOME_SERVED: &str = "The load balancer serves some of the listeners. The conditions of the others say what keeps them.";
pub(super) const NOTHING_TO_SERVE_WITH: &str =
    "There is no certificate to serve the listener with. ResolvedRefs says why.";
pub(super) const NO_USABLE_REFS: &str =
    "None of the references that the listener needs can be used. ResolvedRefs says why.";
pub(crate) const SERVED_WITH_NOTES: &str = "The load balancer serves the listener, but";
pub(super) const NO_CERTIFICATE: &str = "No certificate was found for the listener";
pub(super) const NO_CERTIFICATE_ADVICE: &str =
    " Set tls.certificateRefs, or have an issued ACM certificate for the hostname.";
/// Gateway API demands this beginning of the message.
pub(super) const DROPPED_RULE: &str = "Dropped Rule";

pub(super) fn too_many(quota: &str) -> String {
    sentence(TOO_MANY, quota, TOO_MANY_ADVICE)
}

/// Whether `ResolvedRefs` says more about a listener that is not programmed.
pub(crate) fn is_for_want_of_refs(message: &str) -> bool {
    message == NO_USABLE_REFS || message == NOTHING_TO_SERVE_WITH
}

pub(super) fn none_served(hindrance: Hindrance) -> &'static str {
    match hindrance {
        Hindrance::Ports => {
            "None of the valid listeners can have its port. Their conditions say what to change."
        }
        Hindrance::Refused => {
            "The load balancer serves none of the valid listeners. Their conditions say why."
        }
    }
}

pub(super) fn not_allowed(cause: NotAllowedCause) -> &'static str {
    match cause {
        NotAllowedCause::NoneAllowed => {
            "The parent Gateway allows no ListenerSets. Its owner can change spec.allowedListeners."
        }
        NotAllowedCause::OtherNamespace => {
            "The parent Gateway allows ListenerSets of its own namespace only. Its owner can change spec.allowedListeners."
        }
        NotAllowedCause::SelectorMiss => {
            "The labels of this namespace do not match the selector of the parent Gateway's spec.allowedListeners."
        }
        NotAllowedCause::SelectorMissing => {
            "The parent Gateway's spec.allowedListeners asks for a selector and has none, so that it allows no namespace."
        }
    }
}

pub(super) fn conflict_message(conflict: Conflict, rival: RivalClass) -> String {
    let rival = match rival {
        RivalClass::ParentGateway => "A listener of the parent Gateway",
        RivalClass::SameResource => "Another listener of this resource",
        RivalClass::OlderListenerSet => "A listener of an older ListenerSet",
        RivalClass::EarlierByName => {
            "A listener of a ListenerSet of the same age, whose namespace/name sorts first,"
        }
    };
    match conflict {
        Conflict::Protocol => {
            format!(
                "{rival} uses this port with another protocol. Choose another port or the same protocol."
            )
        }
        Conflict::Hostname => {
            format!(
                "{rival} has this port and hostname. Choose another port, or another hostname where the protocol knows hostnames."
            )
        }
    }
}

/// Of a Gateway that is another program's.
pub(super) fn left_alone(why: &str) -> String {
    sentence(
        "Tributary leaves this Gateway, its load balancer and its routes alone",
        why,
        "",
    )
}
