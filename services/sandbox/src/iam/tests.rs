use serde_json::{Value, json};

use crate::operation::{Parameters, Request};
use crate::service::Service;
use crate::testing::{World, tree};

use super::{Ask, Policy, check};

fn policy(statements: &Value) -> Policy {
    Policy::parse(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
}

fn ask(action: &str, resource: &str, keys: &[(&str, &str)]) -> Ask {
    Ask {
        action: action.to_owned(),
        resource: resource.to_owned(),
        keys: keys
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect(),
    }
}

const GROUP: &str = "arn:aws:ec2:us-west-2:1:security-group/sg-1";

#[track_caller]
fn check_allowed(statement: &Value, ask: &Ask, is_allowed: bool) {
    assert_eq!(policy(&json!([statement])).allows(ask), is_allowed);
}

#[test]
fn action_and_resource_must_match() {
    let statement = |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    let delete = ask("ec2:DeleteSecurityGroup", GROUP, &[]);
    let any = "arn:aws:ec2:*:*:security-group/*";
    check_allowed(&statement("ec2:DeleteSecurityGroup", "*"), &delete, true);
    check_allowed(&statement("ec2:DeleteSecurityGroup", any), &delete, true);
    check_allowed(&statement("ec2:*", GROUP), &delete, true);
    check_allowed(&statement("ec2:DeleteSecurityGroups", any), &delete, false);
    check_allowed(
        &statement("ec2:DeleteSecurityGroup", "arn:aws:ec2:*:*:vpc/*"),
        &delete,
        false,
    );
}

#[test]
fn every_condition_must_hold() {
    let statement = json!({
        "Effect": "Allow", "Action": ["ec2:DeleteSecurityGroup"], "Resource": ["*"],
        "Condition": {
            "StringEquals": {"aws:ResourceTag/a": ["1", "2"]},
            "Null": {"aws:ResourceTag/b": ["false"]},
        },
    });
    let tagged = |tags: &[(&str, &str)]| ask("ec2:DeleteSecurityGroup", GROUP, tags);
    let (a, b) = (("aws:ResourceTag/a", "2"), ("aws:ResourceTag/b", ""));
    check_allowed(&statement, &tagged(&[a, b]), true);
    check_allowed(&statement, &tagged(&[a]), false);
    check_allowed(&statement, &tagged(&[b]), false);
    check_allowed(&statement, &tagged(&[("aws:ResourceTag/a", "3"), b]), false);
}

#[test]
fn what_is_not_understood_is_refused() {
    let parse = |statement: Value| {
        let text = json!({"Version": "2012-10-17", "Statement": [statement]}).to_string();
        Policy::parse(&text).is_ok()
    };
    let mut statement = json!({"Effect": "Allow", "Action": "a:B", "Resource": "*"});
    assert!(parse(statement.clone()));
    statement["Condition"] = json!({"StringLike": {"aws:ResourceTag/a": "*"}});
    assert!(!parse(statement.clone()));
    statement["Condition"] = json!({});
    statement["Effect"] = json!("Deny");
    assert!(!parse(statement));
}

/// What a call is refused for, under a policy that allows what carries or gets the tag `c=x`.
#[track_caller]
fn check_call(
    world: &World,
    service: Service,
    operation: &str,
    asked: &Value,
    refused: Option<&str>,
) {
    let tag = |of: &str| json!({"StringEquals": {format!("aws:{of}Tag/c"): "x"}});
    let policy = policy(&json!([
        {"Effect": "Allow", "Action": ["ec2:CreateSecurityGroup", "ec2:DeleteSecurityGroup", "ec2:CreateTags",
            "elasticloadbalancing:CreateTargetGroup", "elasticloadbalancing:AddTags", "acm:ImportCertificate",
            "acm:AddTagsToCertificate"],
         "Resource": "*", "Condition": tag("Request")},
        {"Effect": "Allow", "Action": "ec2:CreateSecurityGroup", "Resource": "arn:aws:ec2:*:*:vpc/*"},
        {"Effect": "Allow", "Action": "ec2:DeleteSecurityGroup", "Resource": "*", "Condition": tag("Resource")},
    ]));
    let parameters = match service {
        Service::Acm | Service::Tagging => Parameters::Json(asked.clone()),
        Service::Elbv2 | Service::Ec2 | Service::Sts => Parameters::Query(tree(asked)),
    };
    let request = Request {
        service,
        now: world.now,
        parameters,
    };
    let error = check(&policy, operation, &request, &world.state).err();
    let message = error.map(|error| error.message).unwrap_or_default();
    match refused {
        None => assert_eq!(message, ""),
        Some(action) => assert!(
            message.contains(&format!("not authorized to perform: {action} on")),
            "{message}"
        ),
    }
}

#[test]
fn what_is_made_must_get_the_tag_and_what_is_changed_have_it() {
    let mut world = World::new();
    let vpc = world.state.network.vpcs.keys().next().unwrap().clone();
    let group = |name: &str, value: &str| {
        json!({"GroupName": name, "GroupDescription": name, "VpcId": vpc,
            "TagSpecification": [{"ResourceType": "security-group", "Tag": [{"Key": "c", "Value": value}]}]})
    };
    let create = "CreateSecurityGroup";
    let other = Some("ec2:CreateSecurityGroup");
    check_call(&world, Service::Ec2, create, &group("g", "x"), None);
    check_call(&world, Service::Ec2, create, &group("g", "y"), other);
    let delete = "DeleteSecurityGroup";
    for (name, value, refused) in [
        ("ours", "x", None),
        ("other", "y", Some("ec2:DeleteSecurityGroup")),
    ] {
        let made = world.call("ec2", create, &group(name, value)).unwrap();
        let id = json!({"GroupId": made["groupId"]});
        check_call(&world, Service::Ec2, delete, &id, refused);
    }
    let target_group = |value: &str| json!({"Name": "t", "Tags": [{"Key": "c", "Value": value}]});
    let create = "CreateTargetGroup";
    check_call(&world, Service::Elbv2, create, &target_group("x"), None);
    let refused = Some("elasticloadbalancing:CreateTargetGroup");
    check_call(&world, Service::Elbv2, create, &target_group("y"), refused);
    let import = json!({"Tags": [{"Key": "c", "Value": "x"}]});
    check_call(&world, Service::Acm, "ImportCertificate", &import, None);
    let refused = Some("acm:ImportCertificate");
    check_call(
        &world,
        Service::Acm,
        "ImportCertificate",
        &json!({}),
        refused,
    );
}
