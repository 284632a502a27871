//! `resolved.proto`: what the merge decided.

use tributary_model::resolved::{
    Conflict, DroppedRule, GatewayAcceptance, ListenerOutcome, ListenerSetAcceptance,
    NotAllowedCause, RefCause, ResolvedListener, RivalClass, RouteAcceptance, SecretCertificate,
    UnresolvedRef,
};

use super::ConvertError;
use super::codec::one_of::OneOf;
use super::codec::{
    absent, enumeration, index, known, list, listener_protocol, message, one_of, optional,
    optional_hostname, port_number, required, same, timestamp,
};
use crate::types;
use crate::types::gateway_acceptance::Verdict;
use crate::types::listener_outcome::Outcome;

enumeration!(Conflict = types::Conflict { Protocol, Hostname });
enumeration!(
    RivalClass = types::RivalClass {
        ParentGateway,
        SameResource,
        OlderListenerSet,
        EarlierByName,
    }
);
enumeration!(
    RefCause = types::RefCause {
        RefNotPermitted,
        InvalidCertificateRef,
        InvalidCaCertificateRef,
        InvalidCaCertificateKind,
        InvalidRouteKinds,
        InvalidKind,
        BackendNotFound,
        UnsupportedProtocol,
    }
);

message!(
    ResolvedListener = types::ResolvedListener {
        listener: required,
        gateway: required,
        precedence: required,
        port: port_number,
        protocol: listener_protocol,
        hostname: optional_hostname,
        outcome: required,
        supported_kinds: list,
        unresolved_refs: list,
        unusable_refs: same,
        overlapping_tls: optional,
        notes: same,
        certificates: list,
        attached_routes: list,
    }
);
message!(
    SecretCertificate = types::SecretCertificate {
        secret: required,
        not_after: timestamp,
    }
);
message!(
    UnresolvedRef = types::UnresolvedRef {
        field: same,
        cause: one_of,
        message: same
    }
);
message!(
    DroppedRule = types::DroppedRule {
        rule: index,
        field: same,
        incompatible: same,
        message: same,
    }
);

impl From<&ListenerOutcome> for types::ListenerOutcome {
    fn from(value: &ListenerOutcome) -> Self {
        let outcome = match value {
            ListenerOutcome::Won => Outcome::Won(types::Won {}),
            ListenerOutcome::Conflicted {
                conflict,
                rival,
                rival_class,
            } => Outcome::Conflicted(types::Conflicted {
                conflict: one_of::write(conflict),
                rival: optional::write(rival),
                rival_class: one_of::write(rival_class),
            }),
            ListenerOutcome::UnsupportedProtocol => {
                Outcome::UnsupportedProtocol(types::UnsupportedProtocol {})
            }
            ListenerOutcome::Invalid { field, reason } => Outcome::Invalid(types::InvalidField {
                field: field.clone(),
                reason: reason.clone(),
            }),
        };
        Self {
            outcome: Some(outcome),
        }
    }
}

impl TryFrom<types::ListenerOutcome> for ListenerOutcome {
    type Error = ConvertError;

    fn try_from(message: types::ListenerOutcome) -> Result<Self, Self::Error> {
        Ok(match message.outcome.ok_or_else(absent)? {
            Outcome::Won(types::Won {}) => Self::Won,
            Outcome::Conflicted(types::Conflicted {
                conflict,
                rival,
                rival_class,
            }) => Self::Conflicted {
                conflict: one_of::read("conflicted.conflict", conflict)?,
                rival: optional::read("conflicted.rival", rival)?,
                rival_class: one_of::read("conflicted.rival_class", rival_class)?,
            },
            Outcome::UnsupportedProtocol(types::UnsupportedProtocol {}) => {
                Self::UnsupportedProtocol
            }
            Outcome::Invalid(types::InvalidField { field, reason }) => {
                Self::Invalid { field, reason }
            }
        })
    }
}

impl From<&GatewayAcceptance> for types::GatewayAcceptance {
    fn from(value: &GatewayAcceptance) -> Self {
        let (verdict, message) = match value {
            GatewayAcceptance::Accepted => (Verdict::Accepted, ""),
            GatewayAcceptance::InvalidParameters(message) => {
                (Verdict::InvalidParameters, message.as_str())
            }
            GatewayAcceptance::UnsupportedAddress => (Verdict::UnsupportedAddress, ""),
            GatewayAcceptance::LeftAlone(message) => (Verdict::LeftAlone, message.as_str()),
            GatewayAcceptance::ClassServed(message) => (Verdict::ClassServed, message.as_str()),
            GatewayAcceptance::ClassMissing(class) => (Verdict::ClassMissing, class.as_str()),
        };
        Self {
            verdict: verdict.into(),
            message: message.to_owned(),
        }
    }
}

impl TryFrom<types::GatewayAcceptance> for GatewayAcceptance {
    type Error = ConvertError;

    fn try_from(message: types::GatewayAcceptance) -> Result<Self, Self::Error> {
        let types::GatewayAcceptance { verdict, message } = message;
        match known("verdict", verdict)? {
            Verdict::Unspecified => Err(absent().under("verdict")),
            Verdict::Accepted => Ok(Self::Accepted),
            Verdict::InvalidParameters => Ok(Self::InvalidParameters(message)),
            Verdict::UnsupportedAddress => Ok(Self::UnsupportedAddress),
            Verdict::LeftAlone => Ok(Self::LeftAlone(message)),
            Verdict::ClassServed => Ok(Self::ClassServed(message)),
            Verdict::ClassMissing => Ok(Self::ClassMissing(message)),
        }
    }
}

enumeration!(
    RouteAcceptance = types::RouteAcceptance {
        Accepted,
        NoMatchingParent,
        NotAllowedByListeners,
        NoMatchingListenerHostname,
        UnsupportedValue,
        IncompatibleFilters,
    }
);

impl OneOf for ListenerSetAcceptance {
    type Wire = types::ListenerSetAcceptance;
}

impl From<ListenerSetAcceptance> for types::ListenerSetAcceptance {
    fn from(value: ListenerSetAcceptance) -> Self {
        match value {
            ListenerSetAcceptance::Admitted => Self::Admitted,
            ListenerSetAcceptance::NotAllowed(NotAllowedCause::NoneAllowed) => Self::NoneAllowed,
            ListenerSetAcceptance::NotAllowed(NotAllowedCause::OtherNamespace) => {
                Self::OtherNamespace
            }
            ListenerSetAcceptance::NotAllowed(NotAllowedCause::SelectorMiss) => Self::SelectorMiss,
            ListenerSetAcceptance::NotAllowed(NotAllowedCause::SelectorMissing) => {
                Self::SelectorMissing
            }
            ListenerSetAcceptance::ParentNotAccepted => Self::ParentNotAccepted,
            ListenerSetAcceptance::ParentGone => Self::ParentGone,
            ListenerSetAcceptance::LeftAlone => Self::LeftAlone,
        }
    }
}

impl TryFrom<types::ListenerSetAcceptance> for ListenerSetAcceptance {
    type Error = ConvertError;

    fn try_from(value: types::ListenerSetAcceptance) -> Result<Self, Self::Error> {
        use types::ListenerSetAcceptance as Wire;
        Ok(match value {
            Wire::Unspecified => return Err(absent()),
            Wire::Admitted => Self::Admitted,
            Wire::NoneAllowed => Self::NotAllowed(NotAllowedCause::NoneAllowed),
            Wire::OtherNamespace => Self::NotAllowed(NotAllowedCause::OtherNamespace),
            Wire::SelectorMiss => Self::NotAllowed(NotAllowedCause::SelectorMiss),
            Wire::SelectorMissing => Self::NotAllowed(NotAllowedCause::SelectorMissing),
            Wire::ParentNotAccepted => Self::ParentNotAccepted,
            Wire::ParentGone => Self::ParentGone,
            Wire::LeftAlone => Self::LeftAlone,
        })
    }
}
