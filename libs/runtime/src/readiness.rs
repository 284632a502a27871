//! Whether the process can do its work: named conditions, all of which must hold; and concerns, which are only told.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tokio::sync::watch;

#[cfg(test)]
mod tests;

/// All conditions of the process. Clones are the same.
///
/// Not ready as long as nobody has named a condition: a process that has not begun is not ready.
#[derive(Clone, Debug)]
pub struct Readiness {
    conditions: Arc<watch::Sender<Conditions>>,
    concerns: Arc<watch::Sender<BTreeSet<String>>>,
}

type Conditions = BTreeMap<String, State>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Met,
    Unmet,
    UnmetBecause(String),
}

/// One condition, unmet at first. What nobody vouches for any more does not hold: dropping it makes it unmet.
#[derive(Debug)]
#[must_use = "a dropped condition is unmet for ever"]
pub struct Condition {
    name: String,
    conditions: Arc<watch::Sender<Conditions>>,
}

/// What a person should know of and what does not make the process unready: that somebody is missing who has to come
/// to it, say, which nobody can as long as a Service leaves it out for being unready. Nothing at first, nor once this
/// is dropped.
#[derive(Debug)]
#[must_use = "a dropped concern is none"]
pub struct Concern {
    name: String,
    concerns: Arc<watch::Sender<BTreeSet<String>>>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            conditions: Arc::new(watch::Sender::new(BTreeMap::new())),
            concerns: Arc::new(watch::Sender::new(BTreeSet::new())),
        }
    }
}

impl Readiness {
    /// Names a condition: `merger/snapshot`. A name that is there already begins anew, unmet.
    pub fn condition(&self, name: impl Into<String>) -> Condition {
        let condition = Condition {
            name: name.into(),
            conditions: Arc::clone(&self.conditions),
        };
        condition.unmet();
        condition
    }

    /// Names what may become a concern: `merger/alb-programmers`.
    pub fn concern(&self, name: impl Into<String>) -> Concern {
        Concern {
            name: name.into(),
            concerns: Arc::clone(&self.concerns),
        }
    }

    /// What is of concern now, by name.
    pub fn concerns(&self) -> Vec<String> {
        self.concerns.borrow().iter().cloned().collect()
    }

    /// Whether there is a condition and all are met.
    pub fn is_ready(&self) -> bool {
        ready(&self.conditions.borrow())
    }

    /// The conditions that are not met, by name, `merger/certificate: why` where that was said.
    pub fn unmet(&self) -> Vec<String> {
        let conditions = self.conditions.borrow();
        let unmet = conditions.iter().filter_map(|(name, state)| match state {
            State::Met => None,
            State::Unmet => Some(name.clone()),
            State::UnmetBecause(why) => Some(format!("{name}: {why}")),
        });
        unmet.collect()
    }

    /// Returns when all conditions are met.
    pub async fn ready(&self) {
        self.becomes(true).await;
    }

    /// Returns when some condition is not met.
    pub async fn unready(&self) {
        self.becomes(false).await;
    }

    async fn becomes(&self, wanted: bool) {
        let mut changes = self.conditions.subscribe();
        // `self` keeps the sender, so that waiting cannot fail.
        if changes
            .wait_for(|conditions| ready(conditions) == wanted)
            .await
            .is_err()
        {
            std::future::pending::<()>().await;
        }
    }
}

impl Condition {
    /// It holds now.
    pub fn met(&self) {
        self.set(State::Met);
    }

    /// It does not hold now.
    pub fn unmet(&self) {
        self.set(State::Unmet);
    }

    /// It does not hold now, and a person should know why.
    pub fn unmet_because(&self, why: impl Into<String>) {
        self.set(State::UnmetBecause(why.into()));
    }

    fn set(&self, state: State) {
        self.conditions.send_if_modified(|conditions| {
            let former = conditions.insert(self.name.clone(), state.clone());
            former != Some(state)
        });
    }
}

impl Concern {
    /// It is so now.
    pub fn raise(&self) {
        self.concerns
            .send_if_modified(|concerns| concerns.insert(self.name.clone()));
    }

    /// It is not so now.
    pub fn settle(&self) {
        self.concerns
            .send_if_modified(|concerns| concerns.remove(&self.name));
    }
}

impl Drop for Concern {
    fn drop(&mut self) {
        self.settle();
    }
}

impl Drop for Condition {
    fn drop(&mut self) {
        self.unmet();
    }
}

fn ready(conditions: &Conditions) -> bool {
    !conditions.is_empty() && conditions.values().all(|state| *state == State::Met)
}
