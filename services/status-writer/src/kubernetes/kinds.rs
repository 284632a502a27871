//! At which version a kind is served: asked once, and again when the answer turns out wrong.

use std::collections::BTreeMap;
use std::sync::{Mutex as Lock, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Mutex;
use tokio::time::Instant;
use tributary_kubernetes::{Class, Cluster, Failure, Served};
use tributary_model::Kind;

/// Every object of a kind that is missing asks. The API server is asked this often at most; in between the last answer
/// holds, and nobody waits: objects of other kinds want the places.
const INTERVAL: Duration = Duration::from_secs(1);

#[derive(Debug)]
pub(crate) struct Kinds {
    cluster: Cluster,
    known: Lock<BTreeMap<Kind, Served>>,
    /// Held while the API server is asked.
    asked: Mutex<Option<Asked>>,
}

/// The last time that the API server was asked.
#[derive(Debug)]
struct Asked {
    /// When it answered, or did not.
    at: Instant,
    failure: Option<Failure>,
}

impl Kinds {
    pub(crate) fn new(cluster: Cluster) -> Self {
        Self {
            cluster,
            known: Lock::default(),
            asked: Mutex::default(),
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
        let mut asked = self.asked.lock().await;
        let is_fresh = |asked: &Asked| asked.at.elapsed() < INTERVAL;
        if !asked.as_ref().is_some_and(is_fresh) {
            let answer = self.cluster.served().await;
            let failure = match answer {
                Ok(kinds) => {
                    *self.known() = kinds.read;
                    None
                }
                Err(failure) => Some(failure),
            };
            let at = Instant::now();
            *asked = Some(Asked { at, failure });
        }
        if let Some(failure) = asked.as_ref().and_then(|asked| asked.failure.clone()) {
            return Err(failure);
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
