//! The status of a Gateway of which nothing is decided here: what stands is kept.

use tributary_model::status::{Condition, GatewayStatus};

use super::OWNED;
use crate::conditions::{Entry, Stamp, find, next_conditions};
use crate::reasons::{MANAGED, PROGRAMMED, Situation, condition_row};

/// Of a Gateway that is another program's. It writes `Accepted` and `Programmed`, by which people and programs wait for
/// it: were they written here, too, each would overwrite the other for ever. So this is said in a condition of our own.
pub(crate) fn left_alone(
    why: Situation<'_>,
    current: &GatewayStatus,
    stamp: Stamp,
) -> GatewayStatus {
    let said = condition_row(why);
    with_conditions(
        next_conditions(vec![said.into()], &[MANAGED], &current.conditions, stamp),
        current,
    )
}

/// Of a Gateway whose class is not there: Gateway API leaves one that nobody decides on at Unknown/Pending. Its load
/// balancer serves on, so that `Programmed`, addresses and listeners stay true.
pub(crate) fn class_missing(class: &str, current: &GatewayStatus, stamp: Stamp) -> GatewayStatus {
    let said = condition_row(Situation::GatewayAcceptedClassMissing(class));
    let programmed = find(&current.conditions, PROGRAMMED).cloned();
    let entries = [Entry::from(said)]
        .into_iter()
        .chain(programmed.map(Entry::Kept))
        .collect();
    with_conditions(
        next_conditions(entries, OWNED, &current.conditions, stamp),
        current,
    )
}

fn with_conditions(conditions: Vec<Condition>, current: &GatewayStatus) -> GatewayStatus {
    GatewayStatus {
        conditions,
        ..current.clone()
    }
}

#[cfg(test)]
mod tests;
