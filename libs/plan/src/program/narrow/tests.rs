use super::*;
use crate::fixtures::target;
use crate::values::op::Handle;

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
