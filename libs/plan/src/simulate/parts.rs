//! What the answers are made of.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::elb::LoadBalancerKind;

use crate::values::attributes;
use crate::values::observed::{
    LoadBalancerState, ObservedListener, ObservedLoadBalancer, ObservedRule, ObservedTargetGroup,
};
use crate::values::op::{Action, Handle, ListenerSpec, LoadBalancerSpec, RuleSpec};
use crate::values::tags::Tags;

use super::World;

/// AWS's error code, or what is wrong in words.
pub(super) type Refusal = &'static str;

pub(super) fn create_load_balancer(
    world: &World,
    spec: &LoadBalancerSpec,
) -> Result<(String, ObservedLoadBalancer), Refusal> {
    let kind = match spec.kind {
        LoadBalancerKind::Alb => "app",
        LoadBalancerKind::Nlb => "nlb",
    };
    let id = format!("arn:aws:elb:loadbalancer/{kind}/{}", spec.name);
    let security_groups = all_required(world, &spec.security_groups)?;
    let subnet = spec.subnets.first().ok_or("no subnets")?;
    let network = &world.observed.network;
    let vpc = network
        .subnets
        .get(&subnet.subnet)
        .ok_or("no such subnet")?;
    let load_balancer = ObservedLoadBalancer {
        name: spec.name.clone(),
        kind: spec.kind,
        dns_name: format!("{}.elb.test", spec.name),
        hosted_zone: None,
        state: LoadBalancerState::Active,
        scheme: spec.scheme,
        ip_address_type: spec.ip_address_type,
        vpc: vpc.vpc.clone(),
        subnets: spec
            .subnets
            .iter()
            .map(|it| (it.subnet.clone(), it.clone()))
            .collect(),
        customer_owned_ipv4_pool: spec.customer_owned_ipv4_pool.clone(),
        ipv4_ipam_pool: spec.ipv4_ipam_pool.clone(),
        security_groups,
        attributes: attributes::defaults(),
        tags: spec.tags.clone(),
        listeners: BTreeMap::new(),
    };
    Ok((id, load_balancer))
}

pub(super) fn listener(
    world: &World,
    spec: &ListenerSpec,
    load_balancer: &str,
) -> Result<ObservedListener, Refusal> {
    let certificate = spec.certificate.as_ref().map(|it| required(world, it));
    let certificate = certificate.transpose()?;
    if crate::values::ports::terminates_tls(spec.protocol) != certificate.is_some() {
        return Err("certificates do not fit the protocol");
    }
    Ok(ObservedListener {
        port: spec.port,
        protocol: Some(spec.protocol),
        default_action: action(world, &spec.default_action, load_balancer)?,
        default_certificate: certificate,
        certificates: BTreeSet::new(),
        ssl_policy: spec.ssl_policy.clone(),
        alpn_policy: spec.alpn_policy.clone(),
        mutual_authentication: spec.mutual_authentication.clone(),
        attributes: attributes::defaults(),
        tags: Tags::new(),
        rules: BTreeMap::new(),
    })
}

pub(super) fn rule(
    world: &World,
    spec: &RuleSpec,
    listener: &str,
) -> Result<ObservedRule, Refusal> {
    let load_balancer = listener.split("/listener/").next().unwrap_or_default();
    Ok(ObservedRule {
        priority: 0,
        conditions: spec.conditions.clone(),
        authenticate: spec.authenticate.as_ref().map(|it| it.action.clone()),
        action: action(world, &spec.action, load_balancer)?,
        transforms: spec.transforms.clone(),
        tags: Tags::new(),
    })
}

fn action(
    world: &World,
    action: &Action<Handle>,
    load_balancer: &str,
) -> Result<Action<String>, Refusal> {
    let groups = action.target_groups().map(|handle| {
        let arn = required(world, handle)?;
        let users = &group(world, &arn)?.load_balancers;
        if users.iter().any(|user| user != load_balancer) {
            return Err("TargetGroupAssociationLimit");
        }
        Ok(arn)
    });
    Ok(action.with_target_groups(groups.collect::<Result<Vec<_>, _>>()?))
}

pub(super) fn required(world: &World, handle: &Handle) -> Result<String, Refusal> {
    world
        .id(handle)
        .ok_or("what it refers to does not exist yet")
}

pub(super) fn all_required(
    world: &World,
    handles: &BTreeSet<Handle>,
) -> Result<BTreeSet<String>, Refusal> {
    handles
        .iter()
        .map(|handle| required(world, handle))
        .collect()
}

pub(super) fn group<'w>(world: &'w World, arn: &str) -> Result<&'w ObservedTargetGroup, Refusal> {
    let known = world.observed.target_groups.get(arn);
    known.ok_or("no such target group")
}

pub(super) fn load_balancer<'w>(
    world: &'w World,
    arn: &str,
) -> Result<&'w ObservedLoadBalancer, Refusal> {
    let known = world.observed.load_balancers.get(arn);
    known.ok_or("no such load balancer")
}

pub(super) fn seen_listener<'w>(
    world: &'w World,
    arn: &str,
) -> Result<&'w ObservedListener, Refusal> {
    let mut load_balancers = world.observed.load_balancers.values();
    let known = load_balancers.find_map(|it| it.listeners.get(arn));
    known.ok_or("no such listener")
}

pub(super) fn seen_rule<'w>(world: &'w World, arn: &str) -> Result<&'w ObservedRule, Refusal> {
    let load_balancers = world.observed.load_balancers.values();
    let mut listeners = load_balancers.flat_map(|it| it.listeners.values());
    let known = listeners.find_map(|it| it.rules.get(arn));
    known.ok_or("no such rule")
}
