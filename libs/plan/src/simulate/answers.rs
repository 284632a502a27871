//! When AWS refuses an operation, and what it does otherwise.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Timestamp;
use tributary_model::elb::MAX_RULE_PRIORITY;

use crate::values::attributes;
use crate::values::effect::Effect;
use crate::values::observed::{
    CertificateStatus, ObservedCertificate, ObservedSecurityGroup, ObservedTargetGroup, Opening,
};
use crate::values::op::{Op, Taggable};

use super::parts::{
    Refusal, all_required, create_load_balancer, group, listener, load_balancer, required, rule,
    seen_listener, seen_rule,
};
use super::{World, sharing};

pub(super) fn answer(world: &World, op: &Op) -> Result<Effect, Refusal> {
    Ok(match op {
        Op::CreateSecurityGroup(spec) => {
            let id = fresh(format!("sg-{}", spec.name), &world.observed.security_groups)?;
            let group = ObservedSecurityGroup {
                name: spec.name.clone(),
                vpc: spec.vpc.clone(),
                tags: spec.tags.clone(),
                ingress: BTreeSet::new(),
            };
            Effect::CreatedSecurityGroup(id, group)
        }
        Op::AuthorizeIngress { group, rules } => {
            let group = security_group(world, &required(world, group)?)?;
            Effect::AuthorizedIngress(group, rules.clone())
        }
        Op::RevokeIngress { group, rules } => {
            Effect::RevokedIngress(security_group(world, group)?, rules.clone())
        }
        Op::DeleteSecurityGroup { group } => {
            let mut users = world.observed.load_balancers.values();
            if users.any(|it| it.security_groups.contains(group)) {
                return Err("DependencyViolation");
            }
            Effect::Removed(security_group(world, group)?)
        }
        Op::CreateBackendGroup(spec) => sharing::create_group(world, spec)?,
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
            sharing::close(world, group, opening, claim)?
        }
        Op::ImportCertificate {
            secret,
            existing: None,
            tags,
            ..
        } => {
            let arn = format!("arn:aws:acm:certificate/{secret}");
            let certificate = ObservedCertificate {
                names: BTreeSet::new(),
                status: CertificateStatus::Issued,
                issued: Timestamp(0),
                tags: tags.clone(),
                in_use_by: BTreeSet::new(),
            };
            Effect::CreatedCertificate(fresh(arn, &world.observed.certificates)?, certificate)
        }
        Op::ImportCertificate {
            existing: Some(arn),
            ..
        } => {
            let known = world.observed.certificates.get(arn);
            Effect::Reimported(arn.clone(), known.ok_or("no such certificate")?.issued)
        }
        Op::DeleteCertificate { certificate } => {
            let known = world.observed.certificates.get(certificate);
            if !known.ok_or("no such certificate")?.in_use_by.is_empty() {
                return Err("ResourceInUse");
            }
            Effect::Removed(certificate.clone())
        }
        Op::CreateTargetGroup(spec) => {
            let arn = format!("arn:aws:elb:targetgroup/{}", spec.name);
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
            let arn = fresh(arn, &world.observed.target_groups)?;
            Effect::CreatedTargetGroup(arn, Box::new(group))
        }
        Op::ModifyTargetGroup {
            target_group,
            health_check,
        } => {
            group(world, target_group)?;
            Effect::HealthCheck(target_group.clone(), Box::new(health_check.clone()))
        }
        Op::ModifyTargetGroupAttributes {
            target_group,
            attributes,
        } => {
            let arn = required(world, target_group)?;
            group(world, &arn)?;
            Effect::TargetGroupAttributes(arn, attributes.clone())
        }
        Op::RegisterTargets {
            target_group,
            vpc: _,
            targets,
        } => {
            let arn = required(world, target_group)?;
            group(world, &arn)?;
            Effect::RegisteredTargets(arn, targets.clone())
        }
        Op::DeregisterTargets {
            target_group,
            targets,
        } => {
            group(world, target_group)?;
            Effect::DeregisteredTargets(target_group.clone(), targets.clone())
        }
        Op::DeleteTargetGroup { target_group } => {
            if !group(world, target_group)?.load_balancers.is_empty() {
                return Err("ResourceInUse");
            }
            Effect::Removed(target_group.clone())
        }
        Op::CreateLoadBalancer(spec) => {
            let (arn, load_balancer) = create_load_balancer(world, spec)?;
            let arn = fresh(arn, &world.observed.load_balancers)?;
            Effect::CreatedLoadBalancer(arn, Box::new(load_balancer))
        }
        Op::SetSubnets {
            load_balancer: arn,
            subnets,
        } => {
            load_balancer(world, arn)?;
            Effect::Subnets(arn.clone(), subnets.clone())
        }
        Op::SetSecurityGroups {
            load_balancer: arn,
            security_groups,
        } => {
            load_balancer(world, arn)?;
            Effect::SecurityGroups(arn.clone(), all_required(world, security_groups)?)
        }
        Op::SetIpAddressType {
            load_balancer: arn,
            ip_address_type,
        } => {
            load_balancer(world, arn)?;
            Effect::IpAddressType(arn.clone(), *ip_address_type)
        }
        Op::ModifyLoadBalancerAttributes {
            load_balancer: handle,
            attributes,
        } => {
            let arn = required(world, handle)?;
            load_balancer(world, &arn)?;
            Effect::LoadBalancerAttributes(arn, attributes.clone())
        }
        Op::DeleteLoadBalancer { load_balancer: arn } => {
            let attributes = &load_balancer(world, arn)?.attributes;
            let protection = attributes.get(attributes::DELETION_PROTECTION);
            if protection.is_some_and(|it| it == "true") {
                return Err("OperationNotPermitted");
            }
            Effect::Removed(arn.clone())
        }
        Op::CreateListener {
            load_balancer: handle,
            spec,
            tags,
        } => {
            let load_balancer_arn = required(world, handle)?;
            let mut listener = listener(world, spec, &load_balancer_arn)?;
            listener.tags = tags.clone();
            let mut others = load_balancer(world, &load_balancer_arn)?.listeners.values();
            if others.any(|it| it.port == spec.port) {
                return Err("DuplicateListener");
            }
            Effect::CreatedListener {
                arn: format!("{load_balancer_arn}/listener/{}", spec.port),
                load_balancer: load_balancer_arn,
                listener: Box::new(listener),
            }
        }
        Op::ModifyListener {
            listener: arn,
            spec,
        } => {
            seen_listener(world, arn)?;
            let load_balancer = arn.split("/listener/").next().unwrap_or_default();
            let modified = listener(world, spec, load_balancer)?;
            Effect::ModifiedListener(arn.clone(), Box::new(modified))
        }
        Op::ModifyListenerAttributes {
            listener,
            attributes,
        } => {
            let arn = required(world, listener)?;
            seen_listener(world, &arn)?;
            Effect::ListenerAttributes(arn, attributes.clone())
        }
        Op::DeleteListener { listener } => {
            seen_listener(world, listener)?;
            Effect::Removed(listener.clone())
        }
        Op::AddListenerCertificate {
            listener,
            certificate,
        } => {
            let certificate = required(world, certificate)?;
            let listener = required(world, listener)?;
            if seen_listener(world, &listener)?
                .default_certificate
                .is_none()
            {
                return Err("the listener does not terminate TLS");
            }
            Effect::AddedCertificate {
                listener,
                certificate,
            }
        }
        Op::RemoveListenerCertificate {
            listener,
            certificate,
        } => {
            if !seen_listener(world, listener)?
                .certificates
                .contains(certificate)
            {
                return Err("not a certificate of the listener");
            }
            Effect::RemovedCertificate {
                listener: listener.clone(),
                certificate: certificate.clone(),
            }
        }
        Op::CreateRule {
            listener,
            priority,
            spec,
            tags,
        } => {
            let listener = required(world, listener)?;
            let mut rule = rule(world, spec, &listener)?;
            rule.priority = *priority;
            rule.tags = tags.clone();
            let name = world.ownership.resource(tags).unwrap_or_default();
            let mut others = seen_listener(world, &listener)?.rules.values();
            let taken = others.any(|it| it.priority == *priority);
            if taken || *priority == 0 || *priority > MAX_RULE_PRIORITY {
                return Err("PriorityInUse");
            }
            Effect::CreatedRule {
                arn: format!("{listener}/rule/{name}"),
                listener,
                rule: Box::new(rule),
            }
        }
        Op::ModifyRule { rule: arn, spec } => {
            seen_rule(world, arn)?;
            Effect::ModifiedRule(arn.clone(), Box::new(rule(world, spec, arn)?))
        }
        Op::SetRulePriorities {
            listener,
            priorities,
        } => {
            let rules = &seen_listener(world, listener)?.rules;
            if !priorities.keys().all(|arn| rules.contains_key(arn)) {
                return Err("no such rule");
            }
            let after = rules
                .iter()
                .map(|(arn, rule)| priorities.get(arn).unwrap_or(&rule.priority));
            if after.collect::<BTreeSet<_>>().len() < rules.len() {
                return Err("PriorityInUse");
            }
            Effect::Priorities(priorities.clone())
        }
        Op::DeleteRule { rule } => {
            seen_rule(world, rule)?;
            Effect::Removed(rule.clone())
        }
        Op::AddTags { resource, tags } => Effect::Tagged(taggable(world, resource)?, tags.clone()),
        Op::RemoveTags { resource, tags } => {
            Effect::Untagged(taggable(world, resource)?, tags.clone())
        }
    })
}

fn fresh<T>(id: String, known: &BTreeMap<String, T>) -> Result<String, Refusal> {
    if known.contains_key(&id) {
        return Err("the name is taken");
    }
    Ok(id)
}

fn security_group(world: &World, id: &str) -> Result<String, Refusal> {
    let known = world.observed.security_groups.contains_key(id);
    known.then(|| id.to_owned()).ok_or("no such group")
}

fn taggable(world: &World, resource: &Taggable) -> Result<Taggable, Refusal> {
    let is_known = world.has(&resource.to_string());
    is_known.then(|| resource.clone()).ok_or("no such resource")
}
