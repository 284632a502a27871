//! When targets that are not healthy are asked about again: soon while anything changes, then ever more rarely.
//!
//! A group costs a call, so not all are asked about at once, and not while all are healthy: pods that fail later are Kubernetes'
//! to find. What a load balancer with unhealthy targets costs is a round a minute. What we did ourselves may make healthy targets
//! unhealthy: their groups are asked about until their health checks must have found out.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use tokio::time::Instant;
use tributary_aws::unhealthy;
use tributary_model::desired::DesiredTarget;
use tributary_plan::observed::{Observed, ObservedTargetGroup, TargetState};
use tributary_plan::op::Op;
use tributary_runtime::Backoff;
use tributary_runtime::backoff::Delays;
use tributary_runtime::names::SecondsCounter;

#[cfg(test)]
mod tests;

/// Between two rounds, at most.
const LONGEST: Duration = Duration::from_mins(1);
/// Groups in a round.
const AT_ONCE: usize = 20;
/// What a health check takes at most before a group is let out of sight. AWS's own maximum is 52 minutes (10 checks, 300 s
/// apart), its default for Gateways here 45 s.
const LONGEST_WATCH: Duration = Duration::from_mins(10);
/// A change reaches AWS's load balancer nodes within so long.
const SPREAD: Duration = Duration::from_secs(15);
/// Seconds between two checks, seconds of one, and checks before a target is unhealthy, where AWS does not tell.
const CHECK: (u32, u32, u32) = (30, 10, 3);

/// Of one load balancer.
#[derive(Debug)]
pub(crate) struct Checks {
    delays: Delays,
    due: Option<Instant>,
    /// What the delays stand on: the targets of groups that are not all healthy.
    known: BTreeMap<String, BTreeMap<DesiredTarget, TargetState>>,
    /// Groups that we may have made unhealthy, and until when AWS may not know it.
    watched: BTreeMap<String, Instant>,
    /// The last group of the last round.
    last: Option<String>,
}

impl Checks {
    /// `first` is the first delay.
    pub(crate) fn new(first: Duration, waited: SecondsCounter) -> Self {
        let policy = Backoff {
            first,
            most: LONGEST,
        };
        Self {
            delays: policy.delays(waited),
            due: None,
            known: BTreeMap::new(),
            watched: BTreeMap::new(),
            last: None,
        }
    }

    /// When to ask; never while all are healthy and none is watched.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// AWS took it: where it may close the way to targets, or judges them in another way, they are asked about again.
    pub(crate) fn done(&mut self, op: &Op, observed: &Observed, now: Instant) {
        let of: Option<&str> = match op {
            Op::ModifyTargetGroup { target_group, .. } => Some(target_group),
            // Rules and groups are shared by targets of all groups.
            Op::CloseTargets { .. }
            | Op::LeaveBackendGroup { .. }
            | Op::SetSecurityGroups { .. }
            | Op::SetSubnets { .. }
            | Op::SetIpAddressType { .. } => None,
            _ => return,
        };
        for (arn, group) in &observed.target_groups {
            if of.is_none_or(|of| of == arn) {
                self.known.remove(arn);
                self.watched.insert(arn.clone(), now + detection(group));
            }
        }
    }

    /// Takes in what is known now.
    pub(crate) fn note(&mut self, observed: &Observed, now: Instant) {
        let in_use = |arn: &String| {
            let group = observed.target_groups.get(arn);
            group.is_some_and(|group| !group.load_balancers.is_empty())
        };
        self.watched.retain(|arn, _| in_use(arn));
        let groups: BTreeSet<String> = unhealthy(observed)
            .into_iter()
            .chain(self.watched.keys().cloned())
            .collect();
        let known: BTreeMap<_, _> = groups
            .into_iter()
            .filter_map(|arn| {
                let targets = observed.target_groups.get(&arn)?.targets.clone();
                Some((arn, targets))
            })
            .collect();
        if known.is_empty() {
            self.due = None;
        } else if known != self.known {
            self.delays.reset();
            let soon = now + self.delays.next_delay();
            self.due = Some(self.due.map_or(soon, |due| due.min(soon)));
        } else if self.due.is_none() {
            self.due = Some(now + self.delays.next_delay());
        }
        self.known = known;
    }

    /// The groups to ask about now, if it is time: a round of those that were not asked about last.
    pub(crate) fn take(&mut self, now: Instant) -> Vec<String> {
        if self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.due = None;
        let is_later = |arn: &&String| self.last.as_ref().is_some_and(|last| *arn > last);
        let later = self.known.keys().filter(is_later);
        let earlier = self.known.keys().filter(|arn| !is_later(arn));
        let round: Vec<String> = later.chain(earlier).take(AT_ONCE).cloned().collect();
        self.watched
            .retain(|arn, until| *until > now || !round.contains(arn));
        self.last = round.last().cloned();
        round
    }
}

/// Within what time AWS finds a target of the group to be unhealthy.
fn detection(group: &ObservedTargetGroup) -> Duration {
    let check = &group.health_check;
    let (interval, timeout, checks) = CHECK;
    let interval = check.interval_seconds.unwrap_or(interval);
    let timeout = check.timeout_seconds.unwrap_or(timeout);
    // The first comes up to an interval later.
    let checks = check.unhealthy_threshold.unwrap_or(checks) + 1;
    let seconds = interval.saturating_mul(checks).saturating_add(timeout);
    LONGEST_WATCH.min(SPREAD + Duration::from_secs(seconds.into()))
}
