//! A folder as source: when it is read, and what becomes of a reading.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tributary_folder::{Folder, Reading};
use tributary_model::Timestamp;
use tributary_model::view::Rejection;
use tributary_proto::packed::Packed;
use tributary_runtime::{Condition, Context};

use crate::{Error, SPAN_READ, Shared, SyncRequest};

/// An editor writes a file in several steps, and a checkout many files: reading waits for this much quiet …
const QUIET: Duration = Duration::from_millis(100);
/// … but no longer than this.
const LONGEST_DEBOUNCE: Duration = Duration::from_secs(1);
/// Network file systems tell nothing of changes made elsewhere.
const PERIOD: Duration = Duration::from_secs(30);

pub(crate) async fn follow(
    context: &Context,
    mut folder: Folder,
    shared: &Shared,
    mut requests: mpsc::Receiver<SyncRequest>,
) -> Result<(), Error> {
    let complete = context.condition("snapshot");
    let mut waiting: Vec<SyncRequest> = Vec::new();
    let mut watch = Watch::default();
    let mut first = true;
    loop {
        watch.keep_up(&folder);
        let (back, reading) = tokio::task::spawn_blocking(move || {
            let reading = folder.read(now());
            (folder, reading)
        })
        .await?;
        folder = back;
        match reading {
            // Whatever a change leads to, in whichever service, belongs to the reading that saw it.
            Ok(reading) => {
                tracing::info_span!(SPAN_READ).in_scope(|| publish(shared, reading, &complete));
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
        tokio::select! {
            () = context.shutdown.cancelled() => return Ok(()),
            () = watch.changed() => {}
            request = requests.recv() => waiting.extend(request),
            () = sleep_until(Instant::now() + PERIOD) => {}
        }
        // Whoever asked while others were served is served by the same reading.
        while let Ok(request) = requests.try_recv() {
            waiting.push(request);
        }
    }
}

/// The operating system's watch, made again while the folder is not there.
#[derive(Default)]
struct Watch {
    held: Option<(tributary_folder::watch::FolderWatch, watch::Receiver<u64>)>,
    told: bool,
}

impl Watch {
    fn keep_up(&mut self, folder: &Folder) {
        if self.held.is_some() && folder.root().exists() {
            return;
        }
        match tributary_folder::watch::watch(folder.root()) {
            Ok(watch) => {
                self.held = Some(watch);
                self.told = false;
            }
            Err(error) => {
                self.held = None;
                if !std::mem::replace(&mut self.told, true) {
                    tracing::warn!(%error, period_seconds = PERIOD.as_secs(), "changes are seen at the periodic reading only");
                }
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

fn publish(shared: &Shared, reading: Reading, snapshot: &Condition) {
    let Reading {
        objects,
        rejections,
        complete,
    } = reading;
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
        snapshot.unmet();
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
