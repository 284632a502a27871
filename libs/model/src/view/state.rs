//! What a listener is doing, in one word and one reason.

use super::{ListenerView, listener_words};
use crate::report::ProgrammedState;
use crate::resolved::ListenerOutcome;

/// One word for a listener; best first, as summaries count them. The words are a contract: scripts compare with them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListenerState {
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
    pub fn as_str(self) -> &'static str {
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
}

impl ListenerView {
    /// What it is doing, and why, in one line; nothing where the state says it all.
    pub fn state(&self) -> (ListenerState, Option<String>) {
        match &self.resolved.outcome {
            ListenerOutcome::Won => won(self),
            ListenerOutcome::Conflicted {
                conflict, rival, ..
            } => {
                let rival = listener_words(rival.as_ref());
                let reason = format!("{} with {rival}", conflict.reason());
                (ListenerState::Conflicted, Some(reason))
            }
            ListenerOutcome::UnsupportedProtocol => {
                let reason = format!(
                    "an {} cannot serve {}",
                    self.load_balancer.kind.as_str().to_uppercase(),
                    self.resolved.protocol
                );
                (ListenerState::UnsupportedProtocol, Some(reason))
            }
            ListenerOutcome::Invalid { field, reason } => {
                (ListenerState::Invalid, Some(format!("{field}: {reason}")))
            }
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
