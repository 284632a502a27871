//! TargetGroupConfiguration.

use std::ops::RangeInclusive;

use tributary_model::config as model;
use tributary_model::elb;
use tributary_model::{Kind, Meta, RouteKind};

use super::{SPEC, attributes};
use crate::check;
use crate::crds::{
    HealthCheckConfig, HealthCheckProtocol, ProtocolVersion, RouteConfiguration, RouteIdentifier,
    RouteIdentifierKind, TargetGroupConfigurationSpec, TargetGroupProps, TargetIpAddressType,
    TargetProtocol, TargetReference, TargetType,
};
use crate::fault::{Fault, Path};
use crate::selector::label_selector;

pub(crate) fn target_group_configuration(
    meta: Meta,
    spec: TargetGroupConfigurationSpec,
) -> Result<model::TargetGroupConfiguration, Fault> {
    let TargetGroupConfigurationSpec {
        target_reference,
        default_configuration,
        route_configurations,
    } = spec;
    let routes_path = SPEC.field("routeConfigurations");
    Ok(model::TargetGroupConfiguration {
        meta,
        target_reference: target_reference
            .map(|reference| self::target_reference(&SPEC.field("targetReference"), reference))
            .transpose()?,
        default: settings(
            &SPEC.field("defaultConfiguration"),
            default_configuration.unwrap_or_default(),
        )?,
        routes: route_configurations
            .unwrap_or_default()
            .into_iter()
            .enumerate()
            .map(|(index, entry)| route(&routes_path.index(index), entry))
            .collect::<Result<_, _>>()?,
    })
}

fn target_reference(
    at: &Path<'_>,
    reference: TargetReference,
) -> Result<model::TargetReference, Fault> {
    let TargetReference { group, kind, name } = reference;
    Ok(model::TargetReference {
        group: check::group(&at.field("group"), group.unwrap_or_default())?,
        kind: check::kind(
            &at.field("kind"),
            kind.unwrap_or_else(|| Kind::Service.as_str().to_owned()),
        )?,
        name: check::reference_name(&at.field("name"), name)?,
    })
}

fn route(
    at: &Path<'_>,
    entry: RouteConfiguration,
) -> Result<model::RouteTargetGroupSettings, Fault> {
    let RouteConfiguration {
        route_identifier,
        target_group_props,
    } = entry;
    let RouteIdentifier {
        kind,
        namespace,
        name,
    } = route_identifier;
    let identifier_path = at.field("routeIdentifier");
    // The Go types of the AWS Load Balancer Controller write absent strings as empty ones.
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    let name = name.filter(|name| !name.is_empty());
    if name.is_some() && namespace.is_none() {
        return Err(identifier_path
            .field("namespace")
            .fault("is required where a name is given"));
    }
    Ok(model::RouteTargetGroupSettings {
        kind: match kind {
            RouteIdentifierKind::Http => RouteKind::Http,
            RouteIdentifierKind::Grpc => RouteKind::Grpc,
            RouteIdentifierKind::Tcp => RouteKind::Tcp,
            RouteIdentifierKind::Udp => RouteKind::Udp,
            RouteIdentifierKind::Tls => RouteKind::Tls,
        },
        namespace: check::optional_namespace(&identifier_path.field("namespace"), namespace)?,
        name: check::optional_subdomain(&identifier_path.field("name"), name)?,
        settings: settings(&at.field("targetGroupProps"), target_group_props)?,
    })
}

fn settings(at: &Path<'_>, props: TargetGroupProps) -> Result<model::TargetGroupSettings, Fault> {
    let TargetGroupProps {
        target_group_name,
        ip_address_type,
        health_check_config,
        node_selector,
        target_group_attributes,
        target_type,
        protocol,
        protocol_version,
        enable_multi_cluster,
        tags,
    } = props;
    Ok(model::TargetGroupSettings {
        name: target_group_name,
        ip_address_type: ip_address_type.map(|kind| match kind {
            TargetIpAddressType::Ipv4 => elb::TargetIpAddressType::Ipv4,
            TargetIpAddressType::Ipv6 => elb::TargetIpAddressType::Ipv6,
        }),
        health_check: health_check(
            &at.field("healthCheckConfig"),
            health_check_config.unwrap_or_default(),
        )?,
        node_selector: node_selector
            .map(|selector| {
                label_selector(
                    &at.field("nodeSelector"),
                    selector.match_labels,
                    selector
                        .match_expressions
                        .unwrap_or_default()
                        .into_iter()
                        .map(|entry| (entry.key, entry.operator, entry.values)),
                )
            })
            .transpose()?,
        attributes: attributes(&at.field("targetGroupAttributes"), target_group_attributes)?,
        target_type: target_type.map(|kind| match kind {
            TargetType::Instance => elb::TargetType::Instance,
            TargetType::Ip => elb::TargetType::Ip,
        }),
        protocol: protocol.map(|protocol| match protocol {
            TargetProtocol::Http => elb::TargetProtocol::Http,
            TargetProtocol::Https => elb::TargetProtocol::Https,
            TargetProtocol::Tcp => elb::TargetProtocol::Tcp,
            TargetProtocol::Tls => elb::TargetProtocol::Tls,
            TargetProtocol::Udp => elb::TargetProtocol::Udp,
            TargetProtocol::TcpUdp => elb::TargetProtocol::TcpUdp,
        }),
        protocol_version: protocol_version.map(|version| match version {
            ProtocolVersion::Http1 => elb::ProtocolVersion::Http1,
            ProtocolVersion::Http2 => elb::ProtocolVersion::Http2,
            ProtocolVersion::Grpc => elb::ProtocolVersion::Grpc,
        }),
        multi_cluster: enable_multi_cluster,
        tags: tags.unwrap_or_default(),
    })
}

fn health_check(
    at: &Path<'_>,
    config: HealthCheckConfig,
) -> Result<model::HealthCheckSettings, Fault> {
    let HealthCheckConfig {
        healthy_threshold_count,
        health_check_interval,
        health_check_path,
        health_check_port,
        health_check_protocol,
        health_check_timeout,
        unhealthy_threshold_count,
        matcher,
    } = config;
    let number = |field, value: Option<i32>, allowed: RangeInclusive<i32>| {
        value
            .map(|value| check::range(&at.field(field), value, &allowed).map(i32::unsigned_abs))
            .transpose()
    };
    let matcher = matcher.unwrap_or_default();
    if let Some(port) = &health_check_port
        && port != "traffic-port"
        && !port.parse::<u16>().is_ok_and(|port| port != 0)
    {
        return Err(at
            .field("healthCheckPort")
            .fault(format!("{port:?} is neither a port nor traffic-port")));
    }
    if matcher.http_code.is_some() && matcher.grpc_code.is_some() {
        return Err(at
            .field("matcher")
            .fault("may have httpCode or grpcCode, not both"));
    }
    Ok(model::HealthCheckSettings {
        healthy_threshold: number("healthyThresholdCount", healthy_threshold_count, 2..=10)?,
        interval_seconds: number("healthCheckInterval", health_check_interval, 5..=300)?,
        path: health_check_path,
        port: health_check_port,
        protocol: health_check_protocol.map(|protocol| match protocol {
            HealthCheckProtocol::Http => elb::TargetProtocol::Http,
            HealthCheckProtocol::Https => elb::TargetProtocol::Https,
            HealthCheckProtocol::Tcp => elb::TargetProtocol::Tcp,
        }),
        timeout_seconds: number("healthCheckTimeout", health_check_timeout, 2..=120)?,
        unhealthy_threshold: number("unhealthyThresholdCount", unhealthy_threshold_count, 2..=10)?,
        http_codes: matcher.http_code,
        grpc_codes: matcher.grpc_code,
    })
}
