//! Tells when a folder may have changed.

use std::path::Path;

use notify::{RecursiveMode, Watcher};
use tokio::sync::watch;

/// Keeps the operating system's watch; dropping it ends the notifications.
pub struct FolderWatch {
    // Held for its Drop only.
    _watcher: notify::RecommendedWatcher,
}

/// Why a folder cannot be watched.
#[derive(Debug, thiserror::Error)]
#[error("cannot watch folder: {0}")]
pub struct WatchError(String);

/// Watches `root` and everything below it, symbolic links followed. The receiver sees a new number for
/// every notification; any number of them between two looks is one.
///
/// # Errors
/// When the operating system refuses, for example for want of inotify watches.
pub fn watch(root: &Path) -> Result<(FolderWatch, watch::Receiver<u64>), WatchError> {
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
    .map_err(|error| WatchError(error.to_string()))?;
    watcher
        .watch(root, RecursiveMode::Recursive)
        .map_err(|error| WatchError(error.to_string()))?;
    Ok((FolderWatch { _watcher: watcher }, receiver))
}
