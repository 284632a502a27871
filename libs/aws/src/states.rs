//! What has become of load balancers that do not serve yet: one describe for all that wait for that, at a steady pace.
//!
//! AWS takes a minute or three to make one active, and people wait for that moment. A backoff of each would find it late, and a
//! pace of each would cost a call of each.
//!
//! ```text
//! ticks           |         |         |
//! worker one      ask ──┐   ask ──┐   ask
//! worker two      ask ──┤   ask ──┤
//! AWS                   └─ DescribeLoadBalancers of both
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tributary_plan::observed::ObservedLoadBalancer;

use crate::elbv2::{Answer, Found};

#[cfg(test)]
mod tests;

/// Ticks after which nobody is believed to wait for a load balancer any more that was not asked about.
const FORGOTTEN: u32 = 4;

/// Shared by everybody who waits in one account and region.
#[derive(Debug)]
pub(crate) struct States {
    every: Duration,
    /// Of the ticks. Each process begins at its own moment, so that several do not ask at once.
    began: Instant,
    /// What is waited for. A map of moments and counts is whole after any panic.
    awaited: Mutex<BTreeMap<String, Awaited>>,
    /// The lock is held while looking, so that many who ask at once cause one look.
    last: tokio::sync::Mutex<Option<Look>>,
}

#[derive(Debug)]
struct Awaited {
    /// How many ask about it at this moment: however long AWS takes, it is not forgotten before they have their answer.
    asking: usize,
    /// When somebody last asked, or got an answer.
    at: Instant,
}

/// Somebody who asks.
#[derive(Debug)]
struct Asking<'a> {
    states: &'a States,
    arns: &'a BTreeSet<String>,
}

#[derive(Debug)]
struct Look {
    asked: BTreeSet<String>,
    began: Instant,
    ended: Instant,
    answer: Answer<Found<ObservedLoadBalancer>>,
}

impl States {
    pub(crate) fn new(every: Duration) -> Self {
        Self {
            every,
            began: Instant::now(),
            awaited: Mutex::default(),
            last: tokio::sync::Mutex::default(),
        }
    }

    /// Between two ticks.
    pub(crate) fn every(&self) -> Duration {
        self.every
    }

    /// The next tick.
    pub(crate) fn next(&self) -> Instant {
        let now = Instant::now();
        let every = self.every.as_nanos().max(1);
        let into = now.duration_since(self.began).as_nanos() % every;
        let left = u64::try_from(every - into).unwrap_or(u64::MAX);
        now + Duration::from_nanos(left)
    }

    /// These load balancers as they are now, or were less than half a tick ago. An error is shared as well: those who
    /// waited for it do not all wait for the next.
    pub(crate) async fn ask<F>(
        &self,
        arns: &BTreeSet<String>,
        look: impl FnOnce(BTreeSet<String>) -> F,
    ) -> Answer<Found<ObservedLoadBalancer>>
    where
        F: Future<Output = Answer<Found<ObservedLoadBalancer>>>,
    {
        let asked_at = Instant::now();
        let _asking = self.expect(arns, asked_at);
        let mut last = self.last.lock().await;
        if let Some(look) = &*last
            && look.asked.is_superset(arns)
            && (look.ended > asked_at || asked_at.duration_since(look.began) < self.every / 2)
        {
            return look.answer.clone();
        }
        let asked = self.awaited();
        let began = Instant::now();
        let answer = look(asked.clone()).await;
        *last = Some(Look {
            asked,
            began,
            ended: Instant::now(),
            answer: answer.clone(),
        });
        answer
    }

    fn expect<'a>(&'a self, arns: &'a BTreeSet<String>, now: Instant) -> Asking<'a> {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        let forgotten = self.every * FORGOTTEN;
        awaited.retain(|_, it| it.asking > 0 || now.duration_since(it.at) < forgotten);
        for arn in arns {
            let known = awaited.entry(arn.clone());
            let known = known.or_insert(Awaited { asking: 0, at: now });
            known.asking += 1;
            known.at = now;
        }
        Asking { states: self, arns }
    }

    fn awaited(&self) -> BTreeSet<String> {
        let awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.keys().cloned().collect()
    }
}

impl Drop for Asking<'_> {
    fn drop(&mut self) {
        let awaited = &self.states.awaited;
        let mut awaited = awaited.lock().unwrap_or_else(PoisonError::into_inner);
        for arn in self.arns {
            if let Some(known) = awaited.get_mut(arn) {
                known.asking = known.asking.saturating_sub(1);
                known.at = Instant::now();
            }
        }
    }
}
