//! Tells when a folder may have changed.
//!
//! The operating system tells of changes in a folder that it was asked to watch, and of that folder only: not of one of
//! the same name that took its place, nor of a mount. So each folder is watched by itself, as the scan found it, and anew
//! when the scan finds others; and whoever waits looks now and then at what cannot be watched ([`appearances`]).

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

/// Keeps the operating system's watch; dropping it ends the notifications.
#[derive(Debug)]
pub struct FolderWatch {
    // Held for its Drop only.
    _watcher: notify::RecommendedWatcher,
}

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch folder: {0}")]
pub struct WatchError(String);

/// What shows from outside that a path leads elsewhere than before, or may be read now: device, inode and time of change,
/// or why there are none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Appearance(Result<(u64, u64, i64, i64), ErrorKind>);

/// Watches these folders (or files), and nothing below them. The receiver sees a new number for every notification; any
/// number of them between two looks is one.
///
/// What is gone or closed meanwhile is left out: the next scan misses it, too.
///
/// # Errors
/// When the operating system refuses, for example for want of inotify watches.
pub fn watch<'a>(
    folders: impl IntoIterator<Item = &'a Path>,
) -> Result<(FolderWatch, watch::Receiver<u64>), WatchError> {
    let failed = |error: notify::Error| WatchError(error.to_string());
    let (sender, receiver) = watch::channel(0);
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        let reading = matches!(&event, Ok(event) if event.kind.is_access());
        if let Err(error) = &event {
            tracing::warn!(%error, "folder watch");
        }
        // Our own reading opens files: counting that as a change would never come to rest.
        if !reading {
            sender.send_modify(|count| *count += 1);
        }
    })
    .map_err(failed)?;
    let mut paths = watcher.paths_mut();
    for folder in folders {
        match paths.add(folder, RecursiveMode::NonRecursive) {
            Ok(()) => {}
            Err(error) if is_closed(&error) => tracing::debug!(%error, "not watched"),
            Err(error) => return Err(failed(error)),
        }
    }
    paths.commit().map_err(failed)?;
    Ok((FolderWatch { _watcher: watcher }, receiver))
}

/// How these paths appear now, links followed. Opens nothing.
pub fn appearances(paths: &[PathBuf]) -> Vec<Appearance> {
    paths.iter().map(|path| appearance(path)).collect()
}

fn appearance(path: &Path) -> Appearance {
    let metadata = std::fs::metadata(path).map_err(|error| error.kind());
    Appearance(metadata.map(|it| (it.dev(), it.ino(), it.ctime(), it.ctime_nsec())))
}

fn is_closed(error: &notify::Error) -> bool {
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(error) => {
            matches!(
                error.kind(),
                ErrorKind::NotFound | ErrorKind::PermissionDenied
            )
        }
        _ => false,
    }
}
