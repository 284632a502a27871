use serde_json::{Value, json};

use crate::quotas::Quotas;
use crate::testing::{World, forward, host, not_found, text};

/// One load balancer with a listener, a rule to a group with a target; then a call under a quota.
fn refused(
    set: impl Fn(&mut Quotas),
    operation: &str,
    parameters: impl Fn(&Names) -> Value,
    wanted: &str,
) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let http = world.listener(&lb, 80);
    let https = world.https_listener(&lb, 443);
    let [used, free] = ["used", "free"].map(|name| world.target_group(name, "HTTP"));
    for group in [&used, &free] {
        let targets = json!([{"Id": "172.31.0.9"}]);
        world.elb(
            "RegisterTargets",
            &json!({"TargetGroupArn": group, "Targets": targets}),
        );
    }
    world.rule(&http, 1, &forward(&used));
    let names = Names {
        subnets: world.subnets(true),
        vpc: world.vpc(),
        certificate: world.certificate(),
        lb,
        http,
        https,
        used,
        free,
    };
    let mut quotas = Quotas::default();
    set(&mut quotas);
    world.state.quotas = quotas;
    let parameters = parameters(&names);
    assert_eq!(world.code("elbv2", operation, &parameters), wanted);
    world.state.quotas = Quotas::default();
    assert_eq!(world.code("elbv2", operation, &parameters), "ok");
}

struct Names {
    subnets: Vec<String>,
    vpc: String,
    certificate: String,
    lb: String,
    http: String,
    https: String,
    used: String,
    free: String,
}

fn rule(names: &Names, action: &Value) -> Value {
    json!({"ListenerArn": names.http, "Priority": 9, "Conditions": [host("z.example.com")],
           "Actions": [action]})
}

#[test]
fn too_many_load_balancers() {
    refused(
        |quotas| quotas.application_load_balancers = 1,
        "CreateLoadBalancer",
        |names| json!({"Name": "more", "Subnets": names.subnets}),
        "TooManyLoadBalancers",
    );
}

#[test]
fn too_many_listeners() {
    refused(
        |quotas| quotas.listeners_per_application_load_balancer = 2,
        "CreateListener",
        |names| {
            json!({"LoadBalancerArn": names.lb, "Protocol": "HTTP", "Port": 81,
                   "DefaultActions": [not_found()]})
        },
        "TooManyListeners",
    );
}

#[test]
fn too_many_rules() {
    refused(
        |quotas| quotas.rules_per_application_load_balancer = 1,
        "CreateRule",
        |names| rule(names, &not_found()),
        "TooManyRules",
    );
}

#[test]
fn too_many_certificates() {
    refused(
        |quotas| quotas.certificates_per_application_load_balancer = 0,
        "AddListenerCertificates",
        |names| {
            json!({"ListenerArn": names.https,
                   "Certificates": [{"CertificateArn": names.certificate}]})
        },
        "TooManyCertificates",
    );
}

#[test]
fn too_many_target_groups() {
    refused(
        |quotas| quotas.target_groups = 2,
        "CreateTargetGroup",
        |names| json!({"Name": "more", "Protocol": "HTTP", "Port": 80, "VpcId": names.vpc}),
        "TooManyTargetGroups",
    );
}

#[test]
fn too_many_target_groups_for_a_load_balancer() {
    refused(
        |quotas| quotas.target_groups_per_application_load_balancer = 1,
        "CreateRule",
        |names| rule(names, &forward(&names.free)),
        "TooManyUniqueTargetGroupsPerLoadBalancer",
    );
}

#[test]
fn too_many_target_groups_in_an_action() {
    refused(
        |quotas| quotas.target_groups_per_action_on_application_load_balancer = 1,
        "CreateRule",
        |names| {
            let groups = json!([{"TargetGroupArn": names.used}, {"TargetGroupArn": names.free}]);
            let config = json!({"TargetGroups": groups});
            rule(names, &json!({"Type": "forward", "ForwardConfig": config}))
        },
        "TooManyTargetGroups",
    );
}

#[test]
fn too_many_targets_by_a_group() {
    refused(
        |quotas| quotas.targets_per_target_group = 1,
        "RegisterTargets",
        |names| json!({"TargetGroupArn": names.free, "Targets": [{"Id": "172.31.0.10"}]}),
        "TooManyTargets",
    );
}

#[test]
fn too_many_targets_by_a_load_balancer() {
    refused(
        |quotas| quotas.targets_per_application_load_balancer = 1,
        "RegisterTargets",
        |names| json!({"TargetGroupArn": names.used, "Targets": [{"Id": "172.31.0.10"}]}),
        "TooManyTargets",
    );
    refused(
        |quotas| quotas.targets_per_application_load_balancer = 1,
        "CreateRule",
        |names| rule(names, &forward(&names.free)),
        "TooManyTargets",
    );
}

#[test]
fn conditions_cost_values_and_wildcards() {
    let with = |names: &Names, values: Value| {
        let mut rule = rule(names, &not_found());
        rule["Conditions"] = json!([{"Field": "path-pattern", "Values": values}]);
        rule
    };
    refused(
        |quotas| quotas.condition_values_per_alb_rule = 1,
        "CreateRule",
        |names| with(names, json!(["/a", "/b"])),
        "ValidationError",
    );
    refused(
        |quotas| quotas.condition_wildcards_per_alb_rule = 1,
        "CreateRule",
        |names| with(names, json!(["/*/?"])),
        "ValidationError",
    );
}

#[test]
fn an_nlb_has_quotas_of_its_own() {
    let mut world = World::new();
    let lb = world.load_balancer("net", "network");
    let [one, two] = ["one", "two"].map(|name| world.target_group(name, "TCP"));
    let certificate = json!([{"CertificateArn": world.certificate()}]);
    let listen = |port: u16| {
        json!({"LoadBalancerArn": lb, "Protocol": "TLS", "Port": port, "Certificates": certificate,
               "DefaultActions": [forward(&one)]})
    };
    let created = world.elb("CreateListener", &listen(1));
    let listener = text(&created["Listeners"][0]["ListenerArn"]);
    let targets = json!([{"Id": "172.31.0.9"}]);
    let target = json!({"TargetGroupArn": one, "Targets": targets});
    let both = json!([{"TargetGroupArn": one}, {"TargetGroupArn": two}]);
    let both = json!([{"Type": "forward", "ForwardConfig": {"TargetGroups": both}}]);
    let another = json!({"Name": "more", "Type": "network", "Subnets": world.subnets(true)});
    let more = json!({"ListenerArn": listener, "Certificates": certificate});
    for (operation, parameters, wanted) in [
        ("CreateLoadBalancer", another, "TooManyLoadBalancers"),
        ("CreateListener", listen(2), "TooManyListeners"),
        ("AddListenerCertificates", more, "TooManyCertificates"),
        (
            "ModifyListener",
            json!({"ListenerArn": listener, "DefaultActions": both}),
            "TooManyTargetGroups",
        ),
        ("RegisterTargets", target, "TooManyTargets"),
    ] {
        world.state.quotas = Quotas {
            network_load_balancers: 1,
            listeners_per_network_load_balancer: 1,
            certificates_per_network_load_balancer: 0,
            target_groups_per_action_on_network_load_balancer: 1,
            targets_per_network_load_balancer: 0,
            ..Quotas::default()
        };
        assert_eq!(world.code("elbv2", operation, &parameters), wanted);
        world.state.quotas = Quotas::default();
        assert_eq!(world.code("elbv2", operation, &parameters), "ok");
    }
}

#[test]
fn too_many_tags() {
    refused(
        |quotas| quotas.tags_per_resource = 1,
        "AddTags",
        |names| {
            json!({"ResourceArns": [names.lb],
                   "Tags": [{"Key": "a", "Value": ""}, {"Key": "b", "Value": ""}]})
        },
        "TooManyTags",
    );
}

#[test]
fn a_swap_of_target_groups_stays_within_the_quota() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let [one, two] = ["one", "two"].map(|name| world.target_group(name, "HTTP"));
    let rule = world.rule(&listener, 1, &forward(&one));
    world
        .state
        .quotas
        .target_groups_per_application_load_balancer = 1;
    let swap = json!({"RuleArn": rule, "Actions": [forward(&two)]});
    assert_eq!(world.code("elbv2", "ModifyRule", &swap), "ok");
    assert_eq!(world.state.target_groups[&one].load_balancer_arn, None);
}

#[test]
fn default_rules_and_default_certificates_do_not_count() {
    let mut world = World::new();
    world.state.quotas.rules_per_application_load_balancer = 0;
    world
        .state
        .quotas
        .certificates_per_application_load_balancer = 0;
    let lb = world.load_balancer("web", "application");
    world.https_listener(&lb, 443);
}

#[test]
fn account_limits_tell_the_quotas() {
    let mut world = World::new();
    world.state.quotas.target_groups = 7;
    let shown = world.elb("DescribeAccountLimits", &json!({}));
    let limit = shown["Limits"]
        .as_array()
        .unwrap()
        .iter()
        .find(|limit| limit["Name"] == "target-groups")
        .unwrap();
    assert_eq!(text(&limit["Max"]), "7");
}

#[test]
fn tags_are_described_for_twenty_resources_at_most() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    for (count, wanted) in [(20, "ok"), (21, "ValidationError")] {
        let arns = json!({"ResourceArns": vec![lb.clone(); count]});
        assert_eq!(world.code("elbv2", "DescribeTags", &arns), wanted);
    }
}
