//! A folder as source: when it is read, and what becomes of a reading.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tributary_folder::scan::Identity;
use tributary_folder::watch::{Appearance, FolderWatch, appearances};
use tributary_folder::{Folder, Reading};
use tributary_model::Timestamp;
use tributary_model::view::Rejection;
use tributary_proto::packed::Packed;
use tributary_runtime::{Condition, Context};

use crate::metrics::{FOLDER_REFUSED, FOLDER_WITHHELD};
use crate::{Error, SPAN_READ, Shared, SyncRequest};

#[cfg(test)]
mod tests;

/// An editor writes a file in several steps, and a checkout many files: reading waits for this much quiet …
const QUIET: Duration = Duration::from_millis(100);
/// … but no longer than this.
const LONGEST_DEBOUNCE: Duration = Duration::from_secs(1);
/// Network file systems tell nothing of changes made elsewhere.
const PERIOD: Duration = Duration::from_secs(30);

/// What no watch tells: a mount that comes or goes, another folder of the same name, a link that leads elsewhere.
const LOOK: Duration = Duration::from_millis(500);

pub(crate) async fn follow(
    context: &Context,
    mut folder: Folder,
    shared: &Shared,
    mut requests: mpsc::Receiver<SyncRequest>,
) -> Result<(), Error> {
    let shown = Shown::new(context);
    let mut waiting: Vec<SyncRequest> = Vec::new();
    let mut watch = Watch::default();
    let mut asked = folder.asked();
    let mut first = true;
    loop {
        let paths = asked.clone();
        let (back, seen, reading) = tokio::task::spawn_blocking(move || {
            // Before the reading, so that what changes during it differs.
            let seen = appearances(&paths);
            let reading = folder.read(now());
            (folder, seen, reading)
        })
        .await?;
        folder = back;
        match reading {
            // Whatever a change leads to, in whichever service, belongs to the reading that saw it.
            Ok(reading) => {
                tracing::info_span!(SPAN_READ).in_scope(|| publish(shared, reading, &shown));
            }
            Err(error) if first => return Err(error.into()),
            // What was published stays; the next reading tries again.
            Err(error) => tracing::warn!(%error, "the folder's objects stay as they were"),
        }
        first = false;
        for request in waiting.drain(..) {
            // A caller that is gone no longer waits.
            let _gone = request.send(Ok(shared.published.position()));
        }
        let next = folder.asked();
        // What changed before it was watched or looked at was told by nobody: it is read once more.
        let again = watch.keep_up(folder.watched()).await? || asked != next;
        asked = next;
        let look = async {
            if again {
                sleep(QUIET).await;
            } else {
                differ(&asked, &seen).await;
            }
        };
        tokio::select! {
            () = context.shutdown.cancelled() => return Ok(()),
            () = watch.changed() => {}
            request = requests.recv() => waiting.extend(request),
            () = look => {}
            () = sleep(PERIOD) => {}
        }
        // Whoever asked while others were served is served by the same reading.
        while let Ok(request) = requests.try_recv() {
            waiting.push(request);
        }
    }
}

/// Returns when one of these paths appears otherwise than it was seen.
async fn differ(paths: &[PathBuf], seen: &[Appearance]) {
    loop {
        sleep(LOOK).await;
        let paths = paths.to_vec();
        match tokio::task::spawn_blocking(move || appearances(&paths)).await {
            Ok(now) if now == seen => {}
            // A look that was interrupted saw nothing: the reading tells.
            Ok(_) | Err(_) => return,
        }
    }
}

/// The operating system's watch of the folders that a reading found, made again when it finds others.
#[derive(Default)]
struct Watch {
    held: Option<(FolderWatch, watch::Receiver<u64>)>,
    folders: BTreeMap<PathBuf, Identity>,
    told: bool,
}

impl Watch {
    /// Returns whether something is watched that was not.
    async fn keep_up(&mut self, folders: &BTreeMap<PathBuf, Identity>) -> Result<bool, Error> {
        if folders.is_empty() {
            // What is not there is looked for.
            *self = Self::default();
            return Ok(false);
        }
        if self.held.is_some() && self.folders == *folders {
            return Ok(false);
        }
        let paths: Vec<_> = folders.keys().cloned().collect();
        let made = tokio::task::spawn_blocking(move || {
            tributary_folder::watch::watch(paths.iter().map(PathBuf::as_path))
        });
        match made.await? {
            Ok(watch) => {
                self.held = Some(watch);
                self.folders.clone_from(folders);
                self.told = false;
                Ok(true)
            }
            Err(error) => {
                self.held = None;
                if !std::mem::replace(&mut self.told, true) {
                    tracing::warn!(%error, period_seconds = PERIOD.as_secs(), "changes are seen at the periodic reading only");
                }
                Ok(false)
            }
        }
    }

    /// Returns some quiet after a change.
    async fn changed(&mut self) {
        let Some((_, changes)) = &mut self.held else {
            return std::future::pending().await;
        };
        if changes.changed().await.is_err() {
            return std::future::pending().await;
        }
        let end = Instant::now() + LONGEST_DEBOUNCE;
        let quiet =
            async { while matches!(timeout(QUIET, changes.changed()).await, Ok(Ok(()))) {} };
        if timeout_at(end, quiet).await.is_err() {
            tracing::debug!("the folder keeps changing");
        }
    }
}

/// What a person sees of the readings beside what is refused.
struct Shown {
    snapshot: Condition,
    readable: Condition,
    refused: Gauge,
    withheld: Gauge,
}

impl Shown {
    fn new(context: &Context) -> Self {
        Self {
            snapshot: context.condition("snapshot"),
            readable: context.condition("readable"),
            refused: context.metrics.get(&FOLDER_REFUSED),
            withheld: context.metrics.get(&FOLDER_WITHHELD),
        }
    }
}

fn publish(shared: &Shared, reading: Reading, shown: &Shown) {
    let Shown {
        snapshot,
        readable,
        refused,
        withheld: withheld_paths,
    } = shown;
    let Reading {
        objects,
        rejections,
        complete,
        withheld,
    } = reading;
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    refused.set(count(rejections.len()));
    withheld_paths.set(count(withheld));
    if withheld == 0 {
        readable.met();
    } else {
        let why = format!("{withheld} files or folders cannot be read, what they held stays");
        readable.unmet_because(why);
    }
    tell(&shared.rejections(), &rejections);
    shared.reject(rejections);
    let objects: BTreeMap<_, _> = objects
        .into_iter()
        .map(|(key, object)| (key, Arc::new(Packed::of(&object))))
        .collect();
    let count = objects.len();
    if shared.published.replace_all(objects) {
        tracing::info!(
            objects = count,
            generation = shared.published.position().generation,
            "read"
        );
    }
    if complete {
        shared.published.mark_complete();
        snapshot.met();
    } else {
        snapshot.unmet_because("not everything in the folder could be read");
    }
}

/// Each rejection is said once, when it appears.
fn tell(before: &[Rejection], now: &[Rejection]) {
    for rejection in now.iter().filter(|rejection| !before.contains(rejection)) {
        let Rejection {
            source,
            object,
            field,
            reason,
            last_good_kept,
            object_ref: _,
        } = rejection;
        tracing::warn!(source, object, field, reason, last_good_kept, "refused");
    }
    if now.is_empty() && !before.is_empty() {
        tracing::info!("nothing is refused any more");
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}
