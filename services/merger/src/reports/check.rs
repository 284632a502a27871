//! What of a report is taken: what its publisher may speak of, and what the merger knows.
//!
//! Nothing that is refused here is lost: whenever the merger begins to want a load balancer or a listener, the programmer
//! is told a new desired state and reports on that.

use tributary_model::desired::LoadBalancerKey;
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport};
use tributary_proto::call::{LoadBalancerShard, RefusedReport};
use tributary_proto::convert::ConvertError;
use tributary_proto::report::PublishReportsRequest;
use tributary_stream::{Decoded, Event, Position, Positioned, Refused};

use crate::state::MergerState;

/// A message of which nothing is left that must not be taken.
pub(super) struct Checked {
    pub(super) message: Decoded<PublishReportsRequest>,
    /// What was taken out of its report, by name.
    pub(super) left_out: Vec<RefusedReport>,
    /// Whether what was taken out is news, and not of a desired state that is over.
    pub(super) is_current: bool,
    /// Its load balancer, if nobody wants it.
    pub(super) stray: Option<LoadBalancerKey>,
}

/// Why a report is refused as a whole.
struct Unfit {
    error: ConvertError,
    is_stray: bool,
}

pub(super) fn check(
    state: &MergerState,
    share: &LoadBalancerShard,
    message: Decoded<PublishReportsRequest>,
) -> Checked {
    let taken = |message| Checked {
        message,
        left_out: Vec::new(),
        is_current: true,
        stray: None,
    };
    let Positioned {
        position,
        traceparent,
        item,
    } = match message {
        Ok(positioned) => positioned,
        Err(refused) => return taken(Err(refused)),
    };
    let refused = |key: LoadBalancerKey, field: &str, unfit: Unfit| {
        let Unfit { error, is_stray } = unfit;
        Checked {
            stray: is_stray.then(|| key.clone()),
            ..taken(Err(Refused {
                key: Some(key),
                position: Some(position),
                error: error.under(field),
            }))
        }
    };
    let said = |item| Positioned {
        position,
        traceparent,
        item,
    };
    let (field, event, mut report): (_, fn(_) -> _, LoadBalancerReport) = match item {
        Event::Init | Event::InitDone => return taken(Ok(said(item))),
        Event::Delete(key) => {
            return match in_share(share, &key) {
                Ok(()) => taken(Ok(said(Event::Delete(key)))),
                Err(unfit) => refused(key, "delete", unfit),
            };
        }
        Event::InitApply(report) => ("init_apply", Event::InitApply, report),
        Event::Apply(report) => ("apply", Event::Apply, report),
    };
    if let Err(unfit) = fit(state, share, position, &report) {
        return refused(report.key, field, unfit);
    }
    let left_out = leave_out(state, &mut report);
    let key = report.key.clone();
    let left_out = left_out.into_iter().map(|error| RefusedReport {
        key: Some(key.clone()),
        error: error.under(field),
    });
    Checked {
        left_out: left_out.collect(),
        is_current: position >= state.desired_at(&report.key),
        ..taken(Ok(said(event(report))))
    }
}

fn in_share(share: &LoadBalancerShard, key: &LoadBalancerKey) -> Result<(), Unfit> {
    if share.includes(key) {
        return Ok(());
    }
    let (field, reason) = if key.kind == share.kind {
        let (index, count) = (share.shard.index(), share.shard.count());
        let reason = format!("{key} is not in share {index} of {count}, the publisher's");
        ("gateway", reason)
    } else {
        let kind = share.kind.as_str();
        (
            "kind",
            format!("{key} is not of the publisher's kind, {kind}"),
        )
    };
    Err(Unfit {
        error: ConvertError::at(field, reason),
        is_stray: false,
    })
}

fn fit(
    state: &MergerState,
    share: &LoadBalancerShard,
    position: Position,
    report: &LoadBalancerReport,
) -> Result<(), Unfit> {
    let LoadBalancerReport { key, phase, .. } = report;
    in_share(share, key).map_err(|unfit| Unfit {
        error: unfit.error.under("key"),
        ..unfit
    })?;
    let newest = state.desired_position();
    if position > newest {
        let reason = format!("{position} is after {newest}, the newest desired state there is");
        return Err(Unfit {
            error: ConvertError::at("position", reason),
            is_stray: false,
        });
    }
    let is_awaited = match phase {
        // Also of what nobody has wanted since the merger was started: programmers search for it.
        LoadBalancerPhase::Deleting | LoadBalancerPhase::Deleted => true,
        LoadBalancerPhase::Absent
        | LoadBalancerPhase::Provisioning
        | LoadBalancerPhase::Active
        | LoadBalancerPhase::Failed => state.reports().get(key).is_some(),
    };
    if is_awaited || state.is_desired(key) || state.kept(&key.gateway).is_some() {
        return Ok(());
    }
    let reason = format!("nobody desires {key}, keeps it, or waits for its removal");
    Err(Unfit {
        error: ConvertError::at("key", reason),
        is_stray: true,
    })
}

/// Takes out what is said of listeners that the load balancer is not desired with.
fn leave_out(state: &MergerState, report: &mut LoadBalancerReport) -> Vec<ConvertError> {
    let key = report.key.clone();
    // Of one that is only kept it is not known; what is said of its listeners counts for nothing until it is desired.
    if !state.merge().load_balancers().contains_key(&key) {
        return Vec::new();
    }
    let mut left_out = Vec::new();
    let mut place = 0;
    report.listeners.retain(|said| {
        let serves = state.merge().serves(&key, &said.listener);
        if !serves {
            left_out.push(unknown("listeners", place, &key, &said.listener));
        }
        place += 1;
        serves
    });
    place = 0;
    report.rules.retain(|said| {
        let serves = state.merge().serves(&key, &said.listener);
        if !serves {
            left_out.push(unknown("rules", place, &key, &said.listener));
        }
        place += 1;
        serves
    });
    left_out
}

fn unknown(
    list: &str,
    place: usize,
    key: &LoadBalancerKey,
    listener: &tributary_model::ListenerRef,
) -> ConvertError {
    let reason = format!("{listener} is not desired on {key}");
    ConvertError::at("listener", reason).under_index(list, place)
}
