use super::*;
use crate::fixtures::target;
use crate::values::op::{Handle, Taggable};

/// AWS refuses every request that one of these elements is in, and each refusal is remembered: how many requests it
/// takes until the others stand, and what is told in the end.
#[track_caller]
fn check(op: &Op, bad: &[&str], most_refused: usize, findings: &[&str]) {
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut refusals = 0;
    loop {
        let refused = |op: &Op| known.contains(&op.to_string()).then_some("no");
        let narrowed = narrow(op.clone(), &refused);
        let mut is_done = true;
        for part in &narrowed.ops {
            if bad.iter().any(|bad| part.to_string().contains(bad)) {
                refusals += 1;
                is_done = false;
                assert!(known.insert(part.to_string()), "sent again: {part}");
            }
        }
        if is_done {
            let names: Vec<&str> = narrowed.refused.iter().map(|(name, _)| &**name).collect();
            assert_eq!(names, findings);
            assert!(refusals <= most_refused, "{refusals} refused requests");
            let sent = narrowed
                .ops
                .iter()
                .map(|part| elements(part).unwrap().len());
            assert_eq!(
                sent.sum::<usize>() + findings.len(),
                elements(op).unwrap().len()
            );
            return;
        }
    }
}

fn register(count: u8) -> Op {
    Op::RegisterTargets {
        target_group: Handle::Existing("arn:group".to_owned()),
        vpc: "vpc-1".to_owned(),
        targets: (0..count).map(|n| target(n, 80)).collect(),
    }
}

fn attributes(pairs: &[(&str, &str)]) -> Op {
    Op::ModifyLoadBalancerAttributes {
        load_balancer: Handle::Existing("arn:lb".to_owned()),
        attributes: crate::fixtures::strings(pairs),
    }
}

#[test]
fn one_bad_target_among_a_hundred_costs_eight_refused_requests() {
    check(
        &register(100),
        &["10.0.0.42:80"],
        8,
        &["target 10.0.0.42:80"],
    );
}

#[test]
fn a_request_that_is_all_bad_is_told_element_by_element() {
    let findings = ["target 10.0.0.0:80", "target 10.0.0.1:80"];
    check(&register(2), &["10.0.0."], 3, &findings);
}

#[test]
fn a_bad_attribute_leaves_the_others() {
    let op = attributes(&[
        ("deletion_protection.enabled", "true"),
        ("idle_timeout.timeout_seconds", "0"),
        ("routing.http2.enabled", "true"),
    ]);
    let findings = ["attribute idle_timeout.timeout_seconds=0"];
    check(&op, &["idle_timeout"], 3, &findings);
}

#[test]
fn attributes_that_belong_together_are_divided_last() {
    let op = attributes(&[
        ("access_logs.s3.bucket", "logs"),
        ("access_logs.s3.enabled", "true"),
        ("access_logs.s3.prefix", "p"),
        ("idle_timeout.timeout_seconds", "0"),
    ]);
    let refused = |part: &Op| (elements(part).unwrap().len() == 4).then_some("no");
    let parts: Vec<String> = narrow(op, &refused)
        .ops
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(parts.len(), 2);
    assert!(
        parts[0].contains("bucket") && parts[0].contains("enabled") && parts[0].contains("prefix")
    );
}

#[test]
fn what_is_known_to_be_bad_is_left_out_of_the_first_request() {
    let bad = only(&register(3), &[1]).to_string();
    let narrowed = narrow(register(3), &|op| (op.to_string() == bad).then_some("no"));
    assert_eq!(narrowed.ops, [only(&register(3), &[0, 2])]);
}

fn tags(pairs: &[(&str, &str)]) -> Tags {
    crate::fixtures::strings(pairs)
}

#[test]
fn a_bad_tag_leaves_the_others() {
    let op = Op::AddTags {
        resource: Taggable::Elb("arn:lb".to_owned()),
        tags: tags(&[("bad", "1"), ("good", "2"), ("other", "3")]),
    };
    check(&op, &["bad"], 3, &["tag bad=1"]);
}

#[test]
fn attributes_are_divided_between_families_and_those_that_stand_alone() {
    for (key, expected) in [
        ("access_logs.s3.bucket", "access_logs"),
        (
            "load_balancing.cross_zone.enabled",
            "load_balancing.cross_zone",
        ),
        ("load_balancing.algorithm.type", "load_balancing.algorithm"),
        ("routing.http2.enabled", "routing.http2.enabled"),
        ("plain", "plain"),
    ] {
        assert_eq!(family(key), expected);
    }
}

fn tags_of(op: &Op) -> Option<&Tags> {
    match op {
        Op::CreateSecurityGroup(spec) => Some(&spec.tags),
        Op::CreateTargetGroup(spec) => Some(&spec.tags),
        Op::CreateLoadBalancer(spec) => Some(&spec.tags),
        Op::CreateListener { tags, .. } | Op::CreateRule { tags, .. } => Some(tags),
        _ => None,
    }
}

/// One creation of each kind.
fn creations(asked: &[(&str, &str)]) -> Vec<Op> {
    let desired = crate::fixtures::Desired::new()
        .http(80, "a")
        .rule(80, "a", "/", "web")
        .settings(|it| it.tags = crate::fixtures::strings(asked));
    let plan = desired.plan(&crate::fixtures::empty(), &crate::fixtures::context());
    let ops = plan.steps.into_iter().map(|step| step.op);
    ops.filter(|op| tags_of(op).is_some()).collect()
}

#[test]
fn a_creation_is_sent_again_with_our_own_tags_alone_if_others_were_asked_for() {
    let asked = creations(&[("team", "a"), ("gateway.k8s.aws.alb/else", "b")]);
    assert_eq!(asked.len(), 5, "{asked:?}");
    for op in asked {
        let refused = |part: &Op| (*part == op).then_some("no");
        let narrowed = narrow(op.clone(), &refused);
        assert_eq!(narrowed.refused, []);
        let [bare] = narrowed.ops.as_slice() else {
            panic!("{:?}", narrowed.ops);
        };
        let keys = |op: &Op| -> Vec<String> {
            let tags = tags_of(op).unwrap();
            tags.iter().map(|(key, _)| key.clone()).collect()
        };
        let mut expected = keys(&op);
        expected.retain(|key| key != "team" && key != "gateway.k8s.aws.alb/else");
        assert_eq!(expected.len() + 2, keys(&op).len());
        assert_eq!(keys(bare), expected);
    }
}

#[test]
fn a_creation_that_nobody_asked_other_tags_for_is_told_once_it_is_refused() {
    for op in creations(&[]) {
        let narrowed = narrow(op, &|_: &Op| Some("no"));
        assert_eq!(narrowed.ops, []);
        assert_eq!(narrowed.refused, [(String::new(), "no".to_owned())]);
    }
}
