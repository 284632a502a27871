//! Which attributes exist for which kind, their defaults and the values they take (ELBv2 API reference,
//! `LoadBalancerAttribute`, `TargetGroupAttribute`, `ListenerAttribute`).

/// An attribute that exists.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Known {
    pub(super) key: &'static str,
    pub(super) default: &'static str,
    pub(super) takes: Takes,
}

/// The values that an attribute takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    Boolean,
    OneOf(&'static [&'static str]),
    Range(u32, u32),
    /// 0, or a number of the range.
    ZeroOrRange(u32, u32),
    /// `off`, or a number of the range.
    OffOrRange(u32, u32),
    /// Cannot be changed, but may be set to what it is.
    Fixed,
    Text,
}

use crate::resources::load_balancers::{Kind, Scheme};
use crate::resources::protocols::Protocol;
use crate::resources::target_groups::TargetType;

use Takes::{Boolean, Fixed, OffOrRange, OneOf, Range, Text, ZeroOrRange};

const fn known(key: &'static str, default: &'static str, takes: Takes) -> Known {
    Known {
        key,
        default,
        takes,
    }
}

const ALL_LOAD_BALANCERS: &[Known] = &[
    known("access_logs.s3.bucket", "", Text),
    known("access_logs.s3.enabled", "false", Boolean),
    known("access_logs.s3.prefix", "", Text),
    known("deletion_protection.enabled", "false", Boolean),
    known("zonal_shift.config.enabled", "false", Boolean),
];

const APPLICATION: &[Known] = &[
    known("client_keep_alive.seconds", "3600", Range(60, 604_800)),
    known("connection_logs.s3.bucket", "", Text),
    known("connection_logs.s3.enabled", "false", Boolean),
    known("connection_logs.s3.prefix", "", Text),
    known("health_check_logs.s3.bucket", "", Text),
    known("health_check_logs.s3.enabled", "false", Boolean),
    known("health_check_logs.s3.prefix", "", Text),
    known("idle_timeout.timeout_seconds", "60", Range(1, 4000)),
    known("load_balancing.cross_zone.enabled", "true", Fixed),
    known(
        "routing.http.desync_mitigation_mode",
        "defensive",
        OneOf(&["monitor", "defensive", "strictest"]),
    ),
    known(
        "routing.http.drop_invalid_header_fields.enabled",
        "false",
        Boolean,
    ),
    known(
        "routing.http.preserve_host_header.enabled",
        "false",
        Boolean,
    ),
    known(
        "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
        "false",
        Boolean,
    ),
    known("routing.http.xff_client_port.enabled", "false", Boolean),
    known(
        "routing.http.xff_header_processing.mode",
        "append",
        OneOf(&["append", "preserve", "remove"]),
    ),
    known("routing.http2.enabled", "true", Boolean),
    known("waf.fail_open.enabled", "false", Boolean),
];

const NETWORK: &[Known] = &[
    known(
        "dns_record.client_routing_policy",
        "any_availability_zone",
        OneOf(&[
            "any_availability_zone",
            "availability_zone_affinity",
            "partial_availability_zone_affinity",
        ]),
    ),
    known("load_balancing.cross_zone.enabled", "false", Boolean),
    known("secondary_ips.auto_assigned.per_subnet", "0", Range(0, 7)),
];

const IGW_OPEN: Known = known("ipv6.deny_all_igw_traffic", "false", Boolean);
const IGW_CLOSED: Known = known("ipv6.deny_all_igw_traffic", "true", Boolean);

const ALL_TARGET_GROUPS: &[Known] = &[
    known(
        "deregistration_delay.timeout_seconds",
        "300",
        Range(0, 3600),
    ),
    known("stickiness.enabled", "false", Boolean),
    known(
        "load_balancing.cross_zone.enabled",
        "use_load_balancer_configuration",
        OneOf(&["true", "false", "use_load_balancer_configuration"]),
    ),
    known(
        "target_group_health.dns_failover.minimum_healthy_targets.count",
        "1",
        OffOrRange(1, 1000),
    ),
    known(
        "target_group_health.dns_failover.minimum_healthy_targets.percentage",
        "off",
        OffOrRange(1, 100),
    ),
    known(
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
        "1",
        Range(1, 1000),
    ),
    known(
        "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
        "off",
        OffOrRange(1, 100),
    ),
];

const HTTP_TARGET_GROUPS: &[Known] = &[
    known(
        "load_balancing.algorithm.type",
        "round_robin",
        OneOf(&[
            "round_robin",
            "least_outstanding_requests",
            "weighted_random",
        ]),
    ),
    known(
        "load_balancing.algorithm.anomaly_mitigation",
        "off",
        OneOf(&["on", "off"]),
    ),
    known("slow_start.duration_seconds", "0", ZeroOrRange(30, 900)),
    known("stickiness.app_cookie.cookie_name", "", Text),
    known(
        "stickiness.app_cookie.duration_seconds",
        "86400",
        Range(1, 604_800),
    ),
    known(
        "stickiness.lb_cookie.duration_seconds",
        "86400",
        Range(1, 604_800),
    ),
    known(
        "stickiness.type",
        "lb_cookie",
        OneOf(&["lb_cookie", "app_cookie"]),
    ),
];

const NETWORK_TARGET_GROUPS: &[Known] = &[
    known("proxy_protocol_v2.enabled", "false", Boolean),
    known("stickiness.type", "source_ip", OneOf(&["source_ip"])),
    known(
        "target_health_state.unhealthy.draining_interval_seconds",
        "0",
        Range(0, 360_000),
    ),
];

const TERMINATE_AT_END: &str = "deregistration_delay.connection_termination.enabled";
const TERMINATE_UNHEALTHY: &str = "target_health_state.unhealthy.connection_termination.enabled";
const PRESERVE_CLIENT_IP: &str = "preserve_client_ip.enabled";

const APPLICATION_LISTENERS: &[Known] = &[
    known(
        "routing.http.request.x_amzn_mtls_clientcert.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_mtls_clientcert_leaf.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_mtls_clientcert_subject.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_tls_cipher_suite.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.request.x_amzn_tls_version.header_name",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_allow_credentials.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_allow_headers.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_allow_methods.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_allow_origin.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_expose_headers.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.access_control_max_age.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.content_security_policy.header_value",
        "",
        Text,
    ),
    known("routing.http.response.server.enabled", "true", Boolean),
    known(
        "routing.http.response.strict_transport_security.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.x_content_type_options.header_value",
        "",
        Text,
    ),
    known(
        "routing.http.response.x_frame_options.header_value",
        "",
        Text,
    ),
];

const NETWORK_LISTENERS: &[Known] = &[known("tcp.idle_timeout.seconds", "350", Range(60, 6000))];

/// The attributes of a load balancer.
pub(crate) fn of_load_balancer(kind: Kind, scheme: Scheme) -> Vec<Known> {
    let igw = match scheme {
        Scheme::InternetFacing => IGW_OPEN,
        Scheme::Internal => IGW_CLOSED,
    };
    let own = match kind {
        Kind::Application => APPLICATION,
        Kind::Network => NETWORK,
    };
    [ALL_LOAD_BALANCERS, own, &[igw]].concat()
}

/// The attributes of a target group.
pub(crate) fn of_target_group(protocol: Protocol, target_type: TargetType) -> Vec<Known> {
    match protocol {
        Protocol::Http | Protocol::Https => [ALL_TARGET_GROUPS, HTTP_TARGET_GROUPS].concat(),
        Protocol::Tcp | Protocol::Tls => {
            let preserve = match target_type {
                TargetType::Ip => "false",
                TargetType::Instance | TargetType::Alb => "true",
            };
            let own = [
                known(TERMINATE_AT_END, "false", Boolean),
                known(TERMINATE_UNHEALTHY, "true", Boolean),
                known(PRESERVE_CLIENT_IP, preserve, Boolean),
            ];
            [ALL_TARGET_GROUPS, NETWORK_TARGET_GROUPS, &own].concat()
        }
        Protocol::Udp | Protocol::TcpUdp => {
            let own = [
                known(TERMINATE_AT_END, "true", Boolean),
                known(TERMINATE_UNHEALTHY, "false", Fixed),
                known(PRESERVE_CLIENT_IP, "true", Fixed),
            ];
            [ALL_TARGET_GROUPS, NETWORK_TARGET_GROUPS, &own].concat()
        }
    }
}

/// The attributes of a listener.
pub(crate) fn of_listener(kind: Kind, protocol: Protocol) -> Vec<Known> {
    match (kind, protocol) {
        (Kind::Application, _) => APPLICATION_LISTENERS.to_vec(),
        (Kind::Network, Protocol::Tcp | Protocol::TcpUdp) => NETWORK_LISTENERS.to_vec(),
        (Kind::Network, Protocol::Http | Protocol::Https | Protocol::Tls | Protocol::Udp) => {
            Vec::new()
        }
    }
}
