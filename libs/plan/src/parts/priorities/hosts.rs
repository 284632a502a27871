//! Where a rule may stand among those that a request may match beside it.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::desired::{Patterns, RuleCondition};
use tributary_model::elb::MAX_RULE_PRIORITY;

/// The hosts whose requests may match a rule. Two rules without one in common may stand in either order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Hosts {
    /// These alone, in lower case.
    Only(BTreeSet<String>),
    /// A wildcard, a regular expression or none: it is reckoned with all.
    Any,
}

impl Hosts {
    /// Of a rule with all of these conditions.
    pub(crate) fn of(conditions: &[RuleCondition]) -> Self {
        let plain = conditions.iter().find_map(|condition| match condition {
            RuleCondition::HostHeader(Patterns::Wildcard(hosts)) => {
                let is_plain = |host: &String| !host.contains(['*', '?', '\\']);
                hosts.iter().all(is_plain).then_some(hosts)
            }
            RuleCondition::HostHeader(Patterns::Regex(_))
            | RuleCondition::PathPattern(_)
            | RuleCondition::HttpHeader { .. }
            | RuleCondition::Method(_)
            | RuleCondition::QueryString(_)
            | RuleCondition::SourceIp(_) => None,
        });
        plain.map_or(Self::Any, |hosts| {
            Self::Only(hosts.iter().map(|host| host.to_ascii_lowercase()).collect())
        })
    }
}

/// One end of where a rule may stand: a priority of the rules on one side of it that may match the same requests.
struct End<'a> {
    /// Of two priorities the one that counts: the greatest of the rules before, the least of those behind.
    nearest: fn(u32, u32) -> u32,
    of_all: u32,
    of_any: u32,
    of_host: BTreeMap<&'a str, u32>,
}

impl<'a> End<'a> {
    fn before() -> Self {
        Self::new(0, u32::max)
    }

    fn behind() -> Self {
        Self::new(MAX_RULE_PRIORITY + 1, u32::min)
    }

    fn new(open: u32, nearest: fn(u32, u32) -> u32) -> Self {
        Self {
            nearest,
            of_all: open,
            of_any: open,
            of_host: BTreeMap::new(),
        }
    }

    fn of(&self, hosts: &Hosts) -> u32 {
        match hosts {
            Hosts::Any => self.of_all,
            Hosts::Only(hosts) => {
                let of_hosts = hosts.iter().filter_map(|it| self.of_host.get(it.as_str()));
                of_hosts.copied().fold(self.of_any, self.nearest)
            }
        }
    }

    fn add(&mut self, hosts: &'a Hosts, priority: u32) {
        let nearest = self.nearest;
        self.of_all = nearest(self.of_all, priority);
        match hosts {
            Hosts::Any => self.of_any = nearest(self.of_any, priority),
            Hosts::Only(hosts) => {
                for host in hosts {
                    let of_host = self.of_host.entry(host).or_insert(priority);
                    *of_host = nearest(*of_host, priority);
                }
            }
        }
    }
}

/// Indices of the rules whose priorities stay: those of `run`, and whoever stands right beside them.
pub(super) fn kept(
    current: &[Option<u32>],
    hosts: &[Hosts],
    run: &BTreeSet<usize>,
) -> BTreeSet<usize> {
    if current.iter().flatten().count() == run.len() {
        return run.clone();
    }
    let behind = behind(current, hosts, run);
    let mut kept = BTreeSet::new();
    let mut before = End::before();
    for (index, ((priority, hosts), high)) in current.iter().zip(hosts).zip(behind).enumerate() {
        let Some(priority) = *priority else { continue };
        if run.contains(&index) || (before.of(hosts) < priority && priority < high) {
            kept.insert(index);
            before.add(hosts, priority);
        }
    }
    kept
}

/// Rules that are not `kept` go where the most room is, of where they may stand. Nothing where one has none.
pub(super) fn anywhere(
    current: &[Option<u32>],
    hosts: &[Hosts],
    kept: &BTreeSet<usize>,
    avoided: &BTreeSet<u32>,
) -> Option<Vec<u32>> {
    let behind = behind(current, hosts, kept);
    let mut avoided = avoided.clone();
    let mut assigned = Vec::with_capacity(current.len());
    let mut before = End::before();
    for (index, ((priority, hosts), high)) in current.iter().zip(hosts).zip(behind).enumerate() {
        let priority = match priority {
            Some(priority) if kept.contains(&index) => *priority,
            Some(_) | None => middle(before.of(hosts), high, &avoided)?,
        };
        avoided.insert(priority);
        before.add(hosts, priority);
        assigned.push(priority);
    }
    Some(assigned)
}

/// For each rule the least priority of the `kept` ones that come behind it and may match the same requests.
fn behind(current: &[Option<u32>], hosts: &[Hosts], kept: &BTreeSet<usize>) -> Vec<u32> {
    let mut end = End::behind();
    let mut behind = Vec::with_capacity(current.len());
    for (index, (priority, hosts)) in current.iter().zip(hosts).enumerate().rev() {
        behind.push(end.of(hosts));
        if let Some(priority) = priority
            && kept.contains(&index)
        {
            end.add(hosts, *priority);
        }
    }
    behind.reverse();
    behind
}

/// The middle of the longest stretch of free priorities between two.
fn middle(low: u32, high: u32, avoided: &BTreeSet<u32>) -> Option<u32> {
    let mut longest = (0, low);
    let mut last = low;
    let between = (low + 1 < high).then(|| avoided.range(low + 1..high));
    for priority in between.into_iter().flatten().chain([&high]) {
        longest = longest.max((priority.saturating_sub(last), last));
        last = *priority;
    }
    let (length, after) = longest;
    (length > 1).then_some(after + length / 2)
}

#[cfg(test)]
mod tests;
