mod interfaces;

use serde_json::{Value, json};

use super::filters::{Filter, pass};
use crate::tags::Tags;
use crate::testing::{World, text};

fn call(world: &mut World, operation: &str, parameters: &Value) -> Value {
    world
        .call("ec2", operation, parameters)
        .unwrap_or_else(|error| panic!("{operation}: {error}"))
}

fn group(world: &mut World, name: &str) -> String {
    let asked = json!({"GroupName": name, "GroupDescription": "d"});
    text(&call(world, "CreateSecurityGroup", &asked)["groupId"])
}

fn create(members: &Value, wanted: &str) {
    let mut world = World::new();
    group(&mut world, "taken");
    let mut parameters = json!({"GroupName": "web", "GroupDescription": "d"});
    for (name, value) in members.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    assert_eq!(
        world.code("ec2", "CreateSecurityGroup", &parameters),
        wanted,
        "{members}"
    );
}

#[test]
fn names_of_groups() {
    create(&json!({"GroupName": "taken"}), "InvalidGroup.Duplicate");
    create(&json!({"GroupName": "sg-1"}), "InvalidParameterValue");
    create(&json!({"GroupName": "default"}), "InvalidParameterValue");
    create(
        &json!({"GroupName": "a".repeat(256)}),
        "InvalidParameterValue",
    );
    create(&json!({"GroupName": ""}), "MissingParameter");
    create(&json!({"GroupDescription": "ä"}), "InvalidParameterValue");
    create(&json!({"GroupDescription": ""}), "MissingParameter");
    create(&json!({"VpcId": "vpc-1"}), "InvalidVpcID.NotFound");
}

#[test]
fn tags_are_for_the_resource_that_is_made() {
    let tags = |kind: &str, key: &str| json!({"TagSpecification": [{"ResourceType": kind, "Tag": [{"Key": key, "Value": "v"}]}]});
    create(&tags("security-group", "a"), "ok");
    create(&tags("vpc", "a"), "InvalidParameterValue");
    create(&tags("security-group", "aws:a"), "InvalidParameterValue");
}

#[test]
fn what_is_not_there_is_not_tagged() {
    for (id, wanted) in [
        ("vpc-1", "InvalidVpcID.NotFound"),
        ("subnet-1", "InvalidSubnetID.NotFound"),
        ("igw-1", "InvalidInternetGatewayID.NotFound"),
        ("rtb-1", "InvalidRouteTableID.NotFound"),
        ("eipalloc-1", "InvalidAllocationID.NotFound"),
        ("i-1", "InvalidInstanceID.NotFound"),
        ("sg-1", "InvalidGroup.NotFound"),
        ("sgr-1", "InvalidSecurityGroupRuleId.NotFound"),
        ("vol-1", "InvalidID"),
        ("x", "InvalidID"),
    ] {
        let tags = json!({"ResourceId": [id], "Tag": [{"Key": "a", "Value": "b"}]});
        assert_eq!(
            World::new().code("ec2", "CreateTags", &tags),
            wanted,
            "{id}"
        );
    }
}

#[test]
fn a_dry_run_does_nothing() {
    create(&json!({"DryRun": "true"}), "DryRunOperation");
    create(&json!({"DryRun": "false"}), "ok");
}

/// Authorizes one permission on a group that lets in TCP 80 from 10.0.0.0/8.
fn authorize(permission: &Value, wanted: &str) {
    let mut world = World::new();
    let id = group(&mut world, "web");
    let first = json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80,
                       "IpRanges": [{"CidrIp": "10.0.0.0/8"}]});
    let with = |permission: &Value| json!({"GroupId": id, "IpPermissions": [permission]});
    call(&mut world, "AuthorizeSecurityGroupIngress", &with(&first));
    let code = world.code("ec2", "AuthorizeSecurityGroupIngress", &with(permission));
    assert_eq!(code, wanted, "{permission}");
}

fn from(cidr: &str) -> Value {
    json!({"IpProtocol": "tcp", "FromPort": 80, "ToPort": 80, "IpRanges": [{"CidrIp": cidr}]})
}

#[test]
fn the_same_network_is_the_same_rule() {
    authorize(&from("10.0.0.0/8"), "InvalidPermission.Duplicate");
    authorize(&from("10.9.9.9/8"), "InvalidPermission.Duplicate");
    authorize(&from("10.0.0.0/9"), "ok");
}

#[test]
fn what_a_permission_must_have() {
    authorize(&from("10.0.0.0"), "InvalidParameterValue");
    authorize(
        &json!({"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1}),
        "MissingParameter",
    );
    let peers = json!([{"CidrIp": "0.0.0.0/0"}]);
    let with = |protocol: &str, first: i32, last: i32| json!({"IpProtocol": protocol, "FromPort": first, "ToPort": last, "IpRanges": peers});
    authorize(&with("tcp", 90, 80), "InvalidParameterValue");
    authorize(&with("tcp", 0, 65536), "InvalidParameterValue");
    authorize(&with("carrier-pigeon", 1, 1), "InvalidParameterValue");
    authorize(&with("icmp", 3, 4), "ok");
    authorize(
        &json!({"IpProtocol": "tcp", "IpRanges": peers}),
        "InvalidParameterValue",
    );
    authorize(&json!({"IpProtocol": "-1", "IpRanges": peers}), "ok");
    let pair = json!({"IpProtocol": "-1", "Groups": [{"GroupId": "sg-1"}]});
    authorize(&pair, "InvalidGroup.NotFound");
}

#[test]
fn sixty_rules_for_each_group() {
    let mut world = World::new();
    let id = group(&mut world, "web");
    for (number, wanted) in (0..61).map(|n| {
        (
            n,
            if n < 60 {
                "ok"
            } else {
                "RulesPerSecurityGroupLimitExceeded"
            },
        )
    }) {
        let cidr = format!("10.{number}.0.0/16");
        let parameters = json!({"GroupId": id, "IpPermissions": [from(&cidr)]});
        assert_eq!(
            world.code("ec2", "AuthorizeSecurityGroupIngress", &parameters),
            wanted
        );
    }
}

#[test]
fn only_what_is_there_can_be_revoked() {
    let mut world = World::new();
    let id = group(&mut world, "web");
    let with = |permission: &Value| json!({"GroupId": id, "IpPermissions": [permission]});
    call(
        &mut world,
        "AuthorizeSecurityGroupIngress",
        &with(&from("10.0.0.0/8")),
    );
    let code = world.code(
        "ec2",
        "RevokeSecurityGroupIngress",
        &with(&from("10.0.0.0/9")),
    );
    assert_eq!(code, "InvalidPermission.NotFound");
    call(
        &mut world,
        "RevokeSecurityGroupIngress",
        &with(&from("10.0.0.0/8")),
    );
    assert!(world.state.security_groups[&id].ingress.is_empty());
}

#[test]
fn a_group_in_use_stays() {
    let mut world = World::new();
    let [used, named, naming] = ["used", "named", "naming"].map(|name| group(&mut world, name));
    let subnets = world.subnets(true);
    world.elb(
        "CreateLoadBalancer",
        &json!({"Name": "web", "Subnets": subnets, "SecurityGroups": [used]}),
    );
    let pair = json!({"IpProtocol": "-1", "Groups": [{"GroupId": named}]});
    let rule = json!({"GroupId": naming, "IpPermissions": [pair]});
    call(&mut world, "AuthorizeSecurityGroupIngress", &rule);
    let default = world
        .state
        .security_groups
        .values()
        .find(|group| group.name == "default")
        .unwrap()
        .id
        .clone();
    for (id, wanted) in [
        (used, "DependencyViolation"),
        (named.clone(), "DependencyViolation"),
        (default, "CannotDelete"),
        (naming, "ok"),
        (named, "ok"),
        ("sg-1".to_owned(), "InvalidGroup.NotFound"),
        ("web".to_owned(), "InvalidGroupId.Malformed"),
    ] {
        assert_eq!(
            world.code("ec2", "DeleteSecurityGroup", &json!({"GroupId": id})),
            wanted
        );
    }
}

/// Whether a resource with one tag and a name passes one filter.
fn passes(filter: &str, value: &str, wanted: Result<bool, &str>) {
    let filter: Filter = serde_json::from_value(json!({"Name": filter, "Value": [value]})).unwrap();
    let tags = Tags::from([("role/elb".to_owned(), "1".to_owned())]);
    let field = |name: &str| (name == "name").then(|| vec!["web-1".to_owned()]);
    let found = pass(&[filter], &tags, field).map_err(|error| error.code.into_owned());
    assert_eq!(found, wanted.map_err(str::to_owned));
}

#[test]
fn filters_match_fields_and_tags() {
    passes("name", "web-1", Ok(true));
    passes("name", "web-2", Ok(false));
    passes("tag:role/elb", "1", Ok(true));
    passes("tag:role/elb", "2", Ok(false));
    passes("tag:role", "1", Ok(false));
    passes("tag-key", "role/elb", Ok(true));
    passes("tag-value", "1", Ok(true));
}

#[test]
fn filters_have_wildcards() {
    passes("name", "web-?", Ok(true));
    passes("name", "web?", Ok(false));
    passes("name", "*", Ok(true));
    passes("name", "w*-*1", Ok(true));
    passes("name", "w*2", Ok(false));
    passes("name", "", Ok(false));
}

#[test]
fn unknown_filters_are_refused() {
    passes("colour", "red", Err("InvalidParameterValue"));
}

#[test]
fn the_seed_has_three_zones_with_a_public_and_a_private_subnet_each() {
    let world = World::new();
    let zones = |public: bool| -> Vec<&str> {
        let ids = world.subnets(public);
        let subnets = &world.state.network.subnets;
        ids.iter().map(|id| subnets[id].zone.as_str()).collect()
    };
    assert_eq!(zones(true), ["us-west-2a", "us-west-2b", "us-west-2c"]);
    assert_eq!(zones(true), zones(false));
}

#[test]
fn instances_stand_in_their_address_s_subnet() {
    let mut world = World::new();
    let shown = call(
        &mut world,
        "DescribeInstances",
        &json!({"InstanceId": ["i-0001"]}),
    );
    let instance = &shown["reservationSet"][0]["instancesSet"][0];
    assert_eq!(
        text(&instance["placement"]["availabilityZone"]),
        "us-west-2a"
    );
}

/// What a describe call shows under its one set.
fn shown(operation: &str, parameters: &Value) -> Vec<Value> {
    let answer = call(&mut World::new(), operation, parameters);
    let mut sets = answer.as_object().unwrap().values();
    sets.find_map(Value::as_array).unwrap().clone()
}

#[test]
fn what_is_not_in_the_network_is_described_as_nothing() {
    for (operation, ids, wanted) in [
        ("DescribeNatGateways", "NatGatewayId", "NatGatewayNotFound"),
        (
            "DescribeVpcEndpoints",
            "VpcEndpointId",
            "InvalidVpcEndpointId.NotFound",
        ),
        (
            "DescribeVpcPeeringConnections",
            "VpcPeeringConnectionId",
            "InvalidVpcPeeringConnectionID.NotFound",
        ),
        (
            "DescribeEgressOnlyInternetGateways",
            "EgressOnlyInternetGatewayId",
            "InvalidEgressOnlyInternetGatewayId.NotFound",
        ),
    ] {
        assert!(shown(operation, &json!({})).is_empty(), "{operation}");
        let by_id = json!({ids: ["x-1"]});
        assert_eq!(World::new().code("ec2", operation, &by_id), wanted);
    }
}

#[test]
fn the_default_acl_lets_everything_through_to_every_subnet() {
    let acls = shown("DescribeNetworkAcls", &json!({}));
    assert_eq!(acls.len(), 1);
    assert_eq!(acls[0]["default"], true);
    assert_eq!(acls[0]["associationSet"].as_array().unwrap().len(), 6);
    let actions = acls[0]["entrySet"].as_array().unwrap().iter();
    let allowing = actions.filter(|entry| entry["ruleAction"] == "allow");
    assert_eq!(allowing.count(), 4);
    let none = json!({"Filter": [{"Name": "vpc-id", "Value": ["vpc-1"]}]});
    assert!(shown("DescribeNetworkAcls", &none).is_empty());
}

#[test]
fn attributes_of_a_vpc_are_told_one_by_one() {
    let mut world = World::new();
    let vpc = world.vpc();
    for (attribute, value) in [
        ("enableDnsSupport", true),
        ("enableDnsHostnames", true),
        ("enableNetworkAddressUsageMetrics", false),
    ] {
        let asked = json!({"VpcId": vpc, "Attribute": attribute});
        let answer = call(&mut world, "DescribeVpcAttribute", &asked);
        assert_eq!(answer, json!({"vpcId": vpc, attribute: {"value": value}}));
    }
    for (vpc, attribute, wanted) in [
        (vpc.as_str(), "colour", "InvalidParameterValue"),
        ("vpc-1", "enableDnsSupport", "InvalidVpcID.NotFound"),
    ] {
        let asked = json!({"VpcId": vpc, "Attribute": attribute});
        assert_eq!(world.code("ec2", "DescribeVpcAttribute", &asked), wanted);
    }
}

#[test]
fn the_account_and_its_regions() {
    let vpc = World::new().vpc();
    let asked = json!({"AttributeName": ["default-vpc"]});
    let attributes = shown("DescribeAccountAttributes", &asked);
    assert_eq!(attributes.len(), 1);
    assert_eq!(
        attributes[0]["attributeValueSet"],
        json!([{"attributeValue": vpc}])
    );
    let unknown = json!({"AttributeName": ["colour"]});
    assert_eq!(
        World::new().code("ec2", "DescribeAccountAttributes", &unknown),
        "InvalidParameterValue"
    );
    assert_eq!(shown("DescribeRegions", &json!({})).len(), 17);
    let one = shown("DescribeRegions", &json!({"RegionName": ["eu-west-1"]}));
    assert_eq!(one[0]["regionEndpoint"], "ec2.eu-west-1.amazonaws.com");
}

#[test]
fn tags_are_described_one_by_one() {
    let by = |name: &str, value: &str| json!({"Filter": [{"Name": name, "Value": [value]}]});
    assert_eq!(
        shown("DescribeTags", &by("resource-type", "subnet")).len(),
        12
    );
    assert_eq!(shown("DescribeTags", &by("key", "Name")).len(), 7);
    assert_eq!(shown("DescribeTags", &by("tag:Name", "default")).len(), 1);
    assert_eq!(shown("DescribeTags", &by("resource-id", "vpc-1")).len(), 0);
    let vpc = World::new().vpc();
    assert_eq!(
        shown("DescribeTags", &by("resource-id", &vpc)),
        [json!({"resourceId": vpc, "resourceType": "vpc", "key": "Name", "value": "default"})]
    );
    let first = json!({"MaxResults": 5});
    assert_eq!(shown("DescribeTags", &first).len(), 5);
    let colour = by("colour", "red");
    assert_eq!(
        World::new().code("ec2", "DescribeTags", &colour),
        "InvalidParameterValue"
    );
}

#[test]
fn groups_for_a_vpc_are_its_own() {
    let mut world = World::new();
    group(&mut world, "web");
    let vpc = world.vpc();
    let mut asked = json!({"VpcId": vpc});
    let all = call(&mut world, "GetSecurityGroupsForVpc", &asked);
    assert_eq!(all["securityGroupForVpcSet"].as_array().unwrap().len(), 2);
    asked["Filter"] = json!([{"Name": "group-name", "Value": ["web"]}]);
    let one = call(&mut world, "GetSecurityGroupsForVpc", &asked);
    assert_eq!(one["securityGroupForVpcSet"][0]["groupName"], "web");
    assert_eq!(one["securityGroupForVpcSet"][0]["primaryVpcId"], vpc);
    let elsewhere = json!({"VpcId": "vpc-1"});
    assert_eq!(
        world.code("ec2", "GetSecurityGroupsForVpc", &elsewhere),
        "InvalidVpcID.NotFound"
    );
}
