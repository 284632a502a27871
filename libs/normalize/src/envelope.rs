//! What every object has around its content: apiVersion, kind and metadata.

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::Value;
use tributary_model::{Kind, Meta, Name, ObjectKey, ObjectRef, Timestamp};

use crate::check;
use crate::fault::{Fault, Path, Rejected, Warning};
use crate::read::read_quietly;
use crate::time::timestamp_from_rfc3339;

/// What an API server would have filled in and a file may lack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defaults {
    /// For namespaced kinds without `metadata.namespace`; kubectl's is `default`.
    pub namespace: Name,
    /// For objects without `metadata.creationTimestamp`: when the object was first seen.
    pub created: Timestamp,
    /// For objects without `metadata.generation`: the source's own count of the object's changes.
    pub generation: i64,
}

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

/// An object of ours, opened as far as its metadata.
pub(crate) struct Envelope<'a> {
    pub(crate) kind: Kind,
    pub(crate) meta: Meta,
    pub(crate) labels: BTreeMap<String, String>,
    pub(crate) finalizers: Vec<String>,
    pub(crate) object: &'a Value,
}

/// How far an object was understood, for messages about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Identity {
    kind: Option<String>,
    name: Option<String>,
    pub(crate) object_ref: Option<ObjectRef>,
}

/// Recognized or not.
pub(crate) enum Recognized<T> {
    Ours(T),
    Foreign(Foreign),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: String,
    namespace: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    finalizers: Option<Vec<String>>,
}

/// `ObjectMeta` of Kubernetes 1.34, `selfLink` of older clusters among it.
const METADATA: [&str; 15] = [
    "annotations",
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "finalizers",
    "generateName",
    "generation",
    "labels",
    "managedFields",
    "name",
    "namespace",
    "ownerReferences",
    "resourceVersion",
    "selfLink",
    "uid",
];

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
    if kind == Kind::Pod && !crate::pod::has_gate(object) {
        return Ok(Recognized::Foreign(Foreign::PodWithoutGate));
    }
    Ok(Recognized::Ours(kind))
}

/// Fields beside and in `metadata` that the kind does not have: `lables` is nobody's label.
pub(crate) fn unknown_fields(kind: Kind, object: &Value) -> Vec<Warning> {
    let own: &[&str] = match kind {
        Kind::EndpointSlice => &["addressType", "endpoints", "ports"],
        Kind::Secret => &["data", "immutable", "stringData", "type"],
        _ => &["spec"],
    };
    let common = ["apiVersion", "kind", "metadata", "status"];
    let keys = |value: Option<&'_ Value>| -> Vec<String> {
        let fields = value.and_then(Value::as_object);
        fields
            .into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect()
    };
    let beside = keys(Some(object)).into_iter();
    let beside = beside.filter(|key| !own.contains(&&**key) && !common.contains(&&**key));
    let within = keys(object.get("metadata")).into_iter();
    let within = within.filter(|key| !METADATA.contains(&&**key));
    beside
        .chain(within.map(|key| format!("metadata.{key}")))
        .map(Warning::unknown)
        .collect()
}

/// Opens an object of a recognized kind.
pub(crate) fn open<'a>(
    kind: Kind,
    object: &'a Value,
    defaults: &Defaults,
    identity: &mut Identity,
) -> Result<Envelope<'a>, Fault> {
    let at = Path::root("metadata");
    let Metadata {
        name,
        namespace,
        generation,
        creation_timestamp,
        deletion_timestamp,
        labels,
        finalizers,
    } = read_quietly(
        &at,
        crate::read::required(object, &Path::document(), "metadata")?,
    )?;

    // A Namespace and a Service become DNS labels; the others may have dots.
    let name_path = at.field("name");
    let name = match kind {
        Kind::Namespace | Kind::Service => check::namespace(&name_path, &name)?,
        _ => check::subdomain(&name_path, &name)?,
    };
    let key = if kind.is_cluster_scoped() {
        ObjectKey::cluster(name)
    } else {
        let namespace = match namespace.as_deref() {
            None | Some("") => defaults.namespace.clone(),
            Some(namespace) => check::namespace(&at.field("namespace"), namespace)?,
        };
        ObjectKey::new(namespace, name)
    };
    identity.object_ref = Some(ObjectRef::new(kind, key.clone()));

    let created = match creation_timestamp {
        None => defaults.created,
        Some(created) => timestamp_from_rfc3339(&created)
            .map_err(|error| at.field("creationTimestamp").fault(error.to_string()))?,
    };
    let labels = labels.unwrap_or_default();
    check_labels(&at.field("labels"), &labels)?;
    Ok(Envelope {
        kind,
        meta: Meta {
            key,
            generation: generation.unwrap_or(defaults.generation),
            created,
            deleting: deletion_timestamp.is_some(),
        },
        labels,
        finalizers: finalizers.unwrap_or_default(),
        object,
    })
}

impl Identity {
    pub(crate) fn reject(self, fault: Fault) -> Rejected {
        fault.of(self.display(), self.object_ref)
    }

    /// As far as it is known.
    pub(crate) fn display(&self) -> String {
        match (&self.object_ref, &self.kind, &self.name) {
            (Some(object_ref), _, _) => object_ref.to_string(),
            (None, Some(kind), Some(name)) => format!("{kind} {name}"),
            (None, Some(kind), None) => kind.clone(),
            (None, None, _) => "document".to_owned(),
        }
    }
}

/// The syntax of label keys and values, which selectors rely on.
fn check_labels(at: &Path<'_>, labels: &BTreeMap<String, String>) -> Result<(), Fault> {
    for (key, value) in labels {
        let (prefix, name) = match key.split_once('/') {
            None => (None, key.as_str()),
            Some((prefix, name)) => (Some(prefix), name),
        };
        if !is_label_word(name) || prefix.is_some_and(|prefix| !check::is_subdomain(prefix)) {
            return Err(at.key(key).fault("is not a label key"));
        }
        if !value.is_empty() && !is_label_word(value) {
            return Err(at.key(key).fault(format!("{value:?} is not a label value")));
        }
    }
    Ok(())
}

fn is_label_word(value: &str) -> bool {
    let alphanumeric = |end: char| end.is_ascii_alphanumeric();
    (1..=63).contains(&value.len())
        && value.starts_with(alphanumeric)
        && value.ends_with(alphanumeric)
        && value
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
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
