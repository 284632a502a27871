//! What a refusal for want of permission says besides AWS's words: the policy statement that would grant it.
//!
//! Messages: <https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_access-denied.html>.

use crate::operation::Operation;

#[cfg(test)]
mod tests;

/// The services' several ways to say it.
const DENIED: [&str; 3] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
];

/// AWS's message, with the statement that is missing where a statement would help.
pub(crate) fn explained(code: Option<&str>, operation: Operation, message: String) -> String {
    // What a policy forbids no other one grants.
    if !code.is_some_and(|code| DENIED.contains(&code)) || message.contains("explicit deny") {
        return message;
    }
    let action = named(&message).map_or_else(|| operation.action(), str::to_owned);
    let message = message.trim_end().trim_end_matches('.');
    format!(
        r#"{message}; this grants it: {{"Effect": "Allow", "Action": "{action}", "Resource": "*"}}"#
    )
}

/// The action that AWS names: a call may need others besides its own.
fn named(message: &str) -> Option<&str> {
    let (_, rest) = message.split_once("not authorized to perform: ")?;
    let action = rest.split_whitespace().next()?.trim_end_matches('.');
    action.contains(':').then_some(action)
}
