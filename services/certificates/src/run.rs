//! One run: read, decide, write what differs; and again when somebody else wrote meanwhile.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;
use tributary_kubernetes::{Class, Cluster, Failure};
use tributary_model::{Installation, Timestamp};
use tributary_proto::access::Caller;
use tributary_runtime::{Backoff, Context, Peer};

use crate::decide::{Decision, Held, Lives, Wanted, decide};
use crate::issue::{IssueError, Signer};
use crate::names::BACKOFF_SECONDS;
use crate::objects::{DraftObject, Frame, Object, Read, held, is_ours, known, signers};
use crate::{Args, Error};

#[cfg(test)]
mod tests;

/// The role may be younger than the Job, another run may be under way, the API server may be starting.
const RETRY: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(5),
};
/// Then it ends, and the Job's own backoff goes on.
const PATIENCE: Duration = Duration::from_mins(2);
/// What is made is good from ten minutes before; half of it is left for the clocks of those who look at it.
const CLOCKS: i64 = crate::decide::BACKDATE / 2;

/// Why a run ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// By the API server.
    #[error("{object}")]
    Kubernetes {
        /// `Secret ns/name`, or what was asked.
        object: String,
        /// What it said.
        source: Failure,
    },
    /// Nothing is made by such a clock: others would not believe it yet, or not any more.
    #[error(
        "this machine's clock says {ours}, the API server's {theirs}: certificates would begin or end at the wrong time"
    )]
    Clock {
        /// By us.
        ours: Timestamp,
        /// By the API server.
        theirs: Timestamp,
    },
    /// Who installs it makes it, sooner or later.
    #[error("there is no MutatingWebhookConfiguration {name}")]
    NoWebhook {
        /// What was looked for.
        name: String,
    },
    /// By the library.
    #[error(transparent)]
    Issue(#[from] IssueError),
}

/// What runs are about.
struct Run {
    cluster: Cluster,
    frame: Frame,
    installation: Installation,
    services: Vec<Caller>,
    hosts: Vec<(Caller, String)>,
    lives: Lives,
}

/// Makes, renews and deletes what is to be, and ends.
///
/// # Errors
/// When it could not be done for some minutes, or never will.
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let Args {
        name,
        namespace,
        services,
        hosts,
        webhook,
        labels,
        settle_seconds,
        kubeconfig,
        installation,
        common: _,
    } = args;
    let cluster = Cluster::connect(kubeconfig.as_deref()).await?;
    let mut run = Run {
        cluster,
        frame: Frame {
            name,
            namespace,
            labels: labels.into_iter().collect(),
            owner: None,
            webhook,
        },
        installation: installation.installation,
        services,
        hosts,
        lives: Lives {
            settle: settle_seconds.into(),
            ..Lives::DEFAULT
        },
    };
    let mut delays = RETRY.delays(context.metrics.get(&BACKOFF_SECONDS));
    let began = Instant::now();
    loop {
        let error = match run.once().await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        if !error.may_pass() || began.elapsed() > PATIENCE {
            return Err(error.into());
        }
        tracing::warn!(error = tributary_runtime::chain(&error), "once more");
        let waited = context.shutdown.run_until_cancelled(delays.wait()).await;
        if waited.is_none() {
            return Err(error.into());
        }
    }
}

impl RunError {
    fn may_pass(&self) -> bool {
        match self {
            Self::Kubernetes { source, .. } => match source.class {
                // The role may just be on its way.
                Class::Forbidden
                | Class::Unauthorized
                | Class::Conflict
                | Class::Expired
                | Class::Unavailable => true,
                Class::NotFound | Class::Invalid => false,
            },
            // Helm makes webhooks last of all.
            Self::NoWebhook { .. } => true,
            Self::Clock { .. } | Self::Issue(_) => false,
        }
    }
}

impl Run {
    async fn once(&mut self) -> Result<(), RunError> {
        let asked = |object: &str| {
            let object = object.to_owned();
            move |source| RunError::Kubernetes { object, source }
        };
        let theirs = self
            .cluster
            .time()
            .await
            .map_err(asked("the API server's clock"))?;
        let now = now();
        same_time(now, theirs)?;
        let account = self
            .cluster
            .account()
            .await
            .map_err(asked("whose token this is"))?;
        self.frame.owner = account.filter(|it| *it.key.namespace == *self.frame.namespace);
        let mut read = Read::new();
        for object in Object::all(&self.frame) {
            let key = object.key(&self.frame);
            let found = self.cluster.own(object.kind(), &key).await;
            read.insert(object, found.map_err(|source| self.failed(object, source))?);
        }
        let mut signers = signers(&read);
        let held = held(&read, &signers);
        let wanted = self.wanted();
        let decision = decide(&held, now, &wanted, self.lives, || {
            let made = Signer::new(self.installation.name(), self.lives.authority(now))?;
            let authority = made.authority.clone();
            signers.push(made);
            Ok::<_, IssueError>(authority)
        })?;
        self.write(&read, &signers, &held, &decision, now).await?;
        self.delete(&read).await
    }

    /// First the keys: nobody trusts or gets a certificate of one that is lost when this run ends here.
    async fn write(
        &self,
        read: &Read,
        signers: &[Signer],
        held: &Held,
        decision: &Decision,
        now: Timestamp,
    ) -> Result<(), RunError> {
        let by: BTreeMap<_, _> = signers.iter().map(|it| (&it.authority, it)).collect();
        let kept = decision
            .authorities
            .iter()
            .filter_map(|it| by.get(it).copied());
        self.write_one(read, &DraftObject::of_authorities(kept))
            .await?;
        let known = known(read, signers);
        let trusted = decision.trusted.iter().filter_map(|it| known.get(it));
        let trusted: String = trusted.map(String::as_str).collect();
        for object in Object::all(&self.frame).filter(|object| self.is_wanted(*object)) {
            let Some(holder) = object.holder() else {
                continue;
            };
            let signer = decision.sign.get(holder).and_then(|it| by.get(it));
            let leaf = match (object, signer) {
                (Object::Identity(service), Some(signer)) => {
                    let validity = self.lives.identity(now, &signer.authority);
                    let by = &*signer.authority.id;
                    tracing::info!(service = holder, by, until = %validity.until, "a certificate is made");
                    Some(signer.sign(&self.names(service), validity)?)
                }
                (
                    Object::Authorities | Object::Identity(_) | Object::Trust | Object::Webhook,
                    _,
                ) => None,
            };
            let since = decision.since(held.holders.get(holder), now);
            let draft = DraftObject::of_holder(object, &trusted, since, leaf);
            self.write_one(read, &draft).await?;
        }
        Ok(())
    }

    async fn write_one(&self, read: &Read, draft: &DraftObject) -> Result<(), RunError> {
        let (object, kind) = (draft.object, draft.object.kind());
        let key = object.key(&self.frame);
        let written = match found(read, object) {
            None if object == Object::Webhook => {
                return Err(RunError::NoWebhook {
                    name: key.name.to_string(),
                });
            }
            None => {
                let whole = draft.create(&self.frame);
                self.cluster.create_own(kind, &key, &whole).await
            }
            Some(found) => {
                let Some(patch) = draft.patch(found, &self.frame) else {
                    return Ok(());
                };
                self.cluster.patch_own(kind, &key, found, patch).await
            }
        };
        written.map_err(|source| self.failed(object, source))?;
        tracing::info!(object = %format!("{kind} {key}"), "written");
        Ok(())
    }

    /// Of services that are not there any more.
    async fn delete(&self, read: &Read) -> Result<(), RunError> {
        for object in Object::all(&self.frame).filter(|object| !self.is_wanted(*object)) {
            let Some(found) = found(read, object).filter(|found| is_ours(found)) else {
                continue;
            };
            let (kind, key) = (object.kind(), object.key(&self.frame));
            let deleted = self.cluster.delete_own(kind, &key, found).await;
            deleted.map_err(|source| self.failed(object, source))?;
            tracing::info!(object = %format!("{kind} {key}"), "deleted");
        }
        Ok(())
    }

    fn wanted(&self) -> BTreeMap<String, Wanted> {
        let wanted = Object::all(&self.frame).filter(|object| self.is_wanted(*object));
        let wanted = wanted.filter_map(|object| {
            let wanted = match object {
                Object::Authorities => return None,
                Object::Identity(service) => Wanted::Identity(self.names(service)),
                Object::Trust | Object::Webhook => Wanted::Trust,
            };
            Some((object.holder()?.to_owned(), wanted))
        });
        wanted.collect()
    }

    fn is_wanted(&self, object: Object) -> bool {
        match object {
            Object::Authorities | Object::Trust | Object::Webhook => true,
            Object::Identity(service) => self.services.contains(&service),
        }
    }

    /// First who it is, by which services know each other; then where it is called by others.
    fn names(&self, service: Caller) -> Vec<String> {
        let peer = Peer::new(service.name(), self.installation.name()).to_string();
        let hosts = self.hosts.iter().filter(|(of, _)| *of == service);
        let hosts = hosts.map(|(_, host)| host.clone());
        std::iter::once(peer).chain(hosts).collect()
    }

    fn failed(&self, object: Object, source: Failure) -> RunError {
        let object = format!("{} {}", object.kind(), object.key(&self.frame));
        RunError::Kubernetes { object, source }
    }
}

fn found(read: &Read, object: Object) -> Option<&Value> {
    read.get(&object).and_then(Option::as_ref)
}

fn same_time(ours: Timestamp, theirs: Option<Timestamp>) -> Result<(), RunError> {
    match theirs {
        Some(theirs) if ours.0.abs_diff(theirs.0) > CLOCKS.unsigned_abs() => {
            Err(RunError::Clock { ours, theirs })
        }
        Some(_) | None => Ok(()),
    }
}

fn now() -> Timestamp {
    Timestamp(jiff::Timestamp::now().as_second())
}
