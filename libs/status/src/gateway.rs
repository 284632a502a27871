//! `Gateway.status`: conditions of the Gateway's own listeners only. A ListenerSet's conflict changes
//! nothing here (spec/listenersets §4).

use tributary_model::judgement::{GatewayJudgement, LoadBalancerJudgement};
use tributary_model::resolved::GatewayAcceptance;
use tributary_model::status::{GatewayStatus, StatusAddress};

use crate::conditions::{Entry, Stamp, find, next_conditions};
use crate::listener::{Recalled, Serving, Tally, next_listeners, recalled, tally};
use crate::reasons::{ACCEPTED, MANAGED, PROGRAMMED, Situation, Verdict, is_report_based, verdict};
use crate::undecided;

/// The condition types that we write.
pub(crate) const OWNED: &[&str] = &[ACCEPTED, PROGRAMMED, MANAGED];

pub(crate) fn next_status(
    judged: &GatewayJudgement,
    current: &GatewayStatus,
    stamp: Stamp,
) -> GatewayStatus {
    match &judged.acceptance {
        GatewayAcceptance::LeftAlone(why) => return undecided::left_alone(why, current, stamp),
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
        .filter(|condition| is_report_based(condition) && rests_on_report(judged, tally));
    let programmed = match kept {
        Some(condition) => Entry::Kept(condition.clone()),
        None => programmed(judged, tally).into(),
    };
    GatewayStatus {
        conditions: next_conditions(
            vec![accepted(judged, tally).into(), programmed],
            OWNED,
            &current.conditions,
            stamp,
        ),
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

pub(crate) fn accepted(judged: &GatewayJudgement, tally: Tally) -> Verdict {
    verdict(match &judged.acceptance {
        GatewayAcceptance::InvalidParameters(why) => {
            Situation::GatewayAcceptedInvalidParameters(why)
        }
        GatewayAcceptance::UnsupportedAddress => Situation::GatewayAcceptedUnsupportedAddress,
        GatewayAcceptance::LeftAlone(why) => Situation::GatewayNotManaged(why),
        GatewayAcceptance::ClassMissing(class) => Situation::GatewayAcceptedClassMissing(class),
        GatewayAcceptance::Accepted if tally.is_hopeless() => Situation::GatewayAcceptedNoListener,
        GatewayAcceptance::Accepted if tally.good < tally.all => {
            Situation::GatewayAcceptedSomeListeners
        }
        GatewayAcceptance::Accepted => Situation::GatewayAccepted,
    })
}

pub(crate) fn programmed(judged: &GatewayJudgement, tally: Tally) -> Verdict {
    if judged.acceptance != GatewayAcceptance::Accepted {
        return verdict(Situation::GatewayProgrammedNotAccepted);
    }
    if tally.is_hopeless() {
        return verdict(Situation::GatewayProgrammedNoListener);
    }
    verdict(match &judged.load_balancer {
        LoadBalancerJudgement::Unknown => Situation::GatewayProgrammedUnreported,
        LoadBalancerJudgement::Pending(why) => Situation::GatewayProgrammedProvisioning(why),
        LoadBalancerJudgement::Failed(why) => Situation::GatewayProgrammedFailed(why),
        LoadBalancerJudgement::Leaving(why) => Situation::GatewayProgrammedLeaving(why),
        LoadBalancerJudgement::Ready if tally.served < tally.good => {
            Situation::GatewayProgrammedListenersPending
        }
        LoadBalancerJudgement::Ready => Situation::GatewayProgrammed,
    })
}

/// Whether nothing that is known tells whether the Gateway is programmed: a report that has not come yet may, or nobody
/// here can.
pub(crate) fn rests_on_report(judged: &GatewayJudgement, tally: Tally) -> bool {
    match judged.acceptance {
        GatewayAcceptance::Accepted => {
            judged.load_balancer == LoadBalancerJudgement::Unknown && !tally.is_hopeless()
        }
        GatewayAcceptance::LeftAlone(_) | GatewayAcceptance::ClassMissing(_) => true,
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
            value: name.clone(),
        })
        .collect()
}

fn serving(judged: &GatewayJudgement) -> Serving {
    match judged.acceptance {
        GatewayAcceptance::Accepted => Serving::of(&judged.load_balancer),
        GatewayAcceptance::InvalidParameters(_)
        | GatewayAcceptance::UnsupportedAddress
        | GatewayAcceptance::LeftAlone(_)
        | GatewayAcceptance::ClassMissing(_) => Serving::ParentNotAccepted,
    }
}

#[cfg(test)]
mod tests;
