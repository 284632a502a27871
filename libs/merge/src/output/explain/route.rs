//! Why a route is attached, or not, by parentRef.

use tributary_model::Rule;
use tributary_model::resolved::{ResolvedParent, ResolvedRoute, RouteAcceptance};
use tributary_model::view::{Explanation, Sight};

use crate::engine::merge::Merge;

pub(super) fn explain(merge: &Merge, route: &ResolvedRoute, sight: &Sight) -> Vec<Explanation> {
    route
        .parents
        .iter()
        .map(|parent| explain_parent(merge, route, parent, sight))
        .collect()
}

fn explain_parent(
    merge: &Merge,
    route: &ResolvedRoute,
    parent: &ResolvedParent,
    sight: &Sight,
) -> Explanation {
    let reference = &parent.parent_ref;
    let namespace = reference
        .namespace
        .as_ref()
        .unwrap_or(&route.route.key.namespace);
    let mut name = format!("{} {namespace}/{}", reference.kind, reference.name);
    if let Some(section) = &reference.section_name {
        name = format!("{name} sectionName {section}");
    }
    if let Some(port) = reference.port {
        name = format!("{name} port {port}");
    }
    let (decision, rule, would_change) = decision(&parent.acceptance);
    let mut because: Vec<String> = parent
        .listeners
        .iter()
        .map(|listener| {
            let served = merge.routes.get(&route.route).is_some_and(|facts| {
                facts
                    .contributions
                    .iter()
                    .any(|(placement, _)| placement.listener == *listener)
            });
            // The route names its parent, and a listener of it only by sectionName.
            let named = reference.section_name.is_some();
            let name = match sight.listener(listener) {
                Some(listener) => listener.to_string(),
                None if named => listener.to_string(),
                None => format!("a listener of {}", listener.owner),
            };
            if served {
                format!("it is attached to {name}")
            } else {
                format!("it is attached to {name}, which serves nothing of it")
            }
        })
        .collect();
    because.extend(
        parent
            .unresolved_refs
            .iter()
            .map(|unresolved| format!("{}: {}", unresolved.field, unresolved.message)),
    );
    because.extend(
        parent
            .dropped_rules
            .iter()
            .map(|dropped| format!("{}: {}", dropped.field, dropped.message)),
    );
    because.extend(
        parent
            .degraded_rules
            .iter()
            .map(|(rule, what)| format!("rules[{rule}]: {what}")),
    );
    if let Some(winner) = &parent.shadowed_by {
        let winner = if sight.reaches(&winner.key.namespace) {
            winner.to_string()
        } else {
            "a route of another namespace".to_owned()
        };
        because.push(format!(
            "{winner} has the traffic: an NLB listener has one default action, the oldest route's on the \
             highest listener"
        ));
    }
    Explanation {
        subject: format!("{} at {name}", route.route),
        decision: decision.to_owned(),
        rule: rule.to_string(),
        because,
        would_change: would_change.map(str::to_owned).into_iter().collect(),
        rival: None,
    }
}

fn decision(acceptance: &RouteAcceptance) -> (&'static str, Rule, Option<&'static str>) {
    match acceptance {
        RouteAcceptance::Accepted => ("accepted", Rule::RouteParents, None),
        RouteAcceptance::NoMatchingParent => (
            "not accepted: NoMatchingParent",
            Rule::SectionName,
            Some("a sectionName and port of one of the parent's own listeners"),
        ),
        RouteAcceptance::NotAllowedByListeners => (
            "not accepted: NotAllowedByListeners",
            Rule::AllowedRoutes,
            Some("allowedRoutes of a listener that lets this kind and namespace in"),
        ),
        RouteAcceptance::NoMatchingListenerHostname => (
            "not accepted: NoMatchingListenerHostname",
            Rule::RouteHostnames,
            Some("a hostname that the listener's covers"),
        ),
        RouteAcceptance::UnsupportedValue => (
            "not accepted: UnsupportedValue",
            Rule::UnsupportedRules,
            Some("a rule that an ELB can serve"),
        ),
        RouteAcceptance::IncompatibleFilters => (
            "not accepted: IncompatibleFilters",
            Rule::IncompatibleFilters,
            Some("one of the filters in a rule of its own"),
        ),
    }
}
