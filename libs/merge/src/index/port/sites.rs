//! The hostnames of an ALB port: their rules in one list, and which of them must be kept from each other.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::Hostname;
use tributary_model::desired::DesiredRule;
use tributary_model::desired::rules::Rules;
use tributary_model::hostname::{HostOrder, HostRank};

use super::site::Site;
use crate::values::host_map::HostMap;

/// A port's sites, the most specific hostname first. A site has a member, rules, or both.
#[derive(Clone, Debug, Default)]
pub(super) struct Sites {
    by_host: BTreeMap<HostOrder, Site>,
    /// Those whose rules may catch requests for others' hostnames.
    catching: HostMap<HostOrder>,
    /// Those whose part of the rules may be another one.
    changed: BTreeSet<HostOrder>,
}

impl Sites {
    pub(super) fn is_empty(&self) -> bool {
        self.by_host.is_empty()
    }

    /// Changes one site, which is there while it holds anything, and notes whose rules that may reach.
    pub(super) fn edit(&mut self, hostname: Option<&Hostname>, change: impl FnOnce(&mut Site)) {
        let Self {
            by_host,
            catching,
            changed,
        } = self;
        let host = HostOrder::of(hostname);
        let catches = host.rank() != HostRank::Exact;
        let site = by_host.entry(host.clone()).or_default();
        change(site);
        let catches_others = site.take_catches_others();
        if site.is_empty() {
            by_host.remove(&host);
            catching.remove(hostname);
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

    /// The sites, other than their own, that cover any of these hostnames.
    pub(super) fn covering(&self, hostnames: &[Hostname]) -> BTreeSet<HostOrder> {
        hostnames
            .iter()
            .flat_map(|hostname| self.catching.covering(Some(hostname)))
            .cloned()
            .collect()
    }

    /// Brings a port's rules up to date. Returns whether that made any difference.
    pub(super) fn publish(&mut self, rules: &mut Rules) -> bool {
        let mut differs = false;
        for host in std::mem::take(&mut self.changed) {
            let now = self.rules_of(&host);
            differs |= rules.replace(host, now);
        }
        differs
    }

    /// Has everything published anew.
    pub(super) fn change_all(&mut self) {
        self.changed.extend(self.by_host.keys().cloned());
    }

    /// The rules of one site in order, with the 404 rule that isolation needs.
    fn rules_of(&mut self, host: &HostOrder) -> Vec<Arc<DesiredRule>> {
        let isolated = host
            .hostname()
            .filter(|hostname| self.is_isolated(host, hostname));
        let Some(site) = self.by_host.get_mut(host) else {
            return Vec::new();
        };
        let mut rules = site.in_effect();
        if let Some(hostname) = isolated {
            rules.extend(site.isolation(hostname));
        }
        rules
    }

    /// Whether a less specific listener's rule could catch what none of this hostname's own rules matches.
    fn is_isolated(&self, host: &HostOrder, hostname: &Hostname) -> bool {
        let has_gaps = self
            .by_host
            .get(host)
            .is_some_and(|site| site.member.is_some() && !site.catches_all());
        has_gaps
            && self
                .catching
                .covering(Some(hostname))
                .filter_map(|host| self.by_host.get(host))
                .any(|site| site.may_catch(hostname))
    }
}
