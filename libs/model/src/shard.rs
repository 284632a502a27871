//! Which share of the load balancers one is in.

use std::num::NonZeroU32;

use crate::key::ObjectKey;

#[cfg(test)]
mod tests;

/// The share, 0 to `count` - 1, that the load balancers of a Gateway are in: FNV-1a with 64 bits of the UTF-8 bytes of
/// `namespace/name`, modulo `count`.
///
/// The merger sends by it, programmers search by it, and any two builds of either may meet in a rolling update: so it
/// is a function of the bytes alone (<https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>, section 2), and not
/// of what `derive(Hash)` feeds a hasher, which std leaves open.
pub fn shard_of(gateway: &ObjectKey, count: NonZeroU32) -> u32 {
    let ObjectKey { namespace, name } = gateway;
    let hash = [namespace.as_bytes(), b"/", name.as_bytes()]
        .concat()
        .into_iter()
        .fold(FNV_OFFSET_BASIS, fnv1a_step);
    // Below a u32, so it is one.
    u32::try_from(hash % u64::from(count.get())).unwrap_or_default()
}

/// Of FNV with 64 bits.
pub(crate) const FNV_OFFSET_BASIS: u64 = 0xcbf2_9ce4_8422_2325;
const FNV_PRIME: u64 = 0x0000_0100_0000_01b3;

/// FNV-1a takes one byte in.
pub(crate) fn fnv1a_step(hash: u64, byte: u8) -> u64 {
    (hash ^ u64::from(byte)).wrapping_mul(FNV_PRIME)
}
