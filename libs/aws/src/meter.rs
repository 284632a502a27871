//! Where numbers about calls go: the programmer turns them into metrics, this crate knows none.

use std::fmt;
use std::time::Duration;

use crate::error::Class;
use crate::pace::Group;

/// Hears of every try of every call. Called from many tasks at once; must not block.
pub trait Meter: fmt::Debug + Send + Sync {
    /// One request went out and ended.
    fn called(&self, call: Call);

    /// A call waited before it went out.
    fn waited(&self, wait: Wait);

    /// A group's rate changed: calls a second that it allows itself now.
    fn paced(&self, group: Group, calls_per_second: f64);
}

/// One request that ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Call {
    /// AWS's name of the operation.
    pub operation: &'static str,
    /// Its group.
    pub group: Group,
    /// How it ended; absent for success.
    pub failure: Option<Class>,
    /// From sending to answer.
    pub took: Duration,
}

/// Time spent waiting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Wait {
    /// The operation that waited.
    pub operation: &'static str,
    /// Its group.
    pub group: Group,
    /// For what.
    pub reason: WaitReason,
    /// How long.
    pub time: Duration,
}

/// For what a call waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WaitReason {
    /// Its turn: in-flight limit and rate of its group.
    Turn,
    /// Before another try.
    Backoff,
}

/// Numbers that nobody wants.
#[derive(Clone, Copy, Debug, Default)]
pub struct Unmetered;

impl Meter for Unmetered {
    fn called(&self, _: Call) {}

    fn waited(&self, _: Wait) {}

    fn paced(&self, _: Group, _: f64) {}
}
