//! One step: the call that an operation stands for, and what its success means.

use tributary_plan::effect::Effect;
use tributary_plan::observed::Opening;
use tributary_plan::op::Op;

use super::sharing::{self, Claimed};
use super::{Created, elb, other, targets};
use crate::Aws;
use crate::elbv2::Answer;
use crate::secrets::SecretSource;

pub(super) async fn take(
    aws: &Aws,
    secrets: &dyn SecretSource,
    op: &Op,
    created: &Created,
) -> Answer<Effect> {
    let (elbv2, ec2, acm) = (&*aws.elbv2, &*aws.ec2, &*aws.acm);
    match op {
        Op::CreateSecurityGroup(spec) => other::create_security_group(ec2, spec).await,
        Op::AuthorizeIngress { group, rules } => {
            other::authorize(ec2, created.id(group)?, rules).await
        }
        Op::RevokeIngress { group, rules } => other::revoke(ec2, group, rules).await,
        Op::DeleteSecurityGroup { group } => {
            other::gone(ec2.delete_security_group(group).await)?;
            Ok(Effect::Removed(group.clone()))
        }
        Op::CreateBackendGroup(spec) => sharing::create_group(ec2, spec).await,
        Op::LeaveBackendGroup { group, claim } => sharing::leave_group(ec2, group, claim).await,
        Op::OpenTargets {
            group,
            source,
            traffic,
            tags,
            claim,
            spare,
        } => {
            let opening = Opening {
                source: created.id(source)?,
                traffic: *traffic,
            };
            let rule = Claimed {
                group,
                opening,
                claim,
            };
            sharing::open(aws, rule, tags, *spare).await
        }
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
            let rule = Claimed {
                group,
                opening,
                claim,
            };
            sharing::close(ec2, rule).await
        }
        Op::ImportCertificate {
            secret,
            fingerprint,
            existing,
            tags,
        } => {
            let material = other::material(secrets, secret, fingerprint).await?;
            match existing {
                Some(arn) => other::import_over(acm, &material, arn).await,
                None => other::import_new(acm, &material, tags).await,
            }
        }
        Op::DeleteCertificate { certificate } => {
            other::gone(acm.delete(certificate).await)?;
            Ok(Effect::Removed(certificate.clone()))
        }
        Op::CreateTargetGroup(spec) => elb::create_target_group(elbv2, spec).await,
        Op::ModifyTargetGroup {
            target_group,
            health_check,
        } => elb::modify_target_group(elbv2, target_group, health_check).await,
        Op::ModifyTargetGroupAttributes {
            target_group,
            attributes,
        } => elb::target_group_attributes(elbv2, created.id(target_group)?, attributes).await,
        Op::RegisterTargets {
            target_group,
            vpc,
            targets,
        } => {
            let outside = targets::outside(aws, vpc, targets).await?;
            targets::register(elbv2, created.id(target_group)?, targets, &outside).await
        }
        Op::DeregisterTargets {
            target_group,
            targets,
        } => targets::deregister(elbv2, target_group, targets).await,
        Op::DeleteTargetGroup { target_group } => {
            other::gone(elbv2.delete_target_group(target_group).await)?;
            Ok(Effect::Removed(target_group.clone()))
        }
        Op::CreateLoadBalancer(spec) => {
            let security_groups = created.ids(&spec.security_groups)?;
            elb::create_load_balancer(elbv2, spec, security_groups).await
        }
        Op::SetSubnets {
            load_balancer,
            subnets,
        } => elb::set_subnets(elbv2, load_balancer, subnets).await,
        Op::SetSecurityGroups {
            load_balancer,
            security_groups,
        } => elb::set_security_groups(elbv2, load_balancer, created.ids(security_groups)?).await,
        Op::SetIpAddressType {
            load_balancer,
            ip_address_type,
        } => elb::set_ip_address_type(elbv2, load_balancer, *ip_address_type).await,
        Op::ModifyLoadBalancerAttributes {
            load_balancer,
            attributes,
        } => elb::load_balancer_attributes(elbv2, created.id(load_balancer)?, attributes).await,
        Op::DeleteLoadBalancer { load_balancer } => {
            other::gone(elbv2.delete_load_balancer(load_balancer).await)?;
            Ok(Effect::Removed(load_balancer.clone()))
        }
        Op::CreateListener {
            load_balancer,
            spec,
            tags,
        } => {
            let request = elb::listener_request(elbv2, spec, created).await?;
            elb::create_listener(elbv2, created.id(load_balancer)?, request, tags).await
        }
        Op::ModifyListener { listener, spec } => {
            let request = elb::listener_request(elbv2, spec, created).await?;
            elb::modify_listener(elbv2, listener, request).await
        }
        Op::ModifyListenerAttributes {
            listener,
            attributes,
        } => elb::listener_attributes(elbv2, created.id(listener)?, attributes).await,
        Op::DeleteListener { listener } => {
            other::gone(elbv2.delete_listener(listener).await)?;
            Ok(Effect::Removed(listener.clone()))
        }
        Op::AddListenerCertificate {
            listener,
            certificate,
        } => {
            let (listener, certificate) = (created.id(listener)?, created.id(certificate)?);
            elb::add_certificate(elbv2, listener, certificate).await
        }
        Op::RemoveListenerCertificate {
            listener,
            certificate,
        } => elb::remove_certificate(elbv2, listener, certificate).await,
        Op::CreateRule {
            listener,
            priority,
            spec,
            tags,
        } => {
            let request = elb::rule_request(secrets, spec, created).await?;
            elb::create_rule(elbv2, created.id(listener)?, *priority, request, tags).await
        }
        Op::ModifyRule { rule, spec } => {
            let request = elb::rule_request(secrets, spec, created).await?;
            elb::modify_rule(elbv2, rule, request).await
        }
        Op::SetRulePriorities {
            listener: _,
            priorities,
        } => elb::set_priorities(elbv2, priorities).await,
        Op::DeleteRule { rule } => {
            other::gone(elbv2.delete_rule(rule).await)?;
            Ok(Effect::Removed(rule.clone()))
        }
        Op::AddTags { resource, tags } => other::add_tags(aws, resource, tags).await,
        Op::RemoveTags { resource, tags } => other::remove_tags(aws, resource, tags).await,
    }
}
