//! Whose word on a shard counts.
//!
//! **With Leases** (`--leader-election`) it is that of whoever names the epoch of the shard's Lease, which the merger
//! reads for itself: not a lower one, whose holder is deposed, nor a higher one, which nobody has. Of several it is the
//! latest.
//!
//! **Without** there is nothing to compare an epoch with, so it is not looked at: the latest stream counts. Whatever
//! somebody else said is gone with the next listing of the true programmer, which is called to it as soon as its stream
//! is taken over.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use tokio::time::Instant;
use tonic::Status;
use tributary_kubernetes::Failure;
use tributary_kubernetes::lease::{ShardEpochs, shard_group};
use tributary_model::Installation;
use tributary_model::elb::LoadBalancerKind;
use tributary_proto::call::LoadBalancerShard;

/// A Lease is read this often at most, however often somebody calls.
const FRESH: Duration = Duration::from_secs(1);

/// Clones are the same.
#[derive(Clone, Debug)]
pub(crate) enum Holders {
    /// There are no Leases.
    Latest,
    /// By the shards' Leases.
    Leases(Arc<Leases>),
}

/// What the Leases said last. Bounded by the kinds and [`tributary_proto::call::Shard::MOST`].
pub(crate) struct Leases {
    read: Read,
    seen: Mutex<BTreeMap<(LoadBalancerKind, u32), Slot>>,
}

/// Asks for the epoch of a shard, in a bounded time; nothing if it has no Lease.
pub(crate) type Read = Box<
    dyn Fn(LoadBalancerKind, u32) -> BoxFuture<'static, Result<Option<u64>, Failure>> + Send + Sync,
>;

type Slot = Arc<tokio::sync::Mutex<Option<Seen>>>;

struct Seen {
    at: Instant,
    epoch: Result<Option<u64>, Failure>,
}

impl Holders {
    pub(crate) fn by_leases(epochs: ShardEpochs, us: Installation) -> Self {
        Self::reading(Box::new(move |kind, index| {
            let epochs = epochs.clone();
            let group = shard_group(&us, kind);
            Box::pin(async move { epochs.read(&group, index).await })
        }))
    }

    pub(crate) fn reading(read: Read) -> Self {
        Self::Leases(Arc::new(Leases {
            read,
            seen: Mutex::default(),
        }))
    }

    /// Whether a publisher with this epoch has the shard.
    pub(super) async fn check(&self, share: LoadBalancerShard, epoch: u64) -> Result<(), Status> {
        let Self::Leases(leases) = self else {
            return Ok(());
        };
        let slot = leases.slot(share);
        // Who waits here finds the answer to the one before fresh.
        let mut seen = slot.lock().await;
        let known = seen.take().filter(|seen| seen.at.elapsed() < FRESH);
        let is_news = known.is_none();
        let now = match known {
            Some(seen) => seen,
            None => Seen {
                epoch: (leases.read)(share.kind, share.shard.index()).await,
                at: Instant::now(),
            },
        };
        let verdict = judge(&now.epoch, epoch, is_news);
        *seen = Some(now);
        verdict
    }
}

impl Leases {
    fn slot(&self, share: LoadBalancerShard) -> Slot {
        // A map of slots is whole after any panic.
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = seen.entry((share.kind, share.shard.index())).or_default();
        Arc::clone(slot)
    }
}

fn judge(held: &Result<Option<u64>, Failure>, epoch: u64, is_news: bool) -> Result<(), Status> {
    let refused = |why: String| {
        // It may have been taken just now.
        if is_news {
            Status::failed_precondition(format!("publisher.shard_epoch: {why}"))
        } else {
            Status::unavailable(format!("publisher.shard_epoch: {why} a moment ago"))
        }
    };
    match held {
        Err(failure) => Err(Status::unavailable(format!(
            "the shard's Lease cannot be read: {failure}"
        ))),
        Ok(Some(held)) if epoch == *held => Ok(()),
        Ok(Some(held)) if epoch < *held => Err(Status::failed_precondition(format!(
            "publisher.shard_epoch: is {epoch}, and another programmer has the shard since {held}"
        ))),
        Ok(Some(held)) => Err(refused(format!(
            "is {epoch}, and the shard's Lease was at {held}"
        ))),
        // Of programmers that do not divide anything.
        Ok(None) if epoch == 0 => Ok(()),
        Ok(None) => Err(refused(format!(
            "is {epoch}, and the shard had no Lease in the merger's namespace"
        ))),
    }
}

impl fmt::Debug for Leases {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Leases").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
