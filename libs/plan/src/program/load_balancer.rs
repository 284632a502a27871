//! The plan for one load balancer of a Gateway, from its parts.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::report::{LoadBalancerReport, RuleProblem};

use crate::admission::{self, Admission};
use crate::input::certificates::{CertificateId, Wanted};
use crate::input::index::CertificateIndex;
use crate::input::ours::{Current, load_balancers};
use crate::input::{Others, PlanInput, Role};
use crate::parts::backend::{self, Carried, View};
use crate::parts::builder::PlanBuilder;
use crate::parts::cleanup::{self, Deleted, Keep};
use crate::parts::findings::Findings;
use crate::parts::health::{self, Moves};
use crate::parts::listeners::{self, Parts};
use crate::parts::security_group::{self, SecurityGroups};
use crate::parts::security_groups::security_groups;
use crate::parts::target_groups::{self, TargetGroups};
use crate::parts::unprogrammed::unprogrammed;
use crate::parts::{association, certificates, external_tags, load_balancer, subnets};
use crate::program::finish::finish;
use crate::program::{report, unread, unseen};
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
    let input = PlanInput {
        desired,
        observed,
        context,
        ownership,
        certificates: &certificates,
        everywhere: &everywhere,
        current,
        role,
    };
    let mut builder = PlanBuilder::default();
    let report = program(&input, &mut builder);
    let unread = unread::withhold(desired, observed, ownership, &mut builder);
    finish(builder, report, observed, context, unread)
}

fn program(input: &PlanInput, builder: &mut PlanBuilder) -> LoadBalancerReport {
    let admission = admission::admit(input);
    let mut deleted = Deleted::new();
    let mut rules = admission.rule_problems.clone();
    let mut findings = Findings::default();
    let base = base(input, &admission, builder);
    let can_be_had = base.is_some();
    if let Some(base) = base {
        rules.extend(fill(
            input,
            &admission,
            &base,
            &mut deleted,
            &mut findings,
            builder,
        ));
    }
    // Nothing is created that could not be seen.
    let is_seen = input.observed.completeness == Completeness::Complete;
    let blocked = input.current.is_none() && !(can_be_had && is_seen);
    let settings = &input.desired.settings;
    builder.problems.extend(unprogrammed(settings));
    let tags = input.everywhere.refused("tags", &settings.tags);
    builder.problems.extend(tags);
    external_tags::tell(input, &admission, &mut findings);
    rules.append(&mut findings.rules);
    if !input.desired.unread.is_empty() {
        // All of it waits for a removal, and nothing is removed.
        builder.waiting.clear();
    }
    match input.current.map(|current| &current.load_balancer.state) {
        Some(LoadBalancerState::Provisioning) => {
            builder
                .waiting
                .push("load balancer is provisioning".to_owned());
        }
        Some(LoadBalancerState::Failed(reason)) => {
            builder
                .problems
                .push(format!("load balancer failed: {reason}"));
        }
        Some(LoadBalancerState::Active | LoadBalancerState::ActiveImpaired) | None => {}
    }
    unseen::tell(input.observed, &mut builder.problems);
    let problems = std::mem::take(&mut builder.problems);
    let mut report = report::report(
        input,
        &admission,
        rules,
        problems,
        blocked,
        findings.healthy,
    );
    for listener in &mut report.listeners {
        if let Some(notes) = findings.notes.remove(&listener.listener) {
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
    security_groups: SecurityGroups,
    carried: Carried,
    /// After it the load balancer has its new security groups.
    regrouped: Option<StepId>,
}

/// The load balancer with its subnets and security groups; nothing if it cannot be had.
fn base(input: &PlanInput, admission: &Admission, builder: &mut PlanBuilder) -> Option<Base> {
    let no_load_balancer = |vpc: &str| Base {
        load_balancer: None,
        vpc: vpc.to_owned(),
        // None is needed, so one that a crash left behind goes.
        security_groups: SecurityGroups::Groups(BTreeSet::new(), None),
        carried: Carried::Nothing,
        regrouped: None,
    };
    let Some(current) = input.current else {
        // One for which there is nothing to serve comes only in another one's place.
        let is_first = load_balancers(input.observed, input.ownership)
            .next()
            .is_none();
        if input.desired.listeners.is_empty() || is_first && admission.ports.is_empty() {
            return Some(no_load_balancer(""));
        }
        return new_base(input, admission, builder);
    };
    let vpc = &current.load_balancer.vpc;
    let (security_groups, carried, regrouped) = match input.role {
        Role::Target(_) => {
            let subnets = match subnets::choose(input) {
                Ok(subnets) => Some(subnets),
                Err(problem) => {
                    // It stands somewhere already and goes on serving there.
                    builder.problems.extend(problem);
                    None
                }
            };
            let (security_groups, carried) = security_groups(input, admission, vpc, builder);
            let regrouped =
                load_balancer::adjust(input, current, subnets, &security_groups, builder);
            (security_groups, carried, regrouped)
        }
        // Its settings are the former ones, but for the ports of listeners that are new.
        Role::Predecessor => (
            security_group::of_predecessor(input, admission, vpc, builder),
            backend::of_predecessor(input),
            None,
        ),
    };
    Some(Base {
        load_balancer: Some(Handle::Existing(current.arn.to_owned())),
        vpc: vpc.clone(),
        security_groups,
        carried,
        regrouped,
    })
}

fn new_base(input: &PlanInput, admission: &Admission, builder: &mut PlanBuilder) -> Option<Base> {
    let subnets = match subnets::choose(input) {
        Ok(subnets) => subnets,
        Err(problem) => {
            builder.problems.extend(problem);
            return None;
        }
    };
    let vpc = subnets::vpc(input, &subnets).or(input.observed.network.vpc.as_deref());
    let Some(vpc) = vpc else {
        builder
            .problems
            .push("the VPC of its subnets is unknown".to_owned());
        return None;
    };
    let (security_groups, carried) = security_groups(input, admission, vpc, builder);
    let is_had = match security_groups {
        SecurityGroups::Groups(..) => true,
        SecurityGroups::Unmanaged => input.desired.settings.security_groups.is_empty(),
        SecurityGroups::Unseen => false,
    };
    if !is_had {
        // Without the groups that it is to have AWS would put it behind the VPC's default one.
        return None;
    }
    let load_balancer = load_balancer::create(input, subnets, &security_groups, builder);
    Some(Base {
        load_balancer: Some(load_balancer),
        vpc: vpc.to_owned(),
        security_groups,
        carried,
        regrouped: None,
    })
}

/// Everything on the load balancer, then the removal of what is not wanted any more.
fn fill<'a>(
    input: &PlanInput<'a>,
    admission: &Admission<'a>,
    base: &Base,
    deleted: &mut Deleted<'a>,
    findings: &mut Findings,
    builder: &mut PlanBuilder,
) -> Vec<RuleProblem> {
    let mut rules = Vec::new();
    let mut groups = TargetGroups::default();
    let wanted = admission.wanted_certificates();
    if let Some(load_balancer) = base.load_balancer.clone() {
        let certificates = certificates::import(input, &wanted, builder);
        groups = target_groups::plan(input, admission, &base.vpc, builder);
        let parts = Parts {
            load_balancer,
            groups: &groups,
            certificates: &certificates,
            moves: &Moves::new(input, admission, &groups),
        };
        rules = listeners::plan(input, admission, &parts, builder);
        association::order(input, builder);
        if matches!(base.security_groups, SecurityGroups::Unseen) {
            // Its port may be closed.
            builder.retain(|op| !matches!(op, Op::CreateListener { .. }));
        }
    }
    match input.role {
        Role::Target(Others::Go) => {
            let current = input.current.map(|current| current.arn);
            for other in load_balancers(input.observed, input.ownership) {
                if Some(other.arn) != current {
                    cleanup::delete_load_balancer(other, deleted, builder);
                }
            }
            let held = std::mem::take(&mut builder.held);
            let keep = keep(input, &groups, &wanted, &base.security_groups, &held);
            cleanup::delete_unused(
                input.observed,
                input.ownership,
                &keep,
                deleted,
                base.regrouped,
                builder,
            );
        }
        // What the one does not use the other may need.
        Role::Target(Others::Stay) | Role::Predecessor => {}
    }
    *findings = let_in(input, admission, base, &groups, deleted, builder);
    findings.healthy = health::healthy(input, admission, &groups);
    let unhealthy = health::tell(input, admission, &groups, findings);
    builder.problems.extend(unhealthy);
    rules
}

/// The way from the load balancer to its targets.
fn let_in(
    input: &PlanInput,
    admission: &Admission,
    base: &Base,
    groups: &TargetGroups,
    deleted: &Deleted,
    builder: &mut PlanBuilder,
) -> Findings {
    let Base {
        load_balancer: _,
        vpc,
        security_groups: _,
        carried,
        regrouped,
    } = base;
    let (opened, findings) = backend::open(input, admission, groups, (carried, vpc), builder);
    backend::swap_after(input, carried, *regrouped, &opened, builder);
    match input.role {
        Role::Target(Others::Go) => {
            backend::close(
                View::of(input),
                carried,
                &opened,
                *regrouped,
                deleted,
                builder,
            );
        }
        Role::Target(Others::Stay) | Role::Predecessor => {}
    }
    findings
}

fn keep<'a>(
    input: &PlanInput<'a>,
    groups: &TargetGroups<'a>,
    wanted: &BTreeMap<CertificateId, Wanted>,
    security_groups: &SecurityGroups,
    held: &'a BTreeSet<String>,
) -> Keep<'a> {
    let certificates = wanted
        .keys()
        .filter_map(|id| match id {
            CertificateId::Import(secret) => input.certificates.imported(secret),
            CertificateId::Arn(_) => None,
        })
        .map(|(arn, _)| arn)
        .collect();
    let wanted_group = |id: &String| match security_groups {
        SecurityGroups::Groups(groups, _) => groups.contains(&Handle::Existing(id.clone())),
        // A group that was not judged stays where it is in use; `cleanup` sees to that.
        SecurityGroups::Unmanaged => security_group::is_managed(input),
        SecurityGroups::Unseen => true,
    };
    let security_groups: BTreeSet<&str> = input
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
