//! What TargetGroupConfigurations ask for (docs/reference/fields.md).

use std::collections::BTreeMap;

use tributary_model::config::{HealthCheckSettings, RouteTargetGroupSettings, TargetGroupSettings};
use tributary_model::route::Route;
use tributary_model::{Kind, ObjectKey};

use crate::read::reader::Reader;
use crate::rules::unmet;
use crate::values::facts::GatewayFacts;
use crate::values::order::Age;

/// What is asked for a Service's target groups.
pub(super) struct Asked {
    pub(super) settings: TargetGroupSettings,
    /// Of the route configuration that was taken, as the end of an identity.
    pub(super) scope: String,
    /// What is refused of the configurations.
    pub(super) refused: Vec<String>,
}

/// The Service's configuration over the load balancer's default ones. Of several for one Service the oldest counts.
pub(super) fn settings(
    reader: &mut Reader<'_>,
    gateway: &GatewayFacts,
    route: &Route,
    service: &ObjectKey,
) -> Asked {
    let fallback: Vec<_> = gateway
        .default_target_groups
        .iter()
        .filter_map(|key| reader.target_group_configuration(key))
        .collect();
    let mut own = reader.target_configurations_of(service);
    own.sort_by_key(|configuration| Age {
        created: configuration.meta.created,
        key: configuration.meta.key.clone(),
    });
    let first = own.first().copied();
    let mut settings = TargetGroupSettings::default();
    let mut scope = String::new();
    let mut refused = Vec::new();
    if let [first, others @ ..] = &*own {
        let kind = Kind::TargetGroupConfiguration;
        let first = &first.meta.key;
        refused.extend(others.iter().map(|other| {
            let other = &other.meta.key;
            format!("{kind} {other} is not read: {kind} {first} is older and for the same Service")
        }));
    }
    // Weakest first.
    for configuration in fallback.into_iter().chain(first) {
        let kind = Kind::TargetGroupConfiguration;
        refused.extend(unmet::of_object(
            kind,
            &configuration.meta.key,
            &configuration.faults,
        ));
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
    Asked {
        settings,
        scope,
        refused,
    }
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
        // One field, taken whole (LBC's documentation): half of one check is another check.
        health_check: if health_check == HealthCheckSettings::default() {
            weaker.health_check
        } else {
            health_check
        },
        node_selector: node_selector.or(weaker.node_selector),
        attributes: by_key(attributes, weaker.attributes),
        target_type: target_type.or(weaker.target_type),
        protocol: protocol.or(weaker.protocol),
        protocol_version: protocol_version.or(weaker.protocol_version),
        multi_cluster: multi_cluster.or(weaker.multi_cluster),
        tags: by_key(tags, weaker.tags),
    }
}

fn by_key(
    stronger: BTreeMap<String, String>,
    mut weaker: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    weaker.extend(stronger);
    weaker
}
