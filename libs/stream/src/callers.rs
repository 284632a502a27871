//! The table of who may call what, for servers that know their callers by certificate.

use tributary_proto::access::{Caller, may_call};
use tributary_runtime::Peer;

/// As [`tributary_runtime::grpc::Access`]: nobody may call anything without a certificate.
pub fn access(path: &str, caller: Option<&Peer>) -> bool {
    caller
        .and_then(|peer| Caller::by_name(&peer.service))
        .is_some_and(|caller| may_call(path, caller))
}
