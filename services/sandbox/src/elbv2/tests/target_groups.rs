use serde_json::{Value, json};

use crate::ec2::seeding;
use crate::options::SeedInterface;
use crate::testing::{World, forward, not_found, text};

const BAD: &str = "ValidationError";
const UNFIT: &str = "InvalidConfigurationRequest";

fn create(members: &Value, wanted: &str) {
    let mut world = World::new();
    let mut parameters = json!({
        "Name": "pods", "Protocol": "HTTP", "Port": 80, "VpcId": world.vpc(), "TargetType": "ip",
    });
    for (name, value) in members.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    assert_eq!(
        world.code("elbv2", "CreateTargetGroup", &parameters),
        wanted,
        "{members}"
    );
}

#[test]
fn names_protocols_ports_and_networks() {
    create(&json!({"Name": "-"}), BAD);
    create(&json!({"Name": "internal-a"}), "ok");
    create(&json!({"Protocol": "GENEVE"}), BAD);
    create(&json!({"Port": 0}), BAD);
    create(&json!({"TargetControlPort": 3000}), "ok");
    create(&json!({"TargetControlPort": 0}), BAD);
    create(
        &json!({"TargetControlPort": 3000, "Protocol": "TCP"}),
        UNFIT,
    );
    create(&json!({"VpcId": "vpc-1"}), BAD);
    create(&json!({"TargetType": "lambda"}), BAD);
    create(&json!({"TargetType": "alb"}), UNFIT);
    create(&json!({"TargetType": "alb", "Protocol": "TCP"}), "ok");
}

#[test]
fn versions_are_for_http() {
    create(&json!({"ProtocolVersion": "GRPC"}), "ok");
    create(
        &json!({"ProtocolVersion": "HTTP2", "Protocol": "HTTPS"}),
        "ok",
    );
    create(
        &json!({"ProtocolVersion": "HTTP1", "Protocol": "TCP"}),
        UNFIT,
    );
    create(&json!({"ProtocolVersion": "HTTP3"}), BAD);
}

#[test]
fn health_checks() {
    create(
        &json!({"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 4}),
        "ok",
    );
    create(
        &json!({"HealthCheckIntervalSeconds": 5, "HealthCheckTimeoutSeconds": 5}),
        BAD,
    );
    create(&json!({"HealthCheckIntervalSeconds": 301}), BAD);
    create(&json!({"HealthyThresholdCount": 11}), BAD);
    create(&json!({"HealthCheckPath": "up"}), BAD);
    create(&json!({"HealthCheckPort": "8080"}), "ok");
    create(&json!({"HealthCheckPort": "http"}), BAD);
    create(&json!({"HealthCheckProtocol": "TCP"}), UNFIT);
    create(&json!({"Protocol": "TCP", "HealthCheckPath": "/up"}), UNFIT);
    create(
        &json!({"Protocol": "TCP", "HealthCheckProtocol": "HTTP", "HealthCheckPath": "/up"}),
        "ok",
    );
    create(
        &json!({"Protocol": "TCP", "HealthCheckProtocol": "UDP"}),
        UNFIT,
    );
}

#[test]
fn matchers() {
    create(&json!({"Matcher": {"HttpCode": "200,301-302"}}), "ok");
    create(&json!({"Matcher": {"HttpCode": "500"}}), BAD);
    create(&json!({"Matcher": {"HttpCode": "300-200"}}), BAD);
    create(&json!({"Matcher": {"GrpcCode": "0"}}), UNFIT);
    create(
        &json!({"ProtocolVersion": "GRPC", "Matcher": {"GrpcCode": "0-99"}}),
        "ok",
    );
    create(
        &json!({"ProtocolVersion": "GRPC", "Matcher": {"HttpCode": "200"}}),
        UNFIT,
    );
}

#[test]
fn the_same_settings_again_are_no_error_and_others_are() {
    let mut world = World::new();
    let mut asked = json!({
        "Name": "pods", "Protocol": "HTTP", "Port": 80, "VpcId": world.vpc(), "TargetType": "ip",
    });
    world.elb("CreateTargetGroup", &asked);
    assert_eq!(world.code("elbv2", "CreateTargetGroup", &asked), "ok");
    asked["Port"] = json!(81);
    let code = world.code("elbv2", "CreateTargetGroup", &asked);
    assert_eq!(code, "DuplicateTargetGroupName");
}

#[test]
fn a_group_in_use_stays() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let group = world.target_group("pods", "HTTP");
    let rule = world.rule(&listener, 1, &forward(&group));
    let delete = json!({"TargetGroupArn": group});
    assert_eq!(
        world.code("elbv2", "DeleteTargetGroup", &delete),
        "ResourceInUse"
    );
    let change = json!({"RuleArn": rule, "Actions": [not_found()]});
    world.elb("ModifyRule", &change);
    assert_eq!(world.code("elbv2", "DeleteTargetGroup", &delete), "ok");
}

#[test]
fn a_group_serves_one_load_balancer_and_is_free_after_the_last_rule() {
    let mut world = World::new();
    let one = world.load_balancer("one", "application");
    let two = world.load_balancer("two", "application");
    let (listener, other) = (world.listener(&one, 80), world.listener(&two, 80));
    let group = world.target_group("pods", "HTTP");
    let rules = [1, 2].map(|priority| world.rule(&listener, priority, &forward(&group)));
    let take = json!({"ListenerArn": other, "DefaultActions": [forward(&group)]});
    for rule in rules {
        let code = world.code("elbv2", "ModifyListener", &take);
        assert_eq!(code, "TargetGroupAssociationLimit");
        world.elb("DeleteRule", &json!({"RuleArn": rule}));
    }
    assert_eq!(world.code("elbv2", "ModifyListener", &take), "ok");
}

/// Registers one target in a group of a type.
fn register(kind: &str, target: &Value, wanted: &str) {
    let mut world = World::new();
    let vpc = world.vpc();
    let group = world.elb(
        "CreateTargetGroup",
        &json!({"Name": "t", "Protocol": "HTTP", "Port": 80, "VpcId": vpc, "TargetType": kind}),
    );
    let parameters = json!({
        "TargetGroupArn": group["TargetGroups"][0]["TargetGroupArn"], "Targets": [target],
    });
    assert_eq!(
        world.code("elbv2", "RegisterTargets", &parameters),
        wanted,
        "{target}"
    );
}

#[test]
fn an_address_of_the_vpc_needs_no_zone() {
    register("ip", &json!({"Id": "172.31.0.9"}), "ok");
    register(
        "ip",
        &json!({"Id": "172.31.0.9", "AvailabilityZone": "us-west-2a"}),
        "ok",
    );
    register(
        "ip",
        &json!({"Id": "172.31.0.9", "AvailabilityZone": "us-west-2b"}),
        "InvalidTarget",
    );
}

#[test]
fn a_private_address_outside_needs_a_zone_or_all() {
    register("ip", &json!({"Id": "10.0.0.1"}), BAD);
    register(
        "ip",
        &json!({"Id": "10.0.0.1", "AvailabilityZone": "all"}),
        "ok",
    );
    register(
        "ip",
        &json!({"Id": "100.64.0.1", "AvailabilityZone": "us-west-2c"}),
        "ok",
    );
    register(
        "ip",
        &json!({"Id": "10.0.0.1", "AvailabilityZone": "eu-west-1a"}),
        BAD,
    );
}

/// An interface is in one of the VPC's ranges, whichever was seeded.
#[test]
fn an_address_that_an_interface_has_is_of_the_vpc() {
    for (family, address) in [("ipv4", "198.51.100.9"), ("ipv6", "fd00::9")] {
        let mut world = World::new();
        let group = json!({
            "Name": "t", "Protocol": "HTTP", "Port": 80, "VpcId": world.vpc(), "TargetType": "ip",
            "IpAddressType": family,
        });
        let group = world.elb("CreateTargetGroup", &group);
        let register = |world: &mut World, target: Value, wanted: &str| {
            let arn = &group["TargetGroups"][0]["TargetGroupArn"];
            let asked = json!({"TargetGroupArn": arn, "Targets": [target]});
            let code = world.code("elbv2", "RegisterTargets", &asked);
            assert_eq!(code, wanted, "{target}");
        };
        let anywhere = || json!({"Id": address, "AvailabilityZone": "all"});
        register(&mut world, anywhere(), "InvalidTarget");
        let seed = SeedInterface::of(address.parse().unwrap());
        seeding::interfaces(&mut world.state, &[seed], world.now).unwrap();
        register(&mut world, anywhere(), "ok");
        register(&mut world, json!({"Id": address}), "ok");
    }
}

#[test]
fn what_is_no_target_is_refused() {
    register(
        "ip",
        &json!({"Id": "8.8.8.8", "AvailabilityZone": "all"}),
        "InvalidTarget",
    );
    register("ip", &json!({"Id": "i-0001"}), BAD);
    register("ip", &json!({"Id": "2001:db8::1"}), BAD);
    register("ip", &json!({"Id": "172.31.0.9", "Port": 0}), BAD);
    register("instance", &json!({"Id": "i-0001"}), "ok");
    register("instance", &json!({"Id": "i-0002"}), "InvalidTarget");
    register(
        "instance",
        &json!({"Id": "i-0001", "AvailabilityZone": "us-west-2a"}),
        BAD,
    );
}

/// A world with one target in a group behind a listener.
fn serving() -> (World, String) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let group = world.target_group("pods", "HTTP");
    world.elb(
        "RegisterTargets",
        &json!({"TargetGroupArn": group, "Targets": [{"Id": "172.31.0.9"}]}),
    );
    world.pass(60);
    let listener = world.listener(&lb, 80);
    world.rule(&listener, 1, &forward(&group));
    (world, group)
}

fn health(world: &mut World, group: &str) -> Vec<(String, Value)> {
    let shown = world.elb("DescribeTargetHealth", &json!({"TargetGroupArn": group}));
    let targets = shown["TargetHealthDescriptions"].as_array().unwrap();
    targets
        .iter()
        .map(|target| {
            let health = &target["TargetHealth"];
            (text(&health["State"]), health["Reason"].clone())
        })
        .collect()
}

fn is(state: &str, reason: &Value) -> Vec<(String, Value)> {
    vec![(state.to_owned(), reason.clone())]
}

#[test]
fn a_target_is_unused_until_its_group_is_in_use() {
    let mut world = World::new();
    let group = world.target_group("pods", "HTTP");
    let target = json!({"TargetGroupArn": group, "Targets": [{"Id": "172.31.0.9"}]});
    world.elb("RegisterTargets", &target);
    world.pass(60);
    assert_eq!(
        health(&mut world, &group),
        is("unused", &json!("Target.NotInUse"))
    );
}

#[test]
fn a_target_is_initial_and_then_healthy_from_the_group_s_first_use() {
    let (mut world, group) = serving();
    assert_eq!(
        health(&mut world, &group),
        is("initial", &json!("Elb.RegistrationInProgress"))
    );
    world.pass(5);
    assert_eq!(
        health(&mut world, &group),
        is("initial", &json!("Elb.InitialHealthChecking"))
    );
    world.pass(5);
    assert_eq!(health(&mut world, &group), is("healthy", &Value::Null));
}

#[test]
fn a_target_outside_the_load_balancer_s_zones_is_unused() {
    let (mut world, group) = serving();
    world.pass(60);
    assert_eq!(health(&mut world, &group), is("healthy", &Value::Null));
    // The target's address is in the first zone.
    let arn = world.state.load_balancers.keys().next().unwrap().clone();
    let elsewhere = &world.subnets(true)[1..];
    let set = json!({"LoadBalancerArn": arn, "Subnets": elsewhere});
    world.elb("SetSubnets", &set);
    let unused = is("unused", &json!("Target.NotInUse"));
    assert_eq!(health(&mut world, &group), unused);
}

#[test]
fn a_deregistered_target_drains_for_the_delay() {
    let (mut world, group) = serving();
    let target = json!({"TargetGroupArn": group, "Targets": [{"Id": "172.31.0.9"}]});
    world.elb("DeregisterTargets", &target);
    let draining = is("draining", &json!("Target.DeregistrationInProgress"));
    world.pass(299);
    assert_eq!(health(&mut world, &group), draining);
    world.pass(1);
    assert_eq!(health(&mut world, &group), []);
}

#[test]
fn a_draining_target_can_come_back() {
    let (mut world, group) = serving();
    let target = json!({"TargetGroupArn": group, "Targets": [{"Id": "172.31.0.9"}]});
    world.elb("DeregisterTargets", &target);
    world.elb("RegisterTargets", &target);
    assert_eq!(
        health(&mut world, &group),
        is("initial", &json!("Elb.RegistrationInProgress"))
    );
}

#[test]
fn without_a_port_every_registration_of_an_address_goes() {
    let mut world = World::new();
    let group = world.target_group("pods", "HTTP");
    let with = |targets: Value| json!({"TargetGroupArn": group, "Targets": targets});
    let two = json!([{"Id": "172.31.0.9", "Port": 1}, {"Id": "172.31.0.9", "Port": 2}]);
    world.elb("RegisterTargets", &with(two.clone()));
    world.elb(
        "DeregisterTargets",
        &with(json!([{"Id": "172.31.0.9", "Port": 1}])),
    );
    assert_eq!(world.state.target_groups[&group].targets.len(), 1);
    world.elb("RegisterTargets", &with(two));
    world.elb("DeregisterTargets", &with(json!([{"Id": "172.31.0.9"}])));
    assert_eq!(world.state.target_groups[&group].targets.len(), 0);
}

fn attribute(protocol: &str, changes: &[(&str, &str)], wanted: &str) {
    let mut world = World::new();
    let group = world.target_group("pods", protocol);
    let attributes: Vec<Value> = changes
        .iter()
        .map(|(key, value)| json!({"Key": key, "Value": value}))
        .collect();
    let parameters = json!({"TargetGroupArn": group, "Attributes": attributes});
    let code = world.code("elbv2", "ModifyTargetGroupAttributes", &parameters);
    assert_eq!(code, wanted, "{changes:?}");
}

#[test]
fn attributes_take_their_values_only() {
    attribute(
        "HTTP",
        &[("deregistration_delay.timeout_seconds", "3600")],
        "ok",
    );
    attribute(
        "HTTP",
        &[("deregistration_delay.timeout_seconds", "3601")],
        UNFIT,
    );
    attribute("HTTP", &[("slow_start.duration_seconds", "29")], UNFIT);
    attribute("HTTP", &[("slow_start.duration_seconds", "30")], "ok");
    attribute("HTTP", &[("preserve_client_ip.enabled", "true")], BAD);
    attribute("TCP", &[("preserve_client_ip.enabled", "true")], "ok");
    attribute("UDP", &[("preserve_client_ip.enabled", "false")], UNFIT);
    attribute("TCP", &[("stickiness.type", "lb_cookie")], UNFIT);
}

#[test]
fn attributes_that_need_each_other() {
    let weighted = ("load_balancing.algorithm.type", "weighted_random");
    let mitigation = ("load_balancing.algorithm.anomaly_mitigation", "on");
    attribute("HTTP", &[mitigation], UNFIT);
    attribute("HTTP", &[mitigation, weighted], "ok");
    attribute(
        "HTTP",
        &[weighted, ("slow_start.duration_seconds", "30")],
        UNFIT,
    );
    let cookie = [
        ("stickiness.enabled", "true"),
        ("stickiness.type", "app_cookie"),
    ];
    attribute("HTTP", &cookie, UNFIT);
    let named = |name| {
        [
            cookie[0],
            cookie[1],
            ("stickiness.app_cookie.cookie_name", name),
        ]
    };
    attribute("HTTP", &named("shop"), "ok");
    attribute("HTTP", &named("AWSALBAPP-0"), UNFIT);
    let drains = (
        "target_health_state.unhealthy.draining_interval_seconds",
        "60",
    );
    let terminates = "target_health_state.unhealthy.connection_termination.enabled";
    attribute("TCP", &[drains], UNFIT);
    attribute("TCP", &[drains, (terminates, "false")], "ok");
    attribute("UDP", &[drains], "ok");
}
