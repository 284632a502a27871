//! The same way again: for targets that are told as not opened, and those that time out although a rule lets them in.
//!
//! An interface may come after its pod, a group get its tag, an interface another group, and nobody says so. What the new
//! answer does not say stays as it was known.

use std::collections::BTreeSet;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey, TargetId};
use tributary_plan::backend::unopened;
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::{Backend, Health, Observed, Opening, Seen};
use tributary_plan::tags;

use super::{group_filter, our_rules, overlay, reach, shared_groups, wanted};
use crate::Aws;
use crate::known::Known;
use crate::observe::Environment;

/// AWS's reason for a target that does not answer, as one does that lets nobody in.
const TIMEOUT: &str = "Target.Timeout";

/// What of the way to the targets is to be looked at again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanting {
    /// Whose interface and security groups.
    pub targets: BTreeSet<TargetId>,
    /// The backend groups and the rules of ours.
    pub shared: bool,
}

impl Wanting {
    /// Whether nothing is.
    pub fn is_empty(&self) -> bool {
        let Self { targets, shared } = self;
        targets.is_empty() && !shared
    }

    /// Whether nothing is in it that is not in another.
    pub fn is_within(&self, other: &Self) -> bool {
        self.targets.is_subset(&other.targets) && (other.shared || !self.shared)
    }

    /// Both.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.targets.extend(other.targets);
        self.shared |= other.shared;
        self
    }
}

/// What statuses tell as not opened, or not read. Nothing where targets' groups are not asked to let the load balancer in.
pub fn wanting(
    environment: &Environment,
    observed: &Observed,
    desired: Option<&DesiredLoadBalancer>,
) -> Wanting {
    let targets = wanted(environment, desired);
    if targets.is_empty() {
        return Wanting::default();
    }
    let shared = match (&environment.backend, &observed.backend.groups) {
        (BackendGroups::Named(id), Seen::Known(groups)) => !groups.contains_key(id),
        (BackendGroups::Off | BackendGroups::Shared, Seen::Known(_)) => false,
        (_, Seen::Unknown(_)) => true,
    };
    Wanting {
        targets: unopened(observed, &environment.cluster, targets.iter()),
        shared: shared || observed.backend.unread_rules.is_some(),
    }
}

/// Targets that do not answer: where their security group lets the load balancer in as far as is known, they may have another
/// one by now, or it other rules.
pub fn timed_out(
    environment: &Environment,
    observed: &Observed,
    desired: Option<&DesiredLoadBalancer>,
) -> Wanting {
    let groups = observed.target_groups.values();
    let targets = groups.flat_map(|group| &group.targets);
    let times_out = targets.filter(
        |(_, state)| matches!(state.health(), Some(Health::Unhealthy(why)) if why == TIMEOUT),
    );
    let mut targets: BTreeSet<TargetId> = times_out.map(|(it, _)| it.id.clone()).collect();
    if !targets.is_empty() {
        let wanted = wanted(environment, desired);
        targets.retain(|target| wanted.contains(target));
    }
    Wanting {
        targets,
        shared: false,
    }
}

/// Looks again: a call or two for the interfaces of all these targets, one for their security groups, one for the rules of
/// ours in them. Returns the groups in which rules of this load balancer's are no more.
pub async fn look_again(
    aws: &Aws,
    environment: &Environment,
    key: &LoadBalancerKey,
    known: &mut Known,
    wanting: &Wanting,
) -> BTreeSet<String> {
    let before = known.observed().backend.clone();
    let mut backend = before.clone();
    if wanting.shared
        && let Some(filter) = group_filter(environment)
    {
        backend.groups = shared_groups(aws, &filter).await;
    }
    for target in &wanting.targets {
        backend.interfaces.remove(target);
    }
    let doors = doors_of(&before, wanting);
    backend.doors.retain(|group, _| !doors.contains(group));
    reach(
        aws,
        environment,
        wanting.targets.clone(),
        doors,
        &mut backend,
    )
    .await;
    for (target, seen) in &mut backend.interfaces {
        let before = before.interfaces.get(target);
        if let (Seen::Unknown(_), Some(known @ Seen::Known(found))) = (&seen, before)
            && !found.is_empty()
        {
            *seen = known.clone();
        }
    }
    let is_other = |group: &String, door: &Seen<_>| before.doors.get(group) != Some(door);
    let mut read = backend.doors.iter();
    if wanting.shared || read.any(|(group, door)| is_other(group, door)) {
        match our_rules(aws, environment).await {
            Ok(rules) => overlay(Seen::Known(rules), &mut backend),
            // Nobody knows whose the rules are that were read: those that were known are as they were.
            Err(error) => {
                let is_new = |group: &String| !before.doors.contains_key(group);
                if before.unread_rules.is_some() || backend.doors.keys().any(is_new) {
                    backend.unread_rules = Some(error.to_string());
                }
                backend.doors.extend(before.doors.clone());
            }
        }
    }
    for (group, door) in &before.doors {
        if let Some(Seen::Unknown(_)) = backend.doors.get(group)
            && door.known().is_some()
        {
            backend.doors.insert(group.clone(), door.clone());
        }
    }
    let observed = known.observed_mut();
    let before = std::mem::replace(&mut observed.backend, backend);
    let (claim, _) = tags::claim(&environment.installation, key);
    let there: BTreeSet<_> = openings(&observed.backend, &claim).collect();
    let lost = openings(&before, &claim).filter(|opening| !there.contains(opening));
    lost.map(|(group, _)| group.clone()).collect()
}

/// Security groups that are read again.
fn doors_of(backend: &Backend, wanting: &Wanting) -> BTreeSet<String> {
    let interfaces = wanting.targets.iter();
    let interfaces = interfaces.filter_map(|target| backend.interfaces.get(target)?.known());
    let groups = interfaces.flatten().flat_map(|it| it.groups.iter());
    groups.cloned().collect()
}

/// Rules that let the load balancer in, with the group that each is of.
pub(crate) fn openings<'a>(
    backend: &'a Backend,
    claim: &'a str,
) -> impl Iterator<Item = (&'a String, &'a Opening)> {
    let doors = backend.doors.iter();
    let rules = doors.flat_map(|(group, door)| {
        let rules = door.known().map(|door| &door.rules);
        rules.into_iter().flatten().map(move |rule| (group, rule))
    });
    let ours = rules.filter(|(_, (_, tags))| tags.contains_key(claim));
    ours.map(|(group, (opening, _))| (group, opening))
}
