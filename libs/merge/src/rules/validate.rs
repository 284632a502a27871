//! A listener's own validation: what is wrong with it whatever else is there (rule invalid-listeners).
//!
//! The API server's CEL rules refuse most of this already, but not across versions of the CRD, and a file
//! has no API server.

use std::collections::BTreeSet;

use tributary_model::elb::LoadBalancerKind;
use tributary_model::listener::{Listener, Protocol, TlsMode};

use crate::rules::alb;
use crate::rules::conflict::Candidate;
use crate::rules::kinds::SupportedKinds;
use crate::values::wire::{self, Validity, WireClass};
use crate::values::words;

/// Validates an owner's listeners in spec order, apart from their references.
pub(crate) fn listeners(listeners: &[Listener], supported: &[SupportedKinds]) -> Vec<Validity> {
    let mut names = BTreeSet::new();
    listeners
        .iter()
        .zip(supported)
        .map(|(listener, supported)| {
            if !names.insert(&listener.name) {
                return invalid(
                    "name",
                    "another listener of this resource has the same name",
                );
            }
            match wire_class(listener) {
                Validity::Valid(_)
                    if supported.kinds.is_empty() && !supported.unresolved.is_empty() =>
                {
                    invalid(
                        "allowedRoutes.kinds",
                        format!(
                            "{} listener can carry none of them",
                            words::one(&listener.protocol)
                        ),
                    )
                }
                validity => validity,
            }
        })
        .collect()
}

/// The listener as a candidate for this kind of load balancer, if it is valid; for any kind without one.
pub(crate) fn candidate<'a>(
    listener: &'a Listener,
    validity: &Validity,
    kind: Option<LoadBalancerKind>,
) -> Option<Candidate<'a>> {
    match validity {
        Validity::Valid(class) => Some(Candidate {
            class: *class,
            hostname: listener.hostname.as_ref(),
            servable: kind.is_none_or(|kind| wire::family(&listener.protocol) == Some(kind)),
        }),
        Validity::UnknownProtocol | Validity::Invalid { .. } => None,
    }
}

/// What a listener is by itself, whatever it allows to attach.
pub(crate) fn wire_class(listener: &Listener) -> Validity {
    let Listener {
        name: _,
        port,
        protocol,
        hostname,
        tls,
        allowed_routes: _,
    } = listener;
    if *port == 0 {
        return invalid("port", "it must be 1 to 65535");
    }
    // Its rules, and those that keep others' from it, need a condition for it.
    if let (Protocol::Http | Protocol::Https, Some(Err(reason))) =
        (protocol, hostname.as_ref().map(alb::form))
    {
        return invalid("hostname", reason);
    }
    let mode = tls.as_ref().map(|tls| tls.mode);
    let class = match protocol {
        Protocol::Other(_) => return Validity::UnknownProtocol,
        Protocol::Http => WireClass::Http,
        Protocol::Tcp => WireClass::Tcp,
        Protocol::Udp => WireClass::Udp,
        Protocol::Https => match mode {
            // Without `tls` the certificate comes from the load balancer's configuration or from ACM.
            None | Some(TlsMode::Terminate) => return Validity::Valid(WireClass::Https),
            Some(TlsMode::Passthrough) => {
                return invalid("tls.mode", "an HTTPS listener can only terminate TLS");
            }
        },
        Protocol::Tls => match mode {
            None => return invalid("tls", "a TLS listener needs tls.mode"),
            Some(TlsMode::Terminate) => return Validity::Valid(WireClass::TlsTerminate),
            Some(TlsMode::Passthrough) => return Validity::Valid(WireClass::TlsPassthrough),
        },
    };
    if tls.is_some() {
        return invalid(
            "tls",
            format!("{} listener has no TLS", words::one(protocol)),
        );
    }
    if hostname.is_some() && class != WireClass::Http {
        return invalid(
            "hostname",
            format!("{} listener has no hostname", words::one(protocol)),
        );
    }
    Validity::Valid(class)
}

fn invalid(field: &str, reason: impl Into<String>) -> Validity {
    Validity::Invalid {
        field: field.to_owned(),
        reason: reason.into(),
    }
}
