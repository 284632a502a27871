//! Joins what was resolved with what the programmers reported, into what a status should say.
//!
//! A report counts for a listener only if it speaks of the revision that is wanted now; before the first
//! report of a load balancer its state is unknown, and status keeps what it said. Rivals lose their names
//! here: a tenant reads the judgement.
//!
//! **A Gateway without a listener that can be served has no load balancer.** An ELB costs money by the hour
//! and an NLB without listeners serves nothing. Its judgement is "pending", as the user's document wants
//! for a set whose Gateway has no valid listeners.

mod explain;
mod gates;
mod held;
mod leaving;
mod orphan;
mod reports;
mod unserved;

#[cfg(test)]
mod tests;

pub use explain::explain;
pub use orphan::judge_orphan;
pub use reports::Reports;

use std::collections::BTreeSet;

use tributary_model::desired::LoadBalancerKey;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement,
    ListenerSetJudgement, LoadBalancerJudgement, ParentJudgement, RouteJudgement, Standing,
};
use tributary_model::report::{LoadBalancerPhase, LoadBalancerReport, ProgrammedState, RuleState};
use tributary_model::resolved::{
    GatewayAcceptance, ListenerOutcome, ListenerSetAcceptance, Resolved, ResolvedGateway,
    ResolvedListener, ResolvedParent, ResolvedRoute,
};
use tributary_model::route::ParentRef;
use tributary_model::{Kind, ListenerOwner, ObjectKey, ObjectRef, OwnerKind};

use crate::engine::merge::Merge;

/// The judgement of an object; nothing if it is not ours.
pub fn judge(merge: &Merge, object: &ObjectRef, reports: &Reports) -> Option<Judgement> {
    if object.kind == Kind::Pod {
        return gates::judge_pod(merge, object, reports).map(Judgement::Pod);
    }
    let Some(resolved) = merge.resolved(object) else {
        return leaving::judge_leaving(merge, object, reports)
            .or_else(|| held::judge_held(merge, object))
            .map(Judgement::Gateway);
    };
    Some(match resolved.as_ref() {
        Resolved::GatewayClass(class) => Judgement::GatewayClass(GatewayClassJudgement {
            key: class.key.clone(),
            generation: class.generation,
            controller_name: class.controller_name.clone(),
            invalid_parameters: class.invalid_parameters.clone(),
            problems: class.problems.clone(),
            mark: class.mark,
            left_alone: class.left_alone,
        }),
        Resolved::Gateway(gateway) => Judgement::Gateway(judge_gateway(merge, gateway, reports)),
        Resolved::ListenerSet(set) => Judgement::ListenerSet(ListenerSetJudgement {
            key: set.key.clone(),
            generation: set.generation,
            acceptance: set.acceptance.clone(),
            load_balancer: match set.acceptance {
                ListenerSetAcceptance::Admitted | ListenerSetAcceptance::ParentNotAccepted => {
                    load_balancer(merge, &set.gateway, reports)
                }
                // Who is not on it learns nothing about it.
                ListenerSetAcceptance::NotAllowed(_)
                | ListenerSetAcceptance::ParentGone
                | ListenerSetAcceptance::LeftAlone => LoadBalancerJudgement::Unknown,
            },
            listeners: judge_listeners(merge, &set.gateway, &set.listeners, reports),
        }),
        Resolved::Route(route) => Judgement::Route(judge_route(merge, route, reports)),
    })
}

fn judge_gateway(merge: &Merge, gateway: &ResolvedGateway, reports: &Reports) -> GatewayJudgement {
    let addresses = report(merge, &gateway.key, reports)
        .and_then(|report| report.dns_name.clone())
        .into_iter()
        .collect();
    GatewayJudgement {
        key: gateway.key.clone(),
        generation: gateway.generation,
        acceptance: gateway.acceptance.clone(),
        load_balancer: load_balancer(merge, &gateway.key, reports),
        unheard: merge
            .load_balancer_key(&gateway.key)
            .is_some_and(|key| reports.is_unheard(&key)),
        problems: problems(merge, gateway, reports),
        addresses,
        listeners: judge_listeners(merge, &gateway.key, &gateway.listeners, reports),
        attached_listener_sets: gateway.attached_listener_sets.saturating_sub(lost_sets(
            merge,
            &gateway.key,
            reports,
        )),
    }
}

/// What the merge cannot do of what the Gateway asks for, then what a programmer could not do on a load balancer that serves.
/// One thing that both say is said once.
fn problems(merge: &Merge, gateway: &ResolvedGateway, reports: &Reports) -> Vec<String> {
    if gateway.acceptance != GatewayAcceptance::Accepted {
        return Vec::new();
    }
    let mut problems = gateway.problems.clone();
    let report = report(merge, &gateway.key, reports)
        .filter(|report| report.phase == LoadBalancerPhase::Active);
    for problem in report.into_iter().flat_map(|report| &report.problems) {
        if !problems.contains(problem) {
            problems.push(problem.clone());
        }
    }
    problems
}

/// Sets that have a valid listener by the merge's word and none by the programmer's. Only the owners of
/// listeners that are not valid by the latter can be such, so that the count does not look at every set.
fn lost_sets(merge: &Merge, gateway: &ObjectKey, reports: &Reports) -> u32 {
    let not_valid = merge
        .load_balancer_key(gateway)
        .map(|key| reports.not_valid(&key))
        .unwrap_or_default();
    let suspects: BTreeSet<&ListenerOwner> = not_valid
        .into_iter()
        .map(|listener| &listener.owner)
        .filter(|owner| owner.kind == OwnerKind::ListenerSet)
        .collect();
    let lost = suspects
        .into_iter()
        .filter(
            |owner| match merge.resolved(&owner.object()).map(AsRef::as_ref) {
                Some(Resolved::ListenerSet(set)) => {
                    let valid_by_merge = set.listeners.iter().any(|listener| {
                        listener.outcome == ListenerOutcome::Won && !listener.unusable_refs
                    });
                    valid_by_merge
                        && set.gateway == *gateway
                        && judge_listeners(merge, gateway, &set.listeners, reports)
                            .iter()
                            .all(|listener| listener.standing() == Standing::NotValid)
                }
                Some(Resolved::GatewayClass(_) | Resolved::Gateway(_) | Resolved::Route(_))
                | None => false,
            },
        )
        .count();
    u32::try_from(lost).unwrap_or(u32::MAX)
}

/// State of a Gateway's load balancer as status needs it.
fn load_balancer(merge: &Merge, gateway: &ObjectKey, reports: &Reports) -> LoadBalancerJudgement {
    let accepted = merge
        .facts
        .gateways
        .get(gateway)
        .is_some_and(|facts| facts.acceptance == GatewayAcceptance::Accepted);
    if !accepted {
        return LoadBalancerJudgement::Pending("the Gateway is not accepted".to_owned());
    }
    let wanted = merge
        .states
        .get(gateway)
        .is_some_and(|state| state.desired.is_some());
    if !wanted {
        return LoadBalancerJudgement::Pending("there is no valid listener to serve".to_owned());
    }
    match report(merge, gateway, reports) {
        None => LoadBalancerJudgement::Unknown,
        Some(report) => phase(report),
    }
}

fn phase(report: &LoadBalancerReport) -> LoadBalancerJudgement {
    let problems = report.problems.join("; ");
    let pending = |what: &str| {
        let text = if problems.is_empty() {
            what.to_owned()
        } else {
            format!("{what}: {problems}")
        };
        LoadBalancerJudgement::Pending(text)
    };
    if report.cannot_be_had() {
        return LoadBalancerJudgement::Failed(if problems.is_empty() {
            "AWS reports that the load balancer failed".to_owned()
        } else {
            problems
        });
    }
    match report.phase {
        LoadBalancerPhase::Active => LoadBalancerJudgement::Ready,
        // Nothing is left to do: of no listener there is anything that could be served.
        LoadBalancerPhase::Absent if report.settled => {
            pending("there is no valid listener to serve")
        }
        LoadBalancerPhase::Absent | LoadBalancerPhase::Failed => {
            pending("the load balancer is being created")
        }
        LoadBalancerPhase::Provisioning => pending("the load balancer is provisioning"),
        // It is wanted again, or still: another one comes.
        LoadBalancerPhase::Deleting | LoadBalancerPhase::Deleted => {
            pending("the load balancer is being replaced")
        }
    }
}

fn report<'a>(
    merge: &Merge,
    gateway: &ObjectKey,
    reports: &'a Reports,
) -> Option<&'a LoadBalancerReport> {
    reports.get(&merge.load_balancer_key(gateway)?)
}

fn judge_listeners(
    merge: &Merge,
    gateway: &ObjectKey,
    listeners: &[ResolvedListener],
    reports: &Reports,
) -> Vec<ListenerJudgement> {
    let key = merge.load_balancer_key(gateway);
    listeners
        .iter()
        .map(|listener| ListenerJudgement {
            name: listener.listener.name.clone(),
            outcome: match &listener.outcome {
                ListenerOutcome::Won => {
                    JudgedOutcome::Won(programmed(merge, key.as_ref(), listener, reports))
                }
                ListenerOutcome::Conflicted {
                    conflict,
                    rival: _,
                    rival_class,
                } => JudgedOutcome::Conflicted(*conflict, *rival_class),
                ListenerOutcome::UnsupportedProtocol => JudgedOutcome::UnsupportedProtocol,
                ListenerOutcome::Invalid { field, reason } => JudgedOutcome::Invalid {
                    field: field.clone(),
                    reason: reason.clone(),
                },
            },
            supported_kinds: listener.supported_kinds.clone(),
            unresolved_refs: listener.unresolved_refs.clone(),
            unusable_refs: listener.unusable_refs,
            overlapping_tls: listener.overlapping_tls.is_some(),
            attached_routes: u32::try_from(listener.attached_routes.len()).unwrap_or(u32::MAX),
            notes: key
                .as_ref()
                .and_then(|key| reports.listener(key, &listener.listener))
                .into_iter()
                .flat_map(|reported| &reported.notes)
                .chain(&listener.notes)
                .cloned()
                .collect(),
            certificates: listener.certificates.clone(),
        })
        .collect()
}

/// Whether a winner is served; nothing before the first report.
pub fn programmed(
    merge: &Merge,
    key: Option<&LoadBalancerKey>,
    listener: &ResolvedListener,
    reports: &Reports,
) -> Option<ProgrammedState> {
    let pending = |why: &str| Some(ProgrammedState::Pending(why.to_owned()));
    let state = merge.states.get(&listener.gateway);
    let left_out = state
        .and_then(|state| state.left_out.get(&listener.port))
        .is_some_and(|left_out| left_out.contains(&listener.listener));
    if left_out {
        return Some(ProgrammedState::PortUnavailable(format!(
            "a listener of higher precedence has port {} for its own protocol; TCP and UDP share a port only \
             while all routes to it name one Service that has its port for both",
            listener.port
        )));
    }
    let wanted = state.and_then(|state| state.revisions.get(&listener.listener));
    let (Some((_, revision)), Some(key)) = (wanted, key) else {
        if listener.unusable_refs {
            return pending("its references do not resolve");
        }
        return pending("the parent Gateway is not accepted");
    };
    reports.get(key)?;
    match reports.listener(key, &listener.listener) {
        Some(reported) if reported.revision == *revision => Some(reported.state.clone()),
        Some(_) => pending("the load balancer still has an earlier version of it"),
        None => pending("the load balancer does not have it yet"),
    }
}

fn judge_route(merge: &Merge, route: &ResolvedRoute, reports: &Reports) -> RouteJudgement {
    RouteJudgement {
        route: route.route.clone(),
        generation: route.generation,
        installation: merge.options.installation.clone(),
        parents: route
            .parents
            .iter()
            .map(|parent| ParentJudgement {
                parent_ref: ParentRef::clone(&parent.parent_ref),
                controller_name: parent.controller_name.clone(),
                acceptance: parent.acceptance.clone(),
                unresolved_refs: parent.unresolved_refs.clone(),
                dropped_rules: parent.dropped_rules.clone(),
                refused_rules: rule_problems(merge, route, parent, reports, RuleState::NotServed),
                degraded_rules: {
                    let reported =
                        rule_problems(merge, route, parent, reports, RuleState::Degraded);
                    let known = parent.degraded_rules.iter().cloned();
                    let all: BTreeSet<(usize, String)> = known.chain(reported).collect();
                    all.into_iter().collect()
                },
                pending_rules: {
                    let reported = rule_problems(merge, route, parent, reports, RuleState::Pending);
                    let mut all: BTreeSet<(usize, String)> = reported.into_iter().collect();
                    all.extend(unserved::waiting(merge, route, parent, reports));
                    all.into_iter().collect()
                },
                shadowed: parent.shadowed_by.is_some(),
                serves_nothing: unserved::has_none(merge, route, parent, reports),
            })
            .collect(),
        left_alone: route
            .left_alone
            .iter()
            .map(|parent_ref| ParentRef::clone(parent_ref))
            .collect(),
    }
}

/// What programmers say of a route's rules on the listeners that this parentRef reached; the same once.
fn rule_problems(
    merge: &Merge,
    route: &ResolvedRoute,
    parent: &ResolvedParent,
    reports: &Reports,
    state: RuleState,
) -> Vec<(usize, String)> {
    let gateways: BTreeSet<&ObjectKey> = parent
        .listeners
        .iter()
        .filter_map(|listener| merge.facts.owners.get(&listener.owner))
        .map(|facts| &facts.gateway)
        .collect();
    let refused: BTreeSet<(usize, String)> = gateways
        .into_iter()
        .filter_map(|gateway| merge.load_balancer_key(gateway))
        .flat_map(|key| reports.rule_problems(&key, &route.route))
        .filter(|problem| parent.listeners.contains(&problem.listener) && problem.state == state)
        .map(|problem| (problem.origin.rule, problem.message.clone()))
        .collect();
    refused.into_iter().collect()
}
