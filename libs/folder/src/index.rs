//! What a folder holds, over its life: which documents claim which objects, and what is seen of them.

mod version;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tributary_model::resource::{Author, CarriedStatus, SourceObject};
use tributary_model::view::Rejection;
use tributary_model::{Kind, Meta, ObjectKey, ObjectRef, Resource, Timestamp};
use tributary_normalize::{Defaults, Rejected, identify, implied_namespace};

use crate::document::{self, Document, UnreadableDocument};
use crate::memory::{Memory, MemoryError};
use crate::scan::{SourceFile, scan};

use version::{Claim, Held, Past};

/// Namespace of a namespaced object that names none, as kubectl's default context has it.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// A folder and what is known of it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    memory_file: Option<PathBuf>,
    status_dir: Option<PathBuf>,
    memory: Memory,
    files: BTreeMap<String, ParsedFile>,
    objects: BTreeMap<ObjectRef, Held>,
}

/// What a folder holds now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Every object that counts, namespaces that are used but not given among them.
    pub objects: BTreeMap<ObjectRef, SourceObject>,
    /// Documents and objects that do not, and why.
    pub rejections: Vec<Rejection>,
    /// Whether the folder could be listed: else absence from `objects` means nothing.
    pub complete: bool,
}

/// A file's documents, kept while its text stays the same.
#[derive(Debug)]
struct ParsedFile {
    text: [u8; 32],
    documents: Vec<Document>,
    unreadable: Vec<UnreadableDocument>,
}

impl Folder {
    /// A folder that has not been read yet, with what an earlier run remembered of it. An object carries the
    /// status that it has in the status folder, as a cluster's would, else the one in its document.
    ///
    /// # Errors
    /// When there is a memory and it cannot be read.
    pub fn open(
        root: PathBuf,
        memory_file: Option<PathBuf>,
        status_dir: Option<PathBuf>,
    ) -> Result<Self, MemoryError> {
        let memory = memory_file
            .as_deref()
            .map(Memory::load)
            .transpose()?
            .unwrap_or_default();
        // Until the first reading replaces them.
        let objects = version::recalled(&memory);
        Ok(Self {
            root,
            memory_file,
            status_dir,
            memory,
            files: BTreeMap::new(),
            objects,
        })
    }

    /// The folder.
    pub fn root(&self) -> &std::path::Path {
        &self.root
    }

    /// Reads the folder again. Files whose text is unchanged are not parsed again.
    ///
    /// # Errors
    /// When what must survive a restart could not be written. The folder is unchanged then.
    pub fn read(&mut self, now: Timestamp) -> Result<Reading, MemoryError> {
        let files = match scan(&self.root) {
            Ok(files) => files,
            Err(error) => return Ok(self.everything_kept(&error.to_string())),
        };
        let mut rejections = Vec::new();
        let mut claims: BTreeMap<ObjectRef, Claim> = BTreeMap::new();
        let mut broken = BTreeSet::new();
        let mut present = BTreeSet::new();
        for file in files {
            present.insert(file.path.clone());
            let parsed = match self.parsed(&file) {
                Ok(parsed) => parsed,
                Err(reason) => {
                    broken.insert(file.path.clone());
                    rejections.push(rejection(file.path, "file", "", reason));
                    continue;
                }
            };
            for UnreadableDocument {
                number,
                line,
                reason,
            } in &parsed.unreadable
            {
                broken.insert(file.path.clone());
                rejections.push(rejection(
                    format!("{} document {number} (line {line})", file.path),
                    "document",
                    "",
                    reason,
                ));
            }
            for Document { number, value } in &parsed.documents {
                let source = format!("{} document {number}", file.path);
                match identify(value, &defaults(Timestamp::default(), 1)) {
                    Ok(Some(object)) => match claims.get(&object) {
                        None => {
                            claims.insert(
                                object,
                                Claim {
                                    path: file.path.clone(),
                                    number: *number,
                                    value: value.clone(),
                                },
                            );
                        }
                        Some(first) => {
                            let reason = format!(
                                "{} document {} already holds this object; the first by path counts",
                                first.path, first.number
                            );
                            let mut duplicate =
                                rejection(source, &object.to_string(), "metadata.name", reason);
                            duplicate.object_ref = Some(object);
                            rejections.push(duplicate);
                        }
                    },
                    Ok(None) => tracing::debug!(source, "kind is not ours, skipped"),
                    Err(rejected) => {
                        broken.insert(file.path.clone());
                        rejections.push(refused(source, rejected));
                    }
                }
            }
        }
        self.files.retain(|path, _| present.contains(path));
        let past = Past {
            objects: &self.objects,
            memory: &self.memory,
            status_dir: self.status_dir.as_deref(),
        };
        let (objects, kept) = version::counting(&past, claims, &broken, &mut rejections, now);
        for rejection in &mut rejections {
            rejection.last_good_kept |= rejection.object_ref.is_none()
                && kept.iter().any(|path| is_of(&rejection.source, path));
        }
        self.remember(&objects)?;
        self.objects = objects;
        Ok(Reading {
            objects: self.with_implied_namespaces(),
            rejections,
            complete: true,
        })
    }

    fn parsed(&mut self, file: &SourceFile) -> Result<&ParsedFile, String> {
        let text = file.text.as_ref().map_err(String::clone)?;
        let digest: [u8; 32] = Sha256::digest(text).into();
        let unchanged = self
            .files
            .get(&file.path)
            .is_some_and(|parsed| parsed.text == digest);
        if !unchanged {
            let (documents, unreadable) = document::parse(text);
            self.files.insert(
                file.path.clone(),
                ParsedFile {
                    text: digest,
                    documents,
                    unreadable,
                },
            );
        }
        self.files
            .get(&file.path)
            .ok_or_else(|| "not read".to_owned())
    }

    fn remember(&mut self, objects: &BTreeMap<ObjectRef, Held>) -> Result<(), MemoryError> {
        let memory = version::remembered(&self.memory, objects);
        if memory == self.memory {
            return Ok(());
        }
        if let Some(file) = &self.memory_file {
            memory.save(file)?;
        }
        self.memory = memory;
        Ok(())
    }

    /// The folder cannot be listed: what was there counts on, and a rejection says so.
    fn everything_kept(&self, reason: &str) -> Reading {
        let mut rejection = rejection(self.root.display().to_string(), "folder", "", reason);
        rejection.last_good_kept = !self.objects.is_empty();
        Reading {
            objects: self.with_implied_namespaces(),
            rejections: vec![rejection],
            complete: false,
        }
    }

    /// An object with the status that it carries. What is in the status folder our status writer wrote; a status in a
    /// document came with the document.
    fn with_status(&self, key: &ObjectRef, object: &SourceObject) -> SourceObject {
        let mut object = object.clone();
        if let Some(status) = version::written_status(self.status_dir.as_deref(), key) {
            let author = Author::Us;
            object.status = Some(CarriedStatus { status, author });
        }
        object
    }

    /// Everything that counts. A namespace that is used but not given exists, with the label that every
    /// namespace has.
    fn with_implied_namespaces(&self) -> BTreeMap<ObjectRef, SourceObject> {
        let mut objects: BTreeMap<_, _> = self
            .objects
            .iter()
            .map(|(key, held)| (key.clone(), self.with_status(key, &held.object)))
            .collect();
        let used: BTreeSet<_> = self
            .objects
            .keys()
            .map(|key| key.key.namespace.clone())
            .filter(|namespace| !namespace.is_empty())
            .collect();
        for namespace in used {
            let key = ObjectRef::new(Kind::Namespace, ObjectKey::cluster(namespace.clone()));
            if objects.contains_key(&key) {
                continue;
            }
            let meta = Meta {
                key: key.key.clone(),
                generation: 1,
                created: Timestamp::default(),
                deleting: false,
            };
            let resource = Arc::new(Resource::Namespace(implied_namespace(meta)));
            objects.insert(
                key,
                SourceObject {
                    resource,
                    status: None,
                    resource_version: None,
                },
            );
        }
        objects
    }
}

/// What the API server would fill in.
pub(crate) fn defaults(created: Timestamp, generation: i64) -> Defaults {
    Defaults {
        namespace: DEFAULT_NAMESPACE.into(),
        created,
        generation,
    }
}

/// Whether a rejection's source is this file: its path, alone or before the place in it.
fn is_of(source: &str, path: &str) -> bool {
    source
        .strip_prefix(path)
        .is_some_and(|place| place.is_empty() || place.starts_with(" document "))
}

fn rejection(
    source: impl Into<String>,
    object: &str,
    field: &str,
    reason: impl Into<String>,
) -> Rejection {
    Rejection {
        source: source.into(),
        object: object.to_owned(),
        field: field.to_owned(),
        reason: reason.into(),
        last_good_kept: false,
        object_ref: None,
    }
}

fn refused(source: String, rejected: Rejected) -> Rejection {
    let Rejected {
        object,
        object_ref,
        field,
        reason,
    } = rejected;
    Rejection {
        source,
        object,
        field,
        reason,
        last_good_kept: false,
        object_ref,
    }
}
