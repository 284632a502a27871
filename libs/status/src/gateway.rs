//! `Gateway.status`: conditions of the Gateway's own listeners only. A ListenerSet's conflict changes
//! nothing here (rule gateway-status).

use tributary_model::judgement::{GatewayJudgement, LoadBalancerJudgement};
use tributary_model::resolved::GatewayAcceptance;
use tributary_model::status::{Condition, GatewayStatus, StatusAddress};

use crate::conditions::{Entry, Stamp, find, next_conditions, shortened};
use crate::listener::{Programming, Recalled, Serving, Tally, next_listeners, recalled, tally};
use crate::reasons::{
    ACCEPTED, ConditionRow, DEGRADED, MANAGED, PROGRAMMED, Situation, UNHEARD, condition_row,
};
use crate::words::list;

mod undecided;

/// The condition types that we write.
pub(crate) const OWNED: &[&str] = &[ACCEPTED, PROGRAMMED, DEGRADED, MANAGED];

pub(crate) fn next_status(
    judged: &GatewayJudgement,
    current: &GatewayStatus,
    stamp: Stamp,
) -> GatewayStatus {
    match &judged.acceptance {
        GatewayAcceptance::LeftAlone(why) => {
            let said = Situation::GatewayNotManaged(why);
            return undecided::left_alone(said, current, stamp);
        }
        GatewayAcceptance::ClassServed(why) => {
            let said = Situation::GatewayClassServed(why);
            return undecided::left_alone(said, current, stamp);
        }
        GatewayAcceptance::ClassMissing(class) => {
            return undecided::class_missing(class, current, stamp);
        }
        GatewayAcceptance::Accepted
        | GatewayAcceptance::InvalidParameters(_)
        | GatewayAcceptance::UnsupportedAddress => {}
    }
    let listeners = own_listeners(judged, current);
    let tally = tally(&listeners);
    let kept = find(&current.conditions, PROGRAMMED)
        .filter(|condition| rests_on_report(judged, tally) && tally.may_keep(condition));
    let programmed = match kept {
        Some(condition) => Entry::Kept(condition.clone()),
        None => programmed(judged, tally).into(),
    };
    let rests_on_reports = judged.acceptance == GatewayAcceptance::Accepted && !tally.is_hopeless();
    let programmed = if judged.unheard && rests_on_reports {
        with_doubt(programmed)
    } else {
        programmed
    };
    let mut conditions: Vec<Entry> = vec![accepted(judged, tally).into(), programmed];
    conditions.extend(kept_or_degraded(judged, current));
    GatewayStatus {
        conditions: next_conditions(conditions, OWNED, &current.conditions, stamp),
        addresses: addresses(judged, current),
        listeners: next_listeners(&listeners, serving(judged), stamp),
        attached_listener_sets: Some(judged.attached_listener_sets),
    }
}

/// The Gateway's own listeners, completed from what the status says of them.
pub(crate) fn own_listeners<'a>(
    judged: &GatewayJudgement,
    current: &'a GatewayStatus,
) -> Vec<Recalled<'a>> {
    recalled(&judged.listeners, &current.listeners, serving(judged))
}

/// Only there while something is wrong; what was said stands until the next report.
fn kept_or_degraded(judged: &GatewayJudgement, current: &GatewayStatus) -> Option<Entry> {
    let said = find(&current.conditions, DEGRADED);
    if let (LoadBalancerJudgement::Unknown, Some(said)) = (&judged.load_balancer, said) {
        return Some(Entry::Kept(said.clone()));
    }
    degraded(judged).map(Entry::from)
}

pub(crate) fn degraded(judged: &GatewayJudgement) -> Option<ConditionRow> {
    if judged.problems.is_empty() {
        return None;
    }
    let problems = list(judged.problems.iter().cloned());
    let situation = match judged.load_balancer {
        LoadBalancerJudgement::Ready => Situation::GatewayDegraded(&problems),
        LoadBalancerJudgement::Unknown
        | LoadBalancerJudgement::Pending(_)
        | LoadBalancerJudgement::Failed(_)
        | LoadBalancerJudgement::Leaving(_) => Situation::GatewayNotInFull(&problems),
    };
    Some(condition_row(situation))
}

pub(crate) fn accepted(judged: &GatewayJudgement, tally: Tally) -> ConditionRow {
    condition_row(match &judged.acceptance {
        GatewayAcceptance::InvalidParameters(why) => {
            Situation::GatewayAcceptedInvalidParameters(why)
        }
        GatewayAcceptance::UnsupportedAddress => Situation::GatewayAcceptedUnsupportedAddress,
        GatewayAcceptance::LeftAlone(why) => Situation::GatewayNotManaged(why),
        GatewayAcceptance::ClassServed(why) => Situation::GatewayClassServed(why),
        GatewayAcceptance::ClassMissing(class) => Situation::GatewayAcceptedClassMissing(class),
        GatewayAcceptance::Accepted if tally.is_hopeless() => Situation::GatewayAcceptedNoListener,
        GatewayAcceptance::Accepted if tally.has_invalid() => {
            Situation::GatewayAcceptedSomeListeners
        }
        GatewayAcceptance::Accepted => Situation::GatewayAccepted,
    })
}

pub(crate) fn programmed(judged: &GatewayJudgement, tally: Tally) -> ConditionRow {
    if judged.acceptance != GatewayAcceptance::Accepted {
        return condition_row(Situation::GatewayProgrammedNotAccepted);
    }
    if tally.is_hopeless() {
        return condition_row(Situation::GatewayProgrammedNoListener);
    }
    condition_row(match (&judged.load_balancer, tally.programming()) {
        (LoadBalancerJudgement::Pending(why), _) => Situation::GatewayProgrammedProvisioning(why),
        (LoadBalancerJudgement::Failed(why), _) => Situation::GatewayProgrammedFailed(why),
        (LoadBalancerJudgement::Leaving(why), _) => Situation::GatewayProgrammedLeaving(why),
        (
            LoadBalancerJudgement::Ready | LoadBalancerJudgement::Unknown,
            Programming::NoneServed(hindrance),
        ) => Situation::GatewayProgrammedNoneServed(hindrance),
        (LoadBalancerJudgement::Unknown, _) => Situation::GatewayProgrammedUnreported,
        (LoadBalancerJudgement::Ready, Programming::Awaited) => {
            Situation::GatewayProgrammedListenersPending
        }
        (LoadBalancerJudgement::Ready, Programming::SomeServed) => Situation::GatewayProgrammedSome,
        (LoadBalancerJudgement::Ready, Programming::AllServed) => Situation::GatewayProgrammed,
    })
}

/// What is said of the load balancer, now that nobody stands for it any more. The status stays: what was programmed
/// serves on without a programmer. Nothing is taken back here: the next report is judged without doubt.
fn with_doubt(entry: Entry) -> Entry {
    let doubted = |message: String| {
        if message.ends_with(UNHEARD) {
            return message;
        }
        shortened(message + UNHEARD)
    };
    match entry {
        Entry::Judged(condition_row) => Entry::Judged(ConditionRow {
            message: doubted(condition_row.message),
            ..condition_row
        }),
        Entry::Kept(condition) => Entry::Kept(Condition {
            message: doubted(condition.message),
            ..condition
        }),
    }
}

/// Whether nothing that is known tells whether the Gateway is programmed: a report that has not come yet may, or nobody
/// here can.
pub(crate) fn rests_on_report(judged: &GatewayJudgement, tally: Tally) -> bool {
    match judged.acceptance {
        GatewayAcceptance::Accepted => {
            judged.load_balancer == LoadBalancerJudgement::Unknown
                && !tally.is_told_without_report()
        }
        GatewayAcceptance::LeftAlone(_)
        | GatewayAcceptance::ClassServed(_)
        | GatewayAcceptance::ClassMissing(_) => true,
        GatewayAcceptance::InvalidParameters(_) | GatewayAcceptance::UnsupportedAddress => false,
    }
}

/// An ELB has a DNS name; its IP addresses change and are nobody's to remember.
fn addresses(judged: &GatewayJudgement, current: &GatewayStatus) -> Vec<StatusAddress> {
    match judged.load_balancer {
        // A load balancer that cannot be removed still answers there.
        LoadBalancerJudgement::Unknown | LoadBalancerJudgement::Leaving(_) => {
            return current.addresses.clone();
        }
        LoadBalancerJudgement::Ready
        | LoadBalancerJudgement::Pending(_)
        | LoadBalancerJudgement::Failed(_) => {}
    }
    judged
        .addresses
        .iter()
        .map(|name| StatusAddress {
            address_type: "Hostname".to_owned(),
            // The CRD takes no capitals, and DNS knows none.
            value: name.to_ascii_lowercase(),
        })
        .collect()
}

fn serving(judged: &GatewayJudgement) -> Serving {
    match judged.acceptance {
        GatewayAcceptance::Accepted => Serving::of(&judged.load_balancer),
        GatewayAcceptance::InvalidParameters(_)
        | GatewayAcceptance::UnsupportedAddress
        | GatewayAcceptance::LeftAlone(_)
        | GatewayAcceptance::ClassServed(_)
        | GatewayAcceptance::ClassMissing(_) => Serving::ParentNotAccepted,
    }
}

#[cfg(test)]
mod tests;
