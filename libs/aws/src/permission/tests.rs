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
