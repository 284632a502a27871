//! Desired load balancers. What nobody asked for is left out; revisions too, since they are hashes.

use serde_json::Value;
use tributary_model::ListenerRef;
use tributary_model::config::{AuthenticateAction, HealthCheckSettings};
use tributary_model::desired::{
    CertificateSource, DesiredAction, DesiredListener, DesiredLoadBalancer, DesiredRule,
    DesiredTarget, DesiredTargetGroup, MemberListener, Patterns, RuleCondition, RuleOrigin,
    RuleTransform, WeightedTargetGroup,
};
use tributary_model::elb::{TargetIpAddressType, TargetProtocol};

use super::settings::{client_certificates, settings};
use super::{Fields, pairs, texts};

/// One load balancer, without its key.
pub(crate) fn load_balancer(desired: &DesiredLoadBalancer) -> Value {
    let DesiredLoadBalancer {
        key: _,
        settings: wanted,
        listeners,
        target_groups,
        unread,
    } = desired;
    let ports = listeners
        .iter()
        .fold(Fields::default(), |fields, (port, one)| {
            fields.put(port, listener(one))
        });
    let groups = target_groups
        .iter()
        .fold(Fields::default(), |fields, (id, one)| {
            fields.put(id, target_group(one))
        });
    Fields::default()
        .put("settings", settings(wanted))
        .put("listeners", ports)
        .put("targetGroups", groups)
        .put("unread", texts(unread))
        .into()
}

fn listener(desired: &DesiredListener) -> Value {
    let DesiredListener {
        port: _,
        protocol,
        members,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
        attributes,
        default_action,
        routes,
        rules,
        tags,
    } = desired;
    Fields::default()
        .put("protocol", protocol.as_str())
        .put("members", texts(members.values().map(|one| member(one))))
        .put(
            "certificates",
            texts(desired.certificates().map(certificate)),
        )
        .put("sslPolicy", ssl_policy.as_deref())
        .put("alpnPolicy", alpn_policy.as_deref())
        .put(
            "mutualAuthentication",
            mutual_authentication.as_ref().map(client_certificates),
        )
        .put("attributes", pairs(attributes))
        .put("defaultAction", action(default_action))
        .put(
            "routes",
            texts(
                routes
                    .iter()
                    .map(|it| format!("{} on {}", it.route, it.listener)),
            ),
        )
        .put(
            "rules",
            rules.iter().map(|one| rule(one)).collect::<Value>(),
        )
        .put("tags", pairs(tags))
        .into()
}

fn member(desired: &MemberListener) -> String {
    let MemberListener {
        listener,
        // The order shows it.
        precedence: _,
        hostname,
        revision: _,
        // Rendered for the whole port.
        certificates: _,
    } = desired;
    let hostname = hostname
        .as_ref()
        .map_or("any host".to_owned(), ToString::to_string);
    format!("{listener} ({hostname})")
}

fn certificate((listener, source): (&ListenerRef, &CertificateSource)) -> String {
    let source = match source {
        // The fingerprint covers the key: it would only repeat the input.
        CertificateSource::Secret {
            secret,
            fingerprint: _,
        } => format!("Secret {secret}"),
        CertificateSource::Retained { secret } => format!("Secret {secret} as imported before"),
        CertificateSource::Arn(arn) => arn.clone(),
        CertificateSource::Discovered { hostname } => format!("ACM {hostname}"),
    };
    format!("{source} for {listener}")
}

fn rule(desired: &DesiredRule) -> Value {
    let DesiredRule {
        id,
        listener,
        origin,
        conditions,
        authenticate,
        action: then,
        transforms,
        tags,
    } = desired;
    let from = origin.as_ref().map_or(
        "isolation".to_owned(),
        |RuleOrigin {
             route,
             rule,
             matched,
         }| { format!("{route} rules[{rule}].matches[{matched}]") },
    );
    Fields::default()
        .put("id", id.to_string())
        .put("for", listener.to_string())
        .put("from", from)
        .put("when", texts(conditions.iter().map(condition)))
        .put("authenticate", authenticate.as_ref().map(authentication))
        .put("then", action(then))
        .put("transforms", texts(transforms.iter().map(transform)))
        .put("tags", pairs(tags))
        .into()
}

fn condition(wanted: &RuleCondition) -> String {
    match wanted {
        RuleCondition::HostHeader(values) => format!("host {}", patterns(values)),
        RuleCondition::PathPattern(values) => format!("path {}", patterns(values)),
        RuleCondition::HttpHeader {
            name,
            patterns: values,
        } => format!("header {name} {}", patterns(values)),
        RuleCondition::QueryString(wanted) => {
            let alternatives: Vec<String> = wanted
                .iter()
                .map(|(key, value)| {
                    key.as_ref()
                        .map_or(value.clone(), |key| format!("{key}={value}"))
                })
                .collect();
            format!("query {}", alternatives.join(" | "))
        }
        RuleCondition::Method(methods) => format!("method {}", methods.join(" | ")),
        RuleCondition::SourceIp(ranges) => format!("source {}", ranges.join(" | ")),
    }
}

fn patterns(wanted: &Patterns) -> String {
    match wanted {
        Patterns::Wildcard(values) => values.join(" | "),
        Patterns::Regex(values) => format!("regex {}", values.join(" | ")),
    }
}

fn action(wanted: &DesiredAction) -> Value {
    match wanted {
        DesiredAction::Forward {
            targets,
            stickiness_seconds,
        } => Fields::default()
            .put(
                "forward",
                texts(targets.iter().map(
                    |WeightedTargetGroup {
                         target_group,
                         weight,
                     }| { format!("{weight} to {target_group}") },
                )),
            )
            .put("stickinessSeconds", *stickiness_seconds)
            .into(),
        DesiredAction::Redirect {
            protocol,
            host,
            path,
            port,
            query,
            status_code,
        } => {
            let to = Fields::default()
                .put("protocol", protocol.as_deref())
                .put("host", host.as_deref())
                .put("path", path.as_deref())
                .put("port", *port)
                .put("query", query.as_deref())
                .put("statusCode", *status_code);
            Fields::default().put("redirect", to).into()
        }
        DesiredAction::FixedResponse {
            status_code,
            content_type,
            body,
        } => Fields::default()
            .put("answer", *status_code)
            .put("contentType", content_type.as_deref())
            .put("body", body.as_deref())
            .into(),
    }
}

fn transform(wanted: &RuleTransform) -> String {
    match wanted {
        RuleTransform::UrlRewrite { regex, replace } => format!("url {regex} -> {replace}"),
        RuleTransform::HostHeaderRewrite { regex, replace } => format!("host {regex} -> {replace}"),
    }
}

fn authentication(wanted: &AuthenticateAction) -> Value {
    match wanted {
        AuthenticateAction::Oidc {
            fields,
            extra_params,
            secret,
        } => Fields::default()
            .put("oidc", pairs(fields))
            .put("extraParams", pairs(extra_params))
            .put("secret", secret.to_string())
            .into(),
        AuthenticateAction::Cognito {
            fields,
            extra_params,
        } => Fields::default()
            .put("cognito", pairs(fields))
            .put("extraParams", pairs(extra_params))
            .into(),
        AuthenticateAction::Jwt {
            jwks_endpoint,
            issuer,
            claims,
        } => Fields::default()
            .put("jwt", jwks_endpoint.clone())
            .put("issuer", issuer.clone())
            .put("claims", texts(claims.iter().map(|claim| &claim.name)))
            .into(),
    }
}

fn target_group(desired: &DesiredTargetGroup) -> Value {
    let DesiredTargetGroup {
        id: _,
        listeners,
        service,
        name,
        protocol,
        protocol_version,
        port,
        target_type,
        ip_address_type,
        health_check: check,
        attributes,
        tags,
        targets,
        awaited,
        multi_cluster,
    } = desired;
    let version = protocol_version
        .map(|version| format!(" {version:?}"))
        .unwrap_or_default();
    let family = match ip_address_type {
        TargetIpAddressType::Ipv4 => "",
        TargetIpAddressType::Ipv6 => " IPv6",
    };
    Fields::default()
        .put(
            "is",
            format!(
                "{}{version} {port} {target_type:?}{family}",
                protocol.as_str()
            ),
        )
        .put("for", texts(listeners))
        .put("service", service.as_ref().map(ToString::to_string))
        .put("name", name.as_deref())
        .put("healthCheck", health_check(check))
        .put("attributes", pairs(attributes))
        .put("tags", pairs(tags))
        .put(
            "targets",
            texts(
                targets
                    .iter()
                    .map(|DesiredTarget { id, port }| format!("{id}:{port}")),
            ),
        )
        .put(
            "awaited by",
            texts(awaited.iter().map(|awaited| &awaited.pod.key)),
        )
        .put("shared", multi_cluster.then_some("with other clusters"))
        .into()
}

fn health_check(wanted: &HealthCheckSettings) -> Fields {
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
    } = wanted;
    Fields::default()
        .put("healthyThreshold", *healthy_threshold)
        .put("intervalSeconds", *interval_seconds)
        .put("path", path.as_deref())
        .put("port", port.as_deref())
        .put("protocol", protocol.map(TargetProtocol::as_str))
        .put("timeoutSeconds", *timeout_seconds)
        .put("unhealthyThreshold", *unhealthy_threshold)
        .put("httpCodes", http_codes.as_deref())
        .put("grpcCodes", grpc_codes.as_deref())
}
