//! What TargetGroupConfigurations ask for (spec/aws §1).

use std::collections::BTreeMap;

use tributary_model::ObjectKey;
use tributary_model::config::{HealthCheckSettings, RouteTargetGroupSettings, TargetGroupSettings};
use tributary_model::route::Route;

use crate::facts::GatewayFacts;
use crate::order::Age;
use crate::reads::Reader;

/// The Service's configuration over the load balancer's default one, and the scope of the route
/// configuration that was taken, as the end of an identity. Of several for one Service the oldest counts.
pub(super) fn settings(
    reader: &mut Reader<'_>,
    gateway: &GatewayFacts,
    route: &Route,
    service: &ObjectKey,
) -> (TargetGroupSettings, String) {
    let fallback = gateway
        .default_target_groups
        .as_ref()
        .and_then(|key| reader.target_group_configuration(key));
    let own = reader
        .target_configurations_of(service)
        .into_iter()
        .min_by_key(|configuration| Age {
            created: configuration.meta.created,
            key: configuration.meta.key.clone(),
        });
    let mut settings = TargetGroupSettings::default();
    let mut scope = String::new();
    // Weakest first.
    for configuration in fallback.into_iter().chain(own) {
        settings = over(&configuration.default, settings);
        let matched = configuration
            .routes
            .iter()
            .filter(|candidate| applies(candidate, route))
            .max_by_key(|candidate| (candidate.namespace.is_some(), candidate.name.is_some()));
        if let Some(matched) = matched {
            settings = over(&matched.settings, settings);
            scope.push_str(&scope_of(matched));
        }
    }
    (settings, scope)
}

fn applies(candidate: &RouteTargetGroupSettings, route: &Route) -> bool {
    let key = &route.meta.key;
    candidate.kind == route.kind
        && candidate
            .namespace
            .as_ref()
            .is_none_or(|namespace| *namespace == key.namespace)
        && candidate.name.as_ref().is_none_or(|name| *name == key.name)
}

fn scope_of(matched: &RouteTargetGroupSettings) -> String {
    let mut scope = format!("/{}", matched.kind.kind());
    for part in matched.namespace.iter().chain(&matched.name) {
        scope.push('/');
        scope.push_str(part);
    }
    scope
}

fn over(stronger: &TargetGroupSettings, weaker: TargetGroupSettings) -> TargetGroupSettings {
    let TargetGroupSettings {
        name,
        ip_address_type,
        health_check,
        node_selector,
        attributes,
        target_type,
        protocol,
        protocol_version,
        multi_cluster,
        tags,
    } = stronger.clone();
    TargetGroupSettings {
        name: name.or(weaker.name),
        ip_address_type: ip_address_type.or(weaker.ip_address_type),
        health_check: health_check_over(health_check, weaker.health_check),
        node_selector: node_selector.or(weaker.node_selector),
        attributes: by_key(attributes, weaker.attributes),
        target_type: target_type.or(weaker.target_type),
        protocol: protocol.or(weaker.protocol),
        protocol_version: protocol_version.or(weaker.protocol_version),
        multi_cluster: multi_cluster.or(weaker.multi_cluster),
        tags: by_key(tags, weaker.tags),
    }
}

fn health_check_over(
    stronger: HealthCheckSettings,
    weaker: HealthCheckSettings,
) -> HealthCheckSettings {
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
    } = stronger;
    HealthCheckSettings {
        healthy_threshold: healthy_threshold.or(weaker.healthy_threshold),
        interval_seconds: interval_seconds.or(weaker.interval_seconds),
        path: path.or(weaker.path),
        port: port.or(weaker.port),
        protocol: protocol.or(weaker.protocol),
        timeout_seconds: timeout_seconds.or(weaker.timeout_seconds),
        unhealthy_threshold: unhealthy_threshold.or(weaker.unhealthy_threshold),
        http_codes: http_codes.or(weaker.http_codes),
        grpc_codes: grpc_codes.or(weaker.grpc_codes),
    }
}

fn by_key(
    stronger: BTreeMap<String, String>,
    mut weaker: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    weaker.extend(stronger);
    weaker
}
