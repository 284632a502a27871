//! The load balancer itself: which of the observed ones it is, creating it, and what can be changed in place.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::elb::LoadBalancerKind;

use crate::attributes::{self, Carrier};
use crate::draft::{Draft, retag};
use crate::limits::Context;
use crate::names;
use crate::observed::{Observed, Tags};
use crate::op::{Blame, Handle, LoadBalancerSpec, Op, StepId, SubnetMapping, Taggable};
use crate::scope::{Current, Scope, load_balancers, scheme};
use crate::security_group::Guard;
use crate::tags::{self, Ownership};
use crate::unchangeable::unchangeable;

/// The observed load balancer that can become what is desired.
///
/// Scheme and name cannot be changed in place. A name only counts when one was asked for: a load balancer that
/// another controller named, with the same tags, is taken over as it is. While a predecessor has the name that was asked
/// for, one of another name stands in.
pub(crate) fn current<'a>(
    desired: &DesiredLoadBalancer,
    observed: &'a Observed,
    context: &Context,
    ownership: Ownership<'a>,
) -> Option<Current<'a>> {
    let asked = desired.settings.name.as_ref();
    let derived = derived_name(desired, context);
    let wanted = asked.unwrap_or(&derived);
    let scheme = scheme(desired, context);
    let is_taken = is_taken(observed, ownership, wanted);
    load_balancers(observed, ownership)
        .filter(|it| it.load_balancer.scheme == scheme)
        .filter(|it| {
            let name = &it.load_balancer.name;
            asked.is_none_or(|asked| asked == name) || is_taken && *name == derived
        })
        .min_by_key(|it| (it.load_balancer.name != *wanted, it.arn))
}

/// The one that serves while its successor, which is this one or none yet, does not.
pub(crate) fn predecessor<'a>(
    observed: &'a Observed,
    ownership: Ownership<'a>,
    successor: Option<Current<'a>>,
) -> Option<Current<'a>> {
    let successor = successor.map(|it| it.arn);
    load_balancers(observed, ownership)
        .filter(|it| Some(it.arn) != successor)
        .find(|it| it.load_balancer.state.serves())
}

fn is_taken(observed: &Observed, ownership: Ownership, name: &str) -> bool {
    load_balancers(observed, ownership).any(|it| it.load_balancer.name == name)
}

fn derived_name(desired: &DesiredLoadBalancer, context: &Context) -> String {
    names::load_balancer(&context.cluster, &desired.key, scheme(desired, context))
}

/// The name it has or gets.
pub(crate) fn name(scope: &Scope) -> String {
    if let Some(current) = scope.current {
        return current.load_balancer.name.clone();
    }
    let asked = scope.desired.settings.name.as_ref();
    asked
        .filter(|asked| !is_taken(scope.observed, scope.ownership, asked))
        .cloned()
        .unwrap_or_else(|| derived_name(scope.desired, scope.context))
}

/// Creates it, in its subnets and behind its guard.
pub(crate) fn create(
    scope: &Scope,
    subnets: Vec<SubnetMapping>,
    guard: &Guard,
    draft: &mut Draft,
) -> Handle {
    let settings = &scope.desired.settings;
    let name = name(scope);
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
