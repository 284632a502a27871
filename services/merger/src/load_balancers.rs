//! Load balancers as people read them: what is wanted, joined with reports.

use std::collections::BTreeSet;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerPhase;
use tributary_model::view::{DesiredCounts, LoadBalancerView};

use crate::state::MergerState;

/// Every load balancer that is desired or still there.
pub(crate) fn all(state: &MergerState) -> Vec<LoadBalancerView> {
    let desired = state.merge().load_balancers();
    let leftover = state
        .reports()
        .iter()
        .map(|report| &report.key)
        .filter(|key| !desired.contains_key(key));
    let keys: BTreeSet<&LoadBalancerKey> = desired.keys().chain(leftover).collect();
    keys.into_iter()
        .map(|key| {
            let report = state.reports().get(key);
            LoadBalancerView {
                key: key.clone(),
                desired_generation: state.desired_at(key).generation,
                reported_generation: state.reported_at(key).generation,
                desired_counts: desired
                    .get(key)
                    .map(|desired| counts(desired))
                    .unwrap_or_default(),
                phase: report.map_or(LoadBalancerPhase::Absent, |report| report.phase),
                report: report.cloned(),
            }
        })
        .collect()
}

fn counts(desired: &DesiredLoadBalancer) -> DesiredCounts {
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    DesiredCounts {
        listeners: count(desired.listeners.len()),
        rules: count(
            desired
                .listeners
                .values()
                .map(|listener| listener.rules.len())
                .sum(),
        ),
        certificates: count(
            desired
                .listeners
                .values()
                .map(|listener| listener.certificates().count())
                .sum(),
        ),
        target_groups: count(desired.target_groups.size()),
        targets: count(
            desired
                .target_groups
                .values()
                .map(|group| group.targets.len())
                .sum(),
        ),
    }
}
