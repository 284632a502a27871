//! What uses what.

use std::collections::{BTreeMap, BTreeSet};

use super::{Observed, ObservedLoadBalancer};
use crate::values::op::Action;

impl Observed {
    /// Says of everything which load balancer uses it, after changes. Users that are not seen stay.
    pub fn relate(&mut self) {
        let Self {
            load_balancers,
            target_groups,
            certificates,
            ..
        } = self;
        let mut before = BTreeMap::new();
        for (arn, group) in target_groups.iter_mut() {
            before.insert(arn.clone(), std::mem::take(&mut group.load_balancers));
        }
        for certificate in certificates.values_mut() {
            certificate
                .in_use_by
                .retain(|user| !user.contains(":loadbalancer/"));
        }
        for (arn, load_balancer) in load_balancers.iter() {
            for group in load_balancer.target_groups() {
                if let Some(group) = target_groups.get_mut(group) {
                    group.load_balancers.insert(arn.clone());
                }
            }
            for listener in load_balancer.listeners.values() {
                let used = listener.certificates.iter();
                for certificate in used.chain(&listener.default_certificate) {
                    if let Some(certificate) = certificates.get_mut(certificate) {
                        certificate.in_use_by.insert(arn.clone());
                    }
                }
            }
        }
        for (arn, group) in target_groups {
            group.relate_targets(before.get(arn).unwrap_or(&BTreeSet::new()));
        }
    }
}

impl ObservedLoadBalancer {
    /// ARNs of those that its listeners and rules forward to; one may come more than once.
    pub(crate) fn target_groups(&self) -> impl Iterator<Item = &String> {
        let actions = self.listeners.values().flat_map(|listener| {
            let rules = listener.rules.values().map(|rule| &rule.action);
            rules.chain([&listener.default_action])
        });
        actions.flat_map(Action::target_groups)
    }
}
