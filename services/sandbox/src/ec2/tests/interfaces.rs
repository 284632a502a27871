//! Network interfaces, instances, prefix lists and the quotas of rules.

use serde_json::{Value, json};

use super::{call, group};
use crate::testing::{World, text};

const BAD: &str = "InvalidParameterValue";

fn private_subnet(world: &World) -> String {
    world.subnets(false)[0].clone()
}

/// Makes an interface in the first private subnet, 172.31.16.0/20.
fn interface(world: &mut World, members: &Value) -> Value {
    let parameters = with_subnet(world, members);
    call(world, "CreateNetworkInterface", &parameters)["networkInterface"].clone()
}

fn with_subnet(world: &World, members: &Value) -> Value {
    let mut parameters = json!({"SubnetId": private_subnet(world)});
    for (name, value) in members.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    parameters
}

fn create(members: &Value, wanted: &str) {
    let mut world = World::new();
    interface(&mut world, &json!({"PrivateIpAddress": "172.31.16.9"}));
    let parameters = with_subnet(&world, members);
    let code = world.code("ec2", "CreateNetworkInterface", &parameters);
    assert_eq!(code, wanted, "{members}");
}

fn ids(shown: &Value, set: &str, member: &str) -> Vec<String> {
    let items = shown[set].as_array().unwrap().iter();
    items.map(|item| text(&item[member])).collect()
}

fn default_group(world: &World) -> String {
    let mut groups = world.state.security_groups.values();
    groups
        .find(|group| group.name == "default")
        .unwrap()
        .id
        .clone()
}

#[test]
fn zones_are_described_by_name_and_by_id() {
    let by = |asked: Value| {
        let mut world = World::new();
        match world.call("ec2", "DescribeAvailabilityZones", &asked) {
            Ok(shown) => ids(&shown, "availabilityZoneInfo", "zoneName").join(" "),
            Err(error) => error.code.into_owned(),
        }
    };
    assert_eq!(by(json!({"ZoneId": ["usw2-az2"]})), "us-west-2b");
    assert_eq!(by(json!({"ZoneName": ["us-west-2c"]})), "us-west-2c");
    let both = json!({"ZoneName": ["us-west-2c"], "ZoneId": ["usw2-az2", "usw2-az3"]});
    assert_eq!(by(both), "us-west-2c");
    assert_eq!(by(json!({"ZoneId": ["usw2-az9"]})), BAD);
    assert_eq!(by(json!({"ZoneName": ["us-west-2z"]})), BAD);
}

#[test]
fn addresses_are_described_by_themselves() {
    let by = |address: &str| json!({"PublicIp": [address]});
    let shown = call(&mut World::new(), "DescribeAddresses", &by("203.0.113.2"));
    assert_eq!(ids(&shown, "addressesSet", "publicIp"), ["203.0.113.2"]);
    let code = World::new().code("ec2", "DescribeAddresses", &by("203.0.113.99"));
    assert_eq!(code, "InvalidAddress.NotFound");
    // Nothing else has two identifiers.
    assert_eq!(
        World::new().code("ec2", "DescribeVpcs", &by("203.0.113.2")),
        BAD
    );
}

#[test]
fn a_describe_can_be_tried_only() {
    for (operation, more) in [
        ("DescribeAvailabilityZones", json!({})),
        ("DescribeNetworkInterfaces", json!({})),
        ("DescribeInstances", json!({})),
        ("DescribeSecurityGroups", json!({})),
        ("DescribeSecurityGroupRules", json!({})),
        ("DescribeTags", json!({})),
        ("DescribeAccountAttributes", json!({})),
        (
            "DescribeVpcAttribute",
            json!({"Attribute": "enableDnsSupport"}),
        ),
        ("GetSecurityGroupsForVpc", json!({})),
    ] {
        let mut world = World::new();
        let mut asked = more;
        if operation.contains("Vpc") {
            asked["VpcId"] = json!(world.vpc());
        }
        asked["DryRun"] = json!("true");
        assert_eq!(
            world.code("ec2", operation, &asked),
            "DryRunOperation",
            "{operation}"
        );
        asked["DryRun"] = json!("false");
        assert_eq!(world.code("ec2", operation, &asked), "ok", "{operation}");
    }
}

#[test]
fn groups_of_the_default_vpc_go_by_name_too() {
    let mut world = World::new();
    let [web, back] = ["web", "back"].map(|name| group(&mut world, name));
    let pair = json!({"IpProtocol": "-1", "Groups": [{"GroupName": "back"}]});
    let rule = json!({"GroupName": "web", "IpPermissions": [pair]});
    let made = call(&mut world, "AuthorizeSecurityGroupIngress", &rule);
    let made = &made["securityGroupRuleSet"][0];
    assert_eq!(made["groupId"], web);
    assert_eq!(made["referencedGroupInfo"]["groupId"], back);
    call(&mut world, "RevokeSecurityGroupIngress", &rule);
    call(
        &mut world,
        "DeleteSecurityGroup",
        &json!({"GroupName": "back"}),
    );
    assert!(!world.state.security_groups.contains_key(&back));
    for (asked, wanted) in [
        (json!({"GroupName": "back"}), "InvalidGroup.NotFound"),
        (json!({}), "MissingParameter"),
    ] {
        assert_eq!(world.code("ec2", "DeleteSecurityGroup", &asked), wanted);
    }
}

#[test]
fn an_interface_has_what_was_asked_for() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let made = interface(
        &mut world,
        &json!({
            "Description": "pods", "PrivateIpAddress": "172.31.16.9", "SecurityGroupId": [web],
            "PrivateIpAddresses": [{"PrivateIpAddress": "172.31.16.10"}],
            "Ipv4Prefix": [{"Ipv4Prefix": "172.31.17.0/28"}], "Ipv6AddressCount": 1,
            "TagSpecification": [{"ResourceType": "network-interface", "Tag": [{"Key": "a", "Value": "b"}]}],
        }),
    );
    assert_eq!(made["status"], "available");
    assert_eq!(made["description"], "pods");
    assert_eq!(made["requesterManaged"], false);
    assert_eq!(made["availabilityZone"], "us-west-2a");
    assert_eq!(
        made["groupSet"],
        json!([{"groupId": web, "groupName": "web"}])
    );
    assert_eq!(
        ids(&made, "privateIpAddressesSet", "privateIpAddress"),
        ["172.31.16.9", "172.31.16.10"]
    );
    assert_eq!(
        ids(&made, "ipv4PrefixSet", "ipv4Prefix"),
        ["172.31.17.0/28"]
    );
    assert_eq!(made["ipv6AddressesSet"].as_array().unwrap().len(), 1);
    assert_eq!(made["tagSet"], json!([{"key": "a", "value": "b"}]));
}

#[test]
fn what_is_not_said_of_an_interface_is_chosen() {
    let mut world = World::new();
    let asked = json!({"SecondaryPrivateIpAddressCount": 1, "Ipv4PrefixCount": 1});
    let [one, other] = [(); 2].map(|()| interface(&mut world, &asked));
    let all = |made: &Value| {
        let mut all = ids(made, "privateIpAddressesSet", "privateIpAddress");
        all.extend(ids(made, "ipv4PrefixSet", "ipv4Prefix"));
        all
    };
    let (first, second) = (all(&one), all(&other));
    assert_eq!((first.len(), second.len()), (3, 3));
    assert!(first.iter().all(|address| !second.contains(address)));
    let default = default_group(&world);
    assert_eq!(one["groupSet"][0]["groupId"], default);
    let subnet = private_subnet(&world);
    let shown = call(
        &mut world,
        "DescribeSubnets",
        &json!({"SubnetId": [subnet]}),
    );
    // 4,096 less the five that AWS keeps, less two addresses and a prefix of 16 for each.
    assert_eq!(
        shown["subnetSet"][0]["availableIpAddressCount"],
        4091 - 2 * 18
    );
}

#[test]
fn addresses_are_of_the_subnet_and_free() {
    create(&json!({"PrivateIpAddress": "172.31.16.10"}), "ok");
    create(
        &json!({"PrivateIpAddress": "172.31.16.9"}),
        "InvalidIPAddress.InUse",
    );
    create(&json!({"PrivateIpAddress": "172.31.0.9"}), BAD);
    create(&json!({"PrivateIpAddress": "here"}), BAD);
    create(
        &json!({"Ipv6Addresses": [{"Ipv6Address": "2001:db8::1"}]}),
        BAD,
    );
    let prefix = |prefix: &str| json!({"Ipv4Prefix": [{"Ipv4Prefix": prefix}]});
    create(&prefix("172.31.16.0/28"), "InvalidIPAddress.InUse");
    create(&prefix("172.31.16.16/28"), "ok");
    create(&prefix("172.31.16.16/27"), BAD);
    create(&prefix("10.0.0.0/28"), BAD);
    let two = json!([
        {"PrivateIpAddress": "172.31.16.11", "Primary": "true"},
        {"PrivateIpAddress": "172.31.16.12", "Primary": "true"},
    ]);
    create(
        &json!({"PrivateIpAddresses": two}),
        "InvalidParameterCombination",
    );
    create(&json!({"SubnetId": "subnet-1"}), "InvalidSubnetID.NotFound");
    create(
        &json!({"SecurityGroupId": ["sg-1"]}),
        "InvalidGroup.NotFound",
    );
    create(&json!({"InterfaceType": "efa"}), BAD);
    create(&json!({"Description": "a".repeat(256)}), BAD);
    create(&json!({"DryRun": "true"}), "DryRunOperation");
}

#[test]
fn an_interface_has_five_groups_at_most() {
    let mut world = World::new();
    let groups: Vec<String> = (0..6)
        .map(|number| group(&mut world, &format!("g{number}")))
        .collect();
    for (count, wanted) in [(5, "ok"), (6, "SecurityGroupsPerInterfaceLimitExceeded")] {
        let asked = with_subnet(&world, &json!({"SecurityGroupId": groups[..count]}));
        assert_eq!(world.code("ec2", "CreateNetworkInterface", &asked), wanted);
    }
}

#[test]
fn a_call_that_is_sent_twice_makes_nothing_twice() {
    let mut world = World::new();
    let asked = json!({"ClientToken": "t"});
    let [one, again] = [(); 2].map(|()| interface(&mut world, &asked));
    assert_eq!(one["networkInterfaceId"], again["networkInterfaceId"]);
    let run = json!({"MinCount": 2, "MaxCount": 2, "ClientToken": "r"});
    let [one, again] = [(); 2].map(|()| call(&mut world, "RunInstances", &run));
    assert_eq!(one["instancesSet"], again["instancesSet"]);
    assert_eq!(one["instancesSet"].as_array().unwrap().len(), 2);
}

#[test]
fn groups_of_an_interface_change() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let id = text(&interface(&mut world, &json!({}))["networkInterfaceId"]);
    let modify = |more: Value| {
        let mut asked = more;
        asked["NetworkInterfaceId"] = json!(id);
        asked
    };
    let operation = "ModifyNetworkInterfaceAttribute";
    call(
        &mut world,
        operation,
        &modify(json!({"SecurityGroupId": [web]})),
    );
    assert_eq!(world.state.network.interfaces[&id].groups, [web.clone()]);
    call(
        &mut world,
        operation,
        &modify(json!({"Description": {"Value": "d"}})),
    );
    assert_eq!(world.state.network.interfaces[&id].description, "d");
    for (asked, wanted) in [
        (json!({}), "MissingParameter"),
        (
            json!({"SecurityGroupId": ["sg-1"]}),
            "InvalidGroup.NotFound",
        ),
        (
            json!({"SecurityGroupId": [web], "Description": {"Value": "d"}}),
            "InvalidParameterCombination",
        ),
    ] {
        assert_eq!(world.code("ec2", operation, &modify(asked)), wanted);
    }
}

#[test]
fn a_group_of_an_interface_stays_until_the_interface_goes() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let made = interface(&mut world, &json!({"SecurityGroupId": [web]}));
    let delete = json!({"GroupId": web});
    let code = world.code("ec2", "DeleteSecurityGroup", &delete);
    assert_eq!(code, "DependencyViolation");
    let id = json!({"NetworkInterfaceId": made["networkInterfaceId"]});
    call(&mut world, "DeleteNetworkInterface", &id);
    assert_eq!(world.code("ec2", "DeleteSecurityGroup", &delete), "ok");
    let code = world.code("ec2", "DeleteNetworkInterface", &id);
    assert_eq!(code, "InvalidNetworkInterfaceID.NotFound");
}

/// How many interfaces pass a filter: one of nobody, two of an instance, three of an ALB.
fn passing(name: &str, value: &str) -> usize {
    let mut world = World::new();
    world.state.network.interfaces.clear();
    interface(
        &mut world,
        &json!({
            "PrivateIpAddress": "172.31.16.9", "Description": "alone", "Ipv4PrefixCount": 1,
            "PrivateIpAddresses": [{"PrivateIpAddress": "172.31.16.10"}],
            "TagSpecification": [{"ResourceType": "network-interface", "Tag": [{"Key": "a", "Value": "b"}]}],
        }),
    );
    let devices = json!([{"DeviceIndex": 0, "PrivateIpAddress": "172.31.0.7"}, {"DeviceIndex": 1}]);
    let run = json!({"MinCount": 1, "MaxCount": 1, "NetworkInterface": devices});
    let instance = text(&call(&mut world, "RunInstances", &run)["instancesSet"][0]["instanceId"]);
    world.load_balancer("web", "application");
    let value = match value {
        "the instance" => instance,
        "the subnet" => private_subnet(&world),
        "the vpc" => world.vpc(),
        "the default group" => default_group(&world),
        value => value.to_owned(),
    };
    let asked = json!({"Filter": [{"Name": name, "Value": [value]}]});
    let shown = call(&mut world, "DescribeNetworkInterfaces", &asked);
    shown["networkInterfaceSet"].as_array().unwrap().len()
}

#[test]
fn filters_of_interfaces() {
    for (name, value, wanted) in [
        ("private-ip-address", "172.31.16.9", 1),
        ("private-ip-address", "172.31.16.10", 1),
        ("addresses.private-ip-address", "172.31.0.7", 1),
        ("addresses.private-ip-address", "172.31.0.8", 0),
        ("description", "alone", 1),
        ("description", "ELB app/web/*", 3),
        ("requester-managed", "true", 3),
        ("requester-managed", "false", 3),
        ("requester-id", "amazon-elb", 3),
        ("interface-type", "interface", 6),
        ("interface-type", "network_load_balancer", 0),
        ("status", "available", 1),
        ("status", "in-use", 5),
        ("attachment.instance-id", "the instance", 2),
        ("attachment.device-index", "0", 1),
        ("attachment.instance-owner-id", "amazon-elb", 3),
        ("subnet-id", "the subnet", 1),
        ("vpc-id", "the vpc", 6),
        ("group-id", "the default group", 6),
        ("tag:a", "b", 1),
        ("tag-key", "a", 1),
    ] {
        assert_eq!(passing(name, value), wanted, "{name}={value}");
    }
}

#[test]
fn an_instance_shows_its_interfaces_in_order() {
    let mut world = World::new();
    let [web, pods] = ["web", "pods"].map(|name| group(&mut world, name));
    let devices = json!([
        {"DeviceIndex": 1, "SecurityGroupId": [pods], "Ipv4PrefixCount": 1},
        {"DeviceIndex": 0, "SecurityGroupId": [web]},
    ]);
    let tags = json!([{"ResourceType": "instance", "Tag": [{"Key": "Name", "Value": "node"}]}]);
    let run = json!({"MinCount": 1, "MaxCount": 1, "NetworkInterface": devices, "TagSpecification": tags});
    let made = call(&mut world, "RunInstances", &run);
    assert_eq!(made["instancesSet"][0]["instanceState"]["name"], "pending");
    world.pass(10);
    for (name, value, wanted) in [
        ("tag:Name", "node", 1),
        ("instance-state-name", "running", 2),
        ("instance-state-name", "terminated", 0),
        ("network-interface.group-id", pods.as_str(), 1),
        ("instance.group-id", pods.as_str(), 0),
        ("instance.group-id", web.as_str(), 1),
        (
            "network-interface.addresses.private-ip-address",
            "172.31.0.5",
            1,
        ),
    ] {
        let asked = json!({"Filter": [{"Name": name, "Value": [value]}]});
        let shown = call(&mut world, "DescribeInstances", &asked);
        assert_eq!(
            shown["reservationSet"].as_array().unwrap().len(),
            wanted,
            "{name}={value}"
        );
    }
    let id = made["instancesSet"][0]["instanceId"].clone();
    let shown = call(
        &mut world,
        "DescribeInstances",
        &json!({"InstanceId": [id]}),
    );
    let shown = &shown["reservationSet"][0]["instancesSet"][0];
    assert_eq!(
        shown["groupSet"],
        json!([{"groupId": web, "groupName": "web"}])
    );
    let groups: Vec<&Value> = shown["networkInterfaceSet"]
        .as_array()
        .unwrap()
        .iter()
        .map(|interface| &interface["groupSet"][0]["groupName"])
        .collect();
    assert_eq!(groups, ["web", "pods"]);
    assert_eq!(
        shown["networkInterfaceSet"][1]["attachment"]["deviceIndex"],
        1
    );
}

fn run(members: &Value, wanted: &str) {
    let mut world = World::new();
    let mut asked = json!({"MinCount": 1, "MaxCount": 1});
    for (name, value) in members.as_object().unwrap() {
        asked[name] = value.clone();
    }
    assert_eq!(
        world.code("ec2", "RunInstances", &asked),
        wanted,
        "{members}"
    );
}

#[test]
fn what_instances_are_started_with() {
    run(&json!({}), "ok");
    run(&json!({"MinCount": 2}), BAD);
    run(&json!({"MinCount": 0}), BAD);
    run(&json!({"SubnetId": "subnet-1"}), "InvalidSubnetID.NotFound");
    run(
        &json!({"SecurityGroupId": ["sg-1"]}),
        "InvalidGroup.NotFound",
    );
    // The second interface is refused after the first one was there: nothing must be left of it.
    let devices = |address: &str| {
        json!({"NetworkInterface": [
            {"DeviceIndex": 0, "PrivateIpAddress": "172.31.0.9"},
            {"DeviceIndex": 1, "PrivateIpAddress": address},
        ]})
    };
    run(&devices("172.31.0.10"), "ok");
    run(&devices("172.31.0.9"), "InvalidIPAddress.InUse");
    run(&json!({"NetworkInterface": [{"DeviceIndex": 1}]}), BAD);
    run(
        &json!({"SecurityGroupId": ["sg-1"], "NetworkInterface": [{"DeviceIndex": 0}]}),
        "InvalidParameterCombination",
    );
    run(
        &json!({"MaxCount": 2, "PrivateIpAddress": "172.31.0.9"}),
        "InvalidParameterCombination",
    );
}

#[test]
fn a_terminated_instance_is_seen_for_an_hour_and_what_was_made_with_it_goes() {
    let mut world = World::new();
    let own = interface(&mut world, &json!({}))["networkInterfaceId"].clone();
    let devices = json!([{"DeviceIndex": 0}, {"DeviceIndex": 1, "NetworkInterfaceId": own}]);
    let run = json!({"MinCount": 1, "MaxCount": 1, "NetworkInterface": devices});
    let id = text(&call(&mut world, "RunInstances", &run)["instancesSet"][0]["instanceId"]);
    let delete = json!({"NetworkInterfaceId": own});
    assert_eq!(world.code("ec2", "DeleteNetworkInterface", &delete), BAD);
    let asked = json!({"InstanceId": [id]});
    let before = world.state.network.interfaces.len();
    let changes = call(&mut world, "TerminateInstances", &asked);
    assert_eq!(
        changes["instancesSet"][0]["currentState"]["name"],
        "shutting-down"
    );
    assert_eq!(world.state.network.interfaces.len(), before - 1);
    assert_eq!(world.code("ec2", "DeleteNetworkInterface", &delete), "ok");
    let shown = call(&mut world, "DescribeInstances", &asked);
    let shown = &shown["reservationSet"][0]["instancesSet"][0];
    assert_eq!(shown["instanceState"]["name"], "terminated");
    world.pass(3600);
    let code = world.code("ec2", "DescribeInstances", &asked);
    assert_eq!(code, "InvalidInstanceID.NotFound");
    let code = world.code("ec2", "TerminateInstances", &asked);
    assert_eq!(code, "InvalidInstanceID.NotFound");
}

fn prefix_list(world: &mut World, family: &str, max_entries: u32) -> String {
    let asked = json!({"PrefixListName": "l", "AddressFamily": family, "MaxEntries": max_entries});
    let made = call(world, "CreateManagedPrefixList", &asked);
    text(&made["prefixList"]["prefixListId"])
}

fn allow(world: &mut World, group: &str, peers: &Value) -> String {
    let mut permission = json!({"IpProtocol": "-1"});
    for (name, value) in peers.as_object().unwrap() {
        permission[name] = value.clone();
    }
    let asked = json!({"GroupId": group, "IpPermissions": [permission]});
    world.code("ec2", "AuthorizeSecurityGroupIngress", &asked)
}

#[test]
fn rules_count_sixty_for_each_address_family() {
    const FULL: &str = "RulesPerSecurityGroupLimitExceeded";
    let mut world = World::new();
    let [web, back] = ["web", "back"].map(|name| group(&mut world, name));
    let v4 = |range: std::ops::Range<u32>| {
        let ranges: Vec<Value> = range
            .map(|n| json!({"CidrIp": format!("10.{n}.0.0/16")}))
            .collect();
        json!({"IpRanges": ranges})
    };
    let v6 = |range: std::ops::Range<u32>| {
        let ranges = range.map(|n| json!({"CidrIpv6": format!("2001:db8:{n}::/48")}));
        json!({"Ipv6Ranges": ranges.collect::<Vec<Value>>()})
    };
    let pair = json!({"Groups": [{"GroupId": back}]});
    let list = |id: &str| json!({"PrefixListIds": [{"PrefixListId": id}]});
    let [three4, three6] = ["IPv4", "IPv6"].map(|family| prefix_list(&mut world, family, 3));
    for (peers, wanted) in [
        (v4(0..56), "ok"),
        (v6(0..59), "ok"),
        // One of each family: 57 and 60.
        (pair, "ok"),
        (v6(59..60), FULL),
        (list(&three6), FULL),
        (list(&three4), "ok"),
        (v4(56..57), FULL),
        (list("pl-1"), "InvalidPrefixListID.NotFound"),
    ] {
        assert_eq!(allow(&mut world, &web, &peers), wanted, "{peers}");
    }
}

#[test]
fn a_prefix_list_of_aws_counts_by_its_weight() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let by = |name: &str| json!({"Filter": [{"Name": "prefix-list-name", "Value": [name]}]});
    let cloudfront = by("com.amazonaws.global.cloudfront.origin-facing");
    let shown = call(&mut world, "DescribeManagedPrefixLists", &cloudfront);
    let [id] = &ids(&shown, "prefixListSet", "prefixListId")[..] else {
        panic!("{shown}");
    };
    let peers = json!({"PrefixListIds": [{"PrefixListId": id}]});
    assert_eq!(allow(&mut world, &web, &peers), "ok");
    let six = (0..6).map(|n| json!({"CidrIp": format!("10.{n}.0.0/16")}));
    let six = json!({"IpRanges": six.collect::<Vec<Value>>()});
    assert_eq!(
        allow(&mut world, &web, &six),
        "RulesPerSecurityGroupLimitExceeded"
    );
}

#[test]
fn a_prefix_list_that_a_rule_names_stays() {
    let mut world = World::new();
    let web = group(&mut world, "web");
    let id = prefix_list(&mut world, "IPv4", 1);
    let delete = json!({"PrefixListId": id});
    let peers = json!({"PrefixListIds": [{"PrefixListId": id}]});
    assert_eq!(allow(&mut world, &web, &peers), "ok");
    let code = world.code("ec2", "DeleteManagedPrefixList", &delete);
    assert_eq!(code, "DependencyViolation");
    call(&mut world, "DeleteSecurityGroup", &json!({"GroupId": web}));
    assert_eq!(world.code("ec2", "DeleteManagedPrefixList", &delete), "ok");
    for (entry, wanted) in [
        (json!({"Cidr": "10.0.0.0/8"}), "ok"),
        (json!({"Cidr": "2001:db8::/32"}), BAD),
        (json!({"Cidr": "ten"}), BAD),
    ] {
        let asked = json!({"PrefixListName": "l", "AddressFamily": "IPv4", "MaxEntries": 1, "Entry": [entry]});
        assert_eq!(world.code("ec2", "CreateManagedPrefixList", &asked), wanted);
    }
}

#[test]
fn a_full_subnet_gives_no_address() {
    const FULL: &str = "InsufficientFreeAddressesInSubnet";
    create(&json!({"SecondaryPrivateIpAddressCount": 4089}), "ok");
    create(&json!({"SecondaryPrivateIpAddressCount": 4090}), FULL);
    // 255 ranges besides the first one, of which one has the address that is there.
    create(&json!({"Ipv4PrefixCount": 256}), FULL);
    let all = json!({"PrivateIpAddress": "172.31.16.10", "Ipv4PrefixCount": 255});
    create(&all, "ok");
}
