//! Which changes of a status a person is told about, beside the status itself: Kubernetes Events.
//!
//! A notice follows from two statuses, the one that an object carried and the one that was written over it. So there is
//! one per transition, whoever writes, however often: after a restart the status says already what was told.

use tributary_model::key::Name;
use tributary_model::status::{Condition, ConditionStatus, ListenerStatus, Status};

use crate::conditions::find;
use crate::reasons::{
    ACCEPTED, CONFLICTED, DEGRADED, INVALID, LISTENERS_NOT_VALID, PARTIALLY_INVALID, PENDING,
    PORT_UNAVAILABLE, PROGRAMMED, RESOLVED_REFS, SERVED_WITH_NOTES, UNHEARD, is_for_want_of_refs,
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
    /// One or two sentences. Like a condition's message it names a rival by its class only (docs/security.md).
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

/// What of an object is not as it was asked for, and was not told before; a conflict that is over.
///
/// What only waits is not told, nor what follows from something that is told anyway: that a listener which is not accepted
/// is not programmed either.
pub fn notices(before: Option<&Status>, after: &Status) -> Vec<Notice> {
    let conditions = conditions(after);
    let old_conditions = before.map_or_else(Vec::new, self::conditions);
    let old_listeners = before.map_or(&[][..], listeners);
    let mut notices = of_part(None, &old_conditions, &conditions);
    for new in listeners(after) {
        let old = old_listeners.iter().find(|old| old.name == new.name);
        let old = old.map_or(&[][..], |old| &old.conditions);
        notices.extend(of_part(Some(&new.name), old, &new.conditions));
    }
    notices
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

/// Of the object itself. What a route's parents say alike is there once.
fn conditions(status: &Status) -> Vec<Condition> {
    let parents = match status {
        Status::Gateway(gateway) => return gateway.conditions.clone(),
        Status::ListenerSet(set) => return set.conditions.clone(),
        Status::GatewayClass(class) => return class.conditions.clone(),
        Status::Route(route) => &route.parents,
    };
    let mut all: Vec<Condition> = Vec::new();
    for condition in parents.iter().flat_map(|parent| &parent.conditions) {
        if !all.iter().any(|known| says_the_same(known, condition)) {
            all.push(condition.clone());
        }
    }
    all
}

/// Of an object as a whole, or of one of its listeners.
fn of_part(listener: Option<&Name>, old: &[Condition], new: &[Condition]) -> Vec<Notice> {
    let is_told = |condition: &Condition| {
        let mut old = old.iter();
        old.any(|old| is_fault(old) && says_the_same(old, condition))
    };
    let faults = new.iter().filter(|condition| {
        let is_fault = is_fault(condition) || listener.is_none() && is_lost(condition, old);
        is_fault && !is_told(condition) && !follows(condition, listener, new)
    });
    let mut notices: Vec<Notice> = faults.map(|fault| warning(listener, fault)).collect();
    if let Some(listener) = listener
        && is(old, CONFLICTED, ConditionStatus::True)
        && !is(new, CONFLICTED, ConditionStatus::True)
    {
        notices.push(Notice {
            weight: Weight::Normal,
            reason: CONFLICT_RESOLVED.to_owned(),
            listener: Some(listener.clone()),
            note: format!("Listener {listener:?} is no longer in conflict."),
        });
    }
    notices
}

/// Whether a condition says that something is not as it was asked for. `Pending` is no fault.
fn is_fault(condition: &Condition) -> bool {
    let bad = match condition.condition_type.as_str() {
        ACCEPTED | RESOLVED_REFS | PROGRAMMED if condition.reason == PENDING => return false,
        PROGRAMMED if condition.status == ConditionStatus::True => {
            return condition.message.starts_with(SERVED_WITH_NOTES);
        }
        ACCEPTED | RESOLVED_REFS | PROGRAMMED => ConditionStatus::False,
        CONFLICTED | DEGRADED | PARTIALLY_INVALID => ConditionStatus::True,
        _ => return false,
    };
    condition.status == bad
}

/// Whether it was programmed and is not any more, without a change of the object that would ask for it.
fn is_lost(condition: &Condition, old: &[Condition]) -> bool {
    condition.condition_type == PROGRAMMED
        && condition.status == ConditionStatus::False
        && find(old, PROGRAMMED).is_some_and(|old| {
            old.status == ConditionStatus::True
                && old.observed_generation == condition.observed_generation
        })
}

/// Whether a fault is told by another condition of the same part, or by the listeners of an object.
fn follows(fault: &Condition, listener: Option<&Name>, part: &[Condition]) -> bool {
    let refused = is(part, ACCEPTED, ConditionStatus::False);
    match (fault.condition_type.as_str(), listener) {
        (ACCEPTED, None) => fault.reason == LISTENERS_NOT_VALID,
        (ACCEPTED, Some(_)) => is(part, CONFLICTED, ConditionStatus::True),
        (PROGRAMMED, None) => refused || [INVALID, PORT_UNAVAILABLE].contains(&&*fault.reason),
        (PROGRAMMED, Some(_)) => refused || is_for_want_of_refs(&fault.message),
        _ => false,
    }
}

fn is(conditions: &[Condition], condition_type: &str, status: ConditionStatus) -> bool {
    find(conditions, condition_type).is_some_and(|condition| condition.status == status)
}

/// But for a doubt that comes and goes.
fn says_the_same(one: &Condition, other: &Condition) -> bool {
    let [one, other] = [one, other].map(|it| {
        let words = it.message.trim_end_matches(UNHEARD);
        (&it.condition_type, &it.reason, words)
    });
    one == other
}

fn warning(listener: Option<&Name>, condition: &Condition) -> Notice {
    let message = &condition.message;
    Notice {
        weight: Weight::Warning,
        reason: condition.reason.clone(),
        listener: listener.cloned(),
        note: match listener {
            Some(name) => format!("Listener {name:?}: {message}"),
            None => message.clone(),
        },
    }
}

#[cfg(test)]
mod tests;
