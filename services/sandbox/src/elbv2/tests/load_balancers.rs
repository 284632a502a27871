use serde_json::{Value, json};

use crate::testing::{World, forward, text};

/// Creates with the three public subnets, the given members replaced.
fn create(members: &Value, wanted: &str) {
    let mut world = World::new();
    let mut parameters = json!({"Name": "web", "Subnets": world.subnets(true)});
    merge(&mut parameters, members);
    assert_eq!(
        world.code("elbv2", "CreateLoadBalancer", &parameters),
        wanted
    );
}

/// Creates once, then again with members replaced.
fn create_again(members: &Value, wanted: &str) {
    let mut world = World::new();
    let mut parameters = json!({"Name": "web", "Subnets": world.subnets(true)});
    world.elb("CreateLoadBalancer", &parameters);
    merge(&mut parameters, members);
    assert_eq!(
        world.code("elbv2", "CreateLoadBalancer", &parameters),
        wanted
    );
}

fn merge(parameters: &mut Value, members: &Value) {
    for (name, value) in members.as_object().unwrap() {
        if value.is_null() {
            parameters.as_object_mut().unwrap().remove(name);
        } else {
            parameters[name] = value.clone();
        }
    }
}

fn subnets(public: bool, count: usize) -> Value {
    json!(World::new().subnets(public)[..count])
}

#[test]
fn a_name_has_32_characters_at_most() {
    create(&json!({"Name": "a".repeat(32)}), "ok");
    create(&json!({"Name": "a".repeat(33)}), "ValidationError");
}

#[test]
fn a_name_is_letters_digits_and_hyphens() {
    create(&json!({"Name": "a-1"}), "ok");
    create(&json!({"Name": "a_1"}), "ValidationError");
    create(&json!({"Name": "ä"}), "ValidationError");
    create(&json!({"Name": ""}), "ValidationError");
}

#[test]
fn a_name_has_no_hyphen_at_its_ends() {
    create(&json!({"Name": "-a"}), "ValidationError");
    create(&json!({"Name": "a-"}), "ValidationError");
}

#[test]
fn the_internal_prefix_is_kept_for_aws() {
    create(&json!({"Name": "internal-a"}), "ValidationError");
}

#[test]
fn an_alb_needs_two_zones() {
    create(&json!({"Subnets": subnets(true, 2)}), "ok");
    create(&json!({"Subnets": subnets(true, 1)}), "ValidationError");
}

#[test]
fn an_nlb_may_stand_in_one_zone() {
    create(
        &json!({"Type": "network", "Subnets": subnets(true, 1)}),
        "ok",
    );
}

#[test]
fn one_subnet_for_each_zone() {
    let world = World::new();
    let same_zone = json!([world.subnets(true)[0], world.subnets(false)[0]]);
    create(
        &json!({"Subnets": same_zone}),
        "InvalidConfigurationRequest",
    );
}

#[test]
fn subnets_must_exist() {
    create(
        &json!({"Subnets": ["subnet-1", "subnet-2"]}),
        "SubnetNotFound",
    );
    create(&json!({"Subnets": null}), "ValidationError");
}

#[test]
fn gateway_load_balancers_are_outside() {
    create(&json!({"Type": "gateway"}), "ValidationError");
}

#[test]
fn unknown_parameters_are_not_ignored() {
    create(&json!({"Colour": "red"}), "ValidationError");
}

#[test]
fn security_groups_must_exist() {
    create(&json!({"SecurityGroups": ["sg-1"]}), "InvalidSecurityGroup");
}

#[test]
fn tags_may_not_begin_with_aws() {
    create(
        &json!({"Tags": [{"Key": "aws:a", "Value": ""}]}),
        "ValidationError",
    );
    create(
        &json!({"Tags": [{"Key": "AWS:a", "Value": ""}]}),
        "ValidationError",
    );
}

#[test]
fn a_tag_key_is_given_once() {
    let twice = json!([{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]);
    create(&json!({"Tags": twice}), "DuplicateTagKeys");
}

#[test]
fn fifty_tags_at_most() {
    let tags = |count: usize| -> Value {
        (0..count)
            .map(|n| json!({"Key": format!("k{n}")}))
            .collect()
    };
    create(&json!({"Tags": tags(50)}), "ok");
    create(&json!({"Tags": tags(51)}), "TooManyTags");
}

#[test]
fn dualstack_without_public_ipv4_is_for_internet_facing_albs() {
    let of = "dualstack-without-public-ipv4";
    create(&json!({"IpAddressType": of}), "ok");
    create(
        &json!({"IpAddressType": of, "Scheme": "internal"}),
        "InvalidConfigurationRequest",
    );
    create(
        &json!({"IpAddressType": of, "Type": "network"}),
        "InvalidConfigurationRequest",
    );
}

#[test]
fn an_alb_has_no_addresses_of_its_own() {
    let world = World::new();
    let mappings: Value = world
        .subnets(true)
        .iter()
        .zip(world.state.network.addresses.keys())
        .map(|(subnet, address)| json!({"SubnetId": subnet, "AllocationId": address}))
        .collect();
    let asked = json!({"Subnets": null, "SubnetMappings": mappings});
    create(&asked, "InvalidConfigurationRequest");
    let mut network = asked;
    network["Type"] = json!("network");
    create(&network, "ok");
    network["Scheme"] = json!("internal");
    create(&network, "InvalidConfigurationRequest");
}

#[test]
fn a_private_address_is_for_internal_nlbs_and_of_the_subnet() {
    let world = World::new();
    let subnet = &world.state.network.subnets[&world.subnets(false)[0]];
    let inside = subnet.cidr.hosts().nth(9).unwrap();
    let asked = |address: String, scheme: &str| {
        json!({
            "Type": "network", "Scheme": scheme, "Subnets": null,
            "SubnetMappings": [{"SubnetId": subnet.id, "PrivateIPv4Address": address}],
        })
    };
    create(&asked(inside.to_string(), "internal"), "ok");
    create(&asked("10.0.0.1".to_owned(), "internal"), "InvalidSubnet");
    create(
        &asked(inside.to_string(), "internet-facing"),
        "InvalidConfigurationRequest",
    );
    create(&asked("x".to_owned(), "internal"), "ValidationError");
}

#[test]
fn the_same_settings_again_are_no_error() {
    create_again(&json!({}), "ok");
}

#[test]
fn the_order_of_subnets_is_no_setting() {
    let mut reversed = World::new().subnets(true);
    reversed.reverse();
    create_again(&json!({"Subnets": reversed}), "ok");
}

#[test]
fn other_settings_under_the_same_name_are_refused() {
    create_again(&json!({"Scheme": "internal"}), "DuplicateLoadBalancerName");
    create_again(&json!({"Type": "network"}), "DuplicateLoadBalancerName");
    create_again(
        &json!({"Subnets": subnets(true, 2)}),
        "DuplicateLoadBalancerName",
    );
    create_again(
        &json!({"Tags": [{"Key": "a"}]}),
        "DuplicateLoadBalancerName",
    );
    create_again(
        &json!({"IpAddressType": "dualstack"}),
        "DuplicateLoadBalancerName",
    );
}

#[test]
fn it_is_provisioning_before_it_is_active() {
    let mut world = World::new();
    let arn = world.load_balancer("web", "application");
    let code = |world: &mut World| {
        let shown = world.elb("DescribeLoadBalancers", &json!({"LoadBalancerArns": [arn]}));
        text(&shown["LoadBalancers"][0]["State"]["Code"])
    };
    assert_eq!(code(&mut world), "provisioning");
    world.pass(9);
    assert_eq!(code(&mut world), "provisioning");
    world.pass(1);
    assert_eq!(code(&mut world), "active");
}

#[test]
fn deletion_protection_protects() {
    let mut world = World::new();
    let arn = world.load_balancer("web", "application");
    let protect = |value: &str| {
        json!({
            "LoadBalancerArn": arn,
            "Attributes": [{"Key": "deletion_protection.enabled", "Value": value}],
        })
    };
    let delete = json!({"LoadBalancerArn": arn});
    world.elb("ModifyLoadBalancerAttributes", &protect("true"));
    assert_eq!(
        world.code("elbv2", "DeleteLoadBalancer", &delete),
        "OperationNotPermitted"
    );
    world.elb("ModifyLoadBalancerAttributes", &protect("false"));
    assert_eq!(world.code("elbv2", "DeleteLoadBalancer", &delete), "ok");
    assert_eq!(world.code("elbv2", "DeleteLoadBalancer", &delete), "ok");
}

#[test]
fn a_deleted_load_balancer_takes_listeners_and_rules_along_and_frees_target_groups() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let group = world.target_group("pods", "HTTP");
    world.rule(&listener, 1, &forward(&group));
    world.elb("DeleteLoadBalancer", &json!({"LoadBalancerArn": lb}));
    assert!(world.state.listeners.is_empty() && world.state.rules.is_empty());
    let delete = json!({"TargetGroupArn": group});
    assert_eq!(world.code("elbv2", "DeleteTargetGroup", &delete), "ok");
}

/// Sets one attribute on a load balancer of a kind.
fn attribute(kind: &str, key: &str, value: &str, wanted: &str) {
    let mut world = World::new();
    let arn = world.load_balancer("web", kind);
    let parameters = json!({"LoadBalancerArn": arn, "Attributes": [{"Key": key, "Value": value}]});
    let code = world.code("elbv2", "ModifyLoadBalancerAttributes", &parameters);
    assert_eq!(code, wanted, "{key}={value}");
}

#[test]
fn attributes_take_their_values_only() {
    const BAD: &str = "InvalidConfigurationRequest";
    attribute("application", "idle_timeout.timeout_seconds", "4000", "ok");
    attribute("application", "idle_timeout.timeout_seconds", "4001", BAD);
    attribute("application", "routing.http2.enabled", "false", "ok");
    attribute("application", "routing.http2.enabled", "no", BAD);
    attribute(
        "application",
        "routing.http.desync_mitigation_mode",
        "strictest",
        "ok",
    );
    attribute(
        "application",
        "routing.http.desync_mitigation_mode",
        "lax",
        BAD,
    );
    attribute(
        "application",
        "load_balancing.cross_zone.enabled",
        "false",
        BAD,
    );
    attribute("network", "load_balancing.cross_zone.enabled", "true", "ok");
    attribute("application", "access_logs.s3.enabled", "true", BAD);
}

#[test]
fn logs_need_a_bucket_that_may_be_written_where_buckets_are_given() {
    let only = |name: &str| Some([name.to_owned()].into());
    for (buckets, bucket, wanted) in [
        (None, "logs", "ok"),
        (only("logs"), "logs", "ok"),
        (only("logs"), "elsewhere", "InvalidConfigurationRequest"),
    ] {
        let mut world = World::new();
        world.state.log_buckets = buckets;
        let arn = world.load_balancer("web", "application");
        for logs in ["access_logs", "connection_logs", "health_check_logs"] {
            let change = |enabled: &str| {
                json!({"LoadBalancerArn": arn, "Attributes": [
                    {"Key": format!("{logs}.s3.enabled"), "Value": enabled},
                    {"Key": format!("{logs}.s3.bucket"), "Value": bucket},
                ]})
            };
            let operation = "ModifyLoadBalancerAttributes";
            assert_eq!(world.code("elbv2", operation, &change("true")), wanted);
            assert_eq!(world.code("elbv2", operation, &change("false")), "ok");
        }
    }
}

#[test]
fn attributes_belong_to_a_kind() {
    attribute(
        "network",
        "idle_timeout.timeout_seconds",
        "60",
        "ValidationError",
    );
    attribute(
        "application",
        "dns_record.client_routing_policy",
        "x",
        "ValidationError",
    );
}

#[test]
fn twenty_attributes_are_modified_in_one_call() {
    let mut world = World::new();
    let arn = world.load_balancer("web", "application");
    let shown = world.elb(
        "DescribeLoadBalancerAttributes",
        &json!({"LoadBalancerArn": arn}),
    );
    let attributes = shown["Attributes"].as_array().unwrap();
    for (count, wanted) in [(20, "ok"), (21, "ValidationError")] {
        let asked = json!({"LoadBalancerArn": arn, "Attributes": attributes[..count]});
        let code = world.code("elbv2", "ModifyLoadBalancerAttributes", &asked);
        assert_eq!(code, wanted);
    }
}

#[test]
fn secondary_addresses_do_not_become_fewer() {
    let mut world = World::new();
    let arn = world.load_balancer("net", "network");
    for (value, wanted) in [
        ("2", "ok"),
        ("2", "ok"),
        ("1", "InvalidConfigurationRequest"),
        ("7", "ok"),
        ("8", "InvalidConfigurationRequest"),
    ] {
        let key = "secondary_ips.auto_assigned.per_subnet";
        let asked = json!({"LoadBalancerArn": arn, "Attributes": [{"Key": key, "Value": value}]});
        let code = world.code("elbv2", "ModifyLoadBalancerAttributes", &asked);
        assert_eq!(code, wanted, "{value}");
    }
}

#[test]
fn an_nlb_created_without_security_groups_never_gets_any() {
    let mut world = World::new();
    let arn = world.load_balancer("net", "network");
    let group = world.state.security_groups.keys().next().unwrap().clone();
    let set = json!({"LoadBalancerArn": arn, "SecurityGroups": [group]});
    assert_eq!(
        world.code("elbv2", "SetSecurityGroups", &set),
        "InvalidConfigurationRequest"
    );
}

#[test]
fn describing_takes_names_or_arns_that_exist() {
    let mut world = World::new();
    let arn = world.load_balancer("web", "application");
    for (parameters, wanted) in [
        (json!({"Names": ["web"]}), "ok"),
        (json!({"Names": ["other"]}), "LoadBalancerNotFound"),
        (
            json!({"LoadBalancerArns": [format!("{arn}0")]}),
            "LoadBalancerNotFound",
        ),
        (json!({"LoadBalancerArns": ["web"]}), "ValidationError"),
        (
            json!({"LoadBalancerArns": vec![arn.clone(); 21]}),
            "ValidationError",
        ),
        (
            json!({"Names": ["web"], "LoadBalancerArns": [arn]}),
            "ValidationError",
        ),
        (json!({"PageSize": 0}), "ValidationError"),
        (json!({"PageSize": 401}), "ValidationError"),
    ] {
        assert_eq!(
            world.code("elbv2", "DescribeLoadBalancers", &parameters),
            wanted
        );
    }
}
