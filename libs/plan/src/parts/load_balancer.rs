//! The load balancer itself: creating it, and what can be changed in place.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::elb::LoadBalancerKind;

use crate::parts::draft::{Draft, retag};
use crate::parts::security_group::Guard;
use crate::parts::unchangeable::unchangeable;
use crate::scope::ours::Current;
use crate::scope::{Scope, load_balancer};
use crate::values::attributes::{self, Carrier};
use crate::values::op::{Blame, Handle, LoadBalancerSpec, Op, StepId, SubnetMapping, Taggable};
use crate::values::tags::{self, Tags};

/// Creates it, in its subnets and behind its guard.
pub(crate) fn create(
    scope: &Scope,
    subnets: Vec<SubnetMapping>,
    guard: &Guard,
    draft: &mut Draft,
) -> Handle {
    let settings = &scope.desired.settings;
    let name = load_balancer::name(scope);
    let security_groups = match guard {
        Guard::Groups(groups, _) => groups.clone(),
        Guard::Unmanaged | Guard::Unseen => BTreeSet::new(),
    };
    let spec = LoadBalancerSpec {
        name: name.clone(),
        kind: scope.key().kind,
        scheme: scope.scheme(),
        ip_address_type: settings.ip_address_type.unwrap_or_default(),
        subnets,
        security_groups,
        customer_owned_ipv4_pool: settings.customer_owned_ipv4_pool.clone(),
        ipv4_ipam_pool: settings.ipv4_ipam_pool.clone(),
        tags: wanted_tags(scope),
    };
    let step = draft.add(Op::CreateLoadBalancer(Box::new(spec)), Blame::LoadBalancer);
    let handle = Handle::Created { step, name };
    set_attributes(
        handle.clone(),
        attributes::for_new(carrier(scope), &settings.attributes),
        draft,
    );
    handle
}

/// Changes in place what differs.
pub(crate) fn adjust(
    scope: &Scope,
    current: Current,
    subnets: Option<Vec<SubnetMapping>>,
    guard: &Guard,
    draft: &mut Draft,
) -> Option<StepId> {
    let Current { arn, load_balancer } = current;
    let settings = &scope.desired.settings;
    let wanted_type = settings.ip_address_type.unwrap_or_default();
    let stays = unchangeable(scope, current, subnets.as_deref());
    draft.problems.extend(stays);
    if let Some(subnets) = subnets {
        let wanted: BTreeSet<&String> = subnets.iter().map(|mapping| &mapping.subnet).collect();
        // Addresses given in a mapping cannot be changed on a subnet that is there (see `unchangeable`), so only the set
        // counts.
        if !wanted.iter().copied().eq(load_balancer.subnets.keys()) {
            let op = Op::SetSubnets {
                load_balancer: arn.to_owned(),
                subnets,
            };
            draft.add(op, Blame::LoadBalancer);
        }
    }
    if wanted_type != load_balancer.ip_address_type {
        let op = Op::SetIpAddressType {
            load_balancer: arn.to_owned(),
            ip_address_type: wanted_type,
        };
        draft.add(op, Blame::LoadBalancer);
    }
    let guarded = set_guard(current, guard, draft);
    set_attributes(
        Handle::Existing(arn.to_owned()),
        attributes::changes(
            carrier(scope),
            &settings.attributes,
            &load_balancer.attributes,
            &load_balancer.tags,
        ),
        draft,
    );
    retag(
        Taggable::Elb(arn.to_owned()),
        &wanted_tags(scope),
        &load_balancer.tags,
        &Blame::LoadBalancer,
        draft,
    );
    guarded
}

fn set_guard(current: Current, guard: &Guard, draft: &mut Draft) -> Option<StepId> {
    let Guard::Groups(wanted, opened) = guard else {
        return None;
    };
    let Current { arn, load_balancer } = current;
    let observed: BTreeSet<Handle> = load_balancer
        .security_groups
        .iter()
        .cloned()
        .map(Handle::Existing)
        .collect();
    if *wanted == observed {
        return None;
    }
    if load_balancer.kind == LoadBalancerKind::Nlb && observed.is_empty() {
        draft.problems.push(
            "an NLB that was created without security groups cannot get any: it must be created anew"
                .to_owned(),
        );
        return None;
    }
    let op = Op::SetSecurityGroups {
        load_balancer: arn.to_owned(),
        security_groups: wanted.clone(),
    };
    let step = draft.add(op, Blame::LoadBalancer);
    // Traffic never meets a group that is still closed.
    if let Some(opened) = opened {
        draft.after(step, *opened);
    }
    Some(step)
}

fn set_attributes(load_balancer: Handle, attributes: BTreeMap<String, String>, draft: &mut Draft) {
    if attributes.is_empty() {
        return;
    }
    let op = Op::ModifyLoadBalancerAttributes {
        load_balancer,
        attributes,
    };
    draft.add(op, Blame::LoadBalancer);
}

fn wanted_tags(scope: &Scope) -> Tags {
    let observed = scope.current.map(|it| &it.load_balancer.tags);
    scope.tags(
        tags::LOAD_BALANCER,
        &BTreeMap::new(),
        &scope.desired.settings.attributes,
        observed,
    )
}

fn carrier(scope: &Scope) -> Carrier {
    Carrier::LoadBalancer(scope.key().kind)
}
