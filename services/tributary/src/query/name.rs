//! What a person means by the words on the command line.

use tributary_model::{Kind, Name, ObjectKey};
use tributary_normalize::has_status;

/// Which of many are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Every one.
    All,
    /// Those of a namespace.
    Namespace(Name),
    /// The one of this name, or the listeners of the one.
    Object(ObjectKey),
    /// One listener of the Gateway or ListenerSet of this name.
    Listener(ObjectKey, Name),
}

/// Whether a third part of a name means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// `NS/NAME`.
    Object,
    /// `NS/NAME` or `NS/NAME/LISTENER`.
    Listener,
}

/// Words that mean nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NameError {
    #[error("\"{0}\" needs a namespace: write NS/{0}, or give the namespace with -n")]
    NoNamespace(String),
    #[error("\"{name}\" is in namespace {own}, but -n says {given}")]
    TwoNamespaces {
        name: String,
        own: String,
        given: String,
    },
    #[error("\"{name}\" is not a name: expected {expected}")]
    Malformed {
        name: String,
        expected: &'static str,
    },
    #[error("\"{word}\" is not a kind that can be explained: expected one of {}", kinds().join(", "))]
    UnknownKind { word: String },
}

/// Reads `[NS/NAME[/LISTENER]]` and `-n`.
pub(crate) fn wanted(
    name: Option<&str>,
    namespace: Option<&str>,
    parts: Parts,
) -> Result<Wanted, NameError> {
    let Some(name) = name else {
        return Ok(match namespace {
            None => Wanted::All,
            Some(namespace) => Wanted::Namespace(namespace.into()),
        });
    };
    let words: Vec<&str> = name.split('/').collect();
    let malformed = || NameError::Malformed {
        name: name.to_owned(),
        expected: match parts {
            Parts::Object => "NS/NAME",
            Parts::Listener => "NS/NAME or NS/NAME/LISTENER",
        },
    };
    if words.iter().any(|word| word.is_empty()) {
        return Err(malformed());
    }
    let in_namespace = |own: &str| match namespace {
        Some(given) if given != own => Err(NameError::TwoNamespaces {
            name: name.to_owned(),
            own: own.to_owned(),
            given: given.to_owned(),
        }),
        Some(_) | None => Ok(()),
    };
    match (&words[..], parts) {
        ([name], _) => match namespace {
            Some(namespace) => Ok(Wanted::Object(ObjectKey::new(namespace, *name))),
            None => Err(NameError::NoNamespace((*name).to_owned())),
        },
        ([own, name], _) => {
            in_namespace(own)?;
            Ok(Wanted::Object(ObjectKey::new(*own, *name)))
        }
        ([own, name, listener], Parts::Listener) => {
            in_namespace(own)?;
            let owner = ObjectKey::new(*own, *name);
            Ok(Wanted::Listener(owner, (*listener).into()))
        }
        _ => Err(malformed()),
    }
}

/// The kind that a word means: singular, plural or short, in any case.
pub(crate) fn kind(word: &str) -> Result<Kind, NameError> {
    let lower = word.to_ascii_lowercase();
    explained()
        .find(|kind| spellings(*kind).contains(&lower))
        .ok_or_else(|| NameError::UnknownKind {
            word: word.to_owned(),
        })
}

/// The object that a name means, given its kind.
pub(crate) fn key(kind: Kind, name: &str) -> Result<ObjectKey, NameError> {
    key_in(kind, name, None)
}

/// The same, where a namespace may be given beside the name.
pub(crate) fn key_in(
    kind: Kind,
    name: &str,
    namespace: Option<&str>,
) -> Result<ObjectKey, NameError> {
    if kind.is_cluster_scoped() {
        if name.is_empty() || name.contains('/') {
            return Err(NameError::Malformed {
                name: name.to_owned(),
                expected: "NAME, since the kind has no namespaces",
            });
        }
        return Ok(ObjectKey::cluster(name));
    }
    // NS/NAME says it by itself, also against the context's.
    let namespace = namespace.filter(|_| !name.contains('/'));
    match wanted(Some(name), namespace, Parts::Object) {
        Ok(Wanted::Object(key)) => Ok(key),
        Ok(Wanted::All | Wanted::Namespace(_) | Wanted::Listener(..))
        | Err(NameError::NoNamespace(_)) => Err(NameError::Malformed {
            name: name.to_owned(),
            expected: "NS/NAME",
        }),
        Err(error) => Err(error),
    }
}

/// Lower case, as kubectl names what was not found.
pub(crate) fn singular(kind: Kind) -> String {
    kind.as_str().to_ascii_lowercase()
}

/// The kinds about which something is decided.
fn explained() -> impl Iterator<Item = Kind> {
    Kind::ALL.into_iter().filter(|kind| has_status(*kind))
}

fn kinds() -> Vec<String> {
    explained().map(singular).collect()
}

fn spellings(kind: Kind) -> Vec<String> {
    let singular = singular(kind);
    let plural = if singular.ends_with('s') {
        format!("{singular}es")
    } else {
        format!("{singular}s")
    };
    let short = match kind {
        Kind::GatewayClass => Some("gc"),
        Kind::Gateway => Some("gtw"),
        Kind::ListenerSet => Some("lset"),
        Kind::HttpRoute
        | Kind::GrpcRoute
        | Kind::TcpRoute
        | Kind::UdpRoute
        | Kind::TlsRoute
        | Kind::ReferenceGrant
        | Kind::BackendTlsPolicy
        | Kind::Namespace
        | Kind::Service
        | Kind::EndpointSlice
        | Kind::Node
        | Kind::Pod
        | Kind::Secret
        | Kind::LoadBalancerConfiguration
        | Kind::TargetGroupConfiguration
        | Kind::ListenerRuleConfiguration => None,
    };
    [singular, plural]
        .into_iter()
        .chain(short.map(str::to_owned))
        .collect()
}

#[cfg(test)]
mod tests;
