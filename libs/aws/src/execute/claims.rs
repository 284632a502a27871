//! What an operation in flight has to do with which things, and so which others must wait for it.
//!
//! A plan orders its own steps. This is about a step of one plan and what is left in flight of another, which knows nothing
//! of it: rather one step too many waits than one too few.

use std::collections::BTreeSet;

use tributary_model::elb::LoadBalancerKind;
use tributary_plan::observed::Observed;
use tributary_plan::op::{Action, Handle, Op, Taggable};
use tributary_plan::tags::resource_key;

use super::{Created, named::named};
use crate::pace::Group;

#[cfg(test)]
mod tests;

/// Things by ARN or id, or by what AWS takes once: a name, a port, a priority, a Secret's import.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    /// Must be there, and what it is part of.
    uses: BTreeSet<String>,
    /// Comes to be or changes: by one operation at a time.
    changes: BTreeSet<String>,
    removes: BTreeSet<String>,
    /// ARNs and ids that the request names.
    named: Vec<String>,
}

/// What quotas count, and a plan with them: what is in flight and not in the plan may take a place that the plan thinks free.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum QuotaSlot {
    LoadBalancer,
    Listener,
    Rule,
    /// A target group that a load balancer uses.
    Association,
    TargetGroup,
    Target,
    Certificate,
    ListenerCertificate,
    SecurityGroup,
    Ingress,
}

impl Claims {
    /// Of an operation whose handles mean what was created so far.
    pub(super) fn of(op: &Op, created: &Created, observed: &Observed) -> Self {
        let mut claims = Self {
            named: named(op, created),
            ..Self::default()
        };
        for named in &claims.named {
            claims.uses.insert(named.clone());
            claims.uses.extend(above(observed, named));
        }
        let id = |handle: &Handle| created.known(handle).unwrap_or_else(|| handle.to_string());
        let (changes, removes) = match op {
            Op::CreateSecurityGroup(spec) | Op::CreateBackendGroup(spec) => {
                (vec![format!("{} group {}", spec.vpc, spec.name)], None)
            }
            Op::AuthorizeIngress { group, .. } => (vec![id(group)], None),
            Op::RevokeIngress { group, .. } => (vec![group.clone()], None),
            Op::DeleteSecurityGroup { group } | Op::LeaveBackendGroup { group, .. } => {
                (Vec::new(), Some(group))
            }
            Op::OpenTargets {
                group,
                source,
                traffic,
                ..
            } => (vec![format!("{group} lets {} {traffic}", id(source))], None),
            Op::CloseTargets {
                group,
                source,
                traffic,
                ..
            } => (vec![format!("{group} lets {source} {traffic}")], None),
            Op::ImportCertificate {
                secret, existing, ..
            } => {
                let mut changes = vec![format!("import of {secret}")];
                changes.extend(existing.clone());
                (changes, None)
            }
            Op::DeleteCertificate { certificate } => (Vec::new(), Some(certificate)),
            Op::CreateTargetGroup(spec) => (vec![format!("target group {}", spec.name)], None),
            Op::ModifyTargetGroup { target_group, .. }
            | Op::DeregisterTargets { target_group, .. } => (vec![target_group.clone()], None),
            Op::ModifyTargetGroupAttributes { target_group, .. }
            | Op::RegisterTargets { target_group, .. } => (vec![id(target_group)], None),
            Op::DeleteTargetGroup { target_group } => (Vec::new(), Some(target_group)),
            Op::CreateLoadBalancer(spec) => (vec![format!("load balancer {}", spec.name)], None),
            Op::SetSubnets { load_balancer, .. }
            | Op::SetSecurityGroups { load_balancer, .. }
            | Op::SetIpAddressType { load_balancer, .. } => (vec![load_balancer.clone()], None),
            Op::ModifyLoadBalancerAttributes { load_balancer, .. } => {
                (vec![id(load_balancer)], None)
            }
            Op::DeleteLoadBalancer { load_balancer } => (Vec::new(), Some(load_balancer)),
            Op::CreateListener {
                load_balancer,
                spec,
                ..
            } => {
                let port = format!("{} port {}", id(load_balancer), spec.port);
                (vec![port], None)
            }
            Op::ModifyListener { listener, .. } => (vec![listener.clone()], None),
            Op::ModifyListenerAttributes { listener, .. } => (vec![id(listener)], None),
            Op::DeleteListener { listener } => (Vec::new(), Some(listener)),
            Op::AddListenerCertificate {
                listener,
                certificate,
            } => (
                vec![format!("{} serves {}", id(listener), id(certificate))],
                None,
            ),
            Op::RemoveListenerCertificate {
                listener,
                certificate,
            } => (vec![format!("{listener} serves {certificate}")], None),
            Op::CreateRule {
                listener,
                priority,
                tags,
                ..
            } => {
                let listener = id(listener);
                let mut changes = vec![priority_of(&listener, *priority)];
                let identity = tags.get(resource_key(LoadBalancerKind::Alb));
                changes.extend(identity.map(|it| format!("{listener} rule {it}")));
                (changes, None)
            }
            Op::ModifyRule { rule, .. } => (vec![rule.clone()], None),
            Op::SetRulePriorities {
                listener,
                priorities,
            } => {
                let mut changes = vec![format!("{listener} order")];
                changes.extend(priorities.keys().cloned());
                changes.extend(priorities.values().map(|it| priority_of(listener, *it)));
                (changes, None)
            }
            Op::DeleteRule { rule } => (Vec::new(), Some(rule)),
            Op::AddTags { resource, .. } | Op::RemoveTags { resource, .. } => {
                (vec![format!("tags of {resource}")], None)
            }
        };
        claims.changes.extend(changes);
        claims.removes.extend(removes.cloned());
        claims
    }

    /// Whether both must not be in flight at once.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        self.makes_the_same(other) || self.takes_from(other) || other.takes_from(self)
    }

    /// Whether both bring about or change the same thing.
    pub(super) fn makes_the_same(&self, other: &Self) -> bool {
        !self.changes.is_disjoint(&other.changes)
    }

    fn takes_from(&self, other: &Self) -> bool {
        let touched = [&other.uses, &other.changes, &other.removes];
        touched.into_iter().any(|it| !self.removes.is_disjoint(it))
    }

    /// ARNs and ids that the request names.
    pub(super) fn named(&self) -> &[String] {
        &self.named
    }
}

fn priority_of(listener: &str, priority: u32) -> String {
    format!("{listener} priority {priority}")
}

/// What a listener or rule is part of.
fn above(observed: &Observed, arn: &str) -> Vec<String> {
    for (load_balancer, of) in &observed.load_balancers {
        if of.listeners.contains_key(arn) {
            return vec![load_balancer.clone()];
        }
        for (listener, of) in &of.listeners {
            if of.rules.contains_key(arn) {
                return vec![load_balancer.clone(), listener.clone()];
            }
        }
    }
    Vec::new()
}

/// Places that an operation takes when it succeeds.
pub(super) fn places(op: &Op) -> BTreeSet<QuotaSlot> {
    let forwards = |action: &Action<Handle>| action.target_groups().next().is_some();
    let (place, associates) = match op {
        Op::CreateSecurityGroup(_) | Op::CreateBackendGroup(_) => {
            (Some(QuotaSlot::SecurityGroup), false)
        }
        Op::AuthorizeIngress { .. } => (Some(QuotaSlot::Ingress), false),
        Op::ImportCertificate { existing, .. } => {
            (existing.is_none().then_some(QuotaSlot::Certificate), false)
        }
        Op::CreateTargetGroup(_) => (Some(QuotaSlot::TargetGroup), false),
        Op::RegisterTargets { .. } => (Some(QuotaSlot::Target), false),
        Op::CreateLoadBalancer(_) => (Some(QuotaSlot::LoadBalancer), false),
        Op::CreateListener { spec, .. } => {
            (Some(QuotaSlot::Listener), forwards(&spec.default_action))
        }
        Op::ModifyListener { spec, .. } => (None, forwards(&spec.default_action)),
        Op::AddListenerCertificate { .. } => (Some(QuotaSlot::ListenerCertificate), false),
        Op::CreateRule { spec, .. } => (Some(QuotaSlot::Rule), forwards(&spec.action)),
        Op::ModifyRule { spec, .. } => (None, forwards(&spec.action)),
        Op::RevokeIngress { .. }
        | Op::DeleteSecurityGroup { .. }
        | Op::LeaveBackendGroup { .. }
        | Op::OpenTargets { .. }
        | Op::CloseTargets { .. }
        | Op::DeleteCertificate { .. }
        | Op::ModifyTargetGroup { .. }
        | Op::ModifyTargetGroupAttributes { .. }
        | Op::DeregisterTargets { .. }
        | Op::DeleteTargetGroup { .. }
        | Op::SetSubnets { .. }
        | Op::SetSecurityGroups { .. }
        | Op::SetIpAddressType { .. }
        | Op::ModifyLoadBalancerAttributes { .. }
        | Op::DeleteLoadBalancer { .. }
        | Op::ModifyListenerAttributes { .. }
        | Op::DeleteListener { .. }
        | Op::RemoveListenerCertificate { .. }
        | Op::SetRulePriorities { .. }
        | Op::DeleteRule { .. }
        | Op::AddTags { .. }
        | Op::RemoveTags { .. } => (None, false),
    };
    let association = associates.then_some(QuotaSlot::Association);
    place.into_iter().chain(association).collect()
}

/// The group of AWS's operations that the request of an operation belongs to.
pub(super) fn group(op: &Op) -> Group {
    match op {
        Op::CreateSecurityGroup(_)
        | Op::AuthorizeIngress { .. }
        | Op::RevokeIngress { .. }
        | Op::DeleteSecurityGroup { .. }
        | Op::CreateBackendGroup(_)
        | Op::LeaveBackendGroup { .. }
        | Op::OpenTargets { .. }
        | Op::CloseTargets { .. } => Group::Ec2Write,
        Op::ImportCertificate { .. } | Op::DeleteCertificate { .. } => Group::AcmWrite,
        Op::RegisterTargets { .. } | Op::DeregisterTargets { .. } => Group::ElbTargets,
        Op::AddTags { resource, .. } | Op::RemoveTags { resource, .. } => match resource {
            Taggable::Elb(_) => Group::ElbWrite,
            Taggable::Certificate(_) => Group::AcmWrite,
            Taggable::SecurityGroup(_) => Group::Ec2Write,
        },
        Op::CreateTargetGroup(_)
        | Op::ModifyTargetGroup { .. }
        | Op::ModifyTargetGroupAttributes { .. }
        | Op::DeleteTargetGroup { .. }
        | Op::CreateLoadBalancer(_)
        | Op::SetSubnets { .. }
        | Op::SetSecurityGroups { .. }
        | Op::SetIpAddressType { .. }
        | Op::ModifyLoadBalancerAttributes { .. }
        | Op::DeleteLoadBalancer { .. }
        | Op::CreateListener { .. }
        | Op::ModifyListener { .. }
        | Op::ModifyListenerAttributes { .. }
        | Op::DeleteListener { .. }
        | Op::AddListenerCertificate { .. }
        | Op::RemoveListenerCertificate { .. }
        | Op::CreateRule { .. }
        | Op::ModifyRule { .. }
        | Op::SetRulePriorities { .. }
        | Op::DeleteRule { .. } => Group::ElbWrite,
    }
}
