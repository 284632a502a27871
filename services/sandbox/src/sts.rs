//! STS: who is calling.

use serde::Deserialize;
use serde_json::json;

use crate::operation::{Answer, Operation, Request};
use crate::state::State;

pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "GetCallerIdentity" => Operation::Read(get_caller_identity),
        _ => return None,
    })
}

/// No parameters at all.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct GetCallerIdentity {}

fn get_caller_identity(state: &State, request: &Request) -> Answer {
    let GetCallerIdentity {} = request.read()?;
    let account = &state.account;
    Ok(json!({
        "Account": account,
        "Arn": format!("arn:aws:iam::{account}:user/sandbox"),
        "UserId": "AIDASANDBOX0000000000",
    }))
}
