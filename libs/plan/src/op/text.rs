//! Plans as text: one operation a line, complete, so that equal text is the same request.

use std::collections::BTreeMap;
use std::fmt::{self, Debug, Display, Formatter, Write};

use tributary_model::config::{HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{DesiredTarget, Patterns, RuleCondition, RuleTransform};

use super::{
    Action, Handle, IngressRule, IngressSource, IngressTraffic, ListenerSpec, Op, Plan, RuleSpec,
    Step, StepId, SubnetMapping, Taggable,
};

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

impl Display for Plan {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            writeln!(f, "{step}")?;
        }
        for waiting in &self.waiting {
            writeln!(f, "waiting: {waiting}")?;
        }
        Ok(())
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
                targets,
            } => write!(
                f,
                "register with {target_group}: {}",
                joined(targets.iter().map(Target))
            ),
            Self::DeregisterTargets {
                target_group,
                targets,
            } => write!(
                f,
                "deregister from {target_group}: {}",
                joined(targets.iter().map(Target))
            ),
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

impl Display for ListenerSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{} default {}",
            self.protocol.as_str(),
            self.port,
            self.default_action
        )?;
        if let Some(certificate) = &self.certificate {
            write!(f, " certificate {certificate}")?;
        }
        option(f, "policy", self.ssl_policy.as_ref())?;
        option(f, "alpn", self.alpn_policy.as_ref())?;
        let Some(MutualAuthentication {
            mode,
            trust_store,
            advertise_ca_names,
            ignore_client_certificate_expiry,
        }) = &self.mutual_authentication
        else {
            return Ok(());
        };
        write!(f, " mtls {mode:?}")?;
        option(f, "trust-store", trust_store.as_ref())?;
        option(f, "advertise", advertise_ca_names.as_ref())?;
        option(
            f,
            "ignore-expiry",
            ignore_client_certificate_expiry.as_ref(),
        )
    }
}

impl Display for RuleSpec {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "if {}", joined(self.conditions.iter().map(Condition)))?;
        if let Some(authentication) = &self.authenticate {
            write!(f, " authenticate {:?}", authentication.action)?;
            if let Some(secret) = &authentication.client_secret {
                write!(f, " secret {secret}")?;
            }
            option(
                f,
                "fingerprint",
                authentication.client_secret_fingerprint.as_ref(),
            )?;
        }
        write!(f, " then {}", self.action)?;
        for transform in &self.transforms {
            let (name, regex, replace) = match transform {
                RuleTransform::UrlRewrite { regex, replace } => ("url", regex, replace),
                RuleTransform::HostHeaderRewrite { regex, replace } => ("host", regex, replace),
            };
            write!(f, " rewrite {name} {regex:?} to {replace:?}")?;
        }
        Ok(())
    }
}

impl<T: Display> Display for Action<T> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Forward {
                targets,
                stickiness_seconds,
            } => {
                let targets = targets
                    .iter()
                    .map(|(group, weight)| format!("{group}*{weight}"));
                write!(f, "forward {}", joined(targets))?;
                option(f, "sticky", stickiness_seconds.as_ref())
            }
            Self::Redirect {
                protocol,
                host,
                path,
                port,
                query,
                status_code,
            } => {
                write!(f, "redirect {status_code}")?;
                option(f, "protocol", protocol.as_ref())?;
                option(f, "host", host.as_ref())?;
                option(f, "path", path.as_ref())?;
                option(f, "port", port.as_ref())?;
                option(f, "query", query.as_ref())
            }
            Self::FixedResponse {
                status_code,
                content_type,
                body,
            } => {
                write!(f, "respond {status_code}")?;
                option(f, "type", content_type.as_ref())?;
                option(f, "body", body.as_ref())
            }
            Self::Foreign(kind) => write!(f, "foreign {kind}"),
        }
    }
}

impl Display for IngressRule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.traffic {
            IngressTraffic::Tcp(from, to) => write!(f, "tcp {from}-{to}")?,
            IngressTraffic::Udp(from, to) => write!(f, "udp {from}-{to}")?,
            IngressTraffic::Icmp => f.write_str("icmp")?,
            IngressTraffic::Icmpv6 => f.write_str("icmpv6")?,
            IngressTraffic::Other(index) => write!(f, "other #{index}")?,
        }
        let (IngressSource::Ipv4(source)
        | IngressSource::Ipv6(source)
        | IngressSource::PrefixList(source)
        | IngressSource::Group(source)) = &self.source;
        write!(f, " from {source}")
    }
}

impl Display for SubnetMapping {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            subnet,
            eip_allocation,
            private_ipv4,
            ipv6,
            source_nat_ipv6_prefix,
        } = self;
        f.write_str(subnet)?;
        for (mark, address) in [
            ("eip", eip_allocation),
            ("ipv4", private_ipv4),
            ("ipv6", ipv6),
            ("snat", source_nat_ipv6_prefix),
        ] {
            if let Some(address) = address {
                write!(f, "/{mark}={address}")?;
            }
        }
        Ok(())
    }
}

struct Target<'a>(&'a DesiredTarget);

impl Display for Target<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.0.id, self.0.port)
    }
}

struct Condition<'a>(&'a RuleCondition);

impl Display for Condition<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self.0 {
            RuleCondition::HostHeader(patterns) => write!(f, "host {}", values(patterns)),
            RuleCondition::PathPattern(patterns) => write!(f, "path {}", values(patterns)),
            RuleCondition::HttpHeader { name, patterns } => {
                write!(f, "header {name} {}", values(patterns))
            }
            RuleCondition::QueryString(pairs) => {
                let pairs = pairs.iter().map(|(key, value)| match key {
                    Some(key) => format!("{key:?}={value:?}"),
                    None => format!("{value:?}"),
                });
                write!(f, "query {}", joined(pairs))
            }
            RuleCondition::Method(methods) => write!(f, "method {}", joined(methods)),
            RuleCondition::SourceIp(sources) => write!(f, "source {}", joined(sources)),
        }
    }
}

fn values(patterns: &Patterns) -> String {
    let (mark, values) = match patterns {
        Patterns::Wildcard(values) => ("", values),
        Patterns::Regex(values) => ("~", values),
    };
    joined(values.iter().map(|value| format!("{mark}{value:?}")))
}

fn health_check(f: &mut Formatter<'_>, settings: &HealthCheckSettings) -> fmt::Result {
    let HealthCheckSettings {
        healthy_threshold,
        interval_seconds,
        path,
        port,
        protocol,
        timeout_seconds,
        unhealthy_threshold,
        http_codes,
        grpc_codes,
    } = settings;
    f.write_str(" check")?;
    option(f, "protocol", protocol.map(|it| it.as_str()).as_ref())?;
    option(f, "path", path.as_ref())?;
    option(f, "port", port.as_ref())?;
    option(f, "interval", interval_seconds.as_ref())?;
    option(f, "timeout", timeout_seconds.as_ref())?;
    option(f, "healthy", healthy_threshold.as_ref())?;
    option(f, "unhealthy", unhealthy_threshold.as_ref())?;
    option(f, "http", http_codes.as_ref())?;
    option(f, "grpc", grpc_codes.as_ref())
}

fn option(f: &mut Formatter<'_>, name: &str, value: Option<&impl Debug>) -> fmt::Result {
    match value {
        Some(value) => write!(f, " {name}={value:?}"),
        None => Ok(()),
    }
}

fn pairs(map: &BTreeMap<String, String>) -> String {
    joined(map.iter().map(|(key, value)| format!("{key}={value}")))
}

fn joined<T: Display>(items: impl IntoIterator<Item = T>) -> String {
    let mut text = String::new();
    for (index, item) in items.into_iter().enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        // Writing to a String cannot fail; an error could only come from an item's own Display.
        if write!(text, "{item}").is_err() {
            text.push('?');
        }
    }
    text
}
