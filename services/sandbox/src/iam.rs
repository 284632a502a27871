//! What a caller's IAM policy allows, for whoever wants to know whether theirs is enough: off until a policy is set.
//!
//! ```text
//!  call ──> asks: which actions, on which resources, with which condition keys ──> policy: is each allowed?
//! ```
//!
//! Actions, resources and keys are the service authorization reference's:
//! <https://docs.aws.amazon.com/service-authorization/latest/reference/>. What ELB asks EC2, IAM and Cognito in the caller's
//! name is left out: these calls never reach the sandbox.

mod asks;
mod policy;

pub use policy::{Policy, PolicyError};

use crate::error::ApiError;
use crate::operation::Request;
use crate::service::Service;
use crate::state::State;

/// Refuses what the policy does not allow.
pub(crate) fn check(
    policy: &Policy,
    operation: &str,
    request: &Request,
    state: &State,
) -> Result<(), ApiError> {
    for ask in asks::of(operation, request, state)? {
        if !policy.allows(&ask) {
            return Err(denied(request.service, &state.account, &ask));
        }
    }
    Ok(())
}

/// One thing that must be allowed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Ask {
    /// `ec2:CreateTags`.
    pub(crate) action: String,
    /// Its ARN, or `*` where the action takes none.
    pub(crate) resource: String,
    /// Values of condition keys; one that is not here does not exist.
    pub(crate) keys: Vec<(String, String)>,
}

fn denied(service: Service, account: &str, ask: &Ask) -> ApiError {
    let code = match service {
        Service::Ec2 => "UnauthorizedOperation",
        Service::Acm => "AccessDeniedException",
        Service::Elbv2 | Service::Tagging | Service::Sts => "AccessDenied",
    };
    let Ask {
        action, resource, ..
    } = ask;
    let message = format!(
        "User: arn:aws:iam::{account}:user/sandbox is not authorized to perform: {action} on resource: {resource} \
         because no identity-based policy allows the {action} action"
    );
    ApiError::new(code, message).with_status(403)
}

#[cfg(test)]
mod tests;
