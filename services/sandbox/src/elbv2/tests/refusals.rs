//! What AWS refuses in actions and expressions beyond their shape: loops, stickiness, dialect.

use serde_json::{Value, json};

use crate::testing::{World, host, text};

const ACTION: &str = "InvalidLoadBalancerAction";
const BAD: &str = "ValidationError";

fn redirect(config: &Value) -> Value {
    let mut config = config.clone();
    config["StatusCode"] = json!("HTTP_301");
    json!({"Type": "redirect", "RedirectConfig": config})
}

/// A rule on an HTTP listener on port 80, or an HTTPS listener on port 443.
fn redirects(protocol: &str, config: &Value, wanted: &str) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = match protocol {
        "HTTP" => world.listener(&lb, 80),
        _ => world.https_listener(&lb, 443),
    };
    let rule = json!({"ListenerArn": listener, "Priority": 1, "Actions": [redirect(config)],
                      "Conditions": [host("a.example.com")]});
    let code = world.code("elbv2", "CreateRule", &rule);
    assert_eq!(code, wanted, "{protocol} {config}");
}

#[test]
fn a_redirect_changes_protocol_host_port_or_path_of_the_listener_s_requests() {
    let https = json!({"Protocol": "HTTPS", "Port": "443"});
    redirects("HTTP", &https, "ok");
    redirects("HTTPS", &https, ACTION);
    redirects("HTTP", &json!({"Protocol": "HTTP"}), ACTION);
    redirects("HTTP", &json!({"Port": "80"}), ACTION);
    redirects("HTTP", &json!({"Port": "8080"}), "ok");
    redirects("HTTPS", &json!({"Port": "443"}), ACTION);
    // A query alone is no change: "protocol, hostname, port, or path".
    redirects("HTTP", &json!({"Query": "a=b"}), ACTION);
    redirects(
        "HTTPS",
        &json!({"Protocol": "HTTPS", "Port": "443", "Query": ""}),
        ACTION,
    );
    redirects(
        "HTTPS",
        &json!({"Protocol": "HTTPS", "Port": "443", "Path": "/"}),
        "ok",
    );
    redirects(
        "HTTPS",
        &json!({"Protocol": "HTTPS", "Port": "443", "Host": "www.#{host}"}),
        "ok",
    );
}

#[test]
fn https_is_not_redirected_to_http() {
    redirects("HTTPS", &json!({"Protocol": "HTTP", "Port": "80"}), ACTION);
    redirects(
        "HTTPS",
        &json!({"Protocol": "HTTP", "Port": "80", "Host": "b.example.com"}),
        ACTION,
    );
    redirects(
        "HTTP",
        &json!({"Protocol": "HTTP", "Host": "b.example.com"}),
        "ok",
    );
}

#[test]
fn a_listener_does_not_move_to_where_its_rules_would_loop() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    world.rule(&listener, 1, &redirect(&json!({"Port": "8080"})));
    for (port, wanted) in [(8080, ACTION), (8081, "ok")] {
        let modify = json!({"ListenerArn": listener, "Port": port});
        assert_eq!(
            world.code("elbv2", "ModifyListener", &modify),
            wanted,
            "{port}"
        );
    }
}

/// Two target groups, the first one sticky or not, under a rule that is sticky or not.
fn world(sticky: &str, groups: usize, rule: Option<&str>) -> (World, String, Value) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let arns = ["one", "two"].map(|name| world.target_group(name, "HTTP"));
    stick(&mut world, &arns[0], sticky);
    let weighted: Vec<Value> = arns[..groups]
        .iter()
        .map(|arn| json!({"TargetGroupArn": arn, "Weight": 50}))
        .collect();
    let mut config = json!({"TargetGroups": weighted});
    if let Some(enabled) = rule {
        let stickiness = json!({"Enabled": enabled, "DurationSeconds": 60});
        config["TargetGroupStickinessConfig"] = stickiness;
    }
    let action = json!({"Type": "forward", "ForwardConfig": config});
    let create = json!({"ListenerArn": listener, "Priority": 1, "Actions": [action],
                        "Conditions": [host("a.example.com")]});
    let [first, _] = arns;
    (world, first, create)
}

fn stick(world: &mut World, arn: &str, enabled: &str) -> String {
    let asked = json!({"TargetGroupArn": arn, "Attributes": [
        {"Key": "stickiness.enabled", "Value": enabled}]});
    world.code("elbv2", "ModifyTargetGroupAttributes", &asked)
}

#[test]
fn a_rule_with_a_sticky_target_group_among_several_is_sticky_itself() {
    for (sticky, groups, rule, wanted) in [
        ("true", 2, None, ACTION),
        ("true", 2, Some("false"), ACTION),
        ("true", 2, Some("true"), "ok"),
        ("true", 1, None, "ok"),
        ("false", 2, None, "ok"),
    ] {
        let (mut world, _, create) = world(sticky, groups, rule);
        let code = world.code("elbv2", "CreateRule", &create);
        assert_eq!(code, wanted, "{sticky} {groups} {rule:?}");
    }
}

#[test]
fn a_target_group_does_not_become_sticky_under_a_rule_that_is_not() {
    for (groups, rule, wanted) in [
        (2, None, "InvalidConfigurationRequest"),
        (2, Some("true"), "ok"),
        (1, None, "ok"),
    ] {
        let (mut world, first, create) = world("false", groups, rule);
        world.elb("CreateRule", &create);
        assert_eq!(
            stick(&mut world, &first, "true"),
            wanted,
            "{groups} {rule:?}"
        );
    }
}

#[test]
fn a_sticky_rule_over_sticky_target_groups_stays_sticky() {
    let (mut world, _, create) = world("true", 2, Some("true"));
    let made = world.elb("CreateRule", &create);
    let mut actions = create["Actions"].clone();
    actions[0]["ForwardConfig"]["TargetGroupStickinessConfig"]["Enabled"] = json!("false");
    let modify = json!({"RuleArn": text(&made["Rules"][0]["RuleArn"]), "Actions": actions});
    assert_eq!(world.code("elbv2", "ModifyRule", &modify), ACTION);
}

/// An expression as a condition and as a transform.
fn regex(expression: &str, wanted: &str) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let condition =
        json!({"Field": "path-pattern", "PathPatternConfig": {"RegexValues": [expression]}});
    let rewrite = json!({"Type": "url-rewrite", "UrlRewriteConfig": {
        "Rewrites": [{"Regex": expression, "Replace": "/"}]}});
    let create = |priority: u32, condition: &Value, transforms: Value| {
        json!({"ListenerArn": listener, "Priority": priority, "Conditions": [condition],
               "Actions": [crate::testing::not_found()], "Transforms": transforms})
    };
    let code = world.code("elbv2", "CreateRule", &create(1, &condition, json!([])));
    assert_eq!(code, wanted, "{expression} as a condition");
    let rule = create(2, &host("a.example.com"), json!([rewrite]));
    assert_eq!(
        world.code("elbv2", "CreateRule", &rule),
        wanted,
        "{expression} as a transform"
    );
}

#[test]
fn expressions_have_no_lookaround_backreferences_recursion_possessives_or_unicode_classes() {
    regex("^/v[0-9]+/(a|b)?.*$", "ok");
    regex(r"^/(?:a|b){2,3}\d\w\s[[:alpha:]]$", "ok");
    regex(r"^/a\+\+$", "ok");
    regex("^/[+*?]+$", "ok");
    regex("^/.*?x$", "ok");
    for refused in [
        "^/(?!admin).*",
        "^/a(?=b)",
        "(?<!a)b",
        "(?<=a)b",
        r"(a)\1",
        r"(?<x>a)\k<x>",
        "(?>a)b",
        "a++",
        "a*+",
        "a?+",
        "a{1,2}+",
        "(?R)",
        "(?1)",
        r"^/\p{L}+$",
        r"\P{Lu}",
        r"[\p{L}]",
        r"\pL",
        "(",
        "[a",
        "a{2,1}",
    ] {
        regex(refused, BAD);
    }
}
