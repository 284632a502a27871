//! TargetGroupConfiguration.

use std::ops::RangeInclusive;

use tributary_model::config as model;
use tributary_model::elb;
use tributary_model::{Kind, Meta, Name, RouteKind};

use super::{SPEC, attributes};
use crate::check;
use crate::crds::{
    HealthCheckConfig, HealthCheckMatcher, HealthCheckProtocol, ProtocolVersion,
    RouteConfiguration, RouteIdentifier, RouteIdentifierKind, TargetGroupConfigurationSpec,
    TargetGroupProps, TargetIpAddressType, TargetProtocol, TargetReference, TargetType,
};
use crate::fault::{Fault, Path};
use crate::lenient::LeftOut;
use crate::selector::label_selector;

pub(crate) fn target_group_configuration(
    meta: Meta,
    spec: TargetGroupConfigurationSpec,
    mut left_out: LeftOut,
) -> Result<model::TargetGroupConfiguration, Fault> {
    let TargetGroupConfigurationSpec {
        target_reference,
        default_configuration,
        route_configurations,
    } = spec;
    // Without it the object would be for nobody, or for everybody.
    let reference_path = SPEC.field("targetReference");
    if let Some(fault) = left_out.fault(&reference_path) {
        return Err(fault.clone());
    }
    let target_reference = target_reference
        .map(|reference| self::target_reference(&reference_path, reference))
        .transpose()?;
    let default = settings(
        &SPEC.field("defaultConfiguration"),
        default_configuration.unwrap_or_default(),
        &mut left_out,
    );
    let routes_path = SPEC.field("routeConfigurations");
    let routes = left_out.placed(&routes_path, route_configurations.unwrap_or_default());
    let routes = routes
        .into_iter()
        .filter_map(|(index, entry)| route(&routes_path.index(index), entry, &mut left_out))
        .collect();
    Ok(model::TargetGroupConfiguration {
        meta,
        target_reference,
        default,
        routes,
        faults: left_out.into_faults(),
    })
}

fn target_reference(
    at: &Path<'_>,
    reference: TargetReference,
) -> Result<model::TargetReference, Fault> {
    let TargetReference { group, kind, name } = reference;
    let group = check::group(&at.field("group"), group.unwrap_or_default())?;
    let kind = check::kind(
        &at.field("kind"),
        kind.unwrap_or_else(|| Kind::Service.as_str().to_owned()),
    )?;
    if group != Kind::Service.group() || kind != Kind::Service.as_str() {
        return Err(at.fault("is not a Service: others are not configured by this version"));
    }
    Ok(model::TargetReference {
        group,
        kind,
        name: check::reference_name(&at.field("name"), name)?,
    })
}

/// Nothing when it cannot be said for which routes it is.
fn route(
    at: &Path<'_>,
    entry: RouteConfiguration,
    left_out: &mut LeftOut,
) -> Option<model::RouteTargetGroupSettings> {
    let RouteConfiguration {
        route_identifier,
        target_group_props,
    } = entry;
    let identifier_path = at.field("routeIdentifier");
    if left_out.fault(&identifier_path).is_some() {
        return None;
    }
    let (kind, namespace, name) =
        left_out.unless(identifier(&identifier_path, route_identifier))?;
    Some(model::RouteTargetGroupSettings {
        kind,
        namespace,
        name,
        settings: settings(&at.field("targetGroupProps"), target_group_props, left_out),
    })
}

type Identified = (RouteKind, Option<Name>, Option<Name>);

fn identifier(at: &Path<'_>, identifier: RouteIdentifier) -> Result<Identified, Fault> {
    let RouteIdentifier {
        kind,
        namespace,
        name,
    } = identifier;
    // The Go types of the AWS Load Balancer Controller write absent strings as empty ones.
    let namespace = namespace.filter(|namespace| !namespace.is_empty());
    let name = name.filter(|name| !name.is_empty());
    if name.is_some() && namespace.is_none() {
        return Err(at
            .field("namespace")
            .fault("is required where a name is given"));
    }
    let kind = match kind {
        RouteIdentifierKind::Http => RouteKind::Http,
        RouteIdentifierKind::Grpc => RouteKind::Grpc,
        RouteIdentifierKind::Tcp => RouteKind::Tcp,
        RouteIdentifierKind::Udp => RouteKind::Udp,
        RouteIdentifierKind::Tls => RouteKind::Tls,
    };
    Ok((
        kind,
        check::optional_namespace(&at.field("namespace"), namespace)?,
        check::optional_subdomain(&at.field("name"), name)?,
    ))
}

fn settings(
    at: &Path<'_>,
    props: TargetGroupProps,
    left_out: &mut LeftOut,
) -> model::TargetGroupSettings {
    let TargetGroupProps {
        target_group_name,
        ip_address_type,
        health_check_config,
        node_selector,
        target_group_attributes,
        target_type,
        protocol,
        protocol_version,
        target_control_port,
        enable_multi_cluster,
        tags,
    } = props;
    if target_control_port.is_some() {
        let at = at.field("targetControlPort");
        left_out.add(at.fault("is not programmed by this version"));
    }
    let node_selector = node_selector.map(|selector| {
        label_selector(
            &at.field("nodeSelector"),
            selector.match_labels,
            selector
                .match_expressions
                .unwrap_or_default()
                .into_iter()
                .map(|entry| (entry.key, entry.operator, entry.values)),
        )
    });
    model::TargetGroupSettings {
        name: target_group_name.filter(|name| {
            let checked = check::elb_name(&at.field("targetGroupName"), name);
            left_out.unless(checked).is_some()
        }),
        ip_address_type: ip_address_type.map(|kind| match kind {
            TargetIpAddressType::Ipv4 => elb::TargetIpAddressType::Ipv4,
            TargetIpAddressType::Ipv6 => elb::TargetIpAddressType::Ipv6,
        }),
        health_check: health_check(
            &at.field("healthCheckConfig"),
            health_check_config.unwrap_or_default(),
            left_out,
        ),
        node_selector: node_selector.and_then(|selector| left_out.unless(selector)),
        attributes: attributes(
            &at.field("targetGroupAttributes"),
            target_group_attributes,
            left_out,
        ),
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
    }
}

fn health_check(
    at: &Path<'_>,
    config: HealthCheckConfig,
    left_out: &mut LeftOut,
) -> model::HealthCheckSettings {
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
    let mut number = |field, value: Option<i32>, allowed: RangeInclusive<i32>| {
        let checked = check::range(&at.field(field), value?, &allowed);
        left_out.unless(checked).map(i32::unsigned_abs)
    };
    let healthy_threshold = number("healthyThresholdCount", healthy_threshold_count, 2..=10);
    let interval_seconds = number("healthCheckInterval", health_check_interval, 5..=300);
    let timeout_seconds = number("healthCheckTimeout", health_check_timeout, 2..=120);
    let unhealthy_threshold = number("unhealthyThresholdCount", unhealthy_threshold_count, 2..=10);
    let mut matcher = matcher.unwrap_or_default();
    if matcher.http_code.is_some() && matcher.grpc_code.is_some() {
        let at = at.field("matcher");
        left_out.add(at.fault("may have httpCode or grpcCode, not both"));
        matcher = HealthCheckMatcher::default();
    }
    let port =
        health_check_port.map(|port| self::health_check_port(&at.field("healthCheckPort"), port));
    model::HealthCheckSettings {
        healthy_threshold,
        interval_seconds,
        path: health_check_path.filter(|path| {
            let checked = self::health_check_path(&at.field("healthCheckPath"), path);
            left_out.unless(checked).is_some()
        }),
        port: port.and_then(|port| left_out.unless(port)),
        protocol: health_check_protocol.map(|protocol| match protocol {
            HealthCheckProtocol::Http => elb::TargetProtocol::Http,
            HealthCheckProtocol::Https => elb::TargetProtocol::Https,
            HealthCheckProtocol::Tcp => elb::TargetProtocol::Tcp,
        }),
        timeout_seconds,
        unhealthy_threshold,
        http_codes: matcher.http_code,
        grpc_codes: matcher.grpc_code,
    }
}

/// Of HTTP a path, of gRPC `/package.service/method` (ELBv2 `CreateTargetGroup`, `HealthCheckPath`).
fn health_check_path(at: &Path<'_>, path: &str) -> Result<(), Fault> {
    check::length(at, path, 1..=1024)?;
    if path.starts_with('/') {
        return Ok(());
    }
    Err(at.fault(format!("{path:?} does not begin with a slash")))
}

/// A number, `traffic-port`, or the name of one of the Service's ports, which is looked up where the Service is known.
fn health_check_port(at: &Path<'_>, port: String) -> Result<String, Fault> {
    let is_number = port.bytes().all(|byte| byte.is_ascii_digit());
    let valid = if is_number {
        port.parse::<u16>().is_ok_and(|port| port != 0)
    } else {
        check::is_label(&port)
    };
    if valid {
        return Ok(port);
    }
    Err(at.fault(format!(
        "{port:?} is neither a port, nor traffic-port, nor the name of a Service's port"
    )))
}
