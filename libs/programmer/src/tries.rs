//! What AWS did not do when it was asked, call by call: when it is asked again, and what is told meanwhile.
//!
//! ```text
//! failed ──> tried again after 0.1 s … 30 s ─────────────> done: forgotten
//!   │            └─ what follows it waits for 8 tries, then goes on without it
//!   ├──> taken, in use, not there: a look; after 4 tries ──┐
//!   └──> refused for good ─────────────────────────────────┴─> told as refused, asked again after minutes
//! ```

use std::collections::BTreeMap;
use std::time::Duration;

use prometheus_client::metrics::family::Family;
use tokio::time::Instant;
use tributary_aws::{AwsError, Class, Due};
use tributary_plan::limits::{Failure, SecretVersion};
use tributary_plan::op::{Op, OpKey};
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;

use crate::metrics::WaitLabels;

#[cfg(test)]
mod tests;

/// AWS throttles or is unwell: the same again may succeed. Tried alone, so that nothing else waits for it.
const AGAIN: Backoff = Backoff {
    first: Duration::from_millis(100),
    most: Duration::from_secs(30),
};
/// A name that is taken may be free at any moment, and a describe that lags is over within seconds.
const CONTESTED: Backoff = Backoff {
    first: Duration::from_millis(250),
    most: Duration::from_mins(2),
};
/// What AWS refused for good may be possible once a person has changed a quota or a permission.
const REFUSED: Backoff = Backoff {
    first: Duration::from_mins(5),
    most: Duration::from_mins(10),
};
/// Failures before a status speaks of them: a throttled call is nothing to tell anybody about.
const TOLD_AFTER: u32 = 4;
/// Failures, each with a look before the next try, after which what is taken or not there is as good as refused.
const CONTESTED_TRIES: u32 = 4;
/// For what cannot be removed, since AWS lets go of what a load balancer used minutes after the load balancer.
const IN_USE_TRIES: u32 = 12;
/// Failures for which that waits which only follows: a rule's successor that is throttled will be there soon, and until
/// then the rule serves.
const FOLLOWED_TRIES: u32 = 8;
/// Calls that are remembered; more than any plan has that fails. The longest ago is forgotten first.
const MOST: usize = 4_096;
/// Time for which a call is remembered that was due and is in no plan any more.
const KEPT: Duration = Duration::from_mins(10);

/// Failed calls of one load balancer.
#[derive(Debug)]
pub(crate) struct Tries {
    by_op: BTreeMap<OpKey, Try>,
    certificates: BTreeMap<SecretVersion, (String, Instant)>,
    waits: Family<WaitLabels, SecondsCounter>,
}

#[derive(Debug)]
struct Try {
    failures: u32,
    series: Series,
    delays: Delays,
    failure: Failure,
    failed: Instant,
    due: Instant,
}

/// Which delays come between tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Series {
    Again,
    Contested,
    Refused,
}

/// What a failure means for what is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Doubt {
    /// It stands.
    None,
    /// It is to be compared with AWS before the next plan.
    Look,
}

impl Series {
    fn policy(self) -> Backoff {
        match self {
            Self::Again => AGAIN,
            Self::Contested => CONTESTED,
            Self::Refused => REFUSED,
        }
    }

    fn reason(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Contested => "contested",
            Self::Refused => "refused",
        }
    }
}

impl Tries {
    pub(crate) fn new(waits: Family<WaitLabels, SecondsCounter>) -> Self {
        Self {
            by_op: BTreeMap::new(),
            certificates: BTreeMap::new(),
            waits,
        }
    }

    pub(crate) fn done(&mut self, op: &Op) {
        if !self.by_op.is_empty() {
            self.by_op.remove(&op.key());
        }
    }

    /// Remembers that it failed.
    pub(crate) fn failed(&mut self, op: &Op, error: &AwsError, now: Instant) -> Doubt {
        let text = error.to_string();
        if let (Class::Permanent, Some(version)) = (error.class, imported(op)) {
            tracing::warn!(op = %op.brief(), %error, "it is refused");
            let until = now + self.delays(Series::Refused).next_delay();
            make_room(&mut self.certificates, |(_, until)| *until);
            self.certificates.insert(version, (text, until));
            return Doubt::None;
        }
        let series = match error.class {
            Class::Permanent => Series::Refused,
            Class::NeedsReobserve if error.is_contested() => Series::Contested,
            Class::Retryable | Class::Throttled | Class::NeedsReobserve => Series::Again,
        };
        let (mut delays, failures) = match self.by_op.remove(&op.key()) {
            Some(before) if before.series == series => (before.delays, before.failures + 1),
            Some(_) | None => (self.delays(series), 1),
        };
        let wait_limits = if op.removes() {
            IN_USE_TRIES
        } else {
            CONTESTED_TRIES
        };
        let is_refused = match series {
            Series::Again => false,
            Series::Contested => failures >= wait_limits,
            Series::Refused => true,
        };
        let is_known = self.by_op.values().any(|it| match &it.failure {
            Failure::Refused(known) | Failure::Impossible(known) => *known == text,
            Failure::Retrying(_) => false,
        });
        if is_refused && !is_known {
            tracing::warn!(op = %op.brief(), %error, "it is refused");
        } else if is_refused {
            // A hundred rules for want of one permission are one thing to tell.
            tracing::debug!(op = %op.brief(), %error, "it is refused, as others were");
        } else {
            tracing::debug!(op = %op.brief(), %error, "tried again later");
        }
        let doubt = match error.class {
            Class::NeedsReobserve if !is_refused => Doubt::Look,
            Class::NeedsReobserve | Class::Permanent | Class::Retryable | Class::Throttled => {
                Doubt::None
            }
        };
        make_room(&mut self.by_op, |it| it.failed);
        let remembered = Try {
            failures,
            series,
            due: now + delays.next_delay(),
            delays,
            failure: match (is_refused, &error.code) {
                (true, Some(_)) => Failure::Refused(text),
                // Nobody at AWS said so.
                (true, None) => Failure::Impossible(text),
                (false, _) => Failure::Retrying(text),
            },
            failed: now,
        };
        self.by_op.insert(op.key(), remembered);
        doubt
    }

    /// Forgets what nobody asks for any more.
    pub(crate) fn forget_old(&mut self, now: Instant) {
        self.by_op.retain(|_, it| now < it.due + KEPT);
        self.certificates.retain(|_, (_, until)| now < *until);
    }

    /// Contents of Secrets that ACM refuses, and why.
    pub(crate) fn refused_certificates(&self) -> BTreeMap<SecretVersion, String> {
        self.certificates
            .iter()
            .map(|(version, (reason, _))| (version.clone(), reason.clone()))
            .collect()
    }

    /// What statuses say. What is refused stays so while it is asked for again.
    pub(crate) fn told(&self) -> BTreeMap<OpKey, Failure> {
        let told = self.by_op.iter().filter(|(_, it)| match it.failure {
            Failure::Refused(_) | Failure::Impossible(_) => true,
            Failure::Retrying(_) => it.failures >= TOLD_AFTER,
        });
        told.map(|(op, it)| (op.clone(), it.failure.clone()))
            .collect()
    }

    /// What is not to be asked for now; nothing when that is all that is refused.
    pub(crate) fn still_refused(&self, now: Instant) -> Option<BTreeMap<OpKey, Failure>> {
        let refused = self.by_op.iter().filter(|(_, it)| match it.failure {
            Failure::Refused(_) | Failure::Impossible(_) => true,
            Failure::Retrying(_) => false,
        });
        let (still, due): (Vec<_>, Vec<_>) = refused.partition(|(_, it)| now < it.due);
        if due.is_empty() {
            return None;
        }
        let still = still.into_iter();
        Some(
            still
                .map(|(op, it)| (op.clone(), it.failure.clone()))
                .collect(),
        )
    }

    /// Whether a call may be sent.
    pub(crate) fn due(&self, op: &Op, now: Instant) -> Due {
        if self.by_op.is_empty() {
            return Due::Now;
        }
        match self.by_op.get(&op.key()) {
            Some(it) if now < it.due && it.failures < FOLLOWED_TRIES => Due::Soon,
            Some(it) if now < it.due => Due::Later,
            Some(_) | None => Due::Now,
        }
    }

    /// When the next call is due that is not yet. One that is in no plan any more wakes the worker once, for nothing.
    pub(crate) fn next_due(&self, now: Instant) -> Option<Instant> {
        let due = self.by_op.values().map(|it| it.due);
        due.filter(|due| now < *due).min()
    }

    fn delays(&self, series: Series) -> Delays {
        let labels = WaitLabels {
            reason: series.reason(),
        };
        let waited = self.waits.get_or_create_owned(&labels);
        series.policy().delays(waited)
    }
}

fn imported(op: &Op) -> Option<SecretVersion> {
    match op {
        Op::ImportCertificate {
            secret,
            fingerprint,
            ..
        } => Some(SecretVersion {
            secret: secret.clone(),
            fingerprint: fingerprint.clone(),
        }),
        _ => None,
    }
}

fn make_room<K: Ord + Clone, V>(map: &mut BTreeMap<K, V>, age: impl Fn(&V) -> Instant) {
    if map.len() < MOST {
        return;
    }
    let oldest = map.iter().min_by_key(|(_, value)| age(value));
    if let Some(oldest) = oldest.map(|(key, _)| key.clone()) {
        map.remove(&oldest);
    }
}
