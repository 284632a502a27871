//! UDP on dualstack NLBs, and the IPv6 prefixes that it needs.

use serde_json::{Value, json};

use crate::testing::{World, forward};

const UNFIT: &str = "InvalidConfigurationRequest";

/// A dualstack NLB in one public subnet, with these members of the call and of its one mapping.
fn asked(world: &World, members: &Value, mapping: &Value) -> Value {
    let mut mapping = mapping.clone();
    mapping["SubnetId"] = json!(world.subnets(true)[0]);
    let mut asked = json!({
        "Name": "dns", "Type": "network", "IpAddressType": "dualstack", "SubnetMappings": [mapping],
    });
    for (name, value) in members.as_object().unwrap() {
        asked[name] = value.clone();
    }
    asked
}

fn create(members: &Value, mapping: &Value, wanted: &str) {
    let mut world = World::new();
    let asked = asked(&world, members, mapping);
    let code = world.code("elbv2", "CreateLoadBalancer", &asked);
    assert_eq!(code, wanted, "{members} {mapping}");
}

#[test]
fn a_prefix_for_source_nat_is_a_80_of_the_subnet_of_a_dualstack_nlb() {
    let on = json!({"EnablePrefixForIpv6SourceNat": "on"});
    let prefix = |prefix: &str| json!({"SourceNatIpv6Prefix": prefix});
    create(&on, &json!({}), "ok");
    create(&on, &prefix("auto_assigned"), "ok");
    create(&on, &prefix("2001:db8:1234:1a00:5::/80"), "ok");
    create(&on, &prefix("2001:db8:1234:1a00:5::/64"), "ValidationError");
    create(&on, &prefix("2001:db8:9::/80"), UNFIT);
    create(&on, &prefix("nonsense"), "ValidationError");
    create(&json!({}), &prefix("auto_assigned"), UNFIT);
    let off = json!({"EnablePrefixForIpv6SourceNat": "off"});
    create(&off, &prefix("2001:db8:1234:1a00:5::/80"), UNFIT);
    let ipv4 = json!({"EnablePrefixForIpv6SourceNat": "on", "IpAddressType": "ipv4"});
    create(&ipv4, &json!({}), UNFIT);
}

#[test]
fn the_prefix_is_told() {
    let mut world = World::new();
    let on = json!({"EnablePrefixForIpv6SourceNat": "on"});
    let prefix = json!({"SourceNatIpv6Prefix": "2001:db8:1234:1a00:5::/80"});
    let asked = asked(&world, &on, &prefix);
    let made = world.elb("CreateLoadBalancer", &asked);
    let made = &made["LoadBalancers"][0];
    assert_eq!(made["EnablePrefixForIpv6SourceNat"], "on");
    let told = &made["AvailabilityZones"][0]["SourceNatIpv6Prefixes"];
    assert_eq!(*told, json!(["2001:db8:1234:1a00:5::/80"]));
    // One that is kept without being named stays; another one may be named.
    let subnet = &world.subnets(true)[0];
    let set = |mapping: Value| {
        let mut mapping = mapping;
        mapping["SubnetId"] = json!(subnet);
        json!({"LoadBalancerArn": made["LoadBalancerArn"], "SubnetMappings": [mapping]})
    };
    let kept = world.elb("SetSubnets", &set(json!({})));
    assert_eq!(kept["AvailabilityZones"][0]["SourceNatIpv6Prefixes"], *told);
    let other = json!({"SourceNatIpv6Prefix": "2001:db8:1234:1a00:6::/80"});
    let moved = world.elb("SetSubnets", &set(other));
    let told = &moved["AvailabilityZones"][0]["SourceNatIpv6Prefixes"];
    assert_eq!(*told, json!(["2001:db8:1234:1a00:6::/80"]));
}

/// A listener on a dualstack NLB with or without prefixes: the NLB's ARN and the code.
fn listen(world: &mut World, switch: &str, protocol: &str) -> (Value, String) {
    let members = json!({"EnablePrefixForIpv6SourceNat": switch});
    let asked = asked(world, &members, &json!({}));
    let made = world.elb("CreateLoadBalancer", &asked);
    let arn = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let group = world.target_group("pods", protocol);
    let listener = json!({
        "LoadBalancerArn": arn, "Protocol": protocol, "Port": 53,
        "DefaultActions": [forward(&group)],
    });
    let code = world.code("elbv2", "CreateListener", &listener);
    (arn, code)
}

#[test]
fn udp_on_a_dualstack_nlb_needs_prefixes() {
    for (switch, protocol, wanted) in [
        ("off", "TCP", "ok"),
        ("off", "UDP", UNFIT),
        ("off", "TCP_UDP", UNFIT),
        ("on", "UDP", "ok"),
        ("on", "TCP_UDP", "ok"),
    ] {
        let (_, code) = listen(&mut World::new(), switch, protocol);
        assert_eq!(code, wanted, "{switch} {protocol}");
    }
}

#[test]
fn prefixes_stay_as_long_as_there_is_udp() {
    for (protocol, wanted) in [("TCP", "ok"), ("UDP", UNFIT)] {
        let mut world = World::new();
        let (arn, _) = listen(&mut world, "on", protocol);
        let off = json!({
            "LoadBalancerArn": arn, "Subnets": [world.subnets(true)[0]],
            "EnablePrefixForIpv6SourceNat": "off",
        });
        assert_eq!(
            world.code("elbv2", "SetSubnets", &off),
            wanted,
            "{protocol}"
        );
    }
}

#[test]
fn an_nlb_with_udp_becomes_dualstack_together_with_prefixes() {
    let mut world = World::new();
    let subnets = world.subnets(true);
    let asked = json!({"Name": "dns", "Type": "network", "Subnets": subnets});
    let made = world.elb("CreateLoadBalancer", &asked);
    let arn = &made["LoadBalancers"][0]["LoadBalancerArn"];
    let group = world.target_group("pods", "UDP");
    let listener = json!({"LoadBalancerArn": arn, "Protocol": "UDP", "Port": 53,
                          "DefaultActions": [forward(&group)]});
    world.elb("CreateListener", &listener);
    let alone = json!({"LoadBalancerArn": arn, "IpAddressType": "dualstack"});
    assert_eq!(world.code("elbv2", "SetIpAddressType", &alone), UNFIT);
    let together = json!({
        "LoadBalancerArn": arn, "IpAddressType": "dualstack", "Subnets": subnets,
        "EnablePrefixForIpv6SourceNat": "on",
    });
    assert_eq!(world.code("elbv2", "SetSubnets", &together), "ok");
    // "The IP address type must be dualstack."
    let back = json!({"LoadBalancerArn": arn, "IpAddressType": "ipv4"});
    assert_eq!(world.code("elbv2", "SetIpAddressType", &back), UNFIT);
}
