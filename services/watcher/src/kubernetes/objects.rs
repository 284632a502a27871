//! What is known of the objects: their resource versions, which are refused, which kinds were listed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;
use tributary_kubernetes::{Unread as Unserved, WatchEvent};
use tributary_model::resource::{Author, Refused, SourceObject, Unread};
use tributary_model::view::Rejection;
use tributary_model::{FieldFault, Kind, Labels, ObjectKey, ObjectRef, Resource, Timestamp};
use tributary_normalize::{Defaults, Normalized, Rejected, Warning, normalize, versions};
use tributary_proto::packed::Packed;
use tributary_runtime::Context;
use tributary_runtime::metrics::Metrics;

use crate::metrics::{KIND_OBJECTS, KIND_REFUSED, KIND_SYNCED, KindLabels};
use crate::{SPAN_READ, Shared};

/// The objects of one kind.
#[derive(Debug, Default)]
struct OfKind {
    /// Of every object, refused ones among them.
    versions: BTreeMap<ObjectKey, u64>,
    /// What a list that has begun has named so far.
    listing: Option<BTreeSet<ObjectKey>>,
    /// A list was complete since the watch began.
    synced: bool,
    /// A list was complete at any time: what is not here was not there then.
    known: bool,
    /// The newest resource version that was seen.
    latest: u64,
    /// The kind as a whole cannot be read.
    unreadable: Option<Rejection>,
    /// Objects, or parts of objects whose rest counts.
    refused: BTreeMap<ObjectKey, Vec<Rejection>>,
}

/// Whether an object is one that is read, be it refused.
#[derive(Clone, Copy)]
enum Kept {
    Yes,
    No,
}

pub(crate) struct Objects {
    shared: Shared,
    kinds: BTreeMap<Kind, OfKind>,
    metrics: Metrics,
    /// Of no use: every object of an API server has its own.
    defaults: Defaults,
    /// What is not of a kind that is watched.
    beside: Option<Rejection>,
    /// Kinds that are there in versions only that are not read.
    unread: Vec<Rejection>,
    /// Something is refused or no longer refused, and has not been told.
    untold: bool,
}

/// Where objects come from, for people.
pub(crate) const SOURCE: &str = "Kubernetes";

impl Objects {
    pub(crate) fn new(context: &Context, shared: Shared) -> Self {
        Self {
            shared,
            kinds: BTreeMap::new(),
            metrics: context.metrics.clone(),
            defaults: Defaults {
                namespace: "default".into(),
                created: Timestamp::default(),
                generation: 1,
            },
            beside: None,
            unread: Vec::new(),
            untold: false,
        }
    }

    /// A kind is watched, for the first time or anew: a list is to come. What is there stays until it is complete.
    pub(crate) fn begin(&mut self, kind: Kind) {
        let of_kind = self.kinds.entry(kind).or_default();
        of_kind.synced = false;
        of_kind.listing = None;
        self.measure(kind);
    }

    /// A kind is gone, and all its objects.
    pub(crate) fn forget(&mut self, kind: Kind) {
        let Some(of_kind) = self.kinds.remove(&kind) else {
            return;
        };
        self.untold |= !of_kind.refused.is_empty() || of_kind.unreadable.is_some();
        tracing::info_span!(SPAN_READ).in_scope(|| {
            for key in of_kind.versions.into_keys() {
                self.shared.published.remove(&ObjectRef::new(kind, key));
            }
            self.mark_read(kind);
        });
        self.measure(kind);
    }

    /// Takes in what a watch told. Returns whether that shows that the watch works.
    pub(crate) fn take(&mut self, kind: Kind, event: WatchEvent) -> bool {
        let Some(of_kind) = self.kinds.get_mut(&kind) else {
            return false;
        };
        match event {
            WatchEvent::Init => {
                of_kind.listing = Some(BTreeSet::new());
                return false;
            }
            WatchEvent::Apply {
                key,
                version,
                object,
                author,
            } => {
                let version = number(&version);
                of_kind.latest = of_kind.latest.max(version);
                let object_ref = ObjectRef::new(kind, key);
                let kept = self.apply(&object_ref, &object, author);
                self.note(object_ref, version, kept);
                if self.is_synced(kind) {
                    self.measure(kind);
                }
            }
            WatchEvent::InitDone => {
                let listed = of_kind.listing.take().unwrap_or_default();
                of_kind.synced = true;
                of_kind.known = true;
                let gone: Vec<_> = of_kind
                    .versions
                    .keys()
                    .filter(|key| !listed.contains(key))
                    .cloned()
                    .collect();
                let objects = listed.len();
                tracing::debug!(%kind, objects, gone = gone.len(), "listed");
                for key in gone {
                    self.delete(&ObjectRef::new(kind, key));
                }
                tracing::info_span!(SPAN_READ).in_scope(|| self.mark_read(kind));
                self.measure(kind);
            }
            WatchEvent::Delete { key, version } => {
                of_kind.latest = of_kind.latest.max(number(&version));
                self.delete(&ObjectRef::new(kind, key));
                self.measure(kind);
            }
        }
        true
    }

    /// Of what is of no interest nothing stays: of tens of thousands of Pods not even the names.
    fn note(&mut self, object: ObjectRef, version: u64, kept: Kept) {
        let Some(of_kind) = self.kinds.get_mut(&object.kind) else {
            return;
        };
        match kept {
            Kept::Yes => {
                let listed = object.key.clone();
                of_kind.listing.as_mut().map(|it| it.insert(listed));
                of_kind.versions.insert(object.key, version)
            }
            Kept::No => of_kind.versions.remove(&object.key),
        };
    }

    fn apply(&mut self, key: &ObjectRef, object: &Value, author: Author) -> Kept {
        match normalize(object, &self.defaults) {
            Ok(Normalized::Ours {
                mut object,
                warnings,
            }) => {
                if let Some(carried) = &mut object.status {
                    carried.author = author;
                }
                let faults = object.resource.faults().iter();
                let parts = faults.map(|fault| rejection(key, key.to_string(), fault.clone()));
                self.refuse(key, parts.collect());
                if !warnings.is_empty() && self.is_new(key, &object) {
                    tell_left_aside(key, &warnings);
                }
                self.publish(key.clone(), &object);
            }
            Ok(Normalized::Foreign(foreign)) => {
                tracing::debug!(object = %key, ?foreign, "of no interest");
                self.accept(key);
                self.shared.published.remove(key);
                return Kept::No;
            }
            // What it was before does not count on: what counts follows from what is there, not from what was.
            Err(rejected) => {
                let Rejected {
                    object,
                    object_ref: _,
                    field,
                    reason,
                } = rejected;
                let fault = FieldFault { field, reason };
                self.refuse(key, vec![rejection(key, object, fault.clone())]);
                match Refused::of(key, fault) {
                    Some(refused) => {
                        let refused = without_status(Resource::Refused(refused));
                        self.publish(key.clone(), &refused);
                    }
                    None => {
                        tracing::info_span!(SPAN_READ)
                            .in_scope(|| self.shared.published.remove(key));
                    }
                }
            }
        }
        Kept::Yes
    }

    /// Whether something else was asked for before; what cannot be read was something else.
    fn is_new(&self, key: &ObjectRef, object: &SourceObject) -> bool {
        let before = self.shared.published.get(key);
        let before = before.and_then(|before| before.read::<SourceObject>().ok());
        before.is_none_or(|before| before.resource != object.resource)
    }

    fn publish(&self, key: ObjectRef, object: &SourceObject) {
        let packed = Arc::new(Packed::of(object));
        tracing::info_span!(SPAN_READ).in_scope(|| self.shared.published.set(key, packed));
    }

    fn delete(&mut self, object: &ObjectRef) {
        if let Some(of_kind) = self.kinds.get_mut(&object.kind) {
            of_kind.versions.remove(&object.key);
        }
        self.accept(object);
        tracing::info_span!(SPAN_READ).in_scope(|| self.shared.published.remove(object));
    }

    fn accept(&mut self, object: &ObjectRef) {
        if let Some(of_kind) = self.kinds.get_mut(&object.kind) {
            self.untold |= of_kind.refused.remove(&object.key).is_some();
        }
    }

    /// Notes what is refused of an object, and says so once; nothing of it accepts it.
    fn refuse(&mut self, key: &ObjectRef, rejections: Vec<Rejection>) {
        if rejections.is_empty() {
            self.accept(key);
            return;
        }
        let Some(of_kind) = self.kinds.get_mut(&key.kind) else {
            return;
        };
        let before = of_kind.refused.remove(&key.key).unwrap_or_default();
        self.untold |= before != rejections;
        for rejection in rejections.iter().filter(|it| !before.contains(it)) {
            let Rejection {
                object,
                field,
                reason,
                ..
            } = rejection;
            tracing::warn!(object, field, reason, "refused");
        }
        of_kind.refused.insert(key.key.clone(), rejections);
    }

    /// A kind cannot be read. What was read of it stays; if that never was all there is, the snapshot says so.
    pub(crate) fn unreadable(&mut self, kind: Kind, resource: &str, reason: &str) {
        let Some(of_kind) = self.kinds.get_mut(&kind) else {
            return;
        };
        of_kind.unreadable = Some(Rejection {
            source: SOURCE.to_owned(),
            object: format!("every {kind}"),
            field: String::new(),
            reason: format!("{resource} cannot be read: {reason}"),
            last_good_kept: of_kind.known,
            object_ref: None,
        });
        self.untold = true;
        if !of_kind.known {
            let object = without_status(Resource::Unread(Unread::of(kind)));
            let key = object.resource.object_ref();
            self.publish(key, &object);
        }
    }

    /// Everything of a kind was read, or the kind is gone.
    fn mark_read(&self, kind: Kind) {
        let unread = Resource::Unread(Unread::of(kind));
        self.shared.published.remove(&unread.object_ref());
    }

    pub(crate) fn readable(&mut self, kind: Kind) {
        if let Some(of_kind) = self.kinds.get_mut(&kind) {
            of_kind.unreadable = None;
            self.untold = true;
        }
    }

    /// What cannot be read beside the kinds.
    pub(crate) fn refused_beside(&mut self, rejection: Option<&Rejection>) {
        if self.beside.as_ref() != rejection {
            self.beside = rejection.cloned();
            self.untold = true;
        }
    }

    /// Kinds of which no version that is served is one that is read.
    pub(crate) fn unread_kinds(&mut self, unread: &[Unserved]) {
        let rejections = unread.iter().map(|Unserved { kind, served }| {
            let served = served.iter().map(String::as_str).collect::<Vec<_>>();
            Rejection {
                source: SOURCE.to_owned(),
                object: format!("every {kind}"),
                field: "apiVersion".to_owned(),
                reason: format!(
                    "is served at {}, and read at {}",
                    served.join(", "),
                    versions(*kind).join(", ")
                ),
                last_good_kept: false,
                object_ref: None,
            }
        });
        self.unread = rejections.collect();
        self.untold = true;
    }

    /// Shows what is refused, if that is other than what was shown.
    pub(crate) fn tell_refused(&mut self) {
        if !std::mem::take(&mut self.untold) {
            return;
        }
        let kinds = self.kinds.values();
        let refused = kinds
            .flat_map(|of_kind| {
                let refused = of_kind.refused.values().flatten();
                of_kind.unreadable.iter().chain(refused)
            })
            .chain(&self.beside)
            .chain(&self.unread)
            .cloned()
            .collect();
        self.shared.reject(refused);
    }

    /// Every kind that is served was listed.
    pub(crate) fn complete(&self) {
        if !self.is_complete() {
            let objects = self.shared.published.len();
            tracing::info!(objects, "everything is read");
            self.shared.published.mark_complete();
        }
    }

    pub(crate) fn is_complete(&self) -> bool {
        self.shared.published.is_complete()
    }

    pub(crate) fn is_synced(&self, kind: Kind) -> bool {
        self.kinds.get(&kind).is_some_and(|kind| kind.synced)
    }

    /// Whether everything of a kind up to this version was seen, and the object that was gone by then is.
    pub(crate) fn has_seen(&self, kind: Kind, version: u64) -> bool {
        // A kind that went meanwhile holds nobody up.
        self.kinds
            .get(&kind)
            .is_none_or(|kind| kind.synced && kind.latest >= version)
    }

    /// The version of an object, if it is there.
    pub(crate) fn version(&self, kind: Kind, key: &ObjectKey) -> Option<u64> {
        self.kinds.get(&kind)?.versions.get(key).copied()
    }

    /// The objects of a kind.
    pub(crate) fn keys(&self, kind: Kind) -> impl Iterator<Item = (&ObjectKey, u64)> {
        let versions = self.kinds.get(&kind).map(|kind| &kind.versions);
        versions
            .into_iter()
            .flatten()
            .map(|(key, version)| (key, *version))
    }

    pub(crate) fn position(&self) -> tributary_stream::Position {
        self.shared.published.position()
    }

    fn measure(&self, kind: Kind) {
        let labels = KindLabels {
            kind: kind.as_str(),
        };
        let (synced, objects, refused) = match self.kinds.get(&kind) {
            Some(kind) => (kind.synced, kind.versions.len(), kind.refused.len()),
            None => (false, 0, 0),
        };
        let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        for (metric, value) in [
            (&KIND_SYNCED, i64::from(synced)),
            (&KIND_OBJECTS, count(objects)),
            (&KIND_REFUSED, count(refused)),
        ] {
            self.metrics.get(metric).get_or_create(&labels).set(value);
        }
    }
}

fn rejection(key: &ObjectRef, object: String, fault: FieldFault) -> Rejection {
    let FieldFault { field, reason } = fault;
    Rejection {
        source: SOURCE.to_owned(),
        object,
        field,
        reason,
        last_good_kept: false,
        object_ref: Some(key.clone()),
    }
}

/// As nobody writes a status of it.
fn without_status(resource: Resource) -> SourceObject {
    SourceObject {
        resource: Arc::new(resource),
        status: None,
        resource_version: None,
        labels: Labels::default(),
    }
}

/// Resource versions are numbers and grow, on every API server that is certified as Kubernetes (KEP-5504). One that is
/// none counts as the oldest.
pub(crate) fn number(version: &str) -> u64 {
    version.parse().unwrap_or_default()
}

/// Fields of Kubernetes' own kinds that this program does not know are those of a newer Kubernetes, and nobody's
/// mistake.
fn tell_left_aside(object: &ObjectRef, warnings: &[Warning]) {
    for Warning { field, reason } in warnings {
        if object.kind.group().contains("gateway") {
            tracing::warn!(%object, field, reason, "left aside");
        } else {
            tracing::debug!(%object, field, reason, "left aside");
        }
    }
}

#[cfg(test)]
mod tests;
