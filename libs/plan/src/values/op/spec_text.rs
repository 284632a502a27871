//! What operations carry, as text.

use std::fmt::{self, Debug, Display, Formatter, Write};

use tributary_model::config::{HealthCheckSettings, MutualAuthentication};
use tributary_model::desired::{Patterns, RuleCondition, RuleTransform};
use tributary_model::elb::TargetProtocol;

use super::{
    Action, IngressRule, IngressSource, IngressTraffic, ListenerSpec, RuleSpec, SubnetMapping,
};

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

impl Display for IngressTraffic {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(from, to) => write!(f, "tcp {from}-{to}"),
            Self::Udp(from, to) => write!(f, "udp {from}-{to}"),
            Self::Icmp => f.write_str("icmp"),
            Self::Icmpv6 => f.write_str("icmpv6"),
            Self::Other(index) => write!(f, "other #{index}"),
        }
    }
}

impl Display for IngressRule {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} from {}", self.traffic, self.source)
    }
}

impl Display for IngressSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ipv4(id) | Self::Ipv6(id) | Self::PrefixList(id) | Self::Group(id) => {
                f.write_str(id)
            }
        }
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

pub(super) fn health_check(f: &mut Formatter<'_>, settings: &HealthCheckSettings) -> fmt::Result {
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
    option(f, "protocol", protocol.map(TargetProtocol::as_str).as_ref())?;
    option(f, "path", path.as_ref())?;
    option(f, "port", port.as_ref())?;
    option(f, "interval", interval_seconds.as_ref())?;
    option(f, "timeout", timeout_seconds.as_ref())?;
    option(f, "healthy", healthy_threshold.as_ref())?;
    option(f, "unhealthy", unhealthy_threshold.as_ref())?;
    option(f, "http", http_codes.as_ref())?;
    option(f, "grpc", grpc_codes.as_ref())
}

pub(super) fn option(f: &mut Formatter<'_>, name: &str, value: Option<&impl Debug>) -> fmt::Result {
    match value {
        Some(value) => write!(f, " {name}={value:?}"),
        None => Ok(()),
    }
}

pub(super) fn pairs<'a>(pairs: impl IntoIterator<Item = (&'a String, &'a String)>) -> String {
    joined(
        pairs
            .into_iter()
            .map(|(key, value)| format!("{key}={value}")),
    )
}

pub(super) fn joined<T: Display>(items: impl IntoIterator<Item = T>) -> String {
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
