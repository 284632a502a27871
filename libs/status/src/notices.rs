//! Which changes of a status a person is told about, beside the status itself: Kubernetes Events.
//!
//! A notice follows from two statuses, the one that an object carried and the one that was written over it. So there is
//! one per transition, whoever writes, however often: after a restart the status says already what was told.

use tributary_model::key::Name;
use tributary_model::status::{Condition, ConditionStatus, ListenerStatus, Status};

use crate::conditions::find;
use crate::reasons::{
    ACCEPTED, CONFLICTED, DEGRADED, INVALID_CERTIFICATE_REF, PARTIALLY_INVALID, RESOLVED_REFS,
    TOO_MANY_LISTENERS,
};

/// What a person is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Whether somebody should act.
    pub weight: Weight,
    /// CamelCase: the condition's reason, or a constant beside what makes the notice, like [`CONFLICT_RESOLVED`].
    pub reason: String,
    /// The listener that it is about; absent when it is about the object.
    pub listener: Option<Name>,
    /// One or two sentences. Like a condition's message it names a rival by its class only (spec/listenersets §3).
    pub note: String,
}

/// How much a notice matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Good news.
    Normal,
    /// A person should act.
    Warning,
}

/// A listener that had lost holds its port and hostname now.
pub const CONFLICT_RESOLVED: &str = "ConflictResolved";
/// A status that the API does not take.
pub const STATUS_NOT_WRITTEN: &str = "StatusNotWritten";

/// What changed for a listener's owner: a conflict lost or won again, a certificate missing, a quota reached; what a
/// Gateway's load balancer or a route does not do as it should.
pub fn notices(before: Option<&Status>, after: &Status) -> Vec<Notice> {
    let old = before.map_or(&[] as &[ListenerStatus], listeners);
    let of_listeners = listeners(after).iter().flat_map(|new| {
        let old = old
            .iter()
            .find(|old| old.name == new.name)
            .map_or(&[] as &[Condition], |old| &old.conditions);
        of_listener(&new.name, old, &new.conditions)
    });
    degraded(before, after)
        .into_iter()
        .chain(of_route(before, after))
        .chain(of_listeners)
        .collect()
}

/// What of an accepted route is not served, or not as it was asked for; the same once, however many parents say it.
fn of_route(before: Option<&Status>, after: &Status) -> Vec<Notice> {
    let said = |status: Option<&Status>| -> Vec<Condition> {
        let Some(Status::Route(route)) = status else {
            return Vec::new();
        };
        let conditions = route.parents.iter().map(|parent| &parent.conditions);
        conditions
            .flat_map(|conditions| {
                let of = |kind| says(conditions, kind, ConditionStatus::True, None).cloned();
                [of(DEGRADED), of(PARTIALLY_INVALID)]
            })
            .flatten()
            .collect()
    };
    let was = said(before);
    let mut notices: Vec<Notice> = Vec::new();
    for condition in said(Some(after)) {
        let is_told = |note: &str| {
            let mut told = notices.iter();
            told.any(|notice| notice.note == note) || was.iter().any(|was| was.message == note)
        };
        if !is_told(&condition.message) {
            notices.push(Notice {
                weight: Weight::Warning,
                reason: condition.reason,
                listener: None,
                note: condition.message,
            });
        }
    }
    notices
}

/// What a load balancer that serves does not do as it should, or what somebody else undid.
fn degraded(before: Option<&Status>, after: &Status) -> Option<Notice> {
    let said = |status: &Status| match status {
        Status::Gateway(gateway) => {
            says(&gateway.conditions, DEGRADED, ConditionStatus::True, None).cloned()
        }
        Status::GatewayClass(class) => {
            says(&class.conditions, DEGRADED, ConditionStatus::True, None).cloned()
        }
        Status::ListenerSet(_) | Status::Route(_) => None,
    };
    let Condition {
        reason, message, ..
    } = said(after)?;
    let was = before.and_then(said);
    was.is_none_or(|was| was.message != message)
        .then_some(Notice {
            weight: Weight::Warning,
            reason,
            listener: None,
            note: message,
        })
}

/// The status of an object cannot be written as it should be.
pub fn not_written(reason: &str) -> Notice {
    Notice {
        weight: Weight::Warning,
        reason: STATUS_NOT_WRITTEN.to_owned(),
        listener: None,
        note: format!("The status cannot be written as it should be: {reason}."),
    }
}

fn listeners(status: &Status) -> &[ListenerStatus] {
    match status {
        Status::Gateway(gateway) => &gateway.listeners,
        Status::ListenerSet(set) => &set.listeners,
        Status::GatewayClass(_) | Status::Route(_) => &[],
    }
}

fn of_listener(name: &Name, old: &[Condition], new: &[Condition]) -> Vec<Notice> {
    let lost = |conditions| says(conditions, CONFLICTED, ConditionStatus::True, None);
    let began = |condition_type, reason| {
        let now = says(new, condition_type, ConditionStatus::False, Some(reason))?;
        says(old, condition_type, ConditionStatus::False, Some(reason))
            .is_none()
            .then_some(now)
    };
    let conflict = match (lost(old), lost(new)) {
        (None, Some(now)) => Some(warning(name, now)),
        (Some(_), None) => Some(Notice {
            weight: Weight::Normal,
            reason: CONFLICT_RESOLVED.to_owned(),
            listener: Some(name.clone()),
            note: format!("Listener {name:?} is no longer in conflict."),
        }),
        (None, None) | (Some(_), Some(_)) => None,
    };
    conflict
        .into_iter()
        .chain(began(RESOLVED_REFS, INVALID_CERTIFICATE_REF).map(|now| warning(name, now)))
        .chain(began(ACCEPTED, TOO_MANY_LISTENERS).map(|now| warning(name, now)))
        .collect()
}

fn says<'a>(
    conditions: &'a [Condition],
    condition_type: &str,
    status: ConditionStatus,
    reason: Option<&str>,
) -> Option<&'a Condition> {
    find(conditions, condition_type).filter(|condition| {
        condition.status == status && reason.is_none_or(|reason| condition.reason == reason)
    })
}

fn warning(name: &Name, condition: &Condition) -> Notice {
    Notice {
        weight: Weight::Warning,
        reason: condition.reason.clone(),
        listener: Some(name.clone()),
        note: format!("Listener {name:?}: {}", condition.message),
    }
}

#[cfg(test)]
mod tests;
