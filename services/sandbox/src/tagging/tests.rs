use serde_json::{Value, json};

use crate::testing::{World, not_found, text};

/// A load balancer, a listener and a rule, all tagged `team=a`; the rule `env=x` besides.
fn world() -> World {
    let mut world = World::new();
    let lb = world.load_balancer("web", "application");
    let listener = world.listener(&lb, 80);
    let rule = world.rule(&listener, 1, &not_found());
    let group = world.target_group("untagged", "HTTP");
    assert!(!group.is_empty());
    let tags = |arns: Value, key: &str, value: &str| json!({"ResourceArns": arns, "Tags": [{"Key": key, "Value": value}]});
    world.elb("AddTags", &tags(json!([lb, listener, rule]), "team", "a"));
    world.elb("AddTags", &tags(json!([rule]), "env", "x"));
    world
}

/// The resource types that are found, in order.
fn found(parameters: &Value, wanted: &[&str]) {
    let mut world = world();
    let shown = world.call("tagging", "GetResources", parameters).unwrap();
    let types: Vec<String> = shown["ResourceTagMappingList"]
        .as_array()
        .unwrap()
        .iter()
        .map(|mapping| {
            let arn = text(&mapping["ResourceARN"]);
            let resource = arn.splitn(6, ':').nth(5).unwrap();
            resource.split('/').next().unwrap().to_owned()
        })
        .collect();
    assert_eq!(types, wanted, "{parameters}");
}

#[test]
fn untagged_resources_are_not_found() {
    let mut all = vec!["subnet"; 6];
    all.extend(["vpc", "listener-rule", "listener", "loadbalancer"]);
    found(&json!({}), &all);
}

#[test]
fn keys_and_values_are_listed_once_in_pages() {
    let mut world = world();
    let mut list = |operation: &str, parameters: Value, member: &str| {
        let shown = world.call("tagging", operation, &parameters).unwrap();
        assert_eq!(shown["PaginationToken"], "");
        shown[member].clone()
    };
    let keys = list("GetTagKeys", json!({}), "TagKeys");
    let roles = ["kubernetes.io/role/elb", "kubernetes.io/role/internal-elb"];
    assert_eq!(keys, json!(["Name", "env", roles[0], roles[1], "team"]));
    let after = list(
        "GetTagKeys",
        json!({"PaginationToken": roles[0]}),
        "TagKeys",
    );
    assert_eq!(after, json!([roles[1], "team"]));
    let values = list("GetTagValues", json!({"Key": "team"}), "TagValues");
    assert_eq!(values, json!(["a"]));
    let none = list("GetTagValues", json!({"Key": "nobody"}), "TagValues");
    assert_eq!(none, json!([]));
}

#[test]
fn every_filter_must_match_by_any_value() {
    let filter = |key: &str, values: Value| json!({"Key": key, "Values": values});
    found(
        &json!({"TagFilters": [filter("env", json!([]))]}),
        &["listener-rule"],
    );
    found(&json!({"TagFilters": [filter("team", json!(["b"]))]}), &[]);
    let both = [
        filter("team", json!(["a", "b"])),
        filter("env", json!(["x"])),
    ];
    found(&json!({"TagFilters": both}), &["listener-rule"]);
}

#[test]
fn types_are_a_service_or_a_resource_with_what_is_under_it() {
    let of = |filters: Value| json!({"ResourceTypeFilters": filters});
    found(
        &of(json!(["elasticloadbalancing:loadbalancer"])),
        &["loadbalancer"],
    );
    found(
        &of(json!(["elasticloadbalancing:loadbalancer/app"])),
        &["loadbalancer"],
    );
    found(&of(json!(["elasticloadbalancing:loadbalancer/net"])), &[]);
    found(&of(json!(["elasticloadbalancing:listener"])), &["listener"]);
    found(
        &of(json!(["elasticloadbalancing"])),
        &["listener-rule", "listener", "loadbalancer"],
    );
    found(&of(json!(["acm:certificate", "ec2:vpc"])), &["vpc"]);
    found(&of(json!(["ec2:subnet"])), &["subnet"; 6]);
}

#[test]
fn pages_end_with_an_empty_token() {
    let mut world = world();
    let mut asked = json!({"ResourcesPerPage": 2, "ResourceTypeFilters": ["elasticloadbalancing"]});
    let first = world.call("tagging", "GetResources", &asked).unwrap();
    assert_eq!(first["ResourceTagMappingList"].as_array().unwrap().len(), 2);
    asked["PaginationToken"] = first["PaginationToken"].clone();
    let second = world.call("tagging", "GetResources", &asked).unwrap();
    assert_eq!(
        second["ResourceTagMappingList"].as_array().unwrap().len(),
        1
    );
    assert_eq!(second["PaginationToken"], "");
}

#[test]
fn arns_stand_alone() {
    let mut world = world();
    let arn = world.state.load_balancers.keys().next().unwrap().clone();
    for (parameters, wanted) in [
        (json!({"ResourceARNList": [arn]}), "ok"),
        (
            json!({"ResourceARNList": [arn], "TagFilters": [{"Key": "a"}]}),
            "InvalidParameterException",
        ),
        (
            json!({"ResourcesPerPage": 101}),
            "InvalidParameterException",
        ),
    ] {
        assert_eq!(world.code("tagging", "GetResources", &parameters), wanted);
    }
}

#[test]
fn a_page_has_so_many_tags_at_most_and_splits_no_resource() {
    let mut world = World::new();
    // 40 tags each: two fit into 100, three do not.
    for number in 0..3 {
        let arn = world.load_balancer(&format!("lb{number}"), "network");
        let tags: Vec<Value> = (0..40)
            .map(|tag| json!({"Key": format!("k{tag}"), "Value": "v"}))
            .collect();
        world.elb("AddTags", &json!({"ResourceArns": [arn], "Tags": tags}));
    }
    let mut asked = json!({"TagsPerPage": 100, "ResourceTypeFilters": ["elasticloadbalancing"]});
    let mut pages = Vec::new();
    loop {
        let shown = world.call("tagging", "GetResources", &asked).unwrap();
        pages.push(shown["ResourceTagMappingList"].as_array().unwrap().len());
        asked["PaginationToken"] = shown["PaginationToken"].clone();
        if shown["PaginationToken"] == "" {
            break;
        }
    }
    assert_eq!(pages, [2, 1]);
    for (tags, wanted) in [
        (99, "InvalidParameterException"),
        (150, "InvalidParameterException"),
        (500, "ok"),
    ] {
        let asked = json!({"TagsPerPage": tags});
        assert_eq!(
            world.code("tagging", "GetResources", &asked),
            wanted,
            "{tags}"
        );
    }
}
