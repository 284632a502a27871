//! OverlappingTLSConfig (spec/listenersets §4): listeners of one port whose hostnames overlap, both with
//! TLS. A browser may reuse a connection for another hostname of its certificate and reach the wrong one.

use std::collections::BTreeMap;

use tributary_model::Hostname;

use crate::conflict::Place;
use crate::hosts::{HostMap, HostRank};

/// The strongest other listener that each one overlaps with. All are winners of one port with TLS, in order
/// of precedence, so their hostnames differ.
pub(crate) fn overlaps(listeners: &[(Place, Option<&Hostname>)]) -> BTreeMap<Place, Place> {
    let mut by_hostname = HostMap::default();
    for (place, hostname) in listeners {
        // An exact hostname covers nobody.
        if HostRank::of(*hostname) != HostRank::Exact {
            by_hostname.insert(*hostname, *place);
        }
    }
    let mut overlaps: BTreeMap<Place, Place> = BTreeMap::new();
    let mut note = |place: Place, other: Place| {
        overlaps
            .entry(place)
            .and_modify(|known| *known = other.min(*known))
            .or_insert(other);
    };
    for (place, hostname) in listeners {
        for covering in by_hostname.covering(*hostname) {
            note(*place, *covering);
            note(*covering, *place);
        }
    }
    overlaps
}
