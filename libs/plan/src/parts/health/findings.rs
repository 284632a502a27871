//! Targets that get no traffic because AWS finds them unhealthy: told to their routes, and to listener and load balancer
//! where none is left.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::ListenerRef;
use tributary_model::desired::{AwaitedTarget, GatedPod};

use crate::admission::{Admission, AdmittedTargetGroup};
use crate::input::PlanInput;
use crate::parts::findings::Findings;
use crate::parts::target_groups::TargetGroups;
use crate::values::observed::{Health, ObservedTargetGroup, TargetState};
use crate::values::op::Handle;

/// Of some targets that a load balancer uses.
#[derive(Debug, Default)]
struct Count<'a> {
    unhealthy: usize,
    all: usize,
    /// Healthy, or not known to be otherwise yet.
    others: usize,
    reasons: BTreeSet<&'a str>,
}

/// Says which targets are unhealthy; returns what is wrong with the load balancer as a whole.
pub(crate) fn tell(
    input: &PlanInput,
    admission: &Admission,
    groups: &TargetGroups,
    findings: &mut Findings,
) -> Option<String> {
    let mut of_listeners: BTreeMap<&ListenerRef, Count> = BTreeMap::new();
    let mut of_all = Count::default();
    for (id, group) in &admission.target_groups {
        let Some(Handle::Existing(arn)) = groups.handles.get(id) else {
            continue;
        };
        let observed = input.observed.target_groups.get(arn);
        let current = input.current.map(|it| it.arn);
        let Some(observed) = observed
            .filter(|it| current.is_some_and(|current| it.load_balancers.contains(current)))
        else {
            continue;
        };
        let count = Count::of(group, observed);
        if count.unhealthy > 0 {
            findings.tell_users(
                group,
                &format!(
                    "{} of {} targets of {} are unhealthy: {}",
                    count.unhealthy,
                    count.all,
                    name(group),
                    count.why()
                ),
            );
        }
        let of_rules = group.rules.iter().map(|it| &it.listener);
        let users: BTreeSet<&ListenerRef> = of_rules.chain(&group.listeners).collect();
        for listener in users {
            of_listeners.entry(listener).or_default().add(&count);
        }
        of_all.add(&count);
    }
    for (listener, count) in of_listeners {
        if count.is_hopeless() {
            let note = format!("none of its targets is healthy: {}", count.why());
            findings
                .notes
                .entry(listener.clone())
                .or_default()
                .push(note);
        }
    }
    of_all.is_hopeless().then(|| {
        format!(
            "none of its {} targets is healthy: {}",
            of_all.all,
            of_all.why()
        )
    })
}

/// Pods that wait to hear it, and of which every target here is healthy.
pub(crate) fn healthy(
    input: &PlanInput,
    admission: &Admission,
    groups: &TargetGroups,
) -> BTreeSet<GatedPod> {
    let mut all = BTreeMap::new();
    for (id, group) in &admission.target_groups {
        let observed = match groups.handles.get(id) {
            Some(Handle::Existing(arn)) => input.observed.target_groups.get(arn),
            Some(Handle::Created { .. }) | None => None,
        };
        for AwaitedTarget { target, pod } in &group.desired.awaited {
            let state = observed.and_then(|it| it.targets.get(target));
            let is_healthy = state.and_then(TargetState::health) == Some(&Health::Healthy);
            *all.entry(pod).or_insert(true) &= is_healthy;
        }
    }
    let healthy = all.into_iter().filter(|(_, is_healthy)| *is_healthy);
    healthy.map(|(pod, _)| pod.clone()).collect()
}

/// What people call it.
pub(super) fn name(group: &AdmittedTargetGroup) -> String {
    match &group.desired.service {
        Some(service) => format!("Service {service}"),
        None => group.desired.id.0.to_string(),
    }
}

impl<'a> Count<'a> {
    fn of(group: &AdmittedTargetGroup, observed: &'a ObservedTargetGroup) -> Self {
        let mut count = Self::default();
        for (target, state) in &observed.targets {
            let TargetState::Registered(health) = state else {
                continue;
            };
            if !group.has(target) {
                continue;
            }
            count.all += 1;
            match health {
                Health::Healthy | Health::Initial => count.others += 1,
                Health::Unhealthy(reason) | Health::Unused(reason) => {
                    count.unhealthy += 1;
                    count.reasons.insert(reason);
                }
            }
        }
        count
    }

    fn add(&mut self, other: &Self) {
        self.unhealthy += other.unhealthy;
        self.all += other.all;
        self.others += other.others;
        self.reasons.extend(&other.reasons);
    }

    fn is_hopeless(&self) -> bool {
        self.unhealthy > 0 && self.others == 0
    }

    fn why(&self) -> String {
        let reasons: Vec<&str> = self.reasons.iter().copied().collect();
        reasons.join(", ")
    }
}
