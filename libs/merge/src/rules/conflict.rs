//! Distinctness and conflict (docs/rules/conflicts.md).
//!
//! The rules only ever compare listeners of one port, so a port is decided at a time; and instead of
//! comparing a listener with every winner, the first holder of each protocol class and of each
//! (class, hostname) is remembered: one lookup a listener.
//!
//! Who changes a rule here changes [`Partition`] with it; the tests beside this file compare both with the rule as the
//! specification words it.

use std::collections::BTreeMap;

use tributary_model::Hostname;
use tributary_model::resolved::Conflict;

use crate::values::wire::WireClass;

/// What [`decide`] never looks across: each part of a port may be decided without the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Partition {
    /// The listeners of one hostname are a part.
    ByHostname,
    /// The port is one part.
    #[default]
    Whole,
}

/// A listener that passed its own validation.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Candidate<'a> {
    pub(crate) class: WireClass,
    pub(crate) hostname: Option<&'a Hostname>,
    /// Whether this kind of load balancer can serve its protocol at all.
    pub(crate) servable: bool,
}

/// The outcome of one candidate. `P` is whatever stands for a listener's place; lower is stronger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ConflictOutcome<P> {
    Won,
    Lost {
        conflict: Conflict,
        rival: P,
    },
    /// It conflicts with nobody, but this kind of load balancer cannot serve it.
    Unservable,
}

impl Partition {
    /// Of a port whose listeners are of so many wire classes: within one class only equal hostnames conflict.
    pub(crate) fn of(classes: usize) -> Self {
        if classes <= 1 {
            Self::ByHostname
        } else {
            Self::Whole
        }
    }
}

impl<P: Clone> ConflictOutcome<&P> {
    pub(crate) fn cloned(self) -> ConflictOutcome<P> {
        match self {
            ConflictOutcome::Won => ConflictOutcome::Won,
            ConflictOutcome::Lost { conflict, rival } => ConflictOutcome::Lost {
                conflict,
                rival: rival.clone(),
            },
            ConflictOutcome::Unservable => ConflictOutcome::Unservable,
        }
    }
}

/// Who holds what.
struct Holders<'a, P> {
    by_class: BTreeMap<WireClass, P>,
    by_hostname: BTreeMap<(WireClass, Option<&'a Hostname>), P>,
}

struct PortArbiter<'a, P> {
    winners: Holders<'a, P>,
    contested: Holders<'a, P>,
}

impl WireClass {
    /// Whether both can be served on one port (spec §3: TCP vs UDP always, any other mix never).
    fn shares_port_with(self, other: Self) -> bool {
        self == other
            || matches!(
                (self, other),
                (Self::Tcp, Self::Udp) | (Self::Udp, Self::Tcp)
            )
    }
}

impl<P> Default for Holders<'_, P> {
    fn default() -> Self {
        Self {
            by_class: BTreeMap::new(),
            by_hostname: BTreeMap::new(),
        }
    }
}

impl<'a, P: Copy + Ord> Holders<'a, P> {
    fn hold(&mut self, candidate: &Candidate<'a>, place: P) {
        self.by_class.entry(candidate.class).or_insert(place);
        self.by_hostname
            .entry((candidate.class, candidate.hostname))
            .or_insert(place);
    }

    fn protocol_conflict(&self, class: WireClass) -> Option<P> {
        self.by_class
            .iter()
            .filter(|(holder, _)| !holder.shares_port_with(class))
            .map(|(_, place)| *place)
            .min()
    }

    fn hostname_conflict(&self, candidate: &Candidate<'a>) -> Option<P> {
        self.by_hostname
            .get(&(candidate.class, candidate.hostname))
            .copied()
    }
}

impl<'a, P: Copy + Ord> PortArbiter<'a, P> {
    /// The first conflict with winners, then with contested; a protocol conflict beats a hostname conflict.
    fn conflict(&self, candidate: &Candidate<'a>) -> Option<(Conflict, P)> {
        let Self { winners, contested } = self;
        let protocol = winners
            .protocol_conflict(candidate.class)
            .or_else(|| contested.protocol_conflict(candidate.class));
        if let Some(rival) = protocol {
            return Some((Conflict::Protocol, rival));
        }
        winners
            .hostname_conflict(candidate)
            .or_else(|| contested.hostname_conflict(candidate))
            .map(|rival| (Conflict::Hostname, rival))
    }

    /// Decides one owner's candidates against those of higher precedence and each other.
    fn decide(&mut self, candidates: &[(P, Candidate<'a>)]) -> Vec<(P, ConflictOutcome<P>)> {
        let mut verdicts = Vec::with_capacity(candidates.len());
        let (servable, others): (Vec<_>, Vec<_>) = candidates
            .iter()
            .copied()
            .partition(|(_, candidate)| candidate.servable);
        // Losers against other resources leave first: a loser reserves nothing (spec §3).
        let mut rest = Vec::with_capacity(servable.len());
        for (place, candidate) in servable {
            match self.conflict(&candidate) {
                Some((conflict, rival)) => {
                    verdicts.push((place, ConflictOutcome::Lost { conflict, rival }));
                }
                None => rest.push((place, candidate)),
            }
        }
        for ((place, candidate), conflict) in rest.iter().zip(conflicts_within(&rest)) {
            if let Some((conflict, rival)) = conflict {
                self.contested.hold(candidate, *place);
                verdicts.push((*place, ConflictOutcome::Lost { conflict, rival }));
            } else {
                self.winners.hold(candidate, *place);
                verdicts.push((*place, ConflictOutcome::Won));
            }
        }
        // What this load balancer can never serve loses to a winner above it and to a served listener of its
        // own resource, in whatever order they stand; it is never in anybody's way.
        for (place, candidate) in others {
            let outcome = match self.winners.protocol_conflict(candidate.class) {
                Some(rival) => ConflictOutcome::Lost {
                    conflict: Conflict::Protocol,
                    rival,
                },
                None => ConflictOutcome::Unservable,
            };
            verdicts.push((place, outcome));
        }
        verdicts
    }
}

/// Decides the candidates of one port. Owners come in order of precedence.
pub(crate) fn decide<'a, P: Copy + Ord>(
    owners: impl IntoIterator<Item = Vec<(P, Candidate<'a>)>>,
) -> Vec<(P, ConflictOutcome<P>)> {
    let mut port = PortArbiter {
        winners: Holders::default(),
        contested: Holders::default(),
    };
    owners
        .into_iter()
        .flat_map(|candidates| port.decide(&candidates))
        .collect()
}

/// Inside one resource: every pair that conflicts loses both, so nobody wins.
fn conflicts_within<P: Copy + Ord>(rest: &[(P, Candidate<'_>)]) -> Vec<Option<(Conflict, P)>> {
    if rest.len() < 2 {
        return vec![None; rest.len()];
    }
    let mut by_class: BTreeMap<WireClass, P> = BTreeMap::new();
    let mut by_hostname: BTreeMap<(WireClass, Option<&Hostname>), Vec<P>> = BTreeMap::new();
    for (place, candidate) in rest {
        by_class.entry(candidate.class).or_insert(*place);
        by_hostname
            .entry((candidate.class, candidate.hostname))
            .or_default()
            .push(*place);
    }
    rest.iter()
        .map(|(place, candidate)| {
            let protocol = by_class
                .iter()
                .filter(|(class, _)| !class.shares_port_with(candidate.class))
                .map(|(_, rival)| *rival)
                .min();
            if let Some(rival) = protocol {
                return Some((Conflict::Protocol, rival));
            }
            by_hostname
                .get(&(candidate.class, candidate.hostname))?
                .iter()
                .find(|rival| *rival != place)
                .map(|rival| (Conflict::Hostname, *rival))
        })
        .collect()
}

#[cfg(test)]
mod tests;
