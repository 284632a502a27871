use tributary_model::desired::{LoadBalancerKey, RuleOrigin};
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::{RuleProblem, RuleState};
use tributary_model::{Kind, ListenerOwner, ObjectKey, ObjectRef};

use super::*;

#[track_caller]
fn check(code: &str, message: &str, action: Option<&str>) {
    let told = explained(
        Some(code),
        Operation::CreateSecurityGroup,
        message.to_owned(),
    );
    match action {
        None => assert_eq!(told, message),
        Some(action) => {
            let statement =
                format!(r#"{{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#);
            assert!(told.ends_with(&statement), "{told}");
        }
    }
}

#[test]
fn the_action_is_the_one_that_aws_names_else_the_calls_own() {
    check(
        "UnauthorizedOperation",
        "You are not authorized to perform this operation.",
        Some("ec2:CreateSecurityGroup"),
    );
    check(
        "AccessDenied",
        "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: ec2:CreateTags on resource: \
         arn:aws:ec2:eu-west-1:1:security-group/* because no identity-based policy allows the ec2:CreateTags action",
        Some("ec2:CreateTags"),
    );
}

#[test]
fn what_is_forbidden_is_not_granted_by_another_statement() {
    check(
        "AccessDeniedException",
        "User: u is not authorized to perform: acm:ImportCertificate with an explicit deny in a service control policy",
        None,
    );
}

#[test]
fn other_refusals_are_left_as_they_are() {
    check(
        "InvalidGroup.NotFound",
        "The security group does not exist",
        None,
    );
}

/// `DescribeRules` and so on, each denied as AWS denies it.
fn denied(operations: &[Operation]) -> Vec<String> {
    let denied = operations.iter().map(|operation| {
        let (name, action) = (operation.name(), operation.action());
        let message = format!(
            "User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: {action} because no identity-based \
             policy allows the {action} action"
        );
        let message = explained(Some("AccessDenied"), *operation, message);
        format!("{name}: AccessDenied: {message}")
    });
    denied.collect()
}

#[track_caller]
fn gathered(mut problems: Vec<String>, expected: &[&str]) {
    in_one_statement(&mut problems);
    assert_eq!(problems, expected);
}

#[test]
fn several_denied_calls_have_one_statement() {
    let mut problems = denied(&[Operation::DescribeTags, Operation::DescribeRules]);
    problems.insert(1, "ACM: no answer".to_owned());
    // Another ARN, the same action.
    problems.push(format!("arn:aws:x: {}", problems[0]));
    problems.insert(0, "something else".to_owned());
    gathered(
        problems,
        &[
            "something else",
            "DescribeTags: AccessDenied: User: arn:aws:sts::1:assumed-role/r/s is not authorized to perform: \
             elasticloadbalancing:DescribeTags because no identity-based policy allows the \
             elasticloadbalancing:DescribeTags action; 2 other calls are denied, too; this grants all of them: {\"Effect\": \"Allow\", \
             \"Action\": [\"elasticloadbalancing:DescribeRules\", \"elasticloadbalancing:DescribeTags\"], \"Resource\": \"*\"}",
            "ACM: no answer",
        ],
    );
}

#[test]
fn one_denied_call_keeps_its_statement_and_other_problems_are_left_alone() {
    let one = denied(&[Operation::DescribeTags]);
    gathered(one.clone(), &[&one[0]]);
    gathered(Vec::new(), &[]);
    gathered(vec!["a; b".to_owned(), "c".to_owned()], &["a; b", "c"]);
}

#[test]
fn with_everything_denied_the_message_is_bounded_and_names_each_action() {
    let mut problems = denied(Operation::ALL);
    let long = "x".repeat(10_000);
    problems[0] = problems[0].replace("AccessDenied: ", &format!("AccessDenied: {long}"));
    in_one_statement(&mut problems);
    let [told] = &*problems else {
        panic!("{problems:#?}");
    };
    for operation in Operation::ALL {
        let action = quoted(&operation.action());
        assert_eq!(told.matches(&action).count(), 1, "{action}: {told}");
    }
    // As a condition's message has 32,768 characters at most.
    assert!(told.len() < 5_000, "{}", told.len());
}

/// A tenant hears what is denied, and the Gateway what grants it.
#[test]
fn what_is_denied_to_rules_is_granted_once_on_the_gateway() {
    let gateway = ObjectKey::new("infra", "edge");
    let listener = ListenerOwner::gateway(gateway.clone()).listener("web");
    let refused = |rule: usize| RuleProblem {
        origin: RuleOrigin {
            route: ObjectRef::new(Kind::HttpRoute, ObjectKey::new("team", "app")),
            rule,
            matched: 0,
        },
        listener: listener.clone(),
        message: denied(&[Operation::CreateRule]).concat(),
        state: RuleState::NotServed,
    };
    let mut report = LoadBalancerReport {
        key: LoadBalancerKey {
            kind: LoadBalancerKind::Alb,
            gateway,
        },
        phase: LoadBalancerPhase::Active,
        arn: None,
        dns_name: None,
        listeners: Vec::new(),
        rules: vec![refused(0), refused(1)],
        problems: Vec::new(),
        blocked: false,
        healthy: BTreeSet::new(),
        quotas: None,
        settled: true,
    };
    tell_the_gateway(&mut report);
    let once = denied(&[Operation::CreateRule]);
    assert_eq!(report.problems, once);
    for rule in &report.rules {
        let message = &rule.message;
        assert!(once[0].starts_with(message.as_str()), "{message}");
        assert!(!message.contains("Effect"), "{message}");
    }
}

#[test]
fn what_is_no_action_is_not_taken_for_one() {
    let long = format!("a:{}", "b".repeat(MOST_OF_AN_ACTION));
    for word in [r#"a:b","Effect":"Deny"#, &long] {
        check(
            "AccessDenied",
            &format!("User: u is not authorized to perform: {word}"),
            Some("ec2:CreateSecurityGroup"),
        );
    }
}
