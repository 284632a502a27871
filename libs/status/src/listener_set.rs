//! `ListenerSet.status`: the table of rule listener-set-status.

use tributary_model::judgement::{ListenerSetJudgement, LoadBalancerJudgement};
use tributary_model::resolved::ListenerSetAcceptance;
use tributary_model::status::ListenerSetStatus;

use crate::conditions::{Entry, Stamp, find, next_conditions};
use crate::listener::{Programming, Recalled, Serving, Tally, next_listeners, recalled, tally};
use crate::reasons::{ACCEPTED, ConditionRow, PROGRAMMED, Situation, condition_row};

/// The condition types that we write.
pub(crate) const OWNED: &[&str] = &[ACCEPTED, PROGRAMMED];

pub(crate) fn next_status(
    judged: &ListenerSetJudgement,
    current: &ListenerSetStatus,
    stamp: Stamp,
) -> ListenerSetStatus {
    if judged.acceptance == ListenerSetAcceptance::LeftAlone {
        return current.clone();
    }
    let listeners = listeners(judged, current);
    let tally = tally(&listeners);
    let kept = find(&current.conditions, PROGRAMMED)
        .filter(|condition| rests_on_report(judged, tally) && tally.may_keep(condition));
    let programmed = match kept {
        Some(condition) => Entry::Kept(condition.clone()),
        None => programmed(judged, tally).into(),
    };
    ListenerSetStatus {
        conditions: next_conditions(
            vec![accepted(judged, tally).into(), programmed],
            OWNED,
            &current.conditions,
            stamp,
        ),
        listeners: next_listeners(&listeners, serving(judged), stamp),
    }
}

/// The entries that the set has: none while it is not allowed, and none once its parent is gone.
pub(crate) fn listeners<'a>(
    judged: &ListenerSetJudgement,
    current: &'a ListenerSetStatus,
) -> Vec<Recalled<'a>> {
    match judged.acceptance {
        ListenerSetAcceptance::Admitted | ListenerSetAcceptance::ParentNotAccepted => {
            recalled(&judged.listeners, &current.listeners, serving(judged))
        }
        ListenerSetAcceptance::NotAllowed(_)
        | ListenerSetAcceptance::ParentGone
        | ListenerSetAcceptance::LeftAlone => Vec::new(),
    }
}

pub(crate) fn accepted(judged: &ListenerSetJudgement, tally: Tally) -> ConditionRow {
    condition_row(match judged.acceptance {
        ListenerSetAcceptance::NotAllowed(cause) => Situation::SetAcceptedNotAllowed(cause),
        ListenerSetAcceptance::ParentNotAccepted => Situation::SetAcceptedParentNotAccepted,
        ListenerSetAcceptance::ParentGone => Situation::SetAcceptedParentGone,
        ListenerSetAcceptance::LeftAlone => Situation::SetAcceptedLeftAlone,
        ListenerSetAcceptance::Admitted if tally.is_hopeless() => Situation::SetAcceptedNoListener,
        ListenerSetAcceptance::Admitted if tally.has_invalid() => {
            Situation::SetAcceptedSomeListeners
        }
        ListenerSetAcceptance::Admitted => Situation::SetAccepted,
    })
}

pub(crate) fn programmed(judged: &ListenerSetJudgement, tally: Tally) -> ConditionRow {
    condition_row(match judged.acceptance {
        ListenerSetAcceptance::NotAllowed(cause) => Situation::SetProgrammedNotAllowed(cause),
        ListenerSetAcceptance::ParentNotAccepted => Situation::SetProgrammedParentNotAccepted,
        ListenerSetAcceptance::ParentGone => Situation::SetProgrammedParentGone,
        ListenerSetAcceptance::LeftAlone => Situation::SetProgrammedPending,
        ListenerSetAcceptance::Admitted if tally.is_hopeless() => {
            Situation::SetProgrammedNoListener
        }
        ListenerSetAcceptance::Admitted => match (&judged.load_balancer, tally.programming()) {
            (LoadBalancerJudgement::Failed(_), _) => Situation::SetProgrammedParentFailed,
            (
                LoadBalancerJudgement::Ready | LoadBalancerJudgement::Unknown,
                Programming::NoneServed(hindrance),
            ) => Situation::SetProgrammedNoneServed(hindrance),
            (LoadBalancerJudgement::Ready, Programming::AllServed) => Situation::SetProgrammed,
            (LoadBalancerJudgement::Ready, Programming::SomeServed) => Situation::SetProgrammedSome,
            (LoadBalancerJudgement::Ready, Programming::Awaited)
            | (
                LoadBalancerJudgement::Unknown
                // The reason is for the Gateway's owner; its text may speak of what is not this tenant's.
                | LoadBalancerJudgement::Pending(_)
                | LoadBalancerJudgement::Leaving(_),
                _,
            ) => Situation::SetProgrammedPending,
        },
    })
}

/// Whether nothing that is known tells whether the set is programmed: a report that has not come yet may, or nobody here
/// can.
pub(crate) fn rests_on_report(judged: &ListenerSetJudgement, tally: Tally) -> bool {
    if judged.acceptance == ListenerSetAcceptance::LeftAlone {
        return true;
    }
    judged.acceptance == ListenerSetAcceptance::Admitted
        && judged.load_balancer == LoadBalancerJudgement::Unknown
        && !tally.is_told_without_report()
}

fn serving(judged: &ListenerSetJudgement) -> Serving {
    match judged.acceptance {
        ListenerSetAcceptance::Admitted => Serving::of(&judged.load_balancer),
        ListenerSetAcceptance::NotAllowed(_)
        | ListenerSetAcceptance::ParentNotAccepted
        | ListenerSetAcceptance::ParentGone
        | ListenerSetAcceptance::LeftAlone => Serving::ParentNotAccepted,
    }
}

#[cfg(test)]
mod tests;
