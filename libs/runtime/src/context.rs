//! What a service is given by whoever runs it.

use tokio_util::sync::CancellationToken;

use crate::metrics::Metrics;
use crate::readiness::{Concern, Concerns, Condition, Readiness};
use crate::tasks::Tasks;

/// The first argument of every `Service::run`. Clones share everything.
#[derive(Clone, Debug)]
pub struct Context {
    /// The service's name; prefix of its readiness conditions.
    pub name: &'static str,
    /// Cancelled when the service should stop; cancel it to stop the service.
    pub shutdown: CancellationToken,
    /// The process's metrics.
    pub metrics: Metrics,
    /// The process's readiness.
    pub readiness: Readiness,
}

impl Context {
    /// A context with nothing around it, for tests and embedding.
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            shutdown: CancellationToken::new(),
            metrics: Metrics::default(),
            readiness: Readiness::default(),
        }
    }

    /// For a service inside this process: stopped with this one, but may be stopped alone.
    #[must_use]
    pub fn child(&self, name: &'static str) -> Self {
        let Self {
            name: _,
            shutdown,
            metrics,
            readiness,
        } = self;
        Self {
            name,
            shutdown: shutdown.child_token(),
            metrics: metrics.clone(),
            readiness: readiness.clone(),
        }
    }

    /// A readiness condition of this service, `<service>/<condition>`, unmet at first.
    pub fn condition(&self, condition: &str) -> Condition {
        self.readiness
            .condition(format!("{}/{condition}", self.name))
    }

    /// A part of a condition of this service that several hold, such as its shards.
    pub fn part(&self, condition: &str) -> Condition {
        self.readiness.part(format!("{}/{condition}", self.name))
    }

    /// What is of concern to this service, as it changes.
    pub fn concerns(&self) -> Concerns {
        self.readiness.concerns_of(format!("{}/", self.name))
    }

    /// What may become a concern of this service, `<service>/<concern>`.
    pub fn concern(&self, concern: &str) -> Concern {
        self.readiness.concern(format!("{}/{concern}", self.name))
    }

    /// A group of tasks that stops when this service should, and stops this service when one of them fails.
    pub fn tasks(&self) -> Tasks {
        Tasks::new(self.shutdown.clone(), self.metrics.clone())
    }
}
