//! Which files a folder holds, their text, and what of it could not be read.

use std::collections::BTreeMap;
use std::fs::{File, FileType, Metadata};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};
use walkdir::{DirEntry, WalkDir};

/// What is below a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// Manifests that were read, by path: the order of precedence among duplicates.
    pub files: Vec<SourceFile>,
    /// What could not be read, by path: whatever is there or below it is not known now.
    pub unread: Vec<Unread>,
    /// The folders that were listed to their end, and which they are.
    pub folders: BTreeMap<String, Identity>,
    /// Where changes show: these folders, and those that linked files are in.
    pub watched: BTreeMap<PathBuf, Identity>,
}

/// One manifest file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the folder, `/` between its parts.
    pub path: String,
    /// Its text.
    pub text: String,
}

/// A file, folder or link that could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// As of a file; empty for the folder itself.
    pub path: String,
    /// Lower case but for the operating system's words.
    pub reason: String,
    /// What is behind it.
    pub content: Content,
}

/// What may be behind that which cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// The operating system keeps it from us, so that there may be manifests that nobody has seen.
    Hidden,
    /// Nothing that a manifest could be: a link to nowhere or in a circle, a FIFO, a file that is no text or too large.
    Unusable,
}

/// Which folder it is: another one of the same path has another one, a mount among them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Identity {
    device: u64,
    inode: u64,
    /// Inodes are given again soon; absent where the file system does not know.
    born: Option<SystemTime>,
}

/// Why a folder could not be listed as a whole.
#[derive(Debug, thiserror::Error)]
#[error("cannot read folder {path}: {reason}")]
pub struct FolderError {
    /// The folder.
    pub path: PathBuf,
    /// From the operating system.
    pub reason: String,
}

/// Deep enough for any tree a person keeps, and an end for a symlink that walkdir's own loop detection
/// does not see.
const MAX_DEPTH: usize = 32;

/// A file is read whole, and becomes some ten times as much in memory. A List of 40,000 routes has some 30 MB.
pub(crate) const MAX_FILE_BYTES: usize = 256 * 1024 * 1024;

/// Reads every `.yaml`, `.yml` and `.json` file below `root`.
///
/// Symbolic links are followed. Names that start with a dot are passed over, so that of a mounted
/// ConfigMap (`..data -> ..2026_…`, `app.yaml -> ..data/app.yaml`) each file is seen once.
/// A `root` that is itself a file is that one file.
///
/// What is in neither `files` nor below one of `unread` is gone: the folder that would hold it was listed to its end.
///
/// # Errors
/// When `root` does not exist or cannot be listed: then nothing is known about what it holds, and the
/// caller must not take absence for deletion.
pub fn scan(root: &Path) -> Result<Scan, FolderError> {
    let failed = |reason: String| FolderError {
        path: root.to_owned(),
        reason,
    };
    let metadata = std::fs::metadata(root).map_err(|error| failed(error.to_string()))?;
    if !metadata.is_dir() && !metadata.is_file() {
        return Err(failed(not_a_file(metadata.file_type())));
    }
    let watched = BTreeMap::from([(root.to_owned(), Identity::of(&metadata))]);
    let mut scanner = Scanner {
        root,
        name: match root.file_name() {
            Some(name) if metadata.is_file() => name.to_string_lossy().into_owned(),
            _ => String::new(),
        },
        scan: Scan {
            watched,
            ..Scan::default()
        },
    };
    // Folders that are being listed, by depth.
    let mut open: Vec<PathBuf> = Vec::new();
    let entries = WalkDir::new(root)
        .follow_links(true)
        .max_depth(MAX_DEPTH)
        .into_iter()
        .filter_entry(|entry| entry.depth() == 0 || is_visible(entry.path()));
    for entry in entries {
        match entry {
            Ok(entry) => {
                open.truncate(entry.depth());
                if entry.file_type().is_dir() {
                    open.push(entry.path().to_owned());
                }
                scanner.enter(&entry);
            }
            Err(error) => {
                let listed = error
                    .depth()
                    .checked_sub(1)
                    .and_then(|depth| open.get(depth));
                // A listing that broke off has no path: it is the one of the folder above.
                let Some(path) = error.path().or(listed.map(PathBuf::as_path)) else {
                    return Err(failed(error.to_string()));
                };
                if error.path() == Some(root) {
                    return Err(failed(error.to_string()));
                }
                if path == root || is_visible(path) {
                    scanner.cannot_read(path, reason(&error), behind(&error));
                }
            }
        }
    }
    let mut scan = scanner.scan;
    scan.files.sort_by(|left, right| left.path.cmp(&right.path));
    scan.unread
        .sort_by(|left, right| left.path.cmp(&right.path));
    // A folder may be neither looked at nor listed.
    scan.unread.dedup_by(|next, first| next.path == first.path);
    Ok(scan)
}

/// A scan under way.
struct Scanner<'a> {
    root: &'a Path,
    /// Path of the root itself: empty for a folder.
    name: String,
    scan: Scan,
}

impl Scanner<'_> {
    fn enter(&mut self, entry: &DirEntry) {
        let (path, file_type) = (entry.path(), entry.file_type());
        if file_type.is_dir() {
            if entry.depth() == MAX_DEPTH {
                let reason = format!("is more than {MAX_DEPTH} folders deep");
                return self.cannot_read(path, reason, Content::Hidden);
            }
            match std::fs::metadata(path) {
                Ok(metadata) => {
                    let identity = Identity::of(&metadata);
                    let name = self.path(path);
                    self.scan.folders.insert(name, identity);
                    self.scan.watched.insert(path.to_owned(), identity);
                }
                Err(error) => self.io(path, &error),
            }
        } else if entry.depth() > 0 && !is_manifest(path) {
            // Of no interest, whatever it is.
        } else if file_type.is_file() {
            if entry.path_is_symlink() {
                self.watch_target(path);
            }
            match text(path) {
                Ok(text) => {
                    let path = self.path(path);
                    self.scan.files.push(SourceFile { path, text });
                }
                Err(Refusal::Io(error)) => self.io(path, &error),
                Err(Refusal::Content(reason)) => {
                    self.cannot_read(path, reason, Content::Unusable);
                }
            }
        } else {
            self.cannot_read(path, not_a_file(file_type), Content::Unusable);
        }
    }

    /// A linked file changes where it is.
    fn watch_target(&mut self, path: &Path) {
        let target = path.canonicalize();
        let folder = target.as_deref().ok().and_then(Path::parent);
        // What cannot be found is told by the reading of the file.
        if let Some((folder, Ok(metadata))) = folder.map(|path| (path, std::fs::metadata(path))) {
            self.scan
                .watched
                .insert(folder.to_owned(), Identity::of(&metadata));
        }
    }

    fn io(&mut self, path: &Path, error: &std::io::Error) {
        self.cannot_read(path, error.to_string(), content(error));
    }

    fn cannot_read(&mut self, path: &Path, reason: String, content: Content) {
        let name = self.path(path);
        self.scan.folders.remove(&name);
        if path != self.root {
            self.scan.watched.remove(path);
        }
        self.scan.unread.push(Unread {
            path: name,
            reason,
            content,
        });
    }

    /// Relative to the root.
    fn path(&self, path: &Path) -> String {
        let parts = path.strip_prefix(self.root).unwrap_or(path).components();
        let parts: Vec<_> = parts
            .map(|part| part.as_os_str().to_string_lossy())
            .collect();
        if parts.is_empty() {
            self.name.clone()
        } else {
            parts.join("/")
        }
    }
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            born: metadata.created().ok(),
        }
    }
}

/// Why a file's text could not be had.
enum Refusal {
    Io(std::io::Error),
    Content(String),
}

/// Opened without waiting, since a FIFO may have taken the file's place meanwhile; and never read beyond the
/// limit, since files of some file systems do not say how long they are.
fn text(path: &Path) -> Result<String, Refusal> {
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let opened = rustix::fs::open(path, flags, Mode::empty());
    let mut file = File::from(opened.map_err(|error| Refusal::Io(error.into()))?);
    let metadata = file.metadata().map_err(Refusal::Io)?;
    if !metadata.is_file() {
        return Err(Refusal::Content(not_a_file(metadata.file_type())));
    }
    let limit = MAX_FILE_BYTES as u64;
    let too_large = |size: u64| {
        Refusal::Content(format!(
            "has {} MiB, more than the {} MiB of a file that is read: split it",
            size.div_ceil(1 << 20),
            MAX_FILE_BYTES >> 20
        ))
    };
    if metadata.len() > limit {
        return Err(too_large(metadata.len()));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    let read = (&mut file).take(limit + 1).read_to_end(&mut bytes);
    if read.map_err(Refusal::Io)? > MAX_FILE_BYTES {
        return Err(too_large(limit + 1));
    }
    String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Refusal::Content(format!("is not UTF-8 text: byte {at} is none"))
    })
}

fn not_a_file(file_type: FileType) -> String {
    let what = if file_type.is_fifo() {
        "a FIFO"
    } else if file_type.is_socket() {
        "a socket"
    } else if file_type.is_dir() {
        "a folder"
    } else {
        "a device"
    };
    format!("is {what} where a file should be, and is not opened")
}

/// Without the path, which is told beside it.
fn reason(error: &walkdir::Error) -> String {
    match error.io_error() {
        Some(error) => error.to_string(),
        None => "is a link to a folder that it is in: a loop".to_owned(),
    }
}

fn behind(error: &walkdir::Error) -> Content {
    match error.io_error() {
        Some(error) => content(error),
        // A link to a folder that it is in.
        None => Content::Unusable,
    }
}

fn content(error: &std::io::Error) -> Content {
    let is_loop = rustix::io::Errno::from_io_error(error) == Some(rustix::io::Errno::LOOP);
    if error.kind() == ErrorKind::NotFound || is_loop {
        Content::Unusable
    } else {
        Content::Hidden
    }
}

fn is_visible(path: &Path) -> bool {
    path.file_name()
        .is_none_or(|name| !name.as_encoded_bytes().starts_with(b"."))
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}
