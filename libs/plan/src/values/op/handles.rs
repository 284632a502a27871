//! The things that an operation refers to.

use std::collections::BTreeSet;

use super::{Action, Handle, ListenerSpec, Op, StepId};
use litemap::LiteMap;

/// Every handle of an operation, to be read or renumbered.
pub(crate) fn map(op: &mut Op, rename: &mut impl FnMut(&mut Handle)) {
    match op {
        Op::AuthorizeIngress { group, .. } => rename(group),
        Op::OpenTargets { source, .. } => rename(source),
        Op::ModifyTargetGroupAttributes { target_group, .. }
        | Op::RegisterTargets { target_group, .. } => rename(target_group),
        Op::CreateLoadBalancer(spec) => map_set(&mut spec.security_groups, rename),
        Op::SetSecurityGroups {
            security_groups, ..
        } => map_set(security_groups, rename),
        Op::ModifyLoadBalancerAttributes { load_balancer, .. } => rename(load_balancer),
        Op::CreateListener {
            load_balancer,
            spec,
            ..
        } => {
            rename(load_balancer);
            map_listener(spec, rename);
        }
        Op::ModifyListener { spec, .. } => map_listener(spec, rename),
        Op::ModifyListenerAttributes { listener, .. } => rename(listener),
        Op::AddListenerCertificate {
            listener,
            certificate,
        } => {
            rename(listener);
            rename(certificate);
        }
        Op::CreateRule { listener, spec, .. } => {
            rename(listener);
            map_action(&mut spec.action, rename);
        }
        Op::ModifyRule { spec, .. } => map_action(&mut spec.action, rename),
        Op::CreateSecurityGroup(_)
        | Op::RevokeIngress { .. }
        | Op::DeleteSecurityGroup { .. }
        | Op::CreateBackendGroup(_)
        | Op::LeaveBackendGroup { .. }
        | Op::CloseTargets { .. }
        | Op::ImportCertificate { .. }
        | Op::DeleteCertificate { .. }
        | Op::CreateTargetGroup(_)
        | Op::ModifyTargetGroup { .. }
        | Op::DeregisterTargets { .. }
        | Op::DeleteTargetGroup { .. }
        | Op::SetSubnets { .. }
        | Op::SetIpAddressType { .. }
        | Op::DeleteLoadBalancer { .. }
        | Op::DeleteListener { .. }
        | Op::RemoveListenerCertificate { .. }
        | Op::SetRulePriorities { .. }
        | Op::DeleteRule { .. }
        | Op::AddTags { .. }
        | Op::RemoveTags { .. } => {}
    }
}

/// The steps whose answers an operation needs.
pub(crate) fn created_by(op: &mut Op) -> BTreeSet<StepId> {
    let mut steps = BTreeSet::new();
    map(op, &mut |handle| {
        if let Handle::Created { step, .. } = handle {
            steps.insert(*step);
        }
    });
    steps
}

fn map_listener(spec: &mut ListenerSpec, rename: &mut impl FnMut(&mut Handle)) {
    map_action(&mut spec.default_action, rename);
    if let Some(certificate) = &mut spec.certificate {
        rename(certificate);
    }
}

fn map_action(action: &mut Action<Handle>, rename: &mut impl FnMut(&mut Handle)) {
    let Action::Forward { targets, .. } = action else {
        return;
    };
    let renamed: LiteMap<Handle, u32> = std::mem::take(targets)
        .into_iter()
        .map(|(mut handle, weight)| {
            rename(&mut handle);
            (handle, weight)
        })
        .collect();
    *targets = renamed;
}

fn map_set(handles: &mut BTreeSet<Handle>, rename: &mut impl FnMut(&mut Handle)) {
    let renamed: BTreeSet<Handle> = std::mem::take(handles)
        .into_iter()
        .map(|mut handle| {
            rename(&mut handle);
            handle
        })
        .collect();
    *handles = renamed;
}
