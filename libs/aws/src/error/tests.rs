use super::Class::{NeedsReobserve, Permanent, Retryable, Throttled};
use super::{AwsError, Class, Failure, classify};

#[track_caller]
fn check(status: u16, code: &str, expected: Class) {
    let failure = Failure::Answered {
        status,
        code: (!code.is_empty()).then_some(code),
    };
    assert_eq!(classify(failure), expected, "{status} {code}");
}

#[test]
fn every_service_has_its_own_word_for_throttling() {
    check(400, "Throttling", Throttled);
    check(400, "ThrottlingException", Throttled);
    check(503, "RequestLimitExceeded", Throttled);
    check(400, "ThrottledException", Throttled);
    check(429, "", Throttled);
}

#[test]
fn a_broken_service_is_asked_again() {
    check(500, "InternalFailure", Retryable);
    check(503, "", Retryable);
    check(502, "SomethingNew", Retryable);
    check(400, "ExpiredToken", Retryable);
    assert_eq!(classify(Failure::NoAnswer), Retryable);
}

#[test]
fn a_request_that_cannot_be_made_is_not_made_again() {
    assert_eq!(classify(Failure::NotSent), Permanent);
}

#[test]
fn a_world_that_is_different_is_looked_at_again() {
    for code in [
        "RuleNotFound",
        "ListenerNotFound",
        "TargetGroupNotFound",
        "LoadBalancerNotFound",
        "CertificateNotFound",
        "InvalidGroup.NotFound",
        "ResourceNotFoundException",
        "DuplicateListener",
        "DuplicateLoadBalancerName",
        "DuplicateTargetGroupName",
        "InvalidGroup.Duplicate",
        "InvalidPermission.Duplicate",
        "PriorityInUse",
        "ResourceInUse",
        "ResourceInUseException",
        "DependencyViolation",
    ] {
        check(400, code, NeedsReobserve);
    }
}

#[test]
fn what_aws_refuses_stays_refused() {
    for code in [
        "AccessDenied",
        "AccessDeniedException",
        "UnauthorizedOperation",
        "ValidationError",
        "ValidationException",
        "TooManyRules",
        "TooManyListeners",
        "TooManyUniqueTargetGroupsPerLoadBalancer",
        "LimitExceededException",
        "OperationNotPermitted",
        "InvalidConfigurationRequest",
        "DuplicateTagKeys",
        "SSLPolicyNotFound",
        "InvalidAction",
        "",
    ] {
        check(400, code, Permanent);
    }
}

#[test]
fn an_error_names_operation_and_code_and_nothing_that_differs_between_tries() {
    let error = AwsError {
        class: Permanent,
        operation: "CreateRule".into(),
        code: Some("TooManyRules".to_owned()),
        message: "no more".to_owned(),
        request_id: Some("r-1".to_owned()),
    };
    assert_eq!(error.to_string(), "CreateRule: TooManyRules: no more");
    assert_eq!(
        AwsError::new(Retryable, "read Secret a/b", "no such file").to_string(),
        "read Secret a/b: no such file"
    );
}
