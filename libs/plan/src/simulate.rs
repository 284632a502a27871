//! AWS as far as plans can tell: applies steps to an observation, in any order that they allow, and writes down
//! whatever AWS would refuse and whatever a plan must never do.
//!
//! For tests, of this crate and of those that execute plans. Time passes at once here: what is created is active.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::LoadBalancerKey;

use crate::values::limits::Context;
use crate::values::observed::{
    Health, Observed, ObservedListener, ObservedLoadBalancer, ObservedRule, TargetState,
};
use crate::values::op::{Action, Handle, Op, Step, StepId};
use crate::values::tags::{self, INSTALLATION, Ownership, Tags, Unmarked};

mod effects;
mod parts;
mod sharing;

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
        if let Err(refusal) = effects::take(&mut world, step) {
            world.violations.push(format!("{refusal}: {}", step.op));
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
        let groups = target_groups_of(load_balancer);
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

/// Derived facts: which load balancer uses which target group and certificate.
fn relate(observed: &mut Observed) {
    let mut before = BTreeMap::new();
    for (arn, group) in &mut observed.target_groups {
        before.insert(arn.clone(), std::mem::take(&mut group.load_balancers));
    }
    for certificate in observed.certificates.values_mut() {
        // Users that we do not see stay.
        certificate
            .in_use_by
            .retain(|user| !user.contains("loadbalancer/"));
    }
    for (arn, load_balancer) in &observed.load_balancers {
        for group in target_groups_of(load_balancer) {
            if let Some(group) = observed.target_groups.get_mut(group) {
                group.load_balancers.insert(arn.clone());
            }
        }
        for listener in load_balancer.listeners.values() {
            for certificate in listener
                .certificates
                .iter()
                .chain(&listener.default_certificate)
            {
                if let Some(certificate) = observed.certificates.get_mut(certificate) {
                    certificate.in_use_by.insert(arn.clone());
                }
            }
        }
    }
    for (arn, group) in &mut observed.target_groups {
        group.relate_targets(before.get(arn).unwrap_or(&BTreeSet::new()));
        for state in group.targets.values_mut() {
            if *state == TargetState::Registered(Health::Initial) {
                *state = TargetState::Registered(Health::Healthy);
            }
        }
    }
}

fn target_groups_of(load_balancer: &ObservedLoadBalancer) -> BTreeSet<&String> {
    let actions = load_balancer.listeners.values().flat_map(|listener| {
        let rules = listener.rules.values().map(|rule| &rule.action);
        rules.chain([&listener.default_action])
    });
    actions.flat_map(Action::target_groups).collect()
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

    fn tags_mut(&mut self, id: &str) -> Option<&mut Tags> {
        let observed = &mut self.observed;
        if let Some(found) = observed.target_groups.get_mut(id) {
            return Some(&mut found.tags);
        }
        if let Some(found) = observed.security_groups.get_mut(id) {
            return Some(&mut found.tags);
        }
        if let Some(found) = observed.certificates.get_mut(id) {
            return Some(&mut found.tags);
        }
        let shared = observed.backend.groups.known_mut();
        if let Some(found) = shared.and_then(|groups| groups.get_mut(id)) {
            return Some(&mut found.tags);
        }
        for (arn, load_balancer) in &mut observed.load_balancers {
            if arn == id {
                return Some(&mut load_balancer.tags);
            }
            for (arn, listener) in &mut load_balancer.listeners {
                if arn == id {
                    return Some(&mut listener.tags);
                }
                if let Some(rule) = listener.rules.get_mut(id) {
                    return Some(&mut rule.tags);
                }
            }
        }
        None
    }

    fn listener_mut(&mut self, arn: &str) -> Option<&mut ObservedListener> {
        self.observed
            .load_balancers
            .values_mut()
            .find_map(|it| it.listeners.get_mut(arn))
    }

    fn rule_mut(&mut self, arn: &str) -> Option<&mut ObservedRule> {
        self.observed
            .load_balancers
            .values_mut()
            .flat_map(|it| it.listeners.values_mut())
            .find_map(|it| it.rules.get_mut(arn))
    }
}
