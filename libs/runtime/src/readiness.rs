//! Whether the process can do its work: named conditions, all of which must hold; and concerns, which are only told.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::watch;

#[cfg(test)]
mod tests;

/// All conditions of the process. Clones are the same.
///
/// Not ready as long as nobody has named a condition: a process that has not begun is not ready.
#[derive(Clone, Debug)]
pub struct Readiness {
    conditions: Arc<watch::Sender<Conditions>>,
    concerns: Arc<watch::Sender<Raised>>,
    holders: Arc<AtomicU64>,
}

/// By name, then by who holds a part of it. Without parts it is met.
type Conditions = BTreeMap<String, BTreeMap<u64, State>>;

/// By name, then by who raised it and why.
type Raised = BTreeMap<String, BTreeMap<u64, Option<String>>>;

#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Met,
    Unmet,
    UnmetBecause(String),
}

/// One condition, unmet at first. What nobody vouches for any more does not hold: dropping it makes it unmet, unless it
/// is a part.
#[derive(Debug)]
#[must_use = "a dropped condition is unmet for ever"]
pub struct Condition {
    name: String,
    holder: u64,
    /// What goes with it when it is dropped.
    is_part: bool,
    conditions: Arc<watch::Sender<Conditions>>,
}

/// What a person should know of and what does not make the process unready: that somebody is missing who has to come
/// to it, say, which nobody can as long as a Service leaves it out for being unready. Nothing at first, nor once this
/// is dropped. Of several with one name each is told until it is cleared.
#[derive(Debug)]
#[must_use = "a dropped concern is none"]
pub struct Concern {
    name: String,
    holder: u64,
    concerns: Arc<watch::Sender<Raised>>,
}

/// The concerns of one service, and when they change.
#[derive(Clone, Debug)]
pub struct Concerns {
    prefix: String,
    raised: watch::Receiver<Raised>,
    last: Vec<String>,
}

impl Default for Readiness {
    fn default() -> Self {
        Self {
            conditions: Arc::new(watch::Sender::new(BTreeMap::new())),
            concerns: Arc::new(watch::Sender::new(BTreeMap::new())),
            holders: Arc::default(),
        }
    }
}

impl Readiness {
    /// Names a condition: `merger/snapshot`. A name that is there already begins anew, unmet.
    pub fn condition(&self, name: impl Into<String>) -> Condition {
        self.begin(name.into(), false)
    }

    /// A part of a condition that holds as long as each of its parts does. Parts come and go, as shards do: one that comes is
    /// met at first where another is, since what was found out once need not be found out again, and else unmet; a dropped
    /// one is asked no more.
    pub fn part(&self, name: impl Into<String>) -> Condition {
        self.begin(name.into(), true)
    }

    fn begin(&self, name: String, is_part: bool) -> Condition {
        let condition = Condition {
            name,
            holder: self.holders.fetch_add(1, Ordering::Relaxed),
            is_part,
            conditions: Arc::clone(&self.conditions),
        };
        self.conditions.send_modify(|conditions| {
            let parts = conditions.entry(condition.name.clone()).or_default();
            if !is_part {
                parts.clear();
            }
            let is_met = parts.values().any(|state| *state == State::Met);
            let state = if is_met { State::Met } else { State::Unmet };
            parts.insert(condition.holder, state);
        });
        condition
    }

    /// Names what may become a concern: `merger/alb-programmers`.
    pub fn concern(&self, name: impl Into<String>) -> Concern {
        Concern {
            name: name.into(),
            holder: self.holders.fetch_add(1, Ordering::Relaxed),
            concerns: Arc::clone(&self.concerns),
        }
    }

    /// What is of concern now, by name, `merger/lease: why` where that was said.
    pub fn concerns(&self) -> Vec<String> {
        told(&self.concerns.borrow(), "")
    }

    /// What is of concern to one service, `SERVICE/`, by name without that.
    pub(crate) fn concerns_of(&self, prefix: String) -> Concerns {
        let mut raised = self.concerns.subscribe();
        let last = told(&raised.borrow_and_update(), &prefix);
        Concerns {
            prefix,
            raised,
            last,
        }
    }

    /// Whether there is a condition and all are met.
    pub fn is_ready(&self) -> bool {
        ready(&self.conditions.borrow())
    }

    /// The conditions that are not met, by name, `merger/certificate: why` where that was said.
    pub fn unmet(&self) -> Vec<String> {
        let conditions = self.conditions.borrow();
        let unmet = conditions
            .iter()
            .filter_map(|(name, parts)| match aggregate(parts) {
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
        self.set(State::UnmetBecause(one_line(&why.into())));
    }

    /// Why it does not hold yet, if it does not.
    pub fn still_unmet_because(&self, why: impl Into<String>) {
        let is_met = {
            let conditions = self.conditions.borrow();
            let parts = conditions.get(&self.name);
            parts.and_then(|parts| parts.get(&self.holder)) == Some(&State::Met)
        };
        // Whoever makes it met is the one who calls this.
        if !is_met {
            self.unmet_because(why);
        }
    }

    fn set(&self, state: State) {
        self.conditions.send_if_modified(|conditions| {
            let parts = conditions.get_mut(&self.name);
            // One whose name has begun anew says nothing any more.
            let own = parts.and_then(|parts| parts.get_mut(&self.holder));
            let Some(own) = own else { return false };
            let changed = *own != state;
            *own = state;
            changed
        });
    }
}

impl Concern {
    /// It is so now.
    pub fn raise(&self) {
        self.set(None);
    }

    /// It is so now, and why.
    pub fn raise_because(&self, why: impl Into<String>) {
        self.set(Some(one_line(&why.into())));
    }

    fn set(&self, why: Option<String>) {
        self.concerns.send_if_modified(|concerns| {
            let raised = concerns.entry(self.name.clone()).or_default();
            let changed = raised.get(&self.holder) != Some(&why);
            raised.insert(self.holder, why);
            changed
        });
    }

    /// It is not so now.
    pub fn clear(&self) {
        self.concerns.send_if_modified(|concerns| {
            let Some(raised) = concerns.get_mut(&self.name) else {
                return false;
            };
            let changed = raised.remove(&self.holder).is_some();
            if raised.is_empty() {
                concerns.remove(&self.name);
            }
            changed
        });
    }
}

impl Concerns {
    /// What is of concern now, by name, `aws: why` where that was said.
    pub fn now(&self) -> Vec<String> {
        told(&self.raised.borrow(), &self.prefix)
    }

    /// The same, and [`Concerns::changed`] counts from here.
    pub fn seen(&mut self) -> Vec<String> {
        self.last = told(&self.raised.borrow_and_update(), &self.prefix);
        self.last.clone()
    }

    /// Returns once they are others than when this returned last, or than they were seen or at first.
    pub async fn changed(&mut self) {
        loop {
            let now = told(&self.raised.borrow_and_update(), &self.prefix);
            if now != self.last {
                self.last = now;
                return;
            }
            // Without the process's readiness nothing changes any more.
            if self.raised.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Drop for Concern {
    fn drop(&mut self) {
        self.clear();
    }
}

impl Drop for Condition {
    fn drop(&mut self) {
        if !self.is_part {
            return self.unmet();
        }
        self.conditions.send_if_modified(|conditions| {
            let parts = conditions.get_mut(&self.name);
            parts.is_some_and(|parts| parts.remove(&self.holder).is_some())
        });
    }
}

fn ready(conditions: &Conditions) -> bool {
    !conditions.is_empty()
        && conditions
            .values()
            .flat_map(BTreeMap::values)
            .all(|state| *state == State::Met)
}

/// Of the parts that are not met the first that says why speaks for all.
fn aggregate(parts: &BTreeMap<u64, State>) -> State {
    let unmet = || parts.values().filter(|state| **state != State::Met);
    let why = unmet().find(|state| matches!(state, State::UnmetBecause(_)));
    why.or(unmet().next()).cloned().unwrap_or(State::Met)
}

/// What others say may have several.
fn one_line(why: &str) -> String {
    why.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Those whose name begins so, without that; each with the first reason that was said.
fn told(raised: &Raised, prefix: &str) -> Vec<String> {
    let own = raised
        .iter()
        .filter_map(|(name, by)| Some((name.strip_prefix(prefix)?, by)));
    own.map(|(name, by)| match by.values().flatten().next() {
        Some(why) => format!("{name}: {why}"),
        None => name.to_owned(),
    })
    .collect()
}
