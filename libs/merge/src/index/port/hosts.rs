//! The hostnames of an ALB port: their rules in one list, and which of them must be kept from each other.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::Hostname;
use tributary_model::desired::rules::Rules;
use tributary_model::hostname::{HostOrder, HostRank};

use super::host_rules::{HostRules, LAST};
use crate::values::host_map::HostMap;

/// A port's hosts, the most specific hostname first. A host has a member, rules, or both.
#[derive(Clone, Debug, Default)]
pub(super) struct Hosts {
    by_host: BTreeMap<HostOrder, HostRules>,
    /// Those whose rules may catch requests for others' hostnames.
    catching: HostMap<HostOrder>,
    /// Those whose part of the rules may be another one.
    changed: BTreeSet<HostOrder>,
    /// Those of which nothing that was published counts on: all were, or are now, without rules and member.
    anew: BTreeSet<HostOrder>,
}

impl Hosts {
    pub(super) fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// Changes one host, which is there while it holds anything, and notes whose rules that may reach.
    pub(super) fn edit(
        &mut self,
        hostname: Option<&Hostname>,
        change: impl FnOnce(&mut HostRules),
    ) {
        let Self {
            by_host,
            catching,
            changed,
            anew,
        } = self;
        let host = HostOrder::of(hostname);
        let catches = host.rank() != HostRank::Exact;
        let host_rules = by_host.entry(host.clone()).or_default();
        change(host_rules);
        let catches_others = host_rules.take_catches_others();
        if host_rules.is_empty() {
            by_host.remove(&host);
            catching.remove(hostname);
            anew.insert(host.clone());
        } else if catches {
            catching.insert(hostname, host.clone());
        }
        if catches && catches_others {
            let more_specific = by_host.range(..&host).map(|(other, _)| other);
            let covered = more_specific.filter(|other| match (hostname, other.hostname()) {
                (None, _) => true,
                (Some(hostname), Some(other)) => hostname.covers(other),
                (Some(_), None) => false,
            });
            changed.extend(covered.cloned());
        }
        changed.insert(host);
    }

    /// The hosts, other than their own, that cover any of these hostnames.
    pub(super) fn covering(&self, hostnames: &[Hostname]) -> BTreeSet<HostOrder> {
        hostnames
            .iter()
            .flat_map(|hostname| self.catching.covering(Some(hostname)))
            .cloned()
            .collect()
    }

    /// Brings a port's rules up to date. Returns whether that made any difference; also, seldom, where rules moved meanwhile
    /// and are in the end what they were.
    pub(super) fn publish(&mut self, rules: &mut Rules) -> bool {
        let mut differs = false;
        let mut anew = std::mem::take(&mut self.anew);
        for host in std::mem::take(&mut self.changed) {
            let isolated = host
                .hostname()
                .filter(|hostname| self.is_isolated(&host, hostname));
            let Some(host_rules) = self.by_host.get_mut(&host) else {
                differs |= rules.replace(&host, []);
                continue;
            };
            let isolation = isolated.and_then(|hostname| host_rules.isolation(hostname));
            if anew.remove(&host) {
                let isolation = isolation.map(|rule| (LAST, rule));
                differs |= rules.replace(&host, host_rules.published().chain(isolation));
                continue;
            }
            for (position, rule) in host_rules.take_unpublished() {
                differs |= rules.set(&host, position, rule.as_ref());
            }
            differs |= rules.set(&host, LAST, isolation.as_ref());
        }
        differs
    }

    /// Has everything published anew.
    pub(super) fn change_all(&mut self) {
        self.changed.extend(self.by_host.keys().cloned());
        self.anew.extend(self.by_host.keys().cloned());
    }

    /// Whether a less specific listener's rule could catch what none of this hostname's own rules matches.
    fn is_isolated(&self, host: &HostOrder, hostname: &Hostname) -> bool {
        let has_gaps = self
            .by_host
            .get(host)
            .is_some_and(|host_rules| host_rules.member.is_some() && !host_rules.catches_all());
        has_gaps
            && self
                .catching
                .covering(Some(hostname))
                .filter_map(|host| self.by_host.get(host))
                .any(|host_rules| host_rules.may_catch(hostname))
    }
}
