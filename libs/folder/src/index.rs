//! What a folder holds, over its life: which documents claim which objects, and what is seen of them.

mod gaps;
mod refusals;
mod version;

#[cfg(test)]
mod tests;

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tributary_model::resource::{self, Author, CarriedStatus, SourceObject};
use tributary_model::view::Rejection;
use tributary_model::{Kind, Labels, Meta, ObjectKey, ObjectRef, Resource, Timestamp};
use tributary_normalize::{Defaults, Rejected, identify, implied_namespace};

use crate::document::{self, Document, UnreadableDocument};
use crate::memory::{Memory, MemoryError};
use crate::scan::{Content, Identity, Scan, SourceFile, Unread, scan};

pub use gaps::Emptied;
use gaps::Gaps;
use version::{Claim, Held, Past};

/// Namespace of a namespaced object that names none, as kubectl's default context has it.
pub(crate) const DEFAULT_NAMESPACE: &str = "default";

/// So many of the paths that cannot be read are asked for: the rest is seen with the periodic reading.
const MOST_ASKED: usize = 1_000;

/// A folder and what is known of it.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    memory_file: Option<PathBuf>,
    status_dir: Option<PathBuf>,
    emptied: Emptied,
    memory: Memory,
    files: BTreeMap<String, ParsedFile>,
    objects: BTreeMap<ObjectRef, Held>,
    /// Folders by path, as they were when what they hold was last believed.
    folders: BTreeMap<String, Identity>,
    /// Where changes show, as of the last scan.
    watched: BTreeMap<PathBuf, Identity>,
    /// What could not be read by the last one.
    unread: Vec<PathBuf>,
}

/// What a folder holds now.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Reading {
    /// Every object that counts, namespaces that are used but not given among them.
    pub objects: BTreeMap<ObjectRef, SourceObject>,
    /// Documents and objects that do not, and why.
    pub rejections: Vec<Rejection>,
    /// Whether the folder could be listed, and was not found empty all at once: else absence from `objects` means
    /// nothing.
    pub complete: bool,
    /// How many files and folders are not read and keep what they held, or hide what they hold.
    pub withheld: usize,
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
            emptied: Emptied::default(),
            memory,
            files: BTreeMap::new(),
            objects,
            folders: BTreeMap::new(),
            watched: BTreeMap::new(),
            unread: Vec::new(),
        })
    }

    /// With another belief in an empty folder than [`Emptied::Waits`].
    #[must_use]
    pub fn emptied(self, emptied: Emptied) -> Self {
        Self { emptied, ..self }
    }

    /// The folders in which changes show, as of the last reading; nothing while the folder cannot be listed.
    pub fn watched(&self) -> &BTreeMap<PathBuf, Identity> {
        &self.watched
    }

    /// The folder, and what the last reading could not read: whether that changed has to be asked for.
    pub fn asked(&self) -> Vec<PathBuf> {
        let unread = self.unread.iter().take(MOST_ASKED).cloned();
        std::iter::once(self.root.clone()).chain(unread).collect()
    }

    /// Reads the folder again. Files whose text is unchanged are not parsed again.
    ///
    /// # Errors
    /// When what must survive a restart could not be written. The folder is unchanged then.
    pub fn read(&mut self, now: Timestamp) -> Result<Reading, MemoryError> {
        let mut scan = match scan(&self.root) {
            Ok(scan) => scan,
            Err(error) => {
                self.watched.clear();
                self.unread.clear();
                return Ok(self.everything_kept(&error.to_string()));
            }
        };
        self.watched = std::mem::take(&mut scan.watched);
        let lost = self.believe(&mut scan);
        let unread = scan.unread.iter();
        self.unread = unread.map(|it| self.root.join(&it.path)).collect();
        if let Some(reason) = lost {
            return Ok(self.everything_kept(&reason));
        }
        let Scan {
            files,
            unread,
            folders,
            watched: _,
        } = scan;
        let mut rejections = Vec::new();
        let mut claims: BTreeMap<ObjectRef, Claim> = BTreeMap::new();
        let mut gaps = Gaps {
            broken: BTreeSet::new(),
            unread: unread
                .iter()
                .map(|it| (it.path.clone(), it.content))
                .collect(),
        };
        let mut present = BTreeSet::new();
        for file in files {
            present.insert(file.path.clone());
            let parsed = self.parsed(&file);
            for UnreadableDocument {
                number,
                line,
                reason,
            } in &parsed.unreadable
            {
                gaps.broken.insert(file.path.clone());
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
                            let path = &file.path;
                            let duplicate = version::duplicate(path, *number, &object, reason);
                            rejections.push(duplicate);
                        }
                    },
                    Ok(None) => {
                        if let Some((object, foreign)) = tributary_normalize::unread(value) {
                            let reason = foreign.to_string();
                            rejections.push(rejection(source, &object, "apiVersion", reason));
                        } else {
                            tracing::debug!(source, "kind is not ours, skipped");
                        }
                    }
                    Err(rejected) => {
                        gaps.broken.insert(file.path.clone());
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
        let (objects, kept) = version::counting(&past, claims, &gaps, &mut rejections, now);
        rejections.extend(refusals::of_parts(&objects));
        for rejection in &mut rejections {
            rejection.last_good_kept |= rejection.object_ref.is_none()
                && kept.iter().any(|path| is_of(&rejection.source, path));
        }
        let kept_below = |path: &str| kept.iter().any(|file| gaps::covers(path, file));
        let withheld = unread
            .iter()
            .filter(|it| it.content == Content::Hidden || kept_below(&it.path))
            .count();
        rejections.extend(
            unread
                .iter()
                .map(|it| self.cannot_read(it, kept_below(&it.path))),
        );
        self.remember(&objects, &gaps)?;
        self.folders = gaps::read_folders(&self.folders, &folders, &gaps);
        self.objects = objects;
        let mut objects = self.everything();
        refusals::tell(&mut objects, &rejections);
        Ok(Reading {
            objects,
            rejections,
            complete: true,
            withheld,
        })
    }

    /// Adds to a scan what it shows to be gone and what is not believed to be. Returns why nothing is believed, if so.
    fn believe(&self, scan: &mut Scan) -> Option<String> {
        match self.emptied {
            Emptied::Believed => None,
            Emptied::Waits => {
                let memory = self.memory.objects.values();
                let held: BTreeSet<&str> = memory.map(|it| it.path.as_str()).collect();
                let replaced = gaps::replaced(&held, &self.folders, scan);
                let lost = gaps::lost_at_once(&held, &self.folders, scan);
                scan.unread.extend(replaced);
                lost
            }
        }
    }

    fn parsed(&mut self, file: &SourceFile) -> &ParsedFile {
        let SourceFile { path, text } = file;
        let digest: [u8; 32] = Sha256::digest(text).into();
        let parse = || {
            let (documents, unreadable) = document::parse(text);
            ParsedFile {
                text: digest,
                documents,
                unreadable,
            }
        };
        match self.files.entry(path.clone()) {
            Entry::Vacant(entry) => entry.insert(parse()),
            Entry::Occupied(entry) => {
                let parsed = entry.into_mut();
                if parsed.text != digest {
                    *parsed = parse();
                }
                parsed
            }
        }
    }

    fn remember(
        &mut self,
        objects: &BTreeMap<ObjectRef, Held>,
        gaps: &Gaps,
    ) -> Result<(), MemoryError> {
        let memory = version::remembered(&self.memory, objects, gaps);
        if memory == self.memory {
            return Ok(());
        }
        if let Some(file) = &self.memory_file {
            memory.save(file)?;
        }
        self.memory = memory;
        Ok(())
    }

    /// The folder is not listed or not believed: what was there counts on, and a rejection says so.
    fn everything_kept(&self, reason: &str) -> Reading {
        let mut rejection = rejection(self.root.display().to_string(), "folder", "", reason);
        rejection.last_good_kept = !self.objects.is_empty();
        Reading {
            objects: self.everything(),
            rejections: vec![rejection],
            complete: false,
            withheld: 1,
        }
    }

    fn cannot_read(&self, unread: &Unread, last_good_kept: bool) -> Rejection {
        let Unread {
            path,
            reason,
            content: _,
        } = unread;
        let source = match path.as_str() {
            "" => self.root.display().to_string(),
            path => path.to_owned(),
        };
        let mut rejection = rejection(source, "file or folder", "", reason);
        rejection.last_good_kept = last_good_kept;
        rejection
    }

    /// Everything that counts, and the kinds of which more may be there that nothing is known of.
    fn everything(&self) -> BTreeMap<ObjectRef, SourceObject> {
        let mut objects = self.with_implied_namespaces();
        for kind in version::unknown_kinds(&self.memory, &self.objects) {
            let resource = Arc::new(Resource::Unread(resource::Unread::of(kind)));
            let key = resource.object_ref();
            let marker = SourceObject {
                resource,
                status: None,
                resource_version: None,
                labels: Labels::default(),
            };
            objects.insert(key, marker);
        }
        objects
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
                    labels: Labels::default(),
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
