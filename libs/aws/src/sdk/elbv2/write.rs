//! The plan's words as requests.

use std::collections::BTreeSet;

use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::operation::create_listener::builders::CreateListenerFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::create_load_balancer::builders::CreateLoadBalancerFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::create_rule::builders::CreateRuleFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::create_target_group::builders::CreateTargetGroupFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::modify_listener::builders::ModifyListenerFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::modify_rule::builders::ModifyRuleFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::modify_target_group::builders::ModifyTargetGroupFluentBuilder;
use aws_sdk_elasticloadbalancingv2::operation::set_subnets::builders::SetSubnetsFluentBuilder;
use aws_sdk_elasticloadbalancingv2::types as aws;
use tributary_model::config::{
    HealthCheckSettings, MutualAuthentication, MutualAuthenticationMode,
};
use tributary_model::desired::DesiredTarget;
use tributary_model::elb::{
    ElbProtocol, IpAddressType, LoadBalancerKind, ProtocolVersion, Scheme, TargetIpAddressType,
    TargetType,
};
use tributary_plan::op::{LoadBalancerSpec, SubnetMapping, TargetGroupSpec};
use tributary_plan::tags::Tags;

use super::numbers::number;
use super::{actions, rules};
use crate::elbv2::{ListenerRequest, RuleRequest};

/// How subnets are named: with their addresses only where some are given, since an ALB takes no mapping with any.
enum Subnets {
    Plain(Vec<String>),
    Mapped(Vec<aws::SubnetMapping>),
}

fn subnets(subnets: &[SubnetMapping]) -> Subnets {
    let has_address = |mapping: &SubnetMapping| {
        let SubnetMapping {
            subnet: _,
            eip_allocation,
            private_ipv4,
            ipv6,
            source_nat_ipv6_prefix,
        } = mapping;
        [eip_allocation, private_ipv4, ipv6, source_nat_ipv6_prefix]
            .into_iter()
            .any(Option::is_some)
    };
    if !subnets.iter().any(has_address) {
        return Subnets::Plain(subnets.iter().map(|it| it.subnet.clone()).collect());
    }
    let mapped = subnets.iter().map(|mapping| {
        aws::SubnetMapping::builder()
            .subnet_id(&mapping.subnet)
            .set_allocation_id(mapping.eip_allocation.clone())
            .set_private_ipv4_address(mapping.private_ipv4.clone())
            .set_ipv6_address(mapping.ipv6.clone())
            .set_source_nat_ipv6_prefix(mapping.source_nat_ipv6_prefix.clone())
            .build()
    });
    Subnets::Mapped(mapped.collect())
}

pub(super) fn load_balancer(
    client: &Client,
    spec: &LoadBalancerSpec,
    security_groups: &BTreeSet<String>,
) -> CreateLoadBalancerFluentBuilder {
    let LoadBalancerSpec {
        name,
        kind,
        scheme,
        ip_address_type: address_type,
        subnets: wanted,
        security_groups: _,
        customer_owned_ipv4_pool,
        ipv4_ipam_pool,
        tags: wanted_tags,
    } = spec;
    let request = client
        .create_load_balancer()
        .name(name)
        .r#type(match kind {
            LoadBalancerKind::Alb => aws::LoadBalancerTypeEnum::Application,
            LoadBalancerKind::Nlb => aws::LoadBalancerTypeEnum::Network,
        })
        .scheme(match scheme {
            Scheme::Internal => aws::LoadBalancerSchemeEnum::Internal,
            Scheme::InternetFacing => aws::LoadBalancerSchemeEnum::InternetFacing,
        })
        .ip_address_type(ip_address_type(*address_type))
        .set_customer_owned_ipv4_pool(customer_owned_ipv4_pool.clone())
        .set_tags(Some(tags(wanted_tags)))
        .set_ipam_pools(
            ipv4_ipam_pool
                .as_ref()
                .map(|pool| aws::IpamPools::builder().ipv4_ipam_pool_id(pool).build()),
        )
        .set_security_groups(
            (!security_groups.is_empty()).then(|| security_groups.iter().cloned().collect()),
        );
    let request = request.set_enable_prefix_for_ipv6_source_nat(source_nat(wanted));
    match subnets(wanted) {
        Subnets::Plain(ids) => request.set_subnets(Some(ids)),
        Subnets::Mapped(mappings) => request.set_subnet_mappings(Some(mappings)),
    }
}

pub(super) fn set_subnets(
    client: &Client,
    load_balancer: &str,
    wanted: &[SubnetMapping],
) -> SetSubnetsFluentBuilder {
    let request = client
        .set_subnets()
        .load_balancer_arn(load_balancer)
        .set_enable_prefix_for_ipv6_source_nat(source_nat(wanted));
    match subnets(wanted) {
        Subnets::Plain(ids) => request.set_subnets(Some(ids)),
        Subnets::Mapped(mappings) => request.set_subnet_mappings(Some(mappings)),
    }
}

/// AWS takes prefixes for source NAT only where they are switched on, and keeps the switch where none is given.
fn source_nat(subnets: &[SubnetMapping]) -> Option<aws::EnablePrefixForIpv6SourceNatEnum> {
    let mut prefixes = subnets.iter().map(|it| &it.source_nat_ipv6_prefix);
    prefixes
        .any(Option::is_some)
        .then_some(aws::EnablePrefixForIpv6SourceNatEnum::On)
}

pub(super) fn ip_address_type(to: IpAddressType) -> aws::IpAddressType {
    match to {
        IpAddressType::Ipv4 => aws::IpAddressType::Ipv4,
        IpAddressType::Dualstack => aws::IpAddressType::Dualstack,
        IpAddressType::DualstackWithoutPublicIpv4 => aws::IpAddressType::DualstackWithoutPublicIpv4,
    }
}

pub(super) fn target_group(
    client: &Client,
    spec: &TargetGroupSpec,
) -> CreateTargetGroupFluentBuilder {
    let TargetGroupSpec {
        name,
        vpc,
        protocol,
        protocol_version,
        port,
        target_type,
        ip_address_type,
        health_check,
        tags: wanted_tags,
    } = spec;
    let HealthCheckSettings {
        healthy_threshold,
        interval_seconds,
        path,
        port: health_port,
        protocol: health_protocol,
        timeout_seconds,
        unhealthy_threshold,
        http_codes: _,
        grpc_codes: _,
    } = health_check;
    client
        .create_target_group()
        .name(name)
        .vpc_id(vpc)
        .protocol(protocol.as_str().into())
        .set_protocol_version(protocol_version.map(|version| match version {
            ProtocolVersion::Http1 => "HTTP1".to_owned(),
            ProtocolVersion::Http2 => "HTTP2".to_owned(),
            ProtocolVersion::Grpc => "GRPC".to_owned(),
        }))
        .port(i32::from(*port))
        .target_type(match target_type {
            TargetType::Instance => aws::TargetTypeEnum::Instance,
            TargetType::Ip => aws::TargetTypeEnum::Ip,
        })
        .ip_address_type(match ip_address_type {
            TargetIpAddressType::Ipv4 => aws::TargetGroupIpAddressTypeEnum::Ipv4,
            TargetIpAddressType::Ipv6 => aws::TargetGroupIpAddressTypeEnum::Ipv6,
        })
        .set_healthy_threshold_count(healthy_threshold.map(number))
        .set_health_check_interval_seconds(interval_seconds.map(number))
        .set_health_check_path(path.clone())
        .set_health_check_port(health_port.clone())
        .set_health_check_protocol(health_protocol.map(|protocol| protocol.as_str().into()))
        .set_health_check_timeout_seconds(timeout_seconds.map(number))
        .set_unhealthy_threshold_count(unhealthy_threshold.map(number))
        .set_matcher(matcher(health_check))
        .set_tags(Some(tags(wanted_tags)))
}

pub(super) fn health_check(
    client: &Client,
    arn: &str,
    health_check: &HealthCheckSettings,
) -> ModifyTargetGroupFluentBuilder {
    let HealthCheckSettings {
        healthy_threshold,
        interval_seconds,
        path,
        port,
        protocol,
        timeout_seconds,
        unhealthy_threshold,
        http_codes: _,
        grpc_codes: _,
    } = health_check;
    client
        .modify_target_group()
        .target_group_arn(arn)
        .set_healthy_threshold_count(healthy_threshold.map(number))
        .set_health_check_interval_seconds(interval_seconds.map(number))
        .set_health_check_path(path.clone())
        .set_health_check_port(port.clone())
        .set_health_check_protocol(protocol.map(|protocol| protocol.as_str().into()))
        .set_health_check_timeout_seconds(timeout_seconds.map(number))
        .set_unhealthy_threshold_count(unhealthy_threshold.map(number))
        .set_matcher(matcher(health_check))
}

fn matcher(health_check: &HealthCheckSettings) -> Option<aws::Matcher> {
    let HealthCheckSettings {
        http_codes,
        grpc_codes,
        ..
    } = health_check;
    (http_codes.is_some() || grpc_codes.is_some()).then(|| {
        aws::Matcher::builder()
            .set_http_code(http_codes.clone())
            .set_grpc_code(grpc_codes.clone())
            .build()
    })
}

pub(super) fn create_listener(
    client: &Client,
    load_balancer: &str,
    request: &ListenerRequest,
    wanted_tags: &Tags,
) -> CreateListenerFluentBuilder {
    let ListenerRequest {
        port,
        protocol,
        default_action,
        certificate: _,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
    } = request;
    client
        .create_listener()
        .load_balancer_arn(load_balancer)
        .port(i32::from(*port))
        .protocol(protocol.as_str().into())
        .set_default_actions(Some(actions::write(None, default_action)))
        .set_certificates(certificates(request))
        .set_ssl_policy(ssl_policy.clone())
        .set_alpn_policy(alpn_policy.clone().map(|policy| vec![policy]))
        .set_mutual_authentication(mutual_authentication.as_ref().map(mutual))
        .set_tags(Some(tags(wanted_tags)))
}

pub(super) fn modify_listener(
    client: &Client,
    arn: &str,
    request: &ListenerRequest,
) -> ModifyListenerFluentBuilder {
    let ListenerRequest {
        port: _,
        protocol,
        default_action,
        certificate: _,
        ssl_policy,
        alpn_policy,
        mutual_authentication,
    } = request;
    // What is not sent stays as it is; going back to none must be said. Only HTTPS listeners know mutual TLS.
    let mutual_authentication = match (mutual_authentication, protocol) {
        (Some(wanted), _) => Some(mutual(wanted)),
        (None, ElbProtocol::Https) => Some(
            aws::MutualAuthenticationAttributes::builder()
                .mode("off")
                .build(),
        ),
        (
            None,
            ElbProtocol::Http
            | ElbProtocol::Tcp
            | ElbProtocol::Udp
            | ElbProtocol::Tls
            | ElbProtocol::TcpUdp,
        ) => None,
    };
    let alpn_policy = match (alpn_policy, protocol) {
        (Some(policy), _) => Some(vec![policy.clone()]),
        (None, ElbProtocol::Tls) => Some(vec!["None".to_owned()]),
        (
            None,
            ElbProtocol::Http
            | ElbProtocol::Https
            | ElbProtocol::Tcp
            | ElbProtocol::Udp
            | ElbProtocol::TcpUdp,
        ) => None,
    };
    client
        .modify_listener()
        .listener_arn(arn)
        .protocol(protocol.as_str().into())
        .set_default_actions(Some(actions::write(None, default_action)))
        .set_certificates(certificates(request))
        .set_ssl_policy(ssl_policy.clone())
        .set_alpn_policy(alpn_policy)
        .set_mutual_authentication(mutual_authentication)
}

fn certificates(request: &ListenerRequest) -> Option<Vec<aws::Certificate>> {
    let arn = request.certificate.as_ref()?;
    Some(vec![
        aws::Certificate::builder().certificate_arn(arn).build(),
    ])
}

fn mutual(wanted: &MutualAuthentication) -> aws::MutualAuthenticationAttributes {
    let MutualAuthentication {
        mode,
        trust_store,
        advertise_ca_names,
        ignore_client_certificate_expiry,
    } = wanted;
    aws::MutualAuthenticationAttributes::builder()
        .mode(match mode {
            MutualAuthenticationMode::Off => "off",
            MutualAuthenticationMode::Passthrough => "passthrough",
            MutualAuthenticationMode::Verify => "verify",
        })
        .set_trust_store_arn(trust_store.clone())
        .set_ignore_client_certificate_expiry(*ignore_client_certificate_expiry)
        .set_advertise_trust_store_ca_names(
            advertise_ca_names.as_ref().map(|it| it.as_str().into()),
        )
        .build()
}

pub(super) fn create_rule(
    client: &Client,
    listener: &str,
    priority: u32,
    request: &RuleRequest,
    wanted_tags: &Tags,
) -> CreateRuleFluentBuilder {
    let RuleRequest {
        conditions,
        authenticate,
        action,
        transforms,
    } = request;
    let transforms: Vec<_> = transforms.iter().map(rules::write_transform).collect();
    client
        .create_rule()
        .listener_arn(listener)
        .priority(number(priority))
        .set_conditions(Some(
            conditions.iter().map(rules::write_condition).collect(),
        ))
        .set_actions(Some(actions::write(authenticate.as_ref(), action)))
        .set_transforms((!transforms.is_empty()).then_some(transforms))
        .set_tags(Some(tags(wanted_tags)))
}

pub(super) fn modify_rule(
    client: &Client,
    arn: &str,
    request: &RuleRequest,
) -> ModifyRuleFluentBuilder {
    let RuleRequest {
        conditions,
        authenticate,
        action,
        transforms,
    } = request;
    let transforms: Vec<_> = transforms.iter().map(rules::write_transform).collect();
    let request = client
        .modify_rule()
        .rule_arn(arn)
        .set_conditions(Some(
            conditions.iter().map(rules::write_condition).collect(),
        ))
        .set_actions(Some(actions::write(authenticate.as_ref(), action)));
    // An empty list means "as they are"; AWS refuses both at once.
    if transforms.is_empty() {
        return request.reset_transforms(true);
    }
    request.set_transforms(Some(transforms))
}

pub(super) fn target(target: &DesiredTarget) -> aws::TargetDescription {
    described(target).build()
}

/// An address outside the VPC: it is in no zone of it.
pub(super) fn target_outside(target: &DesiredTarget) -> aws::TargetDescription {
    described(target).availability_zone("all").build()
}

fn described(target: &DesiredTarget) -> aws::builders::TargetDescriptionBuilder {
    aws::TargetDescription::builder()
        .id(target.id.to_string())
        .port(i32::from(target.port))
}

pub(super) fn tags(tags: &Tags) -> Vec<aws::Tag> {
    tags.iter()
        .map(|(key, value)| aws::Tag::builder().key(key).value(value).build())
        .collect()
}
