//! `Sync`: what is there at the time of the call, and whether the watches have shown all of it.

use std::collections::BTreeMap;
use std::time::Duration;

use futures::future::try_join_all;
use tokio::time::timeout;
use tributary_kubernetes::{Cluster, Failure, Listing, Served};
use tributary_model::{Kind, ObjectKey};

use super::objects::{Objects, number};
use crate::SyncRequest;

/// All kinds are listed by then: 40,000 objects without their contents take a second.
const DEADLINE: Duration = Duration::from_secs(30);

/// A caller, and what there was when it called.
pub(crate) struct Asked {
    pub(crate) request: SyncRequest,
    pub(crate) listings: Result<BTreeMap<Kind, Listing>, Failure>,
}

/// A caller who waits until everything that there was has been seen.
pub(crate) struct Pending {
    request: SyncRequest,
    kinds: BTreeMap<Kind, Wanted>,
}

struct Wanted {
    /// The newest version of an object that was there: watches tell changes in their order.
    newest: u64,
    /// Of the list.
    version: u64,
    listed: BTreeMap<ObjectKey, String>,
    /// Objects that were gone; known only when everything that was there was seen.
    gone: Option<Vec<ObjectKey>>,
}

pub(crate) async fn ask(cluster: &Cluster, kinds: Vec<Served>, request: SyncRequest) -> Asked {
    let one = |served: Served| async move {
        let listing = cluster.listing(&served).await?;
        Ok((served.kind(), listing))
    };
    let listings = match timeout(DEADLINE, try_join_all(kinds.into_iter().map(one))).await {
        Ok(listings) => listings.map(|listings| listings.into_iter().collect()),
        Err(_) => Err(Failure::timed_out("listing every kind")),
    };
    Asked { request, listings }
}

impl Pending {
    pub(crate) fn new(request: SyncRequest, listings: BTreeMap<Kind, Listing>) -> Self {
        let kinds = listings.into_iter().map(|(kind, listing)| {
            let Listing { objects, version } = listing;
            let newest = objects.values().map(|version| number(version)).max();
            let wanted = Wanted {
                newest: newest.unwrap_or_default(),
                version: number(&version),
                listed: objects,
                gone: None,
            };
            (kind, wanted)
        });
        Self {
            kinds: kinds.collect(),
            request,
        }
    }

    fn is_met(&mut self, objects: &Objects) -> bool {
        self.kinds
            .retain(|kind, wanted| !wanted.is_met(*kind, objects));
        self.kinds.is_empty()
    }
}

impl Wanted {
    fn is_met(&mut self, kind: Kind, objects: &Objects) -> bool {
        if !objects.has_seen(kind, self.newest) {
            return false;
        }
        let Self {
            newest: _,
            version,
            listed,
            gone,
        } = self;
        let gone = gone.get_or_insert_with(|| {
            let unlisted = objects
                .keys(kind)
                .filter(|(key, _)| !listed.contains_key(key));
            unlisted.map(|(key, _)| key.clone()).collect()
        });
        // One that was made again after the list is another.
        gone.retain(|key| {
            objects
                .version(kind, key)
                .is_some_and(|held| held <= *version)
        });
        gone.is_empty()
    }
}

/// Answers those that have waited long enough; returns the others. Whoever is answered can have a whole snapshot, the kinds
/// that no listing was asked of among it.
pub(crate) fn answered(pending: Vec<Pending>, objects: &Objects) -> Vec<Pending> {
    let mut waiting = Vec::new();
    for mut caller in pending {
        if caller.request.is_closed() {
            continue;
        }
        if objects.is_complete() && caller.is_met(objects) {
            // A caller that is gone no longer waits.
            let _gone = caller.request.send(Ok(objects.position()));
        } else {
            waiting.push(caller);
        }
    }
    waiting
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;
    use tokio::sync::oneshot::error::TryRecvError;
    use tributary_runtime::Context;
    use tributary_stream::Published;

    use super::*;
    use crate::Shared;

    #[test]
    fn nobody_is_answered_before_there_is_a_whole_snapshot() {
        let context = Context::new("watcher");
        let shared = Shared {
            published: Published::new(&context, "snapshot"),
            rejections: std::sync::Arc::default(),
            sync: tokio::sync::mpsc::channel(1).0,
        };
        let objects = Objects::new(&context, shared);
        let (request, mut answer) = oneshot::channel();
        // Everything that was listed is seen: nothing was.
        let pending = vec![Pending::new(request, BTreeMap::new())];
        let pending = answered(pending, &objects);
        assert_eq!(answer.try_recv().unwrap_err(), TryRecvError::Empty);
        objects.complete();
        assert!(answered(pending, &objects).is_empty());
        assert!(answer.try_recv().unwrap().is_ok());
    }
}
