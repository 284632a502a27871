//! Rules that stand on no load balancer although nothing is wrong with them, or none of which does.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::report::{ProgrammedState, RuleState};
use tributary_model::resolved::{ResolvedParent, ResolvedRoute};
use tributary_model::{ListenerRef, ObjectKey};

use super::reports::{NOT_SERVED, Reports, refusal};
use crate::engine::merge::Merge;

const NOT_YET: &str = "the load balancer does not have it yet";

/// A route's rules on the listeners that one parentRef reached, by index: why each that waits does.
///
/// It waits where its load balancer was last reported on before the route changed, and where no listener that it is on is
/// served, for a reason that time alone does not mend. A listener that is on its way says so itself.
pub(super) fn waiting(
    merge: &Merge,
    route: &ResolvedRoute,
    parent: &ResolvedParent,
    reports: &Reports,
) -> BTreeSet<(usize, String)> {
    let mut untold = BTreeSet::new();
    let mut unserved: BTreeMap<usize, Option<&str>> = BTreeMap::new();
    for (gateway, listener, rules) in placed(merge, route, parent) {
        let Some(key) = merge.load_balancer_key(gateway) else {
            continue;
        };
        let reported = reports.listener(&key, listener);
        let is_served = reported.is_some_and(|it| it.state == ProgrammedState::Programmed);
        let is_untold =
            reports.is_behind(&key, &route.route) && (is_served || reports.get(&key).is_none());
        let why = why(merge, gateway, listener, reports);
        for rule in rules {
            if is_untold {
                untold.insert((rule, NOT_YET.to_owned()));
            }
            let entry = unserved.entry(rule).or_insert(why);
            *entry = entry.and(why);
        }
    }
    let unserved = unserved.into_iter();
    untold.extend(unserved.filter_map(|(rule, why)| Some((rule, why?.to_owned()))));
    untold
}

/// Whether AWS, or a quota, refuses every rule of a route on the listeners that one parentRef reached.
pub(super) fn has_none(
    merge: &Merge,
    route: &ResolvedRoute,
    parent: &ResolvedParent,
    reports: &Reports,
) -> bool {
    let mut rules = placed(merge, route, parent)
        .flat_map(|(gateway, listener, rules)| {
            rules.into_iter().map(move |rule| (gateway, listener, rule))
        })
        .peekable();
    rules.peek().is_some()
        && rules.all(|(gateway, listener, rule)| {
            let key = merge.load_balancer_key(gateway);
            let mut problems = key
                .iter()
                .flat_map(|key| reports.rule_problems(key, &route.route));
            problems.any(|problem| {
                problem.state == RuleState::NotServed
                    && problem.origin.rule == rule
                    && problem.listener == *listener
            })
        })
}

/// Gateway, listener and indices of the rules that it is to serve.
fn placed<'a>(
    merge: &'a Merge,
    route: &'a ResolvedRoute,
    parent: &'a ResolvedParent,
) -> impl Iterator<Item = (&'a ObjectKey, &'a ListenerRef, BTreeSet<usize>)> {
    let facts = merge.routes.get(&route.route).into_iter();
    let contributions = facts.flat_map(|facts| &facts.contributions);
    let reached = contributions.filter(|(at, _)| parent.listeners.contains(&at.listener));
    reached.map(|(at, contribution)| (&at.gateway, &at.listener, contribution.rules()))
}

fn why(
    merge: &Merge,
    gateway: &ObjectKey,
    listener: &ListenerRef,
    reports: &Reports,
) -> Option<&'static str> {
    let mut left_out = merge
        .states
        .get(gateway)
        .into_iter()
        .flat_map(|it| it.left_out.values());
    if left_out.any(|listeners| listeners.contains(listener)) {
        return Some(NOT_SERVED);
    }
    let key = merge.load_balancer_key(gateway)?;
    refusal(reports.get(&key)?, reports.listener(&key, listener))
}
