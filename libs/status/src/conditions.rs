//! Conditions as writers must treat them (rule status-writers).

use tributary_model::Timestamp;
use tributary_model::status::Condition;

use crate::reasons::ConditionRow;

/// One condition of the next status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Entry {
    /// Judged now.
    Judged(ConditionRow),
    /// Nothing new is known: what was last written stays as it is, its generation too.
    Kept(Condition),
}

impl From<ConditionRow> for Entry {
    fn from(condition_row: ConditionRow) -> Self {
        Self::Judged(condition_row)
    }
}

/// What a judgement is written with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stamp {
    /// The generation that was judged.
    pub(crate) generation: i64,
    /// For conditions whose status changes.
    pub(crate) now: Timestamp,
}

/// The next conditions: ours in their own order, then other writers' in theirs.
///
/// `owned` names the types that we write here. One of them that is not among `entries` goes: it is only
/// ever there while true. `lastTransitionTime` stays while the status does.
pub(crate) fn next_conditions(
    entries: Vec<Entry>,
    owned: &[&str],
    current: &[Condition],
    stamp: Stamp,
) -> Vec<Condition> {
    let ours = entries.into_iter().map(|entry| match entry {
        Entry::Kept(condition) => condition,
        Entry::Judged(condition_row) => stamped(condition_row, current, stamp),
    });
    let foreign = current
        .iter()
        .filter(|condition| !is_owned(condition, owned))
        .cloned();
    ours.chain(foreign).collect()
}

/// The highest generation that we have written a condition for, if any.
pub(crate) fn newest_generation(conditions: &[Condition], owned: &[&str]) -> Option<i64> {
    conditions
        .iter()
        .filter(|condition| is_owned(condition, owned))
        .filter_map(|condition| condition.observed_generation)
        .max()
}

/// The condition of a type.
pub(crate) fn find<'a>(conditions: &'a [Condition], condition_type: &str) -> Option<&'a Condition> {
    conditions
        .iter()
        .find(|condition| condition.condition_type == condition_type)
}

fn is_owned(condition: &Condition, owned: &[&str]) -> bool {
    owned.contains(&condition.condition_type.as_str())
}

fn stamped(condition_row: ConditionRow, current: &[Condition], stamp: Stamp) -> Condition {
    let ConditionRow {
        condition_type,
        status,
        reason,
        message,
    } = condition_row;
    let since = find(current, condition_type)
        .filter(|condition| condition.status == status)
        .map_or(stamp.now, |condition| condition.last_transition_time);
    Condition {
        condition_type: condition_type.to_owned(),
        status,
        reason: reason.to_owned(),
        message: shortened(message),
        observed_generation: Some(stamp.generation),
        last_transition_time: since,
    }
}

/// `metav1.Condition.message` holds 32768 characters; the API refuses the whole status beyond that.
const MAX_MESSAGE_CHARACTERS: usize = 32_768;

pub(crate) fn shortened(message: String) -> String {
    if message.len() <= MAX_MESSAGE_CHARACTERS || message.chars().count() <= MAX_MESSAGE_CHARACTERS
    {
        return message;
    }
    let mut short: String = message.chars().take(MAX_MESSAGE_CHARACTERS - 1).collect();
    short.push('…');
    short
}

#[cfg(test)]
mod tests;
