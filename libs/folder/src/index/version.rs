//! Which version of an object counts, how old it is and which generation it has reached.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};
use tributary_model::resource::SourceObject;
use tributary_model::status::{Condition, Status};
use tributary_model::view::Rejection;
use tributary_model::workload::TlsSecret;
use tributary_model::{Kind, Labels, Meta, ObjectKey, ObjectRef, Resource, Timestamp};
use tributary_normalize::{Normalized, Rejected, has_status, identify, normalize};

use crate::memory::{Memory, Remembered, RememberedCertificate};

use super::gaps::Gaps;
use super::{defaults, refused};

/// An object as it counts now.
#[derive(Clone, Debug)]
pub(super) struct Held {
    /// Where its version comes from.
    pub(super) path: String,
    /// The document that counts: the last good one. Absent for a Secret of an earlier run, whose key stayed where it was.
    pub(super) value: Option<Value>,
    pub(super) object: SourceObject,
}

/// A document that claims an object.
pub(super) struct Claim {
    pub(super) path: String,
    pub(super) number: usize,
    pub(super) value: Value,
}

/// What is known from before a reading.
pub(super) struct Past<'a> {
    /// What counted.
    pub(super) objects: &'a BTreeMap<ObjectRef, Held>,
    pub(super) memory: &'a Memory,
    pub(super) status_dir: Option<&'a Path>,
}

/// Decides for every claimed object which version counts, and keeps what broken files held, all below what could not
/// be read, and a Namespace as long as there are objects in it. Returns the files of which something was kept that no document claims now, too.
pub(super) fn counting(
    past: &Past<'_>,
    claims: BTreeMap<ObjectRef, Claim>,
    gaps: &Gaps,
    rejections: &mut Vec<Rejection>,
    now: Timestamp,
) -> (BTreeMap<ObjectRef, Held>, BTreeSet<String>) {
    let mut objects = BTreeMap::new();
    let mut kept = BTreeSet::new();
    for (
        key,
        Claim {
            path,
            number,
            value,
        },
    ) in claims
    {
        let before = past.objects.get(&key);
        // The first by path counts, also while it cannot be read.
        if let Some(first) = before.filter(|it| it.path < path && gaps.hold(&it.path)) {
            let reason = format!("{} holds this object; the first by path counts", first.path);
            rejections.push(duplicate(&path, number, &key, reason));
            kept.insert(first.path.clone());
            objects.insert(key, first.clone());
            continue;
        }
        if let Some(before) = before.filter(|before| before.value.as_ref() == Some(&value)) {
            objects.insert(
                key,
                Held {
                    path,
                    ..before.clone()
                },
            );
            continue;
        }
        match normalized(past, &key, &value, now) {
            Ok(Some(object)) => {
                objects.insert(
                    key,
                    Held {
                        path,
                        value: Some(value),
                        object,
                    },
                );
            }
            Ok(None) => {}
            Err(rejected) => {
                let mut rejection = refused(format!("{path} document {number}"), rejected);
                rejection.object_ref = Some(key.clone());
                if let Some(before) = before {
                    rejection.last_good_kept = true;
                    objects.insert(
                        key,
                        Held {
                            path,
                            ..before.clone()
                        },
                    );
                }
                rejections.push(rejection);
            }
        }
    }
    for (key, held) in past.objects {
        if gaps.hold(&held.path) && !objects.contains_key(key) {
            objects.insert(key.clone(), held.clone());
            kept.insert(held.path.clone());
        }
    }
    for (key, held) in namespaces_in_use(past, &objects) {
        rejections.push(Rejection {
            source: held.path.clone(),
            object: key.to_string(),
            field: String::new(),
            reason: "no document holds it any more, but there are objects in it: it goes after them, as in a cluster"
                .to_owned(),
            last_good_kept: true,
            object_ref: Some(key.clone()),
        });
        objects.insert(key, held);
    }
    (objects, kept)
}

/// Namespaces that were there and of which only the objects are left. Their labels may be what lets those attach.
fn namespaces_in_use(
    past: &Past<'_>,
    objects: &BTreeMap<ObjectRef, Held>,
) -> Vec<(ObjectRef, Held)> {
    let used: BTreeSet<_> = objects.keys().map(|it| &it.key.namespace).collect();
    let gone = past.objects.iter().filter(|(key, _)| {
        key.kind == Kind::Namespace && used.contains(&key.key.name) && !objects.contains_key(key)
    });
    gone.map(|(key, held)| (key.clone(), held.clone()))
        .collect()
}

/// Refuses a document because of another one.
pub(super) fn duplicate(path: &str, number: usize, key: &ObjectRef, reason: String) -> Rejection {
    Rejection {
        source: format!("{path} document {number}"),
        object: key.to_string(),
        field: "metadata.name".to_owned(),
        reason,
        last_good_kept: false,
        object_ref: Some(key.clone()),
    }
}

/// The last good versions of an earlier run.
pub(super) fn recalled(memory: &Memory) -> BTreeMap<ObjectRef, Held> {
    let mut objects = BTreeMap::new();
    for (name, remembered) in &memory.objects {
        let Remembered {
            first_seen,
            generation,
            spec: _,
            path,
            last_good,
            certificate,
        } = remembered;
        let defaults = defaults(Timestamp(*first_seen), *generation);
        if let Some(certificate) = certificate
            && let Some(key) = object_of(name)
        {
            let meta = Meta {
                key: key.key.clone(),
                generation: *generation,
                created: defaults.created,
                deleting: false,
            };
            let certificate = Ok(certificate.into());
            let secret = Resource::Secret(TlsSecret { meta, certificate });
            let object = SourceObject {
                resource: Arc::new(secret),
                status: None,
                resource_version: None,
                labels: Labels::default(),
            };
            let path = path.clone();
            let value = None;
            objects.insert(
                key,
                Held {
                    path,
                    value,
                    object,
                },
            );
        }
        let Some(value) = last_good else {
            continue;
        };
        match (identify(value, &defaults), normalize(value, &defaults)) {
            (Ok(Some(key)), Ok(Normalized::Ours { object, .. })) => {
                objects.insert(
                    key,
                    Held {
                        path: path.clone(),
                        value: Some(value.clone()),
                        object: *object,
                    },
                );
            }
            // An older version accepted it and this one does not: the file's own text decides.
            (identified, _) => tracing::warn!(
                ?identified,
                path,
                "a remembered object can no longer be used"
            ),
        }
    }
    objects
}

/// The memory after a reading of these objects. What is below something that could not be read is not forgotten.
pub(super) fn remembered(
    before: &Memory,
    objects: &BTreeMap<ObjectRef, Held>,
    gaps: &Gaps,
) -> Memory {
    let mut next: BTreeMap<_, _> = objects
        .iter()
        .map(|(key, held)| {
            let meta = held.object.resource.meta();
            let known = before.objects.get(&memory_key(key));
            let spec = held.value.as_ref().map(spec_digest);
            let remembered = Remembered {
                first_seen: known.map_or(meta.created.0, |known| known.first_seen),
                generation: meta.generation,
                spec: spec
                    .or_else(|| known.map(|known| known.spec.clone()))
                    .unwrap_or_default(),
                path: held.path.clone(),
                last_good: held.value.clone().filter(|_| key.kind != Kind::Secret),
                certificate: certificate(&held.object.resource),
            };
            (memory_key(key), remembered)
        })
        .collect();
    for (name, remembered) in &before.objects {
        if !next.contains_key(name) && gaps.cover(&remembered.path) {
            next.insert(name.clone(), remembered.clone());
        }
    }
    Memory {
        objects: next,
        unseen: gaps.still_unseen(&before.unseen),
    }
}

/// Kinds of which objects may be there that nothing is known of.
pub(super) fn unknown_kinds(
    memory: &Memory,
    objects: &BTreeMap<ObjectRef, Held>,
) -> BTreeSet<Kind> {
    if !memory.unseen.is_empty() {
        return Kind::ALL.into_iter().collect();
    }
    // What counts is remembered, so that nothing else is, nearly always.
    if memory.objects.len() == objects.len() {
        return BTreeSet::new();
    }
    let remembered = memory.objects.keys().filter_map(|name| object_of(name));
    remembered
        .filter(|key| !objects.contains_key(key))
        .map(|key| key.kind)
        .collect()
}

fn certificate(resource: &Resource) -> Option<RememberedCertificate> {
    let Resource::Secret(secret) = resource else {
        return None;
    };
    secret.certificate.as_ref().ok().map(Into::into)
}

/// The status in an object's status file.
pub(super) fn written_status(status_dir: Option<&Path>, key: &ObjectRef) -> Option<Status> {
    let folder = status_dir.filter(|_| has_status(key.kind))?;
    crate::status::read(folder, key).unwrap_or_else(|error| {
        tracing::warn!(%error, "taken for an object without status");
        None
    })
}

fn normalized(
    past: &Past<'_>,
    key: &ObjectRef,
    value: &Value,
    now: Timestamp,
) -> Result<Option<SourceObject>, Rejected> {
    let (created, generation) = match past.memory.objects.get(&memory_key(key)) {
        Some(known) if known.spec == spec_digest(value) => {
            (Timestamp(known.first_seen), known.generation)
        }
        Some(known) => (Timestamp(known.first_seen), known.generation + 1),
        None => (now, first_generation(past.status_dir, key)),
    };
    Ok(match normalize(value, &defaults(created, generation))? {
        Normalized::Ours { object, warnings } => {
            for warning in warnings {
                tracing::warn!(object = %key, field = warning.field, reason = warning.reason, "left aside");
            }
            Some(*object)
        }
        Normalized::Foreign(foreign) => {
            tracing::debug!(object = %key, ?foreign, "not read, skipped");
            None
        }
    })
}

/// The generation of an object that is not remembered.
///
/// Its status may be: a memory can be lost without the status folder. A generation below the one that was
/// judged would look older than its own status for ever, and no status would be written again.
fn first_generation(status_dir: Option<&Path>, key: &ObjectRef) -> i64 {
    written_status(status_dir, key)
        .and_then(|status| last_judged(&status))
        .map_or(1, |judged| judged.max(1))
}

/// The newest generation that any condition is about.
fn last_judged(status: &Status) -> Option<i64> {
    let judged = |conditions: &[Condition]| {
        conditions
            .iter()
            .filter_map(|condition| condition.observed_generation)
            .max()
    };
    match status {
        Status::GatewayClass(class) => judged(&class.conditions),
        Status::Gateway(gateway) => gateway
            .listeners
            .iter()
            .map(|listener| judged(&listener.conditions))
            .fold(judged(&gateway.conditions), Option::max),
        Status::ListenerSet(set) => set
            .listeners
            .iter()
            .map(|listener| judged(&listener.conditions))
            .fold(judged(&set.conditions), Option::max),
        Status::Route(route) => route
            .parents
            .iter()
            .filter_map(|parent| judged(&parent.conditions))
            .max(),
    }
}

fn memory_key(object: &ObjectRef) -> String {
    format!(
        "{}/{}/{}",
        object.kind, object.key.namespace, object.key.name
    )
}

fn object_of(memory_key: &str) -> Option<ObjectRef> {
    let mut parts = memory_key.splitn(3, '/');
    let (kind, namespace, name) = (parts.next()?, parts.next()?, parts.next()?);
    Some(ObjectRef::new(
        Kind::parse(kind)?,
        ObjectKey::new(namespace, name),
    ))
}

/// Of everything but `metadata` and `status`: what the API server counts generations by. Labels of a
/// Namespace are metadata and have no generation there either.
fn spec_digest(value: &Value) -> String {
    let mut hasher = Sha256::new();
    if let Value::Object(fields) = value {
        for (name, field) in fields
            .iter()
            .filter(|(name, _)| !matches!(name.as_str(), "metadata" | "status"))
        {
            hasher.update(name);
            hasher.update(field.to_string());
        }
    }
    hasher
        .finalize()
        .into_iter()
        .flat_map(|byte| [byte >> 4, byte & 0xf])
        .filter_map(|digit| char::from_digit(digit.into(), 16))
        .collect()
}
