//! Of load balancers each programmer hears, and tells, of its own kind only.

use tonic::{Extensions, Status};
use tributary_model::elb::LoadBalancerKind;
use tributary_proto::access::Caller;
use tributary_runtime::Peer;

/// Whether a call may be about load balancers of this kind; every call may where callers have no certificates.
///
/// # Errors
/// `PERMISSION_DENIED` to who does not program them.
pub(crate) fn may_speak_of(extensions: &Extensions, kind: LoadBalancerKind) -> Result<(), Status> {
    let Some(peer) = extensions.get::<Peer>() else {
        return Ok(());
    };
    let own = Caller::by_name(&peer.service).and_then(Caller::kind);
    if own == Some(kind) {
        return Ok(());
    }
    let why = format!("{peer} programs no load balancers of this kind");
    Err(Status::permission_denied(why))
}

#[cfg(test)]
mod tests {
    use tonic::Code;

    use super::*;

    #[track_caller]
    fn check(service: &str, kind: LoadBalancerKind, may: bool) {
        let mut extensions = Extensions::new();
        extensions.insert(Peer {
            service: service.to_owned(),
            installation: "west".to_owned(),
        });
        let code = may_speak_of(&extensions, kind).map_err(|status| status.code());
        let expected = if may {
            Ok(())
        } else {
            Err(Code::PermissionDenied)
        };
        assert_eq!(code, expected, "{service} {kind:?}");
    }

    #[test]
    fn a_programmer_speaks_of_its_own_kind() {
        check("alb-programmer", LoadBalancerKind::Alb, true);
        check("alb-programmer", LoadBalancerKind::Nlb, false);
        check("nlb-programmer", LoadBalancerKind::Nlb, true);
        check("nlb-programmer", LoadBalancerKind::Alb, false);
        check("merger", LoadBalancerKind::Alb, false);
        assert!(may_speak_of(&Extensions::new(), LoadBalancerKind::Alb).is_ok());
    }
}
