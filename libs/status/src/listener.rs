//! `status.listeners[]` of Gateways and ListenerSets: one and the same for both.

use tributary_model::judgement::{
    JudgedOutcome, ListenerJudgement, LoadBalancerJudgement, Standing,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{RefCause, UnresolvedRef};
use tributary_model::status::{Condition, ConditionStatus, ListenerStatus};

use crate::conditions::{Entry, Stamp, find, next_conditions};
use crate::reasons::{
    ACCEPTED, CONFLICTED, ConditionRow, Hindrance, OVERLAPPING_TLS_CONFIG, PROGRAMMED,
    RESOLVED_REFS, Situation, condition_row, is_report_based, recall,
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

/// How many of an owner's listeners count for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    not_valid: usize,
    awaited: usize,
    served: usize,
    port_unavailable: usize,
    refused: usize,
}

/// What an owner's valid listeners come to on a load balancer that serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Programming {
    /// One at least is not programmed yet.
    Awaited,
    /// All are served; or there is none, and nothing to say against it.
    AllServed,
    /// The others never will be, as things are.
    SomeServed,
    /// None ever will be, as things are.
    NoneServed(Hindrance),
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

/// Counts (see [`ListenerJudgement::standing`]).
pub(crate) fn tally(listeners: &[Recalled<'_>]) -> Tally {
    let mut tally = Tally::default();
    for one in listeners {
        *match one.listener.standing() {
            Standing::NotValid => &mut tally.not_valid,
            Standing::Awaited => &mut tally.awaited,
            Standing::Served => &mut tally.served,
            Standing::PortUnavailable => &mut tally.port_unavailable,
            Standing::Refused => &mut tally.refused,
        } += 1;
    }
    tally
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
    /// There are listeners, and none is valid.
    pub(crate) fn is_hopeless(self) -> bool {
        let Self {
            not_valid,
            awaited,
            served,
            port_unavailable,
            refused,
        } = self;
        not_valid > 0 && awaited + served + port_unavailable + refused == 0
    }

    /// One at least is not valid.
    pub(crate) fn has_invalid(self) -> bool {
        self.not_valid > 0
    }

    pub(crate) fn programming(self) -> Programming {
        match self {
            Self { awaited: 1.., .. } => Programming::Awaited,
            Self {
                port_unavailable: 0,
                refused: 0,
                ..
            } => Programming::AllServed,
            Self { served: 1.., .. } => Programming::SomeServed,
            Self { refused: 1.., .. } => Programming::NoneServed(Hindrance::Refused),
            Self { .. } => Programming::NoneServed(Hindrance::Ports),
        }
    }

    /// Whether the owner's `Programmed` may stand until a report comes: one that is True is not, once there is a
    /// listener that no report has told of.
    pub(crate) fn may_keep(self, programmed: &Condition) -> bool {
        is_report_based(programmed)
            && match (programmed.status, self.programming()) {
                (ConditionStatus::True, Programming::Awaited) => false,
                (
                    ConditionStatus::True | ConditionStatus::False | ConditionStatus::Unknown,
                    Programming::Awaited
                    | Programming::AllServed
                    | Programming::SomeServed
                    | Programming::NoneServed(_),
                ) => true,
            }
    }

    /// What is known of the valid ones needs no report to come.
    pub(crate) fn is_told_without_report(self) -> bool {
        match self.programming() {
            Programming::NoneServed(_) => true,
            Programming::Awaited | Programming::AllServed | Programming::SomeServed => {
                self.is_hopeless()
            }
        }
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
        *unreported && is_kept(listener.standing()) && listener.outcome != JudgedOutcome::Won(None);
    entries.push(match find(current, PROGRAMMED) {
        Some(condition) if recalled => Entry::Kept(condition.clone()),
        Some(_) | None => programmed(listener, serving).into(),
    });
    entries.push(conflicted(listener).into());
    entries.push(resolved_refs(listener).into());
    if listener.overlapping_tls {
        entries.push(condition_row(Situation::ListenerOverlappingTls).into());
    }
    entries
}

/// Whether what was written of such a listener's programming stands until a report comes.
fn is_kept(standing: Standing) -> bool {
    match standing {
        Standing::Awaited | Standing::Served | Standing::PortUnavailable | Standing::Refused => {
            true
        }
        Standing::NotValid => false,
    }
}

fn accepted(listener: &ListenerJudgement) -> ConditionRow {
    condition_row(match &listener.outcome {
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

fn programmed(listener: &ListenerJudgement, serving: Serving) -> ConditionRow {
    let notes = list(listener.notes.iter().map(|note| clause(note).to_owned()));
    condition_row(match &listener.outcome {
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
        JudgedOutcome::Won(Some(ProgrammedState::Impossible(why))) => {
            Situation::ListenerProgrammedImpossible(why)
        }
        JudgedOutcome::Won(Some(ProgrammedState::PortUnavailable(why))) => {
            Situation::ListenerProgrammedPortUnavailable(why)
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

fn conflicted(listener: &ListenerJudgement) -> ConditionRow {
    condition_row(match &listener.outcome {
        JudgedOutcome::Conflicted(conflict, rival) => {
            Situation::ListenerConflicted(*conflict, *rival)
        }
        JudgedOutcome::Won(_)
        | JudgedOutcome::UnsupportedProtocol
        | JudgedOutcome::Invalid { .. } => Situation::ListenerNotConflicted,
    })
}

/// A missing grant is named before existence (§6), and both before what only narrows the listener.
fn resolved_refs(listener: &ListenerJudgement) -> ConditionRow {
    let first = listener
        .unresolved_refs
        .iter()
        .map(|unresolved| unresolved.cause)
        .min();
    if let JudgedOutcome::Won(Some(ProgrammedState::NoCertificate(why))) = &listener.outcome
        && first.is_none_or(|cause| cause > RefCause::InvalidCertificateRef)
    {
        return condition_row(Situation::ListenerResolvedRefsNoCertificate(why));
    }
    match first {
        None => condition_row(Situation::ResolvedRefs),
        Some(cause) => condition_row(Situation::ResolvedRefsNot(
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
