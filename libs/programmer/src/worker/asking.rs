//! What a worker asks AWS in place of a look at everything.

use tokio::sync::watch;
use tokio::time::Instant;
use tributary_aws::{Finding, ask, ask_health};

use super::Worker;
use crate::target::Target;

/// What a question about drift came to.
pub(super) enum Found {
    AsKnown,
    /// Somebody else changed something, or it is time to make sure.
    Drift,
}

impl Worker {
    /// Asks whether it is still as it is known.
    pub(super) async fn ask(&mut self) -> Found {
        let now = Instant::now();
        let known = match &self.known {
            Some(known) if !self.drift.wants_everything(now) => known,
            Some(_) | None => return Found::Drift,
        };
        let finding = match self.drift.question(known.observed()) {
            Some(question) => ask(&self.shared.aws, known, &question).await,
            None => Ok(Finding::AsKnown),
        };
        match finding {
            Ok(Finding::AsKnown) => self.drift.answered(now, fastrand::f64()),
            Ok(Finding::Otherwise(what)) => {
                tracing::info!(what, "somebody else changed it: everything is looked at");
                return Found::Drift;
            }
            Err(error) => {
                tracing::debug!(%error, "whether it is as it was left is asked again later");
                self.drift.failed(&error, now, fastrand::f64());
            }
        }
        Found::AsKnown
    }

    /// Asks about targets that are not healthy, when it is time. A change comes first.
    pub(super) async fn check(&mut self, changes: &mut watch::Receiver<Target>) {
        let groups = self.checks.take(Instant::now());
        let (false, Some(known)) = (groups.is_empty(), &mut self.known) else {
            return;
        };
        let asked = tokio::select! {
            asked = ask_health(&self.shared.aws, known, &groups) => asked,
            _ = changes.changed() => {
                changes.mark_changed();
                Ok(())
            }
        };
        if let Err(error) = asked {
            tracing::debug!(%error, "the health of targets is asked for again later");
        }
    }
}
