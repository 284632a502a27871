//! Steps as text: one operation a line, complete, so that equal text is the same request.

use std::fmt::{self, Display, Formatter};

use super::spec_text::{health_check, joined, option, pairs};
use super::{Handle, Op, Step, StepId, Taggable};

impl Display for StepId {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

impl Display for Handle {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Existing(id) => f.write_str(id),
            Self::Created { step: _, name } => write!(f, "new:{name}"),
        }
    }
}

impl Display for Taggable {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Elb(id) | Self::Certificate(id) | Self::SecurityGroup(id) => f.write_str(id),
        }
    }
}

impl Display for Step {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.id, self.op)?;
        if !self.after.is_empty() {
            write!(f, " | after {}", joined(&self.after))?;
        }
        if !self.following.is_empty() {
            write!(f, " | following {}", joined(&self.following))?;
        }
        Ok(())
    }
}

impl Display for Op {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::CreateSecurityGroup(spec) => write!(
                f,
                "create security group {} in {} ({}) tags [{}]",
                spec.name,
                spec.vpc,
                spec.description,
                pairs(&spec.tags)
            ),
            Self::AuthorizeIngress { group, rules } => {
                write!(f, "authorize ingress of {group}: {}", joined(rules))
            }
            Self::RevokeIngress { group, rules } => {
                write!(f, "revoke ingress of {group}: {}", joined(rules))
            }
            Self::DeleteSecurityGroup { group } => write!(f, "delete security group {group}"),
            Self::CreateBackendGroup(spec) => write!(
                f,
                "create backend group {} in {} ({}) tags [{}]",
                spec.name,
                spec.vpc,
                spec.description,
                pairs(&spec.tags)
            ),
            Self::LeaveBackendGroup { group, claim: _ } => write!(f, "leave backend group {group}"),
            Self::OpenTargets {
                group,
                source,
                traffic,
                tags: _,
                claim: _,
                spare: _,
            } => write!(f, "open targets in {group}: {traffic} from {source}"),
            Self::CloseTargets {
                group,
                source,
                traffic,
                claim: _,
            } => write!(f, "close targets in {group}: {traffic} from {source}"),
            Self::ImportCertificate {
                secret,
                fingerprint,
                existing,
                tags,
            } => {
                write!(f, "import certificate {secret} {fingerprint}")?;
                match existing {
                    Some(arn) => write!(f, " over {arn}"),
                    None => write!(f, " tags [{}]", pairs(tags)),
                }
            }
            Self::DeleteCertificate { certificate } => {
                write!(f, "delete certificate {certificate}")
            }
            Self::CreateTargetGroup(spec) => {
                write!(
                    f,
                    "create target group {} in {} {} port {} {:?} {:?}",
                    spec.name,
                    spec.vpc,
                    spec.protocol.as_str(),
                    spec.port,
                    spec.target_type,
                    spec.ip_address_type,
                )?;
                option(f, "version", spec.protocol_version.as_ref())?;
                health_check(f, &spec.health_check)?;
                write!(f, " tags [{}]", pairs(&spec.tags))
            }
            Self::ModifyTargetGroup {
                target_group,
                health_check: settings,
            } => {
                write!(f, "modify target group {target_group}")?;
                health_check(f, settings)
            }
            Self::ModifyTargetGroupAttributes {
                target_group,
                attributes,
            } => write!(
                f,
                "set attributes of target group {target_group}: {}",
                pairs(attributes)
            ),
            Self::RegisterTargets {
                target_group,
                vpc: _,
                targets,
            } => write!(f, "register with {target_group}: {}", joined(targets)),
            Self::DeregisterTargets {
                target_group,
                targets,
            } => write!(f, "deregister from {target_group}: {}", joined(targets)),
            Self::DeleteTargetGroup { target_group } => {
                write!(f, "delete target group {target_group}")
            }
            Self::CreateLoadBalancer(spec) => {
                write!(
                    f,
                    "create {} {} {:?} {:?} subnets {} security groups [{}]",
                    spec.kind.as_str(),
                    spec.name,
                    spec.scheme,
                    spec.ip_address_type,
                    joined(&spec.subnets),
                    joined(&spec.security_groups),
                )?;
                option(f, "coip", spec.customer_owned_ipv4_pool.as_ref())?;
                option(f, "ipam", spec.ipv4_ipam_pool.as_ref())?;
                write!(f, " tags [{}]", pairs(&spec.tags))
            }
            Self::SetSubnets {
                load_balancer,
                subnets,
            } => write!(f, "set subnets of {load_balancer}: {}", joined(subnets)),
            Self::SetSecurityGroups {
                load_balancer,
                security_groups,
            } => write!(
                f,
                "set security groups of {load_balancer}: {}",
                joined(security_groups)
            ),
            Self::SetIpAddressType {
                load_balancer,
                ip_address_type,
            } => write!(
                f,
                "set ip address type of {load_balancer}: {ip_address_type:?}"
            ),
            Self::ModifyLoadBalancerAttributes {
                load_balancer,
                attributes,
            } => write!(
                f,
                "set attributes of {load_balancer}: {}",
                pairs(attributes)
            ),
            Self::DeleteLoadBalancer { load_balancer } => {
                write!(f, "delete load balancer {load_balancer}")
            }
            Self::CreateListener {
                load_balancer,
                spec,
                tags,
            } => write!(
                f,
                "create listener on {load_balancer}: {spec} tags [{}]",
                pairs(tags)
            ),
            Self::ModifyListener { listener, spec } => {
                write!(f, "modify listener {listener}: {spec}")
            }
            Self::ModifyListenerAttributes {
                listener,
                attributes,
            } => write!(
                f,
                "set attributes of listener {listener}: {}",
                pairs(attributes)
            ),
            Self::DeleteListener { listener } => write!(f, "delete listener {listener}"),
            Self::AddListenerCertificate {
                listener,
                certificate,
            } => write!(f, "add certificate {certificate} to listener {listener}"),
            Self::RemoveListenerCertificate {
                listener,
                certificate,
            } => write!(
                f,
                "remove certificate {certificate} from listener {listener}"
            ),
            Self::CreateRule {
                listener,
                priority,
                spec,
                tags,
            } => write!(
                f,
                "create rule {priority} on {listener}: {spec} tags [{}]",
                pairs(tags)
            ),
            Self::ModifyRule { rule, spec } => write!(f, "modify rule {rule}: {spec}"),
            Self::SetRulePriorities {
                listener,
                priorities,
            } => write!(
                f,
                "set priorities of {listener}: {}",
                joined(
                    priorities
                        .iter()
                        .map(|(rule, priority)| format!("{rule}={priority}"))
                )
            ),
            Self::DeleteRule { rule } => write!(f, "delete rule {rule}"),
            Self::AddTags { resource, tags } => write!(f, "tag {resource}: {}", pairs(tags)),
            Self::RemoveTags { resource, tags } => write!(f, "untag {resource}: {}", pairs(tags)),
        }
    }
}
