//! AWS as far as plans can tell: applies steps to an observation, in any order that they allow, and writes down
//! whatever AWS would refuse and whatever a plan must never do.
//!
//! For tests, of this crate and of those that execute plans. Time passes at once here: what is created is active.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::LoadBalancerKey;

use crate::values::limits::Context;
use crate::values::observed::{Health, Observed, TargetState};
use crate::values::op::{Handle, Op, Step, StepId};
use crate::values::tags::{self, INSTALLATION, Ownership, Tags, Unmarked};

mod answers;
mod parts;
mod sharing;

use answers::answer;

/// What became of an observation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Simulated {
    /// After the steps.
    pub observed: Observed,
    /// What AWS would have refused, quotas passed, things touched that are not ours. Empty for a good plan.
    pub violations: Vec<String>,
}

/// The account in the middle of a plan.
#[derive(Debug)]
struct World<'a> {
    ownership: Ownership<'a>,
    observed: Observed,
    created: BTreeMap<StepId, String>,
    violations: Vec<String>,
}

/// Takes the steps one after the other.
pub fn apply(
    observed: &Observed,
    steps: &[Step],
    key: &LoadBalancerKey,
    context: &Context,
) -> Simulated {
    let mut world = World {
        ownership: Ownership {
            cluster: &context.cluster,
            installation: &context.installation,
            key,
            unmarked: Unmarked::Foreign,
        },
        observed: observed.clone(),
        created: BTreeMap::new(),
        violations: Vec::new(),
    };
    for step in steps {
        let before = counts(&world.observed);
        if let Some(touched) = not_ours(&world, &step.op) {
            world
                .violations
                .push(format!("{touched} is not ours: {}", step.op));
        }
        match answer(&world, &step.op) {
            Ok(effect) => {
                let created = effect.created().map(str::to_owned);
                // What is not remembered as created is made twice where AWS's answers lag.
                debug_assert_eq!(created.is_some(), step.op.creates(), "{}", step.op);
                world.created.extend(created.map(|id| (step.id, id)));
                world.observed.take(effect);
            }
            Err(refusal) => world.violations.push(format!("{refusal}: {}", step.op)),
        }
        relate(&mut world.observed);
        let passed = passed(&before, &counts(&world.observed), key, context);
        world.violations.extend(
            passed
                .into_iter()
                .map(|quota| format!("{quota}: {}", step.op)),
        );
    }
    Simulated {
        observed: world.observed,
        violations: world.violations,
    }
}

/// What a quota counts, by load balancer.
#[derive(Debug, Default)]
struct Counts {
    listeners: usize,
    rules: usize,
    certificates: usize,
    target_groups: usize,
    targets: usize,
}

fn counts(observed: &Observed) -> BTreeMap<String, Counts> {
    let mut counts: BTreeMap<String, Counts> = BTreeMap::new();
    for (arn, load_balancer) in &observed.load_balancers {
        let listeners = load_balancer.listeners.values();
        let groups: BTreeSet<&String> = load_balancer.target_groups().collect();
        let of_one = Counts {
            listeners: load_balancer.listeners.len(),
            rules: listeners.clone().map(|it| it.rules.len()).sum(),
            certificates: listeners.map(|it| it.certificates.len()).sum(),
            target_groups: groups.len(),
            targets: groups
                .into_iter()
                .filter_map(|group| observed.target_groups.get(group))
                .map(|group| {
                    let states = group.targets.values();
                    states.filter(|it| it.is_registered()).count()
                })
                .sum(),
        };
        counts.insert(arn.clone(), of_one);
    }
    counts
}

fn passed(
    before: &BTreeMap<String, Counts>,
    after: &BTreeMap<String, Counts>,
    key: &LoadBalancerKey,
    context: &Context,
) -> Vec<String> {
    let mut passed = Vec::new();
    let none = Counts::default();
    for (arn, after) in after {
        let before = before.get(arn).unwrap_or(&none);
        let limits = context.limits.of(key.kind);
        let checks = [
            (
                "listeners",
                before.listeners,
                after.listeners,
                limits.listeners,
            ),
            ("rules", before.rules, after.rules, limits.rules),
            (
                "certificates",
                before.certificates,
                after.certificates,
                limits.certificates,
            ),
            (
                "target groups",
                before.target_groups,
                after.target_groups,
                limits.target_groups,
            ),
            ("targets", before.targets, after.targets, limits.targets),
        ];
        for (what, before, after, limit) in checks {
            if after > before && u32::try_from(after).is_ok_and(|after| after > limit) {
                passed.push(format!("quota of {limit} {what} passed on {arn}: {after}"));
            }
        }
    }
    passed
}

/// What uses what, and time passes: every target is healthy.
fn relate(observed: &mut Observed) {
    observed.relate();
    for group in observed.target_groups.values_mut() {
        for state in group.targets.values_mut() {
            if *state == TargetState::Registered(Health::Initial) {
                *state = TargetState::Registered(Health::Healthy);
            }
        }
    }
}

/// The first thing that an operation changes and that does not carry our tags.
fn not_ours(world: &World, op: &Op) -> Option<String> {
    let ownership = Ownership {
        unmarked: match op {
            // A take-over.
            Op::AddTags { tags, .. } if tags.contains_key(INSTALLATION) => Unmarked::Ours,
            _ => Unmarked::Foreign,
        },
        ..world.ownership
    };
    changed(world, op).into_iter().find(|id| {
        let shared = world.observed.backend.groups.known();
        match shared.and_then(|groups| groups.get(id)) {
            Some(group) => !tags::is_shared_of(ownership.installation, &group.tags),
            None => world.tags(id).is_some_and(|tags| !ownership.owns(tags)),
        }
    })
}

/// What exists already and is changed or removed by an operation.
fn changed(world: &World, op: &Op) -> Vec<String> {
    let existing = |handle: &Handle| vec![world.id(handle).unwrap_or_default()];
    match op {
        Op::CreateSecurityGroup(_)
        | Op::CreateBackendGroup(_)
        | Op::CreateTargetGroup(_)
        | Op::CreateLoadBalancer(_)
        // Targets' groups are others', and whose their rules are their own effects look at.
        | Op::OpenTargets { .. }
        | Op::CloseTargets { .. } => Vec::new(),
        Op::ImportCertificate { existing, .. } => existing.iter().cloned().collect(),
        Op::AuthorizeIngress { group, .. } => existing(group),
        Op::RevokeIngress { group, .. }
        | Op::DeleteSecurityGroup { group }
        | Op::LeaveBackendGroup { group, .. } => vec![group.clone()],
        Op::DeleteCertificate { certificate } => vec![certificate.clone()],
        Op::ModifyTargetGroup { target_group, .. }
        | Op::DeregisterTargets { target_group, .. }
        | Op::DeleteTargetGroup { target_group } => vec![target_group.clone()],
        Op::ModifyTargetGroupAttributes { target_group, .. }
        | Op::RegisterTargets { target_group, .. } => existing(target_group),
        Op::SetSubnets { load_balancer, .. }
        | Op::SetSecurityGroups { load_balancer, .. }
        | Op::SetIpAddressType { load_balancer, .. }
        | Op::DeleteLoadBalancer { load_balancer } => vec![load_balancer.clone()],
        Op::ModifyLoadBalancerAttributes { load_balancer, .. }
        | Op::CreateListener { load_balancer, .. } => existing(load_balancer),
        Op::ModifyListener { listener, .. }
        | Op::DeleteListener { listener }
        | Op::RemoveListenerCertificate { listener, .. } => vec![listener.clone()],
        Op::ModifyListenerAttributes { listener, .. }
        | Op::AddListenerCertificate { listener, .. }
        | Op::CreateRule { listener, .. } => existing(listener),
        Op::SetRulePriorities { priorities, .. } => priorities.keys().cloned().collect(),
        Op::ModifyRule { rule, .. } | Op::DeleteRule { rule } => vec![rule.clone()],
        Op::AddTags { resource, .. } | Op::RemoveTags { resource, .. } => {
            vec![resource.to_string()]
        }
    }
}

impl World<'_> {
    fn id(&self, handle: &Handle) -> Option<String> {
        match handle {
            Handle::Existing(id) => Some(id.clone()),
            Handle::Created { step, .. } => self.created.get(step).cloned(),
        }
    }

    fn tags(&self, id: &str) -> Option<&Tags> {
        let observed = &self.observed;
        let load_balancers = observed.load_balancers.values();
        let mut listeners = load_balancers.flat_map(|it| &it.listeners);
        None.or_else(|| observed.load_balancers.get(id).map(|it| &it.tags))
            .or_else(|| observed.target_groups.get(id).map(|it| &it.tags))
            .or_else(|| observed.security_groups.get(id).map(|it| &it.tags))
            .or_else(|| observed.certificates.get(id).map(|it| &it.tags))
            .or_else(|| {
                listeners.find_map(|(arn, listener)| {
                    if arn == id {
                        return Some(&listener.tags);
                    }
                    listener.rules.get(id).map(|rule| &rule.tags)
                })
            })
    }

    /// Whether tags can be put onto it.
    fn has(&self, id: &str) -> bool {
        let shared = self.observed.backend.groups.known();
        self.tags(id).is_some() || shared.is_some_and(|groups| groups.contains_key(id))
    }
}
