//! OverlappingTLSConfig (rule overlapping-tls): listeners of one port whose hostnames overlap, both with
//! TLS. A browser may reuse a connection for another hostname of its certificate and reach the wrong one.

use std::collections::{BTreeMap, BTreeSet};

use tributary_model::hostname::HostRank;
use tributary_model::{Hostname, Precedence};

use crate::values::host_map::HostMap;

/// The winners of one port with TLS, whose hostnames therefore differ.
#[derive(Clone, Debug, Default)]
pub(super) struct Overlaps {
    winners: BTreeMap<Option<Hostname>, Precedence>,
    /// By the hostname that covers others: whom it covers.
    covered: HostMap<Covering>,
}

#[derive(Clone, Debug)]
struct Covering {
    place: Precedence,
    covered: BTreeSet<Precedence>,
}

impl Overlaps {
    /// A winner came. Returns the others that it overlaps with.
    pub(super) fn insert(
        &mut self,
        hostname: Option<&Hostname>,
        place: &Precedence,
    ) -> BTreeSet<Precedence> {
        let mut reached = BTreeSet::new();
        self.covered.covering_mut(hostname, |covering| {
            covering.covered.insert(place.clone());
            reached.insert(covering.place.clone());
        });
        if HostRank::of(hostname) != HostRank::Exact {
            let covered: BTreeSet<Precedence> = self
                .winners
                .iter()
                .filter(|(other, _)| covers(hostname, other.as_ref()))
                .map(|(_, place)| place.clone())
                .collect();
            reached.extend(covered.iter().cloned());
            let place = place.clone();
            self.covered.insert(hostname, Covering { place, covered });
        }
        self.winners.insert(hostname.cloned(), place.clone());
        reached
    }

    /// A winner went. Returns the others that it overlapped with.
    pub(super) fn remove(
        &mut self,
        hostname: Option<&Hostname>,
        place: &Precedence,
    ) -> BTreeSet<Precedence> {
        let hostname_key = hostname.cloned();
        if self.winners.get(&hostname_key) != Some(place) {
            return BTreeSet::new();
        }
        self.winners.remove(&hostname_key);
        let mut reached = self
            .covered
            .remove(hostname)
            .map(|covering| covering.covered)
            .unwrap_or_default();
        self.covered.covering_mut(hostname, |covering| {
            covering.covered.remove(place);
            reached.insert(covering.place.clone());
        });
        reached
    }

    /// The strongest other winner that this winner's hostname overlaps with.
    pub(super) fn strongest(&self, hostname: Option<&Hostname>) -> Option<Precedence> {
        let covered = self
            .covered
            .get(hostname)
            .and_then(|covering| covering.covered.first());
        self.covered
            .covering(hostname)
            .map(|covering| &covering.place)
            .chain(covered)
            .min()
            .cloned()
    }
}

/// Whether the one hostname covers the other and is not it; none stands for every host.
fn covers(hostname: Option<&Hostname>, other: Option<&Hostname>) -> bool {
    match (hostname, other) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(hostname), Some(other)) => hostname != other && hostname.covers(other),
    }
}
