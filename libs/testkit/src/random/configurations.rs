use std::collections::BTreeMap;

use proptest::prelude::*;
use tributary_model::config::{
    AuthenticateAction, HealthCheckSettings, JwtClaim, ListField, ListenerConfiguration,
    ListenerRuleConfiguration, LoadBalancerConfiguration, LoadBalancerSettings, MergingMode,
    MutualAuthentication, MutualAuthenticationMode, ProtocolPort, RouteTargetGroupSettings,
    RoutingAction, SourceIpCondition, SubnetConfiguration, TargetGroupConfiguration,
    TargetGroupSettings, TargetReference,
};
use tributary_model::elb::{
    IpAddressType, ProtocolVersion, Scheme, TargetIpAddressType, TargetProtocol, TargetType,
};
use tributary_model::{Resource, RouteKind};

use super::{
    CONFIGURATIONS, PORTS, SERVICES, faults, few, listeners, meta, mostly, name, named, one_of,
    other_namespace, rarely, seldom, text,
};

pub(super) fn load_balancer() -> impl Strategy<Value = Resource> {
    const MODES: [MergingMode; 2] = [MergingMode::PreferGateway, MergingMode::PreferGatewayClass];
    const LISTS: [ListField; 5] = [
        ListField::Subnets,
        ListField::SubnetsSelector,
        ListField::SecurityGroups,
        ListField::SecurityGroupPrefixes,
        ListField::SourceRanges,
    ];
    (
        meta(named(&CONFIGURATIONS)),
        one_of(&MODES),
        load_balancer_settings(),
        few(one_of(&LISTS)),
        faults(),
    )
        .prop_map(|(meta, merging_mode, settings, emptied, faults)| {
            Resource::LoadBalancerConfiguration(Box::new(LoadBalancerConfiguration {
                meta,
                merging_mode,
                settings,
                emptied: emptied.into_iter().collect(),
                faults,
            }))
        })
}

fn load_balancer_settings() -> impl Strategy<Value = LoadBalancerSettings> {
    const SCHEMES: [Scheme; 2] = [Scheme::Internal, Scheme::InternetFacing];
    const FAMILIES: [IpAddressType; 3] = [
        IpAddressType::Ipv4,
        IpAddressType::Dualstack,
        IpAddressType::DualstackWithoutPublicIpv4,
    ];
    let network = (
        seldom(text(&["edge"])),
        seldom(one_of(&SCHEMES)),
        seldom(one_of(&FAMILIES)),
        seldom(text(&["on", "off"])),
        seldom(text(&["coip"])),
        seldom(text(&["ipam"])),
        few(subnet()),
        few(text(&["tag:Tier"])),
    );
    let security = (
        seldom(any::<bool>()),
        few(text(&["sg-1"])),
        few(text(&["pl-1"])),
        few(text(&["10.0.0.0/8", "::/0"])),
        seldom(any::<bool>()),
        seldom(any::<bool>()),
    );
    let rest = (
        prop::collection::vec((protocol_port(), listener()), 0..3),
        few(pair("idle_timeout.timeout_seconds")),
        few(pair("team")),
        seldom(1..3_u32),
        seldom(text(&["arn:waf"])),
        seldom(any::<bool>()),
        seldom(name(&CONFIGURATIONS)),
    );
    (network, security, rest).prop_map(|(network, security, rest)| {
        let (
            name,
            scheme,
            ip_address_type,
            enforce_private_link_rules,
            customer_owned_ipv4_pool,
            ipv4_ipam_pool,
            subnets,
            subnets_selector,
        ) = network;
        let (
            disable_security_group,
            security_groups,
            security_group_prefixes,
            source_ranges,
            manage_backend_security_group_rules,
            enable_icmp,
        ) = security;
        let (
            listeners,
            attributes,
            tags,
            minimum_capacity_units,
            web_acl,
            shield_advanced,
            default_target_group_configuration,
        ) = rest;
        LoadBalancerSettings {
            name,
            scheme,
            ip_address_type,
            enforce_private_link_rules,
            customer_owned_ipv4_pool,
            ipv4_ipam_pool,
            subnets,
            subnets_selector: subnets_selector
                .into_iter()
                .map(|tag| (tag, vec!["public".to_owned()]))
                .collect(),
            listeners: listeners.into_iter().collect(),
            disable_security_group,
            security_groups,
            security_group_prefixes,
            source_ranges,
            manage_backend_security_group_rules,
            enable_icmp,
            attributes: attributes.into_iter().collect(),
            tags: tags.into_iter().collect(),
            minimum_capacity_units,
            web_acl,
            shield_advanced,
            default_target_group_configuration,
        }
    })
}

fn subnet() -> impl Strategy<Value = SubnetConfiguration> {
    (
        text(&["subnet-1", ""]),
        seldom(text(&["eipalloc-1"])),
        seldom(text(&["10.0.0.9"])),
        seldom(text(&["fd00::9"])),
        seldom(text(&["auto_assigned"])),
    )
        .prop_map(
            |(identifier, eip_allocation, private_ipv4, ipv6, source_nat_ipv6_prefix)| {
                SubnetConfiguration {
                    identifier,
                    eip_allocation,
                    private_ipv4,
                    ipv6,
                    source_nat_ipv6_prefix,
                }
            },
        )
}

fn protocol_port() -> impl Strategy<Value = ProtocolPort> {
    (
        prop::option::of(text(&["HTTP", "HTTPS", "HTTPS", "TLS", "TCP"])),
        prop::option::of(one_of(&PORTS)),
    )
        .prop_map(|(protocol, port)| ProtocolPort { protocol, port })
}

fn listener() -> impl Strategy<Value = ListenerConfiguration> {
    const MODES: [MutualAuthenticationMode; 3] = [
        MutualAuthenticationMode::Off,
        MutualAuthenticationMode::Passthrough,
        MutualAuthenticationMode::Verify,
    ];
    let mutual = (
        one_of(&MODES),
        seldom(text(&["arn:trust"])),
        seldom(text(&["on"])),
        seldom(any::<bool>()),
    )
        .prop_map(
            |(mode, trust_store, advertise_ca_names, ignore_client_certificate_expiry)| {
                MutualAuthentication {
                    mode,
                    trust_store,
                    advertise_ca_names,
                    ignore_client_certificate_expiry,
                }
            },
        );
    (
        prop::option::of(text(&["arn:cert"])),
        few(text(&["arn:cert", "arn:other"])),
        seldom(text(&["ELBSecurityPolicy-TLS13-1-2-2021-06"])),
        seldom(text(&["HTTP2Preferred"])),
        seldom(any::<bool>()),
        seldom(mutual),
        few(pair("tcp.idle_timeout.seconds")),
        seldom(any::<bool>()),
    )
        .prop_map(
            |(
                default_certificate,
                certificates,
                ssl_policy,
                alpn_policy,
                target_group_stickiness,
                mutual_authentication,
                attributes,
                quic_enabled,
            )| ListenerConfiguration {
                default_certificate,
                certificates,
                ssl_policy,
                alpn_policy,
                target_group_stickiness,
                mutual_authentication,
                attributes: attributes.into_iter().collect(),
                quic_enabled,
            },
        )
}

pub(super) fn target_group() -> impl Strategy<Value = Resource> {
    let target = (mostly(""), mostly("Service"), name(&SERVICES))
        .prop_map(|(group, kind, name)| TargetReference { group, kind, name });
    let route = (
        one_of(&RouteKind::ALL),
        other_namespace(),
        prop::option::of(name(&["r", "s", "t"])),
        target_group_settings(),
    )
        .prop_map(
            |(kind, namespace, name, settings)| RouteTargetGroupSettings {
                kind,
                namespace,
                name,
                settings,
            },
        );
    (
        meta(named(&CONFIGURATIONS)),
        prop::option::weighted(0.8, target),
        target_group_settings(),
        few(route),
        faults(),
    )
        .prop_map(|(meta, target_reference, default, routes, faults)| {
            Resource::TargetGroupConfiguration(Box::new(TargetGroupConfiguration {
                meta,
                target_reference,
                default,
                routes,
                faults,
            }))
        })
}

fn target_protocol() -> impl Strategy<Value = TargetProtocol> {
    const PROTOCOLS: [TargetProtocol; 6] = [
        TargetProtocol::Http,
        TargetProtocol::Https,
        TargetProtocol::Tcp,
        TargetProtocol::Udp,
        TargetProtocol::Tls,
        TargetProtocol::TcpUdp,
    ];
    one_of(&PROTOCOLS)
}

fn target_group_settings() -> impl Strategy<Value = TargetGroupSettings> {
    const FAMILIES: [TargetIpAddressType; 2] =
        [TargetIpAddressType::Ipv4, TargetIpAddressType::Ipv6];
    const TYPES: [TargetType; 2] = [TargetType::Instance, TargetType::Ip];
    const VERSIONS: [ProtocolVersion; 3] = [
        ProtocolVersion::Http1,
        ProtocolVersion::Http2,
        ProtocolVersion::Grpc,
    ];
    (
        seldom(text(&["group"])),
        seldom(one_of(&FAMILIES)),
        health_check(),
        seldom(listeners::selector()),
        few(pair("deregistration_delay.timeout_seconds")),
        prop::option::weighted(0.3, one_of(&TYPES)),
        seldom(target_protocol()),
        seldom(one_of(&VERSIONS)),
        seldom(any::<bool>()),
        few(pair("team")),
    )
        .prop_map(
            |(
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
            )| TargetGroupSettings {
                name,
                ip_address_type,
                health_check,
                node_selector,
                attributes: attributes.into_iter().collect(),
                target_type,
                protocol,
                protocol_version,
                multi_cluster,
                tags: tags.into_iter().collect(),
            },
        )
}

fn health_check() -> impl Strategy<Value = HealthCheckSettings> {
    (
        seldom(2..4_u32),
        seldom(5..7_u32),
        seldom(text(&["/", "/ready"])),
        seldom(text(&["traffic-port", "8080", "web"])),
        seldom(target_protocol()),
        seldom(2..4_u32),
        seldom(2..4_u32),
        seldom(text(&["200", "200-399"])),
        seldom(text(&["0"])),
    )
        .prop_map(
            |(
                healthy_threshold,
                interval_seconds,
                path,
                port,
                protocol,
                timeout_seconds,
                unhealthy_threshold,
                http_codes,
                grpc_codes,
            )| HealthCheckSettings {
                healthy_threshold,
                interval_seconds,
                path,
                port,
                protocol,
                timeout_seconds,
                unhealthy_threshold,
                http_codes,
                grpc_codes,
            },
        )
}

pub(super) fn listener_rule() -> impl Strategy<Value = Resource> {
    let source_ip = (
        prop::collection::vec(text(&["10.0.0.0/8", "::/0"]), 1..3),
        few(0..3_usize),
    )
        .prop_map(|(values, match_indexes)| SourceIpCondition {
            values,
            match_indexes,
        });
    (
        meta(named(&CONFIGURATIONS)),
        seldom(authenticate()),
        prop::option::of(routing()),
        few(source_ip),
        few(pair("team")),
        rarely(),
        faults(),
    )
        .prop_map(
            |(meta, authenticate, routing, source_ip, tags, incomplete, faults)| {
                Resource::ListenerRuleConfiguration(Box::new(ListenerRuleConfiguration {
                    meta,
                    authenticate,
                    routing,
                    source_ip,
                    tags: tags.into_iter().collect(),
                    incomplete,
                    faults,
                }))
            },
        )
}

fn authenticate() -> impl Strategy<Value = AuthenticateAction> {
    let none: fn() -> BTreeMap<String, String> = BTreeMap::new;
    prop_oneof![
        (few(pair("issuer")), name(&["oidc"])).prop_map(move |(fields, secret)| {
            AuthenticateAction::Oidc {
                fields: fields.into_iter().collect(),
                extra_params: none(),
                secret,
            }
        }),
        few(pair("userPoolArn")).prop_map(move |fields| AuthenticateAction::Cognito {
            fields: fields.into_iter().collect(),
            extra_params: none(),
        }),
        few(text(&["scope"])).prop_map(|claims| AuthenticateAction::Jwt {
            jwks_endpoint: "https://issuer.example.com/jwks".to_owned(),
            issuer: "https://issuer.example.com".to_owned(),
            claims: claims
                .into_iter()
                .map(|name| JwtClaim {
                    name,
                    format: "single-string".to_owned(),
                    values: vec!["read".to_owned()],
                })
                .collect(),
        }),
    ]
}

fn routing() -> impl Strategy<Value = RoutingAction> {
    prop_oneof![
        seldom(60..62_u32)
            .prop_map(|stickiness_seconds| RoutingAction::Forward { stickiness_seconds }),
        seldom(text(&["a=b"])).prop_map(|query| RoutingAction::Redirect { query }),
        (
            one_of(&[200_u16, 404, 503]),
            seldom(text(&["text/plain"])),
            seldom(text(&["no"]))
        )
            .prop_map(|(status_code, content_type, message_body)| {
                RoutingAction::FixedResponse {
                    status_code,
                    content_type,
                    message_body,
                }
            }),
    ]
}

fn pair(key: &'static str) -> impl Strategy<Value = (String, String)> {
    text(&["60", "61"]).prop_map(move |value| (key.to_owned(), value))
}
