//! Finding things in what is known.

use std::collections::{BTreeMap, BTreeSet};

use tributary_plan::observed::{Observed, ObservedListener, ObservedLoadBalancer, ObservedRule};
use tributary_plan::op::{Action, Handle, Op, Taggable};
use tributary_plan::tags::Tags;

use super::Created;

pub(super) fn listener_mut<'o>(
    observed: &'o mut Observed,
    arn: &str,
) -> Option<&'o mut ObservedListener> {
    let mut load_balancers = observed.load_balancers.values_mut();
    load_balancers.find_map(|it| it.listeners.get_mut(arn))
}

pub(super) fn rule_mut<'o>(observed: &'o mut Observed, arn: &str) -> Option<&'o mut ObservedRule> {
    let load_balancers = observed.load_balancers.values_mut();
    let mut listeners = load_balancers.flat_map(|it| it.listeners.values_mut());
    listeners.find_map(|it| it.rules.get_mut(arn))
}

pub(super) fn tags_mut<'o>(
    observed: &'o mut Observed,
    resource: &Taggable,
) -> Option<&'o mut Tags> {
    match resource {
        Taggable::SecurityGroup(id) => {
            let shared = observed.backend.groups.known_mut();
            let shared = shared.and_then(|groups| groups.get_mut(id));
            let ours = observed.security_groups.get_mut(id);
            ours.map(|it| &mut it.tags)
                .or(shared.map(|it| &mut it.tags))
        }
        Taggable::Certificate(arn) => observed.certificates.get_mut(arn).map(|it| &mut it.tags),
        Taggable::Elb(arn) => elb_tags_mut(observed, arn),
    }
}

fn elb_tags_mut<'o>(observed: &'o mut Observed, arn: &str) -> Option<&'o mut Tags> {
    if let Some(group) = observed.target_groups.get_mut(arn) {
        return Some(&mut group.tags);
    }
    for (load_balancer_arn, load_balancer) in &mut observed.load_balancers {
        if load_balancer_arn == arn {
            return Some(&mut load_balancer.tags);
        }
        for (listener_arn, listener) in &mut load_balancer.listeners {
            if listener_arn == arn {
                return Some(&mut listener.tags);
            }
            if let Some(rule) = listener.rules.get_mut(arn) {
                return Some(&mut rule.tags);
            }
        }
    }
    None
}

/// ARNs and ids that an operation names: those that may not be as we know when it fails.
pub(super) fn named(op: &Op, created: &Created) -> Vec<String> {
    let id = |handle: &Handle| created.known(handle);
    let forwards = |action: &Action<Handle>| -> Vec<String> {
        action.target_groups().filter_map(id).collect()
    };
    match op {
        Op::CreateSecurityGroup(_) | Op::CreateBackendGroup(_) | Op::CreateTargetGroup(_) => {
            Vec::new()
        }
        Op::OpenTargets { group, source, .. } => {
            id(source).into_iter().chain([group.clone()]).collect()
        }
        Op::CloseTargets { group, source, .. } => vec![group.clone(), source.clone()],
        Op::CreateLoadBalancer(spec) => spec.security_groups.iter().filter_map(id).collect(),
        Op::ImportCertificate { existing, .. } => existing.iter().cloned().collect(),
        Op::AuthorizeIngress { group, .. } => id(group).into_iter().collect(),
        Op::RevokeIngress { group, .. }
        | Op::DeleteSecurityGroup { group }
        | Op::LeaveBackendGroup { group, .. } => vec![group.clone()],
        Op::DeleteCertificate { certificate } => vec![certificate.clone()],
        Op::ModifyTargetGroup { target_group, .. }
        | Op::DeregisterTargets { target_group, .. }
        | Op::DeleteTargetGroup { target_group } => vec![target_group.clone()],
        Op::ModifyTargetGroupAttributes { target_group, .. }
        | Op::RegisterTargets { target_group, .. } => id(target_group).into_iter().collect(),
        Op::SetSubnets { load_balancer, .. }
        | Op::SetIpAddressType { load_balancer, .. }
        | Op::DeleteLoadBalancer { load_balancer } => vec![load_balancer.clone()],
        Op::SetSecurityGroups {
            load_balancer,
            security_groups,
        } => {
            let groups = security_groups.iter().filter_map(id);
            groups.chain([load_balancer.clone()]).collect()
        }
        Op::ModifyLoadBalancerAttributes { load_balancer, .. } => {
            id(load_balancer).into_iter().collect()
        }
        Op::CreateListener {
            load_balancer,
            spec,
            ..
        } => {
            let mut named = forwards(&spec.default_action);
            named.extend(id(load_balancer));
            named.extend(spec.certificate.as_ref().and_then(id));
            named
        }
        Op::ModifyListener { listener, spec } => {
            let mut named = forwards(&spec.default_action);
            named.push(listener.clone());
            named.extend(spec.certificate.as_ref().and_then(id));
            named
        }
        Op::ModifyListenerAttributes { listener, .. } => id(listener).into_iter().collect(),
        Op::DeleteListener { listener } => vec![listener.clone()],
        Op::AddListenerCertificate {
            listener,
            certificate,
        } => [listener, certificate].into_iter().filter_map(id).collect(),
        Op::RemoveListenerCertificate {
            listener,
            certificate,
        } => vec![listener.clone(), certificate.clone()],
        Op::CreateRule { listener, spec, .. } => {
            let mut named = forwards(&spec.action);
            named.extend(id(listener));
            named
        }
        Op::ModifyRule { rule, spec } => {
            let mut named = forwards(&spec.action);
            named.push(rule.clone());
            named
        }
        Op::SetRulePriorities {
            listener,
            priorities,
        } => priorities
            .keys()
            .cloned()
            .chain([listener.clone()])
            .collect(),
        Op::DeleteRule { rule } => vec![rule.clone()],
        Op::AddTags { resource, .. } | Op::RemoveTags { resource, .. } => {
            let (Taggable::Elb(id) | Taggable::Certificate(id) | Taggable::SecurityGroup(id)) =
                resource;
            vec![id.clone()]
        }
    }
}

/// Which load balancer uses which target group and certificate, after our changes. Users that we do not see stay.
pub(crate) fn relate(observed: &mut Observed) {
    let Observed {
        load_balancers,
        target_groups,
        certificates,
        ..
    } = observed;
    let mut before = BTreeMap::new();
    for (arn, group) in target_groups.iter_mut() {
        before.insert(arn.clone(), std::mem::take(&mut group.load_balancers));
    }
    for certificate in certificates.values_mut() {
        certificate
            .in_use_by
            .retain(|user| !user.contains(":loadbalancer/"));
    }
    for (arn, load_balancer) in load_balancers.iter() {
        for group in used_target_groups(load_balancer) {
            if let Some(group) = target_groups.get_mut(group) {
                group.load_balancers.insert(arn.clone());
            }
        }
        for listener in load_balancer.listeners.values() {
            let used = listener.certificates.iter();
            for certificate in used.chain(&listener.default_certificate) {
                if let Some(certificate) = certificates.get_mut(certificate) {
                    certificate.in_use_by.insert(arn.clone());
                }
            }
        }
    }
    for (arn, group) in target_groups {
        group.relate_targets(before.get(arn).unwrap_or(&BTreeSet::new()));
    }
}

fn used_target_groups(load_balancer: &ObservedLoadBalancer) -> impl Iterator<Item = &String> {
    let listeners = load_balancer.listeners.values();
    let actions = listeners.flat_map(|listener| {
        let rules = listener.rules.values().map(|rule| &rule.action);
        rules.chain([&listener.default_action])
    });
    actions.flat_map(Action::target_groups)
}
