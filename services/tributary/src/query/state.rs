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
