//! The services of AWS for which the sandbox stands, and how each words what goes wrong.

use crate::error::ApiError;

/// An AWS service that the sandbox stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Service {
    Elbv2,
    Ec2,
    Acm,
    Tagging,
    Sts,
}

/// Whether an operation changes anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Access {
    Read,
    Write,
}

impl Service {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Elbv2 => "elbv2",
            Self::Ec2 => "ec2",
            Self::Acm => "acm",
            Self::Tagging => "tagging",
            Self::Sts => "sts",
        }
    }

    /// The service's own way to say that it is asked too often.
    pub(crate) fn throttled(self) -> ApiError {
        match self {
            Self::Elbv2 | Self::Sts => ApiError::new("Throttling", "Rate exceeded"),
            Self::Ec2 => {
                ApiError::new("RequestLimitExceeded", "Request limit exceeded.").with_status(503)
            }
            Self::Acm => ApiError::new("ThrottlingException", "Rate exceeded"),
            Self::Tagging => ApiError::new("ThrottledException", "Rate exceeded"),
        }
    }

    /// The service's own way to say that it is broken.
    pub(crate) fn broken(self) -> ApiError {
        let code = match self {
            Self::Elbv2 | Self::Sts | Self::Acm => "InternalFailure",
            Self::Ec2 => "InternalError",
            Self::Tagging => "InternalServiceException",
        };
        ApiError::new(code, "An internal error has occurred").with_status(500)
    }

    /// The service's own way to say that the parameters cannot be read.
    pub(crate) fn invalid(self, why: &str) -> ApiError {
        match self {
            Self::Elbv2 | Self::Sts => {
                ApiError::validation(format!("1 validation error detected: {why}"))
            }
            Self::Ec2 if why.starts_with("missing") => ApiError::new(
                "MissingParameter",
                format!("The request is incomplete: {why}"),
            ),
            Self::Ec2 => ApiError::new("InvalidParameterValue", why),
            Self::Acm => ApiError::new(
                "ValidationException",
                format!("1 validation error detected: {why}"),
            ),
            Self::Tagging => ApiError::new("InvalidParameterException", why),
        }
    }

    /// The service's own way to say that there is no such operation.
    pub(crate) fn unknown_operation(self, name: &str) -> ApiError {
        match self {
            Self::Elbv2 | Self::Sts | Self::Ec2 => ApiError::new(
                "InvalidAction",
                format!("The action {name} is not valid for this web service."),
            ),
            Self::Acm | Self::Tagging => ApiError::new(
                "UnknownOperationException",
                format!("the operation {name} is not known"),
            ),
        }
    }
}
