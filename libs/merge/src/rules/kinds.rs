//! Route kinds: which of them a protocol carries, and which of those a listener declares.

use tributary_model::RouteKind;
use tributary_model::key::GATEWAY_GROUP;
use tributary_model::listener::{Listener, Protocol, RouteGroupKind, TlsMode};
use tributary_model::resolved::{RefCause, UnresolvedRef};

use crate::values::words;

/// The kinds that a listener supports, and what it declares besides.
pub(crate) struct SupportedKinds {
    /// `supportedKinds`.
    pub(crate) kinds: Vec<RouteGroupKind>,
    /// Declared kinds that the protocol cannot carry.
    pub(crate) unresolved: Vec<UnresolvedRef>,
}

/// What a listener's protocol carries. A TLS listener that terminates hands on a byte stream, so TCPRoutes
/// fit as well as TLSRoutes.
fn carried(listener: &Listener) -> &'static [RouteKind] {
    match &listener.protocol {
        Protocol::Http | Protocol::Https => &[RouteKind::Http, RouteKind::Grpc],
        Protocol::Tls => match listener.tls.as_ref().map(|tls| tls.mode) {
            Some(TlsMode::Terminate) => &[RouteKind::Tls, RouteKind::Tcp],
            Some(TlsMode::Passthrough) | None => &[RouteKind::Tls],
        },
        Protocol::Tcp => &[RouteKind::Tcp],
        Protocol::Udp => &[RouteKind::Udp],
        Protocol::Other(_) => &[],
    }
}

/// Sorts the declared kinds; without any, all that the protocol carries are meant.
pub(crate) fn supported(listener: &Listener) -> SupportedKinds {
    let carried: Vec<RouteGroupKind> = carried(listener)
        .iter()
        .map(|kind| group_kind(*kind))
        .collect();
    let declared = &listener.allowed_routes.kinds;
    // An unknown protocol says enough: its kinds cannot be judged.
    if declared.is_empty() || matches!(listener.protocol, Protocol::Other(_)) {
        return SupportedKinds {
            kinds: carried,
            unresolved: Vec::new(),
        };
    }
    let mut kinds = Vec::new();
    let mut unresolved = Vec::new();
    for (index, kind) in declared.iter().enumerate() {
        if !carried.contains(kind) {
            unresolved.push(UnresolvedRef {
                field: format!("allowedRoutes.kinds[{index}]"),
                cause: RefCause::InvalidRouteKinds,
                message: format!(
                    "{} listener cannot carry {}",
                    words::one(&listener.protocol),
                    kind.kind
                ),
            });
        } else if !kinds.contains(kind) {
            kinds.push(kind.clone());
        }
    }
    SupportedKinds { kinds, unresolved }
}

/// A route kind as `allowedRoutes.kinds` spells it.
pub(crate) fn group_kind(kind: RouteKind) -> RouteGroupKind {
    RouteGroupKind {
        group: GATEWAY_GROUP.to_owned(),
        kind: kind.kind().as_str().to_owned(),
    }
}
