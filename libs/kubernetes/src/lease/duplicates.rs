//! Whether another namespace has a Lease of the same name that somebody renews: two installations of one name, which would
//! write over each other's statuses and load balancers.

use std::collections::{BTreeMap, BTreeSet};

use tokio::time::{sleep, timeout};
use tributary_runtime::{Concern, Context};

use super::api::Leases;
use super::candidate::Record;
use super::{Leadership, Timing};
use crate::cluster::REQUEST_DEADLINE;
use crate::failure::Failure;

/// Between two looks, in durations of the Lease. A Lease that is held changes in each of them.
const DURATIONS: u32 = 5;

/// Looks for them as long as it leads.
#[derive(Debug)]
pub struct Duplicates {
    pub(super) leases: Leases,
    pub(super) name: String,
    pub(super) leadership: Leadership,
    pub(super) timing: Timing,
}

/// The Leases of other namespaces, by these.
type Others = BTreeMap<String, Record>;

impl Duplicates {
    /// Raises the concern `installation` while there is another, until the context stops.
    pub async fn watch(mut self, context: &Context) {
        let concern = context.concern("installation");
        let watching = async {
            loop {
                if self.leadership.changed().await.is_some() {
                    self.look(&concern).await;
                    concern.clear();
                }
            }
        };
        context.shutdown.run_until_cancelled(watching).await;
    }

    /// Until it leads no more.
    async fn look(&self, concern: &Concern) {
        let mut before = Others::new();
        let mut is_told = false;
        while self.leadership.may_write() {
            let listed = timeout(REQUEST_DEADLINE, self.leases.elsewhere(&self.name)).await;
            match listed.unwrap_or_else(|_| Err(Failure::timed_out("listing Leases"))) {
                Ok(now) => {
                    is_told = false;
                    match self.sentence(&renewed(&before, &now)) {
                        Some(why) => concern.raise_because(why),
                        None => concern.clear(),
                    }
                    before = now;
                }
                Err(failure) if is_told => tracing::debug!(%failure, "not listed either"),
                Err(failure) => {
                    is_told = true;
                    let lease = &self.name;
                    tracing::warn!(%failure, lease, "cannot see whether other namespaces have this Lease");
                }
            }
            // Whole durations, so that a holder has renewed it; later by a part, so that replicas do not ask together.
            sleep((self.timing.duration * DURATIONS).mul_f64(1.0 + fastrand::f64() / 4.0)).await;
        }
    }

    fn sentence(&self, others: &BTreeSet<&str>) -> Option<String> {
        let other = others.first()?;
        let name = &self.name;
        Some(format!(
            "namespace {other} has an installation of the same name, whose {name} leads; \
             each undoes what the other writes where they differ"
        ))
    }
}

/// Namespaces whose Lease somebody holds, and has written since the look before. One that stopped without a word changes
/// no more; nobody's clock is compared.
fn renewed<'a>(before: &Others, now: &'a Others) -> BTreeSet<&'a str> {
    let renewed = now.iter().filter(|(namespace, record)| {
        let before = before.get(*namespace);
        record.holder.is_some() && before.is_some_and(|it| it.version != record.version)
    });
    renewed.map(|(namespace, _)| &**namespace).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn leases(all: &[(&str, &str, &str)]) -> Others {
        let record = |(namespace, holder, version): &(&str, &str, &str)| {
            let record = Record {
                holder: Some((*holder).to_owned()).filter(|it| !it.is_empty()),
                transitions: 1,
                duration: Duration::from_secs(4),
                version: (*version).to_owned(),
            };
            ((*namespace).to_owned(), record)
        };
        all.iter().map(record).collect()
    }

    #[test]
    fn only_a_lease_that_is_held_and_renewed_is_of_another_installation() {
        let before = leases(&[
            ("held", "a", "1"),
            ("released", "b", "2"),
            ("stopped", "c", "3"),
        ]);
        let now = leases(&[
            ("held", "a", "4"),
            ("new", "d", "5"),
            ("released", "", "6"),
            ("stopped", "c", "3"),
        ]);
        assert_eq!(renewed(&before, &now), BTreeSet::from(["held"]));
        assert_eq!(renewed(&Others::new(), &now), BTreeSet::new());
    }
}
