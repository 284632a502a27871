//! What each operation does, and when AWS refuses it.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::elb::MAX_RULE_PRIORITY;

use crate::values::attributes;
use crate::values::observed::{
    CertificateStatus, ObservedCertificate, ObservedRule, ObservedSecurityGroup,
    ObservedTargetGroup, Opening,
};
use crate::values::op::{Op, Step};

use super::parts::{
    Refusal, all_required, create_load_balancer, fresh, group_mut, listener, listener_mut,
    load_balancer_mut, modify_listener, register, required, rule,
};
use super::{World, sharing};

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
            return fresh(former.as_ref(), id);
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
        Op::CreateBackendGroup(spec) => return sharing::create_group(world, spec).map(Some),
        Op::LeaveBackendGroup { group, claim } => sharing::leave_group(world, group, claim)?,
        Op::OpenTargets { .. } => sharing::open(world, op)?,
        Op::CloseTargets {
            group,
            source,
            traffic,
            claim,
        } => {
            let opening = Opening {
                source: source.clone(),
                traffic: *traffic,
            };
            sharing::close(world, group, &opening, claim)?;
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
            return fresh(former.as_ref(), id);
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
            return fresh(former.as_ref(), id);
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
            vpc: _,
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
