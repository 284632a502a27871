//! The sandbox's side door.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::LazyLock;

use http::Method;
use regex::Regex;
use serde_json::Value;

use crate::web;

/// Digits that AWS chooses: at the end of ARNs, and as identifiers of EC2.
static CHOSEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\b(sgr?|subnet|vpc|eni)-[0-9a-f]{17}\b|/[0-9a-f]{16}\b").unwrap()
});

static GROUP: LazyLock<Regex> = LazyLock::new(|| Regex::new("<TargetGroupArn>([^<]+)<").unwrap());
static TARGET: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(concat!(
        "<Id>([^<]+)</Id><Port>([0-9]+)</Port></Target>",
        "<TargetHealth>(?:<Description>[^<]*</Description>)?",
        "(?:<Reason>([^<]+)</Reason>)?<State>([^<]+)</State>",
    ))
    .unwrap()
});

/// What AWS holds, a line for each thing, without what AWS chooses itself: two runs that end alike hold the same
/// lines, and a thing that is there twice is two lines.
pub async fn inventory(sandbox: SocketAddr) -> Vec<String> {
    let state = state(sandbox).await;
    let mut lines = Vec::new();
    for region in state["regions"].as_object().unwrap().values() {
        let each = |what: &str, fields: &[&str]| -> Vec<String> {
            let things = region[what].as_object().unwrap().values();
            things
                .map(|thing| {
                    let told = fields
                        .iter()
                        .map(|field| thing.pointer(field).unwrap().to_string());
                    format!("{what} {}", told.collect::<Vec<_>>().join(" "))
                })
                .collect()
        };
        lines.extend(each(
            "load_balancers",
            &["/name", "/scheme", "/attributes", "/tags"],
        ));
        lines.extend(each(
            "listeners",
            &[
                "/load_balancer_arn",
                "/port",
                "/protocol",
                "/attributes",
                "/tags",
            ],
        ));
        lines.extend(each(
            "target_groups",
            &[
                "/name",
                "/protocol",
                "/port",
                "/health_check",
                "/attributes",
                "/tags",
            ],
        ));
        lines.extend(each("security_groups", &["/name", "/tags"]));
        lines.extend(each("certificates", &["/origin", "/facts/names", "/tags"]));
        lines.extend(rules(region));
        lines.extend(targets(region));
        lines.extend(ingress(region));
    }
    let mut lines: Vec<_> = lines
        .iter()
        .map(|line| CHOSEN.replace_all(line, "/CHOSEN").into_owned())
        .collect();
    lines.sort_unstable();
    lines
}

/// With how many come before that a request may match beside it, in place of the priority: rules of different hosts may stand in
/// either order.
fn rules(region: &Value) -> Vec<String> {
    let mut listeners: BTreeMap<(String, u64), Vec<(u64, &Value)>> = BTreeMap::new();
    for rule in region["rules"].as_object().unwrap().values() {
        let listener = &region["listeners"][rule["listener_arn"].as_str().unwrap()];
        let on = (
            listener["load_balancer_arn"].to_string(),
            listener["port"].as_u64().unwrap(),
        );
        let priority = rule["priority"].as_str().unwrap().parse();
        // The default rule is the last, and has no number.
        let priority = priority.unwrap_or(u64::MAX);
        listeners.entry(on).or_default().push((priority, rule));
    }
    let mut lines = Vec::new();
    for ((load_balancer, port), mut rules) in listeners {
        rules.sort_unstable_by_key(|(priority, _)| *priority);
        for (index, (_, rule)) in rules.iter().enumerate() {
            let before = rules.iter().take(index);
            let rank = before
                .filter(|(_, before)| may_match_same(before, rule))
                .count();
            let told = ["conditions", "actions", "transforms", "tags"];
            let told = told.map(|field| rule[field].to_string()).join(" ");
            lines.push(format!("rule {load_balancer} {port} #{rank} {told}"));
        }
    }
    lines
}

/// As far as their hosts tell.
fn may_match_same(one: &Value, other: &Value) -> bool {
    let (one, other) = (hosts(one), hosts(other));
    one.is_empty() || other.is_empty() || one.iter().any(|host| other.contains(host))
}

/// None for a rule of any host, or of a wildcard.
fn hosts(rule: &Value) -> Vec<&str> {
    let conditions = rule["conditions"].as_array().into_iter().flatten();
    let hosts = conditions.filter_map(|it| it["HostHeaderConfig"]["Values"].as_array());
    let hosts: Vec<&str> = hosts.flatten().filter_map(Value::as_str).collect();
    if hosts.iter().any(|host| host.contains(['*', '?'])) {
        return Vec::new();
    }
    hosts
}

/// Targets that are still draining are no longer anybody's.
fn targets(region: &Value) -> Vec<String> {
    let of_group = |(name, target, is_draining): (&Value, &Value, bool)| {
        (!is_draining).then(|| format!("target {name} {target}"))
    };
    each_target(region).filter_map(of_group).collect()
}

/// Without what only targets that are still draining are let in by.
fn ingress(region: &Value) -> Vec<String> {
    let ports = |draining: bool| -> BTreeSet<u64> {
        let targets = each_target(region).filter(|(.., is_draining)| *is_draining == draining);
        targets
            .filter_map(|(_, target, _)| target["port"].as_u64())
            .collect()
    };
    let (draining, serving) = (ports(true), ports(false));
    let is_left = |permission: &Value| {
        let port = permission["ports"][0].as_u64();
        let from_group = !permission["peer"]["group"].is_null();
        from_group && port.is_some_and(|it| draining.contains(&it) && !serving.contains(&it))
    };
    let groups = region["security_groups"].as_object().unwrap().values();
    groups
        .flat_map(|group| {
            let rules = group["ingress"].as_array().unwrap().iter();
            let permissions = rules.map(|rule| &rule["permission"]);
            permissions
                .filter(|permission| !is_left(permission))
                .map(|permission| format!("ingress {} {permission}", group["name"]))
        })
        .collect()
}

/// The name of its group, the target, and whether it is draining.
fn each_target(region: &Value) -> impl Iterator<Item = (&Value, &Value, bool)> {
    let groups = region["target_groups"].as_object().unwrap().values();
    groups.flat_map(|group| {
        let targets = group["targets"].as_array().unwrap().iter();
        targets.map(|target| {
            let is_draining = !target[1]["draining_until"].is_null();
            (&group["name"], &target[0], is_draining)
        })
    })
}

/// Shows the lines that differ, and no others.
#[track_caller]
pub fn assert_same(got: &[String], expected: &[String], what: &str) {
    assert!(!expected.is_empty(), "{what}: AWS holds nothing");
    let missing = without(expected, got);
    let surplus = without(got, expected);
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "{what}\nAWS lacks {missing:#?}\nand has {surplus:#?}"
    );
}

/// Line by line: a line that is there twice needs two that match.
fn without(lines: &[String], others: &[String]) -> Vec<String> {
    let mut left = lines.to_vec();
    for other in others {
        if let Some(index) = left.iter().position(|line| line == other) {
            left.remove(index);
        }
    }
    left
}

/// All that AWS holds, in the shape of `GET /_sandbox/state`.
pub async fn state(sandbox: SocketAddr) -> Value {
    ask(Method::GET, sandbox, "state", None).await
}

/// The health of each target of all groups, asked for as anybody asks AWS: `address:port state reason`. Targets that are
/// draining are no longer anybody's.
pub async fn health(sandbox: SocketAddr) -> Vec<String> {
    let groups = elb(sandbox, "Action=DescribeTargetGroups").await;
    let mut lines = Vec::new();
    for group in GROUP.captures_iter(&groups) {
        let asked = format!("Action=DescribeTargetHealth&TargetGroupArn={}", &group[1]);
        let described = elb(sandbox, &asked).await;
        for target in TARGET.captures_iter(&described) {
            let [id, port, state] = [1, 2, 4].map(|part| &target[part]);
            let reason = target.get(3).map_or("", |reason| reason.as_str());
            lines.push(
                format!("{id}:{port} {state} {reason}")
                    .trim_end()
                    .to_owned(),
            );
        }
    }
    lines.retain(|line| !line.contains(" draining"));
    lines.sort_unstable();
    lines
}

/// A call of Elastic Load Balancing's query protocol; what it may need escaped is in nothing that is asked here.
async fn elb(sandbox: SocketAddr, call: &str) -> String {
    let form = format!("{call}&Version=2015-12-01");
    let asked = web::ask(Method::POST, &format!("http://{sandbox}/"), form).await;
    let (status, answer) = asked.unwrap();
    assert_eq!(status, 200, "{call}: {answer}");
    answer
}

/// How many calls there were of each operation since the last reset.
pub async fn calls(sandbox: SocketAddr) -> BTreeMap<String, u64> {
    let calls = ask(Method::GET, sandbox, "calls", None).await;
    let operations = calls["operations"].as_object().unwrap();
    operations
        .iter()
        .map(|(operation, count)| (operation.clone(), count.as_u64().unwrap()))
        .collect()
}

/// The same without questions about the health of targets. Those go on for a moment after everything is settled, until the
/// programmer has heard that all are healthy; that they end then is a test of `tributary-programmer`.
pub async fn calls_but_health(sandbox: SocketAddr) -> BTreeMap<String, u64> {
    let mut calls = calls(sandbox).await;
    calls.remove("elbv2:DescribeTargetHealth");
    calls
}

/// Counts from nothing.
pub async fn reset_calls(sandbox: SocketAddr) {
    ask(Method::DELETE, sandbox, "calls", None).await;
}

/// In the shape of `PUT /_sandbox/faults`.
pub async fn put_faults(sandbox: SocketAddr, faults: &Value) {
    ask(Method::PUT, sandbox, "faults", Some(faults)).await;
}

/// What is left of the faults.
pub async fn faults(sandbox: SocketAddr) -> Value {
    ask(Method::GET, sandbox, "faults", None).await
}

/// The last calls since the last reset, oldest first, in the shape of `GET /_sandbox/calls/log`.
pub async fn call_log(sandbox: SocketAddr) -> Vec<Value> {
    let log = ask(Method::GET, sandbox, "calls/log?limit=10000", None).await;
    log.as_array().unwrap().clone()
}

async fn ask(method: Method, sandbox: SocketAddr, path: &str, body: Option<&Value>) -> Value {
    let uri = format!("http://{sandbox}/_sandbox/{path}");
    let body = body.map(ToString::to_string).unwrap_or_default();
    let (status, answer) = web::ask(method, &uri, body).await.unwrap();
    assert!((200..300).contains(&status), "{path}: {status}: {answer}");
    if answer.is_empty() {
        return Value::Null;
    }
    serde_json::from_str(&answer).unwrap()
}
