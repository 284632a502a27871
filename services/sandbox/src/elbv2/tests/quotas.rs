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
