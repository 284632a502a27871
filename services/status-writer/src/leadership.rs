//! Whether this replica may write.

use std::fmt;
use std::future::ready;

use futures::FutureExt;
use futures::future::BoxFuture;
use tributary_kubernetes::lease;

/// A non-leader never writes. A Lease of Kubernetes decides, or nobody; a trait, so that a
/// test can lose the lead between two requests.
pub trait Leadership: fmt::Debug + Send + Sync {
    /// Asked right before each request: a process that was stopped for a minute must notice by itself.
    fn may_write(&self) -> bool;

    /// Waits until [`Leadership::may_write`] says yes.
    fn leading(&self) -> BoxFuture<'_, ()>;
}

impl Leadership for lease::Leadership {
    fn may_write(&self) -> bool {
        Self::may_write(self)
    }

    fn leading(&self) -> BoxFuture<'_, ()> {
        let mut following = self.clone();
        async move { while following.changed().await.is_none() {} }.boxed()
    }
}

/// The only replica.
#[derive(Clone, Copy, Debug, Default)]
pub struct AlwaysLeading;

impl Leadership for AlwaysLeading {
    fn may_write(&self) -> bool {
        true
    }

    fn leading(&self) -> BoxFuture<'_, ()> {
        ready(()).boxed()
    }
}
