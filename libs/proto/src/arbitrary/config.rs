//! The configuration kinds.

use tributary_model::config::{
    AuthenticateAction, HealthCheckSettings, JwtClaim, ListField, ListenerConfiguration,
    ListenerRuleConfiguration, LoadBalancerConfiguration, LoadBalancerSettings, MergingMode,
    MutualAuthentication, MutualAuthenticationMode, ProtocolPort, RouteTargetGroupSettings,
    RoutingAction, SourceIpCondition, SubnetConfiguration, TargetGroupConfiguration,
    TargetGroupSettings, TargetReference,
};

use super::{fields, structs, variants};

structs! {
    LoadBalancerConfiguration { meta, merging_mode, settings, emptied, faults }
    LoadBalancerSettings {
        name, scheme, ip_address_type, enforce_private_link_rules, customer_owned_ipv4_pool,
        ipv4_ipam_pool, subnets, subnets_selector, listeners, disable_security_group,
        security_groups, security_group_prefixes, source_ranges,
        manage_backend_security_group_rules, enable_icmp, attributes, tags, minimum_capacity_units,
        web_acl, shield_advanced, default_target_group_configuration,
    }
    SubnetConfiguration { identifier, eip_allocation, private_ipv4, ipv6, source_nat_ipv6_prefix }
    ListenerConfiguration {
        default_certificate, certificates, ssl_policy, alpn_policy, target_group_stickiness,
        mutual_authentication, attributes, quic_enabled,
    }
    MutualAuthentication {
        mode, trust_store, advertise_ca_names, ignore_client_certificate_expiry,
    }
    TargetGroupConfiguration { meta, target_reference, default, routes, faults }
    TargetReference { group, kind, name }
    RouteTargetGroupSettings { kind, namespace, name, settings }
    TargetGroupSettings {
        name, ip_address_type, health_check, node_selector, attributes, target_type, protocol,
        protocol_version, multi_cluster, tags,
    }
    HealthCheckSettings {
        healthy_threshold, interval_seconds, path, port, protocol, timeout_seconds,
        unhealthy_threshold, http_codes, grpc_codes,
    }
    ListenerRuleConfiguration { meta, authenticate, routing, source_ip, tags, incomplete, faults }
    JwtClaim { name, format, values }
    SourceIpCondition { values, match_indexes }
}

variants!(ListField: |source|
    Self::Subnets, Self::SubnetsSelector, Self::SecurityGroups, Self::SecurityGroupPrefixes,
    Self::SourceRanges);
variants!(ProtocolPort: |source|
    Self { protocol: Some(source.any()), port: Some(source.any()) },
    Self { protocol: None, port: Some(source.any()) },
    Self { protocol: Some(source.any()), port: None });
variants!(MergingMode: |source| Self::PreferGateway, Self::PreferGatewayClass);
variants!(MutualAuthenticationMode: |source| Self::Off, Self::Passthrough, Self::Verify);
variants!(AuthenticateAction: |source|
    fields!(source, Self::Oidc { fields, extra_params, secret }),
    fields!(source, Self::Cognito { fields, extra_params }),
    fields!(source, Self::Jwt { jwks_endpoint, issuer, claims }));
variants!(RoutingAction: |source|
    fields!(source, Self::Forward { stickiness_seconds }),
    fields!(source, Self::Redirect { query }),
    fields!(source, Self::FixedResponse { status_code, content_type, message_body }));
