//! What has its place already.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::DesiredTarget;

use crate::input::ours::{load_balancers, target_groups};
use crate::input::{PlanInput, Role};
use crate::values::observed::ObservedTargetGroup;

/// What is programmed, on the load balancer or on one that it replaces: what a predecessor serves has its place on the
/// successor, too.
#[derive(Debug, Default)]
pub(super) struct Incumbents<'a> {
    /// Ports of ELB listeners.
    pub(super) ports: BTreeSet<u16>,
    /// ARN of the default certificate on the load balancer that stays, by port.
    pub(super) defaults: BTreeMap<u16, &'a str>,
    /// By ELB listener's port and identity tag: the ARNs of the target groups that it forwards to.
    pub(super) rules: BTreeMap<(u16, &'a str), Vec<&'a str>>,
    /// ELB listener's port and ARN, default ones included.
    pub(super) certificates: BTreeSet<(u16, &'a str)>,
    /// Identity tag of target groups that are in use.
    pub(super) groups: BTreeMap<&'a str, Vec<&'a ObservedTargetGroup>>,
    /// The same by ARN.
    identities: BTreeMap<&'a str, &'a str>,
    /// What others put onto our load balancer counts, too.
    pub(super) foreign: Usage,
}

/// Places that are taken under the quotas of one load balancer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Usage {
    pub(super) listeners: usize,
    pub(super) rules: usize,
    pub(super) certificates: usize,
}

impl<'a> Incumbents<'a> {
    pub(super) fn of(input: &PlanInput<'a>) -> Self {
        let mut incumbents = Self {
            foreign: foreign(input),
            ..Self::default()
        };
        let ownership = input.ownership;
        let mut ours: BTreeSet<&str> = BTreeSet::new();
        let current = input.current.map(|current| current.arn);
        let places = load_balancers(input.observed, ownership).filter(|it| match input.role {
            Role::Target(_) => true,
            Role::Predecessor => Some(it.arn) == current,
        });
        for it in places {
            ours.insert(it.arn);
            let listeners = it.load_balancer.listeners.values();
            for listener in listeners.filter(|it| it.is_of(ownership)) {
                incumbents.ports.insert(listener.port);
                if let Some(certificate) = &listener.default_certificate
                    && input.current.is_some_and(|current| current.arn == it.arn)
                {
                    incumbents.defaults.insert(listener.port, certificate);
                }
                let certificates = listener.certificates.iter();
                for certificate in certificates.chain(&listener.default_certificate) {
                    let place = (listener.port, certificate.as_str());
                    incumbents.certificates.insert(place);
                }
                let rules = listener.rules.values();
                for rule in rules.filter(|it| ownership.owns(&it.tags)) {
                    if let Some(identity) = ownership.resource(&rule.tags) {
                        let groups = rule.action.target_groups().map(String::as_str);
                        let rule = incumbents.rules.entry((listener.port, identity));
                        rule.or_default().extend(groups);
                    }
                }
            }
        }
        for (arn, group) in target_groups(input.observed, ownership) {
            let is_used = group
                .load_balancers
                .iter()
                .any(|it| ours.contains(it.as_str()));
            if let Some(identity) = ownership.resource(&group.tags).filter(|_| is_used) {
                incumbents.identities.insert(arn, identity);
                incumbents.groups.entry(identity).or_default().push(group);
            }
        }
        incumbents
    }

    /// Identity tags of the target groups that a rule forwards to now.
    pub(super) fn groups_of_rule(&self, port: u16, rule: &str) -> BTreeSet<&'a str> {
        let arns = self.rules.get(&(port, rule)).into_iter().flatten();
        arns.filter_map(|arn| self.identities.get(arn).copied())
            .collect()
    }

    /// Whether a target is registered with the target group of this identity.
    pub(super) fn is_registered(&self, group: &str, target: &DesiredTarget) -> bool {
        let groups = self.groups.get(group).into_iter().flatten();
        groups.into_iter().any(|it| it.has_registered(target))
    }
}

fn foreign(input: &PlanInput) -> Usage {
    let mut usage = Usage::default();
    let Some(current) = input.current else {
        return usage;
    };
    for listener in current.load_balancer.listeners.values() {
        let ours = listener.is_of(input.ownership);
        usage.listeners += usize::from(!ours);
        usage.certificates += if ours { 0 } else { listener.certificates.len() };
        usage.rules += listener
            .rules
            .values()
            .filter(|rule| !ours || !input.ownership.owns(&rule.tags))
            .count();
    }
    usage
}
