//! What is asked for and not done, while the rest is served: every cause, and its words, in this one place.

use std::fmt;

use tributary_model::config::ProtocolPort;
use tributary_model::elb::TargetProtocol;
use tributary_model::{FieldFault, Kind, ObjectKey};

/// One cause. Its text is lower case but for names, without a full stop.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unmet<'a> {
    /// A part of a configuration is refused.
    Fault(Kind, &'a ObjectKey, &'a FieldFault),
    /// A field of the Gateway, below its `spec`, that no ELB can do.
    GatewayField(&'a str),
    /// A key of a listener's `tls.options`.
    TlsOption(&'a str),
    /// `AllowInsecureFallback` on a port whose client certificates are verified.
    InsecureFallback,
    /// A field of `listenerConfigurations` that a listener of this protocol does not have.
    NotOnProtocol(&'a ProtocolPort, &'static str, &'a str),
    /// An entry of `listenerConfigurations` for a port, or a protocol, that no listener has.
    NoListener(&'a ProtocolPort),
    /// A field of `listenerConfigurations` that nobody programs yet.
    NotProgrammed(&'a ProtocolPort, &'static str),
    /// `healthCheckPort` names a port that the Service does not have.
    NoHealthCheckPort(&'a str, &'a ObjectKey),
    /// `healthCheckPort` names a port whose pods may listen anywhere.
    NamedTargetPort(&'a str, &'a ObjectKey),
    /// `protocol` is one that the listener does not forward by, so another is used.
    Protocol(TargetProtocol, TargetProtocol),
    /// A BackendTLSPolicy for the Service.
    BackendTls(&'a ObjectKey, &'a ObjectKey, TargetProtocol),
    /// `matchIndexes` that are no matches of the rule, which has so many.
    MatchIndexes(&'a ObjectKey, Vec<usize>, usize),
}

impl fmt::Display for Unmet<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Fault(kind, key, fault) => write!(f, "{kind} {key}: {fault}"),
            Self::GatewayField(field) => {
                write!(f, "spec.{field} is not acted on by this version")
            }
            Self::TlsOption(key) => {
                write!(f, "tls.options[{key}] is not acted on by this version")
            }
            Self::InsecureFallback => f.write_str(
                "spec.tls.frontend: mode AllowInsecureFallback is not done, clients without a valid certificate are \
                 refused",
            ),
            Self::NotOnProtocol(place, field, protocol) => write!(
                f,
                "listenerConfigurations[{place}].{field} is for listeners that it can apply to, and one of protocol \
                 {protocol} is none"
            ),
            Self::NoListener(place) => write!(
                f,
                "listenerConfigurations[{place}]: neither the Gateway nor its ListenerSets have such a listener"
            ),
            Self::NotProgrammed(place, field) => write!(
                f,
                "listenerConfigurations[{place}].{field} is not programmed by this version"
            ),
            Self::NoHealthCheckPort(name, service) => write!(
                f,
                "healthCheckPort: Service {service} has no port named {name}, so targets are checked at their own port"
            ),
            Self::NamedTargetPort(name, service) => write!(
                f,
                "healthCheckPort: the targetPort of port {name} of Service {service} is a name, and so may differ from pod \
                 to pod; targets are checked at their own port"
            ),
            Self::Protocol(asked, used) => write!(
                f,
                "protocol {} is not one that the listener can forward by, so {} is used",
                asked.as_str(),
                used.as_str()
            ),
            Self::BackendTls(policy, service, protocol) => {
                write!(
                    f,
                    "BackendTLSPolicy {policy} is not done, an ELB checks no certificate of its targets: requests reach \
                     Service {service} "
                )?;
                match protocol {
                    TargetProtocol::Https | TargetProtocol::Tls => {
                        f.write_str("encrypted, by whoever answers")
                    }
                    TargetProtocol::Http
                    | TargetProtocol::Tcp
                    | TargetProtocol::Udp
                    | TargetProtocol::TcpUdp => f.write_str("as they are, without TLS"),
                }
            }
            Self::MatchIndexes(key, indexes, matches) => {
                let indexes: Vec<String> = indexes.iter().map(ToString::to_string).collect();
                let kind = Kind::ListenerRuleConfiguration;
                write!(
                    f,
                    "{kind} {key}: matchIndexes names {}, and the rule has {matches} {}",
                    indexes.join(", "),
                    if *matches == 1 { "match" } else { "matches" }
                )
            }
        }
    }
}

/// What is refused of an object, as those who use it are told.
pub(crate) fn of_object<'a>(
    kind: Kind,
    key: &'a ObjectKey,
    faults: &'a [FieldFault],
) -> impl Iterator<Item = String> + use<'a> {
    faults
        .iter()
        .map(move |fault| Unmet::Fault(kind, key, fault).to_string())
}
