//! Which targets a load balancer reaches: what security groups let in.

use serde_json::{Value, json};

use crate::ec2::seeding;
use crate::options::{Reachability, SeedInterface};
use crate::testing::{World, forward, text};

/// A load balancer with the group `front` and a target group in use.
struct Case {
    world: World,
    front: String,
    back: String,
    target_group: String,
}

impl Case {
    fn new(kind: &str, protocol: &str, target_type: &str) -> Self {
        Self::with(kind, protocol, target_type, &["front"])
    }

    fn with(kind: &str, protocol: &str, target_type: &str, groups: &[&str]) -> Self {
        let mut world = World::new();
        world.state.reachability = Reachability::BySecurityGroups;
        let [front, back] = ["front", "back"].map(|name| {
            let asked = json!({"GroupName": name, "GroupDescription": "d"});
            text(&world.call("ec2", "CreateSecurityGroup", &asked).unwrap()["groupId"])
        });
        let subnets = world.subnets(true);
        let groups: Vec<&String> = groups.iter().map(|_| &front).collect();
        let asked =
            json!({"Name": "web", "Type": kind, "Subnets": subnets, "SecurityGroups": groups});
        let made = world.elb("CreateLoadBalancer", &asked);
        let vpc = world.vpc();
        let group = world.elb(
            "CreateTargetGroup",
            &json!({"Name": "pods", "Protocol": protocol, "Port": 8080, "VpcId": vpc,
                    "TargetType": target_type}),
        );
        let target_group = text(&group["TargetGroups"][0]["TargetGroupArn"]);
        let listener = json!({
            "LoadBalancerArn": made["LoadBalancers"][0]["LoadBalancerArn"],
            "Protocol": protocol, "Port": 80, "DefaultActions": [forward(&target_group)],
        });
        world.elb("CreateListener", &listener);
        Self {
            world,
            front,
            back,
            target_group,
        }
    }

    /// An interface with this address and the group `back`.
    fn seed(&mut self, change: impl FnOnce(&mut SeedInterface)) {
        let mut seed = SeedInterface::of([172, 31, 0, 9].into());
        seed.groups = vec![self.back.clone()];
        change(&mut seed);
        seeding::interfaces(&mut self.world.state, &[seed], self.world.now).unwrap();
    }

    fn register(&mut self, id: &str) {
        let asked = json!({"TargetGroupArn": self.target_group, "Targets": [{"Id": id}]});
        self.world.elb("RegisterTargets", &asked);
        self.world.pass(10);
    }

    /// Lets in by the group `back`: `front` stands for the load balancer's group.
    fn allow(&mut self, permission: &Value) {
        let asked = self.rule(permission);
        self.world
            .call("ec2", "AuthorizeSecurityGroupIngress", &asked)
            .unwrap();
    }

    fn revoke(&mut self, permission: &Value) {
        let asked = self.rule(permission);
        self.world
            .call("ec2", "RevokeSecurityGroupIngress", &asked)
            .unwrap();
    }

    fn rule(&self, permission: &Value) -> Value {
        let permission = permission.to_string().replace("front", &self.front);
        let permission: Value = serde_json::from_str(&permission).unwrap();
        json!({"GroupId": self.back, "IpPermissions": [permission]})
    }

    /// State, or state and reason, of the one target.
    fn health(&mut self) -> String {
        let asked = json!({"TargetGroupArn": self.target_group});
        let shown = self.world.elb("DescribeTargetHealth", &asked);
        let health = &shown["TargetHealthDescriptions"][0]["TargetHealth"];
        let words = [&health["State"], &health["Reason"]];
        let words: Vec<&str> = words.into_iter().filter_map(Value::as_str).collect();
        words.join(" ")
    }
}

const HEALTHY: &str = "healthy";
const TIMEOUT: &str = "unhealthy Target.Timeout";
const FAILED: &str = "unhealthy Target.FailedHealthChecks";

fn tcp(from: u16, to: u16, peers: &Value) -> Value {
    let mut permission = json!({"IpProtocol": "tcp", "FromPort": from, "ToPort": to});
    for (name, value) in peers.as_object().unwrap() {
        permission[name] = value.clone();
    }
    permission
}

fn by_group() -> Value {
    json!({"Groups": [{"GroupId": "front"}]})
}

fn by_range(cidr: &str) -> Value {
    json!({"IpRanges": [{"CidrIp": cidr}]})
}

/// The health of a pod behind an ALB whose group lets in this alone.
fn pod(permission: &Value, wanted: &str) {
    let mut case = Case::new("application", "HTTP", "ip");
    case.seed(|_| {});
    case.register("172.31.0.9");
    case.allow(permission);
    assert_eq!(case.health(), wanted, "{permission}");
}

#[test]
fn a_target_is_healthy_where_its_group_lets_the_load_balancer_s_group_in() {
    pod(&tcp(8080, 8080, &by_group()), HEALTHY);
    pod(&tcp(8000, 9000, &by_group()), HEALTHY);
    pod(
        &json!({"IpProtocol": "-1", "Groups": [{"GroupId": "front"}]}),
        HEALTHY,
    );
    pod(&tcp(80, 80, &by_group()), TIMEOUT);
    pod(&tcp(8081, 9000, &by_group()), TIMEOUT);
    let udp = json!({"IpProtocol": "udp", "FromPort": 8080, "ToPort": 8080, "Groups": [{"GroupId": "front"}]});
    pod(&udp, TIMEOUT);
}

#[test]
fn a_range_lets_in_where_it_holds_every_address_of_the_load_balancer() {
    pod(&tcp(8080, 8080, &by_range("172.31.0.0/16")), HEALTHY);
    pod(&tcp(8080, 8080, &by_range("0.0.0.0/0")), HEALTHY);
    pod(&tcp(8080, 8080, &by_range("10.0.0.0/8")), TIMEOUT);
    // One zone's subnet of three.
    pod(&tcp(8080, 8080, &by_range("172.31.0.0/20")), TIMEOUT);
    pod(
        &tcp(8080, 8080, &json!({"Ipv6Ranges": [{"CidrIpv6": "::/0"}]})),
        TIMEOUT,
    );
}

#[test]
fn a_prefix_list_lets_in_by_its_entries() {
    for (cidr, wanted) in [("172.31.0.0/16", HEALTHY), ("10.0.0.0/8", TIMEOUT)] {
        let mut case = Case::new("application", "HTTP", "ip");
        case.seed(|_| {});
        case.register("172.31.0.9");
        let asked = json!({"PrefixListName": "l", "AddressFamily": "IPv4", "MaxEntries": 1,
                           "Entry": [{"Cidr": cidr}]});
        let made = case
            .world
            .call("ec2", "CreateManagedPrefixList", &asked)
            .unwrap();
        let id = &made["prefixList"]["prefixListId"];
        case.allow(&tcp(
            8080,
            8080,
            &json!({"PrefixListIds": [{"PrefixListId": id}]}),
        ));
        assert_eq!(case.health(), wanted, "{cidr}");
    }
}

#[test]
fn the_port_of_the_health_check_must_be_open_too() {
    let mut case = Case::new("application", "HTTP", "ip");
    case.seed(|_| {});
    case.register("172.31.0.9");
    let check = json!({"TargetGroupArn": case.target_group, "HealthCheckPort": "9090"});
    case.world.elb("ModifyTargetGroup", &check);
    case.allow(&tcp(8080, 8080, &by_group()));
    assert_eq!(case.health(), TIMEOUT);
    case.allow(&tcp(9090, 9090, &by_group()));
    assert_eq!(case.health(), HEALTHY);
    case.revoke(&tcp(8080, 8080, &by_group()));
    assert_eq!(case.health(), TIMEOUT);
}

#[test]
fn what_no_interface_has_is_not_reached() {
    let mut case = Case::new("application", "HTTP", "ip");
    case.seed(|_| {});
    case.allow(&tcp(8080, 8080, &by_group()));
    case.register("172.31.0.10");
    assert_eq!(case.health(), TIMEOUT);
}

#[test]
fn secondary_addresses_and_prefixes_are_the_interface_s() {
    for address in ["172.31.0.10", "172.31.0.40", "2001:db8:1234:1a00::9"] {
        let mut case = Case::new("application", "HTTP", "ip");
        case.seed(|seed| {
            seed.secondary_addresses = vec![[172, 31, 0, 10].into()];
            seed.prefixes = vec!["172.31.0.32/28".parse().unwrap()];
        });
        case.allow(&tcp(8080, 8080, &by_group()));
        // The family of the target group is IPv4: an IPv6 target is not taken at all.
        if address.contains(':') {
            let asked = json!({"TargetGroupArn": case.target_group, "Targets": [{"Id": address}]});
            let code = case.world.code("elbv2", "RegisterTargets", &asked);
            assert_eq!(code, "ValidationError");
            continue;
        }
        case.register(address);
        assert_eq!(case.health(), HEALTHY, "{address}");
    }
}

#[test]
fn an_address_outside_of_the_vpc_s_range_can_have_an_interface() {
    let mut case = Case::new("application", "HTTP", "ip");
    case.seed(|seed| seed.address = [10, 244, 0, 5].into());
    case.allow(&tcp(8080, 8080, &by_group()));
    let target = json!({"Id": "10.244.0.5", "AvailabilityZone": "all"});
    let asked = json!({"TargetGroupArn": case.target_group, "Targets": [target]});
    case.world.elb("RegisterTargets", &asked);
    case.world.pass(10);
    assert_eq!(case.health(), HEALTHY);
}

#[test]
fn an_instance_is_reached_by_its_primary_interface() {
    let node = |seed: &mut SeedInterface| seed.instance_id = Some("i-0abc".to_owned());
    let mut case = Case::new("application", "HTTP", "instance");
    let front = case.front.clone();
    // The primary interface has another group than the second one.
    case.seed(|seed| {
        node(seed);
        seed.groups = vec![front];
    });
    case.seed(|seed| {
        node(seed);
        seed.address = [172, 31, 0, 10].into();
    });
    case.allow(&tcp(8080, 8080, &by_group()));
    case.register("i-0abc");
    assert_eq!(case.health(), TIMEOUT);
    case.seed(node);
    assert_eq!(case.health(), HEALTHY);
    let asked = json!({"InstanceId": ["i-0abc"]});
    case.world
        .call("ec2", "TerminateInstances", &asked)
        .unwrap();
    assert_eq!(case.health(), "unused Target.InvalidState");
}

#[test]
fn an_nlb_with_groups_is_let_in_by_them() {
    let mut case = Case::new("network", "TCP", "ip");
    case.seed(|_| {});
    case.register("172.31.0.9");
    assert_eq!(case.health(), FAILED);
    case.allow(&tcp(8080, 8080, &by_group()));
    assert_eq!(case.health(), HEALTHY);
}

#[test]
fn tcp_and_udp_must_both_be_open_for_both() {
    let mut case = Case::new("network", "TCP_UDP", "ip");
    case.seed(|_| {});
    case.register("172.31.0.9");
    case.allow(&tcp(8080, 8080, &by_group()));
    assert_eq!(case.health(), FAILED);
    case.allow(
        &json!({"IpProtocol": "udp", "FromPort": 8080, "ToPort": 8080,
                       "Groups": [{"GroupId": "front"}]}),
    );
    assert_eq!(case.health(), HEALTHY);
}

/// Behind an NLB without groups, with another port for health checks than for traffic.
fn without_groups(preserved: &str, traffic: &str, checks: &str, wanted: &str) {
    let mut case = Case::with("network", "TCP", "ip", &[]);
    case.seed(|_| {});
    case.register("172.31.0.9");
    let arn = &case.target_group;
    let check = json!({"TargetGroupArn": arn, "HealthCheckPort": "9090"});
    let attributes = json!({"TargetGroupArn": arn, "Attributes": [
        {"Key": "preserve_client_ip.enabled", "Value": preserved}]});
    case.world.elb("ModifyTargetGroup", &check);
    case.world.elb("ModifyTargetGroupAttributes", &attributes);
    case.allow(&tcp(8080, 8080, &by_range(traffic)));
    case.allow(&tcp(9090, 9090, &by_range(checks)));
    assert_eq!(case.health(), wanted, "{preserved} {traffic} {checks}");
}

#[test]
fn an_nlb_without_groups_is_let_in_by_ranges() {
    let (vpc, clients) = ("172.31.0.0/16", "198.51.100.0/24");
    without_groups("false", vpc, vpc, HEALTHY);
    // Packets have the NLB's addresses.
    without_groups("false", clients, vpc, FAILED);
    // Packets have their clients' addresses, health checks the NLB's.
    without_groups("true", clients, vpc, HEALTHY);
    without_groups("true", clients, clients, FAILED);
}

#[test]
fn without_reachability_every_target_is_healthy() {
    let mut case = Case::new("application", "HTTP", "ip");
    case.world.state.reachability = Reachability::Everything;
    case.register("172.31.0.10");
    assert_eq!(case.health(), HEALTHY);
}
