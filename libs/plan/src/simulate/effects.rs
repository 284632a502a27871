//! What each operation does, and when AWS refuses it.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::{LoadBalancerKind, MAX_RULE_PRIORITY};

use crate::attributes;
use crate::observed::{
    CertificateStatus, LoadBalancerState, ObservedCertificate, ObservedListener,
    ObservedLoadBalancer, ObservedRule, ObservedSecurityGroup, ObservedTargetGroup, TargetState,
};
use crate::op::{Action, Handle, ListenerSpec, LoadBalancerSpec, Op, RuleSpec, Step};

use super::World;

type Refusal = &'static str;

/// One step.
pub(super) fn take(world: &mut World, step: &Step) -> Result<(), Refusal> {
    let answer = perform(world, &step.op)?;
    if let Some(id) = answer {
        world.created.insert(step.id, id);
    }
    Ok(())
}

fn perform(world: &mut World, op: &Op) -> Result<Option<String>, Refusal> {
    match op {
        Op::CreateSecurityGroup(spec) => {
            let id = format!("sg-{}", spec.name);
            let group = ObservedSecurityGroup {
                name: spec.name.clone(),
                vpc: spec.vpc.clone(),
                tags: spec.tags.clone(),
                ingress: BTreeSet::new(),
            };
            let former = world.observed.security_groups.insert(id.clone(), group);
            return fresh(former, id);
        }
        Op::AuthorizeIngress { group, rules } => {
            let group = required(world, group)?;
            let group = world.observed.security_groups.get_mut(&group);
            group
                .ok_or("no such group")?
                .ingress
                .extend(rules.iter().cloned());
        }
        Op::RevokeIngress { group, rules } => {
            let group = world.observed.security_groups.get_mut(group);
            group
                .ok_or("no such group")?
                .ingress
                .retain(|it| !rules.contains(it));
        }
        Op::DeleteSecurityGroup { group } => {
            let mut users = world.observed.load_balancers.values();
            if users.any(|it| it.security_groups.contains(group)) {
                return Err("DependencyViolation");
            }
            world
                .observed
                .security_groups
                .remove(group)
                .ok_or("no such group")?;
        }
        Op::ImportCertificate {
            secret,
            existing: None,
            tags,
            ..
        } => {
            let id = format!("arn:aws:acm:certificate/{secret}");
            let certificate = ObservedCertificate {
                names: BTreeSet::new(),
                status: CertificateStatus::Issued,
                issued: Timestamp(0),
                tags: tags.clone(),
                in_use_by: BTreeSet::new(),
            };
            let former = world.observed.certificates.insert(id.clone(), certificate);
            return fresh(former, id);
        }
        Op::ImportCertificate {
            existing: Some(arn),
            ..
        } => {
            world
                .observed
                .certificates
                .get(arn)
                .ok_or("no such certificate")?;
        }
        Op::DeleteCertificate { certificate } => {
            let known = world.observed.certificates.get(certificate);
            if !known.ok_or("no such certificate")?.in_use_by.is_empty() {
                return Err("ResourceInUse");
            }
            world.observed.certificates.remove(certificate);
        }
        Op::CreateTargetGroup(spec) => {
            let id = format!("arn:aws:elb:targetgroup/{}", spec.name);
            let group = ObservedTargetGroup {
                name: spec.name.clone(),
                protocol: spec.protocol,
                protocol_version: spec.protocol_version,
                port: spec.port,
                target_type: spec.target_type,
                ip_address_type: spec.ip_address_type,
                vpc: spec.vpc.clone(),
                health_check: spec.health_check.clone(),
                attributes: attributes::defaults(),
                tags: spec.tags.clone(),
                load_balancers: BTreeSet::new(),
                targets: BTreeMap::new(),
            };
            let former = world.observed.target_groups.insert(id.clone(), group);
            return fresh(former, id);
        }
        Op::ModifyTargetGroup {
            target_group,
            health_check,
        } => {
            group_mut(world, target_group)?.health_check = health_check.clone();
        }
        Op::ModifyTargetGroupAttributes {
            target_group,
            attributes,
        } => {
            let group = required(world, target_group)?;
            group_mut(world, &group)?
                .attributes
                .extend(attributes.clone());
        }
        Op::RegisterTargets {
            target_group,
            targets,
        } => {
            let group = required(world, target_group)?;
            register(group_mut(world, &group)?, targets);
        }
        Op::DeregisterTargets {
            target_group,
            targets,
        } => {
            group_mut(world, target_group)?
                .targets
                .retain(|it, _| !targets.contains(it));
        }
        Op::DeleteTargetGroup { target_group } => {
            if !group_mut(world, target_group)?.load_balancers.is_empty() {
                return Err("ResourceInUse");
            }
            world.observed.target_groups.remove(target_group);
        }
        Op::CreateLoadBalancer(spec) => return create_load_balancer(world, spec),
        Op::SetSubnets {
            load_balancer,
            subnets,
        } => {
            let subnets = subnets.iter().map(|it| (it.subnet.clone(), it.clone()));
            load_balancer_mut(world, load_balancer)?.subnets = subnets.collect();
        }
        Op::SetSecurityGroups {
            load_balancer,
            security_groups,
        } => {
            let groups = all_required(world, security_groups)?;
            load_balancer_mut(world, load_balancer)?.security_groups = groups;
        }
        Op::SetIpAddressType {
            load_balancer,
            ip_address_type,
        } => {
            load_balancer_mut(world, load_balancer)?.ip_address_type = *ip_address_type;
        }
        Op::ModifyLoadBalancerAttributes {
            load_balancer,
            attributes,
        } => {
            let arn = required(world, load_balancer)?;
            load_balancer_mut(world, &arn)?
                .attributes
                .extend(attributes.clone());
        }
        Op::DeleteLoadBalancer { load_balancer } => {
            let protection = attributes::DELETION_PROTECTION;
            let known = load_balancer_mut(world, load_balancer)?;
            if known
                .attributes
                .get(protection)
                .is_some_and(|it| it == "true")
            {
                return Err("OperationNotPermitted");
            }
            world.observed.load_balancers.remove(load_balancer);
        }
        Op::CreateListener {
            load_balancer,
            spec,
            tags,
        } => {
            let arn = required(world, load_balancer)?;
            let mut listener = listener(world, spec, &arn)?;
            listener.tags = tags.clone();
            let id = format!("{arn}/listener/{}", spec.port);
            let load_balancer = load_balancer_mut(world, &arn)?;
            if load_balancer
                .listeners
                .values()
                .any(|it| it.port == spec.port)
            {
                return Err("DuplicateListener");
            }
            load_balancer.listeners.insert(id.clone(), listener);
            return Ok(Some(id));
        }
        Op::ModifyListener {
            listener: arn,
            spec,
        } => modify_listener(world, arn, spec)?,
        Op::ModifyListenerAttributes {
            listener,
            attributes,
        } => {
            let arn = required(world, listener)?;
            listener_mut(world, &arn)?
                .attributes
                .extend(attributes.clone());
        }
        Op::DeleteListener { listener } => {
            let mut load_balancers = world.observed.load_balancers.values_mut();
            let removed = load_balancers.find_map(|it| it.listeners.remove(listener));
            removed.ok_or("no such listener")?;
        }
        Op::AddListenerCertificate {
            listener,
            certificate,
        } => {
            let certificate = required(world, certificate)?;
            let arn = required(world, listener)?;
            let listener = listener_mut(world, &arn)?;
            if listener.default_certificate.is_none() {
                return Err("the listener does not terminate TLS");
            }
            listener.certificates.insert(certificate);
        }
        Op::RemoveListenerCertificate {
            listener,
            certificate,
        } => {
            let removed = listener_mut(world, listener)?
                .certificates
                .remove(certificate);
            return if removed {
                Ok(None)
            } else {
                Err("not a certificate of the listener")
            };
        }
        Op::CreateRule {
            listener,
            priority,
            spec,
            tags,
        } => {
            let arn = required(world, listener)?;
            let mut rule = rule(world, spec, &arn)?;
            rule.priority = *priority;
            rule.tags = tags.clone();
            let id = format!(
                "{arn}/rule/{}",
                world.ownership.resource(tags).unwrap_or_default()
            );
            let listener = listener_mut(world, &arn)?;
            let taken = listener.rules.values().any(|it| it.priority == *priority);
            if taken || *priority == 0 || *priority > MAX_RULE_PRIORITY {
                return Err("PriorityInUse");
            }
            listener.rules.insert(id.clone(), rule);
            return Ok(Some(id));
        }
        Op::ModifyRule { rule: arn, spec } => {
            let ObservedRule {
                conditions,
                authenticate,
                action,
                transforms,
                ..
            } = rule(world, spec, arn)?;
            let rule = world.rule_mut(arn).ok_or("no such rule")?;
            rule.conditions = conditions;
            rule.authenticate = authenticate;
            rule.action = action;
            rule.transforms = transforms;
        }
        Op::SetRulePriorities {
            listener,
            priorities,
        } => {
            let listener = listener_mut(world, listener)?;
            for (arn, priority) in priorities {
                listener.rules.get_mut(arn).ok_or("no such rule")?.priority = *priority;
            }
            let distinct: BTreeSet<u32> = listener.rules.values().map(|it| it.priority).collect();
            if distinct.len() < listener.rules.len() {
                return Err("PriorityInUse");
            }
        }
        Op::DeleteRule { rule } => {
            let load_balancers = world.observed.load_balancers.values_mut();
            let mut listeners = load_balancers.flat_map(|it| it.listeners.values_mut());
            listeners
                .find_map(|it| it.rules.remove(rule))
                .ok_or("no such rule")?;
        }
        Op::AddTags { resource, tags } => {
            let known = world
                .tags_mut(&resource.to_string())
                .ok_or("no such resource")?;
            known.extend(tags.clone());
        }
        Op::RemoveTags { resource, tags } => {
            let known = world
                .tags_mut(&resource.to_string())
                .ok_or("no such resource")?;
            known.retain(|key, _| !tags.contains_key(key));
        }
    }
    Ok(None)
}

fn fresh<T>(former: Option<T>, id: String) -> Result<Option<String>, Refusal> {
    match former {
        None => Ok(Some(id)),
        Some(_) => Err("the name is taken"),
    }
}

fn create_load_balancer(
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
        security_groups,
        attributes: attributes::defaults(),
        tags: spec.tags.clone(),
        listeners: BTreeMap::new(),
    };
    let former = world
        .observed
        .load_balancers
        .insert(id.clone(), load_balancer);
    fresh(former, id)
}

fn modify_listener(world: &mut World, arn: &str, spec: &ListenerSpec) -> Result<(), Refusal> {
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

fn listener(
    world: &World,
    spec: &ListenerSpec,
    load_balancer: &str,
) -> Result<ObservedListener, Refusal> {
    let certificate = spec.certificate.as_ref().map(|it| required(world, it));
    let certificate = certificate.transpose()?;
    if crate::fit::terminates_tls(spec.protocol) != certificate.is_some() {
        return Err("certificates do not fit the protocol");
    }
    Ok(ObservedListener {
        port: spec.port,
        protocol: spec.protocol,
        default_action: action(world, &spec.default_action, load_balancer)?,
        default_certificate: certificate,
        certificates: BTreeSet::new(),
        ssl_policy: spec.ssl_policy.clone(),
        alpn_policy: spec.alpn_policy.clone(),
        mutual_authentication: spec.mutual_authentication.clone(),
        attributes: attributes::defaults(),
        tags: BTreeMap::new(),
        rules: BTreeMap::new(),
    })
}

fn rule(world: &World, spec: &RuleSpec, listener: &str) -> Result<ObservedRule, Refusal> {
    let load_balancer = listener.split("/listener/").next().unwrap_or_default();
    Ok(ObservedRule {
        priority: 0,
        conditions: spec.conditions.clone(),
        authenticate: spec.authenticate.as_ref().map(|it| it.action.clone()),
        action: action(world, &spec.action, load_balancer)?,
        transforms: spec.transforms.clone(),
        tags: BTreeMap::new(),
    })
}

fn action(
    world: &World,
    action: &Action<Handle>,
    load_balancer: &str,
) -> Result<Action<String>, Refusal> {
    Ok(match action {
        Action::Forward {
            targets,
            stickiness_seconds,
        } => {
            let mut by_arn = BTreeMap::new();
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

fn register(group: &mut ObservedTargetGroup, targets: &BTreeSet<DesiredTarget>) {
    let registered = targets
        .iter()
        .map(|it| (it.clone(), TargetState::Registered));
    group.targets.extend(registered);
}

fn required(world: &World, handle: &Handle) -> Result<String, Refusal> {
    world
        .id(handle)
        .ok_or("what it refers to does not exist yet")
}

fn all_required(world: &World, handles: &BTreeSet<Handle>) -> Result<BTreeSet<String>, Refusal> {
    handles
        .iter()
        .map(|handle| required(world, handle))
        .collect()
}

fn group_mut<'w>(world: &'w mut World, arn: &str) -> Result<&'w mut ObservedTargetGroup, Refusal> {
    world
        .observed
        .target_groups
        .get_mut(arn)
        .ok_or("no such target group")
}

fn load_balancer_mut<'w>(
    world: &'w mut World,
    arn: &str,
) -> Result<&'w mut ObservedLoadBalancer, Refusal> {
    world
        .observed
        .load_balancers
        .get_mut(arn)
        .ok_or("no such load balancer")
}

fn listener_mut<'w>(world: &'w mut World, arn: &str) -> Result<&'w mut ObservedListener, Refusal> {
    world.listener_mut(arn).ok_or("no such listener")
}
