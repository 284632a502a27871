use serde_json::{Value, json};

use crate::testing::{World, forward, host, not_found, text};

/// Creates a rule on an HTTP listener with the given members beside the usual ones.
fn create(members: &Value, wanted: &str) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let mut parameters = json!({
        "ListenerArn": listener, "Priority": 1, "Actions": [not_found()],
        "Conditions": [host("a.example.com")],
    });
    for (name, value) in members.as_object().unwrap() {
        parameters[name] = value.clone();
    }
    assert_eq!(
        world.code("elbv2", "CreateRule", &parameters),
        wanted,
        "{members}"
    );
}

fn condition(field: &str, config: &str, value: &Value, wanted: &str) {
    create(
        &json!({"Conditions": [{"Field": field, config: value}]}),
        wanted,
    );
}

fn host_is(name: &str, wanted: &str) {
    create(&json!({"Conditions": [host(name)]}), wanted);
}

fn path_is(path: &str, wanted: &str) {
    condition(
        "path-pattern",
        "PathPatternConfig",
        &json!({"Values": [path]}),
        wanted,
    );
}

fn action(value: &Value, wanted: &str) {
    create(&json!({"Actions": [value]}), wanted);
}

const BAD: &str = "ValidationError";

#[test]
fn priorities_are_1_to_50000() {
    create(&json!({"Priority": 50_000}), "ok");
    create(&json!({"Priority": 50_001}), BAD);
    create(&json!({"Priority": 0}), BAD);
    create(&json!({"Priority": -1}), BAD);
}

#[test]
fn a_rule_has_a_condition() {
    create(&json!({"Conditions": []}), BAD);
}

#[test]
fn five_values_for_all_conditions_together() {
    let paths = |count: usize| -> Vec<String> { (0..count).map(|n| format!("/{n}")).collect() };
    let with = |count: usize| {
        let path = json!({"Field": "path-pattern", "PathPatternConfig": {"Values": paths(count)}});
        json!({"Conditions": [host("a.example.com"), path]})
    };
    create(&with(4), "ok");
    create(&with(5), BAD);
}

#[test]
fn five_wildcards_for_all_conditions_together() {
    path_is("/*/*/*/*/*", "ok");
    path_is("/*/*/*/*/*/?", BAD);
}

#[test]
fn a_host_has_a_dot_and_letters_after_the_last_one() {
    host_is("a.example.com", "ok");
    host_is("*.example.com", "ok");
    host_is("localhost", BAD);
    host_is("10.0.0.1", BAD);
    host_is("a.example.", BAD);
    host_is("a_b.example.com", BAD);
    host_is("*", BAD);
}

#[test]
fn values_have_1_to_128_characters() {
    path_is(&format!("/{}", "a".repeat(127)), "ok");
    path_is(&format!("/{}", "a".repeat(128)), BAD);
    path_is("", BAD);
}

#[test]
fn a_path_holds_its_own_characters() {
    path_is("/_-.$/~\"'@:+&*?", "ok");
    path_is("/a b", BAD);
    path_is("/a;b", BAD);
    path_is("/ä", BAD);
}

#[test]
fn regular_expressions_for_host_path_and_header() {
    let regex = json!({"RegexValues": ["^/v[0-9]+$"]});
    condition("path-pattern", "PathPatternConfig", &regex, "ok");
    condition("host-header", "HostHeaderConfig", &regex, "ok");
    let header = json!({"HttpHeaderName": "x-a", "RegexValues": ["^a$"]});
    condition("http-header", "HttpHeaderConfig", &header, "ok");
    let method = json!({"Values": ["GET"], "RegexValues": ["^a$"]});
    condition(
        "http-request-method",
        "HttpRequestMethodConfig",
        &method,
        BAD,
    );
}

#[test]
fn a_regular_expression_must_be_one() {
    condition(
        "path-pattern",
        "PathPatternConfig",
        &json!({"RegexValues": ["("]}),
        BAD,
    );
}

#[test]
fn values_or_regular_expressions_not_both() {
    let both = json!({"Values": ["/a"], "RegexValues": ["^/b$"]});
    condition("path-pattern", "PathPatternConfig", &both, BAD);
}

#[test]
fn a_header_name_is_a_token_and_not_host() {
    let header = |name: &str| json!({"HttpHeaderName": name, "Values": ["a"]});
    condition("http-header", "HttpHeaderConfig", &header("x-a"), "ok");
    condition("http-header", "HttpHeaderConfig", &header("Host"), BAD);
    condition("http-header", "HttpHeaderConfig", &header("x*"), BAD);
}

#[test]
fn methods_have_no_wildcards() {
    let method = |value: &str| json!({"Values": [value]});
    condition(
        "http-request-method",
        "HttpRequestMethodConfig",
        &method("GET"),
        "ok",
    );
    condition(
        "http-request-method",
        "HttpRequestMethodConfig",
        &method("GE*"),
        BAD,
    );
    condition(
        "http-request-method",
        "HttpRequestMethodConfig",
        &method("get"),
        BAD,
    );
}

#[test]
fn sources_are_blocks() {
    let source = |value: &str| json!({"Values": [value]});
    condition("source-ip", "SourceIpConfig", &source("10.0.0.0/8"), "ok");
    condition(
        "source-ip",
        "SourceIpConfig",
        &source("2001:db8::/32"),
        "ok",
    );
    condition("source-ip", "SourceIpConfig", &source("10.0.0.1"), BAD);
}

#[test]
fn queries_need_a_value_but_no_key() {
    let query = |value: Value| json!({"Values": [value]});
    condition(
        "query-string",
        "QueryStringConfig",
        &query(json!({"Value": "a"})),
        "ok",
    );
    condition(
        "query-string",
        "QueryStringConfig",
        &query(json!({"Key": "a"})),
        BAD,
    );
}

#[test]
fn host_path_method_and_source_appear_once_headers_and_queries_often() {
    create(&json!({"Conditions": [host("a.b"), host("c.d")]}), BAD);
    let header = json!({"Field": "http-header",
                        "HttpHeaderConfig": {"HttpHeaderName": "x", "Values": ["a"]}});
    create(&json!({"Conditions": [header, header]}), "ok");
}

#[test]
fn a_condition_has_the_configuration_of_its_field() {
    condition(
        "host-header",
        "PathPatternConfig",
        &json!({"Values": ["/a"]}),
        BAD,
    );
    create(
        &json!({"Conditions": [{"Field": "source-ip", "Values": ["10.0.0.0/8"]}]}),
        BAD,
    );
    create(
        &json!({"Conditions": [{"Field": "host-header", "Values": ["a.b"]}]}),
        "ok",
    );
}

#[test]
fn redirects() {
    let redirect = |config: Value| json!({"Type": "redirect", "RedirectConfig": config});
    let to = |name: &str, value: &str| redirect(json!({"StatusCode": "HTTP_301", name: value}));
    action(&to("Protocol", "HTTPS"), "ok");
    action(&to("Protocol", "TCP"), BAD);
    action(&to("Port", "#{port}"), "InvalidLoadBalancerAction");
    action(&to("Port", "0"), BAD);
    action(&to("Path", "/new"), "ok");
    action(&to("Path", "new"), BAD);
    action(&to("Query", "?a"), BAD);
    action(
        &redirect(json!({"StatusCode": "HTTP_308", "Host": "b.c"})),
        BAD,
    );
}

#[test]
fn fixed_responses() {
    let fixed = |config: Value| json!({"Type": "fixed-response", "FixedResponseConfig": config});
    action(
        &fixed(json!({"StatusCode": "503", "ContentType": "text/html"})),
        "ok",
    );
    action(&fixed(json!({"StatusCode": "302"})), BAD);
    action(&fixed(json!({"StatusCode": "4040"})), BAD);
    action(
        &fixed(json!({"StatusCode": "200", "ContentType": "image/png"})),
        "InvalidLoadBalancerAction",
    );
    action(
        &fixed(json!({"StatusCode": "200", "MessageBody": "a".repeat(1025)})),
        BAD,
    );
}

#[test]
fn weights_are_0_to_999() {
    for (weight, wanted) in [(0, "ok"), (999, "ok"), (1000, BAD), (-1, BAD)] {
        let mut world = World::new();
        let lb = world.load_balancer("web", "application");
        let listener = world.listener(&lb, 80);
        let group = world.target_group("pods", "HTTP");
        let groups = json!([{"TargetGroupArn": group, "Weight": weight}]);
        let parameters = json!({
            "ListenerArn": listener, "Priority": 1, "Conditions": [host("a.example.com")],
            "Actions": [{"Type": "forward", "ForwardConfig": {"TargetGroups": groups}}],
        });
        assert_eq!(
            world.code("elbv2", "CreateRule", &parameters),
            wanted,
            "{weight}"
        );
    }
}

#[test]
fn the_last_action_ends_the_request() {
    create(&json!({"Actions": []}), BAD);
    let mut first = not_found();
    first["Order"] = json!(1);
    let mut second = not_found();
    second["Order"] = json!(2);
    create(
        &json!({"Actions": [first, second]}),
        "InvalidLoadBalancerAction",
    );
    create(
        &json!({"Actions": [not_found(), not_found()]}),
        "InvalidLoadBalancerAction",
    );
}

#[test]
fn tokens_are_checked_on_https_only() {
    let jwt = json!({"Type": "jwt-validation", "Order": 1, "JwtValidationConfig": {
        "JwksEndpoint": "https://j", "Issuer": "https://i"}});
    let mut last = not_found();
    last["Order"] = json!(2);
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let http = world.listener(&lb, 80);
    let https = world.https_listener(&lb, 443);
    let on = |listener: &str| {
        json!({"ListenerArn": listener, "Priority": 1, "Conditions": [host("a.example.com")],
               "Actions": [jwt, last]})
    };
    let refused = world.code("elbv2", "CreateRule", &on(&http));
    assert_eq!(refused, "InvalidLoadBalancerAction");
    assert_eq!(world.code("elbv2", "CreateRule", &on(&https)), "ok");
}

#[test]
fn an_action_has_the_configuration_of_its_type() {
    let mut odd = not_found();
    odd["RedirectConfig"] = json!({"StatusCode": "HTTP_301", "Path": "/a"});
    action(&odd, "InvalidLoadBalancerAction");
}

fn transforms(value: &Value, wanted: &str) {
    create(&json!({"Transforms": value}), wanted);
}

#[test]
fn one_transform_of_each_type_with_one_rewrite() {
    let rewrite = json!({"Regex": "^/a", "Replace": "/b"});
    let url = json!({"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite]}});
    let host = json!({"Type": "host-header-rewrite",
                      "HostHeaderRewriteConfig": {"Rewrites": [rewrite]}});
    transforms(&json!([url, host]), "ok");
    transforms(&json!([url, url]), BAD);
    let none = json!({"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": []}});
    transforms(&json!([none]), BAD);
    let two = json!({"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [rewrite, rewrite]}});
    transforms(&json!([two]), BAD);
    let other = json!({"Type": "url-rewrite", "HostHeaderRewriteConfig": {"Rewrites": [rewrite]}});
    transforms(&json!([other]), BAD);
    let bad = json!({"Regex": "(", "Replace": ""});
    transforms(
        &json!([{"Type": "url-rewrite", "UrlRewriteConfig": {"Rewrites": [bad]}}]),
        BAD,
    );
}

#[test]
fn a_priority_is_taken_once() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    world.rule(&listener, 7, &not_found());
    let again = json!({"ListenerArn": listener, "Priority": 7, "Actions": [not_found()],
                       "Conditions": [host("b.example.com")]});
    assert_eq!(world.code("elbv2", "CreateRule", &again), "PriorityInUse");
}

/// Three rules at 1, 2 and 3 are moved to new places.
fn moved(places: &[(usize, u32)], wanted: Result<&[usize], &str>) {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let rules: Vec<String> = (1..=3)
        .map(|priority| world.rule(&listener, priority, &not_found()))
        .collect();
    let asked: Vec<Value> = places
        .iter()
        .map(|(rule, priority)| json!({"RuleArn": rules[*rule], "Priority": priority}))
        .collect();
    let code = world.code(
        "elbv2",
        "SetRulePriorities",
        &json!({"RulePriorities": asked}),
    );
    let shown = world.elb("DescribeRules", &json!({"ListenerArn": listener}));
    let order: Vec<usize> = shown["Rules"].as_array().unwrap()[..3]
        .iter()
        .map(|rule| {
            rules
                .iter()
                .position(|arn| rule["RuleArn"] == **arn)
                .unwrap()
        })
        .collect();
    match wanted {
        Ok(wanted) => assert_eq!((code.as_str(), order.as_slice()), ("ok", wanted)),
        Err(wanted) => assert_eq!((code.as_str(), order.as_slice()), (wanted, &[0, 1, 2][..])),
    }
}

#[test]
fn priorities_swap() {
    moved(&[(0, 2), (1, 1)], Ok(&[1, 0, 2]));
}

#[test]
fn priorities_rotate() {
    moved(&[(0, 2), (1, 3), (2, 1)], Ok(&[2, 0, 1]));
}

#[test]
fn a_rule_that_stays_keeps_its_place() {
    moved(&[(0, 3)], Err("PriorityInUse"));
}

#[test]
fn two_rules_cannot_move_to_one_place() {
    moved(&[(0, 9), (1, 9)], Err("PriorityInUse"));
    moved(&[(0, 8), (0, 9)], Err(BAD));
    moved(&[], Err(BAD));
}

#[test]
fn the_default_rule_is_not_touched() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    world.listener(&lb, 80);
    let rule = world.state.rules.keys().next().unwrap().clone();
    for (operation, parameters) in [
        ("DeleteRule", json!({"RuleArn": rule})),
        (
            "ModifyRule",
            json!({"RuleArn": rule, "Actions": [not_found()]}),
        ),
        (
            "SetRulePriorities",
            json!({"RulePriorities": [{"RuleArn": rule, "Priority": 1}]}),
        ),
    ] {
        let code = world.code("elbv2", operation, &parameters);
        assert_eq!(code, "OperationNotPermitted", "{operation}");
    }
}

#[test]
fn transforms_stay_unless_reset() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let rewrite = json!({"Type": "url-rewrite", "UrlRewriteConfig": {
        "Rewrites": [{"Regex": "a", "Replace": "b"}]}});
    let created = world.elb(
        "CreateRule",
        &json!({"ListenerArn": listener, "Priority": 1, "Actions": [not_found()],
                "Conditions": [host("a.b")], "Transforms": [rewrite]}),
    );
    let rule = text(&created["Rules"][0]["RuleArn"]);
    let count = |shown: &Value| shown["Rules"][0]["Transforms"].as_array().unwrap().len();
    let kept = world.elb(
        "ModifyRule",
        &json!({"RuleArn": rule, "Conditions": [host("c.d")]}),
    );
    assert_eq!(count(&kept), 1);
    let reset = world.elb(
        "ModifyRule",
        &json!({"RuleArn": rule, "ResetTransforms": true}),
    );
    assert_eq!(count(&reset), 0);
    let both = json!({"RuleArn": rule, "ResetTransforms": true, "Transforms": [rewrite]});
    assert_eq!(world.code("elbv2", "ModifyRule", &both), BAD);
    let nothing = json!({"RuleArn": rule, "ResetTransforms": false});
    assert_eq!(world.code("elbv2", "ModifyRule", &nothing), BAD);
}

#[test]
fn rules_are_for_albs() {
    let mut world = World::new();
    let lb = world.load_balancer("net", "network");
    let group = world.target_group("tcp", "TCP");
    let listener = world.elb(
        "CreateListener",
        &json!({"LoadBalancerArn": lb, "Protocol": "TCP", "Port": 1,
                "DefaultActions": [forward(&group)]}),
    );
    let rule = json!({"ListenerArn": listener["Listeners"][0]["ListenerArn"], "Priority": 1,
                      "Conditions": [host("a.b")], "Actions": [forward(&group)]});
    assert_eq!(
        world.code("elbv2", "CreateRule", &rule),
        "OperationNotPermitted"
    );
}

#[test]
fn pages_go_by_priority_with_the_default_rule_last() {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    for priority in [100, 20, 3] {
        world.rule(&listener, priority, &not_found());
    }
    let mut seen = Vec::new();
    let mut asked = json!({"ListenerArn": listener, "PageSize": 2});
    loop {
        let page = world.elb("DescribeRules", &asked);
        seen.extend(
            page["Rules"]
                .as_array()
                .unwrap()
                .iter()
                .map(|rule| text(&rule["Priority"])),
        );
        if page["NextMarker"].is_null() {
            break;
        }
        asked["Marker"] = page["NextMarker"].clone();
    }
    assert_eq!(seen, ["3", "20", "100", "default"]);
}
