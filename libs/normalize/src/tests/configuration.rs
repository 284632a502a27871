use rstest::rstest;
use std::collections::{BTreeMap, BTreeSet};
use tributary_model::RouteKind;
use tributary_model::config::{
    AuthenticateAction, HealthCheckSettings, JwtClaim, ListField, ListenerConfiguration,
    LoadBalancerConfiguration, LoadBalancerSettings, MergingMode, MutualAuthentication,
    MutualAuthenticationMode, ProtocolPort, RouteTargetGroupSettings, RoutingAction,
    SourceIpCondition, SubnetConfiguration, TargetGroupConfiguration, TargetGroupSettings,
    TargetReference,
};
use tributary_model::elb::{
    IpAddressType, ProtocolVersion, Scheme, TargetIpAddressType, TargetProtocol, TargetType,
};
use tributary_model::selector::LabelSelector;

use super::*;

fn object(kind: &str, spec: &str) -> String {
    format!(
        "
apiVersion: gateway.k8s.aws/v1beta1
kind: {kind}
metadata: {{name: c, namespace: infra}}
spec: {spec}
"
    )
}

fn map(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

/// A text that is given.
#[allow(clippy::unnecessary_wraps)]
fn text(value: &str) -> Option<String> {
    Some(value.to_owned())
}

#[rstest]
#[case::absent("null")]
#[case::empty("{}")]
fn an_empty_configuration_asks_for_nothing(#[case] spec: &str) {
    let expected = LoadBalancerConfiguration {
        meta: meta("infra", "c"),
        merging_mode: MergingMode::PreferGatewayClass,
        settings: LoadBalancerSettings::default(),
        emptied: BTreeSet::new(),
        faults: Vec::new(),
    };
    assert_eq!(
        resource_of(&object("LoadBalancerConfiguration", spec)),
        Resource::LoadBalancerConfiguration(Box::new(expected))
    );
}

#[test]
fn every_field_of_a_load_balancer_configuration_is_read() {
    let spec = "
  mergingMode: prefer-gateway
  loadBalancerName: web
  scheme: internet-facing
  ipAddressType: dualstack-without-public-ipv4
  enforceSecurityGroupInboundRulesOnPrivateLinkTraffic: 'off'
  customerOwnedIpv4Pool: pool
  ipv4IPAMPoolId: ipam
  loadBalancerSubnets: [{identifier: subnet-1, eipAllocation: e, privateIPv4Allocation: p, ipv6Allocation: v, sourceNatIPv6Prefix: s}]
  loadBalancerSubnetsSelector: {tier: [public, edge]}
  listenerConfigurations:
  - protocolPort: HTTPS:443
    defaultCertificate: arn:1
    certificates: [arn:2]
    sslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06
    alpnPolicy: HTTP2Preferred
    targetGroupStickiness: true
    mutualAuthentication: {mode: verify, trustStore: ts, advertiseTrustStoreCaNames: 'on', ignoreClientCertificateExpiry: true}
    listenerAttributes: [{key: a, value: b}]
    quicEnabled: false
  disableSecurityGroup: false
  securityGroups: [sg-1]
  securityGroupPrefixes: [pl-1]
  sourceRanges: [10.0.0.0/8]
  manageBackendSecurityGroupRules: true
  enableICMP: true
  loadBalancerAttributes: [{key: idle_timeout.timeout_seconds, value: '30'}]
  tags: {team: a}
  minimumLoadBalancerCapacity: {capacityUnits: 100}
  wafV2: {webACL: arn:waf}
  shieldConfiguration: {enabled: true}
  defaultTargetGroupConfiguration: {name: tgc}
";
    let listener = ListenerConfiguration {
        default_certificate: text("arn:1"),
        certificates: vec!["arn:2".to_owned()],
        ssl_policy: text("ELBSecurityPolicy-TLS13-1-2-2021-06"),
        alpn_policy: text("HTTP2Preferred"),
        target_group_stickiness: Some(true),
        mutual_authentication: Some(MutualAuthentication {
            mode: MutualAuthenticationMode::Verify,
            trust_store: text("ts"),
            advertise_ca_names: text("on"),
            ignore_client_certificate_expiry: Some(true),
        }),
        attributes: map(&[("a", "b")]),
        quic_enabled: Some(false),
    };
    let https = ProtocolPort {
        protocol: text("HTTPS"),
        port: Some(443),
    };
    let settings = LoadBalancerSettings {
        name: text("web"),
        scheme: Some(Scheme::InternetFacing),
        ip_address_type: Some(IpAddressType::DualstackWithoutPublicIpv4),
        enforce_private_link_rules: text("off"),
        customer_owned_ipv4_pool: text("pool"),
        ipv4_ipam_pool: text("ipam"),
        subnets: vec![SubnetConfiguration {
            identifier: "subnet-1".to_owned(),
            eip_allocation: text("e"),
            private_ipv4: text("p"),
            ipv6: text("v"),
            source_nat_ipv6_prefix: text("s"),
        }],
        subnets_selector: [(
            "tier".to_owned(),
            vec!["public".to_owned(), "edge".to_owned()],
        )]
        .into(),
        listeners: [(https, listener)].into(),
        disable_security_group: Some(false),
        security_groups: vec!["sg-1".to_owned()],
        security_group_prefixes: vec!["pl-1".to_owned()],
        source_ranges: vec!["10.0.0.0/8".to_owned()],
        manage_backend_security_group_rules: Some(true),
        enable_icmp: Some(true),
        attributes: map(&[("idle_timeout.timeout_seconds", "30")]),
        tags: map(&[("team", "a")]),
        minimum_capacity_units: Some(100),
        web_acl: text("arn:waf"),
        shield_advanced: Some(true),
        default_target_group_configuration: Some("tgc".into()),
    };
    let expected = LoadBalancerConfiguration {
        meta: meta("infra", "c"),
        merging_mode: MergingMode::PreferGateway,
        settings,
        emptied: BTreeSet::new(),
        faults: Vec::new(),
    };
    assert_eq!(
        resource_of(&object("LoadBalancerConfiguration", spec)),
        Resource::LoadBalancerConfiguration(Box::new(expected))
    );
}

/// One fault is told, and nothing else is wrong.
fn left_out(yaml: &str, field: &str, reason: &str) {
    let (object, _) = accepted(yaml);
    let faults = match &*object.resource {
        Resource::LoadBalancerConfiguration(configuration) => &configuration.faults,
        Resource::TargetGroupConfiguration(configuration) => &configuration.faults,
        Resource::ListenerRuleConfiguration(configuration) => &configuration.faults,
        other => panic!("no configuration: {other:?}"),
    };
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert_eq!(faults[0].field, field);
    assert!(faults[0].reason.contains(reason), "{}", faults[0]);
}

fn load_balancer(spec: &str) -> LoadBalancerConfiguration {
    match accepted(&object("LoadBalancerConfiguration", spec))
        .0
        .resource
        .as_ref()
    {
        Resource::LoadBalancerConfiguration(configuration) => (**configuration).clone(),
        other => panic!("no LoadBalancerConfiguration: {other:?}"),
    }
}

fn target_group(spec: &str) -> TargetGroupConfiguration {
    match accepted(&object("TargetGroupConfiguration", spec))
        .0
        .resource
        .as_ref()
    {
        Resource::TargetGroupConfiguration(configuration) => (**configuration).clone(),
        other => panic!("no TargetGroupConfiguration: {other:?}"),
    }
}

#[rstest]
#[case::merging_mode("{mergingMode: newest}", "mergingMode", "unknown variant `newest`")]
#[case::scheme("{scheme: public}", "scheme", "unknown variant `public`")]
#[case::long_name(
    "{loadBalancerName: a23456789012345678901234567890123}",
    "loadBalancerName",
    "1 to 32"
)]
#[case::name_with_a_space("{loadBalancerName: a b}", "loadBalancerName", "other characters")]
#[case::name_of_an_internal_one("{loadBalancerName: internal-a}", "loadBalancerName", "internal-")]
#[case::address_type("{ipAddressType: ipv6}", "ipAddressType", "unknown variant `ipv6`")]
#[case::no_range_is_left("{sourceRanges: [7]}", "sourceRanges[0]", "invalid type: integer")]
#[case::a_range_that_is_none("{sourceRanges: [300.0.0.0/8]}", "sourceRanges[0]", "is not a CIDR")]
#[case::a_range_without_length("{sourceRanges: [10.0.0.1]}", "sourceRanges[0]", "is not a CIDR")]
#[case::ranges_are_no_list("{sourceRanges: 10.0.0.0/8}", "sourceRanges", "invalid type: string")]
#[case::no_group_is_left(
    "{securityGroups: [1, 2]}",
    "securityGroups[0]",
    "invalid type: integer"
)]
#[case::no_prefix_list_is_left(
    "{securityGroupPrefixes: [1]}",
    "securityGroupPrefixes[0]",
    "invalid type: integer"
)]
#[case::client_certificates_for_nobody_knows_which_listener(
    "{listenerConfigurations: [{protocolPort: HTTPS-443, mutualAuthentication: {mode: verify, trustStore: t}}]}",
    "listenerConfigurations[0].protocolPort",
    "a protocol and a port"
)]
#[case::client_certificates_for_no_listener(
    "{listenerConfigurations: [{mutualAuthentication: {mode: verify, trustStore: t}}]}",
    "listenerConfigurations[0].protocolPort",
    "is required"
)]
#[case::not_an_object("text", "", "invalid type: string")]
fn what_would_be_another_load_balancer_or_an_open_one_refuses_the_whole(
    #[case] spec: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    let field = if field.is_empty() {
        "spec".to_owned()
    } else {
        format!("spec.{field}")
    };
    refused(&object("LoadBalancerConfiguration", spec), &field, reason);
}

#[test]
fn the_rest_of_a_load_balancer_configuration_holds() {
    let configuration = load_balancer(
        "
  scheme: internet-facing
  tags: {team: a, cost: 5}
  sourceRanges: [10.0.0.0/8, {}, 192.168.0.0/16]
  listenerConfigurations:
  - protocolPort: '80'
  - {protocolPort: 'HTTPS:443', sslPolicy: p, alpnPolicy: h2, listenerAttributes: [{key: a}, {key: b, value: c}]}
",
    );
    let https = ProtocolPort {
        protocol: text("HTTPS"),
        port: Some(443),
    };
    let listener = ListenerConfiguration {
        ssl_policy: text("p"),
        attributes: map(&[("b", "c")]),
        ..ListenerConfiguration::default()
    };
    let expected = LoadBalancerSettings {
        scheme: Some(Scheme::InternetFacing),
        tags: map(&[("team", "a")]),
        source_ranges: vec!["10.0.0.0/8".to_owned(), "192.168.0.0/16".to_owned()],
        listeners: [(https, listener)].into(),
        ..LoadBalancerSettings::default()
    };
    assert_eq!(configuration.settings, expected);
    let fields: Vec<&str> = configuration
        .faults
        .iter()
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "spec.listenerConfigurations[0].protocolPort",
            "spec.listenerConfigurations[1].alpnPolicy",
            "spec.listenerConfigurations[1].listenerAttributes[0].value",
            "spec.sourceRanges[1]",
            "spec.tags.cost",
        ]
    );
}

/// Each entry is told at the place where it was written, however many before it were taken out.
#[test]
fn faults_name_the_places_of_the_document() {
    let configuration =
        load_balancer("{sourceRanges: [1, 10.0.0.0/8, 2, 'fd00::/8', 300.0.0.0/8]}");
    let fields: Vec<&str> = configuration
        .faults
        .iter()
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "spec.sourceRanges[0]",
            "spec.sourceRanges[2]",
            "spec.sourceRanges[4]"
        ]
    );
    assert_eq!(
        configuration.settings.source_ranges,
        ["10.0.0.0/8", "fd00::/8"]
    );
}

/// EC2 `IpRange`: `CidrIp` is kept in its canonical form.
#[test]
fn source_ranges_are_as_ec2_keeps_them() {
    let configuration = load_balancer("{sourceRanges: [10.1.2.3/8, 'FD00:0:0::1/8', 1.2.3.4/32]}");
    assert_eq!(
        configuration.settings.source_ranges,
        ["10.0.0.0/8", "fd00::/8", "1.2.3.4/32"]
    );
}

#[rstest]
#[case::mode("{mode: verfy, trustStore: t}", "mode")]
#[case::no_mode("{trustStore: t}", "mode")]
#[case::trust_store("{mode: verify, trustStore: [t]}", "trustStore")]
#[case::switch(
    "{mode: verify, trustStore: t, ignoreClientCertificateExpiry: 'yes'}",
    "ignoreClientCertificateExpiry"
)]
#[case::not_an_object("[]", "")]
fn a_bad_part_of_client_certificates_lets_nobody_in(#[case] mutual: &str, #[case] field: &str) {
    let configuration = load_balancer(&format!(
        "{{listenerConfigurations: [{{protocolPort: 'HTTPS:443', mutualAuthentication: {mutual}}}]}}"
    ));
    let found = configuration.settings.listener(&["HTTPS"], 443).unwrap().1;
    let closed = MutualAuthentication {
        mode: MutualAuthenticationMode::Verify,
        trust_store: None,
        advertise_ca_names: None,
        ignore_client_certificate_expiry: None,
    };
    assert_eq!(found.mutual_authentication, Some(closed));
    let at = "spec.listenerConfigurations[0].mutualAuthentication";
    let expected = if field.is_empty() {
        at.to_owned()
    } else {
        format!("{at}.{field}")
    };
    assert_eq!(configuration.faults[0].field, expected);
}

#[rstest]
#[case::both("HTTPS:443", Some("HTTPS"), Some(443))]
#[case::any_protocol(":443", None, Some(443))]
#[case::any_port("HTTP:", Some("HTTP"), None)]
fn lbcs_forms_of_protocol_port(
    #[case] written: &str,
    #[case] protocol: Option<&str>,
    #[case] port: Option<u16>,
) {
    let configuration = load_balancer(&format!(
        "{{listenerConfigurations: [{{protocolPort: '{written}'}}]}}"
    ));
    let expected = ProtocolPort {
        protocol: protocol.map(str::to_owned),
        port,
    };
    assert_eq!(configuration.faults, []);
    let found: Vec<&ProtocolPort> = configuration.settings.listeners.keys().collect();
    assert_eq!(found, [&expected]);
    assert_eq!(expected.to_string(), written);
}

#[rstest]
#[case::absent("{}", &[])]
#[case::given("{securityGroups: [sg]}", &[])]
#[case::one("{securityGroups: []}", &[ListField::SecurityGroups])]
#[case::all(
    "{loadBalancerSubnets: [], loadBalancerSubnetsSelector: {}, securityGroups: [], securityGroupPrefixes: [], sourceRanges: []}",
    &[
        ListField::Subnets,
        ListField::SubnetsSelector,
        ListField::SecurityGroups,
        ListField::SecurityGroupPrefixes,
        ListField::SourceRanges,
    ]
)]
fn an_empty_list_is_another_wish_than_none(#[case] spec: &str, #[case] expected: &[ListField]) {
    assert_eq!(
        load_balancer(spec).emptied,
        expected.iter().copied().collect()
    );
}

#[rstest]
#[case::protocol_port(
    "{listenerConfigurations: [{protocolPort: '443'}]}",
    "listenerConfigurations[0].protocolPort",
    "a protocol and a port"
)]
#[case::port_zero(
    "{listenerConfigurations: [{protocolPort: 'HTTP:0'}]}",
    "listenerConfigurations[0].protocolPort",
    "a protocol and a port"
)]
#[case::same_listener_twice(
    "{listenerConfigurations: [{protocolPort: 'HTTP:80'}, {protocolPort: 'HTTP:80'}]}",
    "listenerConfigurations[1].protocolPort",
    "same protocol and port"
)]
#[case::alpn(
    "{listenerConfigurations: [{protocolPort: 'TLS:1', alpnPolicy: h2}]}",
    "listenerConfigurations[0].alpnPolicy",
    "unknown variant"
)]
#[case::verify_without_trust_store(
    "{listenerConfigurations: [{protocolPort: 'HTTPS:1', mutualAuthentication: {mode: verify}}]}",
    "listenerConfigurations[0].mutualAuthentication.trustStore",
    "is required for mode verify"
)]
#[case::trust_store_without_verify(
    "{listenerConfigurations: [{protocolPort: 'HTTPS:1', mutualAuthentication: {mode: passthrough, trustStore: a}}]}",
    "listenerConfigurations[0].mutualAuthentication.trustStore",
    "is for mode verify only"
)]
#[case::capacity_of_another_type(
    "{minimumLoadBalancerCapacity: {capacityUnits: many}}",
    "minimumLoadBalancerCapacity.capacityUnits",
    "invalid type: string"
)]
#[case::neither_protocol_nor_port(
    "{listenerConfigurations: [{protocolPort: ':'}]}",
    "listenerConfigurations[0].protocolPort",
    "a protocol and a port"
)]
#[case::entry_without_its_key(
    "{listenerConfigurations: [{sslPolicy: p}]}",
    "listenerConfigurations[0].protocolPort",
    "is required"
)]
#[case::unknown_field("{schema: internal}", "schema", "unknown field is ignored")]
#[case::one_bad_range_of_two(
    "{sourceRanges: [10.0.0.0/8, 7]}",
    "sourceRanges[1]",
    "invalid type: integer"
)]
#[case::attribute_twice(
    "{loadBalancerAttributes: [{key: a, value: b}, {key: a, value: c}]}",
    "loadBalancerAttributes[1].key",
    "same key"
)]
#[case::attribute_is_a_number(
    "{loadBalancerAttributes: [{key: a, value: 1}]}",
    "loadBalancerAttributes[0].value",
    "invalid type: integer"
)]
#[case::negative_capacity(
    "{minimumLoadBalancerCapacity: {capacityUnits: -1}}",
    "minimumLoadBalancerCapacity.capacityUnits",
    "must not be negative"
)]
fn a_bad_field_of_a_load_balancer_configuration_costs_itself(
    #[case] spec: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    left_out(
        &object("LoadBalancerConfiguration", spec),
        &format!("spec.{field}"),
        reason,
    );
}

#[test]
fn every_field_of_a_target_group_configuration_is_read() {
    let spec = "
  targetReference: {name: app}
  defaultConfiguration:
    targetGroupName: tg
    ipAddressType: ipv6
    healthCheckConfig:
      healthyThresholdCount: 2
      healthCheckInterval: 300
      healthCheckPath: /healthz
      healthCheckPort: traffic-port
      healthCheckProtocol: HTTPS
      healthCheckTimeout: 120
      unhealthyThresholdCount: 10
      matcher: {httpCode: 200-399}
    nodeSelector: {matchLabels: {pool: web}}
    targetGroupAttributes: [{key: a, value: b}]
    targetType: instance
    protocol: TCP_UDP
    protocolVersion: GRPC
    enableMultiCluster: true
    tags: {team: a}
  routeConfigurations:
  - routeIdentifier: {kind: GRPCRoute, namespace: x, name: z1}
    targetGroupProps: {targetType: ip}
  - routeIdentifier: {kind: HTTPRoute, namespace: '', name: ''}
    targetGroupProps: {}
";
    let default = TargetGroupSettings {
        name: text("tg"),
        ip_address_type: Some(TargetIpAddressType::Ipv6),
        health_check: HealthCheckSettings {
            healthy_threshold: Some(2),
            interval_seconds: Some(300),
            path: text("/healthz"),
            port: text("traffic-port"),
            protocol: Some(TargetProtocol::Https),
            timeout_seconds: Some(120),
            unhealthy_threshold: Some(10),
            http_codes: text("200-399"),
            grpc_codes: None,
        },
        node_selector: Some(LabelSelector {
            match_labels: map(&[("pool", "web")]),
            match_expressions: vec![],
        }),
        attributes: map(&[("a", "b")]),
        target_type: Some(TargetType::Instance),
        protocol: Some(TargetProtocol::TcpUdp),
        protocol_version: Some(ProtocolVersion::Grpc),
        multi_cluster: Some(true),
        tags: map(&[("team", "a")]),
    };
    let expected = TargetGroupConfiguration {
        meta: meta("infra", "c"),
        target_reference: Some(TargetReference {
            group: String::new(),
            kind: "Service".to_owned(),
            name: "app".into(),
        }),
        default,
        routes: vec![
            RouteTargetGroupSettings {
                kind: RouteKind::Grpc,
                namespace: Some("x".into()),
                name: Some("z1".into()),
                settings: TargetGroupSettings {
                    target_type: Some(TargetType::Ip),
                    ..TargetGroupSettings::default()
                },
            },
            RouteTargetGroupSettings {
                kind: RouteKind::Http,
                namespace: None,
                name: None,
                settings: TargetGroupSettings::default(),
            },
        ],
        faults: Vec::new(),
    };
    assert_eq!(
        resource_of(&object("TargetGroupConfiguration", spec)),
        Resource::TargetGroupConfiguration(Box::new(expected))
    );
}

#[rstest]
#[case::target_type(
    "{defaultConfiguration: {targetType: lambda}}",
    "defaultConfiguration.targetType",
    "unknown variant"
)]
#[case::threshold(
    "{defaultConfiguration: {healthCheckConfig: {healthyThresholdCount: 1}}}",
    "defaultConfiguration.healthCheckConfig.healthyThresholdCount",
    "2 to 10"
)]
#[case::interval(
    "{defaultConfiguration: {healthCheckConfig: {healthCheckInterval: 4}}}",
    "defaultConfiguration.healthCheckConfig.healthCheckInterval",
    "5 to 300"
)]
#[case::port(
    "{defaultConfiguration: {healthCheckConfig: {healthCheckPort: '70000'}}}",
    "defaultConfiguration.healthCheckConfig.healthCheckPort",
    "neither a port, nor traffic-port"
)]
#[case::two_matchers(
    "{defaultConfiguration: {healthCheckConfig: {matcher: {httpCode: '200', grpcCode: '0'}}}}",
    "defaultConfiguration.healthCheckConfig.matcher",
    "not both"
)]
#[case::route_kind(
    "{routeConfigurations: [{routeIdentifier: {kind: Ingress}, targetGroupProps: {}}]}",
    "routeConfigurations[0].routeIdentifier.kind",
    "unknown variant `Ingress`"
)]
#[case::name_without_namespace(
    "{routeConfigurations: [{routeIdentifier: {kind: HTTPRoute, name: a}, targetGroupProps: {}}]}",
    "routeConfigurations[0].routeIdentifier.namespace",
    "is required"
)]
#[case::control_port(
    "{defaultConfiguration: {targetControlPort: 8081}}",
    "defaultConfiguration.targetControlPort",
    "is not programmed"
)]
#[case::target_group_name(
    "{defaultConfiguration: {targetGroupName: bad name!}}",
    "defaultConfiguration.targetGroupName",
    "other characters"
)]
#[case::health_check_path(
    "{defaultConfiguration: {healthCheckConfig: {healthCheckPath: healthz}}}",
    "defaultConfiguration.healthCheckConfig.healthCheckPath",
    "does not begin with a slash"
)]
#[case::node_selector(
    "{defaultConfiguration: {nodeSelector: {matchExpressions: [{key: a, operator: Above}]}}}",
    "defaultConfiguration.nodeSelector.matchExpressions[0].operator",
    "Above"
)]
fn a_bad_field_of_a_target_group_configuration_costs_itself(
    #[case] spec: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    left_out(
        &object("TargetGroupConfiguration", spec),
        &format!("spec.{field}"),
        reason,
    );
}

#[test]
fn whom_a_target_group_configuration_is_for_is_never_guessed() {
    refused(
        &object("TargetGroupConfiguration", "{targetReference: {}}"),
        "spec.targetReference.name",
        "is required",
    );
    refused(
        &object(
            "TargetGroupConfiguration",
            "{targetReference: {kind: Gateway, group: gateway.networking.k8s.io, name: edge}}",
        ),
        "spec.targetReference",
        "is not a Service",
    );
    let configuration = target_group(
        "{routeConfigurations: [{routeIdentifier: {kind: HTTPRoute, namespace: 7}, targetGroupProps: {targetType: ip}}, {routeIdentifier: {kind: TCPRoute}, targetGroupProps: {}}]}",
    );
    let kinds: Vec<RouteKind> = configuration
        .routes
        .iter()
        .map(|route| route.kind)
        .collect();
    assert_eq!(kinds, [RouteKind::Tcp]);
    assert_eq!(
        configuration.faults[0].field,
        "spec.routeConfigurations[0].routeIdentifier.namespace"
    );
}

#[test]
fn the_rest_of_a_target_group_configuration_holds() {
    let configuration = target_group(
        "{defaultConfiguration: {targetType: lambda, protocol: HTTPS, healthCheckConfig: {healthCheckPort: admin, healthCheckInterval: 1, healthCheckPath: /h}}}",
    );
    let expected = TargetGroupSettings {
        protocol: Some(TargetProtocol::Https),
        health_check: HealthCheckSettings {
            path: text("/h"),
            port: text("admin"),
            ..HealthCheckSettings::default()
        },
        ..TargetGroupSettings::default()
    };
    assert_eq!(configuration.default, expected);
    assert_eq!(configuration.faults.len(), 2);
}

fn rule(spec: &str) -> tributary_model::config::ListenerRuleConfiguration {
    match resource_of(&object("ListenerRuleConfiguration", spec)) {
        Resource::ListenerRuleConfiguration(configuration) => *configuration,
        other => panic!("not a ListenerRuleConfiguration: {other:?}"),
    }
}

const SESSION: [(&str, &str); 4] = [
    ("OnUnauthenticatedRequest", "authenticate"),
    ("Scope", "openid"),
    ("SessionCookieName", "AWSELBAuthSessionCookie"),
    ("SessionTimeout", "604800"),
];

#[test]
fn signing_in_with_oidc_has_defaults() {
    let rule = rule(
        "{actions: [{type: authenticate-oidc, authenticateOIDCConfig: {issuer: i, authorizationEndpoint: a, tokenEndpoint: t, userInfoEndpoint: u, secret: {name: s}}}]}",
    );
    let mut fields = map(&SESSION);
    fields.extend(map(&[
        ("Issuer", "i"),
        ("AuthorizationEndpoint", "a"),
        ("TokenEndpoint", "t"),
        ("UserInfoEndpoint", "u"),
    ]));
    let expected = AuthenticateAction::Oidc {
        fields,
        extra_params: map(&[]),
        secret: "s".into(),
    };
    assert_eq!((rule.authenticate, rule.routing), (Some(expected), None));
}

#[test]
fn signing_in_with_cognito_keeps_what_is_given() {
    let rule = rule(
        "{actions: [{type: authenticate-cognito, authenticateCognitoConfig: {userPoolArn: p, userPoolClientId: c, userPoolDomain: d, scope: email, onUnauthenticatedRequest: deny, sessionCookieName: k, sessionTimeout: 60, authenticationRequestExtraParams: {a: b}}}]}",
    );
    let expected = AuthenticateAction::Cognito {
        fields: map(&[
            ("UserPoolArn", "p"),
            ("UserPoolClientId", "c"),
            ("UserPoolDomain", "d"),
            ("Scope", "email"),
            ("OnUnauthenticatedRequest", "deny"),
            ("SessionCookieName", "k"),
            ("SessionTimeout", "60"),
        ]),
        extra_params: map(&[("a", "b")]),
    };
    assert_eq!(rule.authenticate, Some(expected));
}

#[test]
fn a_jwt_and_a_fixed_response_go_together() {
    let rule = rule(
        "{tags: {a: b}, actions: [{type: jwt-validation, jwtValidationConfig: {issuer: i, jwksEndpoint: j, additionalClaims: [{format: string-array, name: x, values: [v]}]}}, {type: fixed-response, fixedResponseConfig: {statusCode: 404, messageBody: gone}}]}",
    );
    let jwt = AuthenticateAction::Jwt {
        jwks_endpoint: "j".to_owned(),
        issuer: "i".to_owned(),
        claims: vec![JwtClaim {
            name: "x".to_owned(),
            format: "string-array".to_owned(),
            values: vec!["v".to_owned()],
        }],
    };
    let response = RoutingAction::FixedResponse {
        status_code: 404,
        content_type: text("text/plain"),
        message_body: text("gone"),
    };
    assert_eq!(
        (rule.authenticate, rule.routing, rule.tags),
        (Some(jwt), Some(response), map(&[("a", "b")]))
    );
}

#[rstest]
#[case::sticky(
    "{type: forward, forwardConfig: {targetGroupStickinessConfig: {enabled: true, durationSeconds: 60}}}",
    RoutingAction::Forward { stickiness_seconds: Some(60) }
)]
#[case::sticky_for_an_hour(
    "{type: forward, forwardConfig: {targetGroupStickinessConfig: {enabled: true}}}",
    RoutingAction::Forward { stickiness_seconds: Some(3600) }
)]
#[case::not_sticky(
    "{type: forward, forwardConfig: {targetGroupStickinessConfig: {durationSeconds: 60}}}",
    RoutingAction::Forward { stickiness_seconds: None }
)]
#[case::redirect(
    "{type: redirect, redirectConfig: {query: a=b}}",
    RoutingAction::Redirect { query: text("a=b") }
)]
fn routing_actions(#[case] action: &str, #[case] expected: RoutingAction) {
    assert_eq!(
        rule(&format!("{{actions: [{action}]}}")).routing,
        Some(expected)
    );
}

#[test]
fn source_addresses_may_be_for_some_matches() {
    let rule = rule(
        "{conditions: [{field: source-ip, sourceIPConfig: {values: [10.0.0.0/8, '2001:db8::/32']}, matchIndexes: [0, 2]}]}",
    );
    let expected = SourceIpCondition {
        values: vec!["10.0.0.0/8".to_owned(), "2001:db8::/32".to_owned()],
        match_indexes: vec![0, 2],
    };
    assert_eq!(rule.source_ip, [expected]);
}

const FORWARD: &str = "{type: forward, forwardConfig: {}}";
const REDIRECT: &str = "{type: redirect, redirectConfig: {}}";

#[rstest]
#[case::no_actions("{actions: []}", "actions", "1 to 2")]
#[case::three_actions(&format!("{{actions: [{FORWARD}, {REDIRECT}, {FORWARD}]}}"), "actions", "1 to 2")]
#[case::two_routing_actions(&format!("{{actions: [{FORWARD}, {REDIRECT}]}}"), "actions[1]", "one of forward, redirect and fixed-response")]
#[case::unknown_type(
    "{actions: [{type: mirror}]}",
    "actions[0].type",
    "unknown variant `mirror`"
)]
#[case::config_missing(
    "{actions: [{type: redirect}]}",
    "actions[0].redirectConfig",
    "is required"
)]
#[case::config_of_another_type(
    "{actions: [{type: redirect, redirectConfig: {}, forwardConfig: {}}]}",
    "actions[0].forwardConfig",
    "does not belong"
)]
#[case::status_code(
    "{actions: [{type: fixed-response, fixedResponseConfig: {statusCode: 302}}]}",
    "actions[0].fixedResponseConfig.statusCode",
    "2XX, 4XX or 5XX"
)]
#[case::content_type(
    "{actions: [{type: fixed-response, fixedResponseConfig: {statusCode: 200, contentType: image/png}}]}",
    "actions[0].fixedResponseConfig.contentType",
    "unknown variant"
)]
#[case::stickiness(
    "{actions: [{type: forward, forwardConfig: {targetGroupStickinessConfig: {durationSeconds: 0}}}]}",
    "actions[0].forwardConfig.targetGroupStickinessConfig.durationSeconds",
    "1 to 604800"
)]
#[case::condition_field(
    "{conditions: [{field: host-header}]}",
    "conditions[0].field",
    "unknown variant"
)]
#[case::condition_config(
    "{conditions: [{field: source-ip}]}",
    "conditions[0].sourceIPConfig",
    "is required"
)]
#[case::cidr(
    "{conditions: [{field: source-ip, sourceIPConfig: {values: [10.0.0.0/33]}}]}",
    "conditions[0].sourceIPConfig.values[0]",
    "is not a CIDR"
)]
#[case::match_index(
    "{conditions: [{field: source-ip, sourceIPConfig: {values: [10.0.0.0/8]}, matchIndexes: [-1]}]}",
    "conditions[0].matchIndexes[0]",
    "must not be negative"
)]
fn a_bad_action_or_condition_makes_a_rule_incomplete(
    #[case] spec: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    let yaml = object("ListenerRuleConfiguration", spec);
    left_out(&yaml, &format!("spec.{field}"), reason);
    assert!(matches!(
        accepted(&yaml).0.resource.as_ref(),
        Resource::ListenerRuleConfiguration(rule) if rule.incomplete
    ));
}

#[rstest]
#[case::tag("{tags: {a: 1}}", "tags.a")]
#[case::unknown("{priority: 5}", "priority")]
fn a_bad_field_beside_actions_and_conditions_costs_itself(#[case] spec: &str, #[case] field: &str) {
    let yaml = object("ListenerRuleConfiguration", spec);
    left_out(&yaml, &format!("spec.{field}"), "");
    assert!(matches!(
        accepted(&yaml).0.resource.as_ref(),
        Resource::ListenerRuleConfiguration(rule) if !rule.incomplete
    ));
}

#[test]
fn a_field_that_is_null_is_absent() {
    let text = object(
        "LoadBalancerConfiguration",
        "{shieldConfiguration: {enabled: null}, loadBalancerSubnets: [{identifier: null, eipAllocation: eip-a}]}",
    );
    let Resource::LoadBalancerConfiguration(configuration) = resource_of(&text) else {
        panic!("not a LoadBalancerConfiguration");
    };
    assert_eq!(configuration.faults, []);
}

#[test]
fn an_expression_of_a_node_selector_needs_a_key() {
    let text = object(
        "TargetGroupConfiguration",
        "{defaultConfiguration: {nodeSelector: {matchExpressions: [{operator: Exists}]}}}",
    );
    let Resource::TargetGroupConfiguration(configuration) = resource_of(&text) else {
        panic!("not a TargetGroupConfiguration");
    };
    let fields: Vec<_> = configuration
        .faults
        .iter()
        .map(|fault| fault.field.as_str())
        .collect();
    assert_eq!(
        fields,
        ["spec.defaultConfiguration.nodeSelector.matchExpressions[0].key"]
    );
}
