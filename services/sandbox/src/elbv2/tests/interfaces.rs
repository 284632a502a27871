//! The network interfaces of load balancers, and what stays in use after a load balancer.

use std::time::Duration;

use serde_json::{Value, json};

use crate::testing::{World, forward, text};

/// Interfaces of load balancers as EC2 shows them, by zone.
fn interfaces(world: &mut World) -> Vec<Value> {
    let asked = json!({"Filter": [{"Name": "requester-managed", "Value": ["true"]}]});
    let shown = world
        .call("ec2", "DescribeNetworkInterfaces", &asked)
        .unwrap();
    let mut shown = shown["networkInterfaceSet"].as_array().unwrap().clone();
    shown.sort_by_key(|interface| text(&interface["availabilityZone"]));
    shown
}

fn of(interfaces: &[Value], member: &str) -> Vec<Value> {
    let members = interfaces.iter();
    members.map(|interface| interface[member].clone()).collect()
}

fn group(world: &mut World, name: &str) -> String {
    let asked = json!({"GroupName": name, "GroupDescription": "d"});
    text(&world.call("ec2", "CreateSecurityGroup", &asked).unwrap()["groupId"])
}

#[test]
fn each_zone_of_a_load_balancer_has_an_interface() {
    for (kind, part, interface_type) in [
        ("application", "app", "interface"),
        ("network", "net", "network_load_balancer"),
    ] {
        let mut world = World::new();
        let arn = world.load_balancer("web", kind);
        let id = arn.rsplit('/').next().unwrap();
        let found = interfaces(&mut world);
        let zones = ["us-west-2a", "us-west-2b", "us-west-2c"];
        assert_eq!(of(&found, "availabilityZone"), zones, "{kind}");
        let description = format!("ELB {part}/web/{id}");
        assert!(
            found.iter().all(|it| it["description"] == description),
            "{kind}"
        );
        assert!(
            found.iter().all(|it| it["interfaceType"] == interface_type),
            "{kind}"
        );
        assert!(found.iter().all(|it| it["status"] == "in-use"), "{kind}");
        assert_eq!(of(&found, "subnetId"), world.subnets(true), "{kind}");
        world.elb("DeleteLoadBalancer", &json!({"LoadBalancerArn": arn}));
        assert!(interfaces(&mut world).is_empty(), "{kind}");
    }
}

#[test]
fn interfaces_follow_groups_subnets_and_address_type() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let arn = world.load_balancer("web", "application");
    let before = interfaces(&mut world);
    world.elb(
        "SetSecurityGroups",
        &json!({"LoadBalancerArn": arn, "SecurityGroups": [web]}),
    );
    let groups = json!([{"groupId": web, "groupName": "web"}]);
    let after = interfaces(&mut world);
    assert!(after.iter().all(|it| it["groupSet"] == groups));
    assert_eq!(
        of(&before, "networkInterfaceId"),
        of(&after, "networkInterfaceId")
    );
    assert_eq!(
        of(&before, "privateIpAddress"),
        of(&after, "privateIpAddress")
    );
    let asked = json!({"LoadBalancerArn": arn, "IpAddressType": "dualstack"});
    world.elb("SetIpAddressType", &asked);
    assert!(
        interfaces(&mut world)
            .iter()
            .all(|it| it["ipv6Address"].is_string())
    );
    let two = &world.subnets(true)[..2];
    world.elb(
        "SetSubnets",
        &json!({"LoadBalancerArn": arn, "Subnets": two}),
    );
    let left = interfaces(&mut world);
    assert_eq!(
        of(&left, "networkInterfaceId"),
        of(&before[..2], "networkInterfaceId")
    );
}

#[test]
fn an_nlb_s_interface_has_the_address_that_was_asked_for() {
    let mut world = World::new();
    let subnet = world.subnets(false)[0].clone();
    let create = |name: &str, address: &str| {
        json!({"Name": name, "Type": "network", "Scheme": "internal", "SubnetMappings": [
            {"SubnetId": subnet, "PrivateIPv4Address": address}]})
    };
    let made = world.elb("CreateLoadBalancer", &create("one", "172.31.16.9"));
    assert_eq!(
        of(&interfaces(&mut world), "privateIpAddress"),
        ["172.31.16.9"]
    );
    let code = world.code(
        "elbv2",
        "CreateLoadBalancer",
        &create("other", "172.31.16.9"),
    );
    assert_eq!(code, "ResourceInUse");
    // A zone that is kept keeps its address, whether it is named again or not.
    let arn = &made["LoadBalancers"][0]["LoadBalancerArn"];
    let kept = world.elb(
        "SetSubnets",
        &json!({"LoadBalancerArn": arn, "Subnets": [subnet]}),
    );
    let address = &kept["AvailabilityZones"][0]["LoadBalancerAddresses"][0];
    assert_eq!(address["PrivateIPv4Address"], "172.31.16.9");
}

#[test]
fn a_load_balancer_s_interface_is_nobody_else_s_to_change() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    world.load_balancer("web", "application");
    let id = interfaces(&mut world)[0]["networkInterfaceId"].clone();
    let modify = json!({"NetworkInterfaceId": id, "SecurityGroupId": [web]});
    let code = world.code("ec2", "ModifyNetworkInterfaceAttribute", &modify);
    assert_eq!(code, "AuthFailure");
    let code = world.code(
        "ec2",
        "DeleteNetworkInterface",
        &json!({"NetworkInterfaceId": id}),
    );
    assert_eq!(code, "InvalidParameterValue");
}

#[test]
fn a_load_balancer_has_five_groups_at_most() {
    for kind in ["application", "network"] {
        let mut world = World::new();
        let subnets = world.subnets(true);
        let groups: Vec<String> = (0..6)
            .map(|number| group(&mut world, &format!("g{number}")))
            .collect();
        let with = |name: &str, count: usize| json!({"Name": name, "Type": kind, "Subnets": subnets, "SecurityGroups": groups[..count]});
        let code = world.code("elbv2", "CreateLoadBalancer", &with("six", 6));
        assert_eq!(code, "InvalidConfigurationRequest", "{kind}");
        let made = world.elb("CreateLoadBalancer", &with("five", 5));
        let arn = &made["LoadBalancers"][0]["LoadBalancerArn"];
        let six = json!({"LoadBalancerArn": arn, "SecurityGroups": groups});
        let code = world.code("elbv2", "SetSecurityGroups", &six);
        assert_eq!(code, "InvalidConfigurationRequest", "{kind}");
    }
}

#[test]
fn a_subnet_without_room_takes_no_load_balancer() {
    for (kind, free, wanted) in [
        ("application", 8, "ok"),
        ("application", 7, "InvalidSubnet"),
        ("network", 1, "ok"),
        ("network", 0, "InvalidSubnet"),
    ] {
        let mut world = World::new();
        let subnet = world.subnets(false)[0].clone();
        let fill = json!({"SubnetId": subnet, "SecondaryPrivateIpAddressCount": 4090 - free});
        world.call("ec2", "CreateNetworkInterface", &fill).unwrap();
        let asked = json!({"Name": "web", "Type": kind, "Scheme": "internal", "Subnets": world.subnets(false)});
        assert_eq!(
            world.code("elbv2", "CreateLoadBalancer", &asked),
            wanted,
            "{kind} {free}"
        );
    }
}

/// Whether the group and the target group of a deleted load balancer can be deleted after so many
/// seconds.
fn deletable(lag: u64, after: u64) -> (String, String) {
    let mut world = World::new();
    world.state.lagging_deletes = Duration::from_secs(lag);
    let web = group(&mut world, "web");
    let subnets = world.subnets(true);
    let asked = json!({"Name": "web", "Subnets": subnets, "SecurityGroups": [web]});
    let made = world.elb("CreateLoadBalancer", &asked);
    let arn = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let target_group = world.target_group("pods", "HTTP");
    let listener = json!({
        "LoadBalancerArn": arn, "Protocol": "HTTP", "Port": 80,
        "DefaultActions": [forward(&target_group)],
    });
    world.elb("CreateListener", &listener);
    world.elb("DeleteLoadBalancer", &json!({"LoadBalancerArn": arn}));
    world.pass(after);
    assert_eq!(interfaces(&mut world).is_empty(), after >= lag);
    let group = world.code("ec2", "DeleteSecurityGroup", &json!({"GroupId": web}));
    let delete = json!({"TargetGroupArn": target_group});
    (group, world.code("elbv2", "DeleteTargetGroup", &delete))
}

#[test]
fn what_a_deleted_load_balancer_used_stays_in_use_for_a_while() {
    let both = |group: &str, target_group: &str| (group.to_owned(), target_group.to_owned());
    assert_eq!(deletable(0, 0), both("ok", "ok"));
    assert_eq!(
        deletable(30, 0),
        both("DependencyViolation", "ResourceInUse")
    );
    assert_eq!(
        deletable(30, 29),
        both("DependencyViolation", "ResourceInUse")
    );
    assert_eq!(deletable(30, 30), both("ok", "ok"));
}
