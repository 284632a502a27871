//! When AWS was last reached.

use tokio::sync::watch;
use tokio::time::Instant;

/// When AWS last did as it was asked. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Reached(watch::Sender<Option<Instant>>);

impl Default for Reached {
    fn default() -> Self {
        Self(watch::Sender::new(None))
    }
}

impl Reached {
    pub(crate) fn note(&self) {
        self.0.send_replace(Some(Instant::now()));
    }

    pub(crate) fn since(&self, begun: Instant) -> bool {
        self.0.borrow().is_some_and(|reached| reached >= begun)
    }

    /// Returns once it does so anew.
    pub(crate) async fn again(&self) {
        let mut reached = self.0.subscribe();
        if reached.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}
