//! What the effects are made of.

use std::collections::{BTreeMap, BTreeSet};

use litemap::LiteMap;
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::LoadBalancerKind;

use crate::values::attributes;
use crate::values::observed::{
    Health, LoadBalancerState, ObservedListener, ObservedLoadBalancer, ObservedRule,
    ObservedTargetGroup, TargetState,
};
use crate::values::op::{Action, Handle, ListenerSpec, LoadBalancerSpec, RuleSpec};
use crate::values::tags::Tags;

use super::World;

/// AWS's error code, or what is wrong in words.
pub(super) type Refusal = &'static str;

pub(super) fn fresh<T>(former: Option<&T>, id: String) -> Result<Option<String>, Refusal> {
    match former {
        None => Ok(Some(id)),
        Some(_) => Err("the name is taken"),
    }
}

pub(super) fn create_load_balancer(
    world: &mut World,
    spec: &LoadBalancerSpec,
) -> Result<Option<String>, Refusal> {
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
    let former = world
        .observed
        .load_balancers
        .insert(id.clone(), load_balancer);
    fresh(former.as_ref(), id)
}

pub(super) fn modify_listener(
    world: &mut World,
    arn: &str,
    spec: &ListenerSpec,
) -> Result<(), Refusal> {
    let load_balancer = arn
        .split("/listener/")
        .next()
        .unwrap_or_default()
        .to_owned();
    let next = listener(world, spec, &load_balancer)?;
    let known = listener_mut(world, arn)?;
    if next.default_certificate.is_none() {
        known.certificates.clear();
    }
    known.protocol = next.protocol;
    known.default_action = next.default_action;
    known.default_certificate = next.default_certificate;
    known.ssl_policy = next.ssl_policy;
    known.alpn_policy = next.alpn_policy;
    known.mutual_authentication = next.mutual_authentication;
    Ok(())
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

pub(super) fn action(
    world: &World,
    action: &Action<Handle>,
    load_balancer: &str,
) -> Result<Action<String>, Refusal> {
    Ok(match action {
        Action::Forward {
            targets,
            stickiness_seconds,
        } => {
            let mut by_arn = LiteMap::new();
            for (handle, weight) in targets {
                let arn = required(world, handle)?;
                let group = world.observed.target_groups.get(&arn);
                let users = &group.ok_or("no such target group")?.load_balancers;
                if users.iter().any(|user| user != load_balancer) {
                    return Err("TargetGroupAssociationLimit");
                }
                by_arn.insert(arn, *weight);
            }
            Action::Forward {
                targets: by_arn,
                stickiness_seconds: *stickiness_seconds,
            }
        }
        Action::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => Action::Redirect {
            protocol: protocol.clone(),
            host: host.clone(),
            path: path.clone(),
            port: *port,
            query: query.clone(),
            status_code: *status_code,
        },
        Action::FixedResponse {
            status_code,
            content_type,
            body,
        } => Action::FixedResponse {
            status_code: *status_code,
            content_type: content_type.clone(),
            body: body.clone(),
        },
        Action::Foreign(kind) => Action::Foreign(kind.clone()),
    })
}

pub(super) fn register(group: &mut ObservedTargetGroup, targets: &BTreeSet<DesiredTarget>) {
    let registered = targets
        .iter()
        .map(|it| (it.clone(), TargetState::Registered(Health::Initial)));
    group.targets.extend(registered);
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

pub(super) fn group_mut<'w>(
    world: &'w mut World,
    arn: &str,
) -> Result<&'w mut ObservedTargetGroup, Refusal> {
    world
        .observed
        .target_groups
        .get_mut(arn)
        .ok_or("no such target group")
}

pub(super) fn load_balancer_mut<'w>(
    world: &'w mut World,
    arn: &str,
) -> Result<&'w mut ObservedLoadBalancer, Refusal> {
    world
        .observed
        .load_balancers
        .get_mut(arn)
        .ok_or("no such load balancer")
}

pub(super) fn listener_mut<'w>(
    world: &'w mut World,
    arn: &str,
) -> Result<&'w mut ObservedListener, Refusal> {
    world.listener_mut(arn).ok_or("no such listener")
}
