//! What a listener is doing, as tables show it.

use tributary_model::ListenerRef;
use tributary_model::resolved::{Conflict, ListenerOutcome};
use tributary_model::view::{ListenerState, ListenerView};

use super::print::Tone;

/// How it is coloured.
pub(crate) fn tone(state: ListenerState) -> Tone {
    match state {
        ListenerState::Programmed => Tone::Good,
        ListenerState::Pending => Tone::Waiting,
        ListenerState::Conflicted
        | ListenerState::UnresolvedRefs
        | ListenerState::NotServed
        | ListenerState::NoCertificate
        | ListenerState::TooManyListeners
        | ListenerState::Refused
        | ListenerState::UnsupportedProtocol
        | ListenerState::Invalid => Tone::Bad,
    }
}

/// The listener that it lost to.
pub(crate) fn rival(view: &ListenerView) -> Option<(Conflict, &ListenerRef)> {
    match &view.resolved.outcome {
        ListenerOutcome::Conflicted {
            conflict, rival, ..
        } => Some((*conflict, rival)),
        ListenerOutcome::Won
        | ListenerOutcome::UnsupportedProtocol
        | ListenerOutcome::Invalid { .. } => None,
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
