//! Which objects are read: by apiVersion and kind, a Secret by its type, a Pod by its readiness gates.

use std::fmt;

use serde_json::Value;
use tributary_model::Kind;

use crate::envelope::Identity;
use crate::fault::{Fault, Path};
use crate::pod::has_gate;

/// An object that is well-formed and none of our business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A kind that Tributary does not read.
    Kind {
        /// `apiVersion`.
        api_version: String,
        /// `kind`.
        kind: String,
    },
    /// A kind that Tributary reads, at a version that it does not.
    Version {
        /// The kind.
        kind: Kind,
        /// The version without the group.
        version: String,
    },
    /// A Pod that waits for no target's health.
    PodWithoutGate,
    /// A Secret of another type than `kubernetes.io/tls`.
    SecretType {
        /// `type`, `Opaque` where absent.
        secret_type: String,
    },
}

/// Recognized or not.
pub(crate) enum Recognized<T> {
    Ours(T),
    Foreign(Foreign),
}

/// The only Secrets that are read.
const TLS_SECRET: &str = "kubernetes.io/tls";

/// The versions of a kind whose shape is the one that is read here.
///
/// Gateway API 1.6 serves `v1` of all of them; older ones are taken where nothing but the version differs.
pub fn versions(kind: Kind) -> &'static [&'static str] {
    match kind {
        Kind::GatewayClass
        | Kind::Gateway
        | Kind::HttpRoute
        | Kind::ReferenceGrant
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => &["v1", "v1beta1"],
        Kind::TcpRoute | Kind::UdpRoute => &["v1", "v1alpha2"],
        Kind::TlsRoute | Kind::BackendTlsPolicy => &["v1", "v1alpha3"],
        Kind::ListenerSet
        | Kind::GrpcRoute
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret => &["v1"],
    }
}

/// Kind and version, without looking at metadata.
pub(crate) fn recognize(
    object: &Value,
    identity: &mut Identity,
) -> Result<Recognized<Kind>, Fault> {
    if !object.is_object() {
        return Err(Path::document().fault("is not a Kubernetes object"));
    }
    let kind_name = text(object, "kind")?;
    identity.kind = Some(kind_name.to_owned());
    identity.name = display_name(object);
    let api_version = text(object, "apiVersion")?;
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let Some(kind) = Kind::parse(kind_name).filter(|kind| kind.group() == group) else {
        return Ok(Recognized::Foreign(Foreign::Kind {
            api_version: api_version.to_owned(),
            kind: kind_name.to_owned(),
        }));
    };
    if !versions(kind).contains(&version) {
        return Ok(Recognized::Foreign(Foreign::Version {
            kind,
            version: version.to_owned(),
        }));
    }
    if kind == Kind::Secret {
        let secret_type = object
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or("Opaque");
        if secret_type != TLS_SECRET {
            return Ok(Recognized::Foreign(Foreign::SecretType {
                secret_type: secret_type.to_owned(),
            }));
        }
    }
    // Of tens of thousands few have one: the others cost no more than this look.
    if kind == Kind::Pod && !has_gate(object) {
        return Ok(Recognized::Foreign(Foreign::PodWithoutGate));
    }
    Ok(Recognized::Ours(kind))
}

fn text<'a>(object: &'a Value, field: &str) -> Result<&'a str, Fault> {
    match object.get(field) {
        None | Some(Value::Null) => Err(Path::root(field).fault("is required")),
        Some(Value::String(value)) if value.is_empty() => {
            Err(Path::root(field).fault("must not be empty"))
        }
        Some(Value::String(value)) => Ok(value),
        Some(_) => Err(Path::root(field).fault("must be a string")),
    }
}

/// For messages only: whatever the metadata claims, cut to a bearable length.
fn display_name(object: &Value) -> Option<String> {
    const LONGEST: usize = 253;
    let metadata = object.get("metadata")?;
    let name = metadata.get("name")?.as_str()?;
    let full = match metadata.get("namespace").and_then(Value::as_str) {
        None => name.to_owned(),
        Some(namespace) => format!("{namespace}/{name}"),
    };
    Some(full.chars().take(LONGEST).collect())
}

impl fmt::Display for Foreign {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kind { api_version, kind } => {
                write!(f, "{api_version} {kind} is not a kind that is read")
            }
            Self::Version { kind, version } => write!(
                f,
                "{kind} is read at {}, not at {version}",
                versions(*kind).join(" and ")
            ),
            Self::PodWithoutGate => {
                f.write_str("a Pod without a readiness gate for its target's health is not read")
            }
            Self::SecretType { secret_type } => {
                write!(f, "a Secret of type {secret_type} is not read")
            }
        }
    }
}
