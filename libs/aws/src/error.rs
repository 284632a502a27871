//! What AWS answered, reduced to what a caller does about it.

use std::borrow::Cow;
use std::fmt;

#[cfg(test)]
mod tests;

/// A failed call, after every try that was worth making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AwsError {
    /// What to do about it.
    pub class: Class,
    /// AWS's name of the operation, or what was tried instead (`read Secret ns/name`).
    pub operation: Cow<'static, str>,
    /// AWS's error code; absent when no answer came.
    pub code: Option<String>,
    /// AWS's text, or the transport's.
    pub message: String,
    /// For AWS's support; in logs only.
    pub request_id: Option<String>,
}

/// What a caller does about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// The same again, later: AWS was broken or out of reach.
    Retryable,
    /// The same again, later: we, or others of the account, ask too much.
    Throttled,
    /// The same again gives the same: the request itself is refused, by validation, permission or quota.
    Permanent,
    /// What the plan was made from is not how it is: look again, plan again. Also when an answer was
    /// lost and the call may have taken effect.
    NeedsReobserve,
}

/// How far a call got before it failed; what [`classify`] judges.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure<'a> {
    /// The request could not be made.
    NotSent,
    /// Sent perhaps, no answer.
    NoAnswer,
    /// AWS answered with this HTTP status and code.
    Answered { status: u16, code: Option<&'a str> },
}

impl AwsError {
    /// A failure that AWS did not name.
    pub fn new(
        class: Class,
        operation: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            class,
            operation: operation.into(),
            code: None,
            message: message.into(),
            request_id: None,
        }
    }

    /// Whether AWS says that what the call names does not exist.
    pub fn is_not_found(&self) -> bool {
        self.code.as_deref().is_some_and(says_not_found)
    }

    /// Whether AWS says that the world is not as the request has it: a name that is taken, something in use or not there.
    /// Once a look shows that nothing changed, this is a refusal.
    pub fn is_contested(&self) -> bool {
        self.class == Class::NeedsReobserve && self.code.as_deref().is_some_and(says_otherwise)
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Retryable => "retryable",
            Self::Throttled => "throttled",
            Self::Permanent => "permanent",
            Self::NeedsReobserve => "needs re-observation",
        })
    }
}

/// Equal for equal failures: it is told in statuses, so nothing is in it that differs from one try to the next.
impl fmt::Display for AwsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.operation)?;
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for AwsError {}

/// The class of a failure.
pub(crate) fn classify(failure: Failure<'_>) -> Class {
    let (status, code) = match failure {
        Failure::NotSent => return Class::Permanent,
        Failure::NoAnswer => return Class::Retryable,
        Failure::Answered { status, code } => (status, code.unwrap_or_default()),
    };
    if THROTTLING.contains(&code) || status == 429 {
        return Class::Throttled;
    }
    if BROKEN.contains(&code) || status >= 500 {
        return Class::Retryable;
    }
    if REFUSED.contains(&code) {
        return Class::Permanent;
    }
    if says_otherwise(code) {
        return Class::NeedsReobserve;
    }
    // TooMany*, LimitExceeded*, AccessDenied*, Unauthorized*, Validation*, OperationNotPermitted, Invalid* … and codes
    // that nobody has seen yet: to try those again would only burn the account's call rate.
    Class::Permanent
}

/// The services' several ways to say "slow down".
const THROTTLING: [&str; 9] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
    "BandwidthLimitExceeded",
    "EC2ThrottledException",
];

/// AWS is broken or not ready; credentials that ran out are fetched anew by the SDK.
const BROKEN: [&str; 11] = [
    "InternalFailure",
    "InternalError",
    "InternalServiceException",
    "ServiceUnavailable",
    "Unavailable",
    "RequestTimeout",
    "RequestTimeoutException",
    "RequestInProgressException",
    "RequestExpired",
    "ExpiredToken",
    "ExpiredTokenException",
];

/// These look like the ones below, but it is the request that is wrong.
const REFUSED: [&str; 3] = [
    "DuplicateTagKeys",
    "SSLPolicyNotFound",
    "ALPNPolicyNotSupportedException",
];

/// The world is not as the plan thought.
const OTHERWISE: [&str; 6] = [
    "PriorityInUse",
    "ResourceInUse",
    "ResourceInUseException",
    "DependencyViolation",
    "InvalidGroup.Duplicate",
    "InvalidPermission.Duplicate",
];

fn says_otherwise(code: &str) -> bool {
    says_not_found(code) || OTHERWISE.contains(&code) || code.starts_with("Duplicate")
}

fn says_not_found(code: &str) -> bool {
    code.ends_with("NotFound") || code.ends_with("NotFoundException")
}
