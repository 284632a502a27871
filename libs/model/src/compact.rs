//! Room that large maps do without.

use std::collections::BTreeMap;

/// Makes the map anew from its entries. One that was filled in the order of its keys, as every first listing fills it,
/// has nodes that are half empty (std splits a full node in two); made from all at once, they are full.
pub fn compact<K: Ord, V>(map: &mut BTreeMap<K, V>) {
    *map = std::mem::take(map).into_iter().collect();
}
