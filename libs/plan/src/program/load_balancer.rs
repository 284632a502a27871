//! The plan for one load balancer of a Gateway, from its parts.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::report::{LoadBalancerReport, RuleProblem};

use crate::fit::{self, Fit};
use crate::parts::backend::{self, Carried, View};
use crate::parts::cleanup::{self, Deleted, Keep};
use crate::parts::draft::Draft;
use crate::parts::guard::guard;
use crate::parts::health::{self, Moves};
use crate::parts::listeners::{self, Parts};
use crate::parts::security_group::{self, Guard};
use crate::parts::target_groups::{self, TargetGroups};
use crate::parts::told::Told;
use crate::parts::unprogrammed::unprogrammed;
use crate::parts::{association, certificates, external_tags, load_balancer, subnets};
use crate::program::finish::finish;
use crate::program::{report, unread, unseen};
use crate::scope::certificates::{CertificateId, Wanted};
use crate::scope::index::CertificateIndex;
use crate::scope::ours::{Current, load_balancers};
use crate::scope::{Others, Role, Scope};
use crate::values::defaults::Everywhere;
use crate::values::limits::Context;
use crate::values::observed::{Completeness, LoadBalancerState, Observed};
use crate::values::op::{Handle, Op, StepId};
use crate::values::plan::Plan;
use crate::values::tags::Ownership;

/// What a plan is made from.
#[derive(Clone, Copy)]
pub(crate) struct Inputs<'a> {
    pub(crate) desired: &'a DesiredLoadBalancer,
    pub(crate) observed: &'a Observed,
    pub(crate) context: &'a Context,
    pub(crate) ownership: Ownership<'a>,
}

/// The plan for one load balancer: this one, or one that is still to be created.
pub(crate) fn on<'a>(inputs: Inputs<'a>, current: Option<Current<'a>>, role: Role) -> Plan {
    let Inputs {
        desired,
        observed,
        context,
        ownership,
    } = inputs;
    let certificates = CertificateIndex::of(observed, ownership);
    let everywhere = Everywhere::new(&context.defaults, &desired.settings.tags);
    let scope = Scope {
        desired,
        observed,
        context,
        ownership,
        certificates: &certificates,
        everywhere: &everywhere,
        current,
        role,
    };
    let mut draft = Draft::default();
    let report = program(&scope, &mut draft);
    let unread = unread::withhold(desired, observed, ownership, &mut draft);
    finish(draft, report, observed, context, unread)
}

fn program(scope: &Scope, draft: &mut Draft) -> LoadBalancerReport {
    let fit = fit::fit(scope);
    let mut deleted = Deleted::new();
    let mut rules = fit.rule_problems.clone();
    let mut told = Told::default();
    let base = base(scope, &fit, draft);
    let can_be_had = base.is_some();
    if let Some(base) = base {
        rules.extend(fill(scope, &fit, &base, &mut deleted, &mut told, draft));
    }
    // Nothing is created that could not be seen.
    let is_seen = scope.observed.completeness == Completeness::Complete;
    let blocked = scope.current.is_none() && !(can_be_had && is_seen);
    let settings = &scope.desired.settings;
    draft.problems.extend(unprogrammed(settings));
    let tags = scope.everywhere.refused("tags", &settings.tags);
    draft.problems.extend(tags);
    external_tags::tell(scope, &fit, &mut told);
    rules.append(&mut told.rules);
    if !scope.desired.unread.is_empty() {
        // All of it waits for a removal, and nothing is removed.
        draft.waiting.clear();
    }
    match scope.current.map(|current| &current.load_balancer.state) {
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
    unseen::tell(scope.observed, &mut draft.problems);
    let problems = std::mem::take(&mut draft.problems);
    let mut report = report::report(scope, &fit, rules, problems, blocked, told.healthy);
    for listener in &mut report.listeners {
        if let Some(notes) = told.notes.remove(&listener.listener) {
            listener.notes.extend(notes);
        }
    }
    report
}

/// What everything else stands on.
struct Base {
    /// Nothing when nothing is to be served and nothing is there.
    load_balancer: Option<Handle>,
    vpc: String,
    guard: Guard,
    carried: Carried,
    /// After it the load balancer has its new security groups.
    regrouped: Option<StepId>,
}

/// The load balancer with its subnets and security groups; nothing if it cannot be had.
fn base(scope: &Scope, fit: &Fit, draft: &mut Draft) -> Option<Base> {
    let no_load_balancer = |vpc: &str| Base {
        load_balancer: None,
        vpc: vpc.to_owned(),
        // None is needed, so one that a crash left behind goes.
        guard: Guard::Groups(BTreeSet::new(), None),
        carried: Carried::Nothing,
        regrouped: None,
    };
    let Some(current) = scope.current else {
        // One for which there is nothing to serve comes only in another one's place.
        let is_first = load_balancers(scope.observed, scope.ownership)
            .next()
            .is_none();
        if scope.desired.listeners.is_empty() || is_first && fit.ports.is_empty() {
            return Some(no_load_balancer(""));
        }
        return new_base(scope, fit, draft);
    };
    let vpc = &current.load_balancer.vpc;
    let (guard, carried, regrouped) = match scope.role {
        Role::Target(_) => {
            let subnets = match subnets::choose(scope) {
                Ok(subnets) => Some(subnets),
                Err(problem) => {
                    // It stands somewhere already and goes on serving there.
                    draft.problems.extend(problem);
                    None
                }
            };
            let (guard, carried) = guard(scope, fit, vpc, draft);
            let regrouped = load_balancer::adjust(scope, current, subnets, &guard, draft);
            (guard, carried, regrouped)
        }
        // Its settings are the former ones, but for the ports of listeners that are new.
        Role::Predecessor => (
            security_group::of_predecessor(scope, fit, vpc, draft),
            backend::of_predecessor(scope),
            None,
        ),
    };
    Some(Base {
        load_balancer: Some(Handle::Existing(current.arn.to_owned())),
        vpc: vpc.clone(),
        guard,
        carried,
        regrouped,
    })
}

fn new_base(scope: &Scope, fit: &Fit, draft: &mut Draft) -> Option<Base> {
    let subnets = match subnets::choose(scope) {
        Ok(subnets) => subnets,
        Err(problem) => {
            draft.problems.extend(problem);
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
    let (guard, carried) = guard(scope, fit, vpc, draft);
    let is_had = match guard {
        Guard::Groups(..) => true,
        Guard::Unmanaged => scope.desired.settings.security_groups.is_empty(),
        Guard::Unseen => false,
    };
    if !is_had {
        // Without the groups that it is to have AWS would put it behind the VPC's default one.
        return None;
    }
    let load_balancer = load_balancer::create(scope, subnets, &guard, draft);
    Some(Base {
        load_balancer: Some(load_balancer),
        vpc: vpc.to_owned(),
        guard,
        carried,
        regrouped: None,
    })
}

/// Everything on the load balancer, then the removal of what is not wanted any more.
fn fill<'a>(
    scope: &Scope<'a>,
    fit: &Fit<'a>,
    base: &Base,
    deleted: &mut Deleted<'a>,
    told: &mut Told,
    draft: &mut Draft,
) -> Vec<RuleProblem> {
    let mut rules = Vec::new();
    let mut groups = TargetGroups::default();
    let wanted = fit.wanted_certificates();
    if let Some(load_balancer) = base.load_balancer.clone() {
        let certificates = certificates::import(scope, &wanted, draft);
        groups = target_groups::plan(scope, fit, &base.vpc, draft);
        let parts = Parts {
            load_balancer,
            groups: &groups,
            certificates: &certificates,
            moves: &Moves::new(scope, fit, &groups),
        };
        rules = listeners::plan(scope, fit, &parts, draft);
        association::order(scope, draft);
        if matches!(base.guard, Guard::Unseen) {
            // Its port may be closed.
            draft.retain(|op| !matches!(op, Op::CreateListener { .. }));
        }
    }
    match scope.role {
        Role::Target(Others::Go) => {
            let current = scope.current.map(|current| current.arn);
            for other in load_balancers(scope.observed, scope.ownership) {
                if Some(other.arn) != current {
                    cleanup::delete_load_balancer(other, deleted, draft);
                }
            }
            let held = std::mem::take(&mut draft.held);
            let keep = keep(scope, &groups, &wanted, &base.guard, &held);
            cleanup::delete_unused(
                scope.observed,
                scope.ownership,
                &keep,
                deleted,
                base.regrouped,
                draft,
            );
        }
        // What the one does not use the other may need.
        Role::Target(Others::Stay) | Role::Predecessor => {}
    }
    *told = let_in(scope, fit, base, &groups, deleted, draft);
    told.healthy = health::healthy(scope, fit, &groups);
    let unhealthy = health::tell(scope, fit, &groups, told);
    draft.problems.extend(unhealthy);
    rules
}

/// The way from the load balancer to its targets.
fn let_in(
    scope: &Scope,
    fit: &Fit,
    base: &Base,
    groups: &TargetGroups,
    deleted: &Deleted,
    draft: &mut Draft,
) -> Told {
    let Base {
        load_balancer: _,
        vpc,
        guard: _,
        carried,
        regrouped,
    } = base;
    let (opened, told) = backend::open(scope, fit, groups, (carried, vpc), draft);
    backend::swap_after(scope, carried, *regrouped, &opened, draft);
    match scope.role {
        Role::Target(Others::Go) => {
            backend::close(
                View::of(scope),
                carried,
                &opened,
                *regrouped,
                deleted,
                draft,
            );
        }
        Role::Target(Others::Stay) | Role::Predecessor => {}
    }
    told
}

fn keep<'a>(
    scope: &Scope<'a>,
    groups: &TargetGroups<'a>,
    wanted: &BTreeMap<CertificateId, Wanted>,
    guard: &Guard,
    held: &'a BTreeSet<String>,
) -> Keep<'a> {
    let certificates = wanted
        .keys()
        .filter_map(|id| match id {
            CertificateId::Import(secret) => scope.certificates.imported(secret),
            CertificateId::Arn(_) => None,
        })
        .map(|(arn, _)| arn)
        .collect();
    let wanted_group = |id: &String| match guard {
        Guard::Groups(groups, _) => groups.contains(&Handle::Existing(id.clone())),
        // A group that was not judged stays where it is in use; `cleanup` sees to that.
        Guard::Unmanaged => security_group::is_managed(scope),
        Guard::Unseen => true,
    };
    let security_groups: BTreeSet<&str> = scope
        .observed
        .security_groups
        .keys()
        .filter(|id| wanted_group(id))
        .map(String::as_str)
        .collect();
    Keep {
        target_groups: groups
            .kept
            .keys()
            .copied()
            .chain(held.iter().map(String::as_str))
            .collect(),
        certificates,
        security_groups,
    }
}
