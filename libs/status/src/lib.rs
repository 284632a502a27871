//! From a judgement and the status that an object carries now to the status that it should carry, or to
//! nothing when it says so already.
//!
//! ```text
//!  Judgement (merge + reports) ──┐
//!  Status as last read ──────────┼──> next ──> Unchanged | Write | WritePart | Outdated | SetAside
//!  now ──────────────────────────┘     │
//!                                   reasons: the one table of types, reasons and messages
//!
//!  Status before, Status after ──> notices: what a person is told of the difference
//!  Judgement, now ──> warnings: what a person is told of certificates that end, and when there is more to tell
//! ```
//!
//! **Knows:** the conditions of Gateway API and the rules for their writers (rule status-writers): keep
//! what others wrote, keep `lastTransitionTime` while the status stays, never write over a newer
//! generation, never write when nothing changed.
//!
//! **Must not know:** how a status is read or written, retried or shaped as JSON; who the rival of a
//! conflict is; what time it is. It cannot fail: what can never be written is an answer.

mod conditions;
mod difference;
mod expiry;
mod gateway;
mod gateway_class;
mod limits;
mod listener;
mod listener_set;
mod notices;
mod reasons;
mod route;
mod summary;
mod words;

use tributary_model::Timestamp;
use tributary_model::judgement::Judgement;
use tributary_model::status::{
    Condition, GatewayClassStatus, GatewayStatus, ListenerSetStatus, ListenerStatus, RouteStatus,
    Status,
};

pub use difference::only_counts_differ;
pub use expiry::{
    CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRING, Certificates, SentNotice, Warnings, certificates,
    warnings,
};
pub use gateway_class::supported_features;
pub use notices::{CONFLICT_RESOLVED, Notice, STATUS_NOT_WRITTEN, Weight, not_written, notices};
pub use summary::{ConditionText, Summary, summary};

use conditions::{Stamp, newest_generation};

/// What to do about one object's status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It says all that is judged: write nothing.
    Unchanged,
    /// Write this.
    Write(Status),
    /// Write this, which is as much as the API admits; the rest can never be written while other writers'
    /// entries fill the list. A person should know.
    WritePart {
        /// Whole status to write.
        status: Status,
        /// What is left out, and why.
        reason: String,
    },
    /// It speaks of a newer generation than the judgement: a newer judgement is on its way, or another
    /// replica wrote it. Write nothing.
    Outdated,
    /// The API would refuse it (422) however often it is tried, and nothing smaller can be said. Report it
    /// and go on with other objects.
    SetAside {
        /// Which limit stands in the way.
        reason: String,
    },
}

/// The next status of one object.
///
/// `current` is the status that the object carries, with other writers' parts; a status of another kind
/// counts as none. `now` becomes the `lastTransitionTime` of every condition whose status changes.
///
/// While no programmer has reported on a load balancer since the merger started
/// (`LoadBalancerJudgement::Unknown`), what was last written about it is kept: `Programmed` with its own
/// generation, addresses, and refusals that only a report can tell. Nothing flaps because a service restarts.
pub fn next(judgement: &Judgement, current: Option<&Status>, now: Timestamp) -> Next {
    let generation = generation(judgement);
    let stamp = Stamp { generation, now };
    if current.and_then(|current| newest_own_generation(judgement, current)) > Some(generation) {
        return Next::Outdated;
    }
    let Some((status, left_out)) = next_status(judgement, current, stamp) else {
        return Next::Unchanged;
    };
    if let Some(reason) = limits::never_writable(&status) {
        return Next::SetAside { reason };
    }
    let left_out = (left_out > 0).then(|| {
        format!(
            "{left_out} of the route's parents do not fit: status.parents holds {} entries, others' among them",
            limits::MAX_ROUTE_PARENTS,
        )
    });
    let unchanged = match current {
        Some(current) => in_type_order(current) == in_type_order(&status),
        None => {
            status == Status::Route(RouteStatus::default())
                || status == Status::GatewayClass(GatewayClassStatus::default())
        }
    };
    match left_out {
        None if unchanged => Next::Unchanged,
        None => Next::Write(status),
        Some(reason) if unchanged => Next::SetAside { reason },
        Some(reason) => Next::WritePart { status, reason },
    }
}

/// The generation that was judged.
fn generation(judgement: &Judgement) -> i64 {
    match judgement {
        Judgement::GatewayClass(judged) => judged.generation,
        Judgement::Gateway(judged) => judged.generation,
        Judgement::ListenerSet(judged) => judged.generation,
        Judgement::Route(judged) => judged.generation,
        Judgement::Pod(judged) => judged.generation,
    }
}

/// Nothing for a pod, whose status is the kubelet's: its gates are conditions that are written one by one.
fn next_status(
    judgement: &Judgement,
    current: Option<&Status>,
    stamp: Stamp,
) -> Option<(Status, usize)> {
    Some(match judgement {
        Judgement::Pod(_) => return None,
        Judgement::GatewayClass(judged) => {
            let none = GatewayClassStatus::default();
            let current = if let Some(Status::GatewayClass(current)) = current {
                current
            } else {
                &none
            };
            (
                Status::GatewayClass(gateway_class::next_status(judged, current, stamp)),
                0,
            )
        }
        Judgement::Gateway(judged) => {
            let none = GatewayStatus::default();
            let current = if let Some(Status::Gateway(current)) = current {
                current
            } else {
                &none
            };
            (
                Status::Gateway(gateway::next_status(judged, current, stamp)),
                0,
            )
        }
        Judgement::ListenerSet(judged) => {
            let none = ListenerSetStatus::default();
            let current = if let Some(Status::ListenerSet(current)) = current {
                current
            } else {
                &none
            };
            (
                Status::ListenerSet(listener_set::next_status(judged, current, stamp)),
                0,
            )
        }
        Judgement::Route(judged) => {
            let none = RouteStatus::default();
            let current = if let Some(Status::Route(current)) = current {
                current
            } else {
                &none
            };
            let (status, left_out) = route::next_status(judged, current, stamp);
            (Status::Route(status), left_out)
        }
    })
}

/// The newest generation that we have written about anywhere in the status.
fn newest_own_generation(judgement: &Judgement, current: &Status) -> Option<i64> {
    let of_listeners = |listeners: &[ListenerStatus]| {
        listeners
            .iter()
            .filter_map(|listener| newest_generation(&listener.conditions, listener::OWNED))
            .max()
    };
    match (judgement, current) {
        (Judgement::GatewayClass(_), Status::GatewayClass(status)) => {
            newest_generation(&status.conditions, gateway_class::OWNED)
        }
        (Judgement::Gateway(_), Status::Gateway(status)) => {
            newest_generation(&status.conditions, gateway::OWNED)
                .max(of_listeners(&status.listeners))
        }
        (Judgement::ListenerSet(_), Status::ListenerSet(status)) => {
            newest_generation(&status.conditions, listener_set::OWNED)
                .max(of_listeners(&status.listeners))
        }
        (Judgement::Route(judged), Status::Route(status)) => status
            .parents
            .iter()
            .filter(|parent| judged.installation.has_controller(&parent.controller_name))
            .filter_map(|parent| newest_generation(&parent.conditions, route::OWNED))
            .max(),
        (
            Judgement::GatewayClass(_)
            | Judgement::Gateway(_)
            | Judgement::ListenerSet(_)
            | Judgement::Route(_)
            | Judgement::Pod(_),
            _,
        ) => None,
    }
}

/// A status with every list of conditions sorted: they are maps by type, so their order says nothing and
/// is no reason to write.
fn in_type_order(status: &Status) -> Status {
    let by_type = |conditions: &mut Vec<Condition>| {
        conditions.sort_by(|one, other| one.condition_type.cmp(&other.condition_type));
    };
    let of_listeners = |listeners: &mut Vec<ListenerStatus>| {
        for listener in listeners {
            by_type(&mut listener.conditions);
        }
    };
    let mut status = status.clone();
    match &mut status {
        Status::GatewayClass(class) => by_type(&mut class.conditions),
        Status::Gateway(gateway) => {
            by_type(&mut gateway.conditions);
            of_listeners(&mut gateway.listeners);
        }
        Status::ListenerSet(set) => {
            by_type(&mut set.conditions);
            of_listeners(&mut set.listeners);
        }
        Status::Route(route) => {
            for parent in &mut route.parents {
                by_type(&mut parent.conditions);
            }
        }
    }
    status
}

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
