//! Removing what is ours and no longer wanted: after everything that still uses it, and never more than that.

use std::collections::{BTreeMap, BTreeSet};

use crate::input::ours::{Current, imported_certificates, load_balancers, target_groups};
use crate::parts::builder::PlanBuilder;
use crate::values::attributes::DELETION_PROTECTION;
use crate::values::observed::{Observed, ObservedLoadBalancer};
use crate::values::op::{Blame, Op, StepId};
use crate::values::tags::{self, Ownership};

/// What stays, by ARN or id.
#[derive(Debug, Default)]
pub(crate) struct Keep<'a> {
    pub(crate) target_groups: BTreeSet<&'a str>,
    pub(crate) certificates: BTreeSet<&'a str>,
    pub(crate) security_groups: BTreeSet<&'a str>,
}

/// Load balancers that go, by ARN, and the steps that take them away.
pub(crate) type Deleted<'a> = BTreeMap<&'a str, StepId>;

/// Deletes a load balancer, unless it is protected: then the plan waits for a person.
pub(crate) fn delete_load_balancer<'a>(
    gone: Current<'a>,
    deleted: &mut Deleted<'a>,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    let Current { arn, load_balancer } = gone;
    if is_protected(load_balancer) {
        let protected = format!(
            "deletion protection of load balancer {} is on: it stays until somebody turns {DELETION_PROTECTION} off",
            load_balancer.name
        );
        builder.problems.push(protected.clone());
        builder.waiting.push(protected);
        return None;
    }
    let op = Op::DeleteLoadBalancer {
        load_balancer: arn.to_owned(),
    };
    let step = builder.add(op, Blame::LoadBalancer);
    deleted.insert(arn, step);
    for (arn, listener) in &load_balancer.listeners {
        builder.released.insert(arn.clone(), step);
        for rule in listener.rules.keys() {
            builder.released.insert(rule.clone(), step);
        }
        for certificate in listener
            .certificates
            .iter()
            .chain(&listener.default_certificate)
        {
            let pair = (arn.clone(), certificate.clone());
            builder.parted.insert(pair, step);
        }
    }
    Some(step)
}

/// Deletes target groups, certificates and security groups that nothing of ours wants any more.
pub(crate) fn delete_unused(
    observed: &Observed,
    ownership: Ownership,
    keep: &Keep,
    deleted: &Deleted,
    regrouped: Option<StepId>,
    builder: &mut PlanBuilder,
) {
    delete_target_groups(observed, ownership, keep, deleted, builder);
    delete_certificates(observed, ownership, keep, deleted, builder);
    delete_security_groups(observed, ownership, keep, deleted, regrouped, builder);
}

fn is_protected(load_balancer: &ObservedLoadBalancer) -> bool {
    load_balancer
        .attributes
        .get(DELETION_PROTECTION)
        .is_some_and(|value| value == "true")
}

/// What uses something: the steps after which it does not any more, or who holds on to it.
type Uses<'a> = BTreeMap<&'a str, Vec<Result<StepId, &'a str>>>;

fn delete_target_groups(
    observed: &Observed,
    ownership: Ownership,
    keep: &Keep,
    deleted: &Deleted,
    builder: &mut PlanBuilder,
) {
    let uses = target_group_uses(observed, builder);
    for (arn, group) in target_groups(observed, ownership) {
        if keep.target_groups.contains(arn) {
            continue;
        }
        let mut after: BTreeSet<StepId> = BTreeSet::new();
        let mut held = None;
        for load_balancer in &group.load_balancers {
            match deleted.get(load_balancer.as_str()) {
                Some(step) => {
                    after.insert(*step);
                }
                None if observed.load_balancers.contains_key(load_balancer) => {}
                None => held = Some(load_balancer.as_str()),
            }
        }
        for used in uses.get(arn).into_iter().flatten() {
            match used {
                Ok(step) => {
                    after.insert(*step);
                }
                Err(holder) => held = Some(*holder),
            }
        }
        if let Some(holder) = held {
            // A predecessor that is still serving holds its own; only what is not ours is worth a word.
            if !is_ours(observed, ownership, holder) {
                builder.waiting.push(format!(
                    "target group {} is still used by {holder}, which is not ours",
                    group.name
                ));
            }
            continue;
        }
        let op = Op::DeleteTargetGroup {
            target_group: arn.to_owned(),
        };
        let step = builder.add(op, Blame::LoadBalancer);
        for earlier in after {
            builder.after(step, earlier);
        }
    }
}

fn target_group_uses<'a>(observed: &'a Observed, builder: &PlanBuilder) -> Uses<'a> {
    let mut uses: Uses = BTreeMap::new();
    let mut add = |group: &'a String, user: &'a String| {
        let released = builder.released.get(user).copied().ok_or(user.as_str());
        uses.entry(group).or_default().push(released);
    };
    for load_balancer in observed.load_balancers.values() {
        for (arn, listener) in &load_balancer.listeners {
            for group in listener.default_action.target_groups() {
                add(group, arn);
            }
            for (arn, rule) in &listener.rules {
                for group in rule.action.target_groups() {
                    add(group, arn);
                }
            }
        }
    }
    uses
}

fn is_ours(observed: &Observed, ownership: Ownership, user: &str) -> bool {
    load_balancers(observed, ownership)
        .flat_map(|it| &it.load_balancer.listeners)
        .filter(|(_, listener)| listener.is_of(ownership))
        .any(|(arn, listener)| {
            let rule = listener.rules.get(user);
            arn == user || rule.is_some_and(|rule| ownership.owns(&rule.tags))
        })
}

fn delete_certificates(
    observed: &Observed,
    ownership: Ownership,
    keep: &Keep,
    deleted: &Deleted,
    builder: &mut PlanBuilder,
) {
    for (arn, certificate) in imported_certificates(observed, ownership) {
        if keep.certificates.contains(arn) {
            continue;
        }
        let mut after: BTreeSet<StepId> = BTreeSet::new();
        let mut held = None;
        for user in &certificate.in_use_by {
            match deleted.get(user.as_str()) {
                Some(step) => {
                    after.insert(*step);
                }
                None if observed.load_balancers.contains_key(user) => {}
                None => held = Some(user),
            }
        }
        let mut is_attached = false;
        for load_balancer in observed.load_balancers.values() {
            for (listener, facts) in &load_balancer.listeners {
                let default = facts.default_certificate.as_deref() == Some(arn);
                if !default && !facts.certificates.contains(arn) {
                    continue;
                }
                match builder.parted.get(&(listener.clone(), arn.to_owned())) {
                    Some(step) => {
                        after.insert(*step);
                    }
                    None => is_attached = true,
                }
            }
        }
        if let Some(user) = held {
            builder.waiting.push(format!(
                "certificate {arn} is still used by {user}, which is not ours"
            ));
        }
        if held.is_some() || is_attached {
            continue;
        }
        let op = Op::DeleteCertificate {
            certificate: arn.to_owned(),
        };
        let step = builder.add(op, Blame::LoadBalancer);
        for earlier in after {
            builder.after(step, earlier);
        }
    }
}

fn delete_security_groups(
    observed: &Observed,
    ownership: Ownership,
    keep: &Keep,
    deleted: &Deleted,
    regrouped: Option<StepId>,
    builder: &mut PlanBuilder,
) {
    for (id, group) in &observed.security_groups {
        let is_managed = ownership.owns(&group.tags)
            && ownership.resource(&group.tags) == Some(tags::SECURITY_GROUP);
        if !is_managed || keep.security_groups.contains(id.as_str()) {
            continue;
        }
        let users: BTreeSet<&str> = observed
            .load_balancers
            .iter()
            .filter(|(_, it)| it.security_groups.contains(id))
            .map(|(arn, _)| arn.as_str())
            .collect();
        let steps: Option<BTreeSet<StepId>> = users
            .into_iter()
            .map(|user| deleted.get(user).copied().or(regrouped))
            .collect();
        let Some(after) = steps else { continue };
        let op = Op::DeleteSecurityGroup { group: id.clone() };
        let step = builder.add(op, Blame::LoadBalancer);
        for earlier in after {
            builder.after(step, earlier);
        }
    }
}
