//! At which version a kind is served: asked once, and again when the answer turns out wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::{Instant, sleep_until};
use tributary_kubernetes::{Class, Cluster, Failure, Served};
use tributary_model::Kind;

/// Every object of a kind that is missing asks; the API server is asked this often.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Kinds {
    cluster: Cluster,
    known: Lock<BTreeMap<Kind, Served>>,
    /// Held while the API server is asked: when it was last.
    asking: Mutex<Option<Instant>>,
}

impl Kinds {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            known: Lock::default(),
            asking: Mutex::default(),
        }
    }

    /// The kind as it is served.
    ///
    /// # Errors
    /// When it is not, or the API server does not say.
    pub(crate) async fn served(&self, kind: Kind) -> Result<Served, Failure> {
        if let Some(served) = self.known().get(&kind) {
            return Ok(served.clone());
        }
        let wanted = Instant::now();
        let mut asked = self.asking.lock().await;
        // Somebody asked while we waited.
        if asked.is_none_or(|asked| asked < wanted) {
            if let Some(last) = *asked {
                sleep_until(last + INTERVAL).await;
            }
            *asked = Some(Instant::now());
            let (served, _) = self.cluster.served().await?;
            *self.known() = served;
        }
        let served = self.known().get(&kind).cloned();
        served.ok_or_else(|| self.missing(kind))
    }

    /// The API server does not know the kind as we asked for it.
    pub(crate) fn missing(&self, kind: Kind) -> Failure {
        self.known().remove(&kind);
        Failure {
            class: Class::NotFound,
            message: format!("the API server does not serve {}", kind.as_str()),
        }
    }

    fn known(&self) -> MutexGuard<'_, BTreeMap<Kind, Served>> {
        // Changed in single steps that do not panic.
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
