//! What RPCs and the loop share. One lock: a settling takes milliseconds.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, MutexGuard};

use tonic::Status;
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::view::{ListenerView, Sight};
use tributary_model::{ListenerRef, ObjectRef};
use tributary_runtime::{CancellationToken, Context};
use tributary_stream::Published;

use crate::guests::Guests;
use crate::latency::Latency;
use crate::progress::Progress;
use crate::state::{Judged, MergerState};

/// The state, what is published of it, and who waits for it to change.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) desired: Published<LoadBalancerKey, DesiredLoadBalancer>,
    pub(crate) judgements: Published<ObjectRef, Judged>,
    pub(crate) listeners: Published<ListenerRef, ListenerView>,
    /// The same, each as its owner's namespace may read it.
    pub(crate) apart: Published<ListenerRef, ListenerView>,
    pub(crate) progress: Progress,
    pub(crate) guests: Guests,
    state: Mutex<MergerState>,
    torn: CancellationToken,
}

/// The state, held by one. If that one panics, nobody gets it any more.
#[derive(Debug)]
pub(crate) struct Held<'a> {
    state: MutexGuard<'a, MergerState>,
    torn: &'a CancellationToken,
}

/// Somebody panicked with the state in hand. The merge is not whole between its steps, and what follows from half of it
/// would be programmed; so the process ends, and the next one reads everything anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a panic has torn the merger's state")]
pub struct Torn;

/// Who may see another part of the listeners than before is told all of it anew, wherever the watch was.
const APART_FROM: u64 = 1 << 48;

impl Shared {
    pub(crate) fn new(context: &Context, merge: tributary_merge::Options) -> Self {
        let (desired, judgements, listeners, apart) = (
            Published::new(context, "desired"),
            Published::new(context, "judgement"),
            Published::new(context, "listeners"),
            Published::new(context, "listeners-apart").numbered_from(APART_FROM),
        );
        let state = MergerState::new(
            merge,
            Latency::new(&context.metrics),
            desired.clone(),
            judgements.clone(),
            listeners.clone(),
            apart.clone(),
        );
        Self {
            desired,
            judgements,
            listeners,
            apart,
            progress: Progress::default(),
            guests: Guests::default(),
            state: Mutex::new(state),
            torn: CancellationToken::new(),
        }
    }

    /// The listeners as who sees so much may read them.
    pub(crate) fn listeners_for(&self, sight: &Sight) -> &Published<ListenerRef, ListenerView> {
        match sight {
            Sight::Everything => &self.listeners,
            Sight::Namespace(_) => &self.apart,
        }
    }

    pub(crate) fn lock(&self) -> Result<Held<'_>, Torn> {
        let torn = &self.torn;
        match self.state.lock() {
            Ok(state) => Ok(Held { state, torn }),
            Err(_poisoned) => Err(Torn),
        }
    }

    /// Cancelled when the state is torn. A panic in an RPC ends only its connection: this is how the service learns.
    pub(crate) fn torn(&self) -> &CancellationToken {
        &self.torn
    }
}

impl Deref for Held<'_> {
    type Target = MergerState;

    fn deref(&self) -> &MergerState {
        &self.state
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut MergerState {
        &mut self.state
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        // Its guard, which goes next, poisons the lock by the same sign.
        if std::thread::panicking() {
            self.torn.cancel();
        }
    }
}

impl From<Torn> for Status {
    fn from(torn: Torn) -> Self {
        Self::internal(torn.to_string())
    }
}
