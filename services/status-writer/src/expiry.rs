//! Certificates of served listeners, and when there is something to tell of them: the one thing that changes with time
//! alone.
//!
//! Nothing here waits or asks a clock: the loop (`write`) brings the time. What is told is `tributary-status`'s to say.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tributary_model::judgement::Judgement;
use tributary_model::{ObjectRef, Timestamp};
use tributary_status::{Certificates, Notice, SentNotice, Warnings, certificates, warnings};

/// A clock that is set, or stands still with its machine, is noticed after this long.
const LOOK: Duration = Duration::from_hours(1);

/// The objects that have certificates in Secrets. What they were told is as old as this process.
#[derive(Debug, Default)]
pub(crate) struct Expiry {
    watched: BTreeMap<ObjectRef, Watched>,
    due: BTreeSet<(Timestamp, ObjectRef)>,
}

#[derive(Debug)]
struct Watched {
    certificates: Certificates,
    told: Vec<SentNotice>,
    /// As in `due`.
    again: Option<Timestamp>,
}

impl Expiry {
    /// The object is judged anew.
    pub(crate) fn apply(&mut self, object: &ObjectRef, judgement: &Judgement, now: Timestamp) {
        let certificates = certificates(judgement);
        let before = self.watched.get(object);
        if before.is_some_and(|watched| watched.certificates == certificates) {
            return;
        }
        let told = self.remove(object);
        if certificates.is_empty() {
            return;
        }
        self.due.insert((now, object.clone()));
        let watched = Watched {
            certificates,
            told,
            again: Some(now),
        };
        self.watched.insert(object.clone(), watched);
    }

    /// The object is gone. Returns what was told of it.
    pub(crate) fn remove(&mut self, object: &ObjectRef) -> Vec<SentNotice> {
        let Some(Watched { told, again, .. }) = self.watched.remove(object) else {
            return Vec::new();
        };
        if let Some(again) = again {
            self.due.remove(&(again, object.clone()));
        }
        told
    }

    /// All objects but these are gone.
    pub(crate) fn retain(&mut self, judged: &BTreeSet<ObjectRef>) {
        self.watched.retain(|object, _| judged.contains(object));
        self.due.retain(|(_, object)| judged.contains(object));
    }

    /// How long until there is something to tell, or to look at again.
    pub(crate) fn next_due(&self, now: Timestamp) -> Option<Duration> {
        let (due, _) = self.due.first()?;
        let seconds = due.0.saturating_sub(now.0);
        Some(LOOK.min(Duration::from_secs(seconds.try_into().unwrap_or(0))))
    }

    /// An object of which there is something to tell now.
    pub(crate) fn take(&mut self, now: Timestamp) -> Option<(ObjectRef, Vec<Notice>)> {
        while self.due.first().is_some_and(|(due, _)| *due <= now) {
            let (_, object) = self.due.pop_first()?;
            let Some(watched) = self.watched.get_mut(&object) else {
                continue;
            };
            let Warnings { due, told, again } = warnings(&watched.certificates, &watched.told, now);
            watched.told = told;
            watched.again = again;
            if let Some(again) = again {
                self.due.insert((again, object.clone()));
            }
            if !due.is_empty() {
                return Some((object, due));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests;
