//! What is asked and answered outside of streams, in domain types.
//!
//! Requests and answers convert like everything else: `From<&T>` writes, `TryFrom<Message>` reads.

use std::num::NonZeroU32;
use std::time::Duration;

use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::key::{Kind, ListenerOwner, Name};
use tributary_model::selector::LabelSelector;
use tributary_model::view::{ListenerState, ListenerView};
use tributary_model::{ObjectKey, ObjectRef, Precedence, shard_of};

use crate::convert::ConvertError;
use crate::event::{Position, Refused};

/// A share of something that several replicas divide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Shard {
    index: u32,
    count: NonZeroU32,
}

/// The load balancers that one programmer looks after (`DesiredService.WatchLoadBalancers`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoadBalancerShard {
    /// Which kind.
    pub kind: LoadBalancerKind,
    /// Which share of them.
    pub shard: Shard,
}

/// A programmer that publishes reports, and the load balancers it speaks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Publisher {
    /// Pod or process, for logs: up to [`Publisher::LONGEST_INSTANCE`] letters, digits, `-` and `.`.
    pub instance: String,
    /// What it looks after.
    pub load_balancers: LoadBalancerShard,
    /// Transition count of the shard's Lease, or 0 without Leases. A merger with leader election refuses any other than
    /// the Lease's; one without compares nothing.
    pub shard_epoch: u64,
}

/// The merger's answer at the end of a stream of reports.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportsTaken {
    /// Position of the last report that was taken.
    pub position: Option<Position>,
    /// Reports that were not; the last hundred at most.
    pub refused: Vec<RefusedReport>,
}

/// A report that was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedReport {
    /// Absent when not even that could be read.
    pub key: Option<LoadBalancerKey>,
    /// What is wrong with it.
    pub error: ConvertError,
}

/// How far the status writer has come (`JudgementService.AcknowledgeJudgements`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Acknowledgement {
    /// Everything up to here is written, but for what is set aside or failed.
    pub position: Position,
    /// The whole list of what can never be written as it should be.
    pub set_aside: Vec<SetAside>,
    /// The whole list of what could not be written and is tried again.
    pub failed: Vec<SetAside>,
    /// What is of concern to the status writer, `NAME: why` or only `NAME`.
    pub concerns: Vec<String>,
    /// Which process says so, as when it began to watch.
    pub instance: String,
}

/// An object whose status is not written as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SetAside {
    /// Which.
    pub object: ObjectRef,
    /// Why: denied, refused, unreachable.
    pub reason: String,
}

/// Which listeners are wanted. All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerFilter {
    /// On this Gateway's load balancer.
    pub gateway: Option<ObjectKey>,
    /// Of owners in this namespace.
    pub namespace: Option<Name>,
    /// Of this Gateway or ListenerSet.
    pub owner: Option<ListenerOwner>,
    /// In one of these states; none lets all pass.
    pub states: Vec<ListenerState>,
    /// That declare exactly this hostname; the empty one is of listeners that declare none.
    pub hostname: Option<String>,
    /// Of owners with such labels.
    pub labels: Option<LabelSelector>,
}

/// A list of listeners (`ListenersService.ListListeners`), or a page of it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerListing {
    /// Which.
    pub filter: ListenerFilter,
    /// How many at most; absent: all there are.
    pub page_size: Option<NonZeroU32>,
    /// Those behind this place; absent: from the first on.
    pub after: Option<ListenerPlace>,
}

/// A place in the order of all listeners: by Gateway, then by precedence.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ListenerPlace {
    /// On whose load balancer.
    pub gateway: ObjectKey,
    /// The place on it.
    pub precedence: Precedence,
}

/// What is to be watched (`ListenersService.WatchListeners`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListenerWatch {
    /// Which listeners.
    pub filter: ListenerFilter,
    /// Up to where an earlier watch with this filter had told everything.
    pub resume_after: Option<Position>,
}

/// Which objects are wanted (`ListenersService.ListObjects`). All that is given must hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ObjectFilter {
    /// Absent: all kinds that get a status.
    pub kind: Option<Kind>,
    /// In this namespace.
    pub namespace: Option<Name>,
    /// With such labels.
    pub labels: Option<LabelSelector>,
}

/// What is to be explained (`ListenersService.Explain`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExplainQuery {
    /// A Gateway, ListenerSet, route or class.
    pub object: ObjectRef,
    /// One listener of it; absent: the object and all of them.
    pub listener: Option<Name>,
}

/// An answer that speaks of one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer<T> {
    /// How far the server had come.
    pub position: Position,
    /// What was asked for.
    pub item: T,
}

/// How long `ListenersService.WaitSettled` may wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaitTimeout(pub Duration);

/// What `ListenersService.WaitSettled` found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WaitOutcome {
    /// Nothing is awaited.
    Settled,
    /// The time is up; what is still awaited, one a line.
    Pending(Vec<String>),
}

impl Shard {
    /// All of it.
    pub const WHOLE: Self = Self {
        index: 0,
        count: NonZeroU32::MIN,
    };
    /// No more replicas than this have anything to divide, and what is remembered of each share is bounded by it.
    pub const MOST: u32 = 256;

    /// Share `index` of `count`, of which there are [`Shard::MOST`] at most; nothing if there is no such share.
    pub fn new(index: u32, count: u32) -> Option<Self> {
        let count = NonZeroU32::new(count).filter(|count| count.get() <= Self::MOST)?;
        (index < count.get()).then_some(Self { index, count })
    }

    /// 0 to `count` - 1.
    pub fn index(self) -> u32 {
        self.index
    }

    /// At least 1.
    pub fn count(self) -> u32 {
        self.count.get()
    }

    /// Whether something may be in both: the rest modulo the greatest common divisor of the counts is the same.
    fn overlaps(self, other: Self) -> bool {
        let (mut divisor, mut rest) = (self.count(), other.count());
        while rest > 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        self.index % divisor == other.index % divisor
    }
}

impl ListenerPlace {
    /// Of one listener.
    pub fn of(view: &ListenerView) -> Self {
        let resolved = &view.resolved;
        Self {
            gateway: resolved.gateway.clone(),
            precedence: resolved.precedence.clone(),
        }
    }
}

impl Publisher {
    /// As a Kubernetes object's name, in bytes.
    pub const LONGEST_INSTANCE: usize = 253;
}

impl LoadBalancerShard {
    /// Whether a load balancer is in this share. The merger sends by it and programmers search by it.
    pub fn includes(&self, key: &LoadBalancerKey) -> bool {
        let Self { kind, shard } = self;
        key.kind == *kind && shard_of(&key.gateway, shard.count) == shard.index
    }

    /// Whether some load balancer may be in both.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.kind == other.kind && self.shard.overlaps(other.shard)
    }
}

impl From<Refused<LoadBalancerKey>> for RefusedReport {
    fn from(refused: Refused<LoadBalancerKey>) -> Self {
        let Refused {
            key,
            position: _,
            error,
        } = refused;
        Self { key, error }
    }
}

#[cfg(test)]
mod tests;
