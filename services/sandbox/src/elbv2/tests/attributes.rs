//! The defaults that the API reference gives (`LoadBalancerAttribute`, `TargetGroupAttribute`,
//! `ListenerAttribute`).

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::testing::{World, text};

/// What a describe call of attributes shows must be `wanted`, and no other key.
fn defaults(world: &mut World, operation: &str, parameters: &Value, wanted: &[(&str, &str)]) {
    let shown = world.elb(operation, parameters);
    let shown: BTreeMap<String, String> = shown["Attributes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|attribute| (text(&attribute["Key"]), text(&attribute["Value"])))
        .collect();
    let wanted: BTreeMap<String, String> = wanted
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect();
    assert_eq!(shown, wanted);
}

const LOGS_OFF: [(&str, &str); 5] = [
    ("access_logs.s3.bucket", ""),
    ("access_logs.s3.enabled", "false"),
    ("access_logs.s3.prefix", ""),
    ("deletion_protection.enabled", "false"),
    ("zonal_shift.config.enabled", "false"),
];

#[test]
fn of_an_alb() {
    let mut world = World::new();
    let arn = world.load_balancer("web", "application");
    let own = [
        ("client_keep_alive.seconds", "3600"),
        ("connection_logs.s3.bucket", ""),
        ("connection_logs.s3.enabled", "false"),
        ("connection_logs.s3.prefix", ""),
        ("health_check_logs.s3.bucket", ""),
        ("health_check_logs.s3.enabled", "false"),
        ("health_check_logs.s3.prefix", ""),
        ("idle_timeout.timeout_seconds", "60"),
        ("ipv6.deny_all_igw_traffic", "false"),
        ("load_balancing.cross_zone.enabled", "true"),
        ("routing.http.desync_mitigation_mode", "defensive"),
        ("routing.http.drop_invalid_header_fields.enabled", "false"),
        ("routing.http.preserve_host_header.enabled", "false"),
        (
            "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
            "false",
        ),
        ("routing.http.xff_client_port.enabled", "false"),
        ("routing.http.xff_header_processing.mode", "append"),
        ("routing.http2.enabled", "true"),
        ("waf.fail_open.enabled", "false"),
    ];
    defaults(
        &mut world,
        "DescribeLoadBalancerAttributes",
        &json!({"LoadBalancerArn": arn}),
        &[LOGS_OFF.as_slice(), &own].concat(),
    );
}

#[test]
fn of_an_internal_nlb() {
    let mut world = World::new();
    let asked = json!({
        "Name": "net", "Type": "network", "Scheme": "internal", "Subnets": world.subnets(false),
    });
    let created = world.elb("CreateLoadBalancer", &asked);
    let own = [
        ("dns_record.client_routing_policy", "any_availability_zone"),
        ("ipv6.deny_all_igw_traffic", "true"),
        ("load_balancing.cross_zone.enabled", "false"),
        ("secondary_ips.auto_assigned.per_subnet", "0"),
    ];
    defaults(
        &mut world,
        "DescribeLoadBalancerAttributes",
        &json!({"LoadBalancerArn": created["LoadBalancers"][0]["LoadBalancerArn"]}),
        &[LOGS_OFF.as_slice(), &own].concat(),
    );
}

/// The attributes of a new target group besides those that every one has.
fn of_target_group(protocol: &str, target_type: &str, own: &[(&str, &str)]) {
    let all = [
        ("deregistration_delay.timeout_seconds", "300"),
        ("stickiness.enabled", "false"),
        (
            "load_balancing.cross_zone.enabled",
            "use_load_balancer_configuration",
        ),
        (
            "target_group_health.dns_failover.minimum_healthy_targets.count",
            "1",
        ),
        (
            "target_group_health.dns_failover.minimum_healthy_targets.percentage",
            "off",
        ),
        (
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.count",
            "1",
        ),
        (
            "target_group_health.unhealthy_state_routing.minimum_healthy_targets.percentage",
            "off",
        ),
    ];
    let mut world = World::new();
    let asked = json!({
        "Name": "pods", "Protocol": protocol, "Port": 80, "VpcId": world.vpc(),
        "TargetType": target_type,
    });
    let created = world.elb("CreateTargetGroup", &asked);
    defaults(
        &mut world,
        "DescribeTargetGroupAttributes",
        &json!({"TargetGroupArn": created["TargetGroups"][0]["TargetGroupArn"]}),
        &[all.as_slice(), own].concat(),
    );
}

#[test]
fn of_a_target_group_for_albs() {
    let own = [
        ("load_balancing.algorithm.anomaly_mitigation", "off"),
        ("load_balancing.algorithm.type", "round_robin"),
        ("slow_start.duration_seconds", "0"),
        ("stickiness.app_cookie.cookie_name", ""),
        ("stickiness.app_cookie.duration_seconds", "86400"),
        ("stickiness.lb_cookie.duration_seconds", "86400"),
        ("stickiness.type", "lb_cookie"),
    ];
    of_target_group("HTTP", "ip", &own);
    of_target_group("HTTPS", "instance", &own);
}

#[test]
fn of_a_target_group_for_nlbs() {
    let own = |preserves: &'static str, ends: &'static str, ends_unhealthy: &'static str| {
        [
            ("deregistration_delay.connection_termination.enabled", ends),
            ("preserve_client_ip.enabled", preserves),
            ("proxy_protocol_v2.enabled", "false"),
            ("stickiness.type", "source_ip"),
            (
                "target_health_state.unhealthy.connection_termination.enabled",
                ends_unhealthy,
            ),
            (
                "target_health_state.unhealthy.draining_interval_seconds",
                "0",
            ),
        ]
    };
    of_target_group("TCP", "ip", &own("false", "false", "true"));
    of_target_group("TLS", "ip", &own("false", "false", "true"));
    of_target_group("TCP", "instance", &own("true", "false", "true"));
    of_target_group("UDP", "ip", &own("true", "true", "false"));
    of_target_group("TCP_UDP", "instance", &own("true", "true", "false"));
}

#[test]
fn of_listeners() {
    let mut world = World::new();
    let web = world.load_balancer("web", "application");
    let net = world.load_balancer("net", "network");
    let http = world.listener(&web, 80);
    let shown = world.elb("DescribeListenerAttributes", &json!({"ListenerArn": http}));
    let shown = shown["Attributes"].as_array().unwrap();
    assert_eq!(shown.len(), 19);
    let set: Vec<&Value> = shown.iter().filter(|it| it["Value"] != "").collect();
    let server = json!({"Key": "routing.http.response.server.enabled", "Value": "true"});
    assert_eq!(set, [&server]);
    for (port, protocol, wanted) in [
        (1, "TCP", [("tcp.idle_timeout.seconds", "350")].as_slice()),
        (2, "UDP", &[]),
    ] {
        let group = world.target_group(protocol, protocol);
        let asked = json!({
            "LoadBalancerArn": net, "Protocol": protocol, "Port": port,
            "DefaultActions": [{"Type": "forward", "TargetGroupArn": group}],
        });
        let created = world.elb("CreateListener", &asked);
        let of = json!({"ListenerArn": created["Listeners"][0]["ListenerArn"]});
        defaults(&mut world, "DescribeListenerAttributes", &of, wanted);
    }
}
