//! What a worker asks AWS in place of a look at everything.

use tokio::sync::watch;
use tokio::time::Instant;
use tributary_aws::{Finding, ask, ask_health, look_again, timed_out, wanting};
use tributary_model::desired::DesiredLoadBalancer;
use tributary_plan::observed::Observed;

use super::{Doubted, Worker};
use crate::drift::Drift;
use crate::shared::Shared;
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
        let Shared {
            aws, environment, ..
        } = &self.shared;
        let question = |drift: &Drift| drift.question(known.observed(), environment, &self.key);
        let mut finding = match question(&self.drift) {
            Some(question) => ask(aws, known, &question).await,
            None => Ok(Finding::AsKnown),
        };
        if let Ok(Finding::AsOthersSaw) = finding {
            self.drift.answered_by_others();
            if let Some(question) = question(&self.drift) {
                finding = ask(aws, known, &question).await;
            }
        }
        match finding {
            Ok(Finding::AsKnown | Finding::AsOthersSaw) => {
                self.drift.answered(now, fastrand::f64());
            }
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
            if error.is_not_found() {
                self.doubt = Doubted::ByEvidence;
            }
        }
    }

    /// Looks again at the way to targets that nobody could open, when it is time. A change comes first.
    pub(super) async fn reach_again(&mut self, changes: &mut watch::Receiver<Target>) {
        let wanting = self.reach.take(Instant::now());
        let (false, Some(known)) = (wanting.is_empty(), &mut self.known) else {
            return;
        };
        let Shared {
            aws, environment, ..
        } = &self.shared;
        let lost = tokio::select! {
            lost = look_again(aws, environment, &self.key, known, &wanting) => lost,
            _ = changes.changed() => {
                changes.mark_changed();
                return;
            }
        };
        if !lost.is_subset(&self.flights.named()) {
            self.mended.get_or_insert_default();
        }
    }

    /// Takes in what is known now, for when it is asked about again.
    pub(super) fn note(&mut self, observed: &Observed, desired: Option<&DesiredLoadBalancer>) {
        let (now, environment) = (Instant::now(), &self.shared.environment);
        self.checks.note(observed, now);
        let told = wanting(environment, observed, desired);
        self.reach
            .note(told, timed_out(environment, observed, desired), now);
    }
}
