//! `status.parents` of the five route kinds.

use std::collections::VecDeque;

use tributary_model::judgement::{ParentJudgement, RouteJudgement};
use tributary_model::resolved::{DroppedRule, RouteAcceptance};
use tributary_model::route::ParentRef;
use tributary_model::status::{Condition, ROUTE_PROGRAMMED, RouteParentStatus, RouteStatus};

use crate::conditions::{Entry, Stamp, next_conditions};
use crate::limits::MAX_ROUTE_PARENTS;
use crate::listener::unresolved_text;
use crate::reasons::{
    ACCEPTED, ConditionRow, DEGRADED, PARTIALLY_INVALID, RESOLVED_REFS, Situation, condition_row,
};
use crate::words::list;

/// The condition types that we write on a parent.
pub(crate) const OWNED: &[&str] = &[
    ACCEPTED,
    RESOLVED_REFS,
    PARTIALLY_INVALID,
    DEGRADED,
    ROUTE_PROGRAMMED,
];

/// The next parents, and how many of ours do not fit beside the others'.
///
/// Other controllers' entries keep their places and order, and so do those of parents that are left alone: one of them
/// may be another program's with the same `controllerName`. Ours take the places that ours had, in spec
/// order, then the end of the list; those of parentRefs that are gone are not there.
pub(crate) fn next_status(
    judged: &RouteJudgement,
    current: &RouteStatus,
    stamp: Stamp,
) -> (RouteStatus, usize) {
    let is_ours = |parent: &RouteParentStatus| {
        judged.installation.has_controller(&parent.controller_name)
            && !judged.left_alone.iter().any(|left_alone| {
                let namespace = &judged.route.key.namespace;
                parent.parent_ref.names_same(left_alone, namespace)
            })
    };
    let foreign = current
        .parents
        .iter()
        .filter(|parent| !is_ours(parent))
        .count();
    let fitting = MAX_ROUTE_PARENTS
        .saturating_sub(foreign)
        .min(judged.parents.len());
    let mut ours: VecDeque<RouteParentStatus> = judged.parents[..fitting]
        .iter()
        .map(|parent| next_parent(parent, current, stamp))
        .collect();
    let mut parents = Vec::with_capacity(foreign + ours.len());
    for parent in &current.parents {
        if is_ours(parent) {
            parents.extend(ours.pop_front());
        } else {
            parents.push(parent.clone());
        }
    }
    parents.extend(ours);
    (RouteStatus { parents }, judged.parents.len() - fitting)
}

fn next_parent(judged: &ParentJudgement, current: &RouteStatus, stamp: Stamp) -> RouteParentStatus {
    let conditions = conditions_of(&judged.parent_ref, &judged.controller_name, current);
    let mut entries: Vec<Entry> = vec![accepted(judged).into(), resolved_refs(judged).into()];
    entries.extend(shortcomings(judged).map(Entry::from));
    RouteParentStatus {
        parent_ref: judged.parent_ref.clone(),
        controller_name: judged.controller_name.clone(),
        conditions: next_conditions(entries, OWNED, conditions, stamp),
    }
}

fn conditions_of<'a>(
    parent_ref: &ParentRef,
    controller_name: &str,
    current: &'a RouteStatus,
) -> &'a [Condition] {
    current
        .parents
        .iter()
        .find(|parent| {
            parent.parent_ref == *parent_ref && parent.controller_name == controller_name
        })
        .map_or(&[], |parent| &parent.conditions)
}

pub(crate) fn accepted(judged: &ParentJudgement) -> ConditionRow {
    condition_row(match judged.acceptance {
        RouteAcceptance::Accepted if judged.shadowed => Situation::RouteAcceptedShadowed,
        RouteAcceptance::Accepted => Situation::RouteAccepted,
        RouteAcceptance::NoMatchingParent => Situation::RouteAcceptedNoMatchingParent,
        RouteAcceptance::NotAllowedByListeners => Situation::RouteAcceptedNotAllowedByListeners,
        RouteAcceptance::NoMatchingListenerHostname => {
            Situation::RouteAcceptedNoMatchingListenerHostname
        }
        RouteAcceptance::UnsupportedValue => {
            return condition_row(Situation::RouteAcceptedUnsupportedValue(&left_out(judged)));
        }
        RouteAcceptance::IncompatibleFilters => {
            return condition_row(Situation::RouteAcceptedIncompatibleFilters(&left_out(
                judged,
            )));
        }
    })
}

fn resolved_refs(judged: &ParentJudgement) -> ConditionRow {
    let first = judged
        .unresolved_refs
        .iter()
        .map(|unresolved| unresolved.cause)
        .min();
    match first {
        None => condition_row(Situation::ResolvedRefs),
        Some(cause) => condition_row(Situation::ResolvedRefsNot(
            cause,
            &unresolved_text(&judged.unresolved_refs),
        )),
    }
}

/// What is not as it was asked for of an accepted route: conditions that are there only while it is so.
pub(crate) fn shortcomings(judged: &ParentJudgement) -> impl Iterator<Item = ConditionRow> + use<> {
    let all = [partially_invalid(judged), degraded(judged), pending(judged)];
    all.into_iter().flatten()
}

/// Only set when true, and only on an accepted route (Gateway API).
fn partially_invalid(judged: &ParentJudgement) -> Option<ConditionRow> {
    let ParentJudgement {
        acceptance,
        dropped_rules,
        refused_rules,
        ..
    } = judged;
    if *acceptance != RouteAcceptance::Accepted
        || dropped_rules.is_empty() && refused_rules.is_empty()
    {
        return None;
    }
    let what = left_out(judged);
    let incompatible =
        refused_rules.is_empty() && dropped_rules.iter().all(|rule| rule.incompatible);
    Some(condition_row(if incompatible {
        Situation::RoutePartiallyIncompatible(&what)
    } else {
        Situation::RoutePartiallyUnsupported(&what)
    }))
}

/// Served rules of which a target or a setting is refused: no rule is dropped, so `PartiallyInvalid` would not be true.
fn degraded(judged: &ParentJudgement) -> Option<ConditionRow> {
    if judged.acceptance != RouteAcceptance::Accepted || judged.degraded_rules.is_empty() {
        return None;
    }
    let what = list(judged.degraded_rules.iter().map(of_rule));
    let waits = judged.serves_nothing || !judged.pending_rules.is_empty();
    Some(condition_row(if waits {
        Situation::RouteDegradedAndWaiting(&what)
    } else {
        Situation::RouteDegraded(&what)
    }))
}

/// Rules that are accepted and not in place: a listener that is Programmed serves what it served.
fn pending(judged: &ParentJudgement) -> Option<ConditionRow> {
    if judged.acceptance != RouteAcceptance::Accepted {
        return None;
    }
    if !judged.pending_rules.is_empty() {
        let what = list(judged.pending_rules.iter().map(of_rule));
        return Some(condition_row(Situation::RoutePending(&what)));
    }
    let none = judged.serves_nothing.then(|| left_out(judged));
    none.map(|what| condition_row(Situation::RouteServesNothing(&what)))
}

fn of_rule((rule, message): &(usize, String)) -> String {
    format!("rules[{rule}]: {}", message.trim_end_matches('.'))
}

/// By rule; the merge's reasons before AWS's.
fn left_out(judged: &ParentJudgement) -> String {
    let dropped = judged.dropped_rules.iter().map(
        |DroppedRule {
             rule,
             field,
             message,
             incompatible: _,
         }| (*rule, format!("{field}: {message}")),
    );
    let refused = judged.refused_rules.iter();
    let refused = refused.map(|refused| (refused.0, of_rule(refused)));
    let mut rules: Vec<(usize, String)> = dropped.chain(refused).collect();
    rules.sort_by_key(|(rule, _)| *rule);
    list(rules.into_iter().map(|(_, text)| text))
}

#[cfg(test)]
mod tests;
