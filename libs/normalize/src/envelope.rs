//! What every object has around its content: metadata, and the fields beside it.

use std::collections::BTreeMap;

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
    pub(crate) kind: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) object_ref: Option<ObjectRef>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata<'a> {
    name: String,
    namespace: Option<String>,
    generation: Option<i64>,
    creation_timestamp: Option<String>,
    deletion_timestamp: Option<String>,
    labels: Option<BTreeMap<String, String>>,
    // Of ours none has a meaning, and of others' some are long.
    #[serde(borrow)]
    annotations: Option<BTreeMap<&'a str, &'a str>>,
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
        annotations,
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
    check::labels(&at.field("labels"), &labels)?;
    check_annotations(&at.field("annotations"), &annotations.unwrap_or_default())?;
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

/// Any case of letters will do before the '/', unlike in a label's key. How long they are costs nobody anything.
fn check_annotations(at: &Path<'_>, annotations: &BTreeMap<&str, &str>) -> Result<(), Fault> {
    let mut keys = annotations.keys();
    match keys.find(|key| !check::is_label_key(&key.to_ascii_lowercase())) {
        None => Ok(()),
        Some(key) => Err(at.key(key).fault("is not an annotation's key")),
    }
}
