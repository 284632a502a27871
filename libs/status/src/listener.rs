//! `status.listeners[]` of Gateways and ListenerSets: one and the same for both.

use tributary_model::judgement::{JudgedOutcome, ListenerJudgement, LoadBalancerJudgement};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{RefCause, UnresolvedRef};
use tributary_model::status::{Condition, ListenerStatus};

use crate::conditions::{Entry, Stamp, find, next_conditions};
use crate::reasons::{
    ACCEPTED, CONFLICTED, OVERLAPPING_TLS_CONFIG, PROGRAMMED, RESOLVED_REFS, Situation, Verdict,
    recall, verdict,
};
use crate::words::{clause, list};

/// The condition types that we write on a listener.
pub(crate) const OWNED: &[&str] = &[
    ACCEPTED,
    PROGRAMMED,
    CONFLICTED,
    RESOLVED_REFS,
    OVERLAPPING_TLS_CONFIG,
];

/// What the listeners of one owner have behind them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Serving {
    /// The load balancer serves what its listeners say that it serves.
    Ready,
    /// Not reported on yet.
    Unreported,
    /// It does not serve yet.
    Waiting,
    /// It cannot be had.
    Failed,
    /// The Gateway is not accepted.
    ParentNotAccepted,
}

/// A listener with its outcome completed by what was last written, while no report says better.
#[derive(Clone, Debug)]
pub(crate) struct Recalled<'a> {
    listener: ListenerJudgement,
    /// Nobody has reported on it since the merger started.
    unreported: bool,
    current: &'a [Condition],
}

/// How many of an owner's listeners are good, and how many of those are served now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) all: usize,
    pub(crate) good: usize,
    pub(crate) served: usize,
}

/// Takes each listener with what the status says of it now, and completes it from there while there is
/// no report on the load balancer.
pub(crate) fn recalled<'a>(
    listeners: &[ListenerJudgement],
    current: &'a [ListenerStatus],
    serving: Serving,
) -> Vec<Recalled<'a>> {
    listeners
        .iter()
        .map(|listener| {
            let current = current
                .iter()
                .find(|status| status.name == listener.name)
                .map_or(&[] as &[Condition], |status| &status.conditions);
            let mut listener = listener.clone();
            // No report tells of a listener without usable references: what was told of it once is over.
            let unreported = serving == Serving::Unreported
                && listener.outcome == JudgedOutcome::Won(None)
                && !listener.unusable_refs;
            if unreported {
                listener.outcome = JudgedOutcome::Won(recall(current));
            }
            Recalled {
                listener,
                unreported,
                current,
            }
        })
        .collect()
}

/// Counts (see [`ListenerJudgement::is_good`]).
pub(crate) fn tally(listeners: &[Recalled<'_>]) -> Tally {
    let good = || listeners.iter().filter(|one| one.listener.is_good());
    Tally {
        all: listeners.len(),
        good: good().count(),
        served: good()
            .filter(|one| {
                one.listener.outcome == JudgedOutcome::Won(Some(ProgrammedState::Programmed))
            })
            .count(),
    }
}

/// The entries, in the order of the judgement, which is spec order. Entries of listeners that are gone
/// are not there.
pub(crate) fn next_listeners(
    listeners: &[Recalled<'_>],
    serving: Serving,
    stamp: Stamp,
) -> Vec<ListenerStatus> {
    listeners
        .iter()
        .map(|one| ListenerStatus {
            name: one.listener.name.clone(),
            supported_kinds: one.listener.supported_kinds.clone(),
            attached_routes: one.listener.attached_routes,
            conditions: next_conditions(entries(one, serving), OWNED, one.current, stamp),
        })
        .collect()
}

impl Tally {
    /// There are listeners, and none is good.
    pub(crate) fn is_hopeless(self) -> bool {
        self.all > 0 && self.good == 0
    }
}

impl Serving {
    /// From the state of the load balancer alone.
    pub(crate) fn of(load_balancer: &LoadBalancerJudgement) -> Self {
        match load_balancer {
            LoadBalancerJudgement::Unknown => Self::Unreported,
            LoadBalancerJudgement::Ready => Self::Ready,
            LoadBalancerJudgement::Pending(_) | LoadBalancerJudgement::Leaving(_) => Self::Waiting,
            LoadBalancerJudgement::Failed(_) => Self::Failed,
        }
    }
}

fn entries(one: &Recalled<'_>, serving: Serving) -> Vec<Entry> {
    let Recalled {
        listener,
        unreported,
        current,
    } = one;
    let mut entries: Vec<Entry> = vec![accepted(listener).into()];
    let recalled =
        *unreported && listener.is_good() && listener.outcome != JudgedOutcome::Won(None);
    entries.push(match find(current, PROGRAMMED) {
        Some(condition) if recalled => Entry::Kept(condition.clone()),
        Some(_) | None => programmed(listener, serving).into(),
    });
    entries.push(conflicted(listener).into());
    entries.push(resolved_refs(listener).into());
    if listener.overlapping_tls {
        entries.push(verdict(Situation::ListenerOverlappingTls).into());
    }
    entries
}

fn accepted(listener: &ListenerJudgement) -> Verdict {
    verdict(match &listener.outcome {
        JudgedOutcome::Won(Some(ProgrammedState::TooManyListeners(quota))) => {
            Situation::ListenerAcceptedTooMany(quota)
        }
        JudgedOutcome::Won(_) if has_no_ca_certificate(listener) => {
            Situation::ListenerAcceptedNoCaCertificate
        }
        JudgedOutcome::Won(_) => Situation::ListenerAccepted,
        JudgedOutcome::Conflicted(conflict, rival) => {
            Situation::ListenerAcceptedConflict(*conflict, *rival)
        }
        JudgedOutcome::UnsupportedProtocol => Situation::ListenerAcceptedUnsupportedProtocol,
        JudgedOutcome::Invalid { field, reason } => {
            Situation::ListenerAcceptedInvalid(field, reason)
        }
    })
}

fn programmed(listener: &ListenerJudgement, serving: Serving) -> Verdict {
    let notes = list(listener.notes.iter().map(|note| clause(note).to_owned()));
    verdict(match &listener.outcome {
        JudgedOutcome::Won(_) if listener.unusable_refs => {
            Situation::ListenerProgrammedUnusableRefs
        }
        JudgedOutcome::Won(Some(ProgrammedState::TooManyListeners(quota))) => {
            Situation::ListenerProgrammedTooMany(quota)
        }
        JudgedOutcome::Won(Some(ProgrammedState::NoCertificate(_))) => {
            Situation::ListenerProgrammedNoCertificate
        }
        JudgedOutcome::Won(Some(ProgrammedState::Refused(why))) => {
            Situation::ListenerProgrammedRefused(why)
        }
        JudgedOutcome::Won(
            state @ (None | Some(ProgrammedState::Pending(_) | ProgrammedState::Programmed)),
        ) => match served(state.as_ref(), serving) {
            Situation::ListenerProgrammed if !notes.is_empty() => {
                Situation::ListenerProgrammedWithNotes(&notes)
            }
            situation => situation,
        },
        JudgedOutcome::Conflicted(conflict, rival) => {
            Situation::ListenerProgrammedConflict(*conflict, *rival)
        }
        JudgedOutcome::UnsupportedProtocol | JudgedOutcome::Invalid { .. } => {
            Situation::ListenerProgrammedNotAccepted
        }
    })
}

/// A listener is served when its own report says so and the load balancer behind it serves at all.
fn served(state: Option<&ProgrammedState>, serving: Serving) -> Situation<'_> {
    match (serving, state) {
        (Serving::Ready, Some(ProgrammedState::Programmed)) => Situation::ListenerProgrammed,
        (Serving::ParentNotAccepted, _) => Situation::ListenerProgrammedParentNotAccepted,
        (Serving::Failed, _) => Situation::ListenerProgrammedParentFailed,
        (_, Some(ProgrammedState::Pending(why))) => Situation::ListenerProgrammedPending(why),
        (Serving::Waiting, _) => Situation::ListenerProgrammedWaiting,
        (Serving::Ready | Serving::Unreported, _) => Situation::ListenerProgrammedUnreported,
    }
}

fn conflicted(listener: &ListenerJudgement) -> Verdict {
    verdict(match &listener.outcome {
        JudgedOutcome::Conflicted(conflict, rival) => {
            Situation::ListenerConflicted(*conflict, *rival)
        }
        JudgedOutcome::Won(_)
        | JudgedOutcome::UnsupportedProtocol
        | JudgedOutcome::Invalid { .. } => Situation::ListenerNotConflicted,
    })
}

/// A missing grant is named before existence (§6), and both before what only narrows the listener.
fn resolved_refs(listener: &ListenerJudgement) -> Verdict {
    let first = listener
        .unresolved_refs
        .iter()
        .map(|unresolved| unresolved.cause)
        .min();
    if let JudgedOutcome::Won(Some(ProgrammedState::NoCertificate(why))) = &listener.outcome
        && first.is_none_or(|cause| cause > RefCause::InvalidCertificateRef)
    {
        return verdict(Situation::ListenerResolvedRefsNoCertificate(why));
    }
    match first {
        None => verdict(Situation::ResolvedRefs),
        Some(cause) => verdict(Situation::ResolvedRefsNot(
            cause,
            &unresolved_text(&listener.unresolved_refs),
        )),
    }
}

/// `field: message; field: message.`, those of the cause that the reason names first.
pub(crate) fn unresolved_text(unresolved: &[UnresolvedRef]) -> String {
    let mut sorted: Vec<_> = unresolved.iter().collect();
    // Stable: spec order within a cause.
    sorted.sort_by_key(|unresolved| unresolved.cause);
    let text = list(sorted.into_iter().map(
        |UnresolvedRef {
             field,
             message,
             cause: _,
         }| format!("{field}: {message}"),
    ));
    format!("{text}.")
}

/// The reference that is of no use is one to a CA certificate (Gateway API: Accepted False then).
fn has_no_ca_certificate(listener: &ListenerJudgement) -> bool {
    let is_ca = |unresolved: &UnresolvedRef| match unresolved.cause {
        RefCause::InvalidCaCertificateRef | RefCause::InvalidCaCertificateKind => true,
        RefCause::RefNotPermitted => unresolved.field.contains("caCertificateRefs"),
        RefCause::InvalidCertificateRef
        | RefCause::InvalidRouteKinds
        | RefCause::InvalidKind
        | RefCause::BackendNotFound
        | RefCause::UnsupportedProtocol => false,
    };
    listener.unusable_refs && listener.unresolved_refs.iter().any(is_ca)
}

#[cfg(test)]
mod tests;
