//! What an operation names.

use tributary_plan::op::{Action, Handle, Op, Taggable};

use super::Created;

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
