//! The load balancer itself: creating it, and what can be changed in place.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::elb::LoadBalancerKind;

use crate::input::ours::Current;
use crate::input::{PlanInput, load_balancer};
use crate::parts::builder::{PlanBuilder, retag};
use crate::parts::security_group::SecurityGroups;
use crate::parts::unchangeable::unchangeable;
use crate::values::attributes::{self, Carrier};
use crate::values::op::{Blame, Handle, LoadBalancerSpec, Op, StepId, SubnetMapping, Taggable};
use crate::values::tags::{self, Tags};

/// Creates it, in its subnets and behind its guard.
pub(crate) fn create(
    input: &PlanInput,
    subnets: Vec<SubnetMapping>,
    security_groups: &SecurityGroups,
    builder: &mut PlanBuilder,
) -> Handle {
    let settings = &input.desired.settings;
    let name = load_balancer::name(input);
    let security_groups = match security_groups {
        SecurityGroups::Groups(groups, _) => groups.clone(),
        SecurityGroups::Unmanaged | SecurityGroups::Unseen => BTreeSet::new(),
    };
    let spec = LoadBalancerSpec {
        name: name.clone(),
        kind: input.key().kind,
        scheme: input.scheme(),
        ip_address_type: settings.ip_address_type.unwrap_or_default(),
        subnets,
        security_groups,
        customer_owned_ipv4_pool: settings.customer_owned_ipv4_pool.clone(),
        ipv4_ipam_pool: settings.ipv4_ipam_pool.clone(),
        tags: wanted_tags(input),
    };
    let step = builder.add(Op::CreateLoadBalancer(Box::new(spec)), Blame::LoadBalancer);
    let handle = Handle::Created { step, name };
    set_attributes(
        handle.clone(),
        attributes::for_new(carrier(input), &settings.attributes),
        builder,
    );
    handle
}

/// Changes in place what differs.
pub(crate) fn adjust(
    input: &PlanInput,
    current: Current,
    subnets: Option<Vec<SubnetMapping>>,
    security_groups: &SecurityGroups,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    let Current { arn, load_balancer } = current;
    let settings = &input.desired.settings;
    let wanted_type = settings.ip_address_type.unwrap_or_default();
    let stays = unchangeable(input, current, subnets.as_deref());
    builder.problems.extend(stays);
    if let Some(subnets) = subnets {
        let wanted: BTreeSet<&String> = subnets.iter().map(|mapping| &mapping.subnet).collect();
        // Addresses given in a mapping cannot be changed on a subnet that is there (see `unchangeable`), so only the set
        // counts.
        if !wanted.iter().copied().eq(load_balancer.subnets.keys()) {
            let op = Op::SetSubnets {
                load_balancer: arn.to_owned(),
                subnets,
            };
            builder.add(op, Blame::LoadBalancer);
        }
    }
    if wanted_type != load_balancer.ip_address_type {
        let op = Op::SetIpAddressType {
            load_balancer: arn.to_owned(),
            ip_address_type: wanted_type,
        };
        builder.add(op, Blame::LoadBalancer);
    }
    let guarded = set_guard(current, security_groups, builder);
    set_attributes(
        Handle::Existing(arn.to_owned()),
        attributes::changes(
            carrier(input),
            &settings.attributes,
            &load_balancer.attributes,
            &load_balancer.tags,
        ),
        builder,
    );
    retag(
        Taggable::Elb(arn.to_owned()),
        &wanted_tags(input),
        &load_balancer.tags,
        &Blame::LoadBalancer,
        builder,
    );
    guarded
}

fn set_guard(
    current: Current,
    security_groups: &SecurityGroups,
    builder: &mut PlanBuilder,
) -> Option<StepId> {
    let SecurityGroups::Groups(wanted, opened) = security_groups else {
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
        builder.problems.push(
            "an NLB that was created without security groups cannot get any: it must be created anew"
                .to_owned(),
        );
        return None;
    }
    let op = Op::SetSecurityGroups {
        load_balancer: arn.to_owned(),
        security_groups: wanted.clone(),
    };
    let step = builder.add(op, Blame::LoadBalancer);
    // Traffic never meets a group that is still closed.
    if let Some(opened) = opened {
        builder.after(step, *opened);
    }
    Some(step)
}

fn set_attributes(
    load_balancer: Handle,
    attributes: BTreeMap<String, String>,
    builder: &mut PlanBuilder,
) {
    if attributes.is_empty() {
        return;
    }
    let op = Op::ModifyLoadBalancerAttributes {
        load_balancer,
        attributes,
    };
    builder.add(op, Blame::LoadBalancer);
}

fn wanted_tags(input: &PlanInput) -> Tags {
    let observed = input.current.map(|it| &it.load_balancer.tags);
    input.tags(
        tags::LOAD_BALANCER,
        &BTreeMap::new(),
        &input.desired.settings.attributes,
        observed,
    )
}

fn carrier(input: &PlanInput) -> Carrier {
    Carrier::LoadBalancer(input.key().kind)
}
