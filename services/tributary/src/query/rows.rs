//! The tables: which columns, and what is in them.

mod cells;

use std::collections::BTreeMap;

use tributary_model::PrecedenceClass;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::judgement::{GatewayJudgement, Judgement, RouteJudgement};
use tributary_model::key::{ListenerOwner, OwnerKind};
use tributary_model::resolved::RouteAcceptance;
use tributary_model::status::ConditionStatus;
use tributary_model::view::{ListenerView, LoadBalancerView, ObjectView, listener_words};
use tributary_model::{ObjectKey, ObjectRef};
use tributary_status::summary;

pub(crate) use cells::{NONE, phase_word};
use cells::{
    condition, good_of_all, joined, message, or_none, phase_tone, reason, sentences, settled, truth,
};

use super::print::{Cell, Detail, Table, Tone};
use super::state::{attached, hostname, rival, tone};

/// `get gateways`. Load balancers by Gateway give type and ARN.
pub(crate) fn gateways(
    gateways: &[ObjectView],
    load_balancers: &[LoadBalancerView],
    detail: Detail,
) -> Table {
    let by_gateway: BTreeMap<&ObjectKey, &LoadBalancerView> = load_balancers
        .iter()
        .map(|view| (&view.key.gateway, view))
        .collect();
    let header = [
        &[
            "NAMESPACE",
            "NAME",
            "TYPE",
            "ACCEPTED",
            "PROGRAMMED",
            "LISTENERS",
            "SETS",
            "ADDRESS",
        ][..],
        wide(
            detail,
            &["ACCEPTED-REASON", "PROGRAMMED-REASON", "ARN", "MESSAGE"],
        ),
    ]
    .concat();
    Table::of(&header, gateways, |view| {
        let object = view.judgement.object();
        let load_balancer = by_gateway.get(&object.key).copied();
        let summary = summary(&view.judgement);
        let gateway = gateway(&view.judgement);
        let mut row = vec![
            Cell::from(&*object.key.namespace),
            Cell::from(&*object.key.name),
            or_none(load_balancer.map(|view| view.key.kind.as_str())),
            condition(summary.accepted.as_ref()),
            condition(summary.programmed.as_ref()),
            good_of_all(gateway.map_or(&[], |gateway| &gateway.listeners)),
            gateway
                .map_or(0, |gateway| gateway.attached_listener_sets)
                .to_string()
                .into(),
            or_none(gateway.and_then(|gateway| gateway.addresses.first())),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                reason(summary.accepted.as_ref()),
                reason(summary.programmed.as_ref()),
                or_none(load_balancer.and_then(arn)),
                message(&summary),
            ]),
        }
        row
    })
}

/// `get listenersets`.
pub(crate) fn listener_sets(sets: &[ObjectView], detail: Detail) -> Table {
    let header = [
        &[
            "NAMESPACE",
            "NAME",
            "GATEWAY",
            "ACCEPTED",
            "PROGRAMMED",
            "LISTENERS",
        ][..],
        wide(detail, &["ACCEPTED-REASON", "PROGRAMMED-REASON", "MESSAGE"]),
    ]
    .concat();
    Table::of(&header, sets, |view| {
        let object = view.judgement.object();
        let summary = summary(&view.judgement);
        let mut row = vec![
            Cell::from(&*object.key.namespace),
            Cell::from(&*object.key.name),
            joined(&view.gateways),
            condition(summary.accepted.as_ref()),
            condition(summary.programmed.as_ref()),
            good_of_all(match &view.judgement {
                Judgement::ListenerSet(set) => &set.listeners,
                Judgement::GatewayClass(_)
                | Judgement::Gateway(_)
                | Judgement::Route(_)
                | Judgement::Pod(_) => &[],
            }),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                reason(summary.accepted.as_ref()),
                reason(summary.programmed.as_ref()),
                message(&summary),
            ]),
        }
        row
    })
}

/// `get routes`.
pub(crate) fn routes(routes: &[ObjectView], detail: Detail) -> Table {
    let header = [
        &[
            "NAMESPACE",
            "KIND",
            "NAME",
            "GATEWAYS",
            "ACCEPTED",
            "RESOLVED",
            "PARENTS",
        ][..],
        wide(detail, &["REASON", "RULES-LEFT-OUT", "MESSAGE"]),
    ]
    .concat();
    Table::of(&header, routes, |view| {
        let ObjectRef { kind, key } = view.judgement.object();
        let summary = summary(&view.judgement);
        let facts = route_facts(&view.judgement);
        let mut row = vec![
            Cell::from(&*key.namespace),
            Cell::from(kind.as_str()),
            Cell::from(&*key.name),
            joined(&view.gateways),
            condition(summary.accepted.as_ref()),
            if facts.resolved {
                truth(ConditionStatus::True)
            } else {
                truth(ConditionStatus::False)
            },
            format!("{}/{}", facts.accepted, facts.parents).into(),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                reason(summary.accepted.as_ref()),
                facts.left_out.to_string().into(),
                message(&summary),
            ]),
        }
        row
    })
}

/// `get listeners`.
pub(crate) fn listeners(listeners: &[ListenerView], detail: Detail) -> Table {
    let header = [
        &[
            "NAMESPACE",
            "OWNER",
            "LISTENER",
            "PORT",
            "PROTOCOL",
            "HOSTNAME",
            "STATE",
            "ROUTES",
            "ADDRESS",
        ][..],
        wide(detail, &["GATEWAY", "PRECEDENCE", "REASON", "ELB-LISTENER"]),
    ]
    .concat();
    Table::of(&header, listeners, |view| {
        let resolved = &view.resolved;
        let (state, why) = view.state();
        let mut row = vec![
            Cell::from(&*resolved.listener.owner.key.namespace),
            owner(&resolved.listener.owner).into(),
            Cell::from(&*resolved.listener.name),
            resolved.port.to_string().into(),
            Cell::from(resolved.protocol.as_str()),
            Cell::from(hostname(view)),
            Cell::toned(state.as_str(), tone(state)),
            attached(view).to_string().into(),
            or_none(view.dns_name.as_ref()),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                resolved.gateway.to_string().into(),
                precedence(view).into(),
                or_none(why),
                or_none(view.elb_listener.as_ref()),
            ]),
        }
        row
    })
}

/// `get conflicts`: listeners that lost.
pub(crate) fn conflicts(conflicts: &[ListenerView], detail: Detail) -> Table {
    let header = [
        &[
            "NAMESPACE",
            "OWNER",
            "LISTENER",
            "PORT",
            "PROTOCOL",
            "HOSTNAME",
            "CONFLICT",
            "RIVAL",
        ][..],
        wide(detail, &["GATEWAY", "PRECEDENCE", "BECAUSE"]),
        &["RULE", "WOULD-CHANGE"],
    ]
    .concat();
    Table::of(&header, conflicts, |view| {
        let resolved = &view.resolved;
        let rival = rival(view);
        let mut row = vec![
            Cell::from(&*resolved.listener.owner.key.namespace),
            owner(&resolved.listener.owner).into(),
            Cell::from(&*resolved.listener.name),
            resolved.port.to_string().into(),
            Cell::from(resolved.protocol.as_str()),
            Cell::from(hostname(view)),
            match rival {
                Some((conflict, _)) => Cell::toned(conflict.reason(), Tone::Bad),
                None => NONE.into(),
            },
            or_none(rival.map(|(_, rival)| listener_words(rival))),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                resolved.gateway.to_string().into(),
                precedence(view).into(),
                sentences(&view.explanation.because),
            ]),
        }
        row.extend([
            Cell::from(&*view.explanation.rule),
            sentences(&view.explanation.would_change),
        ]);
        row
    })
}

/// `get loadbalancers`.
pub(crate) fn load_balancers(load_balancers: &[LoadBalancerView], detail: Detail) -> Table {
    let header = [
        &[
            "NAMESPACE",
            "GATEWAY",
            "TYPE",
            "PHASE",
            "LISTENERS",
            "RULES",
            "CERTIFICATES",
            "TARGETS",
            "ADDRESS",
        ][..],
        wide(
            detail,
            &["TARGET-GROUPS", "GENERATION", "SETTLED", "ARN", "PROBLEMS"],
        ),
    ]
    .concat();
    Table::of(&header, load_balancers, |view| {
        let LoadBalancerKey { kind, gateway } = &view.key;
        let report = view.report.as_ref();
        let counts = view.desired_counts;
        let mut row = vec![
            Cell::from(&*gateway.namespace),
            Cell::from(&*gateway.name),
            Cell::from(kind.as_str()),
            Cell::toned(phase_word(view.phase), phase_tone(view.phase)),
            counts.listeners.to_string().into(),
            counts.rules.to_string().into(),
            counts.certificates.to_string().into(),
            counts.targets.to_string().into(),
            or_none(report.and_then(|report| report.dns_name.as_ref())),
        ];
        match detail {
            Detail::Usual => {}
            Detail::Wide => row.extend([
                counts.target_groups.to_string().into(),
                format!("{}/{}", view.reported_generation, view.desired_generation).into(),
                settled(report),
                or_none(arn(view)),
                match report {
                    Some(report) if !report.problems.is_empty() => sentences(&report.problems),
                    Some(_) | None => NONE.into(),
                },
            ]),
        }
        row
    })
}

/// The kind in lower case, as kubectl names objects: `listenerset/app`.
pub(crate) fn owner(owner: &ListenerOwner) -> String {
    let kind = match owner.kind {
        OwnerKind::Gateway => "gateway",
        OwnerKind::ListenerSet => "listenerset",
    };
    format!("{kind}/{}", owner.key.name)
}

/// What a route's parents come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RouteFacts {
    parents: usize,
    accepted: usize,
    resolved: bool,
    left_out: usize,
}

fn route_facts(judgement: &Judgement) -> RouteFacts {
    let parents = match judgement {
        Judgement::Route(RouteJudgement { parents, .. }) => &parents[..],
        Judgement::GatewayClass(_)
        | Judgement::Gateway(_)
        | Judgement::ListenerSet(_)
        | Judgement::Pod(_) => &[],
    };
    RouteFacts {
        parents: parents.len(),
        accepted: parents
            .iter()
            .filter(|parent| parent.acceptance == RouteAcceptance::Accepted)
            .count(),
        resolved: parents
            .iter()
            .all(|parent| parent.unresolved_refs.is_empty()),
        left_out: parents
            .iter()
            .map(|parent| parent.dropped_rules.len() + parent.refused_rules.len())
            .sum(),
    }
}

fn wide(detail: Detail, columns: &'static [&'static str]) -> &'static [&'static str] {
    match detail {
        Detail::Usual => &[],
        Detail::Wide => columns,
    }
}

fn gateway(judgement: &Judgement) -> Option<&GatewayJudgement> {
    match judgement {
        Judgement::Gateway(gateway) => Some(gateway),
        Judgement::GatewayClass(_)
        | Judgement::ListenerSet(_)
        | Judgement::Route(_)
        | Judgement::Pod(_) => None,
    }
}

/// What gives it its place among all listeners of the Gateway, in which order they are listed.
fn precedence(view: &ListenerView) -> String {
    match view.resolved.precedence.class {
        PrecedenceClass::Gateway => "Gateway".to_owned(),
        PrecedenceClass::ListenerSet { created } => format!(
            "ListenerSet of {}",
            tributary_normalize::timestamp_to_rfc3339(created)
        ),
    }
}

fn arn(view: &LoadBalancerView) -> Option<&String> {
    view.report.as_ref().and_then(|report| report.arn.as_ref())
}

#[cfg(test)]
mod tests;
