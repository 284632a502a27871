//! AWS's answers in the plan's words.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_elasticloadbalancingv2::types as aws;
use tributary_model::config::{
    HealthCheckSettings, MutualAuthentication, MutualAuthenticationMode,
};
use tributary_model::desired::{DesiredTarget, TargetId};
use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetProtocol, TargetType,
};
use tributary_plan::observed::{
    Health, LoadBalancerState, ObservedListener, ObservedLoadBalancer, ObservedRule,
    ObservedTargetGroup, TargetState,
};
use tributary_plan::op::SubnetMapping;
use tributary_plan::tags::Tags;

use super::super::{odd, required};
use super::numbers::unsigned;
use super::{actions, rules};
use crate::elbv2::Answer;
use crate::operation::Operation;

/// The one thing that a call created or changed.
pub(super) fn first<T, R>(
    operation: Operation,
    member: &'static str,
    found: Option<Vec<T>>,
    read: impl FnOnce(Operation, T) -> Answer<Option<R>>,
) -> Answer<R> {
    let found = found.into_iter().flatten().next();
    let found = found.map(|it| read(operation, it)).transpose()?;
    required(operation, member, found.flatten())
}

/// Nothing for one of a type that we do not program, whatever its tags say.
pub(super) fn load_balancer(
    operation: Operation,
    found: aws::LoadBalancer,
) -> Answer<Option<(String, ObservedLoadBalancer)>> {
    let arn = required(operation, "LoadBalancerArn", found.load_balancer_arn)?;
    let kind = match required(operation, "Type", found.r#type)? {
        aws::LoadBalancerTypeEnum::Application => LoadBalancerKind::Alb,
        aws::LoadBalancerTypeEnum::Network => LoadBalancerKind::Nlb,
        other => {
            tracing::debug!(arn, r#type = %other, "left alone");
            return Ok(None);
        }
    };
    let scheme = match found.scheme {
        Some(aws::LoadBalancerSchemeEnum::InternetFacing) => Scheme::InternetFacing,
        Some(_) | None => Scheme::Internal,
    };
    let zones = found.availability_zones.into_iter().flatten();
    let observed = ObservedLoadBalancer {
        name: found.load_balancer_name.unwrap_or_default(),
        kind,
        dns_name: found.dns_name.unwrap_or_default(),
        hosted_zone: found.canonical_hosted_zone_id,
        state: state(found.state),
        scheme,
        ip_address_type: match found.ip_address_type {
            Some(aws::IpAddressType::Dualstack) => IpAddressType::Dualstack,
            Some(aws::IpAddressType::DualstackWithoutPublicIpv4) => {
                IpAddressType::DualstackWithoutPublicIpv4
            }
            Some(_) | None => IpAddressType::Ipv4,
        },
        vpc: found.vpc_id.unwrap_or_default(),
        subnets: zones.filter_map(subnet).collect(),
        customer_owned_ipv4_pool: found.customer_owned_ipv4_pool,
        ipv4_ipam_pool: found.ipam_pools.and_then(|pools| pools.ipv4_ipam_pool_id),
        security_groups: found.security_groups.into_iter().flatten().collect(),
        attributes: BTreeMap::new(),
        tags: Tags::new(),
        listeners: BTreeMap::new(),
    };
    Ok(Some((arn, observed)))
}

fn state(state: Option<aws::LoadBalancerState>) -> LoadBalancerState {
    let reason = state.as_ref().and_then(|state| state.reason.clone());
    match state.and_then(|state| state.code) {
        Some(aws::LoadBalancerStateEnum::Active) => LoadBalancerState::Active,
        Some(aws::LoadBalancerStateEnum::ActiveImpaired) => LoadBalancerState::ActiveImpaired,
        Some(aws::LoadBalancerStateEnum::Failed) => {
            LoadBalancerState::Failed(reason.unwrap_or_default())
        }
        // A state that we do not know is not one to call active.
        Some(_) | None => LoadBalancerState::Provisioning,
    }
}

fn subnet(zone: aws::AvailabilityZone) -> Option<(String, SubnetMapping)> {
    let id = zone.subnet_id?;
    let addresses = zone.load_balancer_addresses.unwrap_or_default();
    let mapping = SubnetMapping {
        subnet: id.clone(),
        eip_allocation: addresses.iter().find_map(|it| it.allocation_id.clone()),
        private_ipv4: addresses
            .iter()
            .find_map(|it| it.private_ipv4_address.clone()),
        ipv6: addresses.iter().find_map(|it| it.ipv6_address.clone()),
        source_nat_ipv6_prefix: zone.source_nat_ipv6_prefixes.into_iter().flatten().next(),
    };
    Some((id, mapping))
}

pub(super) fn listener(
    operation: Operation,
    found: aws::Listener,
) -> Answer<(String, ObservedListener)> {
    let arn = required(operation, "ListenerArn", found.listener_arn)?;
    // Absent on a Gateway Load Balancer.
    let protocol = found.protocol.and_then(|it| elb_protocol(it.as_str()));
    let port = required(operation, "Port", found.port)?;
    let observed = ObservedListener {
        port: u16::try_from(port).map_err(|_| odd(operation, format!("{arn} has port {port}")))?,
        protocol,
        default_action: actions::read_default(found.default_actions.unwrap_or_default()),
        default_certificate: found
            .certificates
            .into_iter()
            .flatten()
            .find_map(|it| it.certificate_arn),
        certificates: BTreeSet::new(),
        ssl_policy: found.ssl_policy,
        alpn_policy: found.alpn_policy.into_iter().flatten().next(),
        mutual_authentication: found.mutual_authentication.and_then(mutual_authentication),
        attributes: BTreeMap::new(),
        tags: Tags::new(),
        rules: BTreeMap::new(),
    };
    Ok((arn, observed))
}

/// Absent when off, which is what AWS shows for every HTTPS listener that never heard of it.
fn mutual_authentication(
    found: aws::MutualAuthenticationAttributes,
) -> Option<MutualAuthentication> {
    let mode = match found.mode.as_deref() {
        Some("passthrough") => MutualAuthenticationMode::Passthrough,
        Some("verify") => MutualAuthenticationMode::Verify,
        Some(_) | None => return None,
    };
    Some(MutualAuthentication {
        mode,
        trust_store: found.trust_store_arn,
        advertise_ca_names: found
            .advertise_trust_store_ca_names
            .map(|it| it.as_str().to_owned()),
        ignore_client_certificate_expiry: found.ignore_client_certificate_expiry,
    })
}

/// Nothing for the default rule, which has no number.
pub(super) fn rule(
    operation: Operation,
    found: aws::Rule,
) -> Answer<Option<(String, ObservedRule)>> {
    let arn = required(operation, "RuleArn", found.rule_arn)?;
    let Some(priority) = found.priority.and_then(|it| it.parse().ok()) else {
        return Ok(None);
    };
    let (authenticate, action) = actions::read(found.actions.unwrap_or_default());
    let observed = ObservedRule {
        priority,
        conditions: rules::read_conditions(found.conditions.unwrap_or_default()),
        authenticate,
        action,
        transforms: rules::read_transforms(found.transforms.unwrap_or_default()),
        tags: Tags::new(),
    };
    Ok(Some((arn, observed)))
}

/// Nothing for one of a type or protocol that we do not program (`alb`, `lambda`, GENEVE, QUIC), whatever its tags say.
pub(super) fn target_group(
    operation: Operation,
    found: aws::TargetGroup,
) -> Answer<Option<(String, ObservedTargetGroup)>> {
    let arn = required(operation, "TargetGroupArn", found.target_group_arn)?;
    let target_type = match required(operation, "TargetType", found.target_type)? {
        aws::TargetTypeEnum::Instance => Some(TargetType::Instance),
        aws::TargetTypeEnum::Ip => Some(TargetType::Ip),
        _ => None,
    };
    // A group for a function has neither protocol nor port.
    let protocol = found.protocol.and_then(|it| target_protocol(it.as_str()));
    let (Some(target_type), Some(protocol)) = (target_type, protocol) else {
        tracing::debug!(
            arn,
            "left alone: its type or protocol is none that we program"
        );
        return Ok(None);
    };
    let port = required(operation, "Port", found.port)?;
    let matcher = found.matcher;
    let observed = ObservedTargetGroup {
        name: found.target_group_name.unwrap_or_default(),
        protocol,
        protocol_version: match found.protocol_version.as_deref() {
            Some("HTTP1") => Some(ProtocolVersion::Http1),
            Some("HTTP2") => Some(ProtocolVersion::Http2),
            Some("GRPC") => Some(ProtocolVersion::Grpc),
            Some(_) | None => None,
        },
        port: u16::try_from(port).map_err(|_| odd(operation, format!("{arn} has port {port}")))?,
        target_type,
        ip_address_type: match found.ip_address_type {
            Some(aws::TargetGroupIpAddressTypeEnum::Ipv6) => TargetIpAddressType::Ipv6,
            Some(_) | None => TargetIpAddressType::Ipv4,
        },
        vpc: found.vpc_id.unwrap_or_default(),
        health_check: HealthCheckSettings {
            healthy_threshold: unsigned(found.healthy_threshold_count),
            interval_seconds: unsigned(found.health_check_interval_seconds),
            path: found.health_check_path,
            port: found.health_check_port,
            protocol: found
                .health_check_protocol
                .and_then(|protocol| target_protocol(protocol.as_str())),
            timeout_seconds: unsigned(found.health_check_timeout_seconds),
            unhealthy_threshold: unsigned(found.unhealthy_threshold_count),
            http_codes: matcher.as_ref().and_then(|it| it.http_code.clone()),
            grpc_codes: matcher.and_then(|it| it.grpc_code),
        },
        attributes: BTreeMap::new(),
        tags: Tags::new(),
        load_balancers: found.load_balancer_arns.into_iter().flatten().collect(),
        targets: BTreeMap::new(),
    };
    Ok(Some((arn, observed)))
}

pub(super) fn target(
    operation: Operation,
    found: aws::TargetHealthDescription,
) -> Answer<(DesiredTarget, TargetState)> {
    let target = required(operation, "Target", found.target)?;
    let id = required(operation, "Target.Id", target.id)?;
    let port = required(operation, "Target.Port", target.port)?;
    let target = DesiredTarget {
        port: u16::try_from(port).map_err(|_| odd(operation, format!("{id} has port {port}")))?,
        id: match id.parse() {
            Ok(address) => TargetId::Ip(address),
            Err(_) => TargetId::Instance(id),
        },
    };
    Ok((target, target_state(found.target_health)))
}

/// States of targets: <https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_TargetHealth.html>.
fn target_state(found: Option<aws::TargetHealth>) -> TargetState {
    use aws::TargetHealthStateEnum as State;
    let (state, reason) = found.map_or((None, None), |it| (it.state, it.reason));
    let reason = || {
        reason.map_or_else(
            || "no reason is given".to_owned(),
            |it| it.as_str().to_owned(),
        )
    };
    TargetState::Registered(match state {
        Some(State::Draining | State::UnhealthyDraining) => return TargetState::Draining,
        Some(State::Healthy | State::Unavailable) => Health::Healthy,
        Some(State::Unhealthy) => Health::Unhealthy(reason()),
        Some(State::Unused) => Health::Unused(reason()),
        // One that AWS adds later says nothing against the target.
        Some(_) | None => Health::Initial,
    })
}

fn elb_protocol(name: &str) -> Option<ElbProtocol> {
    use ElbProtocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};
    [Http, Https, Tcp, Udp, Tls, TcpUdp]
        .into_iter()
        .find(|protocol| protocol.as_str() == name)
}

fn target_protocol(name: &str) -> Option<TargetProtocol> {
    use TargetProtocol::{Http, Https, Tcp, TcpUdp, Tls, Udp};
    [Http, Https, Tcp, Udp, Tls, TcpUdp]
        .into_iter()
        .find(|protocol| protocol.as_str() == name)
}

#[cfg(test)]
mod tests;
