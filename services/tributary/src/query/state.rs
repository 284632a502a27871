//! What a listener is doing, in one word and one reason.

use tributary_model::ListenerRef;
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{Conflict, ListenerOutcome};
use tributary_model::view::{ListenerView, listener_words};

use super::print::Tone;

/// One word for a listener; best first, as summaries count them. The words are a contract: scripts compare with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum ListenerState {
    /// Served now.
    Programmed,
    /// It will be.
    Pending,
    /// Another listener has its port and hostname, or its port with another protocol.
    Conflicted,
    /// It holds its port and hostname and has nothing to serve with.
    UnresolvedRefs,
    /// It holds its port, and its ELB listener serves others only.
    NotServed,
    /// No certificate can be had.
    NoCertificate,
    /// It does not fit a quota.
    TooManyListeners,
    /// AWS refused it.
    Refused,
    /// This kind of load balancer cannot serve it.
    UnsupportedProtocol,
    /// Something in it is invalid.
    Invalid,
}

impl ListenerState {
    /// CamelCase, as reasons in conditions are.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Programmed => "Programmed",
            Self::Pending => "Pending",
            Self::Conflicted => "Conflicted",
            Self::UnresolvedRefs => "UnresolvedRefs",
            Self::NotServed => "NotServed",
            Self::NoCertificate => "NoCertificate",
            Self::TooManyListeners => "TooManyListeners",
            Self::Refused => "Refused",
            Self::UnsupportedProtocol => "UnsupportedProtocol",
            Self::Invalid => "Invalid",
        }
    }

    /// How it is coloured.
    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Programmed => Tone::Good,
            Self::Pending => Tone::Waiting,
            Self::Conflicted
            | Self::UnresolvedRefs
            | Self::NotServed
            | Self::NoCertificate
            | Self::TooManyListeners
            | Self::Refused
            | Self::UnsupportedProtocol
            | Self::Invalid => Tone::Bad,
        }
    }
}

/// What a listener is doing, and why, in one line; nothing where the state says it all.
pub(crate) fn state(view: &ListenerView) -> (ListenerState, Option<String>) {
    match &view.resolved.outcome {
        ListenerOutcome::Won => won(view),
        ListenerOutcome::Conflicted {
            conflict, rival, ..
        } => {
            let reason = format!(
                "{} with {}",
                conflict_word(*conflict),
                listener_words(rival.as_ref())
            );
            (ListenerState::Conflicted, Some(reason))
        }
        ListenerOutcome::UnsupportedProtocol => {
            let reason = format!(
                "an {} cannot serve {}",
                view.load_balancer.kind.as_str().to_uppercase(),
                view.resolved.protocol
            );
            (ListenerState::UnsupportedProtocol, Some(reason))
        }
        ListenerOutcome::Invalid { field, reason } => {
            (ListenerState::Invalid, Some(format!("{field}: {reason}")))
        }
    }
}

fn won(view: &ListenerView) -> (ListenerState, Option<String>) {
    let unresolved = view.resolved.unresolved_refs.first();
    let unresolved = unresolved.map(|it| format!("{}: {}", it.field, it.message));
    if view.resolved.unusable_refs {
        return (ListenerState::UnresolvedRefs, unresolved);
    }
    match &view.programmed {
        Some(ProgrammedState::Programmed) => (ListenerState::Programmed, None),
        Some(ProgrammedState::Pending(why)) => (ListenerState::Pending, Some(why.clone())),
        Some(ProgrammedState::TooManyListeners(why)) => {
            (ListenerState::TooManyListeners, Some(why.clone()))
        }
        Some(ProgrammedState::NoCertificate(why)) => {
            // References come first, as in ResolvedRefs.
            match unresolved {
                Some(reason) => (ListenerState::UnresolvedRefs, Some(reason)),
                None => (ListenerState::NoCertificate, Some(why.clone())),
            }
        }
        Some(ProgrammedState::Refused(why)) => (ListenerState::Refused, Some(why.clone())),
        Some(ProgrammedState::Impossible(why) | ProgrammedState::PortUnavailable(why)) => {
            (ListenerState::NotServed, Some(why.clone()))
        }
        // No programmer was asked for a winner that only a change of the objects could get served.
        None if !view.explanation.would_change.is_empty() => (
            ListenerState::NotServed,
            Some(view.explanation.decision.clone()),
        ),
        None => (
            ListenerState::Pending,
            Some("no programmer has reported on it yet".to_owned()),
        ),
    }
}

/// What it lost by, and the listener that it lost to, if that may be known.
pub(crate) fn rival(view: &ListenerView) -> Option<(Conflict, Option<&ListenerRef>)> {
    match &view.resolved.outcome {
        ListenerOutcome::Conflicted {
            conflict, rival, ..
        } => Some((*conflict, rival.as_ref())),
        ListenerOutcome::Won
        | ListenerOutcome::UnsupportedProtocol
        | ListenerOutcome::Invalid { .. } => None,
    }
}

/// Accepted routes that reach it, those of other namespaces among them.
pub(crate) fn attached(view: &ListenerView) -> usize {
    let withheld = usize::try_from(view.withheld_routes).unwrap_or(usize::MAX);
    view.resolved.attached_routes.len().saturating_add(withheld)
}

/// Gateway API's reason for a conflict.
pub(crate) fn conflict_word(conflict: Conflict) -> &'static str {
    match conflict {
        Conflict::Protocol => "ProtocolConflict",
        Conflict::Hostname => "HostnameConflict",
    }
}

/// What it asks for: `443 HTTPS app.example.com`, `80 HTTP *`.
pub(crate) fn asks(view: &ListenerView) -> String {
    let resolved = &view.resolved;
    format!("{} {} {}", resolved.port, resolved.protocol, hostname(view))
}

/// `*` for every host.
pub(crate) fn hostname(view: &ListenerView) -> &str {
    view.resolved
        .hostname
        .as_ref()
        .map_or("*", |hostname| hostname.as_str())
}
