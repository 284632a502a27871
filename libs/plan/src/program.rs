//! A whole plan, from its parts.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::{LoadBalancerReport, RuleProblem};

use crate::association;
use crate::certificates::{self, CertificateId, Wanted};
use crate::cleanup::{self, Deleted, Keep};
use crate::draft::Draft;
use crate::fit::{self, Fit};
use crate::limits::Context;
use crate::listeners::{self, Parts};
use crate::load_balancer;
use crate::observed::{Completeness, LoadBalancerState, Observed};
use crate::op::{Handle, Plan, StepId};
use crate::report;
use crate::scope::{Scope, imported_certificates, load_balancers, target_groups};
use crate::security_group::{self, Guard};
use crate::served;
use crate::subnets;
use crate::tags::Ownership;
use crate::target_groups::{self, TargetGroups};
use crate::unread;

/// The steps from what is observed to what is desired (nothing: the load balancer must be gone), and what is true
/// before they are taken.
///
/// `key` says whose load balancer it is, also when nothing is desired any more.
pub fn plan(
    desired: Option<&DesiredLoadBalancer>,
    key: &LoadBalancerKey,
    observed: &Observed,
    context: &Context,
) -> Plan {
    let ownership = Ownership {
        cluster: &context.cluster,
        key,
    };
    let mut draft = Draft::default();
    let mut report = match desired {
        Some(desired) => program(desired, observed, context, ownership, &mut draft),
        None => remove(observed, ownership, &mut draft),
    };
    let held_back = served::hold_back(&mut report, &draft.unserved);
    let withheld =
        desired.and_then(|desired| unread::withhold(desired, observed, ownership, &mut draft));
    if let Completeness::Partial(gaps) = &observed.completeness {
        // What was not seen may be there: nothing is made twice, and nothing is taken for unused.
        draft.retain(|op| !op.removes() && !op.creates());
        draft
            .waiting
            .push(format!("observation is partial: {}", gaps.join("; ")));
    }
    let waiting = std::mem::take(&mut draft.waiting);
    let steps = draft.finish();
    report.settled = steps.is_empty() && waiting.is_empty();
    if let Some(withheld) = withheld {
        unread::tell(&mut report, withheld);
    }
    Plan {
        steps,
        report,
        waiting,
        held_back,
    }
}

fn program<'a>(
    desired: &'a DesiredLoadBalancer,
    observed: &'a Observed,
    context: &'a Context,
    ownership: Ownership<'a>,
    draft: &mut Draft,
) -> LoadBalancerReport {
    let certificates = certificates::index(observed, ownership);
    let current = load_balancer::current(desired, observed, ownership);
    let scope = Scope {
        desired,
        observed,
        context,
        ownership,
        certificates: &certificates,
        current,
    };
    let fit = fit::fit(&scope);
    draft.problems = load_balancer::unsupported(&scope);
    let mut deleted = Deleted::new();
    let mut rules = fit.rule_problems.clone();
    if let Some(base) = base(&scope, &fit, &mut deleted, draft) {
        rules.extend(fill(&scope, &fit, base, &mut deleted, draft));
    }
    if !desired.unread.is_empty() {
        // All of it waits for a removal, and nothing is removed.
        draft.waiting.clear();
    }
    match current.map(|current| &current.load_balancer.state) {
        Some(LoadBalancerState::Provisioning) => {
            draft
                .waiting
                .push("load balancer is provisioning".to_owned());
        }
        Some(LoadBalancerState::Failed(reason)) => {
            draft
                .problems
                .push(format!("load balancer failed: {reason}"));
        }
        Some(LoadBalancerState::Active | LoadBalancerState::ActiveImpaired) | None => {}
    }
    if let Completeness::Partial(gaps) = &observed.completeness {
        // What seems to be missing may only not have been seen.
        draft.problems.clone_from(gaps);
    }
    let problems = std::mem::take(&mut draft.problems);
    report::report(&scope, &fit, rules, problems)
}

/// What everything else stands on.
struct Base {
    /// Nothing when nothing is to be served and nothing is there.
    load_balancer: Option<Handle>,
    vpc: String,
    guard: Guard,
    /// After it the load balancer has its new security groups.
    regrouped: Option<StepId>,
}

/// The load balancer with its subnets and security groups; nothing if it cannot be had.
fn base<'a>(
    scope: &Scope<'a>,
    fit: &Fit,
    deleted: &mut Deleted<'a>,
    draft: &mut Draft,
) -> Option<Base> {
    let no_load_balancer = |vpc: &str| Base {
        load_balancer: None,
        vpc: vpc.to_owned(),
        // None is needed, so one that a crash left behind goes.
        guard: Guard::Groups(BTreeSet::new()),
        regrouped: None,
    };
    let Some(current) = scope.current else {
        if scope.desired.listeners.is_empty() {
            return Some(no_load_balancer(""));
        }
        return new_base(scope, fit, deleted, draft);
    };
    let vpc = &current.load_balancer.vpc;
    let subnets = match subnets::choose(scope) {
        Ok(subnets) => Some(subnets),
        Err(problem) => {
            // It stands somewhere already and goes on serving there.
            draft.problems.push(problem);
            None
        }
    };
    let guard = security_group::guard(scope, fit, vpc, draft);
    let regrouped = load_balancer::adjust(scope, current, subnets, &guard, draft);
    Some(Base {
        load_balancer: Some(Handle::Existing(current.arn.to_owned())),
        vpc: vpc.clone(),
        guard,
        regrouped,
    })
}

fn new_base<'a>(
    scope: &Scope<'a>,
    fit: &Fit,
    deleted: &mut Deleted<'a>,
    draft: &mut Draft,
) -> Option<Base> {
    let subnets = match subnets::choose(scope) {
        Ok(subnets) => subnets,
        Err(problem) => {
            draft.problems.push(problem);
            return None;
        }
    };
    let vpc = subnets::vpc(scope, &subnets).or(scope.observed.network.vpc.as_deref());
    let Some(vpc) = vpc else {
        draft
            .problems
            .push("the VPC of its subnets is unknown".to_owned());
        return None;
    };
    // A name that was asked for can only be given once: the predecessor goes first then.
    let name = load_balancer::name(scope.desired, &scope.context.cluster);
    let mut predecessors = Vec::new();
    for namesake in load_balancers(scope.observed, scope.ownership)
        .filter(|other| other.load_balancer.name == name)
    {
        predecessors.push(cleanup::delete_load_balancer(namesake, deleted, draft)?);
    }
    let guard = security_group::guard(scope, fit, vpc, draft);
    if matches!(guard, Guard::Unmanaged) && !scope.desired.settings.security_groups.is_empty() {
        // Without the groups that were named AWS would put it behind the VPC's default one.
        return None;
    }
    let load_balancer = load_balancer::create(scope, subnets, &guard, &predecessors, draft);
    Some(Base {
        load_balancer: Some(load_balancer),
        vpc: vpc.to_owned(),
        guard,
        regrouped: None,
    })
}

/// Everything on the load balancer, then the removal of what is not wanted any more.
fn fill<'a>(
    scope: &Scope<'a>,
    fit: &Fit<'a>,
    base: Base,
    deleted: &mut Deleted<'a>,
    draft: &mut Draft,
) -> Vec<RuleProblem> {
    let mut rules = Vec::new();
    let mut groups = TargetGroups::default();
    let wanted = wanted_certificates(fit);
    if let Some(load_balancer) = base.load_balancer {
        let certificates = certificates::import(scope, &wanted, draft);
        groups = target_groups::plan(scope, fit, &base.vpc, deleted, draft);
        let parts = Parts {
            load_balancer,
            groups: &groups,
            certificates: &certificates,
        };
        rules = listeners::plan(scope, fit, &parts, draft);
        association::order(scope, draft);
    }
    retire_others(scope, deleted, draft);
    let keep = keep(scope, &groups, &wanted, &base.guard);
    cleanup::delete_unused(
        scope.observed,
        scope.ownership,
        &keep,
        deleted,
        base.regrouped,
        draft,
    );
    rules
}

/// Load balancers of ours that cannot become what is desired: they serve until their successor does.
fn retire_others<'a>(scope: &Scope<'a>, deleted: &mut Deleted<'a>, draft: &mut Draft) {
    let is_idle = draft.is_empty();
    let successor_serves = match scope.current {
        Some(current) => {
            is_idle
                && matches!(
                    current.load_balancer.state,
                    LoadBalancerState::Active | LoadBalancerState::ActiveImpaired
                )
        }
        None => scope.desired.listeners.is_empty(),
    };
    let current = scope.current.map(|current| current.arn);
    for other in load_balancers(scope.observed, scope.ownership) {
        if Some(other.arn) == current || deleted.contains_key(other.arn) {
            continue;
        }
        if successor_serves {
            cleanup::delete_load_balancer(other, deleted, draft);
            continue;
        }
        draft.waiting.push(format!(
            "load balancer {} goes once its successor serves",
            other.load_balancer.name
        ));
    }
}

fn keep<'a>(
    scope: &Scope<'a>,
    groups: &TargetGroups<'a>,
    wanted: &BTreeMap<CertificateId, Wanted>,
    guard: &Guard,
) -> Keep<'a> {
    let certificates = wanted
        .keys()
        .filter_map(|id| match id {
            CertificateId::Import(secret) => certificates::imported(scope, secret),
            CertificateId::Arn(_) => None,
        })
        .map(|(arn, _)| arn)
        .collect();
    let wanted_group = |id: &String| match guard {
        Guard::Groups(groups) => groups.contains(&Handle::Existing(id.clone())),
        // A group that was not judged stays where it is in use; `cleanup` sees to that.
        Guard::Unmanaged => security_group::is_managed(scope),
    };
    let security_groups: BTreeSet<&str> = scope
        .observed
        .security_groups
        .keys()
        .filter(|id| wanted_group(id))
        .map(String::as_str)
        .collect();
    Keep {
        target_groups: groups.kept.keys().copied().collect(),
        certificates,
        security_groups,
    }
}

fn wanted_certificates<'a>(fit: &Fit<'a>) -> BTreeMap<CertificateId, Wanted<'a>> {
    let mut wanted: BTreeMap<CertificateId, Wanted> = BTreeMap::new();
    for (id, of_port) in fit.ports.values().flat_map(|port| &port.wanted) {
        match wanted.get_mut(id) {
            Some(known) => known.wanted_by.extend(of_port.wanted_by.iter().cloned()),
            None => {
                wanted.insert(id.clone(), of_port.clone());
            }
        }
    }
    wanted
}

/// Nothing is desired: everything of ours goes.
fn remove<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
    draft: &mut Draft,
) -> LoadBalancerReport {
    let mut deleted = Deleted::new();
    for gone in load_balancers(observed, ownership) {
        cleanup::delete_load_balancer(gone, &mut deleted, draft);
    }
    let keep = Keep::default();
    cleanup::delete_unused(observed, ownership, &keep, &deleted, None, draft);
    let is_complete = observed.completeness == Completeness::Complete;
    let is_empty = load_balancers(observed, ownership).next().is_none()
        && target_groups(observed, ownership).next().is_none()
        && imported_certificates(observed, ownership).next().is_none()
        && !observed
            .security_groups
            .values()
            .any(|group| ownership.owns(&group.tags));
    let problems = std::mem::take(&mut draft.problems);
    report::of_removal(ownership.key, is_complete && is_empty, problems)
}

#[cfg(test)]
mod tests;
