use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tributary_model::elb::LoadBalancerKind::{Alb, Nlb};

use super::*;

fn scope(kind: LoadBalancerKind, cluster: &str) -> PolicyScope<'_> {
    PolicyScope {
        kind,
        cluster,
        partition: "aws",
    }
}

/// The file in deploy/iam says what the table says; `just golden` writes it.
#[track_caller]
fn check_golden(kind: LoadBalancerKind, file: &str) {
    let policy = policy(scope(kind, "CLUSTER_NAME"));
    let text = serde_json::to_string_pretty(&policy).unwrap() + "\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/iam");
    let path = path.join(file);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap_or_default(), text);
}

#[test]
fn golden_policies_are_in_deploy_iam() {
    check_golden(Alb, "alb-programmer.json");
    check_golden(Nlb, "nlb-programmer.json");
}

fn statements(kind: LoadBalancerKind) -> Vec<serde_json::Value> {
    let policy = serde_json::to_value(policy(scope(kind, "shop"))).unwrap();
    policy["Statement"].as_array().unwrap().clone()
}

/// Whether an action only looks, by AWS's naming.
fn looks(action: &str) -> bool {
    let (_, name) = action.split_once(':').unwrap();
    ["Describe", "List", "Get"]
        .iter()
        .any(|verb| name.starts_with(verb))
}

/// The statements that grant changes without a condition: AWS has none for them, or the other half of the call has it.
#[test]
fn what_changes_something_asks_for_the_clusters_tag() {
    for kind in [Alb, Nlb] {
        let mut without = BTreeSet::new();
        for statement in statements(kind) {
            let actions = statement["Action"].as_array().unwrap();
            let mut actions = actions.iter().map(|it| it.as_str().unwrap());
            let condition = statement["Condition"].to_string();
            let is_bound = condition.contains(r#"Tag/elbv2.k8s.aws/cluster":["shop"]"#);
            if !is_bound && actions.any(|action| !looks(action)) {
                without.insert(statement["Sid"].as_str().unwrap().to_owned());
            }
        }
        let mut expected = vec![
            "ChangeRules",
            "CreateGroupsInVpcs",
            "CreateLinkedRole",
            "OpenTargets",
        ];
        if kind == Alb {
            expected.push("OrderRules");
        }
        let expected: BTreeSet<String> = expected.into_iter().map(str::to_owned).collect();
        assert_eq!(without, expected);
    }
}

#[test]
fn what_changes_something_names_what_it_changes() {
    for statement in [statements(Alb), statements(Nlb)].concat() {
        let is_look = statement["Sid"] == "Look";
        let names_all = statement["Resource"] == serde_json::json!(["*"]);
        assert_eq!(names_all, is_look, "{statement}");
        if is_look {
            let actions = statement["Action"].as_array().unwrap();
            assert!(actions.iter().all(|it| looks(it.as_str().unwrap())));
        }
    }
}

#[test]
fn a_programmer_of_one_kind_cannot_touch_the_other() {
    for (kind, other) in [(Alb, "/net/"), (Nlb, "/app/")] {
        let text = serde_json::to_string(&policy(scope(kind, "shop"))).unwrap();
        assert!(!text.contains(other), "{text}");
    }
    let nlb = policy(scope(Nlb, "shop"));
    assert!(!nlb.actions().iter().any(|it| it.ends_with("Rule")));
}

/// Without white space, for a cluster's name of this length.
#[track_caller]
fn check_size(name: usize, most: usize) {
    let cluster = "c".repeat(name);
    for kind in [Alb, Nlb] {
        let text = serde_json::to_string(&policy(scope(kind, &cluster))).unwrap();
        assert!(text.len() <= most, "{}", text.len());
    }
}

/// IAM: 10,240 characters in a role's own policies, 6,144 in a managed one. EKS: a cluster's name has at most 100.
#[test]
fn a_policy_fits_into_a_role_and_mostly_into_a_managed_policy() {
    check_size(100, 10_240);
    check_size(40, 6_144);
}
