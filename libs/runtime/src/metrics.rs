//! One registry for the process; services that share a process share their metrics' handles.

use std::any::{Any, TypeId};
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::{Metric, Registry};

#[cfg(test)]
mod tests;

/// The metrics of this process. Clones are the same registry.
#[derive(Clone, Default)]
pub struct Metrics {
    inner: Arc<Mutex<Inner>>,
}

/// A metric's constant: its name with the unit, what it says, and its type.
///
/// Two constants never share a name.
#[derive(Clone, Copy, Debug)]
pub struct MetricName<M> {
    /// Name, with the unit, without `_total`.
    pub name: &'static str,
    /// What it says, in half a sentence.
    pub help: &'static str,
    labels: &'static [&'static str],
    shown: Shown,
    make: fn() -> M,
}

/// When a metric can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// From the start on.
    Always,
    /// Once this has happened, or where this is so: half a sentence.
    When(&'static str),
}

/// A metric as its row of docs/reference/metrics.md has it.
#[derive(Clone, Copy, Debug)]
pub struct Described {
    /// Name, with the unit, without `_total`.
    pub name: &'static str,
    /// What it says, in half a sentence.
    pub help: &'static str,
    /// Names of its labels.
    pub labels: &'static [&'static str],
    /// When it can be read.
    pub shown: Shown,
    /// Counter, gauge or histogram.
    pub kind: MetricType,
}

#[derive(Default)]
struct Inner {
    registry: Registry,
    known: BTreeMap<(&'static str, TypeId), Box<dyn Any + Send>>,
}

impl<M> MetricName<M> {
    /// Names a metric. `make` gives it its first value: `Counter::default`, or the buckets of a histogram.
    pub const fn new(name: &'static str, help: &'static str, make: fn() -> M) -> Self {
        Self {
            name,
            help,
            labels: &[],
            shown: Shown::Always,
            make,
        }
    }

    /// With these labels, which its type has.
    #[must_use]
    pub const fn labelled(self, labels: &'static [&'static str]) -> Self {
        let Self {
            name,
            help,
            labels: _,
            shown,
            make,
        } = self;
        Self {
            name,
            help,
            labels,
            shown,
            make,
        }
    }

    /// It cannot be read before this has happened, or unless this is so.
    #[must_use]
    pub const fn shown_when(self, when: &'static str) -> Self {
        let Self {
            name,
            help,
            labels,
            shown: _,
            make,
        } = self;
        Self {
            name,
            help,
            labels,
            shown: Shown::When(when),
            make,
        }
    }
}

impl<M: TypedMetric> MetricName<M> {
    /// As the reference has it.
    pub const fn described(&self) -> Described {
        let Self {
            name,
            help,
            labels,
            shown,
            make: _,
        } = *self;
        Described {
            name,
            help,
            labels,
            shown,
            kind: M::TYPE,
        }
    }
}

impl Metrics {
    /// The metric of that name: registered when first asked for, the same handle ever after.
    pub fn get<M: Metric + Clone>(&self, metric: &MetricName<M>) -> M {
        let MetricName {
            name, help, make, ..
        } = metric;
        // After a panic a metric is registered or not: it counts nothing that is wrong.
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (*name, TypeId::of::<M>());
        if let Some(known) = inner
            .known
            .get(&key)
            .and_then(|any| any.downcast_ref::<M>())
        {
            return known.clone();
        }
        let made = make();
        inner.registry.register(*name, *help, made.clone());
        inner.known.insert(key, Box::new(made.clone()));
        made
    }

    /// All metrics in the OpenMetrics text format.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        encode(&mut text, &inner.registry)?;
        Ok(text)
    }
}

impl fmt::Debug for Metrics {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Metrics").finish_non_exhaustive()
    }
}
