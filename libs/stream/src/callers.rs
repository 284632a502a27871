//! The table of who may call what, for servers that know their callers.

use tributary_proto::access::{Caller, may_call};
use tributary_runtime::grpc;

/// As [`tributary_runtime::grpc::Access`]: who has neither a certificate nor a token may call nothing.
pub fn access(path: &str, caller: grpc::Caller<'_>) -> bool {
    let caller = match caller {
        grpc::Caller::Nobody => None,
        grpc::Caller::Token => Some(Caller::Token),
        grpc::Caller::Certified(peer) => Caller::by_name(&peer.service),
    };
    caller.is_some_and(|caller| may_call(path, caller))
}
