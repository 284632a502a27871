//! As which rules ports are let in: few, and no wider than need be.
//!
//! What other load balancers' rules let in already is shared. The rest are rules of neighbouring ports, which let in nothing
//! more. Only where there would be more than [`MOST_RULES`] of one protocol in a group it is one range from the lowest to the
//! highest port: a group has 60 rules, for everybody.

use std::collections::BTreeSet;

use super::View;
use super::needs::{Port, Protocol};
use crate::values::observed::Door;
use crate::values::op::{Handle, IngressTraffic};
use crate::values::ports::ranges;
use crate::values::tags;

/// Rules of ours in one group and protocol. AWS's default quota is 60 for each family, and a rule with a group as its source
/// counts in both; two protocols leave a third of it to others.
pub(super) const MOST_RULES: usize = 20;

/// The rules that let in all these ports.
pub(super) fn choose(
    door: &Door,
    source: &Handle,
    ports: &BTreeSet<Port>,
    view: View,
    claim: &str,
) -> Vec<IngressTraffic> {
    let mut chosen = Vec::new();
    for protocol in [Protocol::Tcp, Protocol::Udp] {
        let numbers: BTreeSet<u16> = ports
            .iter()
            .filter(|port| port.protocol == protocol)
            .map(|port| port.number)
            .collect();
        let shared = shared(door, source, protocol, view, claim);
        let ranges = cover(numbers, &shared);
        chosen.extend(ranges.into_iter().map(|(from, to)| match protocol {
            Protocol::Tcp => IngressTraffic::Tcp(from, to),
            Protocol::Udp => IngressTraffic::Udp(from, to),
        }));
    }
    chosen
}

/// Rules that others hold on to, the widest first.
fn shared(
    door: &Door,
    source: &Handle,
    protocol: Protocol,
    view: View,
    claim: &str,
) -> Vec<(u16, u16)> {
    let Handle::Existing(source) = source else {
        return Vec::new();
    };
    let of_others = door.rules.iter().filter(|(opening, rule)| {
        opening.source == *source
            && tags::is_shared_of(&view.context.installation, rule)
            && tags::claims(rule).any(|it| it != claim)
    });
    let mut ranges: Vec<(u16, u16)> = of_others
        .filter_map(|(opening, _)| match (opening.traffic, protocol) {
            (IngressTraffic::Tcp(from, to), Protocol::Tcp)
            | (IngressTraffic::Udp(from, to), Protocol::Udp) => Some((from, to)),
            _ => None,
        })
        .collect();
    ranges.sort_by_key(|(from, to)| (std::cmp::Reverse(to.saturating_sub(*from)), *from));
    ranges
}

fn cover(mut ports: BTreeSet<u16>, shared: &[(u16, u16)]) -> Vec<(u16, u16)> {
    let mut chosen = Vec::new();
    for (from, to) in shared {
        let before = ports.len();
        ports.retain(|port| !(from..=to).contains(&port));
        if ports.len() < before {
            chosen.push((*from, *to));
        }
    }
    let exact: Vec<(u16, u16)> = ranges(ports.iter().copied()).collect();
    match (ports.first(), ports.last()) {
        (Some(first), Some(last)) if exact.len() > 1 && exact.len() + shared.len() > MOST_RULES => {
            chosen.push((*first, *last));
        }
        _ => chosen.extend(exact),
    }
    chosen
}

#[cfg(test)]
mod tests;
