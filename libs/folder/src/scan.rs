//! Which files a folder holds, and their text.

use std::path::{Path, PathBuf};

use walkdir::{DirEntry, WalkDir};

/// One manifest file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Relative to the folder, `/` between its parts: the order of precedence among duplicates.
    pub path: String,
    /// Its text, or why it could not be read.
    pub text: Result<String, String>,
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

/// Reads every `.yaml`, `.yml` and `.json` file below `root`, ordered by path.
///
/// Symbolic links are followed. Names that start with a dot are passed over, so that of a mounted
/// ConfigMap (`..data -> ..2026_…`, `app.yaml -> ..data/app.yaml`) each file is seen once.
/// A `root` that is itself a file is that one file.
///
/// # Errors
/// When `root` does not exist or cannot be listed: then nothing is known about what it holds, and the
/// caller must not take absence for deletion. A file that cannot be read is an entry with an error.
pub fn scan(root: &Path) -> Result<Vec<SourceFile>, FolderError> {
    let failed = |reason: String| FolderError {
        path: root.to_owned(),
        reason,
    };
    std::fs::metadata(root).map_err(|error| failed(error.to_string()))?;
    let mut files = Vec::new();
    for entry in WalkDir::new(root)
        .follow_links(true)
        .max_depth(MAX_DEPTH)
        .into_iter()
        .filter_entry(is_visible)
    {
        match entry {
            Ok(entry)
                if entry.file_type().is_file()
                    && (entry.depth() == 0 || is_manifest(entry.path())) =>
            {
                let text = text(&entry);
                files.push(SourceFile {
                    path: relative(root, entry.path()),
                    text,
                });
            }
            Ok(_) => {}
            // A file that vanished between listing and reading is gone; the next scan says so too.
            Err(error)
                if error
                    .io_error()
                    .is_some_and(|error| error.kind() == std::io::ErrorKind::NotFound)
                    && !is_link(error.path()) => {}
            Err(error) => {
                let Some(path) = error.path() else {
                    return Err(failed(error.to_string()));
                };
                if path == root {
                    return Err(failed(error.to_string()));
                }
                files.push(SourceFile {
                    path: relative(root, path),
                    text: Err(error.to_string()),
                });
            }
        }
    }
    files.sort_by(|left, right| left.path.cmp(&right.path));
    Ok(files)
}

fn text(entry: &DirEntry) -> Result<String, String> {
    let size = entry.metadata().map_err(|error| error.to_string())?.len();
    if size > MAX_FILE_BYTES as u64 {
        return Err(format!(
            "has {} MiB, more than the {} MiB of a file that is read: split it",
            size >> 20,
            MAX_FILE_BYTES >> 20
        ));
    }
    std::fs::read_to_string(entry.path()).map_err(|error| error.to_string())
}

fn is_visible(entry: &DirEntry) -> bool {
    entry.depth() == 0 || !entry.file_name().to_string_lossy().starts_with('.')
}

fn is_manifest(path: &Path) -> bool {
    path.extension().is_some_and(|extension| {
        ["yaml", "yml", "json"]
            .iter()
            .any(|known| extension.eq_ignore_ascii_case(known))
    })
}

/// Whether the path is a symbolic link, whose target then is what is missing.
fn is_link(path: Option<&Path>) -> bool {
    path.and_then(|path| std::fs::symlink_metadata(path).ok())
        .is_some_and(|metadata| metadata.is_symlink())
}

fn relative(root: &Path, path: &Path) -> String {
    let relative = path.strip_prefix(root).unwrap_or(path);
    let relative = if relative.as_os_str().is_empty() {
        path.file_name().map_or(path, Path::new)
    } else {
        relative
    };
    relative
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect::<Vec<_>>()
        .join("/")
}
