use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ObjectKey;

use super::*;
use crate::values::op::Handle;
use crate::values::tags::Tags;

fn moves(rules: u32) -> Op {
    let rule = |number| format!("arn:aws:elasticloadbalancing:us-west-2:1:listener-rule/{number}");
    Op::SetRulePriorities {
        listener: "arn".to_owned(),
        priorities: (0..rules).map(|number| (rule(number), number)).collect(),
    }
}

#[test]
fn a_log_line_has_an_end() {
    let op = moves(2_000);
    let (whole, brief) = (op.to_string(), op.brief().to_string());
    assert!(whole.len() > 100_000);
    assert!(brief.len() < LINE + 50, "{}", brief.len());
    assert!(whole.starts_with(&brief[..LINE]));
    let more = format!(" … and {} bytes more", whole.len() - LINE);
    assert!(brief.ends_with(&more), "{brief}");
}

#[test]
fn what_is_short_is_told_whole() {
    let op = moves(1);
    assert_eq!(op.brief().to_string(), op.to_string());
}

#[test]
fn no_character_is_cut_in_two() {
    let op = Op::DeleteRule {
        rule: "ä".repeat(10),
    };
    let whole = op.to_string();
    for most in 0..whole.len() {
        let brief = op.within(most).to_string();
        let kept = brief.split(" … ").next().unwrap();
        assert!(whole.starts_with(kept) && kept.len() <= most, "{brief}");
    }
}

#[test]
fn a_verb_says_what_is_done_and_not_to_what() {
    let targets = || BTreeSet::new();
    for (op, expected) in [
        (moves(3), "set priorities"),
        (
            Op::DeleteRule {
                rule: "arn:1".to_owned(),
            },
            "delete rule",
        ),
        (
            Op::RegisterTargets {
                target_group: Handle::Existing("arn:1".to_owned()),
                vpc: "vpc-1".to_owned(),
                targets: targets(),
            },
            "register",
        ),
        (
            Op::ImportCertificate {
                secret: ObjectKey::new("team", "tls"),
                fingerprint: "1".to_owned(),
                existing: None,
                tags: Tags::new(),
            },
            "import certificate",
        ),
        (
            Op::ModifyLoadBalancerAttributes {
                load_balancer: Handle::Existing("arn:1".to_owned()),
                attributes: BTreeMap::new(),
            },
            "set attributes",
        ),
    ] {
        assert_eq!(op.verb(), expected);
    }
}
