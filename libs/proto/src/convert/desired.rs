//! `desired.proto`: what one load balancer should be.

use tributary_model::Precedence;
use tributary_model::desired::{
    AwaitedTarget, CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer,
    DesiredRule, DesiredTarget, DesiredTargetGroup, GatedPod, LoadBalancerKey, MemberListener,
    Patterns, RuleCondition, RuleOrigin, RuleTransform, ServedRoute, TargetGroupId, TargetId,
    WeightedTargetGroup,
};

use super::ConvertError;
use super::codec::keyed::Keyed;
use super::codec::{
    absent, content_revision, conversion, each_of, index, ip_address, keyed, known, list, message,
    number16, one_of, optional, optional_hostname, optional_name, optional_one_of, optional_port,
    parse_hostname, port_number, required, rule_id, same, shared_list, target_group_id, text,
    within,
};
use super::key::object_name;
use crate::types;
use crate::types::certificate_source::Source;
use crate::types::desired_action::Action;

use crate::types::desired_target::Id;
use crate::types::rule_condition::Condition;
use crate::types::rule_transform::Transform;

message!(
    LoadBalancerKey = types::LoadBalancerKey {
        kind: one_of,
        gateway: object_name
    }
);
conversion!(
    DesiredLoadBalancer = types::DesiredLoadBalancer {
        key: required,
        settings: required,
        listeners: keyed,
        target_groups: keyed,
        unread: each_of,
    }
);
message!(
    DesiredListener = types::DesiredListener {
        port: port_number,
        protocol: one_of,
        members: keyed,
        ssl_policy: same,
        alpn_policy: same,
        mutual_authentication: optional,
        attributes: same,
        default_action: required,
        routes: list,
        rules: shared_list,
        tags: same,
    }
);
message!(
    ServedRoute = types::ServedRoute {
        listener: required,
        route: required,
    }
);
message!(
    MemberListener = types::MemberListener {
        listener: required,
        precedence: required,
        hostname: optional_hostname,
        revision: content_revision,
        certificates: list,
    }
);
message!(
    DesiredRule = types::DesiredRule {
        id: rule_id,
        listener: required,
        origin: optional,
        conditions: list,
        authenticate: optional,
        action: required,
        transforms: list,
        tags: same,
    }
);
message!(
    RuleOrigin = types::RuleOrigin {
        route: required,
        rule: index,
        matched: index
    }
);
message!(
    WeightedTargetGroup = types::WeightedTargetGroup {
        target_group: target_group_id,
        weight: same,
    }
);
message!(
    DesiredTargetGroup = types::DesiredTargetGroup {
        id: target_group_id,
        listeners: list,
        service: optional,
        name: same,
        protocol: one_of,
        protocol_version: optional_one_of,
        port: port_number,
        target_type: one_of,
        ip_address_type: one_of,
        health_check: required,
        attributes: same,
        tags: same,
        targets: list,
        multi_cluster: same,
        awaited: list,
    }
);
message!(
    AwaitedTarget = types::AwaitedTarget {
        target: required,
        pod: required
    }
);
message!(
    GatedPod = types::GatedPod {
        key: required,
        uid: optional_name
    }
);

impl Keyed for DesiredListener {
    type Key = u16;
    const KEY_FIELD: &'static str = "port";

    fn key(&self) -> u16 {
        self.port
    }
}

impl Keyed for DesiredTargetGroup {
    type Key = TargetGroupId;
    const KEY_FIELD: &'static str = "id";

    fn key(&self) -> TargetGroupId {
        self.id.clone()
    }
}

impl Keyed for MemberListener {
    type Key = Precedence;
    const KEY_FIELD: &'static str = "precedence";

    fn key(&self) -> Precedence {
        self.precedence.clone()
    }
}

impl From<&CertificateSource> for types::CertificateSource {
    fn from(value: &CertificateSource) -> Self {
        let source = match value {
            CertificateSource::Secret {
                secret,
                fingerprint,
            } => Source::Secret(types::CertificateSecret {
                secret: required::write(secret),
                fingerprint: fingerprint.clone(),
            }),
            CertificateSource::Retained { secret } => Source::RetainedSecret(secret.into()),
            CertificateSource::Arn(arn) => Source::Arn(arn.clone()),
            CertificateSource::Discovered { hostname } => {
                Source::DiscoveredHostname(hostname.to_string())
            }
        };
        Self {
            source: Some(source),
        }
    }
}

impl TryFrom<types::CertificateSource> for CertificateSource {
    type Error = ConvertError;

    fn try_from(message: types::CertificateSource) -> Result<Self, Self::Error> {
        let source = message.source.ok_or_else(|| absent().under("source"))?;
        Ok(match source {
            Source::Secret(types::CertificateSecret {
                secret,
                fingerprint,
            }) => Self::Secret {
                secret: required::read("secret.secret", secret)?,
                fingerprint: text::read("secret.fingerprint", fingerprint)?,
            },
            Source::RetainedSecret(secret) => Self::Retained {
                secret: required::read("retained_secret", Some(secret))?,
            },
            Source::Arn(arn) => Self::Arn(arn),
            Source::DiscoveredHostname(hostname) => Self::Discovered {
                hostname: parse_hostname("discovered_hostname", &hostname)?,
            },
        })
    }
}

impl From<&Patterns> for types::Patterns {
    fn from(value: &Patterns) -> Self {
        let (syntax, values) = match value {
            Patterns::Wildcard(values) => (types::PatternSyntax::Wildcard, values),
            Patterns::Regex(values) => (types::PatternSyntax::Regex, values),
        };
        Self {
            syntax: syntax.into(),
            values: values.clone(),
        }
    }
}

impl TryFrom<types::Patterns> for Patterns {
    type Error = ConvertError;

    fn try_from(message: types::Patterns) -> Result<Self, Self::Error> {
        let types::Patterns { syntax, values } = message;
        match known("syntax", syntax)? {
            types::PatternSyntax::Unspecified => Err(absent().under("syntax")),
            types::PatternSyntax::Wildcard => Ok(Self::Wildcard(values)),
            types::PatternSyntax::Regex => Ok(Self::Regex(values)),
        }
    }
}

impl From<&RuleCondition> for types::RuleCondition {
    fn from(value: &RuleCondition) -> Self {
        let condition = match value {
            RuleCondition::HostHeader(patterns) => Condition::HostHeader(patterns.into()),
            RuleCondition::PathPattern(patterns) => Condition::PathPattern(patterns.into()),
            RuleCondition::HttpHeader { name, patterns } => {
                Condition::HttpHeader(types::HttpHeaderCondition {
                    name: name.clone(),
                    patterns: required::write(patterns),
                })
            }
            RuleCondition::QueryString(parameters) => {
                Condition::QueryString(types::QueryStringCondition {
                    parameters: parameters
                        .iter()
                        .cloned()
                        .map(|(key, value)| types::QueryParameter { key, value })
                        .collect(),
                })
            }
            RuleCondition::Method(methods) => Condition::Method(types::MethodCondition {
                methods: methods.clone(),
            }),
            RuleCondition::SourceIp(ranges) => Condition::SourceIp(types::SourceIpRanges {
                ranges: ranges.clone(),
            }),
        };
        Self {
            condition: Some(condition),
        }
    }
}

impl TryFrom<types::RuleCondition> for RuleCondition {
    type Error = ConvertError;

    fn try_from(message: types::RuleCondition) -> Result<Self, Self::Error> {
        Ok(match message.condition.ok_or_else(absent)? {
            Condition::HostHeader(patterns) => Self::HostHeader(within("host_header", patterns)?),
            Condition::PathPattern(patterns) => {
                Self::PathPattern(within("path_pattern", patterns)?)
            }
            Condition::HttpHeader(types::HttpHeaderCondition { name, patterns }) => {
                Self::HttpHeader {
                    name,
                    patterns: required::read("http_header.patterns", patterns)?,
                }
            }
            Condition::QueryString(types::QueryStringCondition { parameters }) => {
                let parameters = parameters.into_iter();
                Self::QueryString(
                    parameters
                        .map(|types::QueryParameter { key, value }| (key, value))
                        .collect(),
                )
            }
            Condition::Method(types::MethodCondition { methods }) => Self::Method(methods),
            Condition::SourceIp(types::SourceIpRanges { ranges }) => Self::SourceIp(ranges),
        })
    }
}

impl From<&DesiredAction> for types::DesiredAction {
    fn from(value: &DesiredAction) -> Self {
        let action = match value.clone() {
            DesiredAction::Forward {
                targets,
                stickiness_seconds,
            } => Action::Forward(types::ForwardAction {
                targets: list::write(&targets),
                stickiness_seconds,
            }),
            DesiredAction::Redirect {
                protocol,
                host,
                path,
                port,
                query,
                status_code,
            } => Action::Redirect(types::RedirectAction {
                protocol,
                host,
                path,
                port: optional_port::write(&port),
                query,
                status_code: number16::write(&status_code),
            }),
            DesiredAction::FixedResponse {
                status_code,
                content_type,
                body,
            } => Action::FixedResponse(types::FixedResponse {
                status_code: number16::write(&status_code),
                content_type,
                body,
            }),
        };
        Self {
            action: Some(action),
        }
    }
}

impl TryFrom<types::DesiredAction> for DesiredAction {
    type Error = ConvertError;

    fn try_from(message: types::DesiredAction) -> Result<Self, Self::Error> {
        Ok(match message.action.ok_or_else(absent)? {
            Action::Forward(types::ForwardAction {
                targets,
                stickiness_seconds,
            }) => Self::Forward {
                targets: list::read("forward.targets", targets)?,
                stickiness_seconds,
            },
            Action::Redirect(types::RedirectAction {
                protocol,
                host,
                path,
                port,
                query,
                status_code,
            }) => Self::Redirect {
                protocol,
                host,
                path,
                port: optional_port::read("redirect.port", port)?,
                query,
                status_code: number16::read("redirect.status_code", status_code)?,
            },
            Action::FixedResponse(types::FixedResponse {
                status_code,
                content_type,
                body,
            }) => Self::FixedResponse {
                status_code: number16::read("fixed_response.status_code", status_code)?,
                content_type,
                body,
            },
        })
    }
}

impl From<&RuleTransform> for types::RuleTransform {
    fn from(value: &RuleTransform) -> Self {
        let transform = match value.clone() {
            RuleTransform::UrlRewrite { regex, replace } => {
                Transform::UrlRewrite(types::Rewrite { regex, replace })
            }
            RuleTransform::HostHeaderRewrite { regex, replace } => {
                Transform::HostHeaderRewrite(types::Rewrite { regex, replace })
            }
        };
        Self {
            transform: Some(transform),
        }
    }
}

impl TryFrom<types::RuleTransform> for RuleTransform {
    type Error = ConvertError;

    fn try_from(message: types::RuleTransform) -> Result<Self, Self::Error> {
        Ok(match message.transform.ok_or_else(absent)? {
            Transform::UrlRewrite(types::Rewrite { regex, replace }) => {
                Self::UrlRewrite { regex, replace }
            }
            Transform::HostHeaderRewrite(types::Rewrite { regex, replace }) => {
                Self::HostHeaderRewrite { regex, replace }
            }
        })
    }
}

impl From<&DesiredTarget> for types::DesiredTarget {
    fn from(value: &DesiredTarget) -> Self {
        let DesiredTarget { id, port } = value;
        Self {
            id: Some(match id {
                TargetId::Ip(ip) => Id::Ip(ip_address::write(ip)),
                TargetId::Instance(instance) => Id::Instance(instance.clone()),
            }),
            port: port_number::write(port),
        }
    }
}

impl TryFrom<types::DesiredTarget> for DesiredTarget {
    type Error = ConvertError;

    fn try_from(message: types::DesiredTarget) -> Result<Self, Self::Error> {
        let types::DesiredTarget { id, port } = message;
        let id = match id.ok_or_else(|| absent().under("id"))? {
            Id::Ip(ip) => TargetId::Ip(ip_address::read("ip", ip)?),
            Id::Instance(instance) => TargetId::Instance(text::read("instance", instance)?),
        };
        Ok(Self {
            id,
            port: port_number::read("port", port)?,
        })
    }
}
