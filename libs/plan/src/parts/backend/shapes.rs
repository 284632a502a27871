//! As which rules ports are let in: few, and no wider than need be.
//!
//! What other load balancers' rules let in already is shared. The rest are rules of neighbouring ports, which let in nothing
//! more. Only where there would be more than [`MOST_RULES`] of one protocol in a group, or where the group has no room for
//! them, it is one range from the lowest to the highest port: a group has 60 rules, for everybody. What single ones leave
//! free is for such ranges, which must be there before what they replace goes.

use std::collections::BTreeSet;

use super::View;
use super::needs::{Port, Protocol};
use crate::values::limits::Failure;
use crate::values::observed::{Door, Opening};
use crate::values::op::{Handle, IngressTraffic, NO_ROOM, RULES_FULL};
use crate::values::ports::ranges;
use crate::values::tags::{self, Tags};

/// Rules of ours in one group and protocol. AWS's default quota is 60 for each family, and a rule with a group as its source
/// counts in both; two protocols leave a third of it to others.
pub(super) const MOST_RULES: usize = 20;
/// Rules that are left free for ranges by those that a range could replace.
pub(super) const SPARE: usize = 15;
/// AWS's default quota.
const QUOTA: usize = 60;

/// The group of some targets, for the load balancer with this claim.
#[derive(Clone, Copy)]
pub(super) struct Claimed<'a> {
    pub(super) door: &'a Door,
    pub(super) source: &'a Handle,
    pub(super) claim: &'a str,
}

/// What is there already of a protocol: ranges of ports.
#[derive(Debug, Default)]
struct There {
    /// Of rules that others hold on to, the widest first.
    shared: Vec<(u16, u16)>,
    /// Of rules that only this load balancer holds on to.
    own: BTreeSet<(u16, u16)>,
    /// Rules that are not its own, of whatever protocol and source.
    others: usize,
}

/// The rules that let in all these ports, each with the room that is to be left. `is_refused` says so of one that was to leave it.
pub(super) fn choose(
    of: Claimed,
    ports: &BTreeSet<Port>,
    view: View,
    is_refused: impl Fn(IngressTraffic) -> bool,
) -> Vec<(IngressTraffic, usize)> {
    let mut chosen = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let numbers: BTreeSet<u16> = ports
            .iter()
            .filter(|port| port.protocol == protocol)
            .map(|port| port.number)
            .collect();
        let there = There::of(of, protocol, view);
        let traffic = |(from, to)| match protocol {
            Protocol::Tcp => IngressTraffic::Tcp(from, to),
            Protocol::Udp => IngressTraffic::Udp(from, to),
        };
        let ranges = cover(numbers, &there, |range| is_refused(traffic(range)));
        chosen.extend(
            ranges
                .into_iter()
                .map(|(range, spare)| (traffic(range), spare)),
        );
    }
    chosen
}

impl There {
    fn of(of: Claimed, protocol: Protocol, view: View) -> Self {
        let Claimed {
            door,
            source,
            claim,
        } = of;
        let is_ours = |rule: &Tags| tags::is_shared_of(&view.context.installation, rule);
        let is_own = |rule: &Tags| {
            is_ours(rule) && rule.contains_key(claim) && tags::claims(rule).all(|it| it == claim)
        };
        let is_others = |rule: &Tags| is_ours(rule) && tags::claims(rule).any(|it| it != claim);
        let mut there = Self {
            others: door.rules.values().filter(|rule| !is_own(rule)).count(),
            ..Self::default()
        };
        let Handle::Existing(source) = source else {
            return there;
        };
        let range = |opening: &Opening| match (opening.traffic, protocol) {
            (IngressTraffic::Tcp(from, to), Protocol::Tcp)
            | (IngressTraffic::Udp(from, to), Protocol::Udp) => Some((from, to)),
            _ => None,
        };
        for (opening, rule) in &door.rules {
            let Some(range) = range(opening).filter(|_| opening.source == *source) else {
                continue;
            };
            if is_own(rule) {
                there.own.insert(range);
            } else if is_others(rule) {
                there.shared.push(range);
            }
        }
        let width = |(from, to): &(u16, u16)| to.saturating_sub(*from);
        there
            .shared
            .sort_by_key(|range| (std::cmp::Reverse(width(range)), range.0));
        there
    }
}

/// Whether a setback says that a group is full: AWS's code, or what who executes says in its place.
pub(super) fn is_for_want_of_room(failure: &Failure) -> bool {
    let (Failure::Refused(why) | Failure::Impossible(why) | Failure::Retrying(why)) = failure;
    [RULES_FULL, NO_ROOM].iter().any(|it| why.contains(it))
}

fn cover(
    mut ports: BTreeSet<u16>,
    there: &There,
    is_refused: impl Fn((u16, u16)) -> bool,
) -> Vec<((u16, u16), usize)> {
    let There {
        shared,
        own,
        others,
    } = there;
    let mut chosen = Vec::new();
    for (from, to) in shared {
        let before = ports.len();
        ports.retain(|port| !(from..=to).contains(&port));
        if ports.len() < before {
            chosen.push(((*from, *to), 0));
        }
    }
    let exact: Vec<(u16, u16)> = ranges(ports.iter().copied()).collect();
    let (Some(first), Some(last)) = (ports.first(), ports.last()) else {
        return chosen;
    };
    if exact.len() == 1 {
        chosen.extend(exact.into_iter().map(|range| (range, 0)));
        return chosen;
    }
    let all = (*first, *last);
    let mut missing = exact.iter().filter(|range| !own.contains(range));
    let is_full = missing.next().is_some() && others + exact.len() + SPARE > QUOTA;
    if exact.len() + shared.len() > MOST_RULES
        || is_full
        // Of several load balancers that had no room each would see some now, and take all of it again.
        || own.contains(&all)
        || exact.iter().any(|range| is_refused(*range))
    {
        chosen.push((all, 0));
    } else {
        chosen.extend(exact.into_iter().map(|range| (range, SPARE)));
    }
    chosen
}

#[cfg(test)]
mod tests;
