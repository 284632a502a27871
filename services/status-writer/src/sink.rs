//! The place where statuses are kept, as the loop sees it: asked for one object at a time, answers when it can.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::metrics::counter::Counter;
use tributary_model::ObjectRef;
use tributary_model::judgement::JudgedObject;
use tributary_model::status::Status;
use tributary_runtime::Context;
use tributary_status::{Next, Notice, next};

use crate::kubernetes::{self, Forwarder, Writer};
use crate::leadership::{AlwaysLeading, Leadership};
use crate::names::{STATUS_FAILURES, STATUS_WRITES};
use crate::outcome::{Need, Outcome, Task};
use crate::pace::Urgency;
use crate::queue::{Attempt, Policy};
use crate::store::{Local, Store};
use crate::{generation, now};

/// Clones are the same place.
#[derive(Clone, Debug)]
pub(crate) struct Sink {
    backend: Backend,
    writes: Counter,
    failures: Counter,
}

#[derive(Clone, Debug)]
enum Backend {
    Local(Arc<Mutex<Local>>),
    Kubernetes(Arc<Writer>),
}

impl Sink {
    /// With what writes Kubernetes' events, if that is the place.
    pub(crate) fn new(context: &Context, store: Store) -> (Self, Option<Forwarder>) {
        let local = |local| (Backend::Local(Arc::new(Mutex::new(local))), None);
        let (backend, forwarder) = match store {
            Store::Folder(root) => local(Local::Folder(root)),
            Store::Memory(statuses) => local(Local::Memory(statuses)),
            Store::Kubernetes(kubernetes) => {
                let (writer, forwarder) = Writer::new(context, kubernetes);
                (Backend::Kubernetes(Arc::new(writer)), Some(forwarder))
            }
        };
        let sink = Self {
            backend,
            writes: context.metrics.get(&STATUS_WRITES),
            failures: context.metrics.get(&STATUS_FAILURES),
        };
        (sink, forwarder)
    }

    pub(crate) fn policy(&self) -> Policy {
        match &self.backend {
            // A file is read as quickly as anything could be remembered of it.
            Backend::Local(_) => Policy {
                places: 1,
                paced: false,
                need: |_, _, _| Need::Attempt(Urgency::Prompt),
            },
            Backend::Kubernetes(_) => Policy {
                places: kubernetes::PLACES,
                paced: true,
                need: kubernetes::need,
            },
        }
    }

    pub(crate) fn leadership(&self) -> &dyn Leadership {
        match &self.backend {
            Backend::Local(_) => &AlwaysLeading,
            Backend::Kubernetes(writer) => writer.leadership(),
        }
    }

    /// Objects that have a status here and are none of these. In Kubernetes a status goes with its object.
    pub(crate) fn others(&self, judged: &BTreeSet<ObjectRef>) -> Vec<ObjectRef> {
        let mut others = match &self.backend {
            Backend::Local(local) => lock(local).list(),
            Backend::Kubernetes(_) => Vec::new(),
        };
        others.retain(|object| !judged.contains(object));
        others
    }

    /// Whether the status of an object that is gone is to be removed.
    pub(crate) fn removes(&self) -> bool {
        match &self.backend {
            Backend::Local(_) => true,
            Backend::Kubernetes(_) => false,
        }
    }

    /// Tells a person what came with time.
    pub(crate) fn warn(&self, object: &ObjectRef, notices: Vec<Notice>) {
        match &self.backend {
            // A folder has no Events.
            Backend::Local(_) => {
                for Notice { reason, note, .. } in notices {
                    tracing::warn!(%object, reason, "{note}");
                }
            }
            Backend::Kubernetes(writer) => writer.warn(object, notices),
        }
    }

    /// Makes one attempt.
    pub(crate) async fn write(&self, attempt: &Attempt) -> Outcome {
        let Attempt {
            object,
            task,
            fresh,
            aside,
            failed,
            span: _,
        } = attempt;
        let outcome = match (&self.backend, task) {
            (Backend::Local(local), Task::Write(judged)) => self.write_local(local, object, judged),
            (Backend::Local(local), Task::Remove) => self.remove(local, object),
            (Backend::Kubernetes(writer), Task::Write(judged)) => {
                let seen = fresh.then(|| kubernetes::seen(judged)).flatten();
                writer.write(object, judged, seen, aside.as_deref()).await
            }
            (Backend::Kubernetes(_), Task::Remove) => Outcome::Done { known: None },
        };
        match &outcome {
            Outcome::Failed { reason } => {
                self.failures.inc();
                if failed.as_ref() == Some(reason) {
                    tracing::debug!(%object, error = reason, "status is written again later");
                } else {
                    tracing::warn!(%object, error = reason, "status is written again later");
                }
            }
            Outcome::SetAside { reason, .. } if aside.as_ref() != Some(reason) => {
                tracing::warn!(%object, reason, "status cannot be written as it should be");
            }
            Outcome::SetAside { .. }
            | Outcome::Done { .. }
            | Outcome::Gone
            | Outcome::NotLeading => {}
        }
        outcome
    }

    fn write_local(
        &self,
        local: &Mutex<Local>,
        object: &ObjectRef,
        judged: &JudgedObject,
    ) -> Outcome {
        let JudgedObject {
            judgement,
            current,
            resource_version: _,
        } = judged;
        let mut local = lock(local);
        let stored: Option<Status> = match local.read(object) {
            Ok(stored) => stored,
            Err(error) => return failure(&error),
        };
        let (status, aside) = match next(judgement, stored.as_ref().or(current.as_ref()), now()) {
            Next::Unchanged | Next::Outdated => return Outcome::Done { known: None },
            Next::Write(status) => (status, None),
            Next::WritePart { status, reason } => (status, Some(reason)),
            Next::SetAside { reason } => {
                return Outcome::SetAside {
                    reason,
                    known: None,
                };
            }
        };
        if let Err(error) = local.write(object, generation(judgement), &status) {
            return failure(&error);
        }
        self.writes.inc();
        tracing::info!(%object, "status written");
        match aside {
            None => Outcome::Done { known: None },
            Some(reason) => Outcome::SetAside {
                reason,
                known: None,
            },
        }
    }

    /// A file that stays is not worth another attempt: the next start removes it.
    fn remove(&self, local: &Mutex<Local>, object: &ObjectRef) -> Outcome {
        if let Err(error) = lock(local).remove(object) {
            self.failures.inc();
            tracing::warn!(%object, %error, "its status stays although it is gone");
        }
        Outcome::Done { known: None }
    }
}

fn failure(error: &impl std::error::Error) -> Outcome {
    Outcome::Failed {
        reason: error.to_string(),
    }
}

fn lock(local: &Mutex<Local>) -> MutexGuard<'_, Local> {
    // Files are written whole, and so is a map's entry.
    local.lock().unwrap_or_else(PoisonError::into_inner)
}
